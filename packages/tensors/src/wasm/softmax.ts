import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

function rowsOf(logits: tf.TensorInfo) {
  const width = logits.shape.at(-1)!;
  const outer = logits.shape.slice(0, -1);
  return { outer, rows: tf.util.sizeFromShape(outer), width };
}

/** Inputs labels and logits; the losses of the rows. */
export const crossEntropy: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { labels, logits } = inputs as { labels: tf.TensorInfo; logits: tf.TensorInfo };
  const { outer, rows, width } = rowsOf(logits);
  const out = backend.makeOutput(outer, 'float32');
  withScratch(backend, 24 * rows, (scratch) => {
    kernelsOf(backend).crossEntropySums(
      ...[rows, width, addressOf(backend, labels), addressOf(backend, logits), scratch],
    );
    // After the last allocation: memory that grew is another buffer.
    const { buffer } = backend.wasm.HEAPU8;
    const sums = new Float64Array(buffer, scratch, 3 * rows);
    const losses = new Float32Array(buffer, addressOf(backend, out), rows);
    for (let i = 0; i < rows; i++) losses[i] = scalar.log(sums[3 * i]!) * sums[3 * i + 1]! - sums[3 * i + 2]!;
  });
  return out;
};

/** Inputs labels, logits and the gradient of the losses; the gradient by the logits. */
export const crossEntropyGradient: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { labels, logits, dy } = inputs as Record<'labels' | 'logits' | 'dy', tf.TensorInfo>;
  const { rows, width } = rowsOf(logits);
  const out = backend.makeOutput(logits.shape, 'float32');
  const addresses = [labels, logits, dy, out].map((tensor) => addressOf(backend, tensor));
  kernelsOf(backend).crossEntropyGradient(rows, width, ...addresses);
  return out;
};
