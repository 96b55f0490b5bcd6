/** FedEM: C models, each example shared among them by its responsibilities (Marfoq et al., NeurIPS 2021). */
import { method, type Method } from '../method.js';

/** FedEM. Its models are averaged by numbers of examples: responsibilities are in their gradients already. */
export const fedEm = (clusters: number): Method =>
  method('FedEM', { family: 'ensemble', clusters, routing: 'em', average: 'examples' });
