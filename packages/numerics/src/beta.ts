/**
 * The law of order statistics: the k-th smallest of n uniform numbers is Beta(k, n + 1 − k). Parameters are whole numbers, so its
 * distribution function is a binomial sum, which needs no gamma function. Own code, as in `statistics-student.ts`.
 */
import { inside, integer } from './check.js';

/**
 * P(B ≤ x) for B of Beta(a, b): the probability that a binomial number of (a + b − 1, x) is a or more.
 * @param x from 0 to 1
 * @param a an integer of at least 1
 * @param b an integer of at least 1
 * @throws RangeError for other arguments
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (!(x >= 0 && x <= 1)) throw new RangeError(`betaCdf: 'x' is ${x}; must be from 0 to 1. It is a probability.`);
  checkShape('betaCdf', a, b);
  return share(x, a, b);
}

/**
 * The x with P(B ≤ x) = p for B of Beta(a, b), to the last digits. The ends of Clopper and Pearson's interval for s of n are the
 * quantile α/2 of Beta(s, n − s + 1) and 1 − α/2 of Beta(s + 1, n − s).
 * @param p between 0 and 1
 * @param a an integer of at least 1
 * @param b an integer of at least 1
 * @throws RangeError for other arguments
 */
export function betaQuantile(p: number, a: number, b: number): number {
  inside('betaQuantile', 'p', p, 'The ends are 0 and 1.');
  checkShape('betaQuantile', a, b);
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return high;
    if (share(middle, a, b) < p) low = middle;
    else high = middle;
  }
}

/**
 * Clopper and Pearson's interval of a probability, from s successes among n: its level is at least what it says.
 * @param s an integer from 0 to n
 * @param n an integer of at least 1
 * @param level default 0.95
 * @throws RangeError for other arguments
 */
export function clopperPearson(s: number, n: number, level = 0.95): readonly [low: number, high: number] {
  integer('clopperPearson', 'n', n, 1, 'Count the trials.');
  integer('clopperPearson', 's', s, 0, 'Count the successes.');
  if (s > n) throw new RangeError(`clopperPearson: 's' is ${s}; must be at most n = ${n}. Count the successes.`);
  inside('clopperPearson', 'level', level, '95 % is 0.95.');
  const outside = (1 - level) / 2;
  return [s === 0 ? 0 : betaQuantile(outside, s, n - s + 1), s === n ? 1 : betaQuantile(1 - outside, s + 1, n - s)];
}

function checkShape(where: string, a: number, b: number): void {
  integer(where, 'a', a, 1, 'Of the k-th smallest of n it is k.');
  integer(where, 'b', b, 1, 'Of the k-th smallest of n it is n + 1 − k.');
}

/** Terms are taken relative to the largest, and go out from it until they vanish. */
function share(x: number, a: number, b: number): number {
  if (x === 0 || x === 1) return x;
  const n = a + b - 1;
  const mode = Math.min(n, Math.floor((n + 1) * x));
  const odds = x / (1 - x);
  let [above, below] = [0, 0];
  for (let k = mode, term = 1; k <= n && term > 0; term *= ((n - k) / (k + 1)) * odds, k++) {
    if (k >= a) above += term;
    else below += term;
  }
  for (let k = mode, term = 1; k > 0 && term > 0;) {
    term *= k / (n - k + 1) / odds;
    k--;
    if (k >= a) above += term;
    else below += term;
  }
  return above / (above + below);
}
