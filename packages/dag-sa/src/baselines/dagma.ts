/**
 * DAGMA, linear (Bello, Aragam, Ravikumar, NeurIPS 2022; PyPI `dagma`): min μ(f(W) + λ1‖W‖₁) + h_s(W) along a path of falling μ,
 * h_s(W) = −log det(sI − W∘W) + d log s, ∇h_s = 2W ∘ (sI − W∘W)⁻ᵀ, by Adam; W∘W must stay inside the domain where
 * sI − W∘W is an M-matrix, i.e. has an inverse without negative entries.
 */
import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, options as known, positive } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { type SoftKnowledge } from '../knowledge.js';
import { adam, adamStep, add } from './adam.js';
import { invertInPlace } from './inverse.js';
import { leastSquares, type SoftResult } from './notears.js';

/** Options of {@link dagma}; defaults are those of the package. */
export interface DagmaOptions extends SoftKnowledge {
  /** λ1. Default 0.03; its demo takes 0.02. */
  readonly lambda1?: number;
  /** Values of μ, falling by ten from 1. Default 5. */
  readonly T?: number;
  /** Iterations for each μ but the last. Default 30000. */
  readonly warm?: number;
  /** Iterations for the last μ. Default 60000. */
  readonly last?: number;
  /** Adam's step size. Default 3e-4. */
  readonly learningRate?: number;
  /** It stops after this time, in milliseconds. Default none. */
  readonly milliseconds?: number;
}

const DAGMA_OPTIONS = {
  lambda1: 0, T: 0, warm: 0, last: 0, learningRate: 0, milliseconds: 0, allowed: 0, required: 0, before: 0,
} satisfies Record<keyof DagmaOptions, 0>; // prettier-ignore

const S = [1, 0.9, 0.8, 0.7, 0.6];
const RATES = { beta1: 0.99, beta2: 0.999, epsilon: 1e-8 };
/** Iterations from one test of convergence to the next, and its relative tolerance. */
const CHECKPOINT = 1000;
const TOLERANCE = 1e-6;

/**
 * h_s(W); writes ∇h_s.
 * @param work [d, d], overwritten; default a new array
 * @param before [d, d], added to W∘W: 1 where i must come before j; default nowhere
 * @returns h_s, NaN outside the domain, where the gradient means nothing
 */
export function logDetAcyclicity(
  W: Float64Array,
  d: number,
  s: number,
  gradient: Float64Array,
  work: Float64Array = new Float64Array(d * d),
  before?: Uint8Array,
): number {
  const M = work;
  for (let at = 0; at < d * d; at++) M[at] = -W[at]! * W[at]!;
  if (before !== undefined) for (let at = 0; at < d * d; at++) M[at]! -= before[at]!;
  for (let i = 0; i < d; i++) M[i * (d + 1)]! += s;
  const logDeterminant = invertInPlace(d, M);
  let inside = true;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const inverse = M[j * d + i]!;
      if (!(inverse >= -1e-16)) inside = false;
      gradient[i * d + j] = 2 * W[i * d + j]! * inverse;
    }
  }
  return inside ? d * scalar.log(s) - logDeterminant : NaN;
}

/** What the iterations of one μ ended as. */
interface Stage {
  readonly ok: boolean;
  readonly h: number;
}

/**
 * @param covariance Σ of centred data, [d, d]
 * @throws RangeError for an option outside its range
 */
