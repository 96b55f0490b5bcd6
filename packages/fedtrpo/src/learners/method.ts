/** Which policy step a training takes, and what it remembers between two. */
import type { Stream } from '@assay-ml/numerics';
import { oneOf } from '@assay-ml/numerics/check';
import type { Actor } from './actor.js';
import { type AdamState, startAdam } from './adam.js';
import type { Batch, StepReport } from './batch.js';
import type { Tape } from './network.js';
import { ppoOf, type PpoOptions, ppoStep } from './ppo.js';
import { reinforceOf, type ReinforceOptions, reinforceStep } from './reinforce.js';
import { trpoOf, type TrpoOptions, trpoStep } from './trpo.js';
import { newtonOf, type NewtonOptions, newtonSteps } from './trust-region-newton.js';

/** A policy step by name, with its constants. 'newton' is what the authors' code calls TRPO. */
export type Method =
  | ({ readonly name: 'trpo' } & TrpoOptions)
  | ({ readonly name: 'newton' } & NewtonOptions)
  | ({ readonly name: 'ppo' } & PpoOptions)
  | ({ readonly name: 'reinforce' } & ReinforceOptions);

/** What a method remembers: Adam's moments (PPO), the radius (Newton). Plain data. */
export type MethodState = { readonly adam: AdamState; radius: number };

/** @throws RangeError for another name or a constant out of range */
export function checkMethod(where: string, method: Method): void {
  oneOf(where, 'method.name', method.name, ['trpo', 'newton', 'ppo', 'reinforce']);
  if (method.name === 'trpo') trpoOf(constantsOf(method), where);
  else if (method.name === 'newton') newtonOf(constantsOf(method), where);
  else if (method.name === 'ppo') ppoOf(constantsOf(method), where);
  else reinforceOf(constantsOf(method), where);
}

/** Before the first step. */
export function startMethod(method: Method, actor: Actor): MethodState {
  return {
    adam: startAdam(method.name === 'ppo' ? actor.size : 0),
    radius: method.name === 'newton' ? newtonOf(constantsOf(method)).radius : 0,
  };
}

const constantsOf = <M extends Method>(method: M): Omit<M, 'name'> =>
  Object.fromEntries(Object.entries(method).filter(([key]) => key !== 'name')) as unknown as Omit<M, 'name'>;

/** One step, in place on theta and the state. */
export function policyStep(
  method: Method,
  actor: Actor,
  theta: Float64Array,
  batch: Batch,
  state: MethodState,
  draw: Stream,
  tapeOf: (rows: number) => Tape,
): StepReport {
  switch (method.name) {
    case 'trpo':
      return trpoStep(actor, theta, batch, tapeOf(batch.rows), constantsOf(method));
    case 'newton':
      return newtonSteps(actor, theta, batch, state, tapeOf(batch.rows), constantsOf(method));
    case 'ppo':
      return ppoStep(actor, theta, batch, state.adam, draw, tapeOf, constantsOf(method));
    case 'reinforce':
      return reinforceStep(actor, theta, batch, tapeOf(batch.rows), constantsOf(method));
  }
}
