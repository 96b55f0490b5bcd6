/**
 * sin, cos, exp and log of whole arrays, in WebAssembly SIMD: within 2 ulp, and the same bits on every engine, which
 * `Math.sin` and its like do not promise.
 */
import { exports, memory, scratch, SCRATCH_LENGTH } from './wasm.js';

const secondWindow = scratch + 8 * SCRATCH_LENGTH;

let buffer = memory.buffer;
let window = new Float64Array(buffer, scratch, SCRATCH_LENGTH);
let second = new Float64Array(buffer, secondWindow, SCRATCH_LENGTH);

function refresh(): void {
  buffer = memory.buffer;
  window = new Float64Array(buffer, scratch, SCRATCH_LENGTH);
  second = new Float64Array(buffer, secondWindow, SCRATCH_LENGTH);
}

/** A view that kernel memory's growth has emptied must not pass as an array of length 0. */
function refuseDetached(name: string, option: string, array: Float64Array): void {
  try {
    new Uint8Array(array.buffer, 0, 0);
  } catch {
    throw new TypeError(
      `${name}: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`,
    );
  }
}

type Kernel = (n: number, x: number, out: number) => void;

/** Arrays in kernel memory are used where they lie; others pass through the scratch windows in pieces. */
function map(name: string, kernel: Kernel, x: Float64Array, out: Float64Array): Float64Array {
  const n = x.length;
  if (n !== out.length || n === 0) {
    refuseDetached(name, 'x', x);
    refuseDetached(name, 'out', out);
    if (n !== out.length) {
      throw new RangeError(
        `${name}: 'out' is of length ${out.length}; must be of x's length ${n}. Pass a subarray of that length.`,
      );
    }
    return out;
  }
  if (window.length === 0) refresh();
  const inside = x.buffer === buffer;
  const outside = out.buffer !== buffer;
  if (inside && !outside) {
    if (x.byteOffset < out.byteOffset && x.byteOffset + 8 * n > out.byteOffset) {
      throw new RangeError(
        `${name}: 'out' begins inside 'x'; must be x itself or not overlap it from above. Use another array.`,
      );
    }
    kernel(n, x.byteOffset, out.byteOffset);
    return out;
  }
  if (x.buffer === out.buffer && x.byteOffset < out.byteOffset && x.byteOffset + 8 * n > out.byteOffset) {
    throw new RangeError(
      `${name}: 'out' begins inside 'x'; must be x itself or not overlap it from above. Use another array.`,
    );
  }
  for (let start = 0; start < n; start += SCRATCH_LENGTH) {
    const length = Math.min(SCRATCH_LENGTH, n - start);
    const from = inside ? x.byteOffset + 8 * start : scratch;
    const to = outside ? secondWindow : out.byteOffset + 8 * start;
    if (!inside) for (let i = 0; i < length; i++) window[i] = x[start + i]!;
    kernel(length, from, to);
    if (outside) for (let i = 0; i < length; i++) out[start + i] = second[i]!;
  }
  return out;
}

/**
 * out[i] = sin x[i], in radians, within 2 ulp; NaN for ±Infinity and NaN. Fastest for |x| ≤ 3·10⁶, correct for all.
 * @param x any array; one in kernel memory is read where it lies
 * @param out of x's length; may be x
 * @returns out
 * @throws RangeError if the lengths differ, or if out begins inside x
 */
export function sin(x: Float64Array, out: Float64Array): Float64Array {
  return map('sin', exports.sin, x, out);
}

/**
 * out[i] = cos x[i], in radians, within 2 ulp; NaN for ±Infinity and NaN. Fastest for |x| ≤ 3·10⁶, correct for all.
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
