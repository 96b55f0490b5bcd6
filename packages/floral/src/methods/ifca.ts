/** IFCA: C models; each round a client trains the one that fits it best (Ghosh et al., NeurIPS 2020). */
import { integer } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** IFCA. */
export const ifca = (clusters: number): Method =>
  method('IFCA', { family: 'ensemble', clusters: integer('ifca', 'clusters', clusters, 1), routing: 'hard' });
