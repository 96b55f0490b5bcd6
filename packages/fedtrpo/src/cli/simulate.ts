/** `fedtrpo simulate`: a controller on a folder of CityLearn, its indicators, its hours and a picture of a day. */
import { simulate, type Trajectory } from '../controllers/simulate.js';
import { dayPanel } from '../microgrid/day-panel.js';
import { Environment } from '../microgrid/environment.js';
import { episodeCsv } from '../microgrid/episode-csv.js';
import { kpis } from '../microgrid/kpis.js';
import { type ControllerFlags, controllerOf } from './controllers.js';
import { dayRows, districtOf, rowsOf } from './district.js';
import { checkTarget, writeAll } from './files.js';
import type { Io } from './io.js';
import { table } from './text.js';

/** Flags of `simulate`. */
export interface SimulateFlags extends ControllerFlags {
  readonly csv?: string;
  readonly svg?: string;
  readonly day: number;
}

/** Runs the command. */
export async function simulateCommand(folder: string, flags: SimulateFlags, io: Io): Promise<void> {
  const { csv, svg, physics, start } = flags;
  await checkTarget('--csv', csv);
  await checkTarget('--svg', svg);
  const district = await districtOf(folder, flags, io);
  const environment = new Environment(district, { physics, precision: 'citylearn', length: rowsOf(district, flags) });
  const { controller } = await controllerOf(flags);
  checkDay(flags, environment);
  const run = simulate(environment, controller, { starts: [start] });
  await writeAll({ ...hours(run, environment.agents, csv), ...picture(run, flags, dayRows(district)) });
  io.stdout.write(indicators(run, environment.agents));
}

/** @throws Error for a day of the picture that is not simulated */
function checkDay({ svg, day }: SimulateFlags, { length, timing, district }: Environment): void {
  const days = Math.ceil((length - (timing === '3' ? 1 : 0)) / dayRows(district));
  if (svg !== undefined && day >= days) {
    throw new Error(`fedtrpo: '--day' is ${day}; must be below ${days}, the days that are simulated.`);
  }
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

/** Hours by path; those of several buildings get a file each, named by it. */
function hours(run: Trajectory, names: readonly string[], csv: string | undefined): Record<string, string> {
  if (csv === undefined) return {};
  const path = (name: string) => (names.length === 1 ? csv : csv.replace(/(\.csv)?$/i, `-${name}.csv`));
  return Object.fromEntries(names.map((name, b) => [path(name), episodeCsv(run, b)]));
}

/** The picture of a day of the first building, by its path. */
function picture(run: Trajectory, { svg, day }: SimulateFlags, rows: number): Record<string, string> {
  if (svg === undefined) return {};
  return { [svg]: dayPanel(run, { from: rows * day, hours: Math.min(rows, run.hours - rows * day) }) };
}
