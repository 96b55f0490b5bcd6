import * as tf from '@tensorflow/tfjs-core';

type Activation = (x: tf.Tensor, inputs: tf.NamedTensorInfoMap, alpha: number) => tf.Tensor;

const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
  elu: (x) => tf.elu(x),
  sigmoid: (x) => tf.sigmoid(x),
  leakyrelu: (x, _, alpha) => tf.leakyRelu(x, alpha),
  prelu: (x, inputs) => tf.prelu(x, inputs['preluActivationWeights'] as tf.Tensor),
};

/** A dense layer in one call: as slow in stock as the product itself, so it is put together from the cured one. */
export const fusedMatMul: tf.KernelFunc = ({ inputs, attrs }) => {
  const { transposeA, transposeB, activation, leakyreluAlpha } = attrs as unknown as {
    transposeA: boolean;
    transposeB: boolean;
    activation: string;
    leakyreluAlpha: number;
  };
  const [a, b, bias] = [inputs['a'], inputs['b'], inputs['bias']] as [tf.Tensor, tf.Tensor, tf.Tensor | undefined];
  const activate = activations[activation];
  if (!activate) {
    throw new Error(
      `fused.matMul: 'activation' is '${activation}'; must be ${Object.keys(activations).join(', ')}. Apply it afterwards.`,
    );
  }
  return tf.tidy(() => {
    const product = tf.matMul(a, b, transposeA, transposeB);
    return activate(bias ? tf.add(product, bias) : product, inputs, leakyreluAlpha);
  });
};
