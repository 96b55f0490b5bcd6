/** The reproduction: what runs, what is claimed of it, what is drawn. */
import { claims } from './claims.js';
import { figures } from './figures.js';

/** Seeds of each tier. Fix those of `standard`, and what you expect, after a pilot on others: `assay run . --pilot`. */
const SEEDS = { quick: 12, standard: 40, full: 200 };

/** @type {import('@assay-ml/claims').Reproduction} */
const reproduction = {
  schema: 1,
  key: 'my-paper',
  project: 'my-paper',
  title: 'Mean and median of normal draws',
  citation: 'To write: authors, title, where it was published.',
  experiments: [
    {
      id: 'estimate',
      title: 'Errors of the mean and of the median over many samples.',
      module: import.meta.resolve('./cells/estimate.js'),
      cells: (tier, seeds = SEEDS[tier], firstSeed = 0) =>
        [11, 101].flatMap((size) =>
          Array.from({ length: seeds }, (_, k) => ({ config: { size, samples: 200 }, seed: firstSeed + k })),
        ),
      cost: () => ({ seconds: 0.02, megabytes: 80 }),
    },
  ],
  claims,
  figures,
};

export default reproduction;
