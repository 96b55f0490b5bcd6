/** Second derivatives, on every backend that runs here, against closed forms in float64 and differences of gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  gaussNewtonVector,
  hessianVector,
  leakGuard,
  logSoftmax,
  softmaxCrossEntropy,
  useBackend,
} from '../src/index.js';
import { backendsPresent, distance, values } from './compare.js';

const present = await backendsPresent();

const points = [0.5, -1, 1.7, -0.3, 0.05, -2.4];
const tensorPoints = () => tf.tensor1d(points);

/** u, u' and u'' of elementwise functions. */
const elementwise: Readonly<Record<string, [(x: tf.Tensor) => tf.Tensor, (x: number) => [number, number, number]]>> = {
  tanh: [
    (x) => tf.tanh(x),
    (x) => {
      const t = Math.tanh(x);
      return [t, 1 - t * t, -2 * t * (1 - t * t)];
    },
  ],
  sigmoid: [
    (x) => tf.sigmoid(x),
    (x) => {
      const s = 1 / (1 + Math.exp(-x));
      return [s, s * (1 - s), s * (1 - s) * (1 - 2 * s)];
    },
  ],
  exp: [(x) => tf.exp(x), (x) => [Math.exp(x), Math.exp(x), Math.exp(x)]],
  elu: [(x) => tf.elu(x), (x) => (x > 0 ? [x, 1, 0] : [Math.expm1(x), Math.exp(x), Math.exp(x)])],
  selu: [
    (x) => tf.selu(x),
    (x) => {
      const [a, s] = [1.6732632423543772, 1.0507009873554805];
      return x > 0 ? [s * x, s, 0] : [s * a * Math.expm1(x), s * a * Math.exp(x), s * a * Math.exp(x)];
    },
  ],
  leakyRelu: [(x) => tf.leakyRelu(x, 0.3), (x) => (x > 0 ? [x, 1, 0] : [0.3 * x, 0.3, 0])],
  relu: [(x) => tf.relu(x), (x) => (x > 0 ? [x, 1, 0] : [0, 0, 0])],
  clip: [(x) => tf.clipByValue(x, -1.5, 1), (x) => (x < -1.5 ? [-1.5, 0, 0] : x > 1 ? [1, 0, 0] : [x, 1, 0])],
  softplus: [
    (x) => tf.softplus(x),
    (x) => {
      const s = 1 / (1 + Math.exp(-x));
      return [Math.log1p(Math.exp(x)), s, s * (1 - s)];
    },
  ],
  'x · sigmoid': [
    (x) => tf.mul(x, tf.sigmoid(x)),
    (x) => {
      const s = 1 / (1 + Math.exp(-x));
      const d = s * (1 - s);
      return [x * s, s + x * d, 2 * d + x * d * (1 - 2 * s)];
    },
  ],
};

const softmaxOf = (z: readonly number[]) => {
  const e = z.map((value) => Math.exp(value - Math.max(...z)));
  const total = e.reduce((a, b) => a + b);
  return e.map((value) => value / total);
};
/** (diag p − ppᵀ) v. */
const curvature = (p: readonly number[], v: readonly number[]) => {
  const mean = p.reduce((sum, value, i) => sum + value * v[i]!, 0);
  return p.map((value, i) => value * (v[i]! - mean));
};

const logits = [0.2, -1.3, 0.9, 2];
const direction = [1, -0.5, 0.25, 2];

