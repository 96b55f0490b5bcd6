/** "Fishing For Cheap And Efficient Pruners At Initialization", key `fts-prune`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { besideTable1 } from './claims/figures.js';
import { maskClaims, maskFigures } from './claims/masks.js';
import { theory } from './claims/theory.js';
import { trainingClaims } from './claims/trainings.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'fts-prune',
  project: 'fts-prune',
  title: 'Fishing For Cheap And Efficient Pruners At Initialization',
  citation:
    'Ivo Gollini Navarrete, Nicolas Mauricio Cuadrado, Jose Renato Restom, Martin Takáč, Samuel Horváth. arXiv:2502.11450, 2025; second version: What Scalable Second-Order Information Knows for Pruning at Initialization, CPAL 2026.',
  experiments,
  figures: (records, tier) => [...maskFigures(records, tier), ...besideTable1(records, tier)],
  claims: inPaperOrder([...trainingClaims, ...maskClaims, ...theory]),
};

export default reproduction;
