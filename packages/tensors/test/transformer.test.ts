/**
 * The operations of transformers on every backend that runs here: values, gradients and second derivatives against slow forward
 * passes in float64, of which the derivatives are differences.
 */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  causalSoftmax,
  crossEntropy,
  gelu,
  hessianVector,
  layerNorm,
  leakGuard,
  rmsNorm,
  rotary,
  softmaxCrossEntropy,
  swiglu,
  useBackend,
} from '../src/index.js';
import { backendsPresent, distance, values } from './compare.js';

const present = await backendsPresent();

/** An operation at some shapes: the tensors, and the same in float64 on flat lists. */
interface Case {
  readonly inputs: readonly tf.Tensor[];
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly slow: (...inputs: Float64Array[]) => Float64Array;
}

/** Applies a function of rows. */
function byRow(x: Float64Array, width: number, row: (numbers: number[], index: number) => number[]): Float64Array {
  return Float64Array.from(
    Array.from({ length: x.length / width }, (_, r) => row([...x.subarray(r * width, (r + 1) * width)], r)).flat(),
  );
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;

/** 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!: no term cancels another. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const softmaxOf = (z: readonly number[]) => {
  const e = z.map((value) => Math.exp(value - Math.max(...z)));
  return e.map((value) => value / e.reduce((a, b) => a + b));
};

/** Class numbers below `count`, the first and last of them among them. */
const classesOf = (shape: readonly number[], count: number) =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, i) => (i * 7 + count - 1) % count),
    [...shape],
    'int32',
  );

const norms = (x: tf.Tensor) => ['scale', 'offset'].map((name) => values(name, [x.shape.at(-1)!]));

const operations: Readonly<Record<string, (shape: readonly number[], size?: number) => Case>> = {
  crossEntropy(shape, size = 1) {
    const width = shape.at(-1)!;
    const classes = classesOf(shape.slice(0, -1), width);
    const list = classes.dataSync();
    return {
      inputs: [tf.mul(values('z', shape), size)],
      f: (z) => crossEntropy(classes, z),
      slow: (z) => byRow(z, width, (row, r) => [-Math.log(softmaxOf(row)[list[r]!]!)]),
    };
  },
  rmsNorm(shape, size = 1) {
    const x = tf.mul(values('x', shape), size);
    return {
      inputs: [x, norms(x)[0]!],
      f: (x, scale) => rmsNorm(x, scale!, 1e-3),
      slow: (x, scale) =>
        byRow(x, scale!.length, (row) => {
          const factor = 1 / Math.sqrt(mean(row.map((value) => value * value)) + 1e-3);
          return row.map((value, i) => scale![i]! * value * factor);
        }),
    };
  },
  layerNorm(shape, size = 1) {
    const x = tf.mul(tf.add(values('x', shape), 3), size);
    return {
      inputs: [x, ...norms(x)],
      f: (x, scale, offset) => layerNorm(x, scale!, offset!, 1e-3),
      slow: (x, scale, offset) =>
        byRow(x, scale!.length, (row) => {
          const centre = mean(row);
          const factor = 1 / Math.sqrt(mean(row.map((value) => (value - centre) ** 2)) + 1e-3);
          return row.map((value, i) => scale![i]! * (value - centre) * factor + offset![i]!);
        }),
    };
  },
  swiglu(shape, size = 1) {
    return {
      inputs: [tf.mul(values('gate', shape), size), values('up', shape)],
      f: (gate, up) => swiglu(gate, up!),
      slow: (gate, up) => gate.map((g, i) => (g / (1 + Math.exp(-g))) * up![i]!),
    };
  },
  gelu(shape, size = 1) {
    return {
      inputs: [tf.mul(values('x', shape), size)],
      f: gelu,
      slow: (x) => x.map((value) => (value / 2) * (1 + erf(value / Math.SQRT2))),
    };
  },
  causalSoftmax(shape, size = 1) {
    const [queries, keys] = shape.slice(-2) as [number, number];
    return {
      inputs: [tf.mul(values('scores', shape), size)],
      f: causalSoftmax,
      slow: (x) =>
        byRow(x, keys, (row, r) => {
          const seen = (r % queries) + keys - queries + 1;
          return [...softmaxOf(row.slice(0, seen)), ...Array<number>(keys - seen).fill(0)];
        }),
    };
  },
  rotary(shape) {
    const [, time, heads, size] = shape as [number, number, number, number];
    const half = size / 2;
    return {
      inputs: [values('x', shape)],
      f: (x) => rotary(x, { base: 100, offset: 3 }),
      slow: (x) =>
        byRow(x, size, (row, r) => {
          const position = 3 + (Math.floor(r / heads) % time);
          return row.map((value, k) => {
            const angle = position * 100 ** (-(2 * (k % half)) / size);
            const other = k < half ? -row[k + half]! : row[k - half]!;
            return value * Math.cos(angle) + other * Math.sin(angle);
          });
        }),
    };
  },
};

