/**
 * sin, cos, exp, log, sinh, cosh and tanh of whole arrays, in WebAssembly SIMD: within 2 ulp, and the same bits on every engine, which
 * `Math.sin` and its like do not promise.
 */
import {
  addressOf,
  copy,
  firstWindow,
  place,
  refresh,
  refuseDetached,
  refuseOverlap,
  requireDoubles,
  secondScratch,
  secondWindow,
} from './border.js';
import { exports, scratch, SCRATCH_LENGTH } from './wasm.js';

type Kernel = (n: number, x: number, out: number) => void;

/** `out` may be x or lie below it, but writing upwards it must not run ahead of what is read. */
function refuseShift(name: string, x: Float64Array, xAddress: number, out: Float64Array, outAddress: number): void {
  if (x === out || (xAddress === 0) !== (outAddress === 0)) return;
  const from = xAddress || x.byteOffset;
  const to = outAddress || out.byteOffset;
  if (from < to && from + 8 * x.length > to && (xAddress !== 0 || x.buffer === out.buffer)) {
    throw new RangeError(
      `${name}: 'out' begins inside 'x'; must be x itself or not overlap it from above. Use another array.`,
    );
  }
}

function checkedLength(name: string, x: Float64Array, output: string, out: Float64Array): number {
  requireDoubles(name, 'x', x);
  requireDoubles(name, output, out);
  if (x.length !== out.length || x.length === 0) {
    refuseDetached(name, 'x', x);
    refuseDetached(name, output, out);
    if (x.length !== out.length) {
      throw new RangeError(
        `${name}: '${output}' is of length ${out.length}; must be of x's length ${x.length}. Pass a subarray of that length.`,
      );
    }
  }
  return x.length;
}

/** Arrays in kernel memory are used where they lie; others pass through the scratch windows in pieces. */
function map(name: string, kernel: Kernel, x: Float64Array, out: Float64Array): Float64Array {
  const n = checkedLength(name, x, 'out', out);
  refresh();
  const xAddress = addressOf(x);
  const outAddress = addressOf(out);
  refuseShift(name, x, xAddress, out, outAddress);
  if (xAddress !== 0 && outAddress !== 0) {
    kernel(n, xAddress, outAddress);
    return out;
  }
  for (let start = 0; start < n; start += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, n - start);
    const from = place(xAddress, x, start, length, firstWindow, scratch);
    kernel(length, from, outAddress === 0 ? secondScratch : outAddress + 8 * start);
    if (outAddress === 0) copy(length, secondWindow, 0, out, start);
  }
  return out;
}

/**
 * out[i] = sin x[i], in radians, within 2 ulp and [−1, 1]; NaN for ±Infinity and NaN. Beyond 2²², where it is slower, a result
 * below 10⁻¹³ is right to 10⁻²⁹ instead.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function sin(x: Float64Array, out: Float64Array): Float64Array {
  return map('sin', exports.sin, x, out);
}

/**
 * out[i] = cos x[i], in radians, within 2 ulp and [−1, 1]; NaN for ±Infinity and NaN. Beyond 2²², where it is slower, a result
 * below 10⁻¹³ is right to 10⁻²⁹ instead.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function cos(x: Float64Array, out: Float64Array): Float64Array {
  return map('cos', exports.cos, x, out);
}

/**
 * out[i] = exp x[i] within 2 ulp; 0 and Infinity beyond the range of doubles, as `Math.exp` gives.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function exp(x: Float64Array, out: Float64Array): Float64Array {
  return map('exp', exports.exp, x, out);
}

/**
 * out[i] = natural logarithm of x[i] within 2 ulp; −Infinity for 0, NaN below.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function log(x: Float64Array, out: Float64Array): Float64Array {
  return map('log', exports.log, x, out);
}

/**
 * out[i] = hyperbolic sine of x[i] within 2 ulp; ±Infinity beyond the range of doubles, as `Math.sinh` gives.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function sinh(x: Float64Array, out: Float64Array): Float64Array {
  return map('sinh', exports.sinh, x, out);
}

/**
 * out[i] = hyperbolic cosine of x[i] within 2 ulp; Infinity beyond the range of doubles, as `Math.cosh` gives.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function cosh(x: Float64Array, out: Float64Array): Float64Array {
  return map('cosh', exports.cosh, x, out);
}

/**
 * out[i] = hyperbolic tangent of x[i] within 2 ulp; never beyond ±1.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function tanh(x: Float64Array, out: Float64Array): Float64Array {
  return map('tanh', exports.tanh, x, out);
}

/**
 * delta[i] ← delta[i]·(1 − x[i]²): back through x = tanh y, of which delta is the gradient.
 * @param x what `tanh` gave
 * @param delta of x's length; must not overlap x
 * @returns delta
 * @throws RangeError if the lengths differ or delta overlaps x
 */
export function tanhBackward(x: Float64Array, delta: Float64Array): Float64Array {
  const n = checkedLength('tanhBackward', x, 'delta', delta);
  refresh();
  const xAddress = addressOf(x);
  const deltaAddress = addressOf(delta);
  refuseOverlap('tanhBackward', 'delta', delta, deltaAddress, 'x', x, xAddress);
  if (xAddress !== 0 && deltaAddress !== 0) {
    exports.tanhBackward(n, xAddress, deltaAddress);
    return delta;
  }
  for (let at = 0; at < n; at += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, n - at);
    const from = place(xAddress, x, at, length, firstWindow, scratch);
    exports.tanhBackward(length, from, place(deltaAddress, delta, at, length, secondWindow, secondScratch));
    if (deltaAddress === 0) copy(length, secondWindow, 0, delta, at);
  }
  return delta;
}
