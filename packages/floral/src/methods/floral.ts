/** FLoRAL: a shared base, C shared adaptors, and a private router a client. */
import { integer, oneOf } from '@assay-ml/numerics/check';
import { method, type Method, type Routing } from '../method.js';

/**
 * FLoRAL.
 * @param clusters C, from 1 on
 * @param routing default 'gradient', the paper's; 'given' for π*
 */
export function floralMethod(clusters: number, routing: Exclude<Routing, 'em'> = 'gradient'): Method {
  integer('floralMethod', 'clusters', clusters, 1);
  oneOf(
    'floralMethod',
    'routing',
    routing,
    ['gradient', 'losses', 'hard', 'given'],
    'EM weighs losses of whole models: take fedEm.',
  );
  return method(routing === 'given' ? 'FLoRAL, π*' : routing === 'gradient' ? 'FLoRAL' : `FLoRAL, ${routing}`, { clusters, routing }); // prettier-ignore
}
