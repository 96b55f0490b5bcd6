/**
 * Runs cases on one backend, with the cures or without: node worker.mjs BACKEND stock|cured FIRST ONLY. Prints one line
 * of JSON a case, and ends after a trap, which leaves memory that nothing can be said about: start it again with the next case.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { registerNative, useBackend } from '../../dist/index.js';
import { openWebgpu } from '../../dist/webgpu.js';
import { casesOf } from './cases.mjs';
import { curvatureOf, gradientOf, tensorsOf, valuesOf } from './measure.mjs';

const [backend, cured, first, only] = process.argv.slice(2);
let adapter;
if (cured === 'cured') ({ adapter } = await useBackend(backend));
else {
  if (backend === 'tensorflow') await registerNative();
  else if (backend === 'webgpu') ({ adapter } = await openWebgpu(true));
  else await import(`@tensorflow/tfjs-backend-${backend}`);
  if (backend === 'wasm') tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend(backend);
}
// Of small tensors that are not on the GPU yet the backend computes much on the CPU: other kernels than the ones swept.
if (backend === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);

const kernels = new Set();
const engine = tf.engine();
const stock = engine.runKernel;
engine.runKernel = function (name, ...rest) {
  kernels.add(name);
  return stock.call(this, name, ...rest);
};

const read = async (tensors) => Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
const gpu = backend === 'webgpu' ? tf.backend() : undefined;
async function attempt(compute) {
  gpu?.device.pushErrorScope('validation');
  const result = await outcome(compute);
  // Commands wait for others, and one that is refused takes with it those that it was submitted with.
  gpu?.endComputePassEncoder();
  if (gpu?.commandEncoder) gpu.submitQueue();
  // What WebGPU refuses it tells nobody who does not ask: the program does not run, and the numbers are what memory held.
  const complaint = (await gpu?.device.popErrorScope())?.message;
  return complaint && !result.error ? { ...result, complaint } : result;
}
async function outcome(compute) {
  try {
    return { values: await compute() };
  } catch (error) {
    return {
      error: String(error.message ?? error).split('\n')[0],
      type: error.constructor?.name,
      stack: String(error.stack).slice(0, 600),
    };
  }
}

for (const [index, c] of casesOf(backend, only).entries()) {
  if (index < Number(first)) continue;
  kernels.clear();
  const inputs = tensorsOf(tf, c);
  const values = await attempt(() => valuesOf(tf, c, inputs));
  const gradient = c.order > 0 ? await attempt(() => read(gradientOf(tf, c, inputs))) : undefined;
  const curvature = c.order > 1 ? await attempt(() => read(curvatureOf(tf, c, inputs))) : undefined;
  tf.dispose(inputs);
  const trapped = [values, gradient, curvature].some((result) => result?.type === 'RuntimeError');
  const line = { index, adapter, values, gradient, curvature, kernels: [...kernels] };
  process.stdout.write(
    `${JSON.stringify(line, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value))}\n`,
  );
  if (trapped) process.exit(3);
}
process.exit(0);
