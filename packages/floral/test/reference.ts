/** Slow textbook forms that the package must equal. */
import { stream } from '@assay-ml/numerics';
import { expect } from 'vitest';
import type { Layout, Model, Weights } from '../src/index.js';

export const random = (seed: number, length: number, scale = 1): Float64Array =>
  stream(seed, 'test')
    .fillNormal(new Float64Array(length))
    .map((x) => scale * x);

/** Hook form of a perceptron: every layer's output and C small passes beside it. */
export function hooks({ layout }: Model, { base, adaptors, pi }: Weights, x: readonly number[]): number[] {
  let h = [...x];
  const kernels = layout.base.filter(({ name }) => name.endsWith('kernel'));
  kernels.forEach((kernel, l) => {
    const [n, m] = kernel.shape as [number, number];
    const bias = layout.base.find(({ name }) => name === kernel.name.replace('kernel', 'bias'))!;
    const factors = layout.adaptors.find((b) => b.kind === 'factors' && b.target === kernel);
    const vector = layout.adaptors.find((b) => b.kind === 'vector' && b.target === bias);
    const y = Array.from({ length: m }, (_, o) => {
      let sum = base[bias.start + o]!;
      for (let i = 0; i < n; i++) sum += h[i]! * base[kernel.start + i * m + o]!;
      if (factors?.kind !== 'factors' || adaptors === null) return sum;
      for (let c = 0; c < pi!.length; c++) {
        let hook = vector?.kind === 'vector' ? adaptors[vector.part.start + c * m + o]! : 0;
        for (let j = 0; j < factors.rank; j++) {
          let z = 0;
          for (let i = 0; i < n; i++) z += h[i]! * adaptors[factors.v.start + c * factors.v.length + j * n + i]!;
          hook += z * adaptors[factors.u.start + c * factors.u.length + j * m + o]!;
        }
        sum += pi![c]! * hook;
      }
      return sum;
    });
    h = l < kernels.length - 1 ? y.map((v) => Math.max(0, v)) : y;
  });
  return h;
}

/** Largest difference of two arrays, relative to the largest number. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let [most, size] = [0, 1e-300];
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return most / size;
}

/** Central differences of f at x. */
export function differences(f: (x: Float64Array) => number, x: Float64Array, h = 1e-6): Float64Array {
  return x.map((_, i) => {
    const at = (sign: number) => f(x.map((v, j) => (j === i ? v + sign * h : v)));
    return (at(1) - at(-1)) / (2 * h);
  });
}

/** Dense kernel of the adaptor of cluster c, [n, m]. */
export function kernelOf(layout: Layout, adaptors: Float64Array, c: number, which = 0): Float64Array {
  const block = layout.adaptors.filter((b) => b.kind === 'factors')[which]!;
  const { inputs: n, outputs: m, rank, v, u } = block;
  const out = new Float64Array(n * m);
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < n; i++) {
      for (let o = 0; o < m; o++) {
        out[i * m + o]! +=
          adaptors[v.start + c * v.length + j * n + i]! * adaptors[u.start + c * u.length + j * m + o]!;
      }
    }
  }
  return out;
}
