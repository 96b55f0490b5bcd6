/** Float32 products through the engine's library, for packages whose own kernels compute them otherwise. */
import { requireSwitch } from './border.js';
import { invalid } from './check.js';
import { blas, sizes, type FloatOperand } from './engine-slot.js';
import { MOST, refuseShared, requireFloats, requireWithin } from './operands.js';

/**
 * C ← AB in float32 with A of m × k and B of k × n, row-major, where they lie: through the library of the engine `blas`, if it
 * is in use on this thread and the product has 32 · 32 · 32 terms or more.
 * @param transposeA a holds Aᵀ, k × m
 * @param transposeB b holds Bᵀ, n × k
 * @param c overwritten; must not overlap a or b
 * @returns whether it did; otherwise nothing has been read or written
 * @throws RangeError for sizes that are no integers from 0 on, for an operand that does not end within its array, and if c
 * overlaps a or b
 * @throws TypeError for an array of another type and for switches that are neither true nor false
 */
export function sgemm(
  m: number,
  n: number,
  k: number,
  a: FloatOperand,
  transposeA: boolean,
  b: FloatOperand,
  transposeB: boolean,
  c: FloatOperand,
): boolean {
  if (blas !== null && m * n * k >= sizes.sgemm) {
    blas.sgemm(m, n, k, a, transposeA, b, transposeB, 0, c);
    return true;
  }
  // What is wrong is refused whichever engine would compute.
  requireSwitch('sgemm', 'transposeA', transposeA);
  requireSwitch('sgemm', 'transposeB', transposeB);
  checkSize('m', m);
  checkSize('n', n);
  checkSize('k', k);
  checkMatrix('a', a, transposeA ? k : m, transposeA ? m : k);
  checkMatrix('b', b, transposeB ? n : k, transposeB ? k : n);
  checkMatrix('c', c, m, n);
  if (m * n * k === 0) return false;
  checkApart(c, m, n, 'a', a, transposeA ? k : m, transposeA ? m : k);
  checkApart(c, m, n, 'b', b, transposeB ? n : k, transposeB ? k : n);
  return false;
}

function checkSize(option: string, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > MOST) {
    throw invalid('sgemm', option, size, `an integer from 0 to ${MOST}`);
  }
}

function checkMatrix(option: string, x: FloatOperand, rows: number, columns: number): void {
  requireFloats('sgemm', option, x.array);
  requireWithin('sgemm', option, x, rows, columns);
}

function checkApart(
  c: FloatOperand,
  m: number,
  n: number,
  option: string,
  x: FloatOperand,
  rows: number,
  columns: number,
): void {
  if (x.array !== c.array && x.array.buffer !== c.array.buffer) return;
  const place = ({ array, start }: FloatOperand) => array.byteOffset + 4 * start;
  refuseShared('sgemm', place(c), m, 4 * c.ld, 4 * n, option, place(x), rows, 4 * x.ld, 4 * columns);
}
