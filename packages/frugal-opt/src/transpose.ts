import type { Matrix, Numbers } from './method.js';

/** Aᵀ, in float64. */
export function transposed([m, n]: Matrix, a: Numbers): Float64Array<ArrayBuffer> {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = a[i * n + j]!;
  return out;
}
