import type { Stream } from '@assay-ml/numerics';
import { squaredDistance, squaredNorm } from '../vectors.js';

/** All x with ‖x − centre‖ ≤ radius. */
export interface Ball {
  /** Centre [d]. */
  readonly centre: Float64Array;
  /** Radius > 0. */
  readonly radius: number;
}

/**
 * Writes a uniform point of a ball to `out` [d]: the first d coordinates of a uniform point on the sphere of d + 2
 * coordinates, which needs no root of order d.
 */
export function uniformPoint({ centre, radius }: Ball, stream: Stream, out: Float64Array): void {
  const d = out.length;
  const z = stream.fillNormal(new Float64Array(d + 2));
  const scale = radius / Math.sqrt(squaredNorm(z));
  for (let j = 0; j < d; j++) out[j] = centre[j]! + scale * z[j]!;
}

/** Moves `x` into the ball, to its nearest point. */
export function project({ centre, radius }: Ball, x: Float64Array): void {
  const distance = Math.sqrt(squaredDistance(x, 0, centre, 0, x.length));
  if (distance <= radius) return;
  const scale = radius / distance;
  for (let j = 0; j < x.length; j++) x[j] = centre[j]! + scale * (x[j]! - centre[j]!);
}
