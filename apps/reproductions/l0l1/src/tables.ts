/**
 * The two tables of an independent NumPy re-implementation, as printed (spec §6), and how an entry of ours is held to them.
 *
 * Exact entries: within half a unit of the last printed digit and 2 %; where D9 predicts the entry, it is D9's that ours is
 * compared with, and where theory says that an entry vanishes, it does. Random entries: the printed number, a mean of n
 * runs, lies inside our 99 % prediction interval for such a mean, on the log scale, widened by half a unit.
 */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord } from '@assay-ml/claims';
import { CHECKPOINTS as ROUNDS } from './cells/multi-client.js';
import { CHECKPOINTS as EPOCHS } from './cells/shuffling.js';
import { gapAt, runsOf, select } from './evidence.js';
import { alphaRow, EXACT_LINE, FAR, floorRow, HUNDRED, LINE, RANDOM_HUNDRED, type LineRow, type Row2 } from './rows.js';

/** Printed entries; 'D9' and '0' say what theory predicts in place of a number. */
type Printed = Readonly<Record<string, readonly (string | null)[]>>;

const LINE_AT = [1, 5, 10, 20, 100] as const;
const LINE_PRINTED = {
  SO: ['1.2e9', '5.8e7', '1.5e7', '3.9e6', '1.85e5'],
  RR: ['1.2e9', '5.8e7', '1.5e7', '3.9e6', '1.85e5'],
  NASTYA: ['3.0e11', '7.9e9', '7.6e8', '9.4e7', '2.06e6'],
  CSO: ['8.8e11', '5.0e11', '2.1e11', '1.7e10', '0.86'],
  CRR: ['8.8e11', '5.0e11', '2.1e11', '1.7e10', '0.36'],
  'CLERR, shuffle-once': ['4.1e11', '531', '2.5e-5', '5.2e-7', '5.2e-7'],
  'CLERR, reshuffled': ['4.1e11', '531', '2.5e-5', '1.1e-7', '2.4e-7'],
  'CLERR, inner 1e-8': ['4.1e11', '128', '7.0e-6', '5.2e-9', '5.2e-9'],
  'CLERR, inner 1e-9': ['4.1e11', '101', '5.6e-6', '5.2e-11', '5.2e-11'],
  'CLERR, theory variant': ['9.5e11', '7.5e11', '5.3e11', '1.7e11', '1.5e8'],
  '(L0, L1)-GD': ['4.1e11', '98', '5.4e-6', '0', '0'],
} as const satisfies Partial<Record<LineRow, readonly string[]>>;

const HUNDRED_AT = [1, 5, 10, 20, 50, 100, 200] as const;
const HUNDRED_PRINTED: Printed = {
  '1, Clip-LocalGDJ τ=1': ['1.2e5', '37.6', '1.6e-3', '0', '0', '0', '0'],
  '1, Clip-LocalGDJ τ=10': ['1.2e5', '37.6', '1.6e-3', 'D9', 'D9', 'D9', 'D9'],
  '1, CELGC τ=10': ['5.5e5', '1.8e5', '4.5e4', '2.9e3', '1.6', '0.724', '0.724'],
  '1, CE-FedAvg τ=10': ['5.4e5', '1.6e5', '3.7e4', '2.0e3', '0.31', '7.5e-5', '7.5e-5'],
  '10, Clip-LocalGDJ τ=1': ['1.8e6', '90.7', '3.7e-3', '0', null, null, '0'],
  '10, Clip-LocalGDJ τ=10': ['1.8e6', '90.7', '3.7e-3', 'D9', null, null, 'D9'],
  '10, CELGC τ=1': ['1.9e7', '3.0e6', '5.9e5', '3.0e4', '4.7', '2e-6', '0'],
  '10, CELGC τ=10': ['4.9e7', '5.9e6', '1.2e6', '7.1e4', '20', '0.725', '0.724'],
  '10, CE-FedAvg τ=1': ['1.2e8', '2.4e7', '2.5e6', '1.1e5', '17', '7.6e-6', '0'],
  '10, CE-FedAvg τ=10': ['1.3e8', '4.3e7', '1.4e7', '2.3e6', '1.8e4', '61', '52.8'],
  '1, RR-CLI': ['5.4e5', '1.6e5', '3.7e4', '2.0e3', '0.30', '1.5e-7', '2.6e-8'],
  '1, RR-CLI, c0 = 1e4': ['1.2e5', '37.6', '1.6e-3', '3.7e-7', '5.6e-7', null, null],
  '1, CE-FedAvg-PP': ['6.9e5', '5.6e5', '4.2e5', '2.5e5', '5.2e4', '6.0e3', '9e2'],
};

/** Single numbers beside that table: the need of clipping, the floor that D9 speaks of, and the transient of C9. */
const BESIDE: readonly { name: string; config: Row2; at: number; printed: string }[] = [
  { name: '100, c0 = 1e7, c1 = 0', config: FAR['c0 = 1e7, c1 = 0'], at: 60, printed: '4e8' },
  { name: '100, c0 = 1e4, c1 = 1e-2', config: FAR['c0 = 1e4, c1 = 1e-2'], at: 20, printed: '6e-4' },
  { name: '100, c0 = 1e4, c1 = 1e-2', config: FAR['c0 = 1e4, c1 = 1e-2'], at: 40, printed: '0' },
  { name: '1, α = 1e-8', config: floorRow(1e-8), at: 200, printed: '7.46e-5' },
  { name: '1, α = 1e-7', config: floorRow(1e-7), at: 200, printed: '7.44e-3' },
  { name: '10, α = 1e-6', config: alphaRow(1e-6), at: 200, printed: '0.724' },
  { name: '10, α = 1e-5', config: alphaRow(1e-5), at: 200, printed: '52.8' },
  { name: '10, α = 1e-6', config: alphaRow(1e-6), at: 5, printed: '10.2' },
];

