import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { type BackendName, normal, useBackend } from '../src/index.js';

/** Values of a named tensor: the same on every backend. */
export function values(name: string, shape: readonly number[]): tf.Tensor {
  return normal(stream(7, name), shape);
}

/** Largest difference of two lists by the largest entry of the second. */
export function distance(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(actual.length).toBe(wanted.length);
  let difference = 0;
  let size = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - wanted[i]!));
    size = Math.max(size, Math.abs(wanted[i]!));
  }
  if (!Number.isFinite(difference)) return Infinity;
  return difference === 0 ? 0 : difference / size;
}

/** The backends whose numbers are compared: cpu and wasm, and native TensorFlow where it is set up. */
export async function backendsPresent(): Promise<BackendName[]> {
  try {
    await useBackend('tensorflow');
    return ['cpu', 'wasm', 'tensorflow'];
  } catch {
    return ['cpu', 'wasm'];
  }
}

/** Runs a kernel on a backend with named inputs, and reads its outputs. */
export async function runOn(
  backend: string,
  kernel: string,
  inputs: Readonly<Record<string, tf.Tensor | (() => tf.Tensor)>>,
  attributes: object = {},
): Promise<{ shape: number[]; data: ArrayLike<number> }[]> {
  await tf.setBackend(backend);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, make]) => [name, typeof make === 'function' ? make() : make]),
  );
  const outputs = tf.engine().runKernel(kernel, given, attributes as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  const list = Array.isArray(outputs) ? outputs : [outputs];
  const read = await Promise.all(list.map(async (tensor) => ({ shape: tensor.shape, data: await tensor.data() })));
  tf.dispose([given, list]);
  return read;
}

/** The same kernel on wasm and on cpu, within `tolerance` of the largest entry. */
export async function expectLikeCpu(
  kernel: string,
  inputs: Readonly<Record<string, () => tf.Tensor>>,
  attributes: object = {},
  tolerance = 1e-5,
): Promise<void> {
  const wanted = await runOn('cpu', kernel, inputs, attributes);
  const before = { ...tf.memory() };
  const actual = await runOn('wasm', kernel, inputs, attributes);
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numBytes).toBe(before.numBytes);
  for (const [i, output] of wanted.entries()) {
    expect(actual[i]!.shape).toEqual(output.shape);
    expect(distance(actual[i]!.data, output.data), JSON.stringify({ kernel, attributes })).toBeLessThan(tolerance);
  }
}
