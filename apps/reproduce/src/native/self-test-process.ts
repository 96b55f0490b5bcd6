/**
 * The process of the self-test: `node self-test-process.js [folder]`. Its last line of stdout is a `NativeResult`.
 */
import { registerNative, type NativeResult } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';

/** x·w and the gradient of Σ(x·w)² by w, 2xᵀxw, in small integers: exact in any order of summation. */
async function computes(): Promise<boolean> {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const w = tf.tensor2d([5, 6, 7, 8], [2, 2]);
  const product = await tf.matMul(x, w).data();
  const gradient = await tf
    .grad((v) => tf.sum(tf.square(tf.matMul(x, v))))(w)
    .data();
  return product.join() === '19,22,43,50' && gradient.join() === '296,344,420,488';
}

async function result(folder: string | undefined): Promise<NativeResult> {
  const native = await registerNative(folder === undefined ? {} : { folder });
  if (!native.ok) return native;
  if (!(await tf.setBackend('tensorflow'))) return { ok: false, reason: `${native.reason} does not start` };
  return (await computes()) ? native : { ok: false, reason: `${native.reason} computes a wrong product or gradient` };
}

process.stdout.write(`${JSON.stringify(await result(process.argv[2]))}\n`);
