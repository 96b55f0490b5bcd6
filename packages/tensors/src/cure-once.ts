import * as tf from '@tensorflow/tfjs-core';
import { cure } from './cure.js';

const cured = new Set<string>();

/** {@link cure} at the first use of a backend: it looks at every kernel, which takes longer than many operations do. */
export function cureOnce(): void {
  const backend = tf.getBackend();
  if (cured.has(backend)) return;
  cure();
  cured.add(backend);
}
