import * as tf from '@tensorflow/tfjs-core';
import { anglesOf } from '../rotary-angles.js';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

function matricesOf({ shape }: tf.TensorInfo): [number, number, number] {
  const [queries, keys] = shape.slice(-2) as [number, number];
  return [tf.util.sizeFromShape(shape.slice(0, -2)), queries, keys];
}

/** Input scores; weights. */
export const causalSoftmax: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const scores = inputs['scores'] as tf.TensorInfo;
  const y = backend.makeOutput(scores.shape, 'float32');
  kernelsOf(backend).causalSoftmax(...matricesOf(scores), addressOf(backend, scores), addressOf(backend, y));
  return y;
};

/** Inputs y, the weights, and their gradient; that of the scores. */
export const causalSoftmaxGradient: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { y, dy } = inputs as { y: tf.TensorInfo; dy: tf.TensorInfo };
  const dx = backend.makeOutput(y.shape, 'float32');
  const addresses = [y, dy, dx].map((tensor) => addressOf(backend, tensor));
  kernelsOf(backend).causalSoftmaxGradient(...matricesOf(y), ...addresses);
  return dx;
};

/** Input x; y, its pairs turned forwards or back. */
export const rotary: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.TensorInfo;
  const { base, offset, direction } = attrs as unknown as Record<'base' | 'offset' | 'direction', number>;
  const [batch, time, heads, size] = x.shape as [number, number, number, number];
  const angles = anglesOf(time, size / 2, base, offset);
  const y = backend.makeOutput(x.shape, 'float32');
  withScratch(backend, 4 * angles.length, (scratch) => {
    // After the last allocation: memory that grew is another buffer.
    new Float32Array(backend.wasm.HEAPU8.buffer, scratch, angles.length).set(angles);
    kernelsOf(backend).rotary(
      ...[batch, time, heads, size / 2, addressOf(backend, x), scratch, direction, addressOf(backend, y)],
    );
  });
  return y;
};
