/** C whole models, started apart, whose outputs are mixed by the client's router. */
import { integer, oneOf } from '@assay-ml/numerics/check';
import { method, type Method, type Routing } from '../method.js';

/**
 * The paper's Ensemble.
 * @param routing default 'gradient'; 'given' for π*
 */
export function ensemble(clusters: number, routing: Exclude<Routing, 'em' | 'hard'> = 'gradient'): Method {
  integer('ensemble', 'clusters', clusters, 1);
  oneOf(
    'ensemble',
    'routing',
    routing,
    ['gradient', 'losses', 'given'],
    'ifca routes hard, fedEm by responsibilities.',
  );
  return method(routing === 'given' ? 'Ensemble, π*' : routing === 'gradient' ? 'Ensemble' : `Ensemble, ${routing}`, { family: 'ensemble', clusters, routing }); // prettier-ignore
}
