/** "MirrorCheck: Efficient Adversarial Defense for Vision-Language Models". Key `vlm-guard`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { adaptive } from './claims/adaptive.js';
import { detection } from './claims/detection.js';
import { rivals } from './claims/rivals.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'vlm-guard',
  project: 'vlm-guard',
  title: 'MirrorCheck: Efficient Adversarial Defense for Vision-Language Models',
  citation:
    'Samar Fares, Klea Ziu, Toluwani Aremu, Nikita Durasov, Martin Takáč, Pascal Fua, Karthik Nandakumar, Ivan Laptev. CVPR 2026 workshop AdvML. arXiv:2406.09250.',
  experiments,
  claims: inPaperOrder([...detection, ...rivals, ...adaptive]),
};

export default reproduction;
