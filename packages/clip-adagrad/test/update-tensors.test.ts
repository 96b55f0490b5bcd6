import { stream } from '@assay-ml/numerics';
import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { adamClip, adamClipDelayed, compose, initialState, initialTensorState, method, update, updateTensors, type Method, type TensorPoint } from '../src/index.js'; // prettier-ignore
import { keeper } from '../src/clip-tensors.js';
import { BACKENDS, useBackend } from './setup.js';

const shapes = [[3, 2], [4], []];
const sizes = [6, 4, 1];
const gradients = (t: number) =>
  sizes.map((size, i) => stream(1, 'g').at(t, i).fillPareto(new Float64Array(size), 1.5)); // prettier-ignore
const tensor = (values: ArrayLike<number>, i: number) => tf.tensor(Float32Array.from(values), shapes[i]);

const clips = (['norm', 'tensor', 'coordinate'] as const).map((mode) => ({ mode, level: 1 }));
const methods: [string, Method][] = [
  ...(['adagrad', 'adam', 'sgd'] as const).flatMap((kind) =>
    (['norm', 'coordinate'] as const).flatMap((scale) =>
      [null, ...clips].map((clip): [string, Method] => [
        `${kind} ${scale} clipped by ${clip?.mode}`,
        compose({ kind, scale, gamma: 0.1, b0: 0.5, beta1: 0.5, beta2: 0.9, eta: 0.5, clip }),
      ]),
    ),
  ),
  ['Clip-AdaGradD-Norm', method('Clip-AdaGradD-Norm', { gamma: 0.1, b0: 2, level: 1 })],
  ['AdamD', method('AdamD', { gamma: 0.1, b0: 2, beta1: 0 })],
  ['AdamClip', adamClip({ gamma: 0.1, weightDecay: 0.1 })],
  ['the delayed AdamClip', adamClipDelayed({ gamma: 0.01, mode: 'coordinate' })],
  ['only the direction clipped', compose({ gamma: 0.1, clip: { level: 1, accumulator: false } })],
  ['only the accumulator clipped', compose({ gamma: 0.1, scale: 'coordinate', clip: { level: 1, mode: 'tensor', direction: false } })],
  ['a running quantile', compose({ gamma: 0.1, clip: { mode: 'tensor', level: { kind: 'quantile', start: 3, quantile: 0.7 } } })],
  ['a growing level', compose({ gamma: { kind: 'inverse-sqrt', peak: 1 }, clip: { level: { kind: 'growing', start: 0.3, a: 1.5 } } })],
]; // prettier-ignore

const startOf = (of: Method): TensorPoint =>
  tf.tidy(() => {
    const x = sizes.map((size, i) => tf.keep(tensor(new Float64Array(size).fill(1), i)));
    const state = initialTensorState(of, x);
    for (const t of [...state.m, ...state.acc, state.level, state.clipped, state.skipped]) tf.keep(t);
    return { x, state } as unknown as tf.TensorContainer;
  }) as unknown as TensorPoint;

