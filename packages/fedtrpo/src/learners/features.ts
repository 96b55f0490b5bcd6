/**
 * What a policy sees: a building's observations, through a running z-score where that is asked for, and behind them the building's
 * personal encoding, one number a training building.
 */
import { invalid, requireList } from '@assay-ml/numerics/check';
import type { Environment } from '../microgrid/environment.js';

/** What a building that was not trained on is encoded as. */
export type Unseen = 'zeros' | 'uniform' | 'nearest';

/** Personal encoding: plain data. */
export interface Encoding {
  /** Names of the training buildings, in the order of their numbers. */
  readonly buildings: readonly string[];
  /** Default 'zeros'. 'nearest' takes the training building with the nearest signature. */
  readonly unseen: Unseen;
  /** [buildings × observations], see `signatureOf`. */
  readonly signatures: Float64Array;
}

/** Running mean and spread of observations, as the predecessor's `ZFilter`. A type, so that it may be part of a `State`. */
export type Filter = { count: number; readonly mean: Float64Array; readonly squares: Float64Array };

/** How far a filtered number may lie from 0. */
const CLIP = 5;

/** A filter that has seen nothing. */
export const startFilter = (width: number): Filter => ({ count: 0, mean: new Float64Array(width), squares: new Float64Array(width) }); // prettier-ignore

/** A copy, which may be watched with on its own. */
export const copyFilter = ({ count, mean, squares }: Filter): Filter => ({ count, mean: mean.slice(), squares: squares.slice() }); // prettier-ignore

/** Takes observations [rows × width] into account. */
export function watch(filter: Filter, observations: Float64Array): void {
  const { mean, squares } = filter;
  const width = mean.length;
  for (let at = 0; at < observations.length; at += width) {
    filter.count++;
    for (let j = 0; j < width; j++) {
      const off = observations[at + j]! - mean[j]!;
      mean[j]! += off / filter.count;
      squares[j]! += off * (observations[at + j]! - mean[j]!);
    }
  }
}

/**
 * One filter of several clients' for a building that none of them has seen: that of all their observations together.
 * @returns null where there are none
 */
export function mergedFilter(filters: readonly (Filter | null)[]): Filter | null {
  const all = filters.filter((filter) => filter !== null && filter.count > 0) as Filter[];
  if (all.length === 0) return null;
  const merged = startFilter(all[0]!.mean.length);
  for (const { count, mean, squares } of all) {
    const total = merged.count + count;
    for (let j = 0; j < mean.length; j++) {
      const off = mean[j]! - merged.mean[j]!;
      merged.mean[j]! += (off * count) / total;
      merged.squares[j]! += squares[j]! + (off * off * merged.count * count) / total;
    }
    merged.count = total;
  }
  return merged;
}

/**
 * Writes features, row by row.
 * @param observations [rows × width]
 * @param code [k] the building's encoding; empty without one
 * @param out [rows × (width + k)]
 */
export function writeFeatures(
  observations: Float64Array,
  width: number,
  filter: Filter | null,
  code: Float64Array,
  out: Float64Array,
): void {
  // prettier-ignore
  const wide = width + code.length;
  for (let i = 0, at = 0, to = 0; i < observations.length / width; i++, at += width, to += wide) {
    for (let j = 0; j < width; j++) {
      const x = observations[at + j]!;
      out[to + j] = filter === null ? x : scored(x, filter, j);
    }
    out.set(code, to + width);
  }
}

/** A column that has not varied yet is 0. */
function scored(x: number, { count, mean, squares }: Filter, j: number): number {
  const deviation = count > 1 ? Math.sqrt(squares[j]! / (count - 1)) : 0;
  return deviation > 0 ? Math.max(-CLIP, Math.min(CLIP, (x - mean[j]!) / deviation)) : 0;
}

/** What a building looks like: the mean of each of its columns, in the data's units; 0 for what control changes. */
export function signatureOf(environment: Environment, building: number): Float64Array {
  const { names, rows, low, scale, live } = environment.encoded[building]!;
  const width = names.length;
  const steps = rows.length / width;
  const out = new Float64Array(width);
  for (let at = 0; at < rows.length; at++) out[at % width]! += rows[at]! / steps;
  for (let j = 0; j < width; j++) out[j] = scale[j] === 0 ? low[j]! : low[j]! + out[j]! / scale[j]!;
  for (const { at } of live) out[at] = 0;
  return out;
}

/**
 * The encoding of a building of an environment: 1 at its own number where it was trained on.
 * @returns [training buildings]
 */
export function codeOf(
  { buildings, unseen, signatures }: Encoding,
  environment: Environment,
  building: number,
): Float64Array {
  // prettier-ignore
  const n = buildings.length;
  const code = new Float64Array(n);
  const own = buildings.indexOf(environment.district.buildings[building]!.name);
  if (own >= 0) code[own] = 1;
  else if (unseen === 'uniform') code.fill(1 / n);
  else if (unseen === 'nearest') code[nearestOf(signatures, n, signatureOf(environment, building))] = 1;
  return code;
}

/** Which of n signatures is nearest, each column in units of its spread over them. */
function nearestOf(signatures: Float64Array, n: number, own: Float64Array): number {
  const width = own.length;
  const distance = new Float64Array(n);
  for (let j = 0; j < width; j++) {
    let [mean, spread] = [0, 0];
    for (let b = 0; b < n; b++) mean += signatures[b * width + j]! / n;
    for (let b = 0; b < n; b++) spread += (signatures[b * width + j]! - mean) ** 2 / n;
    for (let b = 0; b < n && spread > 0; b++) distance[b]! += (signatures[b * width + j]! - own[j]!) ** 2 / spread;
  }
  return distance.indexOf(Math.min(...distance));
}

/** Groups of features in the authors' code: a feature is in each whose words its name contains, or in the last. */
const GROUPS: readonly (readonly string[])[] = [
  ['personal_encoding', 'load'],
  ['personal_encoding', 'solar'],
  ['temp', 'hum'],
  ['pricing', 'predicted'],
];

/** Indices of the features in each of the paper's groups; empty groups are dropped. @throws TypeError for arguments of another kind */
export function groupsOf(names: readonly string[]): number[][] {
  requireList('groupsOf', 'names', names, 'Name the observations.');
  const groups = GROUPS.map((words) => names.flatMap((name, k) => (words.some((word) => name.includes(word)) ? [k] : []))); // prettier-ignore
  const grouped = new Set(groups.flat());
  return [...groups, names.flatMap((_, k) => (grouped.has(k) ? [] : [k]))].filter(({ length }) => length > 0);
}

/** @throws RangeError unless the environment observes what the policy does, in every building; both lists are named */
export function checkObservations(where: string, expected: readonly string[], environment: Environment): void {
  environment.encoded.forEach(({ names }, b) => {
    if (names.length === expected.length && names.every((name, k) => name === expected[k])) return;
    throw invalid(where, `observations of '${environment.district.buildings[b]!.name}'`, names.join(', '), expected.join(', '), 'Give the environment the observations that the policy was trained on.'); // prettier-ignore
  });
}
