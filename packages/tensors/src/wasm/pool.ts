import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function gradient(kernel: 'maxPoolGradient' | 'avgPoolGradient', readsImage: boolean): tf.KernelFunc {
  return ({ inputs, attrs, backend: anyBackend }) => {
    const backend = anyBackend as unknown as WasmBackend;
    const { dy, input } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo };
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as PoolAttributes;
    const shape = input.shape as [number, number, number, number];
    const c = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
    const out = backend.makeOutput(shape, 'float32');
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
