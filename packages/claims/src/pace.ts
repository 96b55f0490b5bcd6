/** How fast a machine computes cells, from those that it has computed. */
import { requireList } from '@assay-ml/numerics/check';
import type { CellRecord, Experiment, Json } from './types.js';

/**
 * How many times the stated cost cells took, for the first estimate of a run's time: measured over stated seconds of all
 * finished cells of an experiment. Where an experiment has none, that of all other experiments together; without any cell,
 * nothing.
 * @param experiments whose costs are stated
 * @param records of earlier runs on this machine, of any tier and version
 * @returns experiment id → measured seconds / stated seconds
 * @throws TypeError for arguments of another kind
 */
export function paceOf(
  experiments: readonly Pick<Experiment, 'id' | 'cost'>[],
  records: Iterable<Pick<CellRecord, 'experiment' | 'config' | 'status' | 'seconds'>>,
): Readonly<Record<string, number>> {
  requireList('paceOf', 'experiments', experiments, "Give a reproduction's experiments.");
  const sums = new Map(experiments.map(({ id }) => [id, { measured: 0, stated: 0 }]));
  const costs = new Map(experiments.map(({ id, cost }) => [id, cost]));
  const all = { measured: 0, stated: 0 };
  for (const { experiment, config, status, seconds } of records) {
    const sum = sums.get(experiment);
    const stated = sum === undefined ? null : statedSeconds(costs.get(experiment)!, config);
    if (sum === undefined || stated === null || status !== 'done') continue;
    for (const total of [sum, all]) {
      total.measured += seconds;
      total.stated += stated;
    }
  }
  const known = [...sums].map(([id, own]) => [id, own.stated > 0 ? own : all] as const);
  return Object.fromEntries(
    known.filter(([, { stated }]) => stated > 0).map(([id, { measured, stated }]) => [id, measured / stated]),
  );
}

/** `null` for a configuration that the experiment does not know any more. */
function statedSeconds(cost: Experiment['cost'], config: Json): number | null {
  try {
    const { seconds } = cost(config);
    return seconds > 0 && seconds < Infinity ? seconds : null;
  } catch {
    return null;
  }
}
