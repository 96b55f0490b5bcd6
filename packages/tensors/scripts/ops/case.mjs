/**
 * Cases of the sweep: an operation, its inputs, and how often it is differentiated.
 * @typedef {'float32' | 'int32' | 'bool' | 'string'} DType
 * @typedef {{ shape: number[], dtype: DType, values: (number | string)[] }} Input
 * @typedef {(tf: any, ...inputs: any[]) => any} Compute a tensor, or a list of them
 * @typedef {object} Case
 * @property {string} op the row of the table
 * @property {string} name the case, unique
 * @property {Input[]} inputs
 * @property {Compute} compute
 * @property {0 | 1 | 2} order how often it is differentiated
 * @property {number[][]} [gradients] of the sum of the outputs by each float input, where differences cannot tell: at kinks
 * @property {Compute} [reference] the same by other operations, where the reference backend errs
 */

/** A stream of numbers in [0, 1): a linear congruence, the same everywhere. */
function stream(seed) {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const size = (shape) => shape.reduce((product, side) => product * side, 1);

/**
 * Numbers of a case: all different, odd multiples of 1/256 (so that float32 holds them and none lies on a kink, at a whole
 * number or a half), shuffled.
 * @param {number[]} shape
 * @param {[number, number]} [range] about
 */
export function x(shape, range = [-2, 2]) {
  const n = size(shape);
  const next = stream(7 + n * 31 + shape.length);
  const [from, to] = range;
  // At least 1/128 apart; ranges too short for so many are passed.
  const step = Math.max(1 / 128, Math.floor(((to - from) / Math.max(n, 1)) * 128) / 128);
  const values = Array.from({ length: n }, (_, i) => Math.round(from * 128) / 128 + i * step + 1 / 256);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return { shape, dtype: /** @type {const} */ ('float32'), values };
}

/** Given numbers. */
export const given = (values, shape = [values.length], dtype = 'float32') => ({ shape, dtype, values });

/** Whole numbers from a range. */
export function ints(shape, from = -5, to = 5, dtype = 'int32') {
  const next = stream(3 + size(shape));
  return { shape, dtype, values: Array.from({ length: size(shape) }, () => from + Math.floor(next() * (to - from))) };
}

/** Truth values. */
export const bools = (shape) => ints(shape, 0, 2, 'bool');

/**
 * @param {string} op
 * @param {string} name
 * @param {Input[]} inputs
 * @param {Compute} compute
 * @param {Partial<Case>} [more] order: 2 unless told
 * @returns {Case}
 */
export const make = (op, name, inputs, compute, more = {}) => ({
  ...{ op, name: name === '' ? op : `${op}, ${name}`, inputs, compute, order: 2 },
  ...more,
});
