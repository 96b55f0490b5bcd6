/** FLoRAL in two halves: adaptors and router first, then the base. */
import { integer } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** Alternating halves; a round must have at least two local steps for both to happen. */
export const alternating = (clusters: number): Method =>
  method('Alternating halves', {
    clusters: integer('alternating', 'clusters', clusters, 1),
    routing: 'gradient',
    alternate: true,
  });
