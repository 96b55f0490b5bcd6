/**
 * The methods of tensors (`x.add(y)`). In Node tfjs-core alone has none, though tfjs-layers calls some: recurrent layers, the
 * orthogonal initialiser, gradients. What is there stays.
 */
import * as tf from '@tensorflow/tfjs-core';

type Operation = (...args: unknown[]) => tf.Tensor;

/** Those that hand the tensor and their arguments on to the operation of their name. */
const plain =
  'abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND broadcastTo cast ceil ' +
  'clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d dilation2d div divNoNan dot ' +
  'elu equal erf euclideanNorm exp expandDims expm1 fft floor floorDiv gather greater greaterEqual ifft irfft isFinite isInf ' +
  'isNaN leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd logicalNot ' +
  'logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul neg norm notEqual oneHot onesLike pad ' +
  'pool pow prelu prod reciprocal relu relu6 reshape resizeBilinear resizeNearestNeighbor reverse rfft round rsqrt selu ' +
  'separableConv2d sigmoid sign sin sinh slice softmax softplus spaceToBatchND split sqrt square squaredDifference squeeze ' +
  'step stridedSlice sub sum tan tanh tile topk transpose unique unsortedSegmentSum unstack zerosLike';

const listOf = (given: unknown) => (given instanceof tf.Tensor ? [given] : (given as tf.Tensor[]));
const sides = (x: tf.Tensor, ...shape: number[]) => tf.reshape(x, shape);

const others: Readonly<Record<string, (x: tf.Tensor, ...args: never[]) => tf.Tensor>> = {
  ...Object.fromEntries(['as2D', 'as3D', 'as4D', 'as5D'].map((name) => [name, sides])),
  as1D: (x) => tf.reshape(x, [x.size]),
  asScalar: (x) => tf.reshape(x, []),
  asType: (x, dtype: tf.DataType) => tf.cast(x, dtype),
  concat: (x, more: unknown, axis?: number) => tf.concat([x, ...listOf(more)], axis),
  flatten: (x) => tf.reshape(x, [x.size]),
  reshapeAs: (x, like: tf.Tensor) => tf.reshape(x, like.shape),
  stack: (x, more: unknown, axis?: number) => tf.stack([x, ...listOf(more)], axis),
  toBool: (x) => tf.cast(x, 'bool'),
  toFloat: (x) => tf.cast(x, 'float32'),
  toInt: (x) => tf.cast(x, 'int32'),
  where: (x, condition: tf.Tensor, other: tf.Tensor) => tf.where(condition, x, other),
};

/** Gives tensors the methods they lack. */
export function registerChained(): void {
  const operations = { ...tf, ...tf.image, ...tf.spectral } as unknown as Readonly<Record<string, Operation>>;
  const methods = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const all = { ...Object.fromEntries(plain.split(' ').map((name) => [name, operations[name]!])), ...others };
  for (const [name, operation] of Object.entries(all)) {
    methods[name] ??= function (this: tf.Tensor & { throwIfDisposed(): void }, ...args: never[]) {
      this.throwIfDisposed();
      return operation(this as never, ...args);
    };
  }
}
