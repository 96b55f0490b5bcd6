/** Gradients of pooling over images, and their own gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from '../pool-info.js';
import { type Attributes, run } from './run.js';

/** The gradients proper. The stock ones forget how the output's size was rounded. */
const avgPool: tf.GradConfig = {
  kernelName: tf.AvgPool,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes) => ({
    x: () => run(tf.AvgPoolGrad, { dy: dy as tf.Tensor, input: x! }, attributes as unknown as Attributes),
  }),
};
const maxPool: tf.GradConfig = {
  kernelName: tf.MaxPool,
  inputsToSave: ['x'],
  outputsToSave: [true],
  gradFunc: (dy, [x, y], attributes) => ({
    x: () => run(tf.MaxPoolGrad, { dy: dy as tf.Tensor, input: x!, output: y! }, attributes as unknown as Attributes),
  }),
};

/** The gradient of average pooling is linear in dy and knows the image only by its shape. */
const avgPoolGrad: tf.GradConfig = {
  kernelName: tf.AvgPoolGrad,
  inputsToSave: ['input'],
  gradFunc: (ddx, [input], attributes) => ({
    dy: () => run(tf.AvgPool, { x: ddx as tf.Tensor }, attributes as unknown as Attributes),
    input: () => tf.zerosLike(input!),
  }),
};

/** What `values` has where each window of `image` has its first maximum. */
function takeAtMaximum(values: tf.Tensor4D, image: tf.Tensor4D, output: tf.Tensor, attributes: PoolAttributes) {
  const c = poolInfo(image, attributes);
  const { top, left } = c.padInfo;
  const bottom = Math.max(0, (c.outHeight - 1) * c.strideHeight + c.filterHeight - c.inHeight - top);
  const right = Math.max(0, (c.outWidth - 1) * c.strideWidth + c.filterWidth - c.inWidth - left);
  const borders: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const padded = tf.pad(image, borders, -Infinity);
  const paddedValues = tf.pad(values, borders);
  let taken = tf.zerosLike(output);
  let open = tf.onesLike(output);
  for (let r = 0; r < c.filterHeight; r++) {
    for (let s = 0; s < c.filterWidth; s++) {
      const end = [
        c.batchSize,
        r + (c.outHeight - 1) * c.strideHeight + 1,
        s + (c.outWidth - 1) * c.strideWidth + 1,
        c.inChannels,
      ];
      const tap = (x: tf.Tensor) => tf.stridedSlice(x, [0, r, s, 0], end, [1, c.strideHeight, c.strideWidth, 1]);
      const here = tf.mul(open, tf.cast(tf.equal(tap(padded), output), 'float32'));
      taken = tf.add(taken, tf.mul(here, tap(paddedValues)));
      open = tf.sub(open, here);
    }
  }
  return taken;
}

/** The gradient of max pooling is linear in dy; where the maxima are does not change with the image. */
const maxPoolGrad: tf.GradConfig = {
  kernelName: tf.MaxPoolGrad,
  inputsToSave: ['input', 'output'],
  gradFunc: (ddx, saved, attributes) => {
    const [input, output] = saved as [tf.Tensor4D, tf.Tensor];
    return {
      dy: () => takeAtMaximum(ddx as tf.Tensor4D, input, output, attributes as unknown as PoolAttributes),
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    };
  },
};

/** Of average and max pooling. */
export const pools = [avgPool, avgPoolGrad, maxPool, maxPoolGrad];
