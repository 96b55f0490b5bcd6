/** Batch normalisation on native TensorFlow, by its own fused operations. */
import * as tf from '@tensorflow/tfjs-core';
import { float32, type NodeBackend, type OperationAttribute } from './native-operation.js';

function attributesOf(backend: NodeBackend, epsilon: number): OperationAttribute[] {
  const { binding } = backend;
  return [
    float32('T', backend),
    float32('U', backend),
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}

/** The operations take images only, and are slower on images of one pixel: what is an image stays one. */
const asImage = (x: tf.Tensor) => (x.rank === 4 ? x : tf.reshape(x, [x.size / x.shape.at(-1)!, 1, 1, x.shape.at(-1)!]));

/** Inputs x, scale, offset; outputs y, mean, variance, and three tensors that the gradient wants back. */
export const nativeForward: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as NodeBackend;
  const { x, scale, offset } = inputs as unknown as Record<'x' | 'scale' | 'offset', tf.Tensor>;
  return tf.tidy(() => {
    const none = tf.tensor1d([], 'float32');
    const [y, mean, unbiased, ...reserved] = backend.executeMultipleOutputs(
      'FusedBatchNormV3',
      attributesOf(backend, attrs!['epsilon'] as number),
      [asImage(x), scale, offset, none, none],
      6,
    );
    const n = x.size / scale.size;
    return [tf.reshape(y!, x.shape), mean!, tf.mul(unbiased!, (n - 1) / n), ...reserved];
  });
};

/** Inputs x, scale, mean, the three tensors, and the gradients of y, mean, variance; outputs those of x, scale, offset. */
export const nativeGradient: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as NodeBackend;
  const { x, scale, mean, dy, dMean, dVariance, reserved0, reserved1, reserved2 } = inputs as unknown as Readonly<
    Record<string, tf.Tensor>
  >;
  return tf.tidy(() => {
    const [dx, dScale, dOffset] = backend.executeMultipleOutputs(
      'FusedBatchNormGradV3',
      attributesOf(backend, attrs!['epsilon'] as number),
      [asImage(dy!), asImage(x!), scale!, reserved0!, reserved1!, reserved2!],
      5,
    );
    let total = tf.reshape(dx!, x!.shape);
    // The statistics rarely enter a loss: a look at C numbers saves passes over all of x.
    if ([dMean!, dVariance!].some((tensor) => tensor.dataSync().some((value) => value !== 0))) {
      const n = x!.size / scale!.size;
      const through = tf.add(dMean!, tf.mul(tf.mul(2, dVariance!), tf.sub(x!, mean!)));
      total = tf.add(total, tf.div(through, n));
    }
    return [total, dScale!, dOffset!];
  });
};
