/**
 * Symmetric matrices in packed storage times vectors, in WebAssembly SIMD. A packed matrix has half the bytes of a full one,
 * which is what counts where it comes from memory.
 *
 * Packed is the lower triangle, row-major: a₀₀, a₁₀, a₁₁, a₂₀, … , d(d+1)/2 numbers, a_ij with i ≥ j at i(i+1)/2 + j. BLAS,
 * whose matrices lie by columns, calls this the upper triangle (`uplo = 'U'`).
 */
import {
  addressOf,
  addressOfDoubles,
  copy,
  refresh,
  refuseDetached,
  refuseOverlap,
  requireDoubles,
  requireNumber,
  scale,
  stagingArea,
} from './border.js';
import { requireOptions as checkNames } from './check.js';
import { blas, sizes } from './engine-slot.js';
import { exports, staging, STAGING_LENGTH } from './wasm.js';

/** How a packed symmetric matrix-vector product is scaled. Keep the object outside a hot loop. */
export interface SpmvOptions {
  /** Factor of the product, any number, NaN and infinities included. Default 1; at 0 the matrix is not read. */
  readonly alpha?: number;
  /** Factor of what is in `y`, any number. Default 0: `y` is overwritten, whatever it held, NaN included. */
  readonly beta?: number;
}

const DEFAULTS: SpmvOptions = {};
const NAMES: Required<SpmvOptions> = { alpha: 1, beta: 0 };

/** The object that was checked last: hot loops pass the same one again. */
let checked = DEFAULTS;

/** Whether an object has a name that is no option; it may have come since it was checked. */
function hasOthers(options: SpmvOptions): boolean {
  for (const name in options) if (name !== 'alpha' && name !== 'beta') return true;
  return false;
}

/** Rows of a matrix at most: copied vectors and four copied rows fit into the staging area. Packed they fill 1 GiB. */
const MOST_ROWS = STAGING_LENGTH / 8;

/**
 * y ← αAx + βy, the packed symmetric matrix-vector product (`dspmv` of BLAS). A is d × d, d the length of y, up to 16,384.
 * The order of every sum depends on d alone, and differs from that of `gemv`.
 * @param a lower triangle row by row, d(d+1)/2 numbers; see {@link packSymmetric}
 * @param x of length d
 * @param y of length d; must not overlap a or x
 * @returns y
 * @throws RangeError if the lengths do not fit together, if d is above 16,384, or if y overlaps a or x
 * @throws TypeError for arrays of another kind and factors that are no numbers
 * @example
 * spmv(Float64Array.of(1, 2, 3), Float64Array.of(1, 1), y); // y = (3, 5): A has the rows (1, 2) and (2, 3)
 */
export function spmv(a: Float64Array, x: Float64Array, y: Float64Array, options: SpmvOptions = DEFAULTS): Float64Array {
  return batch('spmv', 1, a, x, y, options);
}

/**
 * y_i ← αA_i x_i + βy_i for i < count: independent products of one size, the packed matrices and the vectors stored one
 * behind the other.
 * @param count how many, an integer from 1 on
 * @param a count packed matrices
 * @param x count vectors
 * @param y count vectors; must not overlap a or x
 * @returns y
 * @throws RangeError if count is no such integer, if it does not divide y's length, and where `spmv` does
 */
export function spmvStridedBatched(
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  options: SpmvOptions = DEFAULTS,
): Float64Array {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(
      `spmvStridedBatched: 'count' is ${count}; must be an integer from 1 on. It says how many matrices lie in a.`,
    );
  }
  return batch('spmvStridedBatched', count, a, x, y, options);
}

function batch(
  name: string,
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  options: SpmvOptions,
): Float64Array {
  if (options !== checked || hasOthers(options)) {
    checkNames(name, options, NAMES);
    checked = options;
  }
  const { alpha = 1, beta = 0 } = options;
  if (typeof alpha !== 'number') requireNumber(name, 'alpha', alpha);
  if (typeof beta !== 'number') requireNumber(name, 'beta', beta);
  const d = y.length / count;
  const size = (d * (d + 1)) / 2;
  if (a.length !== count * size || x.length !== y.length || y.length % count !== 0 || d === 0 || d > MOST_ROWS) {
    checkSizes(name, count, a, x, y);
  }
  refresh();
  const aAddress = addressOfDoubles(name, 'a', a);
  const xAddress = addressOfDoubles(name, 'x', x);
  const yAddress = addressOfDoubles(name, 'y', y);
  refuseOverlap(name, 'y', y, yAddress, 'a', a, aAddress);
  refuseOverlap(name, 'y', y, yAddress, 'x', x, xAddress);
  scale(beta, y);
  if (alpha === 0 || d === 0) return y;
  for (let i = 0; i < count; i++) {
    if (blas !== null && d >= sizes.spmv) {
      const vector = { start: i * d, ld: d };
      blas.spmv(d, alpha, { array: a, start: i * size, ld: size }, { array: x, ...vector }, { array: y, ...vector });
      continue;
    }
    // Copies lie in the staging area: x, y, rows of a.
    const from = xAddress === 0 ? staging : xAddress + 8 * i * d;
    const to = yAddress === 0 ? staging + 8 * d : yAddress + 8 * i * d;
    if (xAddress === 0) copy(d, x, i * d, stagingArea, 0);
    if (yAddress === 0) copy(d, y, i * d, stagingArea, d);
    if (aAddress === 0) copiedRows(d, alpha, a, i * size, from, to);
    else exports.spmvRows(0, d, alpha, aAddress + 8 * i * size, from, to);
    if (yAddress === 0) copy(d, stagingArea, d, y, i * d);
  }
  return y;
}

