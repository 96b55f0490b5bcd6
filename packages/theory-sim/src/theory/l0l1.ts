/**
 * (L0, L1)-smoothness, ‖∇²f(x)‖ ≤ L0 + L1‖∇f(x)‖, and what follows from it with explicit constants (spec of (L0, L1),
 * §4.2: D1-D7). None may ever be exceeded.
 *
 * paper → code: a(x) = L0 + L1‖∇f(x)‖ → `majorant`, r = ‖y − x‖ → `distance`, f(x) − f* → `gap`.
 */
import { scalar } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { checkObject, invalid, nonNegative, nonNegativeInteger, positive, positiveInteger } from '../check.js';
import { largest, smallest } from '../vectors.js';
import { checkClip, type ClipConstants } from '../methods/clipping.js';

/** Constants of generalised smoothness: ‖∇²f(x)‖ ≤ L0 + L1‖∇f(x)‖ for all x. L1 = 0 is smoothness with L = L0. */
export interface Smoothness {
  readonly L0: number;
  readonly L1: number;
}

/** @throws RangeError unless L0 and L1 are finite, ≥ 0 and not both 0. */
function checkSmoothness(where: string, smoothness: Smoothness): Smoothness {
  checkObject(where, 'smoothness', smoothness);
  const L0 = nonNegative(where, 'L0', smoothness.L0);
  const L1 = nonNegative(where, 'L1', smoothness.L1);
  if (L0 === 0 && L1 === 0) throw invalid(where, 'L0', L0, 'above 0 where L1 is 0');
  return { L0, L1 };
}

/** a(x) = L0 + L1‖∇f(x)‖, which bounds ‖∇²f(x)‖. */
export function majorant(smoothness: Smoothness, gradientNorm: number): number {
  const { L0, L1 } = checkSmoothness('majorant', smoothness);
  return L0 + L1 * nonNegative('majorant', 'gradientNorm', gradientNorm);
}

/**
 * D1: ‖∇f(y) − ∇f(x)‖ ≤ a(x)·(e^{L1 r} − 1)/L1; up to r = 1/L1 that is at most 1.72·a(x)·r.
 * @param gradientNorm ‖∇f(x)‖
 * @param distance r = ‖y − x‖
 * @returns the right-hand side
 */
export function gradientChangeBound(smoothness: Smoothness, gradientNorm: number, distance: number): number {
  const a = majorant(smoothness, gradientNorm);
  const r = nonNegative('gradientChangeBound', 'distance', distance);
  const { L1 } = smoothness;
  return L1 === 0 ? a * r : (a * scalar.expm1(L1 * r)) / L1;
}

/**
 * D2: f(y) ≤ f(x) + ⟨∇f(x), y − x⟩ + a(x)·(e^{L1 r} − 1 − L1 r)/L1²; up to r = 1/L1 the last term is at most 0.72·a(x)·r².
 * @param gradientNorm ‖∇f(x)‖
 * @param distance r = ‖y − x‖
 * @returns the last term
 */
export function descentRemainder(smoothness: Smoothness, gradientNorm: number, distance: number): number {
  const a = majorant(smoothness, gradientNorm);
  const r = nonNegative('descentRemainder', 'distance', distance);
  const t = smoothness.L1 * r;
  // (e^t − 1 − t)/t², whose difference cancels near 0.
  const factor = t < 1e-3 ? 1 / 2 + t / 6 + (t * t) / 24 : (scalar.expm1(t) - t) / (t * t);
  return a * r * r * factor;
}

/**
 * The largest γ for which D3 holds: γ ≤ 1/(1.44·a(x)) and γ‖g‖ ≤ 1/L1.
 * @param gradientNorm ‖∇f(x)‖
 * @param jumpNorm ‖g‖ of the direction of the step
 */
export function serverStepCap(smoothness: Smoothness, gradientNorm: number, jumpNorm: number): number {
  const a = majorant(smoothness, gradientNorm);
  return Math.min(1 / (1.44 * a), 1 / (smoothness.L1 * nonNegative('serverStepCap', 'jumpNorm', jumpNorm)));
}

/**
 * D3: for γ up to `serverStepCap`, f(x − γg) − f(x) ≤ −(γ/2)‖∇f(x)‖² + (γ/2)‖g − ∇f(x)‖².
 * @param gamma γ
 * @param gradientNorm ‖∇f(x)‖
 * @param error ‖g − ∇f(x)‖
 * @returns the right-hand side
 */
export function serverStepBound(gamma: number, gradientNorm: number, error: number): number {
  const where = 'serverStepBound';
  nonNegative(where, 'gradientNorm', gradientNorm);
  nonNegative(where, 'error', error);
  return (positive(where, 'gamma', gamma) / 2) * (error ** 2 - gradientNorm ** 2);
}

/** The largest local step size of D4: α = 1/(4·H·a_m(x)), a_m the largest majorant of the clients. */
export function localStepCap(smoothness: Smoothness, gradientNorm: number, H: number): number {
  return 1 / (4 * positiveInteger('localStepCap', 'H', H) * majorant(smoothness, gradientNorm));
}

