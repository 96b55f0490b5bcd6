/** An iteration of the clients of a cohort, by the kind of federation. */
import { aggregate } from '@assay-ml/federated';
import { headOf } from './network.js';
import type { Setting } from './setting.js';
import { concat, type IterationReport, type Training } from './training.js';
import { type Done, update } from './update.js';

/** One iteration of the clients of a cohort. */
export function round(setting: Setting, training: Training, cohort: Uint32Array, r: number): Done[] {
  const { federation, localUpdates, critics } = setting.options;
  const { models, server } = training;
  if (federation === 'shared' || federation === 'fedsgd') return [update(setting, training, models[0]!, [...cohort], r, 0)]; // prettier-ignore
  if (federation === 'none') return [...cohort].map((k) => update(setting, training, models[k]!, [k], r, 0));
  const { actor } = setting;
  const shared = setting.options.personalise === 'head' ? headOf(actor.network) : actor.size;
  const done: Done[] = [];
  const rows: Float64Array[] = [];
  for (const k of cohort) {
    const { theta, critic } = models[k]!;
    theta.set(server!.subarray(0, shared));
    if (critics === 'averaged') critic.theta.set(server!.subarray(actor.size));
    for (let e = 0; e < localUpdates; e++) done.push(update(setting, training, models[k]!, [k], r, e));
    rows.push(concat(theta, critic.theta));
  }
  const sizes = Float64Array.from(setting.clients, ({ environment }) => environment.episodes);
  const d = server!.length;
  const all = new Float64Array(rows.length * d);
  rows.forEach((row, s) => all.set(row, s * d));
  aggregate(all, cohort, server!, sizes);
  return done;
}

/** What the updates of an iteration did together. */
export function summary(done: readonly Done[], clients: number): IterationReport {
  const mean = (of: (one: Done) => number): number => done.reduce((sum, one) => sum + of(one), 0) / Math.max(1, done.length); // prettier-ignore
  return {
    clients,
    reward: mean(({ reward }) => reward),
    stepped: mean(({ step }) => Number(step.stepped)),
    why: done.find(({ step }) => !step.stepped)?.step.why ?? '',
    kl: mean(({ step }) => step.kl),
    projected: mean(({ projected }) => projected),
  };
}
