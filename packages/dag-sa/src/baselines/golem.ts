/**
 * GOLEM (Ng, Ghassami, Zhang, NeurIPS 2020; `ignavierng/golem`): maximum likelihood with soft sparsity and soft acyclicity,
 * likelihood(W) − log|det(I − W)| + λ1‖W‖₁ + λ2 h(W), h = tr e^{W∘W} − d, by Adam.
 *
 * EV, equal variances: (d/2) log‖X − XW‖²_F. NV: ½ Σ_j log‖(X − XW)_j‖². The official code's L1 term is the sum of sizes.
 */
import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, oneOf, options as known, positive } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { type SoftKnowledge } from '../knowledge.js';
import { adam, adamStep, add } from './adam.js';
import { invertInPlace } from './inverse.js';
import { exponentialAcyclicity, identityLess, leastSquares, type SoftResult } from './notears.js';

/** Options of {@link golem}; defaults are those of the official code. */
export interface GolemOptions extends SoftKnowledge {
  /** Default `EV`. NV should start from the EV solution. */
  readonly variances?: 'EV' | 'NV';
  /** λ1. Default 0.02 for EV, 0.002 for NV. */
  readonly lambda1?: number;
  /** λ2. Default 5. */
  readonly lambda2?: number;
  /** Adam's step size. Default 1e-3. */
  readonly learningRate?: number;
  /** Default 100000. */
  readonly iterations?: number;
  /** Where to start, [d, d]. Default 0. */
  readonly start?: Float64Array;
  /** It stops after this time, in milliseconds. Default none. */
  readonly milliseconds?: number;
}

const GOLEM_OPTIONS = {
  variances: 0, lambda1: 0, lambda2: 0, learningRate: 0, iterations: 0, start: 0, milliseconds: 0, allowed: 0, required: 0, before: 0,
} satisfies Record<keyof GolemOptions, 0>; // prettier-ignore

/** Options of {@link golemObjective}. */
export interface GolemObjectiveOptions extends Pick<
  GolemOptions,
  'variances' | 'lambda1' | 'lambda2' | 'required' | 'before'
> {
  /** n of the official objective, which adds (d/2) log n. Default 1. */
  readonly rows?: number;
}

/** Adam's constants in TensorFlow 1, whose ε stands beside √v without its correction; equal to 1e-8 within float32. */
const RATES = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * GOLEM's objective; writes its gradient, with 0 on the diagonal. n rows and XᵀX enter only by Σ: log n is left out, a constant.
 */
export function golemObjective(
  W: Float64Array,
  covariance: Float64Array,
  d: number,
  gradient: Float64Array,
  options: GolemObjectiveOptions = {},
): { value: number; h: number } {
  known('golemObjective', options, { variances: 0, lambda1: 0, lambda2: 0, required: 0, before: 0, rows: 0 });
  return objective(W, covariance, d, gradient, options);
}

/** {@link golemObjective} without its check, which iterations need not repeat. */
function objective(
  W: Float64Array,
  covariance: Float64Array,
  d: number,
  gradient: Float64Array,
  options: GolemObjectiveOptions,
): { value: number; h: number } {
  const { variances = 'EV', lambda1 = variances === 'EV' ? 0.02 : 0.002, lambda2 = 5, rows = 1 } = options;
  const { required, before } = options;
  const size = d * d;
  const smooth = new Float64Array(size); // −Σ(I − W)
  const total = 2 * leastSquares(W, covariance, d, smooth);
  const hGradient = new Float64Array(size);
  const h = exponentialAcyclicity(W, d, hGradient, before);
  const inverse = identityLess(W, d, new Float64Array(size));
  const logDeterminant = invertInPlace(d, inverse);
  let likelihood = 0;
  const weight = new Float64Array(d);
  if (variances === 'EV') {
    likelihood = (d / 2) * scalar.log(total * rows);
    weight.fill(d / total);
  } else {
    for (let j = 0; j < d; j++) {
      let own = 0;
      for (let i = 0; i < d; i++) own += (Number(i === j) - W[i * d + j]!) * -smooth[i * d + j]!;
      likelihood += scalar.log(own * rows) / 2;
      weight[j] = 1 / own;
    }
  }
  let l1 = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      const at = i * d + j;
      const price = required?.[at] === 1 ? 0 : lambda1;
      if (price !== 0) l1 += Math.abs(W[at]!);
      // ∇(−log|det(I − W)|) = (I − W)⁻ᵀ.
      gradient[at] =
        i === j
          ? 0
          : weight[j]! * smooth[at]! + inverse[j * d + i]! + price * Math.sign(W[at]!) + lambda2 * hGradient[at]!;
    }
  }
  return { value: likelihood - logDeterminant + lambda1 * l1 + lambda2 * h, h };
}

/**
 * @param covariance Σ of centred data, [d, d]
 * @throws RangeError for an option outside its range
 */
export function golem(covariance: Float64Array, d: number, options: GolemOptions = {}): SoftResult {
  known('golem', options, GOLEM_OPTIONS);
  const { variances = 'EV', learningRate = 1e-3, iterations = 100000, milliseconds = Infinity } = options;
  const { lambda1 = variances === 'EV' ? 0.02 : 0.002, lambda2 = 5, allowed, required, before } = options;
  square('golem', 'covariance', covariance, d);
  if (allowed !== undefined) square('golem', 'allowed', allowed, d);
  oneOf('golem', 'variances', variances, ['EV', 'NV']);
  atLeast('golem', 'lambda1', lambda1, 0, 'Leave it out for 0.02 or 0.002.');
  atLeast('golem', 'lambda2', lambda2, 0, 'Leave it out for 5.');
  positive('golem', 'learningRate', learningRate, 'Leave it out for 1e-3.');
  integer('golem', 'iterations', iterations, 1, 'Leave it out for 100000.');
  const until = performance.now() + milliseconds;
  const W = new Float64Array(d * d);
  if (options.start !== undefined) {
    square('golem', 'start', options.start, d);
    for (let at = 0; at < W.length; at++) W[at] = allowed?.[at] === 0 ? 0 : options.start[at]!;
  }
  const gradient = new Float64Array(d * d);
  const move = new Float64Array(d * d);
  const state = adam(d * d);
  let h = 0;
  let k = 0;
  for (; k < iterations && performance.now() < until; k++) {
    ({ h } = objective(W, covariance, d, gradient, { variances, lambda1, lambda2, required, before }));
    for (let at = 0; at < W.length; at++) if (allowed?.[at] === 0) gradient[at] = 0;
    adamStep(state, gradient, learningRate, RATES, move);
    add(W, move);
  }
  return { W, h, converged: k === iterations };
}
