/** The records of one planned run, by its configuration. */
import type { CellRecord, Json, Tier } from '@assay-ml/claims';
import { across, number, type Pair, select } from '@assay-ml/claims/evidence';
import type { LearnersConfig } from '../cells/learners.js';
import { trainedIn } from '../experiments.js';

/** Finished cells of exactly this configuration, in the order of their seeds. */
export function runsOf(records: readonly CellRecord[], experiment: string, config: object): CellRecord[] {
  const wanted = Object.entries(config) as [string, Json][];
  return select(records, experiment, (found) => {
    const keys = Object.keys(found);
    return keys.length === wanted.length && wanted.every(([key, value]) => found[key] === value);
  });
}

/** Trainings of a configuration of the main grid. */
export const trained = (records: readonly CellRecord[], tier: Tier, config: LearnersConfig): CellRecord[] =>
  runsOf(records, trainedIn(tier), config);

/** Gap closed at the end, in a training's own buildings or in new ones. */
export type Where = 'own' | 'fresh';

/** Gap of one configuration less that of another, seed by seed. */
export const less = (a: readonly CellRecord[], b: readonly CellRecord[], part: string, where: Where = 'fresh'): Pair[] =>
  across(a, (r) => number(r, where), b, (r) => number(r, where), part); // prettier-ignore

/** Gap less that of the persistence rule on the same day, seed by seed. */
export const overPersistence = (runs: readonly CellRecord[], part: string): Pair[] =>
  across(runs, (r) => number(r, 'fresh'), runs, (r) => number(r, 'persistence', 'fresh'), part); // prettier-ignore

/** A point of a curve of [iteration, own, fresh]. */
export type Point = readonly [iteration: number, own: number, fresh: number];
export const curveOf = (record: CellRecord): readonly Point[] => record.values['curve'] as unknown as readonly Point[];

/** Gap in new buildings at an iteration. @throws TypeError where the curve has none there */
export function freshAt(record: CellRecord, iteration: number): number {
  const found = curveOf(record).find(([at]) => at === iteration)?.[2];
  if (found === undefined) throw new TypeError(`evidence: cell ${record.id} was not evaluated at iteration ${iteration}.`); // prettier-ignore
  return found;
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Largest less smallest. */
export const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** Standard deviation, with n − 1 below the root. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (values.length - 1));
}
