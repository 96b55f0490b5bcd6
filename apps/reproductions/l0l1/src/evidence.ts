/** From cell records to the numbers a claim is judged by. Pure functions. */
import type { CellRecord, Json } from '@assay-ml/claims';
import { select as selectWhere } from '@assay-ml/claims/evidence';

/** Finished cells of one experiment with exactly this configuration but for its number of runs, in the order of their seeds. */
export function select(records: readonly CellRecord[], experiment: string, config: object): CellRecord[] {
  const text = (value: object): string =>
    JSON.stringify(Object.entries(value).filter(([key]) => key !== 'runs').sort()); // prettier-ignore
  const wanted = text(config);
  return selectWhere(records, experiment, (own) => text(own) === wanted);
}

/** One run of a row: f − f* at the checkpoints (null: diverged before), and the epoch of divergence. */
export interface Run {
  /** Seed of the run. */
  readonly seed: number;
  readonly gaps: readonly (number | null)[];
  readonly diverged: number | null;
  /** First round at each target, where the cell keeps them. */
  readonly reached: readonly (number | null)[];
}

/**
 * All runs of a row.
 * @throws TypeError when there is none: a condition of a claim must not fall away unseen
 */
export function runsOf(records: readonly CellRecord[], experiment: string, config: object): Run[] {
  const runs = select(records, experiment, config).flatMap((record) => {
    const own = (record.config as { readonly runs: number }).runs;
    const { gaps, diverged, reached } = record.values as Record<string, Json[]>;
    return gaps!.map((curve, k) => ({
      seed: own * record.seed + k,
      gaps: curve as (number | null)[],
      diverged: diverged![k] as number | null,
      reached: (reached?.[k] ?? []) as (number | null)[],
    }));
  });
  if (runs.length === 0)
    throw new TypeError(`evidence: no finished run of ${experiment} with ${JSON.stringify(config)}.`);
  return runs;
}

/**
 * The finite gap of a run at a checkpoint.
 * @throws TypeError when the run diverged before
 */
export function gapAt(run: Run, checkpoints: readonly number[], at: number): number {
  const gap = run.gaps[checkpoints.indexOf(at)];
  if (typeof gap === 'number') return gap;
  throw new TypeError(`evidence: the run of seed ${run.seed} has no f − f* after ${at}.`);
}
