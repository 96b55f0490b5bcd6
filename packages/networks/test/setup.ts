import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu';
import { type Dataset } from '../src/index.js';
import { stream } from '@assay-ml/numerics';

/** Makes the plain JavaScript backend the current one. */
export async function cpu(): Promise<void> {
  await tf.setBackend('cpu');
}

/** Two classes of points, `gap` apart in each coordinate, in a shape. */
export function blobs(count: number, shape: readonly number[], { classes = 2, gap = 2, seed = 1 } = {}): Dataset {
  const size = tf.util.sizeFromShape([...shape]);
  const noise = stream(seed, 'blobs').fillNormal(new Float64Array(count * size));
  const centres = stream(0, 'centres').fillNormal(new Float64Array(classes * size));
  const y = Int32Array.from({ length: count }, (_, i) => i % classes);
  const x = Float32Array.from(noise, (z, k) => z + gap * centres[y[Math.floor(k / size)]! * size + (k % size)]!);
  return { x, y, shape, count };
}
