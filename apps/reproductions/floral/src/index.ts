/** "Collaborative and Efficient Personalization with Mixtures of Adaptors". Key `floral`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { classClaims } from './claims/classes.js';
import { exactClaims } from './claims/exact.js';
import { linearClaims } from './claims/linear.js';
import { pictureClaims } from './claims/pictures.js';
import { theoryClaims } from './claims/theory.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'floral',
  project: 'floral',
  title: 'Collaborative and Efficient Personalization with Mixtures of Adaptors',
  citation: 'Abdulla Jasem Almansoori, Samuel Horváth, Martin Takáč. CPAL 2025, PMLR 280:1328-1364. arXiv:2410.03497.',
  experiments,
  claims: inPaperOrder([...linearClaims, ...classClaims, ...pictureClaims, ...exactClaims, ...theoryClaims]),
};

export default reproduction;