const names = Object.keys(operations);

/** Shapes an operation takes: sides odd, below and above four, of one. */
const shapesOf = (name: string): readonly (readonly number[])[] =>
  name === 'rotary'
    ? [
        [2, 3, 2, 4],
        [1, 4, 3, 6],
        [2, 1, 1, 2],
        [1, 2, 1, 18],
      ]
    : name === 'causalSoftmax'
      ? [
          [3, 3],
          [2, 2, 5],
          [2, 2, 4, 4],
          [1, 9],
          [1, 1, 6, 11],
        ]
      : [[2, 3, 4], [3, 5], [1, 1], [4, 2], [1, 131], [7]]; // prettier-ignore

/** What is differentiated: ½ Σ w · y², so that the gradient of y depends on y. */
const weightsOf = (count: number) => Array.from({ length: count }, (_, i) => 1 + (i % 3) / 2);

const lossOf = (f: Case['f']) => (inputs: readonly tf.Tensor[]) => {
  const y = f(...inputs);
  return tf.mul(0.5, tf.sum(tf.mul(tf.tensor(weightsOf(y.size), y.shape), tf.square(y))));
};

const slowLossOf = (slow: Case['slow']) => (inputs: readonly Float64Array[]) => {
  const y = slow(...inputs);
  const weights = weightsOf(y.length);
  return y.reduce((sum, value, i) => sum + 0.5 * weights[i]! * value * value, 0);
};

/** The inputs with `step` added to one number, or to all along a direction. */
const moved = (inputs: readonly Float64Array[], k: number, at: number, step: number) =>
  inputs.map((list, i) => (i === k ? list.map((value, j) => (j === at ? value + step : value)) : list));
const along = (inputs: readonly Float64Array[], direction: readonly Float64Array[], step: number) =>
  inputs.map((list, i) => list.map((value, j) => value + step * direction[i]![j]!));

const wide = async (tensors: readonly tf.Tensor[]) =>
  Promise.all(tensors.map(async (tensor) => Float64Array.from(await tensor.data())));

/** The largest difference by the largest number, or by 1 where all are small. */
function error(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(actual.length).toBe(wanted.length);
  const size = Array.from(wanted).reduce((top, value) => Math.max(top, Math.abs(value)), 1);
  return Array.from(wanted).reduce((worst, value, i) => {
    const off = Math.abs(actual[i]! - value) / size;
    return off <= worst ? worst : Number.isNaN(off) ? Infinity : off;
  }, 0);
}

