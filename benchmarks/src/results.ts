/** What stays of a run: a file for each machine and package, and the table of benchmarks/README.md. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@assay-ml/claims';
import type { Benchmark } from './benchmark.js';
import type { Outcome, Ratio } from './contest.js';

/** One row: an outcome and what a call does. */
export type Row = Outcome & { readonly per: Benchmark['per'] };

/** A file of results/<machine>/. */
export interface ResultFile {
  readonly package: string;
  readonly environment: Environment;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

/** Folder of this kind of machine. */
function machineFolder(root: string): string {
  const name = `${cpus()[0]?.model ?? 'unknown'} ${cpus().length}`;
  return join(root, 'results', name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'));
}

/** Writes results/<machine>/<package>.json. */
export function writeResults(root: string, file: ResultFile): string {
  const folder = machineFolder(root);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${file.package}.json`);
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

/** Time with three digits. */
export function duration(ns: number): string {
  const [value, unit] =
    ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
  return `${value.toPrecision(3)} ${unit}`;
}

/** `0.12 (0.11 to 0.14), goal ≤ 0.13`. */
export function ratio(r: Ratio, goal?: number): string {
  const digits = (x: number) => x.toPrecision(2);
  const spread = `${digits(r.median)} (${digits(r.low)} to ${digits(r.high)})`;
  return goal === undefined
    ? spread
    : `${spread}, goal ≤ ${Number(goal.toPrecision(3))} ${r.median <= goal ? '✓' : '✗'}`;
}

/** Does the interval, which holds the median with 99 % (see TURNS), exclude 1 by more than 10 %? */
export function changed(r: Ratio | string): 'slower' | 'faster' | null {
  if (typeof r === 'string') return null;
  return r.low > 1.1 ? 'slower' : r.high < 1 / 1.1 ? 'faster' : null;
}

/** The cells of a table's line, the package first. */
type Line = readonly string[];

/** A line for each row. */
export function lines(rows: readonly (Row & { readonly package: string })[]): Line[] {
  return rows.map(({ name, package: owner, per, skipped, wrong, median, mad, samples, against = [] }) => {
    const reason = skipped ? `skipped: ${skipped}` : wrong ? `wrong: ${wrong}` : null;
    return [
      owner,
      name,
      reason ?? `${duration(median! / per.count)} / ${per.unit}`,
      reason ? '' : `${((100 * mad!) / median!).toFixed(1)} %`,
      reason ? '' : `${samples}`,
      against.map((a) => `${a.name}: ${typeof a.ratio === 'string' ? a.ratio : ratio(a.ratio, a.goal)}`).join('<br>'),
    ];
  });
}

/** A Markdown table, padded so that it reads well in a terminal. */
export function table(own: readonly Line[]): string {
  const all = [
    ['package', 'benchmark', 'median', 'MAD', 'calls', 'our time / theirs (8 turns: median, least to most)'],
    ...own,
  ];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  const text = all.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`);
  return [text[0], `| ${widths.map((w) => '-'.repeat(w)).join(' | ')} |`, ...text.slice(1)].join('\n');
}

/** Before the table of benchmarks/README.md. */
export const BEGIN = '<!-- table: made by --table, do not edit -->';
/** After it. */
export const END = '<!-- end of table -->';

/**
 * Puts the results of this machine into benchmarks/README.md, between its markers; what it says of packages that have none here
 * stays.
 */
export function writeTable(root: string): void {
  const folder = machineFolder(root);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ResultFile);
  const path = join(root, 'README.md');
  const text = readFileSync(path, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const [old, after] = rest?.split(END) ?? [];
  if (old === undefined || after === undefined) {
    throw new Error(`${path}: the markers '${BEGIN}' and '${END}' are not there.`);
  }
  const here = new Set(files.map((file) => file.package));
  const oldLines = old.split('\n').filter((line) => line !== '');
  const oldMachines = oldLines.filter((line) => !line.startsWith('|'));
  const oldTable = oldLines.filter((line) => line.startsWith('|'));
  const machines = [
    ...oldMachines.filter((line) => !here.has(line.split(':')[0]!)),
    ...files.map(({ environment: { machine }, versions, ...file }) => {
      const all = Object.entries({ ...versions }).map(([name, version]) => `${name} ${version}`);
      return `${file.package}: ${machine.cpu}, ${machine.cores} cores, ${all.join(', ')}.`;
    }),
  ];
  const rows = [
    ...oldTable.slice(2).map((line) => line.slice(2, -2).split(' | ').map((cell) => cell.trim())).filter(([name]) => !here.has(name!)), // prettier-ignore
    ...lines(files.flatMap((file) => file.rows.map((row) => ({ ...row, package: file.package })))),
  ];
  const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  machines.sort(byName);
  rows.sort((a, b) => byName(a[0]!, b[0]!));
  writeFileSync(path, `${before}${BEGIN}\n\n${machines.join('\n')}\n\n${table(rows)}\n\n${END}${after}`);
}
