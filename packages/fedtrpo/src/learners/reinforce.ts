/** REINFORCE (Williams 1992): one plain step along the gradient of mean A log π. The floor that other learners must clear. */
import { axpy, dot } from '@assay-ml/numerics';
import { options as known, positive } from '@assay-ml/numerics/check';
import { type Actor, evaluateActor, keepFloor, meanKl, scoreGradient, surrogate } from './actor.js';
import { type Batch, NO_VARIANCE, stayed, type StepReport } from './batch.js';
import type { Tape } from './network.js';

/** Constants of {@link reinforceStep}. */
export interface ReinforceOptions {
  /** Default 0.05. */
  readonly rate?: number;
}

/** Names of the options. */
const REINFORCE_NAMES = { rate: 1 };

/** @throws RangeError for a constant out of range */
export function reinforceOf(options: ReinforceOptions, where = 'reinforceStep'): Required<ReinforceOptions> {
  known<ReinforceOptions>(where, options, REINFORCE_NAMES);
  return { rate: positive(where, 'rate', options.rate ?? 0.05) };
}

/** One step, in place on theta. */
export function reinforceStep(
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  tape: Tape,
  options: ReinforceOptions = {},
): StepReport {
  // prettier-ignore
  const { rate } = reinforceOf(options);
  const { rows, observations, actions, advantages, logDensities } = batch;
  const logDensity = evaluateActor(actor, theta, observations, actions, tape, new Float64Array(rows));
  const ratios = new Float64Array(rows);
  const before = surrogate(advantages, logDensity, logDensities, ratios);
  const old = { theta: theta.slice(), means: tape.values.at(-1)!.slice() };
  const weights = advantages.map((a) => a / rows);
  const ascent = scoreGradient(actor, theta, actions, weights, tape, new Float64Array(actor.size));
  if (!(dot(ascent, ascent) > 0)) return stayed(NO_VARIANCE, 1, 1);
  keepFloor(actor, axpy(rate, ascent, theta));
  evaluateActor(actor, theta, observations, actions, tape, logDensity);
  const improvement = before - surrogate(advantages, logDensity, logDensities, ratios);
  return { stepped: true, why: '', kl: meanKl(actor, old, theta, tape.values.at(-1)!), improvement, gradients: 1, evaluations: 2 }; // prettier-ignore
}
