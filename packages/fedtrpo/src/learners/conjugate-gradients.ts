import { axpy, dot } from '@assay-ml/numerics';

/**
 * Solves F x = b for a positive definite F by conjugate gradients (Hestenes and Stiefel 1952), from 0.
 * @param product writes F v into out
 * @param iterations at most
 * @param residual it stops once ‖b − F x‖² is below this
 */
export function conjugateGradients(
  product: (v: Float64Array, out: Float64Array) => void,
  b: Float64Array,
  iterations: number,
  residual: number,
): Float64Array {
  const x = new Float64Array(b.length);
  const r = b.slice();
  const p = b.slice();
  const z = new Float64Array(b.length);
  let rr = dot(r, r);
  for (let k = 0; k < iterations && rr >= residual; k++) {
    product(p, z);
    const alpha = rr / dot(p, z);
    axpy(alpha, p, x);
    axpy(-alpha, z, r);
    const next = dot(r, r);
    for (let i = 0; i < p.length; i++) p[i] = r[i]! + (next / rr) * p[i]!;
    rr = next;
  }
  return x;
}
