/** Forward pooling that stays with the stock kernels, which count the output's pixels once more from pads and stride. */
import * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from '../pool-info.js';
import type { PartialKernel, WasmBackend } from './heap.js';

/**
 * Where their count is not TensorFlow.js's (pads in numbers, rounding) they write elsewhere or read out of bounds. Cure:
 * the image cut and padded to the pixels that the windows cover, and 'valid', for which both counts agree. For an image
 * with no window in it they write out of bounds, too: there is nothing to compute then.
 */
function onCoveredImage(kernelName: string, border: number, mean: boolean): PartialKernel {
  return ({ inputs, attrs, backend }) => {
    const x = inputs['x'] as tf.Tensor4D;
    const attributes = attrs as unknown as PoolAttributes;
    const c = poolInfo(x, attributes);
    const { top, left } = c.padInfo;
    if (tf.util.sizeFromShape(c.outShape) === 0) return (backend as WasmBackend).makeOutput(c.outShape, 'float32');
    if (typeof attributes.pad === 'string') return undefined;
    const down = (c.outHeight - 1) * c.strideHeight + c.filterHeight;
    const across = (c.outWidth - 1) * c.strideWidth + c.filterWidth;
    return tf.tidy(() => {
      const height = Math.min(c.inHeight, down - top);
      const width = Math.min(c.inWidth, across - left);
      const covered = (image: tf.Tensor, value: number) =>
        tf.pad(
          tf.slice(image, [0, 0, 0, 0], [image.shape[0]!, height, width, image.shape[3]!]),
          [
            [0, 0],
            [top, down - top - height],
            [left, across - left - width],
            [0, 0],
          ],
          value,
        );
      const pool = (image: tf.Tensor) =>
        tf.engine().runKernel<tf.Tensor>(kernelName, { x: image }, {
          filterSize: attributes.filterSize,
          strides: attributes.strides,
          pad: 'valid',
        } as unknown as tf.NamedAttrMap);
      const pooled = pool(covered(x, border));
      // A mean is of the pixels that lie in the image.
      return mean ? tf.div(pooled, pool(covered(tf.ones([1, c.inHeight, c.inWidth, 1]), 0))) : pooled;
    });
  };
}

/** Stands before the stock max pooling. */
export const maxPool = onCoveredImage(tf.MaxPool, -Infinity, false);

/** Stands before the stock average pooling. */
export const avgPool = onCoveredImage(tf.AvgPool, 0, true);
