/** "Generalising Battery Control in Net-Zero Buildings via Personalised Federated RL". Key `fedtrpo`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { exactClaims } from './claims/exact.js';
import { learnerClaims } from './claims/learners.js';
import { yearClaims } from './claims/year.js';
import { experiments } from './experiments.js';
import { figures } from './figures.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'fedtrpo',
  project: 'fedtrpo',
  title: 'Generalising Battery Control in Net-Zero Buildings via Personalised Federated RL',
  citation: 'Nicolas M. Cuadrado, Samuel Horváth, Martin Takáč. arXiv:2412.20946, 2024.',
  experiments,
  claims: inPaperOrder([...learnerClaims, ...exactClaims, ...yearClaims]),
  figures,
};

export default reproduction;
