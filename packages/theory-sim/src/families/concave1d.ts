/**
 * Concave drift in one dimension (spec T10): f_i(x) = −(ρ/2) x² + b_i x, Σ_i b_i = 0.
 *
 * K local steps of size η from 0 end at y_i = −b_i ((1 + ηρ)^K − 1)/ρ: the drift grows exponentially in ηρK.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import { invalid, positive, vector } from '../check.js';
import type { Family } from './family.js';

/** Options of `concave1d`. */
export interface Concave1dOptions {
  /** Slopes b_i, one a client, of sum 0. */
  readonly b: readonly number[];
  /** Weak convexity ρ > 0. */
  readonly rho: number;
}

/**
 * An instance of T10, d = 1. All constants are exact: L = ρ, ζ = max |b_i|, ζ̄² = mean b_i², δ = M = 0. inf f = −∞.
 * @throws RangeError when ρ is not positive, or the slopes are not finite or do not sum to 0
 */
export function concave1d(options: Concave1dOptions): Family {
  const where = 'concave1d';
  requireOptions<Concave1dOptions>(where, options, { b: 1, rho: 1 });
  const { b, rho } = options;
  positive(where, 'rho', rho, 'At 0 the problem is linear.');
  if (!Array.isArray(b) || b.length === 0) throw invalid(where, 'b', b, 'an array of at least one slope');
  const slopes = vector(where, 'b', b, b.length);
  const n = slopes.length;
  const sizes = slopes.map(Math.abs);
  const sum = slopes.reduce((total, slope) => total + slope, 0);
  // Sums of decimal fractions round.
  if (Math.abs(sum) > 1e-12 * sizes.reduce((total, size) => total + size, 0)) {
    throw new RangeError(`${where}: 'b' sums to ${sum}; must sum to 0. Subtract the mean.`);
  }
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    out[0] = slopes[client]! - rho * x[0]!;
  };
  const constants = {
    L: rho,
    zeta: sizes.reduce((a, c) => Math.max(a, c)),
    zetaBar: Math.sqrt(slopes.reduce((total, slope) => total + slope * slope, 0) / n),
    delta: 0,
    rho,
    M: 0,
    sigma: 0,
  };
  return {
    name: where,
    n,
    d: 1,
    exact: true,
    grad: clientGrad,
    clientGrad,
    fullGrad: (x, out) => {
      out[0] = -rho * x[0]!;
    },
    value: (x) => -0.5 * rho * x[0]! * x[0]!,
    infimum: -Infinity,
    constants,
    upperBounds: constants,
  };
}
