/**
 * EqVar (Chen, Drton, Wang, "On causal discovery with an equal-variance assumption", Biometrika 2019): orders that are exact for
 * equal noise variances, in d³ operations on the covariance.
 */
import { options as known } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { precision } from '../exact.js';
import { type OrderOptions, readiness } from '../knowledge.js';
import { TIE } from './sortnregress.js';

/**
 * Top-down: again and again the variable with the smallest variance given those already placed; a Cholesky factorisation that
 * takes the smallest pivot; ties by number, up to rounding.
 * @param covariance Σ, [d, d]
 * @returns order, sources first
 */
export function eqVarTopDown(
  covariance: Float64Array,
  d: number,
  options: OrderOptions = {},
): Uint32Array<ArrayBuffer> {
  known('eqVarTopDown', options, { constraints: 0 });
  square('eqVarTopDown', 'covariance', covariance, d);
  const { ready, place } = readiness(options.constraints, 'front');
  const order = Uint32Array.from({ length: d }, (_, v) => v);
  const variance = Float64Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]!);
  const L = new Float64Array(d * d); // row v: the factor of variable v, by step
  for (let k = 0; k < d; k++) {
    let least = Infinity;
    for (let a = k; a < d; a++) if (variance[order[a]!]! < least && ready(order[a]!)) least = variance[order[a]!]!;
    const most = Math.max(least * (1 + TIE), 0);
    let best = -1;
    for (let a = k; a < d; a++) {
      const u = order[a]!;
      if (variance[u]! <= most && (best < 0 || u < order[best]!) && ready(u)) best = a;
    }
    [order[k], order[best]] = [order[best]!, order[k]!];
    const v = order[k]!;
    place(v);
    const pivot = Math.sqrt(Math.max(variance[v]!, 0));
    if (pivot === 0) continue; // determined by those before it: nothing of the others is explained anew
    for (let a = k + 1; a < d; a++) {
      const u = order[a]!;
      let value = covariance[u * d + v]!;
      for (let p = 0; p < k; p++) value -= L[u * d + p]! * L[v * d + p]!;
      value /= pivot;
      L[u * d + k] = value;
      variance[u]! -= value * value;
    }
  }
  return order;
}

/**
 * Bottom-up: again and again the variable with the smallest precision Θ_jj goes to the end. 1/Θ_jj is its variance given all
 * others, which for a sink is that of its noise and for all others less. Of ties, up to rounding, the largest number goes first.
 * @param covariance Σ, [d, d]
 * @returns order, sources first
 * @throws RangeError for a singular Σ
 */
export function eqVarBottomUp(
  covariance: Float64Array,
  d: number,
  options: OrderOptions = {},
): Uint32Array<ArrayBuffer> {
  known('eqVarBottomUp', options, { constraints: 0 });
  square('eqVarBottomUp', 'covariance', covariance, d);
  const theta = precision('eqVarBottomUp', covariance, d);
  const { ready, place } = readiness(options.constraints, 'back');
  const alive = Array.from({ length: d }, (_, v) => v);
  const order = new Uint32Array(d);
  for (let k = d - 1; k >= 0; k--) {
    let least = Infinity;
    for (const u of alive) if (ready(u)) least = Math.min(least, theta[u * (d + 1)]!);
    const v = alive.findLast((u) => theta[u * (d + 1)]! <= least * (1 + TIE) && ready(u))!;
    place(v);
    order[k] = v;
    alive.splice(alive.indexOf(v), 1);
    const pivot = theta[v * (d + 1)]!;
    for (const a of alive) {
      const factor = theta[a * d + v]! / pivot;
      if (factor !== 0) for (const b of alive) theta[a * d + b]! -= factor * theta[v * d + b]!;
    }
  }
  return order;
}
