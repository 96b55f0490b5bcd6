/** Products of small row-major matrices at places of flat arrays, all added to what is there; large ones go through numerics. */
import { gemm, type GemmOptions } from '@assay-ml/numerics';

/** From so many multiplications on the kernel of numerics is faster than these loops, its copies counted: 6 µs against 12 to 18 of 20 × 32 × 16. */
const LARGE = 2500;

const options = (name: 'plain' | 'transposeA' | 'transposeB'): GemmOptions => ({
  beta: 1,
  ...(name === 'plain' ? {} : { [name]: true }),
});
const [PLAIN, A_TRANSPOSED, B_TRANSPOSED] = [options('plain'), options('transposeA'), options('transposeB')];

const part = (x: Float64Array, at: number, length: number) => x.subarray(at, at + length);

/** C += A B with A [m, k], B [k, n]. */
export function addProduct(
  m: number,
  n: number,
  k: number,
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  c: Float64Array,
  cAt: number,
): void {
  if (m * n * k >= LARGE) {
    gemm(m, n, k, part(a, aAt, m * k), part(b, bAt, k * n), part(c, cAt, m * n), PLAIN);
    return;
  }
  for (let i = 0; i < m; i++) {
    const row = cAt + i * n;
    const from = aAt + i * k;
    let l = 0;
    for (; l + 3 < k; l += 4) {
      const [a0, a1, a2, a3] = [a[from + l]!, a[from + l + 1]!, a[from + l + 2]!, a[from + l + 3]!];
      const b0 = bAt + l * n;
      const b1 = b0 + n;
      const b2 = b1 + n;
      const b3 = b2 + n;
      for (let j = 0; j < n; j++) c[row + j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
    }
    for (; l < k; l++) {
      const factor = a[from + l]!;
      const b0 = bAt + l * n;
      for (let j = 0; j < n; j++) c[row + j]! += factor * b[b0 + j]!;
    }
  }
}

/** C += A Bᵀ with A [m, k], B [n, k]. */
export function addProductTransposed(
  m: number,
  n: number,
  k: number,
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  c: Float64Array,
  cAt: number,
): void {
  if (m * n * k >= LARGE) {
    gemm(m, n, k, part(a, aAt, m * k), part(b, bAt, n * k), part(c, cAt, m * n), B_TRANSPOSED);
    return;
  }
  for (let i = 0; i < m; i++) {
    const from = aAt + i * k;
    for (let j = 0; j < n; j++) {
      const other = bAt + j * k;
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[from + l]! * b[other + l]!;
      c[cAt + i * n + j]! += sum;
    }
  }
}

/** C += Aᵀ B with A [k, m], B [k, n]. */
export function addTransposedProduct(
  m: number,
  n: number,
  k: number,
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  c: Float64Array,
  cAt: number,
): void {
  if (m * n * k >= LARGE) {
    gemm(m, n, k, part(a, aAt, k * m), part(b, bAt, k * n), part(c, cAt, m * n), A_TRANSPOSED);
    return;
  }
  for (let i = 0; i < m; i++) {
    const row = cAt + i * n;
    let l = 0;
    for (; l + 3 < k; l += 4) {
      const from = aAt + l * m + i;
      const [a0, a1, a2, a3] = [a[from]!, a[from + m]!, a[from + 2 * m]!, a[from + 3 * m]!];
      const b0 = bAt + l * n;
      const b1 = b0 + n;
      const b2 = b1 + n;
      const b3 = b2 + n;
      for (let j = 0; j < n; j++) c[row + j]! += a0 * b[b0 + j]! + a1 * b[b1 + j]! + a2 * b[b2 + j]! + a3 * b[b3 + j]!;
    }
    for (; l < k; l++) {
      const factor = a[aAt + l * m + i]!;
      const b0 = bAt + l * n;
      for (let j = 0; j < n; j++) c[row + j]! += factor * b[b0 + j]!;
    }
  }
}
