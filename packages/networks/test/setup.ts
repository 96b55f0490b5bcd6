import { stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';

import type { Dataset } from '../src/index.js';

/** Why a backend is not there; empty if it is. */
const whyNot = (name: BackendName): Promise<string> =>
  useBackend(name).then(
    () => '',
    (error: Error) => error.message,
  );
const noNative = await whyNot('tensorflow');
/** Why there is no WebGPU; empty if there is. Software counts: it is for checks, as these. */
export const noWebgpu = await whyNot('webgpu');

/** The backends that are there on any machine, plain JavaScript and WebAssembly, and native TensorFlow where it is set up. */
export const BACKENDS = ['cpu', 'wasm', ...(noNative === '' ? (['tensorflow'] as const) : [])] as const;

export { useBackend };

/** Points around one centre a class, `gap` standard deviations wide in each coordinate, in any shape. */
export function blobs(count: number, shape: readonly number[], { classes = 2, gap = 2, seed = 1 } = {}): Dataset {
  const size = tf.util.sizeFromShape([...shape]);
  const noise = stream(seed, 'blobs').fillNormal(new Float64Array(count * size));
  const centres = stream(0, 'centres').fillNormal(new Float64Array(classes * size));
  const y = Int32Array.from({ length: count }, (_, i) => i % classes);
  const x = Float32Array.from(noise, (z, k) => z + gap * centres[y[Math.floor(k / size)]! * size + (k % size)]!);
  return { x, y, shape, count };
}
