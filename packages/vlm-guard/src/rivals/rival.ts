/** What rivals have in common: one score for each image, high for clean ones, and answers that can be compared. */
import { scalar } from '@assay-ml/numerics';
import type { Images } from '../images.js';
import type { Scorer, Victim } from '../models.js';

/** A detector in place of MirrorCheck. */
export interface Rival {
  readonly name: string;
  /** A finite score for each image, high for clean ones. */
  score(images: Images, signal?: AbortSignal): Promise<Float64Array>;
}

/** What a victim answers, as numbers: probabilities of labels, or embeddings of captions. */
export interface Answers {
  /** A row for each image. */
  rows(images: Images, signal?: AbortSignal): Promise<Float32Array>;
  readonly width: number;
  /** How far two rows are apart. */
  distance(a: Float32Array, b: Float32Array): number;
}

/** Probabilities of a classifier; ‖p − q‖₁ apart. */
export function labelAnswers(victim: Scorer & { readonly classes: number }): Answers {
  const { classes: width } = victim;
  return {
    width,
    async rows(images, signal) {
      const z = (await victim.scores(images, signal)).slice();
      for (let at = 0; at < z.length; at += width) softmax(z.subarray(at, at + width));
      return z;
    },
    distance: (a, b) => a.reduce((sum, value, k) => sum + Math.abs(value - b[k]!), 0),
  };
}

/**
 * Captions by an encoder of texts; 1 − cosine apart, 1 where one has no direction.
 * @param embed a row for each text, of `width`
 */
export function captionAnswers(
  victim: Victim,
  embed: (texts: readonly string[], signal?: AbortSignal) => Promise<Float32Array>,
  width: number,
  prompt = '',
): Answers {
  return {
    width,
    rows: async (images, signal) => embed(await victim.describe(images, prompt, signal), signal),
    distance(a, b) {
      let [dot, aa, bb] = [0, 0, 0];
      a.forEach((value, k) => {
        dot += value * b[k]!;
        aa += value * value;
        bb += b[k]! * b[k]!;
      });
      return aa === 0 || bb === 0 ? 1 : 1 - dot / Math.sqrt(aa * bb);
    },
  };
}

/** exp(z)/Σ exp(z), in place. */
export function softmax(z: Float32Array): Float32Array {
  const top = z.reduce((most, value) => Math.max(most, value), -Infinity);
  let sum = 0;
  z.forEach((value, k) => (sum += z[k] = scalar.exp(value - top)));
  z.forEach((value, k) => (z[k] = value / sum));
  return z;
}

/** Row i of rows. */
export const rowOf = (rows: Float32Array, width: number, i: number): Float32Array => rows.subarray(i * width, (i + 1) * width); // prettier-ignore
