import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';

import type { Dataset } from '../src/index.js';

/** The backends that are there on any machine, plain JavaScript and WebAssembly, and native TensorFlow where it is set up. */
export const BACKENDS = ['cpu', 'wasm', ...((await hasNative()) ? (['tensorflow'] as const) : [])] as const;

async function hasNative(): Promise<boolean> {
  return useBackend('tensorflow').then(
    () => true,
    () => false,
  );
}

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
