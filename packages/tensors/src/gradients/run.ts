import * as tf from '@tensorflow/tfjs-core';

/** Attributes of a kernel. */
export type Attributes = Readonly<Record<string, unknown>>;

/** One kernel, recorded for gradients as every operation is. */
export function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: Attributes = {}): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(kernelName, inputs, attributes as unknown as tf.NamedAttrMap);
}