describe.each(present)('on %s', (backend) => {
  describe.each(names)('%s', (name) => {
    test.each(shapesOf(name).map((shape) => ({ shape })))(
      'value, gradient, second derivative: $shape',
      async ({ shape }) => {
        await useBackend(backend);
        const { inputs, f, slow } = operations[name]!(shape);
        const at = await wide(inputs);
        expect(error(await leakGuard(() => f(...inputs)).data(), slow(...at))).toBeLessThan(2e-6);

        const gradients = leakGuard(() => tf.grads((...list) => lossOf(f)(list))([...inputs]));
        const loss = slowLossOf(slow);
        const step = 1e-5;
        for (const [k, gradient] of gradients.entries()) {
          expect(gradient.shape).toEqual(inputs[k]!.shape);
          const wanted = at[k]!.map(
            (_, j) => (loss(moved(at, k, j, step)) - loss(moved(at, k, j, -step))) / (2 * step),
          );
          expect(error(await gradient.data(), wanted), `by input ${k}`).toBeLessThan(5e-6);
        }

        const direction = inputs.map((tensor, i) => values(`direction ${i}`, tensor.shape));
        const products = leakGuard(() => hessianVector(lossOf(f), inputs, direction), { allow: 0 });
        const v = await wide(direction);
        const far = 1e-4;
        const slope = (list: readonly Float64Array[]) => loss(along(list, v, far)) - loss(along(list, v, -far));
        for (const [k, product] of products.entries()) {
          const wanted = at[k]!.map(
            (_, j) => (slope(moved(at, k, j, far)) - slope(moved(at, k, j, -far))) / (4 * far * far),
          );
          expect(error(await product.data(), wanted), `twice by input ${k}`).toBeLessThan(2e-5);
        }
      },
    );

    test('agrees with cpu for random shapes', async () => {
      const side = fc.integer({ min: 1, max: 6 });
      const width = fc.integer({ min: 1, max: 40 });
      const shapes =
        name === 'rotary'
          ? fc.tuple(side, side, side, width).map(([b, t, h, d]) => [b, t, h, 2 * d])
          : name === 'causalSoftmax'
            ? fc.tuple(side, width, side).map(([b, t, more]) => [b, t, t + more - 1])
            : fc.tuple(side, side, width).map((list) => [...list]);
      await fc.assert(
        fc.asyncProperty(shapes, fc.constantFrom(0.01, 1, 5), async (shape, size) => {
          const compute = async (on: 'cpu' | typeof backend) => {
            await useBackend(on);
            const { inputs, f } = operations[name]!(shape, size);
            const y = f(...inputs);
            const dy = values('dy', y.shape);
            return wide([y, ...tf.grads(f)([...inputs], dy)]);
          };
          const [actual, wanted] = [await compute(backend), await compute('cpu')];
          for (const [i, list] of wanted.entries()) expect([i, error(actual[i]!, list) < 5e-6]).toEqual([i, true]);
        }),
        { numRuns: 15, seed: 11 },
      );
    });

    test('of nothing is nothing, and so is its gradient', async () => {
      await useBackend(backend);
      const shape = name === 'rotary' ? [0, 3, 2, 4] : [0, 3, 5];
      const { inputs, f } = operations[name]!(shape);
      const y = f(...inputs);
      expect(y.shape).toEqual(name === 'crossEntropy' ? [0, 3] : shape);
      const [dx, ...others] = tf.grads(f)([...inputs], values('dy', y.shape));
      expect(dx!.shape).toEqual(shape);
      for (const other of others) expect(other.size === 0 || other.dataSync().every((v) => v === 0)).toBe(true);
    });

    test('NaN goes through, and stays in its row', async () => {
      await useBackend(backend);
      const shape = name === 'rotary' ? [1, 1, 3, 6] : [3, 6];
      const { inputs, f } = operations[name]!(shape);
      const data = [...inputs[0]!.dataSync()];
      data[6] = NaN; // the first of the second row
      const bad = [tf.tensor(data, shape), ...inputs.slice(1)];
      const rows = async (tensor: tf.Tensor) => tf.reshape(tensor, [3, -1]).array() as Promise<number[][]>;
      const y = f(...bad);
      const dx = tf.grads(f)(bad, tf.onesLike(y))[0]!;
      // What is linear has a gradient without x.
      for (const tensor of name === 'rotary' ? [y] : [y, dx]) {
        const [first, second, third] = (await rows(tensor)) as [number[], number[], number[]];
        expect([...first, ...third].every(Number.isFinite)).toBe(true);
        expect(second.some(Number.isNaN)).toBe(true);
      }
    });
  });

  test('crossEntropy is softmaxCrossEntropy of one-hot labels, and its mean is divided by the positions', async () => {
    await useBackend(backend);
    const logits = values('logits', [4, 5, 7]);
    const classes = classesOf([4, 5], 7);
    const labels = tf.oneHot(classes as tf.Tensor2D, 7);
    const [actual, wanted] = [crossEntropy(classes, logits), softmaxCrossEntropy(labels, logits)];
    expect(distance(await actual.data(), await wanted.data())).toBeLessThan(1e-6);
    const gradient = await tf
      .grad((z) => tf.mean(crossEntropy(classes, z)))(logits)
      .data();
    const rows = (await logits.data()) as Float32Array;
    const list = classes.dataSync();
    const slopes = byRow(Float64Array.from(rows), 7, (row, r) =>
      softmaxOf(row).map((p, i) => (p - Number(i === list[r])) / 20),
    );
    expect(distance(gradient, slopes)).toBeLessThan(1e-6);
  });

  test('crossEntropy far from zero', async () => {
    await useBackend(backend);
    const logits = tf.tensor2d([[1e4, 1e4 + 1, -1e30], [-Infinity, 0, 0]]); // prettier-ignore
    const losses = await crossEntropy(tf.tensor1d([0, 2], 'int32'), logits).data();
    expect(distance(losses, [Math.log(1 + Math.E), Math.log(2)])).toBeLessThan(1e-6);
  });

  test('norms of a row that is zero are zero and offset: ε keeps them finite', async () => {
    await useBackend(backend);
    const [x, one] = [tf.zeros([2, 5]), tf.ones([5])];
    const slope = (f: (x: tf.Tensor) => tf.Tensor) => tf.grad((v) => tf.sum(tf.mul(f(v), tf.range(0, 5))))(x);
    expect([...(await rmsNorm(x, one).data())]).toEqual(Array(10).fill(0));
    expect([...(await layerNorm(x, one, one).data())]).toEqual(Array(10).fill(1));
    // dy/√ε, and without its mean.
    const rms = await slope((v) => rmsNorm(v, one, 1e-4)).data();
    expect(error(rms, [0, 100, 200, 300, 400, 0, 100, 200, 300, 400])).toBeLessThan(1e-6);
    const layer = await slope((v) => layerNorm(v, one, one, 1e-4)).data();
    expect(error(layer, [-200, -100, 0, 100, 200, -200, -100, 0, 100, 200])).toBeLessThan(1e-6);
  });

  test('defaults of ε: LLaMA’s 1e-6 and PyTorch’s 1e-5', async () => {
    await useBackend(backend);
    const x = tf.tensor2d([[1e-3, -1e-3]]);
    const one = tf.ones([2]);
    const rms = await rmsNorm(x, one).data();
    expect(rms[0]).toBeCloseTo(1e-3 / Math.sqrt(2e-6), 5);
    const layer = await layerNorm(x, one, tf.zeros([2])).data();
    expect(layer[0]).toBeCloseTo(1e-3 / Math.sqrt(1.1e-5), 5);
  });

  test('rotary: the first position stays, angles are those of LLaMA, an offset is a later position', async () => {
    await useBackend(backend);
    const x = values('x', [2, 5, 3, 8]);
    const y = rotary(x);
    const first = (t: tf.Tensor, from: number, count: number) => tf.slice(t, [0, from], [2, count]);
    expect(distance(await first(y, 0, 1).data(), await first(x, 0, 1).data())).toBeLessThan(1e-7);
    // One key after two others, as with a cache.
    const later = rotary(first(x, 2, 3), { offset: 2 });
    expect(await later.data()).toEqual(await first(y, 2, 3).data());
    // Pair (1, 0) at position 1 turns by 1 radian, the next by 10000^(−1/4) = 0.1.
    const unit = tf.tensor4d([1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 8]);
    const turned = await rotary(unit, { offset: 1 }).data();
    const [c, s] = [Math.cos, Math.sin];
    expect(distance(turned, [c(1), c(0.1), 0, 0, s(1), s(0.1), 0, 0])).toBeLessThan(1e-6);
  });

  test('rotary: products of queries and keys depend on their distance alone', async () => {
    await useBackend(backend);
    const [q, k] = [values('q', [1, 1, 1, 16]), values('k', [1, 1, 1, 16])];
    const score = async (i: number, j: number) =>
      (await tf.sum(tf.mul(rotary(q, { offset: i }), rotary(k, { offset: j }))).data())[0]!;
    const near = await score(9, 4);
    expect(await score(105, 100)).toBeCloseTo(near, 4);
    expect(Math.abs((await score(9, 5)) - near)).toBeGreaterThan(1e-2);
  });

  test('causalSoftmax: a later key changes nothing, with a cache of keys too', async () => {
    await useBackend(backend);
    const scores = values('scores', [2, 3, 5]);
    const weights = (await causalSoftmax(scores).array()) as number[][][];
    for (const matrix of weights) {
      for (const [i, row] of matrix.entries()) {
        expect(row.slice(i + 3)).toEqual(Array(2 - i).fill(0));
        expect(row.slice(0, i + 3).every((weight) => weight > 0)).toBe(true);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      }
    }
    const last = causalSoftmax(tf.slice(scores, [0, 2], [2, 1]));
    expect(distance(await last.data(), await tf.slice(causalSoftmax(scores), [0, 2], [2, 1]).data())).toBeLessThan(
      1e-6,
    );
    // The score of a key that nobody sees has no gradient.
    const slope = await tf
      .grad((z) => tf.sum(tf.square(causalSoftmax(z))))(scores)
      .array();
    expect((slope as number[][][]).map((matrix) => [matrix[0]!.slice(3), matrix[1]!.slice(4)]).flat(2)).toEqual(
      Array(6).fill(0),
    );
  });
});

