/** Operations of native TensorFlow that tfjs-node's JavaScript does not name: its backend runs any of the library. */
import type * as tf from '@tensorflow/tfjs-core';

/** An operation's attribute; `type` is one of the binding's constants. */
export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node's backend that runs an operation by name. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: Readonly<
    Record<'TF_ATTR_STRING' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32', number>
  >;
  executeSingleOutput(name: string, attributes: readonly OperationAttribute[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** The attribute that says an operation's tensors are float32. */
export const float32 = (name: string, { binding }: NodeBackend): OperationAttribute => ({
  name,
  type: binding.TF_ATTR_TYPE,
  value: binding.TF_FLOAT,
});
