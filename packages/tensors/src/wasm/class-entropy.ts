import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

/** Inputs classes and logits; the losses of the rows. */
export const classEntropy: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { classes, logits } = inputs as { classes: tf.TensorInfo; logits: tf.TensorInfo };
  const rows = tf.util.sizeFromShape(classes.shape);
  const out = backend.makeOutput(classes.shape, 'float32');
  withScratch(backend, 16 * rows, (scratch) => {
    const addresses = [classes, logits].map((tensor) => addressOf(backend, tensor));
    kernelsOf(backend).classEntropySums(rows, logits.shape.at(-1)!, ...addresses, scratch);
    // After the last allocation: memory that grew is another buffer.
    const { buffer } = backend.wasm.HEAPU8;
    const sums = new Float64Array(buffer, scratch, 2 * rows);
    const losses = new Float32Array(buffer, addressOf(backend, out), rows);
    for (let i = 0; i < rows; i++) losses[i] = scalar.log(sums[2 * i]!) - sums[2 * i + 1]!;
  });
  return out;
};

/** Inputs classes, logits and the gradient of the losses; the gradient by the logits. */
export const classEntropyGradient: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { classes, logits, dy } = inputs as Record<'classes' | 'logits' | 'dy', tf.TensorInfo>;
  const out = backend.makeOutput(logits.shape, 'float32');
  const addresses = [classes, logits, dy, out].map((tensor) => addressOf(backend, tensor));
  kernelsOf(backend).classEntropyGradient(tf.util.sizeFromShape(classes.shape), logits.shape.at(-1)!, ...addresses);
  return out;
};
