import { dot, normalize, squaredDistance } from '../vectors.js';
import { project, type Ball } from './ball.js';

/** What is climbed: any of the functions of x whose suprema are the constants. */
export interface Objective {
  value(x: Float64Array): number;
  /** Writes a direction of ascent at `x`, of any length, to `out`. */
  direction(x: Float64Array, out: Float64Array): void;
}

/** Places that a scan tries on a chord of the ball. */
const SCAN = 16;

/**
 * Climbs from `x`, in place, inside a ball: along each of the first `axes` coordinates to the best of 16 places of the
 * chord, which crosses the valleys of functions that separate, and then by steps along the direction of ascent that double
 * when they help and shrink when they do not. The value never falls.
 * @param steps most steps along the direction of ascent
 * @returns the value at the end
 */
export function ascend(objective: Objective, x: Float64Array, ball: Ball, steps: number, axes: number): number {
  const d = x.length;
  const y = new Float64Array(d);
  const u = new Float64Array(d);
  let value = objective.value(x);
  const accept = (): boolean => {
    const next = objective.value(y);
    if (!(next > value)) return false;
    value = next;
    x.set(y);
    return true;
  };
  for (let j = 0; j < axes; j++) {
    const along = x[j]! - ball.centre[j]!;
    const across = squaredDistance(x, 0, ball.centre, 0, d) - along * along;
    const half = Math.sqrt(Math.max(0, ball.radius ** 2 - across));
    y.set(x);
    for (let k = 0; k < SCAN; k++) {
      y[j] = ball.centre[j]! + half * ((2 * k + 1) / SCAN - 1);
      accept();
    }
  }
  let length = ball.radius / 4;
  for (let k = 0; k < steps && length > 1e-4 * ball.radius; k++) {
    objective.direction(x, u);
    if (!(dot(u, u) > 0)) break;
    normalize(u);
    for (let j = 0; j < d; j++) y[j] = x[j]! + length * u[j]!;
    project(ball, y);
    length *= accept() ? 2 : 0.25;
  }
  return value;
}
