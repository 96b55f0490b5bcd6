/**
 * From batches of runs to the numbers a claim is judged by. A block is a batch, and its quantiles are over its own runs: the mean
 * of their logarithms is compared. Quantiles over the union of all batches are what figures show; resampling them would sort
 * 20,000 numbers 2,000 times for each part of a claim.
 */
import type { CellRecord, Figure, Json } from '@assay-ml/claims';
import { select } from '@assay-ml/claims/evidence';
import { quantile } from '@assay-ml/numerics';
import type { RunsConfig } from './cells/runs.js';
import { unpack } from './pack.js';

/** The paper's quadratic under its noise. */
export const QUADRATIC = { problem: 'quadratic', d: 1, alpha: 1.5, skewed: false, runs: 1000, curves: false } as const;

/** The finished batches whose configuration agrees with `where`, by seed. */
export const batches = (records: readonly CellRecord[], where: Partial<RunsConfig>): CellRecord[] =>
  select(records, 'runs', where as Readonly<Record<string, Json>>);

/**
 * The errors of a method's runs in one batch.
 * @throws TypeError when it is not there: a claim and its cell disagree, which no verdict may hide
 */
export function errors({ id, values }: CellRecord, method: string): Float32Array {
  const packed = (values['final'] as Readonly<Record<string, Json>>)[method];
  if (typeof packed !== 'string') throw new TypeError(`evidence: cell ${id} has no method '${method}'.`);
  return unpack(packed);
}

/** A quantile of the errors of one batch. */
export function at(q: number, method: string): (record: CellRecord) => number {
  return (record) => quantile(errors(record, method), q);
}

/** A quantile over the runs of all batches. */
export function pooled(records: readonly CellRecord[], q: number, method: string): number {
  return quantile(records.flatMap((r) => [...errors(r, method)]), q); // prettier-ignore
}

/** A step size as the paper writes it. */
export function gammaText(gamma: number): string {
  return gamma < 1 && Number.isInteger(1 / gamma) ? `1/${1 / gamma}` : String(gamma);
}

type Row = Figure['rows'][number];

/** Median over time with the band from 10 to 90 %, of some methods in the batches of one configuration. */
export function curveRows(records: readonly CellRecord[], names: readonly string[], facet?: string): Row[] {
  return names.flatMap((name) => {
    const each = records.map((r) => (r.values['curves'] as Record<string, number[][]>)[name]!);
    return each[0]!.map(([t], i) => {
      const middle = (k: number) => quantile(each.map((curve) => curve[i]![k]!), 0.5); // prettier-ignore
      return { x: t!, y: middle(2), low: middle(1), high: middle(3), series: name, ...(facet ? { facet } : {}) };
    });
  });
}
