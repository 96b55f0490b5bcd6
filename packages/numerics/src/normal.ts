/** The standard normal law, with the same bits on every engine. */
import { inside } from './check.js';
import * as scalar from './scalar.js';
import { exports } from './wasm.js';

/** Where the series gives way to the continued fraction: there both are right to the last digits. */
const TAIL = 2.5;
const ROOT_TWO_PI = 2.5066282746310002;

/**
 * Φ(x) = P(Z ≤ x). Within 2 of 10¹⁴ of itself, also far below 0: x = −38 is the least with a result above 0.
 *
 * Near 0 by Marsaglia's series (Journal of Statistical Software 11, 2004), beyond by the continued fraction of Abramowitz and
 * Stegun 26.2.14.
 * @param x NaN is refused; infinite numbers give 0 and 1
 * @throws RangeError for NaN
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) throw new RangeError(`normalCdf: 'x' is NaN; must be a number. Look where it comes from.`);
  if (x > 0) return 1 - normalCdf(-x);
  if (x < -39) return 0;
  const density = scalar.exp((-x * x) / 2) / ROOT_TWO_PI;
  if (x < -TAIL) {
    let fraction = -x;
    for (let k = 100; k > 0; k--) fraction = -x + k / fraction;
    return density / fraction;
  }
  let [sum, term] = [x, x];
  for (let k = 3; Math.abs(term) > Number.EPSILON * Math.abs(sum); k += 2) sum += term *= (x * x) / k;
  return 0.5 + density * sum;
}

/**
 * Φ⁻¹(p), within 10⁻¹³ of itself for p from 10⁻³⁰⁰ to ½: Wichura's AS 241, or √(−2 log p) in the far tail, and Newton's steps on
 * log Φ.
 * @param p between 0 and 1
 * @throws RangeError for another p
 */
export function normalQuantile(p: number): number {
  inside('normalQuantile', 'p', p, 'The ends have no finite quantile.');
  if (p > 0.5) return -normalQuantile(1 - p);
  let x = p < 1e-12 ? -Math.sqrt(-2 * scalar.log(p)) : exports.normalOf(p);
  for (let step = 0; step < 6; step++) {
    const below = normalCdf(x);
    x -= (scalar.log(below / p) * below * ROOT_TWO_PI) / scalar.exp((-x * x) / 2);
  }
  return x;
}
