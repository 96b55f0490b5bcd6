import type { Ball } from './ball.js';
import type { GradientMap } from './differences.js';

/** A problem as its gradients, and how to look at it. */
export interface Search {
  readonly clients: readonly GradientMap[];
  /** ∇f_i − ∇f. */
  readonly others: readonly GradientMap[];
  readonly full: GradientMap;
  readonly d: number;
  /** Sampled points, in the ball that leaves room for the differences. */
  readonly points: readonly Float64Array[];
  readonly inner: Ball;
  readonly h: number;
  readonly starts: number;
  readonly steps: number;
  readonly directions: number;
  readonly seed: number;
  /** Coordinates that a climb scans. */
  readonly axes: number;
  /** To be called after each point sampled or climbed. */
  tick(): void;
}
