/** Kernels of wasm that stand before the stock ones: against float64, and what they leave to the stock kernels. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { hessianVector, sgd, softmaxCrossEntropy, useBackend } from '../src/index.js';
import { distance, expectLikeCpu, runOn, values } from './compare.js';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('wasm');
});

describe('Exp', () => {
  const exp = async (x: readonly number[] | Float32Array) => {
    const [y] = await runOn('wasm', tf.Exp, { x: () => tf.tensor1d(x as number[], 'float32') });
    return y!.data;
  };

  test('is within 1e-7 of itself from −87 to 88', async () => {
    const x = Float32Array.from({ length: 200_001 }, (_, i) => -87 + (175 * i) / 200_000);
    const y = await exp(x);
    const off = x.map((value, i) => Math.abs(y[i]! / Math.exp(value) - 1));
    expect(off.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-7);
  });

  test('at the ends of the range and beyond', async () => {
    const x = [0, -0, 88.72283, 88.73, 1e30, Infinity, -104, -1e30, -Infinity, NaN];
    const y = Array.from(await exp(x));
    expect(y.slice(0, 2)).toEqual([1, 1]);
    expect(y[2]! / Math.exp(Math.fround(88.72283))).toBeCloseTo(1, 6);
    expect(y.slice(3)).toEqual([Infinity, Infinity, Infinity, 0, 0, 0, NaN]);
    // Numbers below the normal ones have a last digit of 2⁻¹⁴⁹.
    for (const small of [-87.5, -90, -95.25, -100, -103]) {
      expect(Math.abs((await exp([small]))[0]! - Math.exp(small))).toBeLessThanOrEqual(2 ** -149);
    }
  });

  test('a number has the same bits wherever it lies', async () => {
    const x = [1.25, -3.5, 0.1, 7, -0.75, 20, -60];
    const all = Array.from(await exp(x));
    for (const [i, value] of x.entries()) expect((await exp([value]))[0]).toBe(all[i]);
  });

  test('no numbers, and integers', async () => {
    expect((await exp([])).length).toBe(0);
    await expectLikeCpu(tf.Exp, { x: () => tf.tensor2d([[0, 1, -2, 3, 4]], [1, 5], 'int32') }, {}, 1e-6);
  });

  test('its gradient is itself, and so is the second', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor1d([0.5, -1, 1.7, -0.3, 0.05]);
    const y = await tf.exp(x).data();
    const sum = (f: (v: tf.Tensor) => tf.Tensor) => (v: tf.Tensor) => tf.sum(f(v));
    const first = tf.grad(sum((v) => tf.exp(v)));
    expect(await first(x).data()).toEqual(y);
    expect(await tf.grad(sum(first))(x).data()).toEqual(y);
  });
});

/** Shapes, axes, and the sides of the parts along the axis. */
const parted: [number[], number, number[]][] = [
  [[5, 12], 1, [4, 4, 4]],
  [[5, 12], -1, [1, 2, 9]],
  [[7, 300], 1, [70, 230]],
  [[12, 5], 0, [3, 9]],
  [[2, 3, 8], 2, [3, 5]],
  [[2, 6, 5], 1, [1, 3, 2]],
  [[2, 3, 4, 6], 3, [0, 6, 0]],
  [[2, 3, 4, 6], 2, [2, 0, 2]],
  [[0, 6], 1, [2, 4]],
  [[3, 4], 1, [4]],
  [[9], 0, [2, 7]],
];

