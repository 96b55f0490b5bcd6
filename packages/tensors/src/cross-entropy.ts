import * as tf from '@tensorflow/tfjs-core';
import { fused } from './fused.js';
import { requireFloat32, requireTensor } from './rows.js';

/** @throws RangeError for the first class outside */
function requireInside(classes: tf.Tensor, count: number): void {
  const list = classes.dataSync();
  const at = list.findIndex((value) => value < 0 || value >= count);
  if (at < 0) return;
  const place = tf.util.indexToLoc(at, classes.rank, tf.util.computeStrides(classes.shape));
  throw new RangeError(
    `crossEntropy: 'classes' has ${list[at]} at [${place}]; must be from 0 to ${count - 1}, as there are logits of ${count} classes. Give positions that do not count any class, and their losses weight 0.`,
  );
}

/** WebGPU is not read in between: there a class outside makes its row NaN. */
function flagged(rows: tf.Tensor, classes: tf.Tensor, count: number): tf.Tensor {
  if (tf.getBackend() !== 'webgpu') return rows;
  return tf.where(tf.logicalAnd(tf.greaterEqual(classes, 0), tf.less(classes, count)), rows, NaN);
}

/** The log probabilities of the classes, [rows]. */
function chosen(logits: tf.Tensor, classes: tf.Tensor): tf.Tensor {
  const count = logits.shape.at(-1)!;
  const first = tf.mul(tf.range(0, classes.size, 1, 'int32'), tf.scalar(count, 'int32'));
  return tf.gather(tf.reshape(tf.logSoftmax(logits), [-1]), tf.add(first, tf.reshape(classes, [-1])));
}

/**
 * Cross-entropy of softmax from class numbers, −log softmax(logits) at each class: what {@link softmaxCrossEntropy} gives for
 * one-hot labels, which are not made. By the logits it is differentiated, rightly also twice.
 *
 * @param classes int32, from 0 to C − 1
 * @param logits [..., C], float32
 * @returns losses of the shape of `classes`; take the mean or sum yourself
 * @throws RangeError for another type, shapes that do not fit, or a class outside (on WebGPU, which is not read in between, its
 *   loss and gradient are NaN instead)
 */
export function crossEntropy(classes: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  requireTensor('crossEntropy', 'classes', classes);
  requireTensor('crossEntropy', 'logits', logits);
  if (classes.dtype !== 'int32') {
    throw new RangeError(
      `crossEntropy: 'classes' is ${classes.dtype}; must be int32, class numbers. For one-hot labels or probabilities use softmaxCrossEntropy.`,
    );
  }
  requireFloat32('crossEntropy', { logits });
  if (logits.rank === 0 || !tf.util.arraysEqual(classes.shape, logits.shape.slice(0, -1))) {
    throw new RangeError(
      `crossEntropy: 'classes' has shape [${classes.shape}]; must have that of 'logits', [${logits.shape}], without its last axis. The classes of a row lie there.`,
    );
  }
  const count = logits.shape.at(-1)!;
  if (tf.getBackend() !== 'webgpu') requireInside(classes, count);
  return fused({
    name: 'ClassEntropy',
    variables: [logits],
    inputs: { classes, logits },
    value() {
      if (classes.size === 0) return tf.zeros(classes.shape);
      return flagged(tf.neg(tf.reshape(chosen(logits, classes), classes.shape)), classes, count);
    },
    keep: () => ({ classes, logits }),
    gradient({ dy, classes, logits }) {
      const weights = tf.expandDims(flagged(dy, classes, count), -1);
      const own = tf.equal(tf.expandDims(classes, -1), tf.range(0, count, 1, 'int32'));
      return [tf.mul(weights, tf.sub(tf.softmax(logits), tf.cast(own, 'float32')))];
    },
  });
}
