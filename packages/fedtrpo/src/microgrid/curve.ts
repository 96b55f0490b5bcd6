/** Piecewise linear curves of a battery, as CityLearn evaluates them. */
import { invalid } from '@assay-ml/numerics/check';

/** Knots of a curve: `x` increases. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * A curve from its knots.
 * @param knots [x, y] pairs, at least two
 * @throws RangeError unless the x increase and all numbers are finite
 */
export function curve(where: string, name: string, knots: readonly (readonly [number, number])[]): Curve {
  if (!Array.isArray(knots) || knots.length < 2) {
    throw invalid(where, name, knots, 'a list of at least two [x, y]', 'Leave it out to have it drawn from the seed.');
  }
  const x = Float64Array.from(knots, (knot) => knot[0]);
  const y = Float64Array.from(knots, (knot) => knot[1]);
  for (let k = 0; k < x.length; k++) {
    if (!Number.isFinite(y[k])) throw invalid(where, `${name}[${k}][1]`, y[k], 'finite');
    if (!(Number.isFinite(x[k]) && (k === 0 || x[k]! > x[k - 1]!))) {
      throw invalid(where, `${name}[${k}][0]`, x[k], 'above the knot before', 'Sort the knots by x.');
    }
  }
  return { x, y };
}

/** A curve that is 1 everywhere. */
export const flat: Curve = { x: Float64Array.of(0, 1), y: Float64Array.of(1, 1) };