describe('kernels of wasm', () => {
  beforeAll(() => useBackend('wasm'));

  /** Rows wider than any unrolled loop, and more rows than a block has. */
  test.each(names.filter((name) => name !== 'rotary'))('%s of wide and of many rows', async (name) => {
    for (const shape of name === 'causalSoftmax'
      ? [
          [2, 301],
          [31, 33],
        ]
      : [
          [2, 531],
          [300, 5],
        ]) {
      // prettier-ignore
      const { inputs, f, slow } = operations[name]!(shape);
      const at = await wide(inputs);
      expect(distance(await f(...inputs).data(), slow(...at))).toBeLessThan(5e-7);
      const loss = slowLossOf(slow);
      const gradients = tf.grads((...list) => lossOf(f)(list))([...inputs]);
      for (const [k, gradient] of gradients.entries()) {
        const data = await gradient.data();
        // Some of the numbers, the last among them: each takes two passes over all.
        const some = Array.from({ length: 17 }, (_, i) => Math.round(((data.length - 1) * i) / 16));
        const wanted = some.map((j) => (loss(moved(at, k, j, 1e-5)) - loss(moved(at, k, j, -1e-5))) / 2e-5);
        const found = some.map((j) => data[j]!);
        expect(error(found, wanted), `${shape}, by input ${k}`).toBeLessThan(5e-6);
      }
    }
  });

  test('gelu is within 3e-7 of itself by its size, also where Φ is small', async () => {
    const x = Float32Array.from({ length: 2_403 }, (_, i) => -12 + i / 100);
    const y = await gelu(tf.tensor1d(x)).data();
    for (const [i, value] of x.entries()) {
      const wanted = (value / 2) * (1 + erf(value / Math.SQRT2));
      expect(Math.abs(y[i]! - wanted)).toBeLessThan(3e-7 * Math.max(Math.abs(value), 1e-3));
    }
    // φ(x)/|x| · (1 − 1/x² + 3/x⁴ − 15/x⁶ + 105/x⁸) times x.
    for (const value of [-7, -8, -9]) {
      const series = 1 - value ** -2 + 3 * value ** -4 - 15 * value ** -6 + 105 * value ** -8;
      const wanted = (-Math.exp(-(value ** 2) / 2) / Math.sqrt(2 * Math.PI)) * series;
      expect(Math.abs((await gelu(tf.scalar(value)).data())[0]! / wanted - 1)).toBeLessThan(2e-4);
    }
  });

  test('gates far from zero: closed below, open above', async () => {
    const far = tf.tensor1d([-1e30, -200, -104, 104, 200, 1e30]);
    const one = tf.onesLike(far);
    const size = [0, 0, 0, 104, 200, Math.fround(1e30)];
    for (const f of [gelu, (x: tf.Tensor) => swiglu(x, one)]) {
      expect(Array.from(await f(far).data(), Math.abs)).toEqual(size);
      expect(
        Array.from(
          await tf
            .grad((x) => tf.sum(f(x)))(far)
            .data(),
          Math.abs,
        ),
      ).toEqual([0, 0, 0, 1, 1, 1]);
    }
  });

  test('norms far from zero, where sums of squares would cancel', async () => {
    const x = tf.add(values('x', [4, 37]), 1000);
    const [row] = (await wide([x])) as [Float64Array];
    const wanted = byRow(row, 37, (numbers) => {
      const centre = mean(numbers);
      const deviation = Math.sqrt(mean(numbers.map((value) => (value - centre) ** 2)) + 1e-5);
      return numbers.map((value) => (value - centre) / deviation);
    });
    expect(distance(await layerNorm(x, tf.ones([37]), tf.zeros([37])).data(), wanted)).toBeLessThan(3e-7);
  });

  test('a hidden score is not read, be it NaN', async () => {
    const scores = values('scores', [2, 3, 5]);
    const clean = await causalSoftmax(scores).data();
    const hidden = (await scores.data()).map((value, i) => (i % 5 > (Math.floor(i / 5) % 3) + 2 ? NaN : value));
    expect(await causalSoftmax(tf.tensor(hidden, [2, 3, 5])).data()).toEqual(clean);
  });

  test('the angles that are kept are those that are asked for', async () => {
    const x = values('x', [1, 6, 1, 4]);
    const whole = await rotary(x, { base: 77 }).data();
    for (const [offset, count] of [
      [2, 3],
      [0, 6],
      [5, 1],
      [1, 2],
      [0, 1],
    ] as const) {
      // prettier-ignore
      const part = await rotary(tf.slice(x, [0, offset], [1, count]), { base: 77, offset }).data();
      expect(part).toEqual(whole.slice(4 * offset, 4 * (offset + count)));
    }
  });
});

