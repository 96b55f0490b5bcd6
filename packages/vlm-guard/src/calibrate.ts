/** A calibration: τ with what it holds for, as JSON; and whether scores have drifted away from it. */
import { kolmogorovSmirnov, meanInterval } from '@assay-ml/numerics';
import { invalid, requireOptions } from '@assay-ml/numerics/check';
import { ascending, threshold, type Threshold, type ThresholdOptions } from './threshold.js';

/** What a threshold belongs to: change one, and it is another detector. */
export interface Detector {
  /** Id of the victim: put its version, or a hash of its weights, in. */
  readonly victim: string;
  readonly prompt: string;
  /** Ids of the generators that may be drawn. */
  readonly generators: readonly string[];
  /** Ids of the encoders that may be drawn. */
  readonly encoders: readonly string[];
  /** All other options that change a score: draws, reduce, n, otu, sigma, scale, selection. */
  readonly options: Readonly<Record<string, string | number>>;
}

/** Plain data, to be kept as JSON. */
export interface Calibration extends Threshold {
  readonly version: 1;
  readonly detector: Detector;
  /** The clean scores, ascending: what drift is measured against. */
  readonly scores: readonly number[];
}

/**
 * Makes a calibration of clean scores.
 * @param clean finite scores of clean images by this detector
 * @throws RangeError as `threshold`, and for encoders or generators that are not there
 */
export function calibrate(clean: ArrayLike<number>, detector: Detector, options: ThresholdOptions = {}): Calibration {
  const found = threshold(clean, options);
  for (const name of ['generators', 'encoders'] as const) {
    if (!(detector?.[name]?.length > 0)) throw invalid('calibrate', `detector.${name}`, detector?.[name], 'an array of ids, at least one', 'A threshold holds for them alone.'); // prettier-ignore
  }
  return {
    version: 1,
    ...found,
    detector: normal(detector),
    scores: Array.from(ascending('calibrate', 'clean', clean)),
  };
}

/**
 * Reads a calibration back, for one detector and no other.
 * @param json text, or what it was parsed to
 * @throws RangeError for another version, another detector, with what differs, or scores that do not give its threshold
 */
export function readCalibration(json: unknown, detector: Detector): Calibration {
  const data = (typeof json === 'string' ? JSON.parse(json) : json) as Partial<Calibration> | null;
  if (data?.version !== 1) throw invalid('readCalibration', 'version', data?.version, '1', 'calibrate() makes it.');
  const [kept, now] = [data.detector, normal(detector)];
  for (const name of ['victim', 'prompt', 'generators', 'encoders', 'options'] as const) {
    const [a, b] = [JSON.stringify(kept?.[name]), JSON.stringify(now[name])];
    if (a !== b) throw invalid('readCalibration', `detector.${name}`, a, `that of the detector, ${b}`, 'Calibrate this detector: scores of another say nothing of it.'); // prettier-ignore
  }
  const { alpha, rule, delta } = data as Calibration;
  const again = threshold(data.scores ?? [], { alpha, rule, ...(delta === null ? {} : { delta }) });
  if (again.threshold !== data.threshold) throw invalid('readCalibration', 'threshold', data.threshold, `that of its scores, ${again.threshold}`, 'It was changed: calibrate again.'); // prettier-ignore
  return data as Calibration;
}

/** How far scores have moved. */
export interface Drift {
  /** Kolmogorov and Smirnov's distance from the calibration, and its p. */
  readonly statistic: number;
  readonly p: number;
  /** Means, with Student's interval of the recent one. */
  readonly mean: {
    readonly calibration: number;
    readonly recent: number;
    readonly interval: readonly [number, number];
  };
}

/**
 * Recent scores of what is taken for clean, beside those of the calibration: a small p says that τ no longer holds what it promised.
 * @param recent at least two finite scores
 * @param options settings
 * @param options.level of the interval, default 0.95
 * @throws RangeError for fewer scores or NaN
 */
export function drift(
  calibration: Calibration,
  recent: ArrayLike<number>,
  options: { readonly level?: number } = {},
): Drift {
  requireOptions<typeof options>('drift', options, { level: 1 });
  const { value, interval } = meanInterval(recent, options);
  const { scores } = calibration;
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { ...kolmogorovSmirnov(scores, recent), mean: { calibration: mean, recent: value, interval } };
}

/** In an order that does not matter. */
function normal({ victim, prompt, generators, encoders, options }: Detector): Detector {
  const byName = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return { victim, prompt, generators: [...generators].sort(), encoders: [...encoders].sort(), options: Object.fromEntries(byName) }; // prettier-ignore
}
