/**
 * `tf.losses.softmaxCrossEntropy`, whose gradient by the labels is wrong in TensorFlow.js 4.22: labels − softmax, in place
 * of −log softmax. It is put together from operations that are differentiated rightly, once and twice.
 */
import * as tf from '@tensorflow/tfjs-core';

type Loss = typeof tf.losses.softmaxCrossEntropy;

const softmaxCrossEntropy: Loss = (labels, logits, weights, labelSmoothing = 0, reduction) => {
  const [l, z] = [labels, logits].map((given) =>
    given instanceof tf.Tensor ? given : tf.tensor(given as tf.TensorLike),
  );
  if (!tf.util.arraysEqual(l!.shape, z!.shape)) {
    throw new Error(
      `losses.softmaxCrossEntropy: the labels have shape [${l!.shape}]; must have that of the logits, [${z!.shape}]. Make class numbers one-hot.`,
    );
  }
  const losses = tf.tidy(() => {
    const float = tf.cast(l!, 'float32');
    const smooth =
      labelSmoothing > 0 ? tf.add(tf.mul(float, 1 - labelSmoothing), labelSmoothing / float.shape.at(-1)!) : float;
    return tf.neg(tf.sum(tf.mul(tf.logSoftmax(tf.cast(z!, 'float32')), smooth), -1));
  });
  return tf.losses.computeWeightedLoss(losses, weights, reduction) as never;
};

/** Puts it into `tf.losses`. */
export function cureLosses(): void {
  (tf.losses as { softmaxCrossEntropy: Loss }).softmaxCrossEntropy = softmaxCrossEntropy;
}
