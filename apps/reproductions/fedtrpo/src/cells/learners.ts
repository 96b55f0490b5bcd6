/** One training on net-zero data, judged on its own buildings and on new ones, on the same days and on others. */
import type { CellContext, Json } from '@assay-ml/claims';
import {
  type Controller, type DayResult, type District, Environment, evaluate, gapClosed, greedy, learned, persistence, type Policy, type Reward, simulate, train,
  type Trained, weightedCostEmissions,
} from '@assay-ml/fedtrpo'; // prettier-ignore
import { trafficBytes } from '@assay-ml/federated';
import { data, dayOf, daysOf, rowOf, type Source } from '../data.js';
import { optionsOf, type Setting } from '../settings.js';

export type LearnersConfig = Setting & {
  readonly source: Source;
  /** Seed of the data and their day, where that of the cell is to draw the initialisation alone. Default: the cell's. */
  readonly day?: number;
  /** Training days, in place of the one of the paper's protocol; 30 others are held out. */
  readonly days?: number;
};

/** Iterations between two looks. */
const EVERY = 15;
/** Days that no training has seen. */
const HELD_OUT = 30;

export async function run(
  config: LearnersConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  const { source, day = seed, days, ...setting } = config;
  const { buildings, shifted = false, scale = 1, features = 'base' } = setting;
  const made = await data(source, day, buildings, shifted);
  const order = daysOf(day);
  const starts = (days === undefined ? [dayOf(day)] : order.slice(0, days)).map(rowOf);
  const others = days === undefined ? null : order.slice(-HELD_OUT).map(rowOf);
  const options = { ...optionsOf(setting), starts, seed, environment: { reward: scaled(scale) } };
  const iterations = options.iterations;
  const every = Math.max(1, Math.round((EVERY * iterations) / setting.iterations));
  let trained: Trained | undefined;
  const curve: [number, number, number][] = [];
  for (let done = 0; done < iterations;) {
    done = Math.min(done + every, iterations);
    trained = train(made.train, { ...options, iterations: done }, trained?.training, { signal });
    curve.push([(done * setting.iterations) / iterations, own(trained, made.train, starts), fresh(trained, made.evaluation, starts)]); // prettier-ignore
  }
  const { training, general } = trained!;
  const rule = (district: District, rows: readonly number[]) => gap(persistence, district, rows);
  const [, ownGap, newGap] = curve.at(-1)!;
  const reports = training.reports;
  return {
    own: ownGap,
    fresh: newGap,
    curve,
    persistence: { own: rule(made.train, starts), fresh: rule(made.evaluation, starts) },
    ...(others === null
      ? {}
      : { heldOut: { fresh: fresh(trained!, made.evaluation, others), persistence: rule(made.evaluation, others) } }),
    ...(features === 'pe' || features === 'both' ? { unseen: unseen(general!, made.evaluation, starts) } : {}),
    stepped: reports.reduce((sum, report) => sum + report.stepped, 0) / reports.length,
    kl: reports.reduce((sum, report) => sum + report.kl, 0) / reports.length,
    reward: reports.map(({ reward }) => reward).filter((_, i) => (i + 1) % every === 0),
    bytes: trafficBytes(training.traffic),
    picture: days === undefined ? picture(trained!, made.train, starts) : null,
  };
}

/** The paper's reward, multiplied. */
function scaled(scale: number): Reward {
  const reward = weightedCostEmissions();
  if (scale === 1) return reward;
  return (step, out) => {
    reward(step, out);
    for (let i = 0; i < out.length; i++) out[i]! *= scale;
  };
}

const results = (controller: Controller, district: District, starts: readonly number[]): DayResult[] =>
  evaluate(controller, district, { starts, environment: { physics: '2.2' } });
const gap = (controller: Controller, district: District, starts: readonly number[]): number =>
  gapClosed(results(controller, district, starts));

/** Each client in its own building. */
const own = ({ policies }: Trained, district: District, starts: readonly number[]): number =>
  gap(learned(policies), district, starts);

/** In buildings that nobody has trained on: the general policy, or the mean over independent agents, each in all of them. */
function fresh({ policies, general }: Trained, district: District, starts: readonly number[]): number {
  if (general !== null) return gap(learned(general), district, starts);
  return policies.reduce((sum, policy) => sum + gap(learned(policy), district, starts), 0) / policies.length;
}

/** The same policy under each encoding of a building that it does not know. */
function unseen(policy: Policy, district: District, starts: readonly number[]): Json {
  return Object.fromEntries(
    (['zeros', 'uniform', 'nearest'] as const).map((how) => [
      how,
      gap(learned({ ...policy, encoding: { ...policy.encoding!, unseen: how } }), district, starts),
    ]),
  );
}

/** The first building's day, hour by hour, under the policy and at its optimum. */
function picture({ policies }: Trained, district: District, starts: readonly number[]): Json {
  const first = { ...district, buildings: district.buildings.slice(0, 1) };
  const environment = new Environment(first, { length: 24, physics: '2.2' });
  return Object.fromEntries(
    [learned(policies[0]!, 'policy'), greedy].map((controller) => {
      const { soc, action, net } = simulate(environment, controller, { starts });
      return [controller.name, { soc: [...soc], action: [...action], net: [...net] }];
    }),
  );
}
