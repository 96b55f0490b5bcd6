/** How far floating-point results are from the truth, in units in the last place. */
import { readFileSync } from 'node:fs';

const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);

/** The distance from |y| to the next double above it; below it for the largest. */
export function ulp(y: number): number {
  value[0] = Math.abs(y);
  bits[0]! += value[0] === Number.MAX_VALUE ? -1n : 1n;
  return Math.abs(value[0] - Math.abs(y));
}

/** [argument, double nearest to the true value, what the truth has beyond it in ulps]: see scripts/elementary_fixtures.py. */
type Row = readonly [x: number, nearest: number, rest: number];

/** True values by mpmath. */
export const mpmath = JSON.parse(
  readFileSync(new URL('./fixtures/elementary.json', import.meta.url), 'utf8'),
) as Readonly<Record<'sin' | 'cos' | 'exp' | 'log' | 'normal' | 'tanh', readonly Row[]>>;

/** Error of y in ulps of the truth. */
export function ulpsOff(y: number, [, nearest, rest]: Row): number {
  return Math.abs((y - nearest) / ulp(nearest) - rest);
}
