/**
 * Instances on which unclipped methods need a number of steps that grows like an inverse power of the failure probability
 * δ, although the noise has bounded variance (self-contained versions of the paper's negative results; L = 1):
 *
 *     f(x) = x²/2 for |x| ≤ ν, ν(|x| − ν/2) beyond,   ν = √(2ε),   so that f(x) ≤ ε iff |x| ≤ ν
 *
 * and noise of mean 0 and variance σ² that is not 0 in one step alone.
 */
import { integer, invalid, positive, requireOptions } from '@assay-ml/numerics/check';

/** Options of the instances. */
export interface LowerBoundOptions {
  /** ε > 0: f(x_K) ≤ ε is success. */
  readonly eps: number;
  /** δ in (0, 1/4]: the probability of failure that is allowed. */
  readonly delta: number;
  /** σ > 0. Default 1. */
  readonly sigma?: number;
}

/** An instance in one dimension. */
export interface LowerBoundInstance {
  /** ν: |x_K| ≤ ν is success. */
  readonly nu: number;
  /** What the noise is when it is not 0: ± this. */
  readonly size: number;
  /** The probability of either sign. */
  readonly probability: number;
  /** ∇f(x). */
  gradient(x: number): number;
  /** f(x). */
  value(x: number): number;
  /** The noise of step t of K by a uniform number u of [0, 1). */
  noise(t: number, K: number, u: number): number;
}

/**
 * Noise at the first step only, against methods without delay: it stays in b for ever.
 *
 * With γ/b ≤ γ/(size − ν) after it, AdaGrad-Norm from x₀ > γ + ν fails with probability at least 2δ at every K below
 * {@link firstStepBound}.
 * @throws RangeError for options out of range
 */
export function firstStepInstance(options: LowerBoundOptions): LowerBoundInstance {
  const { delta, sigma = 1 } = checkInstance('firstStepInstance', options);
  return instance(options, sigma / Math.sqrt(2 * delta), delta, (t) => t === 0);
}

/** 1 + (x₀ − γ − ν)(size − ν)/(γν): AdaGrad-Norm needs at least so many steps on `firstStepInstance`. */
export function firstStepBound({ nu, size }: LowerBoundInstance, run: { x0: number; gamma: number }): number {
  requireOptions('firstStepBound', run, { x0: 1, gamma: 1 });
  const { x0, gamma } = run;
  return 1 + ((x0 - gamma - nu) * (size - nu)) / (gamma * nu);
}

/**
 * Noise at the last step only, against methods with delay: they divide by a b that has not seen it.
 * @throws RangeError for options out of range
 */
export function lastStepInstance(options: LowerBoundOptions): LowerBoundInstance {
  const { delta, sigma = 1 } = checkInstance('lastStepInstance', options);
  return instance(options, sigma / Math.sqrt(4 * delta), 2 * delta, (t, K) => t === K - 1);
}

/** 1 + (γ²σ²/(8εδ) − b₀²)/(2ε): AdaGradD-Norm needs at least so many steps on `lastStepInstance`. */
export function lastStepBound(options: LowerBoundOptions, run: { gamma: number; b0: number }): number {
  const { eps, delta, sigma = 1 } = checkInstance('lastStepBound', options);
  requireOptions('lastStepBound', run, { gamma: 1, b0: 1 });
  const { gamma, b0 } = run;
  return 1 + ((gamma * sigma) ** 2 / (8 * eps * delta) - b0 * b0) / (2 * eps);
}

function instance(
  { eps }: LowerBoundOptions,
  size: number,
  probability: number,
  hit: (t: number, K: number) => boolean,
): LowerBoundInstance {
  // prettier-ignore
  const nu = Math.sqrt(2 * eps);
  return {
    nu,
    size,
    probability,
    gradient: (x) => Math.min(nu, Math.max(-nu, x)),
    value: (x) => (Math.abs(x) <= nu ? (x * x) / 2 : nu * (Math.abs(x) - nu / 2)),
    noise(t, K, u) {
      integer('noise', 't', t, 0, 'Count from 0.');
      if (!hit(t, K) || u >= 2 * probability) return 0;
      return u < probability ? size : -size;
    },
  };
}

function checkInstance(where: string, options: LowerBoundOptions): LowerBoundOptions {
  requireOptions<LowerBoundOptions>(where, options, { eps: 1, delta: 1, sigma: 1 });
  positive(where, 'eps', options.eps, 'It is what f(x_K) is compared with.');
  if (!(options.delta > 0 && options.delta <= 0.25)) {
    throw invalid(
      where,
      'delta',
      options.delta,
      'above 0 and at most 0.25',
      'It is the probability of failure that is allowed.',
    );
  }
  positive(where, 'sigma', options.sigma ?? 1, 'Leave it out for 1.');
  return options;
}
