/** To write: the paper's title. Key `clip-adagrad`. */
import type { Reproduction } from '@assay-ml/claims';
import { descent } from './claims/descent.js';
import { experiments } from './experiments.js';

export const clipAdagrad: Reproduction = {
  key: 'clip-adagrad',
  project: 'clip-adagrad',
  title: 'To write: the paper’s title',
  citation: 'To write: authors, venue, year, arXiv number.',
  experiments,
  claims: [...descent],
};
