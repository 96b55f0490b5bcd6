/**
 * Trust-region policy optimisation (Schulman et al., ICML 2015) as the predecessor's code has it:
 *
 *   s = CG(F + damping, −g), β = √(½ sᵀ(F + damping)s / δ), θ' = θ + ½^j s/β for the first j that is accepted,
 *
 * g the gradient of L(θ) = −mean A π_θ/π_old, F the Hessian of the mean KL(π_old ‖ π_θ). A point is accepted where L has fallen by
 * more than `accept` of ½^j (−gᵀs)/β, what the gradient promises.
 *
 * paper → code: max_kl δ → `delta`, damping .1, CG iterations 10, residual 1e-10, backtracks 10, accept ratio .1.
 */
import { axpy, dot } from '@assay-ml/numerics';
import { atLeast, integer, options as known, positive } from '@assay-ml/numerics/check';
import { type Actor, evaluateActor, fisherProduct, keepFloor, meanKl, scoreGradient, surrogate } from './actor.js';
import { type Batch, NO_VARIANCE, stayed, type StepReport } from './batch.js';
import { conjugateGradients } from './conjugate-gradients.js';
import type { Tape } from './network.js';

/** Constants of {@link trpoStep}; defaults are the predecessor's. */
export interface TrpoOptions {
  /** δ > 0, largest mean KL of a step by the second-order model. Default 0.01. */
  readonly delta?: number;
  /** Added to F's diagonal. Default 0.1. */
  readonly damping?: number;
  /** Iterations of conjugate gradients at most. Default 10. */
  readonly iterations?: number;
  /** Squared residual at which they stop. Default 1e-10. */
  readonly residual?: number;
  /** Points tried on the line. Default 10. */
  readonly backtracks?: number;
  /** Part of the promised improvement that a point must have. Default 0.1. */
  readonly accept?: number;
}

/** Names of the options. */
const TRPO_NAMES = { delta: 1, damping: 1, iterations: 1, residual: 1, backtracks: 1, accept: 1 };

/** @throws RangeError for a constant out of range */
export function trpoOf(options: TrpoOptions, where = 'trpoStep'): Required<TrpoOptions> {
  known<TrpoOptions>(where, options, TRPO_NAMES);
  const { delta = 0.01, damping = 0.1, iterations = 10, residual = 1e-10, backtracks = 10, accept = 0.1 } = options;
  return {
    delta: positive(where, 'delta', delta, 'It bounds the KL divergence of a step.'),
    damping: atLeast(where, 'damping', damping, 0),
    iterations: integer(where, 'iterations', iterations, 1),
    residual: atLeast(where, 'residual', residual, 0),
    backtracks: integer(where, 'backtracks', backtracks, 1),
    accept: atLeast(where, 'accept', accept, 0),
  };
}

/**
 * One step, in place on theta, or none.
 * @throws RangeError for a constant out of range
 */
export function trpoStep(
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  tape: Tape,
  options: TrpoOptions = {},
): StepReport {
  // prettier-ignore
  const { delta, damping, iterations, residual, backtracks, accept } = trpoOf(options);
  const { rows, observations, actions, advantages, logDensities: oldLogDensity } = batch;
  const [logDensity, ratios, weights] = [0, 1, 2].map(() => new Float64Array(rows)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
  evaluateActor(actor, theta, observations, actions, tape, logDensity);
  const before = surrogate(advantages, logDensity, oldLogDensity, ratios);
  for (let i = 0; i < rows; i++) weights[i] = (advantages[i]! * ratios[i]!) / rows;
  // −g: the ascent direction of the mean of A π_θ/π_old.
  const ascent = scoreGradient(actor, theta, actions, weights, tape, new Float64Array(actor.size));
  if (!(dot(ascent, ascent) > 0)) return stayed(NO_VARIANCE, 1, 1);
  const old = { theta: theta.slice(), means: tape.values.at(-1)!.slice() };
  const product = (v: Float64Array, out: Float64Array) => fisherProduct(actor, old.theta, v, damping, tape, out);
  const s = conjugateGradients(product, ascent, iterations, residual);
  const curved = product(s, new Float64Array(actor.size));
  const beta = Math.sqrt((0.5 * dot(s, curved)) / delta);
  const promised = dot(ascent, s) / beta;
  for (let j = 0, part = 1; j < backtracks; j++, part /= 2) {
    theta.set(old.theta);
    keepFloor(actor, axpy(part / beta, s, theta));
    evaluateActor(actor, theta, observations, actions, tape, logDensity);
    const improvement = before - surrogate(advantages, logDensity, oldLogDensity, ratios);
    if (improvement > 0 && improvement > accept * part * promised) {
      const kl = meanKl(actor, old, theta, tape.values.at(-1)!);
      return { stepped: true, why: '', kl, improvement, gradients: iterations + 2, evaluations: j + 2 };
    }
  }
  theta.set(old.theta);
  return stayed('no point on the line improves the surrogate as promised', iterations + 2, backtracks + 1);
}
