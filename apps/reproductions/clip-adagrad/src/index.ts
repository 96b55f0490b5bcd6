/** "Clipping Improves Adam-Norm and AdaGrad-Norm when the Noise Is Heavy-Tailed". Key `clip-adagrad`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { beyond } from './claims/beyond.js';
import { exact } from './claims/exact.js';
import { further } from './claims/further.js';
import { levels } from './claims/levels.js';
import { minilm } from './claims/minilm.js';
import { quadratic } from './claims/quadratic.js';
import { reference } from './claims/reference.js';
import { slopes } from './claims/slopes.js';
import { text } from './claims/text.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'clip-adagrad',
  project: 'clip-adagrad',
  title: 'Clipping Improves Adam-Norm and AdaGrad-Norm when the Noise Is Heavy-Tailed',
  citation:
    'Savelii Chezhegov, Yaroslav Klyukin, Andrei Semenov, Aleksandr Beznosikov, Alexander Gasnikov, Samuel Horváth, Martin Takáč, Eduard Gorbunov. ICML 2025, PMLR 267. arXiv:2406.04443.',
  experiments,
  claims: inPaperOrder([
    ...quadratic,
    ...levels,
    ...slopes,
    ...exact,
    ...beyond,
    ...further,
    ...reference,
    ...text,
    ...minilm,
  ]),
};

export default reproduction;
