import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '@assay-ml/tensors';
import { invalid, positive } from '@assay-ml/numerics/check';

import type { Batch } from './batch.js';
import type { Model, Values } from './model.js';

/**
 * What is differentiated: the loss of each example, [B], or the mean over the batch, a scalar. Labels come first, as in
 * `tf.losses`. Losses of examples must not depend on each other.
 */
export type Loss = (labels: Tensor, outputs: Tensor) => Tensor;

/** Cross-entropy of logits divided by a temperature; labels are class numbers [B] or probabilities [B, classes]. */
export function crossEntropy(temperature = 1): Loss {
  return (labels, logits) => {
    const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
    const classes = logits.shape.at(-1)!;
    return softmaxCrossEntropy(labels.rank === logits.rank ? labels : tf.cast(tf.oneHot(tf.cast(labels, 'int32'), classes), 'float32'), scaled); // prettier-ignore
  };
}

/** Which loss is differentiated. */
export interface LossOptions {
  /** Default: cross-entropy of the logits. */
  readonly loss?: Loss | undefined;
  /** What the default loss divides logits by. */
  readonly temperature?: number | undefined;
}

/**
 * The loss, and the number of classes that labels have to fit (null where the user's loss knows).
 * @throws RangeError for a model without logits and no loss, a temperature for a loss that has none, or one not above 0
 */
export function resolveLoss(
  where: string,
  model: Model,
  { loss, temperature }: LossOptions,
): { loss: Loss; classes: number | null } {
  if (loss !== undefined) {
    if (temperature !== undefined) {
      throw invalid(where, 'temperature', temperature, 'left out where a loss is given', 'Divide the outputs in your loss.'); // prettier-ignore
    }
    return { loss, classes: null };
  }
  if (model.classes === null) {
    throw invalid(where, 'loss', undefined, `given for '${model.name}', whose outputs are no logits`, 'Give (labels, outputs) => losses.'); // prettier-ignore
  }
  const t = positive(where, 'temperature', temperature ?? 1, 'Leave it out for the default.');
  return { loss: crossEntropy(t), classes: model.classes };
}

/** Σ of the examples' losses: its gradient is the sum of theirs. */
export function lossSum(model: Model, values: Values, { x, y }: Batch, loss: Loss): Tensor {
  const value = loss(y, model.forward(values, x));
  const examples = x.shape[0]!;
  if (value.size === 1) return tf.mul(tf.reshape(value, []), examples);
  if (value.size === examples) return tf.sum(value);
  throw new RangeError(
    `loss: the loss of ${examples} examples is of shape [${value.shape.join(', ')}]; must be [${examples}], or a scalar, their mean. Reduce all axes but the first.`,
  );
}