export function dagma(covariance: Float64Array, d: number, options: DagmaOptions = {}): SoftResult {
  known('dagma', options, DAGMA_OPTIONS);
  const { lambda1 = 0.03, T = 5, warm = 30000, last = 60000, learningRate = 3e-4, milliseconds = Infinity } = options;
  const { allowed, required, before } = options;
  square('dagma', 'covariance', covariance, d);
  if (allowed !== undefined) square('dagma', 'allowed', allowed, d);
  atLeast('dagma', 'lambda1', lambda1, 0, 'Leave it out for 0.03.');
  integer('dagma', 'T', T, 1, 'Leave it out for 5.');
  integer('dagma', 'warm', warm, 1, 'Leave it out for 30000.');
  integer('dagma', 'last', last, 1, 'Leave it out for 60000.');
  positive('dagma', 'learningRate', learningRate, 'Leave it out for 3e-4.');
  const until = performance.now() + milliseconds;
  let W: Float64Array<ArrayBuffer> = new Float64Array(d * d);
  let h = 0;
  let mu = 1;
  let inTime = true;
  for (let t = 0; t < T && inTime; t++) {
    let s = S[Math.min(t, S.length - 1)]!;
    let eta = learningRate;
    for (;;) {
      const next = W.slice();
      const stage = minimise(next, covariance, d, {
        mu,
        lambda1,
        s,
        eta,
        iterations: t === T - 1 ? last : warm,
        until,
        allowed,
        required,
        before,
      });
      if (stage.ok) {
        W = next;
        h = stage.h;
        inTime = performance.now() < until;
        break;
      }
      eta /= 2;
      s += 0.1;
    }
    mu /= 10;
  }
  return { W, h, converged: inTime };
}

/** The iterations of one μ, on W in place. Exported for the test that follows the package's trajectory. */
export function minimise(
  W: Float64Array,
  covariance: Float64Array,
  d: number,
  settings: {
    mu: number; lambda1: number; s: number; eta: number; iterations: number; until: number;
  } & SoftKnowledge, // prettier-ignore
): Stage {
  const { mu, lambda1, s, iterations, until, allowed, required, before } = settings;
  let { eta } = settings;
  const size = d * d;
  const state = adam(size);
  const gradient = new Float64Array(size);
  const lossGradient = new Float64Array(size);
  const hGradient = new Float64Array(size);
  const move = new Float64Array(size);
  const work = new Float64Array(size);
  let previous = 1e16;
  let h = logDetAcyclicity(W, d, s, hGradient, work, before);
  for (let k = 1; k <= iterations && performance.now() < until; k++) {
    // The last step left the domain: undo it and go on with half its size.
    while (Number.isNaN(h)) {
      if (k === 1 || s <= 0.9) return { ok: false, h };
      for (let at = 0; at < size; at++) W[at]! -= move[at]!;
      eta /= 2;
      if (eta <= 1e-16) return { ok: true, h };
      for (let at = 0; at < size; at++) move[at]! /= 2;
      add(W, move);
      h = logDetAcyclicity(W, d, s, hGradient, work, before);
    }
    const loss = leastSquares(W, covariance, d, lossGradient, work);
    combine(lossGradient, hGradient, W, mu, lambda1, gradient);
    if (allowed !== undefined) for (let at = 0; at < size; at++) if (allowed[at] === 0) gradient[at] = 0;
    const free = (at: number) => required?.[at] === 1;
    if (required !== undefined) {
      for (let at = 0; at < size; at++) if (free(at)) gradient[at]! -= mu * lambda1 * Math.sign(W[at]!);
    }
    if (k > 1 && (k - 1) % CHECKPOINT === 0) {
      const value = mu * (loss + lambda1 * W.reduce((sum, w, at) => (free(at) ? sum : sum + Math.abs(w)), 0)) + h;
      if (Math.abs((previous - value) / previous) <= TOLERANCE) break;
      previous = value;
    }
    adamStep(state, gradient, eta, RATES, move);
    add(W, move);
    h = logDetAcyclicity(W, d, s, hGradient, work, before);
  }
  return { ok: !Number.isNaN(h), h };
}

/** μ(∇f + λ1 sign W) + ∇h; a function of its own for the reason of `add`. */
function combine(
  lossGradient: Float64Array,
  hGradient: Float64Array,
  W: Float64Array,
  mu: number,
  lambda1: number,
  out: Float64Array,
): void {
  for (let at = 0; at < out.length; at++) {
    out[at] = mu * (lossGradient[at]! + lambda1 * Math.sign(W[at]!)) + hGradient[at]!;
  }
}
