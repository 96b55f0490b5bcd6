/** `fedtrpo evaluate`: a controller on each day of each building, by what a policy was trained on, and beside it the rule of one line. */
import { type Controller } from '../controllers/controller.js';
import { persistence } from '../controllers/persistence.js';
import { type DayResult, evaluate } from '../learners/evaluate.js';
import type { Physics } from '../microgrid/battery.js';
import { formatTable } from '../microgrid/csv.js';
import type { District } from '../microgrid/district.js';
import { type ControllerFlags, controllerOf } from './controllers.js';
import { dayRows, districtOf, rowsOf } from './district.js';
import { checkTarget, writeAll } from './files.js';
import type { Io } from './io.js';
import { PARTS, partOf } from './parts.js';
import { known, type Provenance } from './policy-file.js';
import { table } from './text.js';

/** Flags of `evaluate`. */
export interface EvaluateFlags extends ControllerFlags {
  readonly csv?: string;
}

/** A day of a building, with the parts that it is of. */
interface Result extends DayResult {
  readonly buildings: string;
  readonly days: string;
  readonly persistence: number;
}

/** Of what a policy was not told of. */
const NEW = 'new';

/** Runs the command. */
export async function evaluateCommand(folder: string, flags: EvaluateFlags, io: Io): Promise<void> {
  await checkTarget('--csv', flags.csv);
  const district = await districtOf(folder, flags, io);
  const days = startsOf(flags.start, rowsOf(district, flags), dayRows(district));
  if (days.length === 0) throw new Error(`fedtrpo: '--hours' is ${rowsOf(district, flags)}; must be at least ${dayRows(district)}, the rows of a day.`); // prettier-ignore
  const { controller, trained } = await controllerOf(flags);
  const results = resultsOf(controller, district, days, flags.physics, trained);
  if (flags.csv !== undefined) await writeAll({ [flags.csv]: asCsv(results) });
  io.stdout.write(summary(controller.name, results, trained));
}

/** Rows where whole days start. */
export const startsOf = (start: number, rows: number, day: number): number[] =>
  Array.from({ length: Math.floor(rows / day) }, (_, k) => start + day * k);

/** Each day of each building. */
export function resultsOf(
  controller: Controller,
  district: District,
  starts: readonly number[],
  physics: Physics,
  trained: Provenance | null,
): Result[] {
  const environment = { physics, length: dayRows(district) };
  const own = evaluate(controller, district, { starts, environment });
  const observations = ['solar_generation', 'non_shiftable_load'];
  const beside = evaluate(persistence, district, { starts, environment: { ...environment, observations } });
  const part = new Map(district.buildings.map((building) => {
    const { name, load } = known(building);
    return [name, trained && partOf(trained.buildings, (one) => one.name === name && one.load === load)];
  })); // prettier-ignore
  return own.map((result, i) => ({
    ...result,
    buildings: part.get(result.building) ?? NEW,
    days: (trained && partOf(trained.days, (row) => row === result.start)) ?? NEW,
    persistence: beside[i]!.objective,
  }));
}

const asCsv = (results: readonly Result[]): string =>
  formatTable({
    building: results.map(({ building }) => building),
    buildings: results.map(({ buildings }) => buildings),
    first_row: results.map(({ start }) => start),
    days: results.map(({ days }) => days),
    objective: results.map(({ objective }) => objective),
    objective_without_battery: results.map(({ without }) => without),
    objective_persistence: results.map(({ persistence: value }) => value),
  });

/** Means of a day by part, a line for each pair of parts that there is. */
export function summary(name: string, results: readonly Result[], trained: Provenance | null): string {
  const parts = [...PARTS, NEW];
  const rows = parts.flatMap((buildings) =>
    parts.flatMap((days) => {
      const some = results.filter((result) => result.buildings === buildings && result.days === days);
      if (some.length === 0) return [];
      const mean = (of: (result: Result) => number) => some.reduce((sum, result) => sum + of(result), 0) / some.length;
      const [own, without, rule] = [mean((r) => r.objective), mean((r) => r.without), mean((r) => r.persistence)];
      const saved = (value: number) => (without > 0 ? `${(100 * (1 - value / without)).toFixed(1)} %` : '–');
      return [[buildings, days, `${some.length}`, without.toFixed(4), rule.toFixed(4), own.toFixed(4), saved(rule), saved(own)]]; // prettier-ignore
    }),
  );
  const chosen = trained?.selectedOn ? `; the best iteration by its ${trained.selectedOn} days` : '';
  const aside = trained === null ? '' : ` Parts are those of its training${chosen}.`;
  return `${name}: 0.4 × cost + 0.6 × emissions of a day of a building, means.${aside}\n\n${table([
    ['buildings', 'days', 'results', 'no battery', 'persistence', name, 'persistence saves', `${name} saves`],
    ...rows,
  ])}`;
}
