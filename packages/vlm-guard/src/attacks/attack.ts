/** What all attacks have in common: goals, results, the loss, and the account of what was done. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { complaint, invalid } from '@assay-ml/numerics/check';
import { crossEntropy } from '@assay-ml/tensors';
import { checkImages, type Images } from '../images.js';
import type { WhiteBox } from '../models.js';
import { labelsOf } from '../networks.js';

/** What an attack is after. */
export interface Goal {
  /** A label for each image: that which is to come out, or, untargeted, that which is to come out no more. */
  readonly labels: ArrayLike<number>;
  readonly targeted: boolean;
}

/** What an attack made of some images. */
export interface Attacked {
  readonly images: Images;
  /** Whether the target came out; untargeted: whether the label changed. */
  readonly success: readonly boolean[];
  /** How often each image, or a changed one of it, went through the victim; a gradient counts as one. */
  readonly queries: Int32Array;
  /** ‖x′ − x‖_∞ of each. */
  readonly linf: Float64Array;
  /** ‖x′ − x‖₂ of each. */
  readonly l2: Float64Array;
  /** What makes its success rate doubtful: gradients that are zero or not finite, images that did not change. */
  readonly warnings: readonly string[];
}

/** @throws TypeError for no goal; RangeError for another number of labels than of images, or labels that are no class */
export function checkGoal(where: string, images: Images, goal: Goal, classes: number): void {
  checkImages(where, images);
  if (typeof goal?.targeted !== 'boolean' || goal.labels === undefined) throw new TypeError(complaint(where, 'goal', goal, '{ labels, targeted }', 'Say which labels, and whether they are targets.')); // prettier-ignore
  const [count] = images.shape;
  if (goal.labels.length !== count) throw invalid(where, 'goal.labels', goal.labels, `of length ${count}`, 'Give a label for each image.'); // prettier-ignore
  const bad = Array.from(goal.labels).findIndex((label) => !(Number.isSafeInteger(label) && label >= 0 && label < classes)); // prettier-ignore
  if (bad >= 0) throw invalid(where, `goal.labels[${bad}]`, goal.labels[bad], `an integer from 0 to ${classes - 1}`, 'Number classes from 0.'); // prettier-ignore
}

/**
 * The gradient of Σ over images of what the attack wants more of, −CE(z, target) or CE(z, label), by x. Call it in `tf.tidy`.
 * @param view what the victim is shown of x
 */
export function ascent(
  model: WhiteBox,
  x: Tensor4D,
  labels: Tensor1D,
  targeted: boolean,
  view: (x: Tensor4D) => Tensor4D = (same) => same,
): Tensor4D {
  const wanted = (at: Tensor) => {
    const losses = tf.sum(crossEntropy(labels, model.logits(view(at as Tensor4D))));
    return targeted ? tf.neg(losses) : losses;
  };
  return tf.grad(wanted)(x) as Tensor4D;
}

/** The largest logit of another class less that of `labels`, of each image: below 0 where the label comes out. */
export function margins(z: Tensor2D, labels: Tensor1D): Tensor1D {
  const own = tf.oneHot(labels, z.shape[1]) as Tensor2D;
  const of = tf.sum(tf.mul(z, own), 1);
  return tf.sub(tf.max(tf.sub(z, tf.mul(own, 1e9)), 1), of);
}

/** Success of each image by the logits of its changed one. */
export function reached(logits: Float32Array, classes: number, { labels, targeted }: Goal): boolean[] {
  return labelsOf(logits, classes).map((label, i) => (label === labels[i]) === targeted);
}

/** Rows of a gradient that are zero, or not finite, as words. */
export function gradientWarnings(g: Float32Array, count: number): string[] {
  const size = g.length / count;
  let [zero, wild] = [0, 0];
  for (let i = 0; i < count; i++) {
    const row = g.subarray(i * size, (i + 1) * size);
    if (row.some((value) => !Number.isFinite(value))) wild++;
    else if (row.every((value) => value === 0)) zero++;
  }
  return [
    ...(zero > 0 ? [`the gradient of ${zero} of ${count} images is zero: it may be masked or saturated`] : []),
    ...(wild > 0 ? [`the gradient of ${wild} of ${count} images is not finite`] : []),
  ];
}

/** The account of an attack. */
export async function account(
  model: WhiteBox,
  before: Images,
  data: Float32Array,
  goal: Goal,
  queries: Int32Array,
  warnings: readonly string[],
): Promise<Attacked> {
  const images: Images = { data, shape: before.shape };
  const z = tf.tidy(() => model.logits(tf.tensor4d(data, [...before.shape])));
  const success = reached(await z.data<'float32'>(), model.classes, goal);
  z.dispose();
  queries.forEach((count, i) => (queries[i] = count + 1));
  return { images, success, queries, ...norms(before, data, warnings) };
}

/** Norms of changes, and a warning where there are none. */
export function norms(
  before: Images,
  data: Float32Array,
  warnings: readonly string[],
): Pick<Attacked, 'linf' | 'l2' | 'warnings'> {
  const [count] = before.shape;
  const size = data.length / count;
  const [linf, l2] = [new Float64Array(count), new Float64Array(count)];
  for (let k = 0; k < data.length; k++) {
    const change = Math.abs(data[k]! - before.data[k]!);
    const i = Math.floor(k / size);
    if (change > linf[i]!) linf[i] = change;
    l2[i]! += change * change;
  }
  l2.forEach((square, i) => (l2[i] = Math.sqrt(square)));
  const same = linf.reduce((sum, change) => sum + (change === 0 ? 1 : 0), 0);
  return { linf, l2, warnings: same === 0 ? warnings : [...warnings, `${same} of ${count} images did not change`] };
}
