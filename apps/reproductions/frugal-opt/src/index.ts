/** "FRUGAL: Memory-Efficient Optimization by Reducing State Overhead for Scalable Training". Key `frugal-opt`. */
import { inPaperOrder, type Reproduction } from '@assay-ml/claims';
import { fineTuning } from './claims/fine-tuning.js';
import { main } from './claims/main.js';
import { sweeps } from './claims/sweeps.js';
import { theory } from './claims/theory.js';
import { experiments } from './experiments.js';

const reproduction: Reproduction = {
  schema: 1,
  key: 'frugal-opt',
  project: 'frugal-opt',
  title: 'FRUGAL: Memory-Efficient Optimization by Reducing State Overhead for Scalable Training',
  citation:
    'Philip Zmushko, Aleksandr Beznosikov, Martin Takáč, Samuel Horváth. ICML 2025, PMLR 267:80708-80739. arXiv:2411.07837.',
  experiments,
  claims: inPaperOrder([...main, ...sweeps, ...fineTuning, ...theory]),
};

export default reproduction;
