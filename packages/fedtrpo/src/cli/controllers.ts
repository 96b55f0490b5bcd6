/** Controllers by the names that the command line knows, and policies by their files. */
import type { Controller } from '../controllers/controller.js';
import { greedy } from '../controllers/greedy.js';
import { hourRule } from '../controllers/hour-rule.js';
import { lp } from '../controllers/lp.js';
import { mpc } from '../controllers/mpc.js';
import { none } from '../controllers/none.js';
import { persistence } from '../controllers/persistence.js';
import { random } from '../controllers/random.js';
import { learned } from '../learners/learned.js';
import type { CommonFlags } from './district.js';
import { type Provenance, readPolicy } from './policy-file.js';

/** Flags that choose a controller. */
export interface ControllerFlags extends CommonFlags {
  readonly controller: string;
  readonly forecast: 'perfect' | 'persistent' | 'columns';
  readonly horizon: number;
  readonly seed: number;
}

const CONTROLLERS: Readonly<Record<string, (flags: ControllerFlags) => Controller | Promise<Controller>>> = {
  none: () => none,
  random: ({ seed }) => random(seed),
  rule: () => hourRule(),
  persistence: () => persistence,
  greedy: () => greedy,
  mpc: ({ forecast, horizon }) => mpc({ forecast, horizon }),
  lp: () => lp(),
};

/** Names that need no file. */
export const CONTROLLER_NAMES: readonly string[] = Object.keys(CONTROLLERS);

/**
 * The controller that is asked for, and for a policy how it was trained.
 * @throws Error for a name that is neither a controller nor a file, a policy of other physics
 */
export async function controllerOf(
  flags: ControllerFlags,
): Promise<{ readonly controller: Controller; readonly trained: Provenance | null }> {
  const { controller: name, physics } = flags;
  const made = CONTROLLERS[name];
  if (made) return { controller: await made(flags), trained: null };
  if (!name.endsWith('.json')) {
    throw new Error(`fedtrpo: '--controller' is '${name}'; must be ${CONTROLLER_NAMES.join(', ')} or the .json file of a policy.`); // prettier-ignore
  }
  const { policy, trained } = await readPolicy(name);
  if (trained !== null && trained.physics !== physics) {
    throw new Error(`fedtrpo: '--physics' is '${physics}'; must be '${trained.physics}', which '${name}' was trained in. An action means another energy in the other.`); // prettier-ignore
  }
  return { controller: learned(policy, trained?.name ?? 'learned'), trained };
}
