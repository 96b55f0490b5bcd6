/** What suites on tensors share. */
import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import type { BackendName } from '@assay-ml/tensors';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { onBlas } from './on-blas.js';

const BACKENDS: readonly BackendName[] = ['wasm', 'tensorflow', 'cpu', 'webgpu'];

/** The same benchmark on each backend, with the peers that it has there. */
export function onBackends(
  { name, ...benchmark }: Omit<Benchmark, 'backend' | 'peers'>,
  peers: Partial<Record<BackendName, Benchmark['peers']>>,
): Benchmark[] {
  return BACKENDS.map((backend) => ({
    name: `${name}, ${backend}`,
    backend,
    ...benchmark,
    ...(peers[backend] ? { peers: peers[backend] } : {}),
  }));
}

/**
 * The same benchmark on each backend, and on wasm with the engine, beside the same without and others.
 * @param narrow goal with kernels of 256 bits, of a row of its own
 */
export function alsoOnBlas(
  benchmarks: readonly Benchmark[],
  goal: number,
  peers: readonly Peer[],
  narrow?: number,
): Benchmark[] {
  const found = benchmarks.find(({ backend }) => backend === 'wasm')!;
  const wasm = { ...found, name: found.name.replace(/, wasm$/, '') };
  const rows = [...benchmarks, onBlas(wasm, { goal, peers })];
  return narrow === undefined ? rows : [...rows, onBlas(wasm, { goal: narrow, peers: [], bits: 256 })];
}

/** Numbers in one array, of tensors that a GPU may hold. */
export async function read(tensors: readonly tf.Tensor[]): Promise<Float64Array> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  return joined(values);
}

/** Arrays one after the other. */
export function joined(arrays: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** Computes tensors; those of the call before go. */
export function tensorWork(compute: () => tf.Tensor | tf.Tensor[], inputs: readonly tf.Tensor[]): Work {
  let results: tf.Tensor[] = [];
  return {
    async run() {
      tf.dispose(results);
      results = [tf.tidy(compute)].flat();
      // On a GPU operations only queue up: one number of the last waits for all.
      const last = tf.tidy(() => tf.slice(tf.reshape(results.at(-1)!, [-1]), 0, 1));
      await last.data();
      last.dispose();
    },
    result: () => read(results),
    free: () => tf.dispose([...results, ...inputs]),
  };
}

/** `count` examples of normal numbers, and labels that go round. */
export function examples(count: number, shape: readonly number[], classes: number) {
  const size = shape.reduce((product, side) => product * side, 1);
  return {
    x: Float32Array.from(stream(5, 'benchmark', 'examples').fillNormal(new Float64Array(count * size))),
    y: Int32Array.from({ length: count }, (_, i) => i % classes),
  };
}
