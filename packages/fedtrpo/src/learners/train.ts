/**
 * Training of a district's buildings, each a client with an agent of its own, in four kinds of federation:
 *
 * | federation | policies | what is sent |
 * | --- | --- | --- |
 * | `none` | one a client | nothing |
 * | `shared` | one, on the batch of all clients: what the paper's code calls federated | observations, actions and rewards |
 * | `fedsgd` | one, on the sum of the clients' gradients and curvature products; each standardises its own advantages | those |
 * | `fedavg` | one a client, averaged after E local updates, weighted by samples | parameters |
 *
 * With TRPO, `fedavg` is the paper's recommended federated TRPO.
 */
import { cohorts, runRounds, survivors } from '@assay-ml/federated';
import { requireOptions } from '@assay-ml/numerics/check';
import type { District } from '../microgrid/district.js';
import { charge } from './charge.js';
import { evaluate, gapClosed } from './evaluate.js';
import { type Filter, mergedFilter } from './features.js';
import { learned } from './learned.js';
import { headOf } from './network.js';
import type { Policy } from './policy.js';
import { round, summary } from './round.js';
import { type Setting, settingOf } from './setting.js';
import type { Selection, TrainOptions } from './train-options.js';
import { concat, startTraining, type Training } from './training.js';

/** How a training is watched. */
export interface TrainWatch {
  /** Looked at before each iteration. */
  readonly signal?: AbortSignal;
  /** Told of each iteration that is done; the training may be saved then. */
  readonly onProgress?: (done: number, planned: number, training: Training) => void;
}

/** A training and the policies it has made. */
export interface Trained {
  readonly training: Training;
  /** One a client, in their order; the same one in `shared` and `fedsgd`. */
  readonly policies: readonly Policy[];
  /** For a building that was not trained on: the shared or averaged policy; null in `none`, which has no such. */
  readonly general: Policy | null;
  /** What the policies were selected on; null: nothing, they are the last. */
  readonly selectedOn: 'validation' | 'test' | null;
}

/**
 * Trains the buildings of a district.
 * @param resumed a training to go on with, under the same options; it is changed. The bits are those of one that never stopped
 * @throws RangeError for an option out of range, or a round that everybody has dropped out of
 * @throws the signal's reason once it is aborted
 */
export function train(district: District, options: TrainOptions, resumed?: Training, watch: TrainWatch = {}): Trained {
  const setting = settingOf(district, options);
  const { federation, iterations, participation, dropout, emptyRound, seed, select } = setting.options;
  requireOptions<TrainWatch>('train', watch, { signal: 1, onProgress: 1 }, 'watch');
  const { clients } = setting;
  const training = resumed ?? startTraining(setting);
  const draw = cohorts(participation, clients.length, seed);
  runRounds(
    training.iteration,
    iterations,
    (r) => {
      const invited = draw(r);
      const cohort = survivors(invited, dropout, seed, r);
      if (cohort.length === 0 && emptyRound === 'stop') {
        throw new RangeError(`train: all ${invited.length} clients of round ${r} have dropped out; must leave one. Lower 'dropout', take more clients, or say emptyRound: 'skip'.`); // prettier-ignore
      }
      const done = cohort.length === 0 ? [] : round(setting, training, cohort, r);
      charge(setting, training, invited.length, cohort, done);
      training.reports.push(summary(done, cohort.length));
      training.iteration = r + 1;
      if (select !== null && (r + 1) % (select.every ?? 5) === 0) look(setting, training, select);
      return true;
    },
    {
      signal: watch.signal,
      onProgress: (done, planned) => watch.onProgress?.(done, planned, training),
    },
  );
  const thetas = training.selected?.thetas ?? thetasOf(setting, training);
  const policyFor = (theta: Float64Array, filter: Filter | null): Policy => policyWith(setting, theta, filter);
  const policies = clients.map((_, k) => policyFor(thetas[federation === 'shared' || federation === 'fedsgd' ? 0 : k]!, training.filters[k]!)); // prettier-ignore
  const general = federation === 'none' ? null : policyFor(thetas.at(-1)!, mergedFilter(training.filters));
  return { training, policies, general, selectedOn: training.selected?.selectedOn ?? null };
}

function policyWith(
  { observations, policy, encoding, actor }: Setting,
  theta: Float64Array,
  filter: Filter | null,
): Policy {
  // prettier-ignore
  return { observations, hidden: policy.hidden, groupWidth: policy.groupWidth, actor, theta: theta.slice(), encoding, filter };
}

/** Parameters by client where they differ, and at last the general ones. */
function thetasOf({ actor, options }: Setting, { models, server }: Training): Float64Array[] {
  if (server === null) return models.map(({ theta }) => theta.slice());
  const general = server.slice(0, actor.size);
  const kept = options.personalise === 'head' ? headOf(actor.network) : actor.size;
  return [...models.map(({ theta }) => concat(general.subarray(0, kept), theta.subarray(kept))), general];
}

/** Evaluates what there is, and keeps it where it is the best so far. */
function look(setting: Setting, training: Training, { selectOn, district, starts }: Selection): void {
  const thetas = thetasOf(setting, training);
  const { federation, environment } = setting.options;
  const options = { starts, environment: { physics: '2.2', ...environment } } as const;
  const general = policyWith(setting, thetas.at(-1)!, mergedFilter(training.filters));
  // Independent agents: the mean over them, each in all buildings.
  const tried = federation === 'none' ? thetas.map((theta, k) => policyWith(setting, theta, training.filters[k]!)) : [general]; // prettier-ignore
  const gap = tried.reduce((sum, policy) => sum + gapClosed(evaluate(learned(policy), district, options)), 0) / tried.length; // prettier-ignore
  if (training.selected !== null && gap <= training.selected.gap) return;
  training.selected = { selectedOn: selectOn, iteration: training.iteration, gap, thetas };
}
