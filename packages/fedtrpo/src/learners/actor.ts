/**
 * A Gaussian policy: a network's outputs are the means μ(x), and log σ, one for each action and the same in every state, lie
 * behind its parameters: θ = [network, log σ].
 *
 * What the environment gets is u ~ N(μ, σ²) clipped to [−1, 1], or tanh u (`TanhNormal`). Densities are those of u: the two
 * differ by a factor that no parameter is in, so that ratios, gradients and divergences are the same.
 */
import { exp, scalar, type Stream, tanh } from '@assay-ml/numerics';
import { backward, backwardTangent, forward, initialise, type Network, tangent, type Tape } from './network.js';

/** How u becomes an action. */
export type Squash = 'clip' | 'tanh';

/** What a policy is, beside its parameters: plain data. */
export interface Actor {
  readonly network: Network;
  /** Actions of one agent. */
  readonly actions: number;
  /** Number of parameters. */
  readonly size: number;
  /** log σ is never below this. */
  readonly floor: number;
  readonly squash: Squash;
}

/** An actor of a network: each of its outputs is the mean of an action. */
export function actorOf(network: Network, floor = -5, squash: Squash = 'clip'): Actor {
  return { network, actions: network.outputs, size: network.size + network.outputs, floor, squash };
}

/** Draws parameters; log σ starts at `logStd`. */
export function startActor(actor: Actor, draw: Stream, logStd = -0.5): Float64Array {
  return initialise(actor.network, draw, new Float64Array(actor.size).fill(Math.max(logStd, actor.floor)));
}

/** Brings log σ back to its floor, in place. */
export function keepFloor({ network, size, floor }: Actor, theta: Float64Array): Float64Array {
  for (let i = network.size; i < size; i++) theta[i] = Math.max(theta[i]!, floor);
  return theta;
}

/** u = μ + σ z, over the standard normal numbers that `u` holds. */
export function sample({ network, actions }: Actor, theta: Float64Array, means: Float64Array, u: Float64Array): void {
  for (let a = 0; a < actions; a++) {
    const sigma = scalar.exp(theta[network.size + a]!);
    for (let i = a; i < u.length; i += actions) u[i] = means[i]! + sigma * u[i]!;
  }
}

/** From u to what the environment gets, in [−1, 1]. */
export function squashed({ squash }: Actor, u: Float64Array, out: Float64Array): Float64Array {
  if (squash === 'tanh') return tanh(u, out);
  for (let i = 0; i < u.length; i++) out[i] = Math.max(-1, Math.min(1, u[i]!));
  return out;
}

const HALF_LOG_2PI = 0.5 * scalar.log(2 * Math.PI);

/** log π(u) of each row, summed over its actions. */
export function logDensities(
  { network, actions }: Actor,
  theta: Float64Array,
  means: Float64Array,
  u: Float64Array,
  out: Float64Array,
): Float64Array {
  out.fill(0);
  for (let a = 0; a < actions; a++) {
    const logSigma = theta[network.size + a]!;
    const precision = scalar.exp(-2 * logSigma);
    for (let i = 0, at = a; i < out.length; i++, at += actions) {
      out[i]! -= 0.5 * precision * (u[at]! - means[at]!) ** 2 + logSigma + HALF_LOG_2PI;
    }
  }
  return out;
}

/**
 * The gradient of Σ_i w_i log π(u_i), after a forward pass with the same parameters: what every policy gradient is, with its own w.
 * @param weights [rows]
 * @param gradient overwritten
 */
export function scoreGradient(
  { network, actions }: Actor,
  theta: Float64Array,
  u: Float64Array,
  weights: Float64Array,
  tape: Tape,
  gradient: Float64Array,
): Float64Array {
  const means = tape.values.at(-1)!;
  const delta = tape.deltas.at(-1)!;
  for (let a = 0; a < actions; a++) {
    const precision = scalar.exp(-2 * theta[network.size + a]!);
    let sum = 0;
    for (let i = 0, at = a; i < weights.length; i++, at += actions) {
      const off = u[at]! - means[at]!;
      delta[at] = weights[i]! * precision * off;
      sum += weights[i]! * (precision * off * off - 1);
    }
    gradient[network.size + a] = sum;
  }
  return backward(network, theta, delta, tape, gradient);
}

