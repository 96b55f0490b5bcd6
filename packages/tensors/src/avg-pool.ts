/**
 * The gradient of average pooling on the backends cpu, webgpu and webgl. The forward pass divides by the number of pixels
 * of a window that lie in the image; TensorFlow.js 4.22 divides the gradient by the size of the whole window, so that it
 * is wrong at the border of padded images. Cure: scale dy before.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from './pool-info.js';

/** For each window along one axis, the share of its pixels that lie in the image. */
function shares(windows: number, side: number, stride: number, taps: number, before: number): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(side, start + taps) - Math.max(0, start)) / taps;
  });
}

const cured = new WeakSet<tf.KernelFunc>();

/** Replaces the kernel on the backends whose kernels are registered. */
export function cureAvgPool(): void {
  for (const backendName of ['cpu', 'webgpu', 'webgl']) {
    const stock = tf.getKernel(tf.AvgPoolGrad, backendName);
    if (!stock || cured.has(stock.kernelFunc)) continue;
    const kernelFunc: tf.KernelFunc = ({ inputs, attrs = {}, backend }) => {
      const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
      const c = poolInfo(input, attrs as unknown as PoolAttributes);
      const down = shares(c.outHeight, c.inHeight, c.strideHeight, c.filterHeight, c.padInfo.top);
      const across = shares(c.outWidth, c.inWidth, c.strideWidth, c.filterWidth, c.padInfo.left);
      if ([...down, ...across].every((share) => share === 1)) return stock.kernelFunc({ inputs, attrs, backend });
      const scale = tf.tensor(
        down.flatMap((a) => across.map((b) => 1 / (a * b))),
        [1, c.outHeight, c.outWidth, 1],
      );
      const scaled = tf.mul(dy, scale);
      const dx = stock.kernelFunc({ inputs: { dy: scaled, input }, attrs, backend });
      tf.dispose([scale, scaled]);
      return dx;
    };
    cured.add(kernelFunc);
    tf.unregisterKernel(tf.AvgPoolGrad, backendName);
    tf.registerKernel({ ...stock, kernelFunc });
  }
}