describe('SplitV and Concat', () => {
  const partsOf = (shape: readonly number[], axis: number, sides: readonly number[]) =>
    sides.map((side) => shape.map((own, d) => (d === (axis + shape.length) % shape.length ? side : own)));

  test.each(parted)('%j along %i in %j', async (shape, axis, numOrSizeSplits) => {
    // What is copied is bits, those of NaN and ∞ also.
    const mixed = (x: tf.Tensor) => tf.where(tf.greater(x, 1), NaN, tf.where(tf.less(x, -1), -Infinity, x));
    const kinds = [mixed, (x: tf.Tensor) => tf.cast(x, 'int32'), (x: tf.Tensor) => tf.greater(x, 0)];
    const shapes = partsOf(shape, axis, numOrSizeSplits);
    for (const kind of kinds) {
      const make = () => tf.tidy(() => kind(values('x', shape)));
      const wanted = await runOn('cpu', tf.SplitV, { x: make }, { numOrSizeSplits, axis });
      expect(wanted.map((part) => part.shape)).toEqual(shapes);
      const before = tf.memory().numBytes;
      expect(await runOn('wasm', tf.SplitV, { x: make }, { numOrSizeSplits, axis })).toEqual(wanted);
      expect(tf.memory().numBytes).toBe(before);
      // And together again.
      await tf.setBackend('wasm');
      const x = make();
      const parts = tf.split(x, numOrSizeSplits, axis);
      const whole = tf.concat(parts, axis);
      expect([whole.shape, whole.dtype]).toEqual([x.shape, x.dtype]);
      expect(await whole.data()).toEqual(await x.data());
      tf.dispose([x, ...parts, whole]);
      expect(tf.memory().numBytes).toBe(before);
    }
  });

  test('strings go to the stock kernel', async () => {
    await tf.setBackend('wasm');
    const [a, b] = [tf.tensor2d([['a', 'b']]), tf.tensor2d([['c']])];
    expect(await tf.concat([a, b], 1).data()).toEqual(['a', 'b', 'c']);
  });

  test('refuse parts that do not fit', async () => {
    await tf.setBackend('wasm');
    expect(() => tf.split(tf.ones([2, 5]), 2, 1)).toThrow(/even/);
    expect(() => tf.concat([tf.ones([2, 5]), tf.ones([3, 5])], 1)).toThrow(/does not match the shape of the rest/);
  });

  test('their gradients are each other', async () => {
    await tf.setBackend('wasm');
    const [x, dy] = [values('x', [3, 7]), values('dy', [3, 7])];
    const turned = (t: tf.Tensor) => tf.concat(tf.split(t, [2, 5], 1).toReversed(), 1);
    const dx = tf.grad((v) => tf.sum(tf.mul(turned(v), dy)))(x);
    expect(await dx.data()).toEqual(await tf.concat(tf.split(dy, [5, 2], 1).toReversed(), 1).data());
  });
});

describe('Transpose', () => {
  const kinds = [(x: tf.Tensor) => x, (x: tf.Tensor) => tf.cast(tf.mul(x, 100), 'int32'), (x: tf.Tensor) => tf.greater(x, 0)]; // prettier-ignore

  test('moves every number to its place, whatever the order of the axes', async () => {
    const sides = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 });
    const given = sides.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
    await fc.assert(
      fc.asyncProperty(given, fc.constantFrom(...kinds), async ([shape, perm], kind) => {
        const make = () => tf.tidy(() => kind(values('x', shape)));
        const wanted = await runOn('cpu', tf.Transpose, { x: make }, { perm });
        const before = tf.memory().numBytes;
        expect(await runOn('wasm', tf.Transpose, { x: make }, { perm })).toEqual(wanted);
        expect(tf.memory().numBytes).toBe(before);
      }),
      {
        numRuns: 60,
        seed: 5,
        examples: [
          [
            [
              [2, 3, 4, 5],
              [0, 2, 1, 3],
            ],
            kinds[0]!,
          ],
          [
            [
              [2, 3, 4, 90],
              [0, 2, 1, 3],
            ],
            kinds[1]!,
          ],
          [
            [
              [3, 2, 7],
              [1, 0, 2],
            ],
            kinds[0]!,
          ],
          [
            [
              [2, 3, 4, 5],
              [2, 0, 1, 3],
            ],
            kinds[0]!,
          ],
          [
            [
              [2, 3, 4, 5],
              [1, 2, 0, 3],
            ],
            kinds[1]!,
          ],
          [
            [
              [2, 0, 4, 5],
              [0, 2, 1, 3],
            ],
            kinds[0]!,
          ],
          [
            [
              [2, 3, 2, 2, 5],
              [0, 2, 1, 4, 3],
            ],
            kinds[0]!,
          ],
        ],
      },
    );
  });

  test('has a gradient that is its inverse', async () => {
    await tf.setBackend('wasm');
    const [x, dy] = [values('x', [2, 3, 4, 5]), values('dy', [4, 2, 3, 5])];
    const dx = tf.grad((v) => tf.sum(tf.mul(tf.transpose(v, [2, 0, 1, 3]), dy)))(x);
    expect(await dx.data()).toEqual(await tf.transpose(dy, [1, 2, 0, 3]).data());
  });
});