/**
 * D4, first part: ‖y_h − x‖ ≤ 2αh‖∇f_m(x)‖ after h ≤ H local steps of α up to `localStepCap`.
 * @returns the right-hand side
 */
export function localDriftBound(alpha: number, h: number, gradientNorm: number): number {
  const where = 'localDriftBound';
  nonNegative(where, 'alpha', alpha);
  return 2 * alpha * nonNegativeInteger(where, 'h', h) * nonNegative(where, 'gradientNorm', gradientNorm);
}

/**
 * D4, second part: the mean gradient g along paths of H steps is off by ‖g − ∇f(x)‖ ≤ 1.72·α(H−1)·max_m a_m(x)‖∇f_m(x)‖.
 * @param smoothness of every f_m
 * @param gradientNorms ‖∇f_m(x)‖ by client
 * @throws RangeError when α is above `localStepCap` of a client: there is no bound then
 */
export function pathGradientBound(
  smoothness: Smoothness,
  gradientNorms: readonly number[],
  options: { readonly alpha: number; readonly H: number },
): number {
  const where = 'pathGradientBound';
  requireOptions(where, options, { alpha: 1, H: 1 });
  const { alpha, H } = options;
  nonNegative(where, 'alpha', alpha);
  const cap = smallest(gradientNorms.map((norm) => localStepCap(smoothness, norm, H)));
  if (alpha > cap)
    throw invalid(where, 'alpha', alpha, `at most ${cap} for these constants`, 'Nothing is proved above it.');
  return largest(gradientNorms.map((norm) => 1.72 * alpha * (H - 1) * majorant(smoothness, norm) * norm));
}

/**
 * D5: (L0, L1)-GD with c0 ≥ 1.44 L0, c1 ≥ 1.44 L1 has Σ_p ‖∇f(x_p)‖²/(c0 + c1‖∇f(x_p)‖) ≤ 2(f(x_0) − f*), so that
 * min_p min{‖∇f(x_p)‖²/c0, ‖∇f(x_p)‖/c1} ≤ 4(f(x_0) − f*)/P.
 * @param gap f(x_0) − f*
 * @param P number of steps
 * @returns the right-hand side of the last line
 * @throws RangeError when c0 or c1 is too small for the constants
 */
export function bestIterateBound(smoothness: Smoothness, constants: ClipConstants, gap: number, P: number): number {
  const where = 'bestIterateBound';
  const { L0, L1 } = checkSmoothness(where, smoothness);
  const { c0, c1 } = checkClip(where, constants);
  if (c0 < 1.44 * L0) throw invalid(where, 'c0', c0, `at least 1.44·L0 = ${1.44 * L0}`, 'Nothing is proved below it.');
  if (c1 < 1.44 * L1) throw invalid(where, 'c1', c1, `at least 1.44·L1 = ${1.44 * L1}`, 'Nothing is proved below it.');
  return (4 * nonNegative(where, 'gap', gap)) / positiveInteger(where, 'P', P);
}

/**
 * D6: ‖∇f(x)‖² ≤ 2.88·a(x)·(f(x) − f*), for f and, with its own f_m*, for every client: what replaces bounded heterogeneity.
 * @param gradientNorm ‖∇f(x)‖, which a(x) holds
 * @param gap f(x) − f*
 * @returns the right-hand side
 */
export function gradientNormBound(smoothness: Smoothness, gradientNorm: number, gap: number): number {
  return 2.88 * majorant(smoothness, gradientNorm) * nonNegative('gradientNormBound', 'gap', gap);
}

/**
 * D7: under PL, ‖∇f‖² ≥ 2μ(f − f*), a step of D5 multiplies f − f* by at most 1 − μγ, γ = 1/(c0 + c1‖∇f(x)‖).
 * @param mu μ > 0
 * @param gradientNorm ‖∇f(x)‖ before the step
 */
export function plFactor(mu: number, constants: ClipConstants, gradientNorm: number): number {
  const where = 'plFactor';
  const { c0, c1 } = checkClip(where, constants);
  return 1 - positive(where, 'mu', mu) / (c0 + c1 * nonNegative(where, 'gradientNorm', gradientNorm));
}

/** D7, far phase: while ‖∇f(x)‖ ≥ c0/c1 a step of D5 lowers f by at least ‖∇f(x)‖/(4·c1). */
export function farDecrease(constants: ClipConstants, gradientNorm: number): number {
  const where = 'farDecrease';
  const { c0, c1 } = checkClip(where, constants);
  nonNegative(where, 'gradientNorm', gradientNorm);
  if (c1 === 0 || gradientNorm < c0 / c1) {
    throw invalid(where, 'gradientNorm', gradientNorm, 'at least c0/c1', 'The far phase ends there.');
  }
  return gradientNorm / (4 * c1);
}
