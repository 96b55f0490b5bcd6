/**
 * The critic: a network that predicts returns from observations. Its last two parameters are the mean and the deviation of the
 * returns that it was fitted to, V = mean + deviation · net(x), so that clients' critics are averaged as one vector.
 *
 * With `standardise: false`, the authors' choice, they stay 0 and 1, and how fast V learns hangs on the scale of the rewards.
 */
import { minimiseInBox, type Stream } from '@assay-ml/numerics';
import { atLeast, integer, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { type AdamState, adamStep, startAdam } from './adam.js';
import { momentsOf } from './advantages.js';
import { minibatchesOf, takeRows } from './batch.js';
import { backward, forward, initialise, type Network, type Tape } from './network.js';

/** How a critic is fitted. */
export interface CriticOptions {
  /** Default 'adam'; 'lbfgs' is the predecessor's. */
  readonly method?: 'adam' | 'lbfgs';
  /** Default true. */
  readonly standardise?: boolean;
  /** Of Adam. Default 0.01. */
  readonly rate?: number;
  /** Of Adam. Default 15. */
  readonly epochs?: number;
  /** Of an epoch. Default 1: all rows at once. */
  readonly minibatches?: number;
  /** Of L-BFGS, at most. Default 25. */
  readonly iterations?: number;
  /** Of L-BFGS: times Σ θ² is added. Default 1e-3. */
  readonly decay?: number;
}

/** Names of the options. */
const CRITIC_NAMES = { method: 1, standardise: 1, rate: 1, epochs: 1, minibatches: 1, iterations: 1, decay: 1 };

/** What a critic knows: plain data. */
export type CriticState = { readonly theta: Float64Array; readonly adam: AdamState };

/** @throws RangeError for an option out of range */
export function criticOf(options: CriticOptions, where = 'criticOf'): Required<CriticOptions> {
  requireOptions<CriticOptions>(where, options, CRITIC_NAMES, 'critic');
  const { method = 'adam', standardise = true, rate = 0.01, epochs = 15, minibatches = 1, iterations = 25, decay = 1e-3 } = options; // prettier-ignore
  return {
    method: oneOf(where, 'method', method, ['adam', 'lbfgs']),
    standardise,
    rate: positive(where, 'rate', rate),
    epochs: integer(where, 'epochs', epochs, 1),
    minibatches: integer(where, 'minibatches', minibatches, 1),
    iterations: integer(where, 'iterations', iterations, 1),
    decay: atLeast(where, 'decay', decay, 0),
  };
}

/** A critic before its first fit: V = 0 everywhere where returns are standardised, for no scale is known yet. */
export function startCritic(network: Network, draw: Stream, standardise: boolean): CriticState {
  const theta = initialise(network, draw, new Float64Array(network.size + 2), 1);
  theta[network.size + 1] = standardise ? 0 : 1;
  return { theta, adam: startAdam(network.size) };
}

/** V of each row. */
export function valuesOf(network: Network, { theta }: CriticState, x: Float64Array, tape: Tape): Float64Array {
  const [mean, deviation] = [theta[network.size]!, theta[network.size + 1]!];
  return forward(network, theta, x, tape).map((value) => mean + deviation * value);
}

/**
 * Fits the critic to returns, in place.
 * @param draw stream at the key of this fit: minibatches are drawn from it
 */
export function fitCritic(
  network: Network,
  state: CriticState,
  x: Float64Array,
  returns: Float64Array,
  draw: Stream,
  tapeOf: (rows: number) => Tape,
  options: CriticOptions = {},
): void {
  const { method, standardise, rate, epochs, minibatches, iterations, decay } = criticOf(options, 'fitCritic');
  const { theta } = state;
  const { mean, deviation } = momentsOf(returns);
  // Returns that do not vary are predicted by their mean.
  const scale = deviation > 0 ? deviation : 1;
  if (standardise) theta.set([mean, scale], network.size);
  const targets = standardise ? returns.map((value) => (value - mean) / scale) : returns;
  const weights = theta.subarray(0, network.size);
  if (method === 'lbfgs') {
    const tape = tapeOf(returns.length);
    const evaluate = (at: Float64Array, gradient: Float64Array): number => {
      let penalty = 0;
      const loss = squaredError(network, at, x, targets, tape, gradient);
      for (let i = 0; i < at.length; i++) {
        penalty += at[i]! * at[i]!;
        gradient[i]! += 2 * decay * at[i]!;
      }
      return loss + decay * penalty;
    };
    weights.set(minimiseInBox(evaluate, weights, { iterations }).x);
    return;
  }
  const gradient = new Float64Array(network.size);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const parts = minibatches === 1 ? [null] : minibatchesOf(returns.length, minibatches, draw);
    for (const part of parts) {
      const [rows, goals] = part === null ? [x, targets] : [takeRows(x, part, network.inputs), takeRows(targets, part, 1)]; // prettier-ignore
      squaredError(network, weights, rows, goals, tapeOf(goals.length), gradient);
      adamStep(weights, gradient, state.adam, rate);
    }
  }
}

/** mean (net(x) − y)² with its gradient. */
function squaredError(
  network: Network,
  theta: Float64Array,
  x: Float64Array,
  y: Float64Array,
  tape: Tape,
  gradient: Float64Array,
): number {
  // prettier-ignore
  const out = forward(network, theta, x, tape);
  const delta = tape.deltas.at(-1)!;
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    const off = out[i]! - y[i]!;
    sum += off * off;
    delta[i] = (2 * off) / y.length;
  }
  backward(network, theta, delta, tape, gradient);
  return sum / y.length;
}
