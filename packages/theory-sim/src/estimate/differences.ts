/**
 * Derivatives of a gradient by differences, chosen so that their sizes are true lower bounds for any step:
 *
 *   first   D_p = (g(x + hp) − g(x − hp))/(2h)                  ‖D_p‖ ≤ L,  −⟨D_p, p⟩ ≤ ρ
 *   second  D_pp = (g(x + hp) − 2g(x) + g(x − hp))/h²           ‖D_pp‖ ≤ M
 *   third   (D_pp at x + hq − D_pp at x − hq)/(2h)              a direction of ascent only
 *
 * for unit vectors p and q, where g is L-Lipschitz and has an M-Lipschitz derivative, and ρ is the weak convexity of what g is
 * the gradient of. The first follows from the definitions; the second is ∫∫ ∇³[p, p] over the segment, or without a third
 * derivative ∫ (∇²(x + sp) − ∇²(x + sp − hp)) p ds / h², of norm ≤ M.
 */
import { squaredDistance } from '../vectors.js';

/** Writes a gradient at `x` [d] to `out` [d]. */
export type GradientMap = (x: Float64Array, out: Float64Array) => void;

/** Differences of one gradient; the vectors it works in are its own. */
export interface Differences {
  first(x: Float64Array, p: Float64Array, out: Float64Array): void;
  second(x: Float64Array, p: Float64Array, out: Float64Array): void;
  third(x: Float64Array, p: Float64Array, q: Float64Array, out: Float64Array): void;
}

/** @param h step of the differences; `third` looks as far as 2h */
export function differences(g: GradientMap, d: number, h: number): Differences {
  const plus = new Float64Array(d);
  const minus = new Float64Array(d);
  const other = new Float64Array(d);
  const middle = new Float64Array(d);
  const moved = new Float64Array(d);
  const shift = (x: Float64Array, p: Float64Array, by: number, out: Float64Array): void => {
    for (let j = 0; j < d; j++) out[j] = x[j]! + by * p[j]!;
  };
  const self: Differences = {
    first(x, p, out) {
      shift(x, p, h, plus);
      shift(x, p, -h, minus);
      // The distance as rounded, not as meant.
      const distance = Math.sqrt(squaredDistance(plus, 0, minus, 0, d));
      g(plus, out);
      g(minus, other);
      // 0 where the step is lost in rounding: nothing is known then.
      for (let j = 0; j < d; j++) out[j] = distance > 0 ? (out[j]! - other[j]!) / distance : 0;
    },
    second(x, p, out) {
      shift(x, p, h, plus);
      shift(x, p, -h, minus);
      g(plus, out);
      g(minus, other);
      g(x, middle);
      for (let j = 0; j < d; j++) out[j] = (out[j]! - 2 * middle[j]! + other[j]!) / (h * h);
    },
    third(x, p, q, out) {
      shift(x, q, -h, moved);
      self.second(moved, p, out);
      const before = out.slice();
      shift(x, q, h, moved);
      self.second(moved, p, out);
      for (let j = 0; j < d; j++) out[j] = (out[j]! - before[j]!) / (2 * h);
    },
  };
  return self;
}