describe('Sum', () => {
  /** Sums in float64. */
  function sums(data: ArrayLike<number>, shape: readonly number[], axes: readonly number[]): Float64Array {
    const kept = shape.map((side, d) => (axes.includes(d) ? 1 : side));
    const total = new Float64Array(kept.reduce((a, b) => a * b, 1));
    const strides = kept.map((_, d) => kept.slice(d + 1).reduce((a, b) => a * b, 1));
    const inner = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) {
      const at = shape.reduce(
        (sum, side, d) => sum + (kept[d] === 1 ? 0 : (Math.floor(i / inner[d]!) % side) * strides[d]!),
        0,
      );
      total[at]! += data[i]!;
    }
    return total;
  }

  test.each<[number[], number[]]>([
    [[7, 5], [0]],
    [[300, 17], [0]],
    [[128, 3], [0]],
    [
      [2, 3, 4, 8],
      [0, 1, 2],
    ],
    [
      [2, 3, 4, 8],
      [2, 0, 1],
    ],
    [
      [4, 9, 6, 5],
      [1, 2],
    ],
    [[4, 9, 6, 5], [-3]],
    [
      [1, 9, 1, 6, 5],
      [1, 3],
    ],
    [[3, 1, 5], [1]],
    // Left to the stock kernel.
    [[131, 1], [0]],
    [[7, 5], [1]],
    [
      [7, 5],
      [0, 1],
    ],
    [
      [3, 4, 5, 2],
      [0, 2],
    ],
    [[3, 4, 5], []],
  ])('of %j over %j', async (shape, axis) => {
    const axes = axis.map((d) => (d + shape.length) % shape.length);
    for (const keepDims of [false, true]) {
      const x = values('x', shape);
      const wanted = sums(await x.data(), shape, axes);
      await tf.setBackend('wasm');
      const before = { ...tf.memory() };
      const y = tf.sum(x, axis, keepDims);
      const wantedShape = shape.flatMap((side, d) => (axes.includes(d) ? (keepDims ? [1] : []) : [side]));
      expect(y.shape).toEqual(wantedShape);
      expect(distance(await y.data(), wanted)).toBeLessThan(1e-6);
      y.dispose();
      expect(tf.memory().numBytes).toBe(before.numBytes);
      expect(tf.memory().numTensors).toBe(before.numTensors);
      x.dispose();
    }
  });

  test('of 131,072 rows within 2e-7 of the largest', async () => {
    await tf.setBackend('wasm');
    const x = values('x', [131_072, 6]);
    const wanted = sums(await x.data(), x.shape, [0]);
    expect(distance(await tf.sum(x, 0).data(), wanted)).toBeLessThan(2e-7);
    // Numbers of one sign: one float32 adds them up to 1e-4 wrongly.
    const ones = tf.add(tf.mul(x, 1e-3), 0.7);
    const large = sums(await ones.data(), x.shape, [0]);
    expect(distance(await tf.sum(ones, 0).data(), large)).toBeLessThan(2e-7);
  });

  test('of nothing is zero', async () => {
    await tf.setBackend('wasm');
    tf.fill([64], 7).dispose(); // what the memory was
    for (const [shape, axis, wanted] of [
      [[0, 3], 0, [0, 0, 0]],
      [[3, 0], 1, [0, 0, 0]],
      [[2, 0, 2], 1, [0, 0, 0, 0]],
      [[0], 0, [0]],
      [[0, 3], 1, []],
    ] as const) {
      expect(Array.from(await tf.sum(tf.zeros([...shape]), axis).data())).toEqual(wanted);
    }
  });

  test('NaN and ∞ stay in their columns', async () => {
    await tf.setBackend('wasm');
    const x = tf.tensor2d([
      [1, NaN, Infinity, Infinity, 5],
      [2, 1, 1, -Infinity, 6],
    ]);
    expect(Array.from(await tf.sum(x, 0).data())).toEqual([3, NaN, Infinity, NaN, 11]);
  });

  test('integers and truth values', async () => {
    for (const kind of [(x: tf.Tensor) => tf.cast(tf.mul(x, 10), 'int32'), (x: tf.Tensor) => tf.greater(x, 0)]) {
      const read = async (backend: string) => {
        await tf.setBackend(backend);
        const y = tf.sum(kind(values('x', [9, 5])), 0);
        return [y.dtype, await y.data()];
      };
      expect(await read('wasm')).toEqual(await read('cpu'));
    }
  });

  test('its gradient is spread, and the second of its square right', async () => {
    await tf.setBackend('wasm');
    const x = values('x', [5, 3]);
    const f = (v: tf.Tensor) => tf.sum(tf.square(tf.sum(v, 0)));
    const [total] = await runOn('wasm', tf.Sum, { x: () => values('x', [5, 3]) }, { axis: 0 });
    const gradient = await tf.grad(f)(x).data();
    for (let i = 0; i < 15; i++) expect(gradient[i]).toBe(2 * total!.data[i % 3]!);
    const v = values('v', [5, 3]);
    const [hv] = hessianVector(([p]) => f(p!), [x], [v]);
    const sum = await tf.sum(v, 0).data();
    expect(
      distance(
        await hv!.data(),
        Float64Array.from({ length: 15 }, (_, i) => 2 * sum[i % 3]!),
      ),
    ).toBeLessThan(1e-6);
  });
});

