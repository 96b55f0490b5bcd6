/** An order that knows nothing: what any method must beat. */
import { stream } from '@assay-ml/numerics';
import { integer, options as known } from '@assay-ml/numerics/check';
import { conform, type OrderOptions } from '../knowledge.js';

/** A uniformly random order of d variables, brought to what must come first; the same seed gives the same order. */
export function randomOrder(d: number, seed: number, options: OrderOptions = {}): Uint32Array<ArrayBuffer> {
  known('randomOrder', options, { constraints: 0 });
  integer('randomOrder', 'd', d, 1, 'Count the variables.');
  const order = new Uint32Array(d);
  stream(seed, 'random order').permutation(order);
  return options.constraints === undefined ? order : conform(order, d, options.constraints);
}