/** KL(π_old ‖ π_θ), summed over actions, mean over rows. */
export function meanKl(
  { network, actions }: Actor,
  old: { readonly theta: Float64Array; readonly means: Float64Array },
  theta: Float64Array,
  means: Float64Array,
): number {
  let sum = 0;
  for (let a = 0; a < actions; a++) {
    const [before, after] = [old.theta[network.size + a]!, theta[network.size + a]!];
    const precision = scalar.exp(-2 * after);
    const variance = scalar.exp(2 * before);
    for (let at = a; at < means.length; at += actions) {
      sum += after - before - 0.5 + 0.5 * precision * (variance + (means[at]! - old.means[at]!) ** 2);
    }
  }
  return (sum * actions) / means.length;
}

/**
 * out = F v + damping · v with F the Hessian over θ of the mean KL(π_stop ‖ π_θ) at θ itself, which for Gaussians is Fisher's
 * matrix: JᵀJ/σ² of the means, 2 of each log σ. After a forward pass with the same parameters.
 */
export function fisherProduct(
  { network, actions }: Actor,
  theta: Float64Array,
  v: Float64Array,
  damping: number,
  tape: Tape,
  out: Float64Array,
): Float64Array {
  const moved = tangent(network, theta, v, tape);
  const delta = tape.deltas.at(-1)!;
  for (let a = 0; a < actions; a++) {
    const precision = scalar.exp(-2 * theta[network.size + a]!) / tape.rows;
    for (let at = a; at < delta.length; at += actions) delta[at] = precision * moved[at]!;
    out[network.size + a] = 2 * v[network.size + a]!;
  }
  backward(network, theta, delta, tape, out);
  for (let i = 0; i < out.length; i++) out[i]! += damping * v[i]!;
  return out;
}

/**
 * out = H v with H the Hessian over θ of −mean log π_θ(u) on the actions that were taken. Unlike Fisher's matrix, its mean, it
 * sees the network's own curvature and need not be positive. After a forward pass with the same parameters.
 */
export function hessianProduct(
  { network, actions }: Actor,
  theta: Float64Array,
  u: Float64Array,
  v: Float64Array,
  tape: Tape,
  out: Float64Array,
): Float64Array {
  const means = tape.values.at(-1)!;
  const moved = tangent(network, theta, v, tape);
  const [delta, deltaTangent] = [tape.deltas.at(-1)!, tape.deltaTangents.at(-1)!];
  for (let a = 0; a < actions; a++) {
    const precision = scalar.exp(-2 * theta[network.size + a]!) / tape.rows;
    const turned = v[network.size + a]!;
    let sum = 0;
    for (let at = a; at < delta.length; at += actions) {
      const off = u[at]! - means[at]!;
      delta[at] = -precision * off;
      deltaTangent[at] = precision * (moved[at]! + 2 * off * turned);
      sum += 2 * precision * off * (moved[at]! + off * turned);
    }
    out[network.size + a] = sum;
  }
  return backwardTangent(network, theta, v, delta, deltaTangent, tape, out);
}

/** −mean A π_θ(u)/π_old(u): what policy steps lower. `ratios` is overwritten by π_θ/π_old. */
export function surrogate(
  advantages: Float64Array,
  logDensity: Float64Array,
  oldLogDensity: Float64Array,
  ratios: Float64Array,
): number {
  for (let i = 0; i < ratios.length; i++) ratios[i] = logDensity[i]! - oldLogDensity[i]!;
  exp(ratios, ratios);
  let sum = 0;
  for (let i = 0; i < ratios.length; i++) sum += advantages[i]! * ratios[i]!;
  return -sum / ratios.length;
}

/** Means of each row and log π of what was done, by parameters: a forward pass. */
export function evaluateActor(
  actor: Actor,
  theta: Float64Array,
  x: Float64Array,
  u: Float64Array,
  tape: Tape,
  out: Float64Array,
): Float64Array {
  // prettier-ignore
  return logDensities(actor, theta, forward(actor.network, theta, x, tape), u, out);
}
