/** To write: the paper's title. Key `fedtrpo`. */
import type { Reproduction } from '@assay-ml/claims';
import { descent } from './claims/descent.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'fedtrpo',
  project: 'fedtrpo',
  title: 'To write: the paper’s title',
  citation: 'To write: authors, venue, year, arXiv number.',
  experiments,
  claims: [...descent],
};

export default reproduction;