test('131,072 products: gradients by a filter and by the weights of a dense layer within 1e-6', async () => {
  await tf.setBackend('wasm');
  for (const [batch, side] of [
    [128, 32],
    [2048, 8],
  ] as const) {
    const shape = [batch, side, side, 4];
    const [x, dy] = [values('x', shape), values('dy', shape)];
    const [a, b] = [await x.data(), await dy.data()];
    const wanted = new Float64Array(16);
    for (let pixel = 0; pixel < a.length; pixel += 4) {
      for (let i = 0; i < 16; i++) wanted[i]! += a[pixel + (i >> 2)]! * b[pixel + (i & 3)]!;
    }
    const dense = tf.matMul(tf.reshape(x, [-1, 4]), tf.reshape(dy, [-1, 4]), true);
    const attributes = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', filterShape: [1, 1, 4, 4] };
    const [filter] = await runOn('wasm', tf.Conv2DBackpropFilter, { x, dy }, attributes);
    expect(distance(filter!.data, wanted)).toBeLessThan(1e-6);
    expect(distance(await dense.data(), wanted)).toBeLessThan(1e-6);
  }
});

describe('softmax cross-entropy', () => {
  /** Losses and the gradient of Σ dy · loss in float64. */
  function reference(labels: ArrayLike<number>, logits: ArrayLike<number>, dy: ArrayLike<number>) {
    const width = logits.length / dy.length;
    const losses = new Float64Array(dy.length);
    const gradient = new Float64Array(logits.length);
    for (let row = 0; row < dy.length; row++) {
      const at = Array.from({ length: width }, (_, i) => row * width + i);
      const top = Math.max(...at.map((i) => logits[i]!));
      const total = at.reduce((sum, i) => sum + Math.exp(logits[i]! - top), 0);
      const weight = at.reduce((sum, i) => sum + labels[i]!, 0);
      for (const i of at) {
        losses[row]! += labels[i]! * (Math.log(total) + top - logits[i]!);
        gradient[i] = dy[row]! * ((weight * Math.exp(logits[i]! - top)) / total - labels[i]!);
      }
    }
    return { losses, gradient };
  }

  const both = (labels: tf.Tensor, logits: tf.Tensor, dy: tf.Tensor) =>
    tf.tidy(() => ({
      losses: softmaxCrossEntropy(labels, logits),
      gradient: tf.grad((z) => softmaxCrossEntropy(labels, z))(logits, dy),
    }));

  test.each<[number[], number]>([
    [[5], 1],
    [[1, 1], 1],
    [[7, 10], 3],
    [[3, 4, 9], 30],
    [[2, 4000], 5],
    [[0, 4], 1],
  ])('of %j, logits times %d, is that of float64, and cpu agrees', async (shape, scale) => {
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const logits = tf.mul(values('z', shape), scale);
      const dy = values('dy', shape.slice(0, -1));
      const soft = tf.abs(values('labels', shape));
      for (const labels of [soft, tf.cast(tf.mul(soft, 2), 'int32'), tf.greater(soft, 1)]) {
        const before = tf.memory().numTensors;
        const { losses, gradient } = both(labels, logits, dy);
        expect(tf.memory().numTensors).toBe(before + 2);
        const wanted = reference(await labels.data(), await logits.data(), await dy.data());
        expect(losses.shape).toEqual(shape.slice(0, -1));
        expect(gradient.shape).toEqual(shape);
        const within = backend === 'wasm' ? 3e-7 : 2e-6;
        expect(distance(await losses.data(), wanted.losses)).toBeLessThan(within);
        expect(distance(await gradient.data(), wanted.gradient)).toBeLessThan(within);
      }
    }
  });

  test('the gradient is the difference of the losses', async () => {
    await tf.setBackend('wasm');
    const [labels, z] = [tf.abs(values('labels', [1, 6])), values('z', [1, 6])];
    const gradient = await tf
      .grad((v) => tf.sum(softmaxCrossEntropy(labels, v)))(z)
      .data();
    for (let i = 0; i < 6; i++) {
      const step = tf.mul(tf.oneHot(tf.tensor1d([i], 'int32'), 6), 1e-2);
      const [up] = await softmaxCrossEntropy(labels, tf.add(z, step)).data();
      const [down] = await softmaxCrossEntropy(labels, tf.sub(z, step)).data();
      expect(gradient[i]).toBeCloseTo((up! - down!) / 2e-2, 3);
    }
  });

  test('NaN, ∞ and −∞ stay in their rows', async () => {
    await tf.setBackend('wasm');
    const logits = tf.tensor2d([
      [1, NaN, 0, 2, 3],
      [1, 2, 0, Infinity, 3],
      [-Infinity, 2, 0, 1, 3],
      [0, 0, 0, 0, 0],
    ]);
    const labels = tf.tensor2d([
      [0, 0, 0, 0, 1],
      [0, 0, 0, 0, 1],
      [0.5, 0, 0, 0, 0.5],
      [1, 0, 0, 0, 0],
    ]);
    const { losses, gradient } = both(labels, logits, tf.ones([4]));
    const found = Array.from(await losses.data());
    expect(found.slice(0, 3)).toEqual([NaN, NaN, Infinity]);
    expect(found[3]).toBeCloseTo(Math.log(5), 6);
    const slopes = (await gradient.array()) as number[][];
    expect(slopes.slice(0, 2).flat()).toEqual(Array(10).fill(NaN));
    expect(slopes[2]![0]).toBe(-0.5);
    expect(slopes[3]!.map((slope) => Math.round(slope * 1e6) / 1e6)).toEqual([-0.8, 0.2, 0.2, 0.2, 0.2]);
  });
});

