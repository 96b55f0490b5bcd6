/** Cross-entropy from class numbers on native TensorFlow, by its own operation, which gives the losses and their gradient at once. */
import * as tf from '@tensorflow/tfjs-core';
import { float32, type NodeBackend } from './native-operation.js';

function both(backend: NodeBackend, classes: tf.Tensor, logits: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const { binding } = backend;
  const attributes = [float32('T', backend), { name: 'Tlabels', type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 }];
  const rows = [tf.reshape(logits, [classes.size, -1]), tf.reshape(classes, [-1])];
  const name = 'SparseSoftmaxCrossEntropyWithLogits';
  return backend.executeMultipleOutputs(name, attributes, rows, 2) as [tf.Tensor, tf.Tensor];
}

/** Inputs classes and logits; the losses of the rows. */
export const nativeClassEntropy: tf.KernelFunc = ({ inputs, backend }) => {
  const { classes, logits } = inputs as unknown as Record<'classes' | 'logits', tf.Tensor>;
  return tf.tidy(() => tf.reshape(both(backend as NodeBackend, classes, logits)[0], classes.shape));
};

/** Inputs classes, logits and the gradient of the losses; the gradient by the logits. */
export const nativeClassEntropyGradient: tf.KernelFunc = ({ inputs, backend }) => {
  const { classes, logits, dy } = inputs as unknown as Record<'classes' | 'logits' | 'dy', tf.Tensor>;
  return tf.tidy(() => {
    const [, slopes] = both(backend as NodeBackend, classes, logits);
    return tf.reshape(tf.mul(tf.reshape(dy, [-1, 1]), slopes), logits.shape);
  });
};