/** Runs behind a random printed entry: the first table's are means over ten seeds, the second's single runs. */
const LINE_RUNS = 10;
const HUNDRED_RUNS = 1;

/** One entry beside ours. */
export interface Entry {
  readonly row: string;
  readonly at: number;
  readonly printed: string;
  /** The number of the table, or what theory puts in its place. */
  readonly reference: number;
  /** Ours; for a random entry the geometric mean of means like the printed one. */
  readonly ours: number;
  /** Of a random entry: our prediction interval for the printed mean. */
  readonly interval?: readonly [number, number];
  readonly inside: boolean;
}

/** What the table's f − f* cannot tell from 0: printed as "< 1e-12" on the line, the rounding of f* = 1.1e7 beyond. */
const LINE_ZERO = 1e-12;
const HUNDRED_ZERO = 2e-9;

/** Every printed entry of the one-dimensional table. */
export function lineEntries(records: readonly CellRecord[]): Entry[] {
  return Object.entries(LINE_PRINTED).flatMap(([row, printed]) => {
    const runs = runsOf(records, 'line', LINE[row as LineRow]);
    const size = EXACT_LINE.includes(row as LineRow) ? null : LINE_RUNS;
    return printed.map((text, k) =>
      entry(
        { row, at: LINE_AT[k]!, printed: text },
        runs.map((run) => gapAt(run, EPOCHS, LINE_AT[k]!)),
        { size, zero: LINE_ZERO },
      ),
    );
  });
}

/** Every printed entry of the table in 100 dimensions. */
export function hundredEntries(records: readonly CellRecord[]): Entry[] {
  const table = Object.entries(HUNDRED_PRINTED).flatMap(([name, printed]) =>
    printed.flatMap((text, k) =>
      text === null ? [] : [{ name, config: HUNDRED[name]!, at: HUNDRED_AT[k]!, printed: text }],
    ),
  );
  return [...table, ...BESIDE].map(({ name, config, at, printed }) => {
    const floor = select(records, 'hundred', config)[0]?.values['floor'] as number | null;
    const size = (RANDOM_HUNDRED as readonly string[]).includes(name) ? HUNDRED_RUNS : null;
    const values = runsOf(records, 'hundred', config).map((run) => gapAt(run, ROUNDS, at));
    return entry({ row: name, at, printed }, values, { size, floor, zero: HUNDRED_ZERO });
  });
}

/**
 * @param values f − f* of our runs
 * @param how `size`: runs behind the printed mean, null where nothing is random; `floor`: what D9 predicts; `zero`: what counts as 0
 */
function entry(
  one: Pick<Entry, 'row' | 'at' | 'printed'>,
  values: readonly number[],
  { size, floor, zero }: { size: number | null; floor?: number | null; zero: number },
): Entry {
  const { printed } = one;
  const first = values[0]!;
  if (printed === '0') return { ...one, reference: 0, ours: first, inside: values.every((gap) => gap < zero) };
  if (printed === 'D9') return { ...one, reference: floor!, ours: first, inside: Math.abs(first / floor! - 1) <= 0.02 };
  const reference = Number(printed);
  const unit = halfUnit(printed);
  if (size === null) {
    return { ...one, reference, ours: first, inside: Math.abs(first - reference) <= unit + 0.02 * reference };
  }
  const { centre, low, high } = prediction(values, size);
  const inside = reference >= low - unit && reference <= high + unit;
  return { ...one, reference, ours: centre, interval: [low, high], inside };
}

/** Half a unit of the last digit of a printed number. */
export function halfUnit(text: string): number {
  const [mantissa, exponent = '0'] = text.split('e');
  const decimals = mantissa!.split('.')[1]?.length ?? 0;
  return 0.5 * scalar.pow(10, Number(exponent) - decimals);
}

/** Student's t at 99.5 % by degrees of freedom, for the groups that the tiers have. */
const T995 = { 19: 2.861, 99: 2.626, 199: 2.601 } as const;

/** 99 % prediction interval for the mean of `size` runs, from disjoint groups of them, on the log scale. */
export function prediction(values: readonly number[], size: number): { centre: number; low: number; high: number } {
  const groups = Math.floor(values.length / size);
  const logs = Array.from({ length: groups }, (_, k) => {
    const group = values.slice(k * size, (k + 1) * size);
    return scalar.log(group.reduce((sum, v) => sum + v / size, 0));
  });
  const degrees = groups - 1;
  const t = T995[degrees as keyof typeof T995] ?? (degrees > 199 ? 2.601 : undefined);
  if (t === undefined)
    throw new TypeError(`evidence: ${groups} groups of ${size} runs; must be 20, 100 or at least 200.`);
  const mean = logs.reduce((sum, v) => sum + v / groups, 0);
  const variance = logs.reduce((sum, v) => sum + (v - mean) ** 2 / degrees, 0);
  const half = t * Math.sqrt(variance * (1 + 1 / groups));
  return { centre: scalar.exp(mean), low: scalar.exp(mean - half), high: scalar.exp(mean + half) };
}
