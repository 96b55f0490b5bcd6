/** The methods of spec (L0, L1), §3, as plain loops over arrays: slow, and sharing nothing with src/ but the orders. */
import { stream } from '@assay-ml/numerics';
import type { Samples } from '../src/index.js';

const norm = (v: readonly number[]): number => Math.sqrt(v.reduce((sum, a) => sum + a * a, 0));

export type Order = 'reshuffle' | 'shuffle-once' | 'incremental' | 'with-replacement';

/** The rows of an epoch, as the keys of the streams define them. */
export function rowsOf(samples: Samples, order: Order, seed: number, epoch: number, client: number): number[] {
  const count = samples.count(client);
  const key = stream(seed, samples.name ?? 'problem', 'order');
  if (order === 'incremental') return Array.from({ length: count }, (_, i) => i);
  if (order === 'with-replacement') {
    key.at(epoch, client);
    return Array.from({ length: count }, () => key.integer(count));
  }
  return [...key.at(order === 'reshuffle' ? epoch : 0, client).permutation(new Uint32Array(count))];
}

/** A client's epoch from y: where it ends, and the mean gradient on the way. */
export function epochFrom(
  samples: Samples,
  client: number,
  rows: readonly number[],
  batchSize: number,
  start: readonly number[],
  eta: number,
  clip: number | null,
): { y: number[]; mean: number[] } {
  let y = [...start];
  let mean = y.map(() => 0);
  for (let at = 0; at < rows.length; at += batchSize) {
    const batch = rows.slice(at, at + batchSize);
    const h = gradient(samples, client, batch, y);
    mean = mean.map((m, j) => m + (h[j]! * batch.length) / rows.length);
    const size = norm(h);
    const scale = clip !== null && size > clip ? clip / size : 1;
    y = y.map((v, j) => v - eta * scale * h[j]!);
  }
  return { y, mean };
}

export function gradient(samples: Samples, client: number, rows: readonly number[], x: readonly number[]): number[] {
  const out = new Float64Array(samples.d);
  samples.gradient(client, Uint32Array.from(rows), Float64Array.from(x), out);
  return [...out];
}

export const all = (samples: Samples, client: number): number[] =>
  Array.from({ length: samples.count(client) }, (_, i) => i);

export const meanOf = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, j) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length);

export function fullGradient(samples: Samples, x: readonly number[]): number[] {
  return meanOf(Array.from({ length: samples.n }, (_, m) => gradient(samples, m, all(samples, m), x)));
}

export const jumpFrom = (x: readonly number[], g: readonly number[], c0: number, c1: number, by = norm(g)): number[] =>
  x.map((v, j) => v - g[j]! / (c0 + c1 * by));

export { norm };
