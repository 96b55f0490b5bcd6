/**
 * Every step size that was tried, from whatever records hold one: a value under a key `tried`, `[{eta, value, diverged?}]`,
 * alone or by method. Grouped by experiment and configuration, summarised over seeds.
 */
import type { CellRecord, Json } from '@assay-ml/claims';

/** One step size of one method in one configuration, over all seeds. */
export interface TriedStep {
  readonly eta: number;
  readonly runs: number;
  readonly diverged: number;
  /** Median of the finite values; `null` when none is. */
  readonly value: number | null;
  /** Runs whose best value this was. */
  readonly won: number;
}

/** The step sizes of a configuration. */
export interface TriedTable {
  readonly experiment: string;
  readonly config: string;
  readonly seeds: number;
  /** Method (empty when a record has no methods) → steps, largest first. */
  readonly methods: ReadonlyMap<string, readonly TriedStep[]>;
}

interface Trial {
  readonly eta: number;
  readonly value: number | null;
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function trials(value: Json): Trial[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const found: Trial[] = [];
  for (const entry of value as readonly Json[]) {
    if (!isObject(entry) || typeof entry['eta'] !== 'number') return null;
    const lost = entry['diverged'] !== undefined && entry['diverged'] !== null && entry['diverged'] !== false;
    found.push({ eta: entry['eta'], value: typeof entry['value'] === 'number' && !lost ? entry['value'] : null });
  }
  return found;
}

/** All trials in a record's values: `tried` may hold them or hold them by name, and may stand under a name itself. */
function collect(value: Json, path: readonly string[], into: Map<string, Trial[]>): void {
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const inside = path.includes('tried') || key === 'tried';
    const list = inside ? trials(inner) : null;
    if (list !== null) into.set([...path, key].filter((name) => name !== 'tried').join(' · '), list);
    else collect(inner, [...path, key], into);
  }
}

/** A configuration as `n = 10, K = 5`. */
function configText(config: Json): string {
  if (!isObject(config)) return JSON.stringify(config);
  return Object.entries(config)
    .map(([name, value]) => `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** Configurations in the order of their values, key by key: numbers by size, everything else as text. */
function byValues(a: Json, b: Json): number {
  if (!isObject(a) || !isObject(b)) return 0;
  for (const [key, left] of Object.entries(a)) {
    const right = b[key];
    if (typeof left === 'number' && typeof right === 'number') {
      if (left !== right) return left - right;
    } else if (JSON.stringify(left) !== JSON.stringify(right)) {
      return JSON.stringify(left) < String(JSON.stringify(right)) ? -1 : 1;
    }
  }
  return 0;
}

/** Tables of tried step sizes, by the values of their configurations. */
export function triedTables(records: readonly CellRecord[]): TriedTable[] {
  const groups = new Map<string, { experiment: string; given: Json; config: string; cells: Map<string, Trial[]>[] }>();
  for (const record of records) {
    const cell = new Map<string, Trial[]>();
    collect(record.values, [], cell);
    if (cell.size === 0) continue;
    const config = configText(record.config);
    const key = `${record.experiment}\n${config}`;
    if (!groups.has(key)) groups.set(key, { experiment: record.experiment, given: record.config, config, cells: [] });
    groups.get(key)!.cells.push(cell);
  }
  const sorted = [...groups.values()].sort((a, b) => byValues(a.given, b.given));
  return sorted.map(({ experiment, config, cells }) => ({
    experiment,
    config,
    seeds: cells.length,
    methods: new Map(
      [...new Set(cells.flatMap((cell) => [...cell.keys()]))].map((method) => [
        method,
        summarise(cells.flatMap((cell) => (cell.has(method) ? [cell.get(method)!] : []))),
      ]),
    ),
  }));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function summarise(runs: readonly (readonly Trial[])[]): TriedStep[] {
  const etas = [...new Set(runs.flatMap((run) => run.map(({ eta }) => eta)))].sort((a, b) => b - a);
  const winners = runs.map((run) => {
    const finite = run.filter((trial): trial is { eta: number; value: number } => trial.value !== null);
    return finite.length === 0 ? null : finite.reduce((best, trial) => (trial.value < best.value ? trial : best)).eta;
  });
  return etas.map((eta) => {
    const mine = runs.flatMap((run) => run.filter((trial) => trial.eta === eta));
    const finite = mine.flatMap(({ value }) => (value === null ? [] : [value]));
    return {
      eta,
      runs: mine.length,
      diverged: mine.length - finite.length,
      value: finite.length === 0 ? null : median(finite),
      won: winners.filter((winner) => winner === eta).length,
    };
  });
}
