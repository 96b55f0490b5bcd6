import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

/** Repetition and broadcasting, by copying blocks; the stock kernel looks each element's place up. */
export const tile: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const x = inputs['x'] as tf.TensorInfo;
  const { reps } = attrs as unknown as { reps: number[] };
  if (x.dtype === 'string') return tiledTexts(backend, x, reps);
  const shape = [...x.shape];
  let tensor = backend.makeOutput(shape, x.dtype);
  const width = tf.util.bytesPerElement(x.dtype);
  kernelsOf(backend).repeat(
    1,
    width * tf.util.sizeFromShape(shape),
    1,
    addressOf(backend, x),
    addressOf(backend, tensor),
  );
  // From the last axis to the first: what was repeated is one block of the next.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (reps[axis] === 1) continue;
    const count = tf.util.sizeFromShape(shape.slice(0, axis));
    const bytes = width * tf.util.sizeFromShape(shape.slice(axis));
    shape[axis]! *= reps[axis]!;
    const wider = backend.makeOutput(shape, x.dtype);
    kernelsOf(backend).repeat(count, bytes, reps[axis]!, addressOf(backend, tensor), addressOf(backend, wider));
    backend.disposeData(tensor.dataId);
    tensor = wider;
  }
  return tensor;
};

/** Texts lie outside the backend's memory. */
function tiledTexts(backend: WasmBackend, x: tf.TensorInfo, reps: readonly number[]): tf.TensorInfo {
  const shape = x.shape.map((side, d) => side * reps[d]!);
  const texts = backend.readSync(x.dataId) as unknown as Uint8Array[];
  const strides = tf.util.computeStrides(x.shape);
  const outStrides = tf.util.computeStrides(shape);
  const tiled = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => {
    const place = tf.util.indexToLoc(i, shape.length, outStrides).map((at, d) => at % x.shape[d]!);
    return texts[tf.util.locToIndex(place, shape.length, strides)]!;
  });
  return {
    dataId: backend.write(tiled as unknown as tf.backend_util.BackendValues, shape, 'string'),
    shape,
    dtype: 'string',
  };
}
