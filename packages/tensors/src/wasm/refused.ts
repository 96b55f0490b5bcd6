/** What the stock kernels of wasm get wrong in silence and this package does not cure: refused by name. */
import * as tf from '@tensorflow/tfjs-core';
import type { PartialKernel } from './heap.js';

/** They read a truth value, one byte, as a number of four. */
const elementwise = [
  ...[tf.Abs, tf.Ceil, tf.Cos, tf.Elu, tf.Exp, tf.Floor, tf.LeakyRelu, tf.Log, tf.Neg, tf.Relu, tf.Relu6, tf.Round],
  ...[tf.Rsqrt, tf.Selu, tf.Sigmoid, tf.Sin, tf.Softmax, tf.Softplus, tf.Sqrt, tf.Square, tf.Step, tf.Tan, tf.Tanh],
];
const noTruthValues =
  (name: string): PartialKernel =>
  ({ inputs }) => {
    if ((inputs['x'] ?? inputs['logits'])?.dtype !== 'bool') return undefined;
    throw new Error(`${name}: the numbers are bool; must be float32 or int32 on wasm. Cast them with tf.cast.`);
  };

/** It starts from the smallest positive number, so that windows of negative sums come out wrong. */
const noDilation: PartialKernel = () => {
  throw new Error('dilation2d: the kernel of the backend wasm is wrong for negative numbers. Take another backend.');
};

/** By kernel. */
export const refused: Readonly<Record<string, PartialKernel>> = {
  ...Object.fromEntries(elementwise.map((name) => [name, noTruthValues(name)])),
  [tf.Dilation2D]: noDilation,
};
