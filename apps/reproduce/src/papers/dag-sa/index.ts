/** To write: the paper's title. Key `dag-sa`. */
import type { Reproduction } from '@assay-ml/claims';
import { descent } from './claims/descent.js';
import { experiments } from './experiments.js';

export const dagSa: Reproduction = {
  key: 'dag-sa',
  project: 'dag-sa',
  title: 'To write: the paper’s title',
  citation: 'To write: authors, venue, year, arXiv number.',
  experiments,
  claims: [...descent],
};