/** f of one tensor, to be compared with differences of its own gradient. */
const composed: Readonly<Record<string, { shape: number[]; f: (x: tf.Tensor) => tf.Tensor }>> = {
  'Σ softmax²': { shape: [3, 5], f: (x) => tf.sum(tf.square(tf.softmax(x))) },
  'Σ logSoftmax²': { shape: [3, 5], f: (x) => tf.sum(tf.square(logSoftmax(x))) },
  'Σ tf.logSoftmax²': { shape: [3, 5], f: (x) => tf.sum(tf.square(tf.logSoftmax(x))) },
  'Σ logSumExp²': { shape: [3, 5], f: (x) => tf.sum(tf.square(tf.logSumExp(x, 1))) },
  'Σ max²': { shape: [3, 5], f: (x) => tf.sum(tf.square(tf.max(tf.tanh(x), 1))) },
  'conv2d, tanh': {
    shape: [2, 5, 5, 2],
    f: (x) =>
      tf.sum(tf.square(tf.conv2d(tf.tanh(x) as tf.Tensor4D, values('w', [3, 3, 2, 3]) as tf.Tensor4D, 2, 'same'))),
  },
  'conv2d by its filter': {
    shape: [3, 3, 2, 3],
    f: (w) => tf.sum(tf.tanh(tf.conv2d(values('x', [2, 5, 5, 2]) as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'))),
  },
  'depthwise, tanh': {
    shape: [2, 5, 5, 2],
    f: (x) =>
      tf.sum(
        tf.tanh(tf.depthwiseConv2d(tf.tanh(x) as tf.Tensor4D, values('w', [3, 3, 2, 2]) as tf.Tensor4D, 1, 'same')),
      ),
  },
  'depthwise by its filter': {
    shape: [3, 3, 2, 1],
    f: (w) =>
      tf.sum(tf.tanh(tf.depthwiseConv2d(values('x', [2, 5, 5, 2]) as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'))),
  },
  maxPool: {
    shape: [2, 5, 5, 2],
    f: (x) => tf.sum(tf.square(tf.maxPool(tf.tanh(x) as tf.Tensor4D, 3, 2, 'same'))),
  },
  'maxPool, overlapping': {
    shape: [1, 6, 6, 3],
    f: (x) => tf.sum(tf.square(tf.maxPool(tf.tanh(x) as tf.Tensor4D, [2, 3], 1, 'valid'))),
  },
  avgPool: {
    shape: [2, 5, 5, 2],
    f: (x) => tf.sum(tf.square(tf.avgPool(tf.tanh(x) as tf.Tensor4D, [3, 2], 2, 'same'))),
  },
  einsum: {
    shape: [2, 3, 4],
    f: (x) => tf.sum(tf.sin(tf.einsum('bij,ikb->kj', tf.tanh(x), values('w', [3, 5, 2])))),
  },
  'batchNorm by its input': {
    shape: [7, 3],
    f: (x) => tf.sum(tf.tanh(batchNorm(x, values('s', [3]), values('o', [3]), 'batch').y)),
  },
  'batchNorm, its statistics too': {
    shape: [2, 2, 2, 3],
    f: (x) => {
      const { y, mean, variance } = batchNorm(tf.tanh(x), values('s', [3]), values('o', [3]), 'batch');
      return tf.add(tf.sum(tf.sin(y)), tf.add(tf.sum(tf.square(mean)), tf.sum(tf.exp(variance))));
    },
  },
  'batchNorm by its scale': {
    shape: [3],
    f: (s) => tf.sum(tf.tanh(batchNorm(values('x', [7, 3]), s, s, 'batch').y)),
  },
  'batchNorm with given statistics': {
    shape: [3],
    f: (s) => tf.sum(tf.tanh(batchNorm(values('x', [7, 3]), s, s, { mean: tf.tanh(s), variance: tf.exp(s) }).y)),
  },
  gather: {
    shape: [4, 3],
    f: (x) => tf.sum(tf.tanh(tf.gather(x, tf.tensor1d([0, 2, 2, 3], 'int32')))),
  },
  'Gaussian log-probability': {
    shape: [2, 6],
    f: (x) => {
      const [mean, deviation] = tf.unstack(x) as [tf.Tensor, tf.Tensor];
      const z = tf.div(tf.sub(values('a', [6]), tf.tanh(mean)), tf.exp(deviation));
      return tf.sum(tf.add(tf.mul(-0.5, tf.square(z)), tf.neg(deviation)));
    },
  },
};

describe.each(present)('on %s', (backend) => {
  test('Σ tanh² at (0.5, −1), worked out by hand', async () => {
    await useBackend(backend);
    const x = tf.tensor1d([0.5, -1]);
    const [h] = hessianVector(([p]) => tf.sum(tf.square(tf.tanh(p!))), [x], [tf.onesLike(x)]);
    expect(distance(await h!.data(), [0.5652, -0.6216])).toBeLessThan(1e-4);
  });

  test.each(Object.keys(elementwise))('Σ u² through %s', async (name) => {
    await useBackend(backend);
    const [u, derivatives] = elementwise[name]!;
    const x = tensorPoints();
    const [h] = leakGuard(() => hessianVector(([p]) => tf.sum(tf.square(u(p!))), [x], [tf.onesLike(x)]), { allow: 1 });
    const wanted = points.map((point) => {
      const [value, first, second] = derivatives(point);
      return 2 * (first * first + value * second);
    });
    expect(distance(await h!.data(), wanted)).toBeLessThan(3e-6);
  });

  test('softmax cross-entropy, log softmax and log Σ exp have the curvature of the softmax', async () => {
    await useBackend(backend);
    const z = tf.tensor2d([logits]);
    const v = tf.tensor2d([direction]);
    const labels = tf.tensor2d([[0.1, 0.2, 0.6, 0.3]]);
    const wanted = curvature(softmaxOf(logits), direction);
    const functions: [(x: tf.Tensor) => tf.Tensor, number][] = [
      [(x) => tf.sum(softmaxCrossEntropy(labels, x)), 1.2],
      [(x) => tf.sum(softmaxCrossEntropy(tf.oneHot(tf.tensor1d([2], 'int32'), 4), x)), 1],
      [(x) => tf.sum(tf.mul(labels, logSoftmax(x))), -1.2],
      [(x) => tf.sum(tf.mul(labels, tf.logSoftmax(x))), -1.2],
      [(x) => tf.sum(tf.logSumExp(x, -1)), 1],
    ];
    for (const [f, total] of functions) {
      const [h] = hessianVector(([x]) => f(x!), [z], [v]);
      expect(
        distance(
          await h!.data(),
          wanted.map((value) => total * value),
        ),
      ).toBeLessThan(3e-6);
    }
  });

  test.each(Object.keys(composed))('%s, against differences of gradients', async (name) => {
    await useBackend(backend);
    const { shape, f } = composed[name]!;
    const x = values(name, shape);
    const v = values(`${name} direction`, shape);
    const [h] = hessianVector(([p]) => f(p!), [x], [v]);
    // Richardson's difference: errors of the order of ε⁴, and rounding of 1e-7/ε.
    const gradientAt = (step: number) => tf.grad((p) => f(p))(tf.add(x, tf.mul(step, v)));
    const half = (step: number) => tf.div(tf.sub(gradientAt(step), gradientAt(-step)), 2 * step);
    const kinked = /max/i.test(name);
    const difference = kinked ? half(1e-3) : tf.div(tf.sub(tf.mul(4, half(0.01)), half(0.02)), 3);
    expect(distance(await h!.data(), await difference.data())).toBeLessThan(kinked ? 2e-3 : 2e-4);
  });

  test('several parameters, one of them unused, and a batch of vectors', async () => {
    await useBackend(backend);
    const params = [values('a', [3, 4]), values('b', [4]), values('c', [2])];
    const x = values('x', [5, 3]);
    const f = ([a, b]: readonly tf.Tensor[]) => tf.mean(tf.square(tf.tanh(tf.add(tf.matMul(x, a!), b!))));
    const lists = ['u', 'v'].map((name) => params.map((param, i) => values(`${name}${i}`, param.shape)));
    const together = leakGuard(() => hessianVector(f, params, lists));
    for (const [i, list] of lists.entries()) {
      const alone = hessianVector(f, params, list);
      for (const [k, product] of alone.entries()) {
        expect(await together[i]![k]!.array()).toEqual(await product.array());
      }
      expect(await alone[2]!.array()).toEqual([0, 0]);
    }
    // Hessians are symmetric: u·Hv = v·Hu.
    const inner = async (p: readonly tf.Tensor[], q: readonly tf.Tensor[]) =>
      (await tf.addN(p.map((tensor, k) => tf.sum(tf.mul(tensor, q[k]!)))).data())[0]!;
    const [uHv, vHu] = [await inner(lists[0]!, together[1]!), await inner(lists[1]!, together[0]!)];
    expect(Math.abs(uHv - vHu)).toBeLessThan(1e-5 * Math.abs(uHv));
    expect(Math.abs(uHv)).toBeGreaterThan(1e-3);
  });

  test('the Gauss-Newton product is JᵀHJv', async () => {
    await useBackend(backend);
    const w = values('w', [3, 4]);
    const v = values('v', [3, 4]);
    const x = values('x', [5, 3]);
    const labels = tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0], 'int32'), 4);
    const loss = (z: tf.Tensor) => tf.sum(softmaxCrossEntropy(labels, z));
    // A linear model: the product is the Hessian's own.
    const linear = ([p]: readonly tf.Tensor[]) => tf.matMul(x, p!);
    const [exact] = hessianVector((p) => loss(linear(p)), [w], [v]);
    const [product] = leakGuard(() => gaussNewtonVector(linear, loss, [w], [v]));
    expect(distance(await product!.data(), await exact!.data())).toBeLessThan(1e-5);
    // One with curvature of its own: Jᵀ(diag p − ppᵀ)J v, J = diag(1 − tanh²) X.
    const curved = ([p]: readonly tf.Tensor[]) => tf.tanh(tf.matMul(x, p!));
    const [bent] = gaussNewtonVector(curved, loss, [w], [v]);
    const z = tf.matMul(x, w);
    const slope = tf.sub(1, tf.square(tf.tanh(z)));
    const rows = (await tf.softmax(tf.tanh(z)).array()) as number[][];
    const jv = (await tf.mul(slope, tf.matMul(x, v)).array()) as number[][];
    const hjv = tf.tensor2d(rows.map((p, i) => curvature(p, jv[i]!)));
    const wanted = tf.matMul(x, tf.mul(slope, hjv), true);
    expect(distance(await bent!.data(), await wanted.data())).toBeLessThan(1e-5);
  });
});
