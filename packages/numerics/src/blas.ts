/**
 * Vector and matrix-vector products on Float64 in WebAssembly SIMD.
 *
 * Arrays in kernel memory (`allocate`) are used where they lie; others are copied through scratch memory, with the same
 * bits as result. A call takes 30 to 60 ns with `block.array` itself, some 80 ns more for each subarray of it, and for each
 * array that is copied 150 ns and 0.3 ns an element. So a plain loop is faster for `axpy` and `dot` below 32 elements in
 * kernel memory and below some 500 outside of it, and for a matrix below 4 × 4.
 *
 * Matrices are flat and row-major. Results do not depend on addresses, JavaScript engine or machine, unless a native library
 * computes `gemv` (engine.ts).
 */
import {
  addressOf,
  addressOfDoubles,
  copy,
  firstWindow,
  place,
  refresh,
  refuseDetached,
  refuseOverlap,
  requireDoubles,
  requireNumber,
  requireSwitch,
  scale,
  secondScratch,
  secondWindow,
  stagingArea,
} from './border.js';
import { requireOptions as checkNames } from './check.js';
import { blas, sizes } from './engine-slot.js';
import { exports, scratch, SCRATCH_LENGTH, staging, STAGING_LENGTH } from './wasm.js';

/** How a matrix-vector product is scaled. Keep the object outside a hot loop: nothing is allocated then. */
export interface GemvOptions {
  /** Use the transposed matrix. Default false. */
  readonly transpose?: boolean;
  /** Factor of the product, any number, NaN and infinities included. Default 1; at 0 the matrix is not read. */
  readonly alpha?: number;
  /** Factor of what is in `y`, any number. Default 0: `y` is overwritten, whatever it held, NaN included. */
  readonly beta?: number;
}

const DEFAULTS: GemvOptions = {};
const NAMES: Required<GemvOptions> = { transpose: false, alpha: 1, beta: 0 };

/** The object that was checked last: hot loops pass the same one again. */
let checked = DEFAULTS;

/** Whether an object has a name that is no option; it may have come since it was checked. */
function hasOthers(options: GemvOptions): boolean {
  for (const name in options) if (name !== 'transpose' && name !== 'alpha' && name !== 'beta') return true;
  return false;
}

/**
 * y ← αx + y.
 * @param x of any length
 * @param y of x's length; may be x itself
 * @returns y
 * @throws RangeError if the lengths differ or y overlaps x without being the same elements
 * @throws TypeError for arrays of another kind and an alpha that is no number
 */
export function axpy(alpha: number, x: Float64Array, y: Float64Array): Float64Array {
  if (typeof alpha !== 'number') requireNumber('axpy', 'alpha', alpha);
  const n = checkedLength('axpy', x, y);
  refresh();
  const xAddress = addressOfDoubles('axpy', 'x', x);
  const yAddress = addressOfDoubles('axpy', 'y', y);
  const same = x === y || (xAddress === yAddress && x.byteOffset === y.byteOffset);
  if (!same) refuseOverlap('axpy', 'y', y, yAddress, 'x', x, xAddress);
  if (xAddress !== 0 && yAddress !== 0) {
    exports.axpy(n, alpha, xAddress, yAddress);
    return y;
  }
  for (let at = 0; at < n; at += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, n - at);
    const from = place(xAddress, x, at, length, firstWindow, scratch);
    exports.axpy(length, alpha, from, place(yAddress, y, at, length, secondWindow, secondScratch));
    if (yAddress === 0) copy(length, secondWindow, 0, y, at);
  }
  return y;
}

/**
 * Σ xᵢyᵢ, 0 for empty arrays; summed in blocks of 2,048 and eight sums side by side, so the error grows more slowly than
 * that of a plain loop.
 * @param y of x's length
 * @throws RangeError if the lengths differ
 * @throws TypeError for arrays of another kind
 */
export function dot(x: Float64Array, y: Float64Array): number {
  const n = checkedLength('dot', x, y);
  refresh();
  const xAddress = addressOfDoubles('dot', 'x', x);
  const yAddress = addressOfDoubles('dot', 'y', y);
  if (xAddress !== 0 && yAddress !== 0) return exports.dot(n, xAddress, yAddress);
  let sum = 0;
  for (let at = 0; at < n; at += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, n - at);
    const left = place(xAddress, x, at, length, firstWindow, scratch);
    sum += exports.dot(length, left, place(yAddress, y, at, length, secondWindow, secondScratch));
  }
  return sum;
}

/** Σ |xᵢ|, 0 for an empty array. */
export function norm1(x: Float64Array): number {
  return inBlocks('norm1', x, (sum, length, at) => sum + exports.sumOfSizes(length, at));
}

