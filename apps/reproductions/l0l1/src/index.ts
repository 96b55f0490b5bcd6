/** "Methods with Local Steps and Random Reshuffling for Generally Smooth Non-Convex Federated Optimization", key `l0l1`. */
import type { Reproduction } from '@assay-ml/claims';
import { grids } from './claims/grids.js';
import { hundred } from './claims/hundred.js';
import { line } from './claims/line.js';
import { real } from './claims/real.js';
import { tables } from './claims/tables.js';
import { theory } from './claims/theory.js';
import { experiments } from './experiments.js';

const order = (id: string): number => Number(/\d+/.exec(id.slice('l0l1.'.length))![0]) + (id.includes('.C') ? 0 : 100);

const reproduction: Reproduction = {
  schema: 1,
  key: 'l0l1',
  project: 'theory-sim',
  title: 'Methods with Local Steps and Random Reshuffling for Generally Smooth Non-Convex Federated Optimization',
  citation:
    'Yury Demidovich, Petr Ostroukhov, Grigory Malinovsky, Samuel Horváth, Martin Takáč, Peter Richtárik, Eduard Gorbunov. ICLR 2025. arXiv:2412.02781.',
  experiments,
  claims: [...line, ...hundred, ...theory, ...grids, ...tables, ...real].sort((a, b) => order(a.id) - order(b.id)),
};

export default reproduction;
