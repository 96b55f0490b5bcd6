/** `fedtrpo simulate`: a controller on a folder of CityLearn, its indicators, its hours and a picture of a day. */
import writeFileAtomic from 'write-file-atomic';

import { type Controller } from '../controllers/controller.js';
import { hourRule } from '../controllers/hour-rule.js';
import { lp } from '../controllers/lp.js';
import { mpc } from '../controllers/mpc.js';
import { none } from '../controllers/none.js';
import { persistence } from '../controllers/persistence.js';
import { random } from '../controllers/random.js';
import { simulate, type Trajectory } from '../controllers/simulate.js';
import type { Physics } from '../microgrid/battery.js';
import { dayPanel } from '../microgrid/day-panel.js';
import { Environment } from '../microgrid/environment.js';
import { episodeCsv } from '../microgrid/episode-csv.js';
import { kpis } from '../microgrid/kpis.js';
import { type CityLearnDistrict, loadDistrict } from '../microgrid/schema.js';
import type { Io } from './io.js';
import { table } from './text.js';

/** Controllers by the names that the command line knows. */
export const CONTROLLERS: Readonly<Record<string, (flags: SimulateFlags) => Controller | Promise<Controller>>> = {
  none: () => none,
  random: ({ seed }) => random(seed),
  rule: () => hourRule(),
  persistence: () => persistence,
  mpc: ({ forecast, horizon }) => mpc({ forecast, horizon }),
  lp: () => lp(),
};

/** What `simulate` and `lp` both take. */
export interface CommonFlags {
  readonly physics: Physics;
  readonly buildings?: readonly string[];
  readonly ignoreUnsupported?: boolean;
  readonly start: number;
  readonly hours?: number;
  readonly csv?: string;
  readonly svg?: string;
  readonly day: number;
}

/** Flags of `simulate`. */
export interface SimulateFlags extends CommonFlags {
  readonly controller: string;
  readonly forecast: 'perfect' | 'persistent' | 'columns';
  readonly horizon: number;
  readonly seed: number;
}

/** The district of a folder; what was left out is said. */
export async function districtOf(folder: string, flags: CommonFlags, io: Io): Promise<CityLearnDistrict> {
  const district = await loadDistrict(folder, {
    ...(flags.buildings && { buildings: flags.buildings }),
    ignoreUnsupported: flags.ignoreUnsupported === true,
  });
  for (const what of district.ignored) io.stderr.write(`left out: ${what}\n`);
  return district;
}

/** Runs the command. */
export async function simulateCommand(folder: string, flags: SimulateFlags, io: Io): Promise<void> {
  const district = await districtOf(folder, flags, io);
  const environment = new Environment(district, {
    physics: flags.physics,
    precision: 'citylearn',
    length: flags.hours ?? district.steps - flags.start,
  });
  const controller = await CONTROLLERS[flags.controller]!(flags);
  const run = simulate(environment, controller, { starts: [flags.start] });
  io.stdout.write(indicators(run, environment.agents));
  await pictures(run, environment.agents, flags);
}

/** Indicators by name and building. */
function indicators(run: Trajectory, names: readonly string[]): string {
  const all = kpis(run, names);
  const columns = ['District', ...names];
  const rows = [...new Set(all.map(({ kpi }) => kpi))].map((kpi) => [
    kpi,
    ...columns.map((name) => all.find((entry) => entry.kpi === kpi && entry.name === name)?.ratio?.toFixed(4) ?? '–'),
  ]);
  return `${run.controller}, ${run.hours} hours; each over that of the same buildings without storage\n\n${table([['', ...columns], ...rows])}`;
}

/** Files that were asked for; the hours of several buildings get one each, named by it. */
async function pictures(run: Trajectory, names: readonly string[], { csv, svg, day }: CommonFlags): Promise<void> {
  if (csv !== undefined) {
    const path = (name: string) => (names.length === 1 ? csv : csv.replace(/(\.csv)?$/i, `-${name}.csv`));
    for (const [b, name] of names.entries()) await writeFileAtomic(path(name), episodeCsv(run, b));
  }
  if (svg !== undefined) {
    const from = 24 * day;
    await writeFileAtomic(svg, dayPanel(run, { from, hours: Math.min(24, Math.max(run.hours - from, 1)) }));
  }
}
