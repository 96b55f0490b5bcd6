/** FedEM: C models, each example shared among them by its responsibilities (Marfoq et al., NeurIPS 2021). */
import { integer } from '@assay-ml/numerics/check';
import { method, type Method } from '../method.js';

/** FedEM. Its models are averaged by numbers of examples: responsibilities are in their gradients already. */
export const fedEm = (clusters: number): Method =>
  method('FedEM', {
    family: 'ensemble',
    clusters: integer('fedEm', 'clusters', clusters, 1),
    routing: 'em',
    average: 'examples',
  });
