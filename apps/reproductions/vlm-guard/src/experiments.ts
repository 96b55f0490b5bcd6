/** What each tier runs. */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { AdaptiveRun } from './adaptive-attacks.js';
import type { DesignAConfig } from './cells/design-a.js';
import type { DetectionConfig } from './cells/detection.js';
import type { WorldConfig } from './world.js';

/** Independent blocks: victim, encoders and images are of the seed. */
const SEEDS: Readonly<Record<Tier, number>> = { quick: 2, standard: 5, full: 5 };

/** Design B of the specification. */
const B: WorldConfig = { side: 24, shortcut: 0.05, train: 2500, epochs: 8, encoders: 7, test: 300, calibration: 150 };

/** One known encoder, as the specification tried; and all, which is what a defender should fear. */
const SOME: readonly AdaptiveRun[] = [0, 1, 4, 16].map((lambda) => ({ epsilon: 0.08, lambda, known: 1, steps: 60 }));
const all = (epsilon: number, lambdas: readonly number[]): AdaptiveRun[] => lambdas.map((lambda) => ({ epsilon, lambda, known: 7, steps: 100 })); // prettier-ignore
/** At quick, where two cores have a minute, of the larger ε only the λ that breaks it. */
const RUNS: Readonly<Record<Tier, readonly AdaptiveRun[]>> = {
  quick: [...SOME, ...all(0.08, [0.5, 1, 2]), ...all(0.12, [1])],
  standard: [...SOME, ...[0.08, 0.12, 0.16].flatMap((epsilon) => all(epsilon, [0.5, 1, 2]))],
  full: [...SOME, ...[0.08, 0.12, 0.16].flatMap((epsilon) => all(epsilon, [0.5, 1, 2]))],
};

const detection = (tier: Tier): DetectionConfig => ({ ...B, epsilons: [0.04, 0.06, 0.08, 0.12, 0.16], steps: 40, adaptive: RUNS[tier] }); // prettier-ignore

/** Design A: no shortcut, and encoders trained as the victim was. Its attack succeeds as often as that of B at ε = .08. */
const A: DesignAConfig = { ...B, side: 16, shortcut: 0, encoders: 3, calibration: 1, epsilon: 0.1, steps: 40 };

const across = (config: object, seeds: number, first: number) => Array.from({ length: seeds }, (_, k) => ({ config: { ...config } as never, seed: first + k })); // prettier-ignore

export const experiments: readonly Experiment[] = [
  {
    id: 'detection',
    title:
      'The procedural world: targeted PGD and an attacker who knows the defence, against MirrorCheck and its rivals',
    module: import.meta.resolve('./cells/detection.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first = 0) => across(detection(tier), seeds, first),
    cost: (config) => ({ seconds: 20 + 0.02 * (config as unknown as DetectionConfig).adaptive.reduce((sum, { steps }) => sum + steps, 0), megabytes: 400 }), // prettier-ignore
  },
  {
    id: 'design-a',
    title: 'The control: encoders that share the victim’s weakness',
    module: import.meta.resolve('./cells/design-a.js'),
    tensors: true,
    cells: (tier, seeds = SEEDS[tier], first = 0) => across(A, seeds, first),
    cost: () => ({ seconds: 5, megabytes: 300 }),
  },
];