describe('bad input is refused by name', () => {
  beforeAll(() => useBackend('wasm'));

  test('crossEntropy', () => {
    const logits = values('logits', [2, 3]);
    const classes = (list: number[]) => tf.tensor1d(list, 'int32');
    expect(() => crossEntropy(tf.tensor1d([0, 1]), logits)).toThrow(
      "crossEntropy: 'classes' is float32; must be int32, class numbers. For one-hot labels or probabilities use softmaxCrossEntropy.",
    );
    expect(() => crossEntropy(classes([0, 1]), tf.ones([2, 3], 'int32'))).toThrow("crossEntropy: 'logits' is int32");
    expect(() => crossEntropy(classes([0, 1, 2]), logits)).toThrow(
      "crossEntropy: 'classes' has shape [3]; must have that of 'logits', [2,3], without its last axis.",
    );
    expect(() => crossEntropy(tf.scalar(0, 'int32'), tf.scalar(1))).toThrow("crossEntropy: 'classes' has shape []");
    for (const bad of [-1, 3]) {
      expect(() => crossEntropy(classes([1, bad]), logits)).toThrow(
        `crossEntropy: 'classes' has ${bad} at [1]; must be from 0 to 2, as there are logits of 3 classes.`,
      );
    }
    const deep = tf.tensor2d([[0, 1], [2, 9]], [2, 2], 'int32'); // prettier-ignore
    expect(() => crossEntropy(deep, values('z', [2, 2, 3]))).toThrow("'classes' has 9 at [1,1]");
  });

  test('norms', () => {
    const [x, five] = [tf.ones([2, 5]), tf.ones([5])];
    for (const [name, norm] of [
      ['rmsNorm', (x: tf.Tensor, scale: tf.Tensor, epsilon?: number) => rmsNorm(x, scale, epsilon)],
      ['layerNorm', (x: tf.Tensor, scale: tf.Tensor, epsilon?: number) => layerNorm(x, scale, five, epsilon)],
    ] as const) {
      expect(() => norm(tf.cast(x, 'int32'), five)).toThrow(
        `${name}: 'x' is int32; must be float32. Cast it with tf.cast.`,
      );
      expect(() => norm(x, tf.ones([5], 'int32'))).toThrow(`${name}: 'scale' is int32`);
      for (const none of [tf.scalar(1), tf.zeros([2, 0])]) {
        expect(() => norm(none, five)).toThrow(`${name}: 'x' has shape [${none.shape}]; must have at least one axis`);
      }
      for (const bad of [tf.ones([4]), tf.ones([2, 5]), tf.scalar(1)]) {
        expect(() => norm(x, bad)).toThrow(`${name}: 'scale' has shape [${bad.shape}]; must be [5]`);
      }
      for (const epsilon of [0, -1, NaN, Infinity]) {
        expect(() => norm(x, five, epsilon)).toThrow(`${name}: 'epsilon' is ${epsilon}; must be a finite number > 0.`);
      }
    }
    expect(() => layerNorm(x, five, tf.ones([4]))).toThrow("layerNorm: 'offset' has shape [4]; must be [5]");
    expect(() => layerNorm(x, five, tf.ones([5], 'int32'))).toThrow("layerNorm: 'offset' is int32");
  });

  test('swiglu, gelu, causalSoftmax', () => {
    expect(() => swiglu(tf.ones([2, 3]), tf.ones([2, 4]))).toThrow(
      "swiglu: 'up' has shape [2,4]; must have that of 'gate', [2,3].",
    );
    expect(() => swiglu(tf.ones([2]), tf.ones([2], 'int32'))).toThrow("swiglu: 'up' is int32");
    expect(() => gelu(tf.ones([2], 'bool'))).toThrow("gelu: 'x' is bool; must be float32. Cast it with tf.cast.");
    expect(() => causalSoftmax(tf.ones([2, 2], 'int32'))).toThrow("causalSoftmax: 'scores' is int32");
    for (const shape of [[3], [2, 4, 3]]) {
      expect(() => causalSoftmax(tf.ones(shape))).toThrow(
        `causalSoftmax: 'scores' has shape [${shape}]; must be [..., queries, keys] with at least as many keys as queries.`,
      );
    }
  });

  test('rotary', () => {
    const x = tf.ones([1, 2, 1, 4]);
    for (const shape of [
      [2, 1, 4],
      [1, 2, 1, 5],
    ]) {
      expect(() => rotary(tf.ones(shape))).toThrow(
        `rotary: 'x' has shape [${shape}]; must be [batch, time, heads, size] with an even size.`,
      );
    }
    expect(() => rotary(tf.cast(x, 'int32'))).toThrow("rotary: 'x' is int32");
    for (const offset of [-1, 0.5, NaN]) expect(() => rotary(x, { offset })).toThrow(`rotary: 'offset' is ${offset}`);
    for (const base of [0, -2, Infinity]) expect(() => rotary(x, { base })).toThrow(`rotary: 'base' is ${base}`);
    expect(() => rotary(x, { theta: 1e6 } as never)).toThrow(
      "rotary: 'theta' is no option; must be one of base, offset.",
    );
  });
});

test('the numbers of a training step leave no tensor behind', async () => {
  await useBackend('wasm');
  const before = tf.memory();
  for (const name of names) {
    for (const shape of shapesOf(name)) {
      tf.tidy(() => {
        const { inputs, f } = operations[name]!(shape);
        tf.grads((...list) => lossOf(f)(list))([...inputs]);
      });
    }
  }
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.memory().numBytes).toBe(before.numBytes);
});
