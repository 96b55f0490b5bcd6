/** Losses over classes. The classes lie along the last axis. */
import * as tf from '@tensorflow/tfjs-core';
import { cureOnce } from './cure-once.js';
import { requireTensor } from './rows.js';

/**
 * log softmax over the last axis: x − log Σ exp x, without overflow. Right when differentiated twice.
 * @param logits at least one axis, float32
 */
export function logSoftmax(logits: tf.Tensor): tf.Tensor {
  requireTensor('logSoftmax', 'logits', logits);
  cureOnce();
  const op = tf.customGrad((z, save) => {
    (save as tf.GradSaveFunc)([z as tf.Tensor]);
    return {
      value: tf.logSoftmax(z as tf.Tensor),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.softmax(kept!))),
    };
  });
  return op(logits);
}

/**
 * Softmax cross-entropy of each example, −Σ labels · log softmax(logits), over the last axis. Labels are constants:
 * nothing is differentiated with respect to them. Right when differentiated twice.
 *
 * @param labels probabilities, of the shape of `logits`; rows that do not sum to 1 weigh as they are
 * @param logits at least one axis, float32
 * @returns losses of the shape of `logits` without its last axis; take the mean or sum yourself
 * @throws RangeError if the shapes differ
 */
export function softmaxCrossEntropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  requireTensor('softmaxCrossEntropy', 'labels', labels);
  requireTensor('softmaxCrossEntropy', 'logits', logits);
  if (!tf.util.arraysEqual(labels.shape, logits.shape)) {
    throw new RangeError(
      `softmaxCrossEntropy: 'labels' has shape [${labels.shape}]; must have that of 'logits', [${logits.shape}]. Make class numbers one-hot.`,
    );
  }
  cureOnce();
  const fused = tf.getBackend() === 'wasm' && logits.dtype === 'float32' && logits.size > 0;
  const run = (kernelName: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel<tf.Tensor>(kernelName, inputs);
  const op = tf.customGrad((z, save) => {
    (save as tf.GradSaveFunc)([z as tf.Tensor, labels]);
    return {
      value: fused
        ? run('AssayCrossEntropy', { labels: tf.cast(labels, 'float32'), logits: z as tf.Tensor })
        : tf.neg(tf.sum(tf.mul(labels, tf.logSoftmax(z as tf.Tensor)), -1)),
      gradFunc: (dy: tf.Tensor, [kept, weights]: tf.Tensor[]) => {
        // One that is itself differentiated is put together from primitives.
        if (fused && !tf.engine().isTapeOn()) {
          return run('AssayCrossEntropyGrad', { labels: tf.cast(weights!, 'float32'), logits: kept!, dy });
        }
        const total = tf.sum(weights!, -1, true);
        return tf.mul(tf.expandDims(dy, -1), tf.sub(tf.mul(total, tf.softmax(kept!)), weights!));
      },
    };
  });
  return op(logits);
}
