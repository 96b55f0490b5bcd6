/** The matrix exponential of a matrix without negative entries, in products alone. */
import { gemm, scalar } from '@assay-ml/numerics';

/** Terms beyond A⁰ of Taylor's series; with ‖A‖₁ ≤ ½ the rest is below 1e-19. */
const TERMS = 16;

/**
 * e^A by scaling, Taylor's series in four groups of four powers (Paterson and Stockmeyer), and squaring. Entries of A must not
 * be negative: nothing cancels then, and the result is right in each entry.
 * @param A [d, d], not changed
 */
export function expm(A: Float64Array, d: number): Float64Array<ArrayBuffer> {
  let norm = 0;
  for (let j = 0; j < d; j++) {
    let sum = 0;
    for (let i = 0; i < d; i++) sum += Math.abs(A[i * d + j]!);
    norm = Math.max(norm, sum);
  }
  const squarings = norm > 0.5 ? Math.ceil(scalar.log2(2 * norm)) : 0;
  const size = d * d;
  const product = (a: Float64Array, b: Float64Array) => {
    const out = new Float64Array(size);
    gemm(d, d, d, a, b, out);
    return out;
  };
  const scale = 2 ** -squarings;
  const A1 = new Float64Array(size);
  for (let at = 0; at < size; at++) A1[at] = scale * A[at]!;
  const A2 = product(A1, A1);
  const A3 = product(A2, A1);
  const A4 = product(A2, A2);
  const coefficient = [1];
  for (let k = 1; k <= TERMS; k++) coefficient.push(coefficient[k - 1]! / k);
  const group = (k: number, into: Float64Array) => {
    const [c0, c1, c2, c3] = coefficient.slice(k, k + 4) as [number, number, number, number];
    for (let at = 0; at < size; at++) into[at]! += c1 * A1[at]! + c2 * A2[at]! + c3 * A3[at]!;
    for (let i = 0; i < d; i++) into[i * (d + 1)]! += c0;
  };
  let out = new Float64Array(size);
  for (let at = 0; at < size; at++) out[at] = coefficient[TERMS]! * A4[at]!;
  group(TERMS - 4, out);
  for (let k = TERMS - 8; k >= 0; k -= 4) {
    out = product(A4, out);
    group(k, out);
  }
  for (let k = 0; k < squarings; k++) out = product(out, out);
  return out;
}