/** √Σ xᵢ², 0 for an empty array; without overflow or underflow in between. */
export function norm2(x: Float64Array): number {
  const sum = inBlocks('norm2', x, (sum, length, at) => sum + exports.sumOfSquares(length, 1, at));
  if (sum > 2 ** -900 && sum < Infinity) return Math.sqrt(sum);
  const largest = normInf(x);
  if (largest === 0 || !(largest < Infinity)) return largest;
  const scale = largest < 1 ? 2 ** 600 : 2 ** -600;
  return Math.sqrt(inBlocks('norm2', x, (sum, length, at) => sum + exports.sumOfSquares(length, scale, at))) / scale;
}

/** max |xᵢ|, 0 for an empty array, NaN where any element is NaN. */
export function normInf(x: Float64Array): number {
  return inBlocks('normInf', x, (largest, length, at) => Math.max(largest, exports.largestSize(length, at)));
}

/** Reduces x by blocks of SCRATCH_LENGTH elements, handed over as length and address. */
function inBlocks(
  name: string,
  x: Float64Array,
  reduce: (value: number, length: number, address: number) => number,
): number {
  requireDoubles(name, 'x', x);
  if (x.length === 0) refuseDetached(name, 'x', x);
  refresh();
  const address = addressOf(x);
  let value = 0;
  for (let at = 0; at < x.length; at += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, x.length - at);
    value = reduce(value, length, place(address, x, at, length, firstWindow, scratch));
  }
  return value;
}

function checkedLength(name: string, x: Float64Array, y: Float64Array): number {
  if (x.length !== y.length || x.length === 0) {
    requireDoubles(name, 'x', x);
    requireDoubles(name, 'y', y);
    refuseDetached(name, 'x', x);
    refuseDetached(name, 'y', y);
    if (x.length !== y.length) {
      throw new RangeError(
        `${name}: 'y' is of length ${y.length}; must be of x's length ${x.length}. Pass a subarray of that length.`,
      );
    }
  }
  return x.length;
}

/**
 * y ← αAx + βy, or αAᵀx + βy. The sizes are those of the vectors: A has y.length rows and x.length columns, or with
 * `transpose` x.length rows and y.length columns. Of a symmetric matrix of up to 50 rows the transposed product is the
 * faster one.
 * @param a flat, row-major, of x.length · y.length elements
 * @param y must not overlap a or x
 * @returns y
 * @throws RangeError if a has another length or y overlaps a or x
 * @throws TypeError for arrays of another kind, factors that are no numbers and a switch that is neither true nor false
 * @example
 * gemv(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 1), y); // y = (3, 7)
 */
export function gemv(a: Float64Array, x: Float64Array, y: Float64Array, options: GemvOptions = DEFAULTS): Float64Array {
  return batch('gemv', 1, a, x, y, options);
}

/**
 * y_i ← αA_i x_i + βy_i for i < count: independent products of one size, the matrices and vectors stored one behind the
 * other. One call for all of them is what makes small sizes fast.
 * @param count how many, an integer from 1 on
 * @param a flat, count matrices, each row-major
 * @param x count vectors
 * @param y count vectors; must not overlap a or x
 * @returns y
 * @throws RangeError if count is no such integer, if it does not divide the lengths, if they do not fit together, or if
 * y overlaps a or x
 * @throws TypeError as `gemv`
 * @example
 * gemvStridedBatched(n, hessians, points, gradients, { beta: 1 }); // gradients[i] += hessians[i] · points[i]
 */
export function gemvStridedBatched(
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  options: GemvOptions = DEFAULTS,
): Float64Array {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(
      `gemvStridedBatched: 'count' is ${count}; must be an integer from 1 on. It says how many matrices lie in a.`,
    );
  }
  return batch('gemvStridedBatched', count, a, x, y, options);
}

