import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

function rowsOf(x: tf.TensorInfo) {
  const width = x.shape.at(-1)!;
  return { rows: tf.util.sizeFromShape(x.shape.slice(0, -1)), width };
}

/** Inputs x and scale; y. */
export const rmsNorm: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, scale } = inputs as { x: tf.TensorInfo; scale: tf.TensorInfo };
  const { epsilon } = attrs as unknown as { epsilon: number };
  const { rows, width } = rowsOf(x);
  const y = backend.makeOutput(x.shape, 'float32');
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  kernelsOf(backend).rmsNorm(rows, width, at(x), at(scale), epsilon, at(y));
  return y;
};

/** Inputs x, scale and the gradient of y; those of x and scale. */
export const rmsNormGradient: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, scale, dy } = inputs as Record<'x' | 'scale' | 'dy', tf.TensorInfo>;
  const { epsilon } = attrs as unknown as { epsilon: number };
  const { rows, width } = rowsOf(x);
  const [dx, dScale] = [x, scale].map(({ shape }) => backend.makeOutput(shape, 'float32')) as [
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  withScratch(backend, 12 * width, (scratch) => {
    kernelsOf(backend).rmsNormGradient(
      ...[rows, width, at(x), at(scale), at(dy), epsilon, at(dx), at(dScale), scratch],
    );
  });
  return [dx, dScale];
};

/** Inputs x, scale and offset; y. */
export const layerNorm: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, scale, offset } = inputs as Record<'x' | 'scale' | 'offset', tf.TensorInfo>;
  const { epsilon } = attrs as unknown as { epsilon: number };
  const { rows, width } = rowsOf(x);
  const y = backend.makeOutput(x.shape, 'float32');
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  kernelsOf(backend).layerNorm(rows, width, at(x), at(scale), at(offset), epsilon, at(y));
  return y;
};

/** Inputs x, scale and the gradient of y; those of x, scale and offset. */
export const layerNormGradient: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, scale, dy } = inputs as Record<'x' | 'scale' | 'dy', tf.TensorInfo>;
  const { epsilon } = attrs as unknown as { epsilon: number };
  const { rows, width } = rowsOf(x);
  const outputs = [x, scale, scale].map(({ shape }) => backend.makeOutput(shape, 'float32'));
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  withScratch(backend, 24 * width, (scratch) => {
    kernelsOf(backend).layerNormGradient(
      ...[rows, width, at(x), at(scale), at(dy), epsilon, ...outputs.map(at), scratch],
    );
  });
  return outputs;
};
