/** An order that knows nothing: what any method must beat. */
import { stream } from '@assay-ml/numerics';

/** A uniformly random order of d variables; the same seed gives the same order. */
export function randomOrder(d: number, seed: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(d);
  stream(seed, 'random order').permutation(order);
  return order;
}
