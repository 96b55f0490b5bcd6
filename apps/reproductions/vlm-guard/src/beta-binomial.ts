import { scalar } from '@assay-ml/numerics';

/**
 * Where the false alarms of several seeds together lie with a probability of at least 95 %: of each seed they are binomial with a rate of
 * Beta(k, n + 1 − k), the law of the rate behind the k-th smallest of n clean scores.
 * @param rank k
 * @param n clean scores behind the threshold
 * @param m images that are judged
 * @param seeds as many independent draws of both
 * @returns the least and the most
 */
export function betaBinomialInterval(rank: number, n: number, m: number, seeds: number): readonly [number, number] {
  const one = lawOf(rank, n, m);
  let law = Float64Array.of(1);
  for (let s = 0; s < seeds; s++) {
    const next = new Float64Array(law.length + m);
    law.forEach((p, i) => one.forEach((q, j) => (next[i + j]! += p * q)));
    law = next;
  }
  let low = 0;
  for (let below = law[0]!; below <= 0.025; below += law[low]!) low++;
  let high = law.length - 1;
  for (let above = law[high]!; above <= 0.025; above += law[high]!) high--;
  return [low, high];
}

/** P(x) = C(m, x) B(x + k, m − x + n + 1 − k)/B(k, n + 1 − k), by ratios. */
function lawOf(k: number, n: number, m: number): Float64Array {
  const b = n + 1 - k;
  const logs = new Float64Array(m + 1);
  for (let x = 0; x < m; x++) logs[x + 1] = logs[x]! + scalar.log(((m - x) / (x + 1)) * ((x + k) / (m - x - 1 + b)));
  const most = logs.reduce((a, c) => Math.max(a, c));
  const law = logs.map((value) => scalar.exp(value - most));
  const sum = law.reduce((a, c) => a + c);
  return law.map((value) => value / sum);
}
