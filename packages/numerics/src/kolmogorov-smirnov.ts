import { requireList } from './check.js';
import * as scalar from './scalar.js';

/** Whether two samples may be of one law. */
export interface KolmogorovSmirnov {
  /** The largest distance of their distribution functions, D. */
  readonly statistic: number;
  /** Probability of a D as large in samples of one continuous law; approximate, and too large where scores are tied. */
  readonly p: number;
}

/**
 * The two-sample test of Kolmogorov and Smirnov. p is that of Kolmogorov's law with Stephens' correction (JRSS B 32, 1970), within some
 * hundredths of itself from 20 numbers on each side.
 * @param a at least one finite number
 * @param b at least one finite number
 * @throws RangeError for an empty sample, NaN or an infinite number
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): KolmogorovSmirnov {
  const [x, y] = [sorted('a', a), sorted('b', b)];
  let [i, j, statistic] = [0, 0, 0];
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    statistic = Math.max(statistic, Math.abs(i / x.length - j / y.length));
  }
  const root = Math.sqrt((x.length * y.length) / (x.length + y.length));
  return { statistic, p: beyond((root + 0.12 + 0.11 / root) * statistic) };
}

/** 2 Σ (−1)^(k−1) exp(−2k²λ²), which is 1 below 0.2 to ten digits. */
function beyond(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * scalar.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}

function sorted(name: string, sample: ArrayLike<number>): Float64Array {
  requireList('kolmogorovSmirnov', name, sample, 'Give the sample.');
  if (!(sample.length > 0)) throw new RangeError(`kolmogorovSmirnov: '${name}' is of length ${String(sample.length)}; must be of at least 1. Give more numbers.`); // prettier-ignore
  const copy = Float64Array.from(sample);
  const bad = copy.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`kolmogorovSmirnov: '${name}[${bad}]' is ${copy[bad]}; must be a finite number. Leave it out, and count what is left out.`); // prettier-ignore
  return copy.sort();
}
