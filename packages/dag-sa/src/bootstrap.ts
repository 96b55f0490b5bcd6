/** How sure an edge is: how often it is learnt again from resampled rows. */
import { type Estimate, stream } from '@assay-ml/numerics';
import { integer } from '@assay-ml/numerics/check';
import { fit, type FitOptions } from './fit.js';

/** Options of {@link bootstrap}: those of `fit`, which all resamples share, and these. */
export interface BootstrapOptions extends FitOptions {
  /** Tables that are drawn and fitted. Default 100. */
  readonly resamples?: number;
}

/** How often an edge came back. */
export interface EdgeConfidence {
  readonly from: number;
  readonly to: number;
  /** Share of resamples with this edge in this direction. */
  readonly directed: Estimate;
  /** Share of resamples with it in either direction. */
  readonly adjacent: Estimate;
}

/** What {@link bootstrap} gives. */
export interface Bootstrap {
  readonly resamples: number;
  /** All edges of any resample, in both directions where both came; the most frequent first. */
  readonly edges: readonly EdgeConfidence[];
  /** [d, d], the share of resamples with the edge i → j. */
  readonly frequency: Float64Array<ArrayBuffer>;
}

/** Of the standard normal law: 95 % lie between −Z and Z. */
const Z = 1.959963984540054;

/**
 * A share with Wilson's 95 % interval (1927): where the share would end with ever more resamples. It is no probability that the
 * edge exists: a method that errs, errs in all resamples alike.
 */
function share(count: number, of: number): Estimate {
  const value = count / of;
  const middle = value + (Z * Z) / (2 * of);
  const reach = Z * Math.sqrt((value * (1 - value)) / of + (Z / (2 * of)) ** 2);
  const scale = 1 + (Z * Z) / of;
  return { value, interval: [Math.max(0, (middle - reach) / scale), Math.min(1, (middle + reach) / scale)] };
}

/**
 * Fits tables of n rows that are drawn from the table with replacement (Efron 1979; for graphs, Friedman, Goldszmidt, Wyner
 * 1999) and counts edges. Each draw has a stream of its own, so that more resamples repeat the first ones; labels of environments
 * stay with their rows. It takes as long as that many fits.
 * @param X [n, d], flat, row by row with d behind it
 * @throws RangeError as `fit`, naming the resample: duplicates make some columns constant or collinear that were not
 * @example
 * bootstrap(X, d, { method: 'boss', resamples: 200 }).edges[0]; // the edge that came back most often
 */
export function bootstrap(X: Float64Array, d: number, options: BootstrapOptions = {}): Bootstrap {
  const { resamples = 100, seed = 0, environment, ...rest } = options;
  integer('bootstrap', 'd', d, 2, 'Give at least two variables.');
  integer('bootstrap', 'resamples', resamples, 1, 'Leave it out for 100.');
  integer('bootstrap', 'seed', seed, 0, 'Leave it out for 0.');
  const n = X.length / d;
  integer('bootstrap', 'n', n, 2, `Give whole rows of ${d} numbers.`);
  const draw = stream(seed, 'bootstrap');
  const table = new Float64Array(n * d);
  const labels: (number | string)[] = [];
  const counts = new Float64Array(d * d);
  for (let b = 0; b < resamples; b++) {
    draw.at(b);
    for (let r = 0; r < n; r++) {
      const row = draw.integer(n);
      table.set(X.subarray(row * d, (row + 1) * d), r * d);
      if (environment !== undefined) labels[r] = environment[row]!;
    }
    const settings = {
      ...rest,
      seed: draw.integer(2 ** 32),
      ...(environment === undefined ? {} : { environment: labels }),
    };
    try {
      for (const { from, to } of fit(table, d, settings).edges) counts[from * d + to]!++;
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new RangeError(`bootstrap: resample ${b}: ${cause.message}`, { cause });
    }
  }
  const edges = [...counts.keys()]
    .filter((at) => counts[at]! > 0)
    .sort((a, b) => counts[b]! - counts[a]!)
    .map((at) => {
      const [from, to] = [Math.floor(at / d), at % d];
      const either = counts[at]! + counts[to * d + from]!;
      return { from, to, directed: share(counts[at]!, resamples), adjacent: share(either, resamples) };
    });
  return { resamples, edges, frequency: counts.map((count) => count / resamples) };
}
