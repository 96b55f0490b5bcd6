import { symmetricEigen } from '@assay-ml/numerics';
import { dot, normalize } from '../vectors.js';

/** An approximate eigenpair. */
export interface Pair {
  readonly value: number;
  /** Unit vector [d]. */
  readonly vector: Float64Array;
}

/**
 * Approximate eigenpairs of a symmetric matrix by the Lanczos method with full reorthogonalisation. With `steps` = d they are
 * all of them, up to the error of the products; with fewer, the ends of the spectrum come first.
 * @param apply writes the product with p [d] to out [d]
 * @param start first direction [d], not zero
 * @param steps products at most, ≤ d
 * @returns none where a product is not finite
 */
export function lanczos(
  apply: (p: Float64Array, out: Float64Array) => void,
  start: Float64Array,
  steps: number,
): Pair[] {
  const d = start.length;
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next = normalize(start.slice());
  let largest = 0;
  while (basis.length < steps) {
    basis.push(next);
    const w = new Float64Array(d);
    apply(next, w);
    diagonal.push(dot(next, w));
    // Twice is enough to be orthogonal to working precision.
    for (let pass = 0; pass < 2; pass++) {
      for (const v of basis) {
        const overlap = dot(v, w);
        for (let j = 0; j < d; j++) w[j] = w[j]! - overlap * v[j]!;
      }
    }
    const rest = Math.sqrt(dot(w, w));
    if (!Number.isFinite(rest + diagonal.at(-1)!)) return [];
    largest = Math.max(largest, rest, Math.abs(diagonal.at(-1)!));
    // An invariant subspace, up to the error of differences.
    if (!(rest > 1e-9 * largest)) break;
    beside.push(rest);
    next = normalize(w);
  }
  const k = basis.length;
  const tridiagonal = new Float64Array(k * k);
  for (let a = 0; a < k; a++) {
    tridiagonal[a * (k + 1)] = diagonal[a]!;
    if (a > 0) tridiagonal[a * (k + 1) - 1] = beside[a - 1]!;
  }
  const { values, vectors } = symmetricEigen(k, tridiagonal);
  return Array.from(values, (value, e) => {
    const vector = new Float64Array(d);
    basis.forEach((v, a) => {
      const weight = vectors[e * k + a]!;
      for (let j = 0; j < d; j++) vector[j] = vector[j]! + weight * v[j]!;
    });
    return { value, vector: normalize(vector) };
  });
}
