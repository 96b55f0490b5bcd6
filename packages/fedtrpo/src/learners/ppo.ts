/**
 * Proximal policy optimisation with a clipped surrogate (Schulman et al., 2017): epochs of Adam on minibatches of
 * −min(ρA, clip(ρ, 1 ± ε)A) − c·entropy, ρ = π_θ/π_old, the gradient's norm clipped. The entropy is that of the Gaussian.
 */
import { norm2, type Stream } from '@assay-ml/numerics';
import { atLeast, integer, options as known, positive } from '@assay-ml/numerics/check';
import { type Actor, evaluateActor, keepFloor, meanKl, scoreGradient, surrogate } from './actor.js';
import { type AdamState, adamStep } from './adam.js';
import { type Batch, minibatchesOf, NO_VARIANCE, stayed, type StepReport, takeRows } from './batch.js';
import { forward, type Tape } from './network.js';

/** Constants of {@link ppoStep}. The paper's are `PAPER_PPO`. */
export interface PpoOptions {
  /** Adam's rate. Default 0.005; 0.0025 where an iteration has some hundred rows. */
  readonly rate?: number;
  /** Default 10. */
  readonly epochs?: number;
  /** Of an epoch, as equal as can be. Default 4. */
  readonly minibatches?: number;
  /** ε. Default 0.2, the paper's. */
  readonly clip?: number;
  /** c. Default 1e-4, the paper's. */
  readonly entropy?: number;
  /** Largest norm of a gradient. Default 1, the paper's. */
  readonly maxNorm?: number;
}

/** Names of the options. */
const PPO_NAMES = { rate: 1, epochs: 1, minibatches: 1, clip: 1, entropy: 1, maxNorm: 1 };

/** What the paper trains with, beside γ = λ = 1 and advantages as they are. */
export const PAPER_PPO = { rate: 1e-4, epochs: 50, minibatches: 20, clip: 0.2, entropy: 1e-4, maxNorm: 1 } as const;

/** @throws RangeError for a constant out of range */
export function ppoOf(options: PpoOptions, where = 'ppoStep'): Required<PpoOptions> {
  known<PpoOptions>(where, options, PPO_NAMES);
  const { rate = 0.005, epochs = 10, minibatches = 4, clip = 0.2, entropy = 1e-4, maxNorm = 1 } = options;
  return {
    rate: positive(where, 'rate', rate),
    epochs: integer(where, 'epochs', epochs, 1),
    minibatches: integer(where, 'minibatches', minibatches, 1),
    clip: positive(where, 'clip', clip),
    entropy: atLeast(where, 'entropy', entropy, 0),
    maxNorm: positive(where, 'maxNorm', maxNorm),
  };
}

/**
 * One iteration, in place on theta and Adam's state.
 * @param draw stream at the key of this iteration: minibatches are drawn from it
 * @param tapeOf room for a number of rows
 * @throws RangeError for a constant out of range
 */
export function ppoStep(
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  state: AdamState,
  draw: Stream,
  tapeOf: (rows: number) => Tape,
  options: PpoOptions = {},
): StepReport {
  const { rate, epochs, minibatches, clip, entropy, maxNorm } = ppoOf(options);
  const { rows, observations, actions, advantages, logDensities } = batch;
  if (advantages.every((a) => a === advantages[0])) return stayed(NO_VARIANCE);
  const old = { theta: theta.slice(), means: forward(actor.network, theta, observations, tapeOf(rows)).slice() };
  const gradient = new Float64Array(actor.size);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const part of minibatchesOf(rows, minibatches, draw)) {
      const count = part.length;
      const tape = tapeOf(count);
      const x = takeRows(observations, part, actor.network.inputs);
      const u = takeRows(actions, part, actor.actions);
      const a = takeRows(advantages, part, 1);
      const weights = new Float64Array(count);
      const logDensity = evaluateActor(actor, theta, x, u, tape, new Float64Array(count));
      surrogate(a, logDensity, takeRows(logDensities, part, 1), weights);
      for (let i = 0; i < count; i++) {
        const ratio = weights[i]!;
        // Beyond the clip the objective is flat.
        const flat = a[i]! >= 0 ? ratio > 1 + clip : ratio < 1 - clip;
        weights[i] = flat ? 0 : (-a[i]! * ratio) / count;
      }
      scoreGradient(actor, theta, u, weights, tape, gradient);
      for (let i = actor.network.size; i < actor.size; i++) gradient[i]! -= entropy;
      const norm = norm2(gradient);
      if (norm > maxNorm) for (let i = 0; i < gradient.length; i++) gradient[i]! *= maxNorm / norm;
      adamStep(theta, gradient, state, rate);
      keepFloor(actor, theta);
    }
  }
  const [logDensity, ratios] = [new Float64Array(rows), new Float64Array(rows)];
  const tape = tapeOf(rows);
  evaluateActor(actor, theta, observations, actions, tape, logDensity);
  const base = -advantages.reduce((sum, a) => sum + a, 0) / rows;
  const improvement = base - surrogate(advantages, logDensity, logDensities, ratios);
  const kl = meanKl(actor, old, theta, tape.values.at(-1)!);
  return { stepped: true, why: '', kl, improvement, gradients: epochs * minibatches, evaluations: 2 };
}