describe('sgd', () => {
  test('has the bits of its formula, with and without mask, momentum and decay', async () => {
    await tf.setBackend('wasm');
    const shapes = [[7, 5], [16], [1], [0, 3]];
    const list = (name: string) => shapes.map((shape, i) => values(`${name}${i}`, shape));
    const state = { parameters: list('theta'), velocity: list('v') };
    const gradients = list('g');
    const some = shapes.map((shape, i) => (i === 1 ? null : tf.cast(tf.greater(values(`m${i}`, shape), 0), 'float32')));
    for (const momentum of [0, 0.9]) {
      for (const weightDecay of [0, 5e-4]) {
        for (const mask of [undefined, some]) {
          const before = tf.memory().numTensors;
          const next = tf.tidy(() => sgd(state, gradients, { rate: 0.1, momentum, weightDecay, mask }));
          expect(tf.memory().numTensors).toBe(before + 8);
          for (const [i, shape] of shapes.entries()) {
            const [theta, v, g] = [state.parameters[i]!, state.velocity[i]!, gradients[i]!].map((t) => t.dataSync());
            const m = mask?.[i]?.dataSync();
            const at = Math.fround;
            const wantedV = Array.from(theta!, (own, k) => {
              let d = m?.[k] === 0 ? 0 : g![k]!;
              if (weightDecay > 0) d = at(d + at(at(weightDecay) * own));
              return momentum > 0 ? at(at(at(momentum) * v![k]!) + d) : d;
            });
            const wanted = Array.from(theta!, (own, k) => (m?.[k] === 0 ? 0 : at(own - at(at(0.1) * wantedV[k]!))));
            expect(next.velocity[i]!.shape).toEqual(shape);
            expect(next.parameters[i]!.shape).toEqual(shape);
            expect(Array.from(await next.velocity[i]!.data())).toEqual(wantedV);
            expect(Array.from(await next.parameters[i]!.data())).toEqual(wanted);
          }
        }
      }
    }
  });

  test('without momentum a velocity that is NaN is not read, without decay a weight that is ∞ not multiplied', async () => {
    await tf.setBackend('wasm');
    const state = { parameters: [tf.tensor1d([Infinity, 1])], velocity: [tf.tensor1d([NaN, NaN])] };
    const next = sgd(state, [tf.tensor1d([2, 4])], { rate: 0.5, momentum: 0, weightDecay: 0 });
    expect(Array.from(await next.velocity[0]!.data())).toEqual([2, 4]);
    expect(Array.from(await next.parameters[0]!.data())).toEqual([Infinity, -1]);
  });

  test('a pruned weight is zero whatever its gradient and velocity are', async () => {
    for (const backend of ['wasm', 'cpu']) {
      await tf.setBackend(backend);
      const bad = tf.tensor1d([NaN, Infinity, -Infinity, NaN, NaN, 1]);
      const state = { parameters: [tf.tensor1d([0, 0, 0, 0, 0, 3])], velocity: [bad] };
      const options = { rate: 0.5, momentum: 0.5, weightDecay: 0.5, mask: [tf.tensor1d([0, 0, 0, 0, 0, 1])] };
      expect(Array.from(await sgd(state, [bad], options).parameters[0]!.data())).toEqual([0, 0, 0, 0, 0, 1.5]);
      const still = { ...state, velocity: [tf.zeros([6])] };
      expect(Array.from(await sgd(still, [bad], options).velocity[0]!.data())).toEqual([0, 0, 0, 0, 0, 2.5]);
    }
  });

  test('can be differentiated, once and twice', async () => {
    await tf.setBackend('wasm');
    const options = { rate: 0.5, momentum: 0.9, weightDecay: 0 };
    const after = (g: tf.Tensor) =>
      sgd({ parameters: [tf.tensor1d([1, 2])], velocity: [tf.tensor1d([0, 0])] }, [g], options).parameters[0]!;
    const loss = (g: tf.Tensor) => tf.sum(tf.square(after(g)));
    const g = tf.tensor1d([3, -1]);
    // θ' = θ − g/2.
    expect(Array.from(await tf.grad(loss)(g).data())).toEqual([0.5, -2.5]);
    const [hv] = hessianVector(([p]) => loss(p!), [g], [tf.tensor1d([1, 2])]);
    expect(Array.from(await hv!.data())).toEqual([0.5, 1]);
  });

  test('other types and masks that are spread go through the primitives', async () => {
    const step = async (backend: string) => {
      await tf.setBackend(backend);
      const state = { parameters: [tf.tensor2d([[1, 2], [3, 4]])], velocity: [tf.zeros([2, 2])] }; // prettier-ignore
      const mask = [tf.tensor1d([0, 1], 'int32')];
      return sgd(state, [tf.ones([2, 2])], { rate: 0.5, momentum: 0.9, weightDecay: 0, mask }).parameters[0]!.data();
    };
    expect(await step('wasm')).toEqual(await step('cpu'));
  });
});
