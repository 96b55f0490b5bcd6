/** Second moments: Σ = XᵀX/n of centred rows, exactly once or row block by row block. */
import { syrk } from '@assay-ml/numerics';
import { integer, invalid, options as known, requireList } from '@assay-ml/numerics/check';
import { flatTable, sized } from './check.js';

/** Second moments of n rows. */
export interface Moments {
  /** Rows. */
  readonly n: number;
  /** Variables. */
  readonly d: number;
  /** [d]; zeros where it was not removed. */
  readonly mean: Float64Array;
  /** Σ, [d, d], divided by n. */
  readonly covariance: Float64Array<ArrayBuffer>;
}

/**
 * Copies rows and removes their mean, or that of each environment.
 * @param X [n, d], flat, row by row
 * @param environment a label for each row: a mean is taken in each environment by itself. Default one
 * @returns the copy and the mean of all rows
 * @throws TypeError for arguments of another kind
 */
export function centred(
  X: Float64Array,
  n: number,
  d: number,
  environment?: ArrayLike<number | string>,
): { X: Float64Array; mean: Float64Array } {
  requireList('centred', 'X', X, 'Copy the rows into one Float64Array.');
  const rows = new Map<number | string, number[]>();
  for (let r = 0; r < n; r++) {
    const label = environment?.[r] ?? 0;
    const list = rows.get(label);
    if (list === undefined) rows.set(label, [r]);
    else list.push(r);
  }
  const out = X.slice();
  const total = new Float64Array(d);
  for (const list of rows.values()) {
    const mean = new Float64Array(d);
    for (const r of list) for (let j = 0; j < d; j++) mean[j]! += X[r * d + j]! / list.length;
    for (const r of list) for (let j = 0; j < d; j++) out[r * d + j]! -= mean[j]!;
    for (let j = 0; j < d; j++) total[j]! += (mean[j]! * list.length) / n;
  }
  return { X: out, mean: total };
}

/**
 * Mean and covariance of rows, n·d² operations.
 * @param X [n, d], flat, row by row
 * @param options settings
 * @param options.centre default true; false gives XᵀX/n, the authors' way
 */
export function moments(X: Float64Array, n: number, d: number, options: { centre?: boolean } = {}): Moments {
  known('moments', options, { centre: 0 });
  const { centre = true } = options;
  flatTable('moments', X, n, d);
  const { X: rows, mean } = centre ? centred(X, n, d) : { X, mean: new Float64Array(d) };
  const covariance = new Float64Array(d * d);
  syrk(d, n, rows, covariance, { transpose: true, alpha: 1 / n });
  return { n, d, mean, covariance };
}

/**
 * Moments of a stream of row blocks, by the pairwise update of Chan, Golub and LeVeque (1983): as exact as of all rows at once,
 * whatever the blocks.
 */
export class RunningMoments {
  readonly d: number;
  #n = 0;
  readonly #mean: Float64Array;
  /** Sum of products of deviations. */
  readonly #scatter: Float64Array;

  /** @param d variables */
  constructor(d: number) {
    this.d = integer('RunningMoments', 'd', d, 1, 'Count the columns.');
    this.#mean = new Float64Array(d);
    this.#scatter = new Float64Array(d * d);
  }

  /** Takes in the rows of a block, [n, d]; returns itself. */
  partialFit(block: Float64Array): this {
    const { d } = this;
    const n = block.length / d;
    integer('RunningMoments.partialFit', 'rows', n, 0, `Pass whole rows of ${d} numbers.`);
    if (n === 0) return this;
    const own = moments(block, n, d);
    const both = this.#n + n;
    const weight = (this.#n * n) / both;
    const apart = own.mean.map((value, j) => value - this.#mean[j]!);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        this.#scatter[i * d + j]! += n * own.covariance[i * d + j]! + weight * apart[i]! * apart[j]!;
      }
    }
    for (let j = 0; j < d; j++) this.#mean[j]! += (apart[j]! * n) / both;
    this.#n = both;
    return this;
  }

  /** What was seen so far. @throws RangeError before the first row */
  moments(): Moments {
    if (this.#n === 0) throw invalid('RunningMoments', 'rows', 0, 'at least one', 'Call partialFit first.');
    return {
      n: this.#n,
      d: this.d,
      mean: this.#mean.slice(),
      covariance: this.#scatter.map((value) => value / this.#n),
    };
  }
}

/** The correlation matrix of a covariance. @throws TypeError for arguments of another kind; RangeError for a constant variable */
export function correlation(covariance: Float64Array, d: number): Float64Array<ArrayBuffer> {
  sized('correlation', 'covariance', covariance, d);
  const scale = Float64Array.from({ length: d }, (_, j) => Math.sqrt(covariance[j * d + j]!));
  const flat = scale.findIndex((s) => !(s > 0));
  if (flat >= 0) {
    throw invalid('correlation', `covariance[${flat}, ${flat}]`, covariance[flat * d + flat], 'above 0', 'Leave the constant variable out.'); // prettier-ignore
  }
  return Float64Array.from(covariance, (value, at) => value / (scale[Math.floor(at / d)]! * scale[at % d]!));
}
