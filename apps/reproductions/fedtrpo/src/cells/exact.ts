/** C1, C11, T1 to T3 and T8: what net-zero data and batteries promise, on days of the seed. */
import type { Json } from '@assay-ml/claims';
import { type District, dispatch, Environment, greedy, objective, persistence, random, simulate, storedOptimum, syntheticDistrict } from '@assay-ml/fedtrpo'; // prettier-ignore
import { data, daysOf, rowOf, type Source } from '../data.js';

export type ExactConfig = {
  readonly source: Source;
  readonly buildings: number;
  readonly shifted: boolean;
  readonly days: number;
};

export async function run(
  { source, buildings, shifted, days }: ExactConfig,
  seed: number,
): Promise<Record<string, Json>> {
  const made = await data(source, seed, buildings, shifted);
  const starts = daysOf(seed).slice(0, days).map(rowOf);
  const parts = ['train', 'evaluation'] as const;
  const run = (district: District, timing: '2.2' | '3', controller: Parameters<typeof simulate>[1]) =>
    simulate(new Environment(district, { length: 24, episodes: days, physics: '2.2', timing }), controller, { starts });
  const worst = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));
  const both = (of: (part: (typeof parts)[number]) => number) => Math.max(...parts.map(of));
  const stored = (part: (typeof parts)[number]) => run(made[part], '2.2', storedOptimum(made.schedules[part]));
  return {
    scheduleNet: both((part) => worst(stored(part).net)),
    schedule: both((part) => worst(objective(stored(part)))),
    greedy: both((part) => worst(objective(run(made[part], '2.2', greedy)))),
    // The optimum of each day by linear programming, all buildings of a part together.
    lp: await leastOf(
      parts.map((part) => made[part]),
      starts,
    ),
    // Nothing better: whatever a controller does, no day of a building ends below 0.
    least: Math.min(...parts.flatMap((part) => [persistence, random()].flatMap((some) => [...objective(run(made[part], '2.2', some))]))), // prettier-ignore
    // In timing 3 the hour that is shown is the one acted on: greedy knows no more than it sees.
    greedyShown: both((part) => worst(objective(run(made[part], '3', greedy)))),
    ...conservation(seed),
  };
}

/** The largest optimum of a day, by size. */
async function leastOf(districts: readonly District[], starts: readonly number[]): Promise<number> {
  let most = 0;
  for (const district of districts) {
    for (const start of starts) {
      const { objective: optimum } = await dispatch(district, { start, length: 24, physics: '2.2', idleFirst: true });
      most = Math.max(most, Math.abs(optimum));
    }
  }
  return most;
}

/** T8: random actions on a lossy battery that ages, over 30 days. */
function conservation(seed: number): { readonly leastSoc: number; readonly mostSoc: number; readonly loss: number } {
  const battery = { efficiency: 0.9, capacity_loss_coefficient: 0.01, loss_coefficient: 0 };
  const district = syntheticDistrict({ seed, buildings: 1, days: 30, battery });
  const capacity = district.buildings[0]!.battery!.capacity;
  let [least, most, loss] = [Infinity, -Infinity, Infinity];
  for (const physics of ['2.2', '3'] as const) {
    const { soc, meter, hours } = simulate(new Environment(district, { physics }), random(), { starts: [0] });
    let before = district.buildings[0]!.battery!.initialSoc;
    for (let t = 0; t < hours; t++) {
      [least, most] = [Math.min(least, soc[t]!), Math.max(most, soc[t]!)];
      // What the meter sees is what is stored and what is lost on the way, either way round.
      loss = Math.min(loss, meter[t]! - (soc[t]! - before) * capacity);
      before = soc[t]!;
    }
  }
  return { leastSoc: least, mostSoc: most, loss };
}
