/**
 * Quantiles of Student's t for whole degrees of freedom. Own code: the one well-kept library that has them brings 230
 * packages. With sin and cos of this package's kernels, so the bits are the same on every engine.
 */
import { exports } from './wasm.js';

/**
 * The t with P(|T| ≤ t) = level, for T of Student's law: the half-width of a two-sided interval in standard errors.
 *
 * With θ = atan(t/√ν) the probability A(θ) is a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4), concave in θ, so
 * Newton's steps from 0 rise to the root and never pass it. About 12 digits at 0.95; fewer as 1 − level nears 1e-16.
 * @param degrees ν, an integer of at least 1
 * @param level between 0 and 1
 * @throws RangeError for other degrees or another level
 */
export function studentQuantile(degrees: number, level: number): number {
  if (!(Number.isSafeInteger(degrees) && degrees >= 1)) {
    throw new RangeError(
      `studentQuantile: 'degrees' is ${degrees}; must be an integer of at least 1. A mean of n numbers has n − 1.`,
    );
  }
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`studentQuantile: 'level' is ${level}; must be between 0 and 1. 95 % is 0.95.`);
  }
  let theta = 0;
  for (;;) {
    const sin = exports.sinOf(theta);
    const cos = exports.cosOf(theta);
    let k = degrees % 2 === 1 ? 1 : 2;
    let probability = k === 1 ? (2 / Math.PI) * theta : sin;
    let slope = k === 1 ? 2 / Math.PI : cos;
    for (; k < degrees; k += 2) {
      probability += (slope * cos * sin) / k;
      slope *= ((k + 1) / k) * cos * cos;
    }
    const next = theta + (level - probability) / slope;
    if (!(next > theta)) return (Math.sqrt(degrees) * sin) / cos;
    theta = next;
  }
}
