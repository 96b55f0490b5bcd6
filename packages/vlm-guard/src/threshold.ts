/** Thresholds τ: an image is taken for adversarial where its score is strictly below. */
import { betaCdf, scalar } from '@assay-ml/numerics';
import { inside, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';

/** A threshold from clean images alone, with its guarantee. */
export interface Threshold {
  /** τ: the `rank`-th smallest score. */
  readonly threshold: number;
  readonly rule: 'conformal' | 'conformal-pac';
  readonly alpha: number;
  /** Of `conformal-pac`; null otherwise. */
  readonly delta: number | null;
  readonly rank: number;
  /** Number of clean scores. */
  readonly n: number;
  /** In words. */
  readonly guarantee: string;
}

/** Options of {@link threshold}. */
export interface ThresholdOptions {
  /** False positive rate α. Default 0.05. */
  readonly alpha?: number;
  /** Default `conformal`. */
  readonly rule?: 'conformal' | 'conformal-pac';
  /** Of `conformal-pac`: how often the draw of the clean images may break it. Default 0.05. */
  readonly delta?: number;
}

/**
 * A threshold from the scores of n clean images, which are exchangeable with those to come.
 *
 * `conformal`: rank ⌊α(n + 1)⌋. The false positive rate is at most α on average over draws of the clean images (T7); that of one draw
 * is Beta(k, n + 1 − k), and exceeds α about half the time. `conformal-pac`: the largest rank with which it exceeds α in at most δ
 * of all draws.
 * @param clean finite scores, high for clean images
 * @throws RangeError for too few scores, with how many are needed; for NaN; for options out of range
 */
export function threshold(clean: ArrayLike<number>, options: ThresholdOptions = {}): Threshold {
  requireOptions<ThresholdOptions>('threshold', options, { alpha: 1, rule: 1, delta: 1 });
  const { alpha = 0.05, rule = 'conformal', delta = 0.05 } = options;
  inside('threshold', 'alpha', alpha, 'One false alarm in twenty is 0.05.');
  oneOf('threshold', 'rule', rule, ['conformal', 'conformal-pac']);
  inside('threshold', 'delta', delta, 'Leave it out for 0.05.');
  const sorted = ascending('threshold', 'clean', clean);
  const n = sorted.length;
  const rank = rule === 'conformal' ? conformalRank(n, alpha) : pacRank(n, alpha, delta);
  if (rank < 1) {
    const needed = rule === 'conformal' ? Math.ceil(1 / alpha - 1 - 1e-9) : Math.ceil(scalar.log(delta) / scalar.log(1 - alpha)); // prettier-ignore
    throw invalid('threshold', 'clean', clean, `at least ${needed} scores for α = ${alpha}`, 'Score more clean images, or allow more false alarms.'); // prettier-ignore
  }
  const guarantee =
    rule === 'conformal'
      ? `false positive rate ≤ ${alpha} on average over draws of ${n} clean images`
      : `false positive rate ≤ ${alpha} in ${100 * (1 - delta)} % of all draws of ${n} clean images`;
  return { threshold: sorted[rank - 1]!, rule, alpha, delta: rule === 'conformal' ? null : delta, rank, n, guarantee };
}

/** ⌊α(n + 1)⌋; a product that rounds to a little below a whole number is that number. */
export const conformalRank = (n: number, alpha: number): number => Math.floor(alpha * (n + 1) + 1e-9);

/** The largest k with P(Beta(k, n + 1 − k) ≤ α) ≥ 1 − δ, which falls with k; 0 where there is none. */
function pacRank(n: number, alpha: number, delta: number): number {
  let [low, high] = [0, n + 1];
  while (high - low > 1) {
    const k = (low + high) >>> 1;
    if (betaCdf(alpha, k, n + 1 - k) >= 1 - delta) low = k;
    else high = k;
  }
  return low;
}

/** A threshold that was chosen on the very scores it is judged on, and what that is worth. */
export interface OptimisticThreshold {
  readonly threshold: number;
  readonly rule: 'youden' | 'equal-tpr-tnr';
  /** Share of adversarial images below τ, and of clean ones: on the evaluated data. */
  readonly tpr: number;
  readonly fpr: number;
  /** What `youden` finds on average in scores without any signal, T4: √(2π)/4 · √(1/m + 1/n). 0 for `equal-tpr-tnr`. */
  readonly optimism: number;
}

/**
 * The authors' thresholds, on evaluated data: the point of the ROC with the largest TPR − FPR, or with the least |TPR − TNR|. They see
 * the attack and hold no rate on new images. For tables that must agree with theirs.
 * @param clean finite scores
 * @param adversarial finite scores
 * @throws RangeError for empty samples, NaN or another rule
 */
export function thresholdOnEvaluated(
  clean: ArrayLike<number>,
  adversarial: ArrayLike<number>,
  rule: 'youden' | 'equal-tpr-tnr',
): OptimisticThreshold {
  oneOf('thresholdOnEvaluated', 'rule', rule, ['youden', 'equal-tpr-tnr']);
  const [c, a] = [ascending('thresholdOnEvaluated', 'clean', clean), ascending('thresholdOnEvaluated', 'adversarial', adversarial)]; // prettier-ignore
  const all = [...new Set([...c, ...a])].sort((x, y) => x - y);
  let best: OptimisticThreshold | null = null;
  let least = Infinity;
  // Below everything, between, and above everything: what is strictly below τ is flagged.
  let [i, j] = [0, 0];
  for (const tau of [...all, Infinity]) {
    while (i < c.length && c[i]! < tau) i++;
    while (j < a.length && a[j]! < tau) j++;
    const [fpr, tpr] = [i / c.length, j / a.length];
    const cost = rule === 'youden' ? fpr - tpr : Math.abs(tpr - (1 - fpr));
    if (cost >= least) continue;
    least = cost;
    const optimism = rule === 'youden' ? (Math.sqrt(2 * Math.PI) / 4) * Math.sqrt(1 / c.length + 1 / a.length) : 0;
    best = { threshold: tau, rule, tpr, fpr, optimism };
  }
  return best!;
}

/** A sorted copy of at least one finite number. */
export function ascending(where: string, name: string, scores: ArrayLike<number>): Float64Array {
  if (!(scores?.length > 0)) throw invalid(where, name, scores, 'of at least one score', 'Score some images.');
  const copy = Float64Array.from(scores);
  const bad = copy.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) throw invalid(where, `${name}[${bad}]`, copy[bad], 'a finite number', 'Undecidable images have no score: count them apart.'); // prettier-ignore
  return copy.sort();
}