/** One product with the matrix that lies outside kernel memory from `start` on, as many rows at once as can be copied. */
function copiedRows(d: number, alpha: number, a: Float64Array, start: number, x: number, y: number): void {
  const room = STAGING_LENGTH - 2 * d;
  for (let row = 0, next = d % 4; row < d; row = next) {
    let length = (next * (next + 1) - row * (row + 1)) / 2;
    for (let more = 4 * next + 10; next < d && length + more <= room; more += 16) {
      length += more;
      next += 4;
    }
    copy(length, a, start + (row * (row + 1)) / 2, stagingArea, 2 * d);
    exports.spmvRows(row, next, alpha, staging + 16 * d, x, y);
  }
}

function checkSizes(name: string, count: number, a: Float64Array, x: Float64Array, y: Float64Array): void {
  requireDoubles(name, 'a', a);
  requireDoubles(name, 'x', x);
  requireDoubles(name, 'y', y);
  refuseDetached(name, 'a', a);
  refuseDetached(name, 'x', x);
  refuseDetached(name, 'y', y);
  if (x.length !== y.length) {
    throw new RangeError(
      `${name}: 'x' is of length ${x.length}; must be of y's length ${y.length}. A symmetric matrix is square.`,
    );
  }
  if (y.length % count !== 0) {
    throw new RangeError(
      `${name}: 'y' is of length ${y.length}; must be a multiple of count = ${count}. Store the vectors one behind the other.`,
    );
  }
  const d = y.length / count;
  if (d > MOST_ROWS) {
    throw new RangeError(
      `${name}: the matrix has d = ${d} rows; must have ${MOST_ROWS} at most. Use gemv on blocks of rows.`,
    );
  }
  const size = (count * d * (d + 1)) / 2;
  if (a.length !== size) {
    throw new RangeError(
      `${name}: 'a' is of length ${a.length}; must be of length ${count === 1 ? '' : 'count · '}d(d+1)/2 = ${size}, d = ${d}. Pack a full matrix by packSymmetric.`,
    );
  }
}

/**
 * Packs a full symmetric matrix for {@link spmv}: its lower triangle row by row.
 * @param a full matrix, d × d, flat
 * @param d rows and columns, an integer from 0 on
 * @param out of length d(d+1)/2; must not overlap a
 * @returns out
 * @throws RangeError if a length does not fit, if out overlaps a, or if two mirrored elements differ, be it by rounding
 * @example
 * packSymmetric(Float64Array.of(1, 2, 2, 3), 2, new Float64Array(3)); // (1, 2, 3)
 */
export function packSymmetric(a: Float64Array, d: number, out: Float64Array): Float64Array {
  if (!Number.isSafeInteger(d) || d < 0) {
    throw new RangeError(`packSymmetric: 'd' is ${d}; must be an integer from 0 on. The matrix is d × d.`);
  }
  for (const [option, array, size, shape] of [
    ['a', a, d * d, 'd·d'],
    ['out', out, (d * (d + 1)) / 2, 'd(d+1)/2'],
  ] as const) {
    requireDoubles('packSymmetric', option, array);
    refuseDetached('packSymmetric', option, array);
    if (array.length !== size) {
      throw new RangeError(
        `packSymmetric: '${option}' is of length ${array.length}; must be of length ${shape} = ${size}, d = ${d}. Pass a subarray of that length.`,
      );
    }
  }
  refresh();
  refuseOverlap('packSymmetric', 'out', out, addressOf(out), 'a', a, addressOf(a));
  for (let i = 0, at = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = a[i * d + j]!;
      const mirrored = a[j * d + i]!;
      if (!Object.is(value + 0, mirrored + 0)) {
        throw new RangeError(
          `packSymmetric: 'a' has ${value} in row ${i}, column ${j} and ${mirrored} in row ${j}, column ${i}; must be symmetric. Take the mean of both where they differ by rounding.`,
        );
      }
      out[at++] = value;
    }
  }
  return out;
}
