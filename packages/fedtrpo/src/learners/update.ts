/** An update of one model: episodes, advantages, a policy step and a fit of the critic. */
import { type Stream, stream } from '@assay-ml/numerics';
import { gae, standardise } from './advantages.js';
import { NO_VARIANCE, stayed, type StepReport } from './batch.js';
import { fitCritic, valuesOf } from './critic.js';
import { policyStep } from './method.js';
import { type Collected, drawStarts, rollout } from './rollout.js';
import type { Setting } from './setting.js';
import { concat, type Model, type Training } from './training.js';

/** What an update of one model did. */
export interface Done {
  readonly step: StepReport;
  /** Means over the episodes and actions of its clients. */
  readonly reward: number;
  readonly projected: number;
  readonly rows: number;
}

/** Episodes of some clients under one model, and its policy step and its critic's fit on them. */
export function update(
  setting: Setting,
  training: Training,
  model: Model,
  members: readonly number[],
  r: number,
  e: number,
): Done {
  // prettier-ignore
  const { options, clients, actor, criticNetwork, actorTapes, criticTapes, critic } = setting;
  const { seed, starts, safety, gamma, lambda, method, federation } = options;
  const collected = members.map((k) => {
    const { environment, code } = clients[k]!;
    const days = drawStarts(starts, environment.episodes, stream(seed, 'days').at(r, k, e));
    return rollout(environment, actor, model.theta, code, training.filters[k]!, days, { seed, iteration: r, client: k, update: e }, actorTapes, safety); // prettier-ignore
  });
  const rows = collected.reduce((sum, part) => sum + part.rows, 0);
  const joined = (of: (part: Collected) => Float64Array): Float64Array => collected.map(of).reduce(concat);
  const observations = joined((part) => part.observations);
  const rewards = joined((part) => part.rewards);
  const values = valuesOf(criticNetwork, model.critic, observations, criticTapes(rows));
  const [advantages, returns] = [new Float64Array(rows), new Float64Array(rows)];
  gae(rewards, values, collected[0]!.steps, gamma, lambda, advantages, returns);
  const key = (name: string): Stream => stream(seed, name).at(r, members[0], e);
  const varied = !options.standardise || standardised(advantages, federation === 'shared' ? [rows] : collected.map((part) => part.rows)); // prettier-ignore
  const batch = { rows, observations, actions: joined((part) => part.actions), logDensities: joined((part) => part.logDensities), advantages }; // prettier-ignore
  const step = varied ? policyStep(method, actor, model.theta, batch, model.method, key('minibatches'), actorTapes) : stayed(NO_VARIANCE); // prettier-ignore
  fitCritic(criticNetwork, model.critic, observations, returns, key('critic minibatches'), criticTapes, critic);
  const episodes = rows / collected[0]!.steps;
  return {
    step,
    rows,
    reward: rewards.reduce((sum, reward) => sum + reward, 0) / episodes,
    projected: collected.reduce((sum, part) => sum + part.projected * part.rows, 0) / rows,
  };
}

/** Standardises parts of so many rows each; those that do not vary count nothing. False where none does. */
function standardised(advantages: Float64Array, parts: readonly number[]): boolean {
  let [at, any] = [0, false];
  for (const count of parts) {
    const part = advantages.subarray(at, (at += count));
    if (standardise(part)) any = true;
    else part.fill(0);
  }
  return any;
}
