/** How sure an edge is: how often it is learnt again from resampled rows. */
import { type Estimate, stream } from '@assay-ml/numerics';
import { integer, invalid, options as known } from '@assay-ml/numerics/check';
import { faulty } from './check.js';
import { FIT_OPTIONS, type FitOptions, graphOf, prepared } from './fit.js';

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
  /** Share of resamples with it in which the data left its direction open; one of both was then drawn for `directed`. */
  readonly open: Estimate;
}

/** A resample that could not be fitted. */
export interface FailedResample {
  /** Its number, from 0. */
  readonly resample: number;
  /** What `fit` said. */
  readonly message: string;
}

/** What {@link bootstrap} gives. */
export interface Bootstrap {
  /** Tables that were drawn. */
  readonly resamples: number;
  /**
   * Those of them that could not be fitted: duplicates make some columns constant or collinear that were not. Shares are over the
   * others, which are then a choice of the draws.
   */
  readonly failed: readonly FailedResample[];
  /** All edges of any resample, in both directions where both came; the most frequent first. */
  readonly edges: readonly EdgeConfidence[];
  /** [d, d], the share of fitted resamples with the edge i → j. */
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
 * @throws RangeError as `fit` for the table itself, and where no resample could be fitted
 * @example
 * bootstrap(X, d, { method: 'boss', resamples: 200 }).edges[0]; // the edge that came back most often
 */
export function bootstrap(X: Float64Array, d: number, options: BootstrapOptions = {}): Bootstrap {
  known('bootstrap', options, { ...FIT_OPTIONS, resamples: 0 });
  const { resamples = 100, seed = 0, environment, ...rest } = options;
  if (!(X instanceof Float64Array)) {
    throw invalid('bootstrap', 'X', X, 'a Float64Array, row by row', 'Copy the numbers into one.');
  }
  integer('bootstrap', 'd', d, 2, 'Give at least two variables.');
  integer('bootstrap', 'resamples', resamples, 1, 'Leave it out for 100.');
  integer('bootstrap', 'seed', seed, 0, 'Leave it out for 0.');
  const n = X.length / d;
  integer('bootstrap', 'n', n, 2, `Give whole rows of ${d} numbers.`);
  if (environment !== undefined && environment.length !== n) {
    throw faulty('bootstrap', 'environment', `${environment.length} labels`, `n = ${n} labels`, 'Label each row.');
  }
  // What is wrong with the table itself is no fault of a draw.
  prepared('bootstrap', X, d, { ...rest, seed, ...(environment === undefined ? {} : { environment }) });
  const draw = stream(seed, 'bootstrap');
  const table = new Float64Array(n * d);
  const labels: (number | string)[] = [];
  const counts = new Float64Array(d * d);
  const undecided = new Float64Array(d * d);
  const failed: FailedResample[] = [];
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
      for (const { from, to, directed } of graphOf(table, d, settings)) {
        counts[from * d + to]!++;
        if (!directed) undecided[from * d + to]!++;
      }
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      failed.push({ resample: b, message: cause.message });
    }
  }
  const fitted = resamples - failed.length;
  if (fitted === 0) {
    throw new RangeError(`bootstrap: none of ${resamples} resamples could be fitted; must be one at least. Give more rows (a resample has some ${Math.round(0.632 * n)} different ones), or leave rare columns out. The first: ${failed[0]!.message}`); // prettier-ignore
  }
  const edges = [...counts.keys()]
    .filter((at) => counts[at]! > 0)
    .sort((a, b) => counts[b]! - counts[a]!)
    .map((at) => {
      const [from, to] = [Math.floor(at / d), at % d];
      const back = to * d + from;
      return {
        from,
        to,
        directed: share(counts[at]!, fitted),
        adjacent: share(counts[at]! + counts[back]!, fitted),
        open: share(undecided[at]! + undecided[back]!, fitted),
      };
    });
  return { resamples, failed, edges, frequency: counts.map((count) => count / fitted) };
}