function batch(
  name: string,
  count: number,
  a: Float64Array,
  x: Float64Array,
  y: Float64Array,
  options: GemvOptions,
): Float64Array {
  if (options !== checked || hasOthers(options)) {
    checkNames(name, options, NAMES);
    checked = options;
  }
  const { transpose = false, alpha = 1, beta = 0 } = options;
  // Called where something is wrong alone: engines do not inline more in here.
  if (typeof transpose !== 'boolean') requireSwitch(name, 'transpose', transpose);
  if (typeof alpha !== 'number') requireNumber(name, 'alpha', alpha);
  if (typeof beta !== 'number') requireNumber(name, 'beta', beta);
  const inner = x.length / count;
  const outer = y.length / count;
  if (a.length !== count * inner * outer || a.length === 0 || x.length % count !== 0 || y.length % count !== 0) {
    checkSizes(name, count, a, x, y);
  }
  refresh();
  const aAddress = addressOfDoubles(name, 'a', a);
  const xAddress = addressOfDoubles(name, 'x', x);
  const yAddress = addressOfDoubles(name, 'y', y);
  refuseOverlap(name, 'y', y, yAddress, 'a', a, aAddress);
  refuseOverlap(name, 'y', y, yAddress, 'x', x, xAddress);
  if (inner === 0 || outer === 0 || alpha === 0) {
    scale(beta, y);
    return y;
  }
  const rows = transpose ? inner : outer;
  const columns = transpose ? outer : inner;
  if (blas !== null && inner * outer >= (transpose ? sizes.gemvTransposed : sizes.gemv)) {
    for (let i = 0; i < count; i++) {
      const matrix = { array: a, start: i * inner * outer, ld: columns };
      const from = { array: x, start: i * inner, ld: inner };
      blas.gemv(rows, columns, alpha, matrix, transpose, from, beta, { array: y, start: i * outer, ld: outer });
    }
    return y;
  }
  // As many products at once as can be copied, or all where nothing is.
  const kernel = transpose ? exports.gemvBatchColumns : exports.gemvBatchRows;
  const inside = aAddress !== 0 && xAddress !== 0 && yAddress !== 0;
  const room = inside
    ? count
    : Math.floor(Math.min(SCRATCH_LENGTH / Math.max(inner, outer), STAGING_LENGTH / inner / outer));
  const group = inner <= SCRATCH_LENGTH ? Math.min(room, count) : 0;
  if (group === 0) {
    const product = { inner, outer, transpose, alpha, beta, a, aAddress, x, xAddress, y, yAddress };
    for (let i = 0; i < count; i++) inPieces(i, product);
    return y;
  }
  for (let i = 0; i < count; i += group) {
    const size = Math.min(group, count - i);
    const matrices = place(aAddress, a, i * inner * outer, size * inner * outer, stagingArea, staging);
    const from = place(xAddress, x, i * inner, size * inner, firstWindow, scratch);
    const to = place(yAddress, y, i * outer, size * outer, secondWindow, secondScratch);
    kernel(size, rows, columns, alpha, matrices, from, beta, to);
    if (yAddress === 0) copy(size * outer, secondWindow, 0, y, i * outer);
  }
  return y;
}

function checkSizes(name: string, count: number, a: Float64Array, x: Float64Array, y: Float64Array): void {
  requireDoubles(name, 'a', a);
  requireDoubles(name, 'x', x);
  requireDoubles(name, 'y', y);
  refuseDetached(name, 'a', a);
  refuseDetached(name, 'x', x);
  refuseDetached(name, 'y', y);
  for (const [option, vector] of [
    ['x', x],
    ['y', y],
  ] as const) {
    if (vector.length % count !== 0) {
      throw new RangeError(
        `${name}: '${option}' is of length ${vector.length}; must be a multiple of count = ${count}. Store the vectors one behind the other.`,
      );
    }
  }
  const size = (x.length / count) * y.length;
  if (a.length !== size) {
    const product = count === 1 ? 'x.length · y.length' : 'count · (x.length/count) · (y.length/count)';
    throw new RangeError(
      `${name}: 'a' is of length ${a.length}; must be of length ${product} = ${size}. Pass a flat matrix, row by row.`,
    );
  }
}

/** Rows of copied matrix that fit into the staging area, which is a window's length wide. */
const STAGED = STAGING_LENGTH / SCRATCH_LENGTH;

interface Product extends Required<GemvOptions> {
  /** Terms of a sum, and sums. */
  inner: number;
  outer: number;
  a: Float64Array;
  aAddress: number;
  x: Float64Array;
  xAddress: number;
  y: Float64Array;
  yAddress: number;
}

/** One product, in blocks of SCRATCH_LENGTH of the sum and, where something must be copied, of few results at a time. */
function inPieces(index: number, product: Product): void {
  const { inner, outer, transpose, alpha, beta, a, aAddress, x, xAddress, y, yAddress } = product;
  const kernel = transpose ? exports.gemvColumns : exports.gemvRows;
  const stride = transpose ? outer : inner;
  const step = aAddress === 0 ? STAGED : SCRATCH_LENGTH;
  for (let k = 0; k < inner; k += SCRATCH_LENGTH) {
    const width = Math.min(SCRATCH_LENGTH, inner - k);
    const from = place(xAddress, x, index * inner + k, width, firstWindow, scratch);
    for (let i = 0; i < outer; i += step) {
      const height = Math.min(step, outer - i);
      const rows = transpose ? width : height;
      const columns = transpose ? height : width;
      const start = index * inner * outer + (transpose ? k * outer + i : i * inner + k);
      if (aAddress === 0) for (let r = 0; r < rows; r++) copy(columns, a, start + r * stride, stagingArea, r * columns);
      const matrix = aAddress === 0 ? staging : aAddress + 8 * start;
      const lda = 8 * (aAddress === 0 ? columns : stride);
      const to = place(yAddress, y, index * outer + i, height, secondWindow, secondScratch);
      kernel(rows, columns, alpha, matrix, lda, from, k === 0 ? beta : 1, to);
      if (yAddress === 0) copy(height, secondWindow, 0, y, index * outer + i);
    }
  }
}
