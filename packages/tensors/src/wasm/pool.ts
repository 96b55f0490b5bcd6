import type * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from '../pool-info.js';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

function gradient(kernel: 'maxPoolGradient' | 'avgPoolGradient', readsImage: boolean): tf.KernelFunc {
  return ({ inputs, attrs, backend: anyBackend }) => {
    const backend = anyBackend as unknown as WasmBackend;
    const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
    const c = poolInfo(input, attrs as unknown as PoolAttributes);
    const out = backend.makeOutput(input.shape, 'float32');
    kernelsOf(backend)[kernel](
      ...[c.batchSize, c.inHeight, c.inWidth, c.inChannels, ...(readsImage ? [addressOf(backend, input)] : [])],
      ...[c.outHeight, c.outWidth, addressOf(backend, dy), c.filterHeight, c.filterWidth],
      ...[c.strideHeight, c.strideWidth, c.padInfo.top, c.padInfo.left, addressOf(backend, out)],
    );
    return out;
  };
}

/** dy goes to the first maximum of its window. */
export const maxPoolGradient = gradient('maxPoolGradient', true);

/** dy is shared among the pixels of its window that lie in the image, as the forward pass divides by their number. */
export const avgPoolGradient = gradient('avgPoolGradient', false);
