/** Checks that the kernels of square matrices share. */
import { refuseDetached, requireDoubles } from './border.js';

/** A size is an integer from 0 on. */
export function checkSizeOf(name: string, option: string, size: number, advice: string): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new RangeError(`${name}: '${option}' is ${size}; must be an integer from 0 on. ${advice}`);
  }
}

/** An array is of doubles, as long as its shape says, and live. */
export function checkLength(name: string, option: string, x: Float64Array, shape: string, length: number): void {
  requireDoubles(name, option, x);
  if (x.length === 0) refuseDetached(name, option, x);
  if (x.length !== length) {
    throw new RangeError(
      `${name}: '${option}' is of length ${x.length}; must be of length ${shape} = ${length}. Pass a flat matrix, row by row.`,
    );
  }
}

/** Elements `from` to `to` of a matrix of n columns are neither NaN nor infinite. */
export function checkFinite(name: string, a: Float64Array, from: number, to: number, n: number): void {
  for (let at = from; at < to; at++) {
    if (!Number.isFinite(a[at])) {
      throw new RangeError(
        `${name}: 'a' has ${a[at]} in row ${Math.floor(at / n)}, column ${at % n}; must be finite. Look at what made it.`,
      );
    }
  }
}
