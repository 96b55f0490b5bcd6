/** "ψDAG: Projected Stochastic Approximation Iteration for DAG Structure Learning", key `dag-sa`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { sachsClaims } from './claims/sachs.js';
import { syntheticClaims } from './claims/synthetic.js';
import { timeClaims } from './claims/time.js';
import { experiments } from './experiments.js';
import { figures } from './figures.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'dag-sa',
  project: 'dag-sa',
  title: 'ψDAG: Projected Stochastic Approximation Iteration for DAG Structure Learning',
  citation:
    'Klea Ziu, Slavomír Hanzely, Loka Li, Kun Zhang, Martin Takáč, Dmitry Kamzolov. arXiv:2410.23862, 2024. Code: kz29/-psiDAG, read, not copied.',
  experiments,
  claims: inPaperOrder([...syntheticClaims, ...timeClaims, ...sachsClaims]),
  figures,
};

export default reproduction;
