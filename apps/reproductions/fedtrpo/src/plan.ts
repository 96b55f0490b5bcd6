/** Which trainings each tier runs. */
import type { Tier } from '@assay-ml/claims';
import type { LearnersConfig } from './cells/learners.js';
import type { YearConfig, YearController } from './cells/year.js';
import type { Source } from './data.js';
import type { Features, MethodName, Variant } from './settings.js';

/** The two methods that are compared throughout. */
export const METHODS = ['TRPO', 'PPO'] as const satisfies readonly MethodName[];
export const FEATURES = ['base', 'pe', 'gf', 'both'] as const satisfies readonly Features[];

/** Where the profiles of a tier come from. */
export const sourceOf = (tier: Tier): Source => (tier === 'quick' ? 'synthetic' : 'citylearn');

/** Iterations of a training; the authors have 30 of 500 episodes. */
const ITERATIONS = 60;
/** Rows of a batch at standard, whatever the number of buildings. */
const EPISODES: Readonly<Record<number, number>> = { 2: 40, 5: 16 };

const common = (
  tier: Tier,
  buildings: number,
): Pick<LearnersConfig, 'source' | 'buildings' | 'episodes' | 'iterations'> => {
  if (tier === 'full') return { source: 'citylearn', buildings, episodes: 500, iterations: 30 };
  return { source: sourceOf(tier), buildings, episodes: tier === 'quick' ? 16 : EPISODES[buildings]!, iterations: ITERATIONS }; // prettier-ignore
};

/** A training of the main grid. */
export const main = (
  tier: Tier,
  method: MethodName,
  buildings = 2,
  shifted = false,
  features: Features = 'base',
): LearnersConfig => ({
  // prettier-ignore
  ...common(tier, buildings),
  method,
  ...(shifted ? { shifted } : {}),
  ...(features === 'base' ? {} : { features }),
  ...(tier === 'full' ? { units: 256 } : {}),
});

/** Two buildings with larger networks. */
export const larger = (tier: Tier, method: MethodName): LearnersConfig => ({ ...main(tier, method), units: 64 });

/** Buildings of the comparison of federations. */
const federated = (tier: Tier) => (tier === 'quick' ? 2 : 5);

/** TRPO under a kind of federation; `shared` is the main grid's. */
export const federation = (tier: Tier, variant: Variant): LearnersConfig => ({
  ...main(tier, 'TRPO', federated(tier)),
  ...(variant === 'shared' ? {} : { variant }),
});

/** C4a: rewards multiplied, the critic as published. */
export const scaledReward = (tier: Tier, method: MethodName, scale: number): LearnersConfig => ({ ...main(tier, method), scale, raw: true }); // prettier-ignore

/** C4c: each method's own step multiplied, from these. */
export const FROM = { TRPO: 0.01, PPO: 0.005 } as const;
export const scaledStep = (tier: Tier, method: 'TRPO' | 'PPO', step: number): LearnersConfig => ({ ...main(tier, method), from: FROM[method], step }); // prettier-ignore
export const FACTORS = [0.1, 1, 10] as const;

/** C8: days whose data stay while initialisations are drawn. */
export const DAYS = [0, 1, 2, 3, 4] as const;
export const INITIALISATIONS = 8;
export const initialised = (tier: Tier, method: MethodName, day: number): LearnersConfig => ({ ...main(tier, method), episodes: 16, day }); // prettier-ignore

/** C9: numbers of training days. */
export const DAY_COUNTS = [1, 5, 30, 180] as const;
export const onDays = (tier: Tier, method: MethodName, days: number): LearnersConfig => ({ ...main(tier, method), episodes: 30, iterations: 150, days }); // prettier-ignore

/** The authors' TRPO, at the frames of the main grid's. */
export const authors = (tier: Tier): LearnersConfig => main(tier, 'authors');

/** What every seed of a tier runs. */
export function trainings(tier: Tier): LearnersConfig[] {
  if (tier === 'full') {
    const grid = [2, 5].flatMap((buildings) => [false, true].flatMap((shifted) => FEATURES.map((features) => ({ buildings, shifted, features })))); // prettier-ignore
    return (['TRPO', 'authors', 'paper PPO'] as const).flatMap((method) => grid.map(({ buildings, shifted, features }) => main(tier, method, buildings, shifted, features))); // prettier-ignore
  }
  if (tier === 'quick') {
    return [
      ...METHODS.map((method) => main(tier, method)),
      main(tier, 'TRPO', 2, false, 'pe'),
      main(tier, 'TRPO', 2, true),
      main(tier, 'TRPO', 2, true, 'pe'),
      ...(['none', 'fedavg 1'] as const).map((variant) => federation(tier, variant)),
    ];
  }
  const variants: readonly Variant[] = ['none', 'fedsgd', 'fedavg 1', 'fedavg 5', 'half', 'drop-outs', 'personalised'];
  return [
    ...METHODS.flatMap((method) => [2, 5].flatMap((buildings) => [false, true].flatMap((shifted) => FEATURES.map((features) => main(tier, method, buildings, shifted, features))))), // prettier-ignore
    ...METHODS.map((method) => larger(tier, method)),
    ...variants.map((variant) => federation(tier, variant)),
    authors(tier),
  ];
}

/** What one seed of the quick tier and every seed of the others runs. */
export function sweeps(tier: Tier): LearnersConfig[] {
  if (tier === 'full') return [];
  return METHODS.flatMap((method) => [
    ...FACTORS.map((scale) => scaledReward(tier, method, scale)),
    ...FACTORS.map((step) => scaledStep(tier, method, step)),
  ]);
}

/** Controllers of the real year, and the physics that they are run in. */
export const YEAR = ['none', 'hour rule', 'persistence', 'MPC, persistent', 'MPC, perfect', 'LP', 'TRPO'] as const satisfies readonly YearController[]; // prettier-ignore
export const PHYSICS = ['2.2', '3'] as const;
export const year = (): YearConfig[] =>
  PHYSICS.flatMap((physics) => YEAR.map((controller) => ({ controller, physics })));