describe.each(BACKENDS)('updateTensors on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it.each(methods)('takes the steps of update: %s', async (_, of) => {
    const x = sizes.map((size) => new Float64Array(size).fill(1));
    const exact = { x, state: initialState(of, x) };
    let point = startOf(of);
    for (let t = 0; t < 12; t++) {
      // Both get the same float32 numbers.
      const g = gradients(t).map((array) => Float64Array.from(Float32Array.from(array)));
      update(of, exact, g, exact);
      const before = point;
      point = leakGuard(() => updateTensors(of, before, g.map(tensor)), { allow: 3 + sizes.length });
      tf.dispose([...before.x, ...before.state.m, ...before.state.acc]);
    }
    const read = async (list: readonly tf.Tensor[]) => (await Promise.all(list.map(async (t) => [...(await t.data())]))).flat(); // prettier-ignore
    const close = (a: number[], b: number[]) => {
      expect(a).toHaveLength(b.length);
      a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThan(2e-5 * (1 + Math.abs(b[i]!))));
    };
    close(await read(point.x), exact.x.flatMap((a) => [...a])); // prettier-ignore
    close(await read(point.state.m), exact.state.m.flatMap((a) => [...a])); // prettier-ignore
    close(await read([point.state.clipped, point.state.skipped]), [exact.state.clipped, 0]);
    if (of.clip && typeof of.clip.level === 'object' && of.clip.level.kind === 'quantile') close(await read([point.state.level]), [exact.state.level]); // prettier-ignore
    expect(point.state.t).toBe(12);
  });

  it.each([NaN, Infinity, -Infinity, 1e30])(
    'skips a gradient with %d in it, bit for bit, and counts it',
    async (bad) => {
      for (const [, of] of methods) {
        const from = updateTensors(of, startOf(of), gradients(0).map(tensor));
        const g = gradients(1).map(tensor);
        g[1] = tf.tensor([1, bad, 2, 3]);
        const to = updateTensors(of, from, g);
        const all = ({ x, state }: TensorPoint) =>
          Promise.all([...x, ...state.m, ...state.acc, state.level, state.clipped].map((t) => t.data()));
        expect(await all(to)).toEqual(await all(from));
        expect([...(await to.state.skipped.data())]).toEqual([1]);
        expect(to.state.t).toBe(2);
      }
    },
  );

  it('keeps adding squares that are below 6e-8 of b², which float32 alone drops', async () => {
    const of = compose({ gamma: 1e-3, b0: 1e4 });
    let point = tf.tidy(() => {
      const x = [tf.zeros([1])];
      return { x, state: initialTensorState(of, x) } as unknown as tf.TensorContainer;
    }) as unknown as TensorPoint;
    const g = [tf.tensor1d([1])];
    for (let t = 0; t < 300; t++) point = updateTensors(of, point, g);
    const [high, low] = await Promise.all(point.state.acc.map(async (part) => (await part.data())[0]!));
    expect(Math.fround(1e8 + 1)).toBe(1e8);
    expect(high! + low!).toBe(1e8 + 300);
  });

  it.skipIf(backend !== 'tensorflow')(
    'keeps whole tensors without reading the flag, as on a GPU (on TensorFlow alone: cpu and wasm have no right select by rows)',
    async () => {
      for (const finite of [true, false]) {
        const keep = keeper(tf.scalar(finite, 'bool'), true);
        const kept = keep(tf.tensor2d([[1, NaN], [3, 4]]), tf.tensor2d([[5, 6], [7, 8]])); // prettier-ignore
        expect(kept.shape).toEqual([2, 2]);
        expect([...(await kept.data())]).toEqual(finite ? [1, NaN, 3, 4] : [5, 6, 7, 8]);
        expect([...(await keep(tf.scalar(1), tf.scalar(2)).data())]).toEqual([finite ? 1 : 2]);
      }
    },
  );

  it('leaves what it got as it was', async () => {
    const of = methods[0]![1];
    const from = startOf(of);
    const copies = await Promise.all([...from.x, ...from.state.m, ...from.state.acc].map((t) => t.data()));
    updateTensors(of, from, gradients(0).map(tensor)); // prettier-ignore
    expect(await Promise.all([...from.x, ...from.state.m, ...from.state.acc].map((t) => t.data()))).toEqual(copies);
  });
});

describe('bad input', () => {
  beforeAll(async () => {
    await useBackend('cpu');
  });
  const of = method('Clip-Adam-Norm', { gamma: 1, level: 1 });
  it.each<[string, (point: TensorPoint) => unknown, string]>([
    ['the state of another method', (p) => updateTensors(method('AdaGrad', { gamma: 1 }), p, [...p.x]), "updateTensors: 'state' is of Clip-Adam-Norm; must be of AdaGrad. Start from initialTensorState()."], // prettier-ignore
    ['gradients of other shapes', (p) => updateTensors(of, p, [tf.zeros([6]), tf.zeros([4]), tf.scalar(0)]), "updateTensors: 'g' has shapes [[6],[4],[]]; must have [[3,2],[4],[]]. Give one tensor for each parameter."], // prettier-ignore
    ['the state of other parameters', (p) => updateTensors(of, { ...p, state: { ...p.state, m: [] } }, [...p.x]), "updateTensors: 'state.m' has shapes []; must have [[3,2],[4],[]]. Give one tensor for each parameter."], // prettier-ignore
  ])('refuses %s', (_, act, message) => {
    expect(() => act(startOf(of))).toThrow(new RangeError(message));
  });
});
