/** What each tier runs. */
import type { Experiment, Tier } from '@assay-ml/claims';
import type { DescentConfig } from './cells/descent.js';

const SEEDS: Readonly<Record<Tier, number>> = { quick: 5, standard: 50, full: 50 };
const CONFIG: DescentConfig = { d: 20, kappa: 10, T: 30 };

export const experiments: readonly Experiment[] = [
  {
    id: 'descent',
    title: 'Gradient descent on random quadratics',
    module: import.meta.resolve('./cells/descent.js'),
    cells: (tier, seeds = SEEDS[tier], firstSeed = 0) =>
      Array.from({ length: seeds }, (_, k) => ({ config: { ...CONFIG }, seed: firstSeed + k })),
    cost: () => ({ seconds: 0.01, megabytes: 100 }),
  },
];
