/** Products of a matrix with its own transpose on Float64: half the sums of `gemm`, by the same blocks. */
import { addressOf, refresh, refuseOverlap, requireNumber, requireSwitch } from './border.js';
import { requireOptions as checkNames } from './check.js';
import { blas, sizes } from './engine-slot.js';
import { multiply } from './gemm.js';
import { checkLength, checkSizeOf } from './square.js';

/** How a product of a matrix with its transpose is read and scaled. */
export interface SyrkOptions {
  /** a holds Aᵀ, k × n, so that C = AᵀA of what is stored. Default false: n × k. */
  readonly transpose?: boolean;
  /** Factor of the product, any number. Default 1; at 0 a is not read. */
  readonly alpha?: number;
  /** Factor of what is in the lower triangle of c, any number. Default 0: c is overwritten, whatever it held, NaN included. */
  readonly beta?: number;
}

const DEFAULTS: SyrkOptions = {};

/**
 * C ← αAAᵀ + βC with A of n × k and C of n × n, flat and row-major (`dsyrk` of BLAS). Of C the lower triangle is read, and both
 * are written: C is symmetric to the bit. The lower triangle has the bits that `gemm` gives.
 * @param a A, or Aᵀ with `transpose`
 * @param c must not overlap a
 * @returns c
 * @throws RangeError for sizes that are no integers from 0 on, for arrays of other lengths, and if c overlaps a
 * @throws TypeError for arrays of another kind, factors that are no numbers and a switch that is neither true nor false
 * @example
 * syrk(d, rows, x, covariance, { transpose: true, alpha: 1 / rows }); // xᵀx / rows, x of rows × d
 */
export function syrk(
  n: number,
  k: number,
  a: Float64Array,
  c: Float64Array,
  options: SyrkOptions = DEFAULTS,
): Float64Array {
  checkNames('syrk', options, { transpose: 0, alpha: 0, beta: 0 });
  const { transpose = false, alpha = 1, beta = 0 } = options;
  requireSwitch('syrk', 'transpose', transpose);
  requireNumber('syrk', 'alpha', alpha);
  requireNumber('syrk', 'beta', beta);
  checkSizeOf('syrk', 'n', n, 'C is n × n.');
  checkSizeOf('syrk', 'k', k, 'The sums have k terms.');
  checkLength('syrk', 'a', a, 'n · k', n * k);
  checkLength('syrk', 'c', c, 'n · n', n * n);
  refresh();
  const address = addressOf(a);
  const to = { array: c, address: addressOf(c), start: 0, ld: n };
  refuseOverlap('syrk', 'c', c, to.address, 'a', a, address);
  const from = { array: a, address, start: 0, ld: transpose ? n : k };
  if (blas !== null && n * n * k >= sizes.syrk && alpha !== 0) {
    blas.syrk(n, k, alpha, from, transpose, beta, to);
    mirror(n, c);
    return c;
  }
  multiply(
    { rows: n, columns: n, terms: k, transposeA: transpose, transposeB: !transpose, alpha, beta, lower: true },
    from,
    from,
    to,
  );
  mirror(n, c);
  return c;
}

/** Rows and columns of a tile that is mirrored at once, so that both sides stay in the cache. */
const TILE = 32;

/** Copies the lower triangle to the upper one. */
function mirror(n: number, c: Float64Array): void {
  for (let top = 0; top < n; top += TILE) {
    for (let left = 0; left <= top; left += TILE) {
      for (let i = top; i < Math.min(top + TILE, n); i++) {
        for (let j = left; j < Math.min(left + TILE, i); j++) c[j * n + i] = c[i * n + j]!;
      }
    }
  }
}
