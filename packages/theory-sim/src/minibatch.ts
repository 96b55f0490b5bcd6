/** Finite sums over each client's own data, sampled in minibatches. */
import { complaint } from '@assay-ml/numerics/check';
import { checkObject, invalid, positiveInteger } from './check.js';
import { exactFullGradient } from './exact.js';
import type { Problem } from './problem.js';
import { watched } from './watched.js';
import { indices } from './vectors.js';

/** Data of n clients, as what it says about a model x [d]. Rows of a client are numbered from 0. */
export interface Samples {
  /** Name of the problem, part of the random key of its minibatches. Default 'problem'. */
  readonly name?: string;
  /** Number of clients n. */
  readonly n: number;
  /** Dimension d. */
  readonly d: number;
  /** Number of rows of a client, ≥ 1. */
  count(client: number): number;
  /** Writes the mean gradient of the client's loss over `rows` at `x` [d] to `out` [d]. Must not keep or change `rows`. */
  gradient(client: number, rows: Uint32Array, x: Float64Array, out: Float64Array): void;
  /** The mean gradient over all rows, where that is faster than through `gradient`; the same up to rounding. */
  clientGradient?(client: number, x: Float64Array, out: Float64Array): void;
  /** The mean loss over `rows`. */
  value?(client: number, rows: Uint32Array, x: Float64Array): number;
  /** f(x) − inf f; see `Problem.gap`. */
  gap?(x: Float64Array): number;
}

/**
 * The problem f = (1/n) Σ f_i where f_i is the mean loss over client i's rows. A stochastic gradient is the mean over
 * `batchSize` distinct rows, each selection equally likely: the rows of `noise.choice(count, …)`. The exact gradients are
 * over all rows. Allocates nothing per call.
 * @param samples the data
 * @param batchSize rows of a stochastic gradient, at most the rows of each client
 * @throws TypeError for samples without `count` or `gradient`; RangeError when `n`, `d`, a count or the batch size is not a positive integer, or a client has too few rows
 * @example
 * // Least squares on one feature: f_i(x) = mean ½ (a x − b)².
 * const problem = minibatch(
 *   {
 *     n: 2,
 *     d: 1,
 *     count: (client) => a[client].length,
 *     gradient(client, rows, x, out) {
 *       out[0] = 0;
 *       for (const row of rows) out[0] += (a[client][row] * (a[client][row] * x[0] - b[client][row])) / rows.length;
 *     },
 *   },
 *   32,
 * );
 */
export function minibatch(samples: Samples, batchSize: number): Problem {
  const where = 'minibatch';
  checkObject(where, 'samples', samples);
  const n = positiveInteger(where, 'samples.n', samples.n);
  const d = positiveInteger(where, 'samples.d', samples.d);
  positiveInteger(where, 'batchSize', batchSize);
  for (const name of ['count', 'gradient'] as const) {
    if (typeof samples[name] === 'function') continue;
    throw new TypeError(complaint(where, `samples.${name}`, samples[name], 'a function', 'A problem has none: give the rows of its clients.')); // prettier-ignore
  }
  const counts = Array.from({ length: n }, (_, i) => positiveInteger(where, `samples.count(${i})`, samples.count(i)));
  const small = counts.findIndex((count) => count < batchSize);
  if (small >= 0) {
    throw invalid(where, 'batchSize', batchSize, `at most ${counts[small]}, the rows of client ${small}`);
  }
  // 0, 1, 2, …; the rows of a batch are moved to its front and back again.
  const order = indices(counts.reduce((a, b) => Math.max(a, b)));
  const all = counts.map((count) => order.subarray(0, count));
  const gradient = rowGradient(samples);
  const batch = new Uint32Array(batchSize);
  const from = new Uint32Array(batchSize);
  const problem = {
    ...(samples.name === undefined ? {} : { name: samples.name }),
    n,
    d,
    grad(client, x, out, noise) {
      const count = counts[client]!;
      for (let i = 0; i < batchSize; i++) {
        const j = i + noise.integer(count - i);
        from[i] = j;
        batch[i] = order[j]!;
        order[j] = order[i]!;
        order[i] = batch[i]!;
      }
      for (let i = batchSize - 1; i >= 0; i--) {
        const j = from[i]!;
        order[i] = order[j]!;
        order[j] = batch[i]!;
      }
      gradient(client, x, out, batch);
    },
    clientGrad: samples.clientGradient
      ? watched('samples.clientGradient', n, (client, x, out) => samples.clientGradient!(client, x, out))
      : (client, x, out) => gradient(client, x, out, all[client]!),
  } satisfies Problem as Problem;
  return {
    ...problem,
    fullGrad: exactFullGradient(problem)!,
    ...(samples.value
      ? { value: (x) => all.reduce((sum, rows, client) => sum + samples.value!(client, rows, x) / n, 0) }
      : {}),
    ...(samples.gap ? { gap: (x) => samples.gap!(x) } : {}),
  };
}

/** The gradients over rows of a client. */
export function rowGradient(
  samples: Samples,
): (client: number, x: Float64Array, out: Float64Array, rows: Uint32Array) => void {
  return watched('samples.gradient', samples.n, (client, x, out, rows) => samples.gradient(client, rows, x, out));
}
