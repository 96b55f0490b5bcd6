import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

/** Inputs x, scale, offset; outputs y, mean, variance. */
export const batchNormForward: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, scale, offset } = inputs as { x: tf.TensorInfo; scale: tf.TensorInfo; offset: tf.TensorInfo };
  const { epsilon } = attrs as unknown as { epsilon: number };
  const depth = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / depth;
  const y = backend.makeOutput(x.shape, 'float32');
  const mean = backend.makeOutput([depth], 'float32');
  const variance = backend.makeOutput([depth], 'float32');
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const { statistics, normalise } = kernelsOf(backend);
  withScratch(backend, 24 * depth, (scratch) => {
    statistics(rows, depth, at(x), at(mean), at(variance), scratch);
    const factor = floats(backend, scratch, depth);
    const [s, v] = [floats(backend, at(scale), depth), floats(backend, at(variance), depth)];
    for (let c = 0; c < depth; c++) factor[c] = s[c]! / Math.sqrt(v[c]! + epsilon);
    normalise(rows, depth, at(x), at(mean), scratch, at(offset), at(y));
  });
  return [y, mean, variance];
};

/** Inputs x, scale, mean, variance and the gradients of y, mean, variance; outputs those of x, scale, offset. */
export const batchNormGradient: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { epsilon } = attrs as unknown as { epsilon: number };
  const x = inputs['x'] as tf.TensorInfo;
  const depth = x.shape.at(-1)!;
  const rows = tf.util.sizeFromShape(x.shape) / depth;
  const dx = backend.makeOutput(x.shape, 'float32');
  const dScale = backend.makeOutput([depth], 'float32');
  const dOffset = backend.makeOutput([depth], 'float32');
  const at = (tensor: tf.TensorInfo) => addressOf(backend, tensor);
  const input = (name: string) => at(inputs[name] as tf.TensorInfo);
  const { normaliseSums, normaliseGradient } = kernelsOf(backend);
  withScratch(backend, 28 * depth, (scratch) => {
    normaliseSums(rows, depth, input('x'), input('dy'), input('mean'), scratch);
    const sums = new Float64Array(backend.wasm.HEAPU8.buffer, scratch, 2 * depth);
    const line = 4 * depth;
    const [a, b, c] = [4, 5, 6].map((k) => floats(backend, scratch + k * line, depth)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [scale, variance, dMean, dVariance] = ['scale', 'variance', 'dMean', 'dVariance'].map((name) =>
      floats(backend, input(name), depth),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const [gScale, gOffset] = [floats(backend, at(dScale), depth), floats(backend, at(dOffset), depth)];
    for (let k = 0; k < depth; k++) {
      const inverse = 1 / Math.sqrt(variance[k]! + epsilon);
      const [sum, product] = [sums[k]!, sums[depth + k]!];
      gOffset[k] = sum;
      gScale[k] = product * inverse;
      a[k] = scale[k]! * inverse;
      b[k] = (-scale[k]! * inverse * inverse * inverse * product + 2 * dVariance[k]!) / rows;
      c[k] = (-scale[k]! * inverse * sum + dMean[k]!) / rows;
    }
    const [fromA, fromB, fromC] = [4, 5, 6].map((k) => scratch + k * line) as [number, number, number];
    normaliseGradient(rows, depth, input('x'), input('dy'), input('mean'), fromA, fromB, fromC, at(dx));
  });
  return [dx, dScale, dOffset];
};

function floats(backend: WasmBackend, address: number, length: number): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer, address, length);
}
