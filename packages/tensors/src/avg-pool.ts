/**
 * The gradient of average pooling on the backends cpu, webgpu and webgl. The forward pass divides by the number of pixels
 * of a window that lie in the image; TensorFlow.js 4.22 divides the gradient by the size of the whole window, so that it
 * is wrong at the border of padded images. Cure: scale dy before.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from './pool-info.js';
import { replace } from './replace.js';

/** For each window along one axis, the share of its pixels that lie in the image. */
function shares(windows: number, side: number, stride: number, taps: number, before: number): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(side, start + taps) - Math.max(0, start)) / taps;
  });
}

/** Replaces the kernel on the backends whose kernels are registered. */
export function cureAvgPool(): void {
  for (const backendName of ['cpu', 'webgpu', 'webgl']) {
    if (!tf.getKernel(tf.AvgPoolGrad, backendName)) continue;
    replace('avgPool', tf.AvgPoolGrad, backendName, (stock) => ({ inputs, attrs = {}, backend }) => {
      const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
      const attributes = attrs as unknown as PoolAttributes;
      const c = poolInfo(input, attributes);
      const { top, left } = c.padInfo;
      const down = shares(c.outHeight, c.inHeight, c.strideHeight, c.filterHeight, top);
      const across = shares(c.outWidth, c.inWidth, c.strideWidth, c.filterWidth, left);
      if ([...down, ...across].every((share) => share === 1)) return stock!.kernelFunc({ inputs, attrs, backend });
      const scale = tf.tensor(
        down.flatMap((a) => across.map((b) => 1 / (a * b))),
        [1, c.outHeight, c.outWidth, 1],
      );
      const scaled = tf.mul(dy, scale);
      // It forgets how the output's size was rounded: pads in numbers that give this size without.
      const bottom = Math.max(0, (c.outHeight - 1) * c.strideHeight + c.filterHeight - c.inHeight - top);
      const right = Math.max(0, (c.outWidth - 1) * c.strideWidth + c.filterWidth - c.inWidth - left);
      const { dimRoundingMode, ...others } = attributes;
      const pad = dimRoundingMode ? [[0, 0], [top, bottom], [left, right], [0, 0]] : attributes.pad; // prettier-ignore
      const dx = stock!.kernelFunc({
        inputs: { dy: scaled, input },
        attrs: { ...others, pad } as unknown as tf.NamedAttrMap,
        backend,
      });
      tf.dispose([scale, scaled]);
      return dx;
    });
  }
}
