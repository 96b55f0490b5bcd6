/** How good a detector is: areas with intervals, rates at thresholds that never saw the attack, and successful attacks by themselves. */
import { auroc, aurocInterval, clopperPearson, delong, normalCdf, normalQuantile } from '@assay-ml/numerics';
import { inside, integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { ascending, conformalRank, threshold } from './threshold.js';

/** A share with Clopper and Pearson's interval. */
export interface Share {
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
}

/** An area under a ROC curve, clean images counting as positive. */
export interface Area {
  readonly value: number;
  /** DeLong's in the logit's scale; null for an area of 0 or 1. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Adversarial images behind it. */
  readonly n: number;
}

/** What {@link evaluate} finds. */
export interface Evaluated {
  readonly auroc: Area;
  /** Share of adversarial images on which the attack succeeded; null where nobody said. */
  readonly successRate: number | null;
  /** The area of these alone; in words where they are too few or unknown. */
  readonly aurocOfSuccesses: Area | string;
  /** Rates at thresholds from the calibration scores; in words where these are too few. */
  readonly rates: readonly { readonly alpha: number; readonly threshold: number; readonly tpr: Share; readonly fpr: Share }[] | string; // prettier-ignore
  /** Where as many adversarial images pass as clean ones are flagged. */
  readonly eer: number;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Whether the attack succeeded on each adversarial image. */
  readonly success?: readonly boolean[];
  /** Scores of other clean images, for thresholds. */
  readonly calibration?: ArrayLike<number>;
  /** False positive rates of the thresholds. Default [0.01, 0.05]. */
  readonly alphas?: readonly number[];
  /** Fewest successes that have an area of their own. Default 30. */
  readonly fewest?: number;
  /** Of all intervals. Default 0.95. */
  readonly level?: number;
}

/**
 * Judges scores, high for clean images.
 * @param clean at least two finite scores
 * @param adversarial at least two finite scores
 * @throws RangeError for fewer scores, NaN, another number of successes than of adversarial images, or options out of range
 */
export function evaluate(
  clean: ArrayLike<number>,
  adversarial: ArrayLike<number>,
  options: EvaluateOptions = {},
): Evaluated {
  requireOptions<EvaluateOptions>('evaluate', options, { success: 1, calibration: 1, alphas: 1, fewest: 1, level: 1 });
  const { success, calibration, alphas = [0.01, 0.05], fewest = 30, level = 0.95 } = options;
  integer('evaluate', 'fewest', fewest, 2, 'Leave it out for 30.');
  inside('evaluate', 'level', level, 'Leave it out for 0.95.');
  if (success && success.length !== adversarial.length) throw invalid('evaluate', 'success', success, `of length ${adversarial.length}`, 'Say it of each adversarial image.'); // prettier-ignore
  const won = success && Array.from(adversarial).filter((_, i) => success[i]);
  return {
    auroc: area(clean, adversarial, level),
    successRate: success ? success.filter(Boolean).length / success.length : null,
    aurocOfSuccesses: !won ? 'successes unknown' : won.length < fewest ? `too few successes: ${won.length} of ${fewest}` : area(clean, won, level), // prettier-ignore
    rates: calibration === undefined ? 'no calibration scores' : ratesAt(clean, adversarial, calibration, alphas, level), // prettier-ignore
    eer: equalErrorRate(clean, adversarial),
  };
}

function ratesAt(
  clean: ArrayLike<number>,
  adversarial: ArrayLike<number>,
  calibration: ArrayLike<number>,
  alphas: readonly number[],
  level: number,
) {
  const enough = alphas.filter((alpha) => conformalRank(calibration.length, alpha) >= 1);
  if (enough.length === 0) return `too few calibration scores: ${calibration.length}`;
  return enough.map((alpha) => {
    const { threshold: tau } = threshold(calibration, { alpha });
    return { alpha, threshold: tau, tpr: shareBelow(adversarial, tau, level), fpr: shareBelow(clean, tau, level) };
  });
}

/** Strictly below. */
function shareBelow(scores: ArrayLike<number>, tau: number, level: number): Share {
  const below = Array.from(scores).filter((score) => score < tau).length;
  return { value: below / scores.length, interval: clopperPearson(below, scores.length, level) };
}

function area(clean: ArrayLike<number>, adversarial: ArrayLike<number>, level: number): Area {
  const { values, covariance } = delong([clean], [adversarial]);
  return { value: values[0]!, interval: aurocInterval(values[0]!, covariance[0]!, { level }), n: adversarial.length };
}

/** Half the sum of both error rates where they are nearest to each other. */
function equalErrorRate(clean: ArrayLike<number>, adversarial: ArrayLike<number>): number {
  const [c, a] = [ascending('evaluate', 'clean', clean), ascending('evaluate', 'adversarial', adversarial)];
  let [best, rate] = [Infinity, 1];
  let [i, j] = [0, 0];
  for (const tau of [...c, Infinity]) {
    while (i < c.length && c[i]! < tau) i++;
    while (j < a.length && a[j]! < tau) j++;
    const [flagged, passed] = [i / c.length, 1 - j / a.length];
    if (Math.abs(flagged - passed) >= best) continue;
    best = Math.abs(flagged - passed);
    rate = (flagged + passed) / 2;
  }
  return rate;
}

/** How much better one detector is than another on the same images. */
export interface Compared {
  /** AUROC of the first less that of the second. */
  readonly difference: number;
  /** Normal, with DeLong's variance of the difference; both ends are the difference where that is 0. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided, of no difference. */
  readonly p: number;
}

/**
 * DeLong's paired comparison of two detectors.
 * @param clean scores of the same clean images by each
 * @param adversarial scores of the same adversarial images by each
 * @throws RangeError for other lengths, NaN or another level
 */
export function compareDetectors(
  clean: readonly [ArrayLike<number>, ArrayLike<number>],
  adversarial: readonly [ArrayLike<number>, ArrayLike<number>],
  options: { readonly level?: number } = {},
): Compared {
  requireOptions<typeof options>('compareDetectors', options, { level: 1 });
  const { level = 0.95 } = options;
  inside('compareDetectors', 'level', level, 'Leave it out for 0.95.');
  const { values, covariance: s } = delong(clean, adversarial);
  const difference = values[0]! - values[1]!;
  const error = Math.sqrt(Math.max(0, s[0]! + s[3]! - s[1]! - s[2]!));
  const half = normalQuantile((1 + level) / 2) * error;
  const p = error === 0 ? (difference === 0 ? 1 : 0) : 2 * normalCdf(-Math.abs(difference) / error);
  return { difference, interval: [difference - half, difference + half], p };
}

/** What is expected of n encoders, from what was measured of all of them. */
export interface EnsembleCurve {
  /** Mean correlation of two encoders' scores of clean images, and of adversarial ones. */
  readonly rho: { readonly clean: number; readonly adversarial: number };
  /** AUROC of the mean of 1, 2, …, n encoders. */
  readonly predicted: readonly number[];
  /** Mean AUROC of a single one. */
  readonly single: number;
}

/**
 * The gain from averaging encoders, T3: scores taken for normal, AUROC(n) = Φ(Δ/√(v_clean + v_adv)) with v = (σ² + (n − 1)c)/n, where Δ, σ²
 * and c are the means over encoders of gaps, variances and covariances.
 * @param clean scores of the same clean images by each encoder, at least two of each
 * @param adversarial scores of the same adversarial images by each
 * @throws RangeError for other lengths, or scores that are all equal
 */
export function ensembleCurve(
  clean: readonly ArrayLike<number>[],
  adversarial: readonly ArrayLike<number>[],
): EnsembleCurve {
  if (clean.length === 0 || clean.length !== adversarial.length) throw invalid('ensembleCurve', 'adversarial', adversarial.length, `as many lists as there are encoders, ${clean.length}, at least one`, 'Give the scores of each.'); // prettier-ignore
  const [c, a] = [momentsOf('clean', clean), momentsOf('adversarial', adversarial)];
  const gap = c.mean - a.mean;
  const predicted = clean.map((_, i) => {
    const n = i + 1;
    const spread = (c.variance + i * c.covariance + a.variance + i * a.covariance) / n;
    return normalCdf(gap / Math.sqrt(spread));
  });
  const single = clean.reduce((sum, scores, e) => sum + auroc(scores, adversarial[e]!), 0) / clean.length;
  return { rho: { clean: c.covariance / c.variance, adversarial: a.covariance / a.variance }, predicted, single };
}

function momentsOf(name: string, lists: readonly ArrayLike<number>[]) {
  const k = lists.length;
  const m = lists[0]!.length;
  const odd = lists.findIndex((list) => list.length !== m || m < 2);
  if (odd >= 0) throw invalid('ensembleCurve', `${name}[${odd}]`, lists[odd], `of the length of the first, ${m}, at least 2`, 'Score the same images.'); // prettier-ignore
  const means = lists.map((list) => Array.from(list).reduce((sum, value) => sum + value, 0) / m);
  const covariance = (e: number, f: number) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum += (lists[e]![i]! - means[e]!) * (lists[f]![i]! - means[f]!);
    return sum / (m - 1);
  };
  let [own, shared] = [0, 0];
  for (let e = 0; e < k; e++) {
    own += covariance(e, e) / k;
    for (let f = 0; f < k; f++) if (f !== e) shared += covariance(e, f) / (k * (k - 1));
  }
  if (!(own > 0)) throw invalid('ensembleCurve', name, own, 'scores that differ', 'Their variance is 0.');
  return { mean: means.reduce((sum, value) => sum + value, 0) / k, variance: own, covariance: shared };
}
