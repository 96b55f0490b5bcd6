import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initialise, mlp } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { leakGuard, useBackend } from '@assay-ml/tensors';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Criterion,
  criteria,
  crossEntropy,
  densities,
  fbss,
  fisherDiagonal,
  fisherPruning,
  fromLayers,
  fromNetwork,
  fts,
  gradientStatistics,
  gradNorm,
  grasp,
  hessianDiagonal,
  hessianProduct,
  hutchinsonDiagonal,
  hutchinsonPruning,
  hutchinsonTaylor,
  jaccard,
  type Loss,
  magnitude,
  type Model,
  prune,
  random,
  score,
  type ScoreOptions,
  select,
  snip,
  synflow,
} from '../src/index.js';

beforeAll(() => useBackend('wasm'));

const normals = (seed: number, n: number) => stream(seed, 'criteria.test').fillNormal(new Float64Array(n));

/** θ = (2, −1, 4), ḡ = (0.5, 3, −0.25), F̂ = (1, 10, 0.125), N = 4: every number exact in binary. */
const evidence = {
  theta: Float32Array.of(2, -1, 4),
  mean: Float64Array.of(0.5, 3, -0.25),
  square: Float64Array.of(1, 10, 0.125),
  batchSize: 4,
};

describe('scores by hand', () => {
  const { theta, mean } = evidence;
  it.each<[string, Float32Array, number[]]>([
    ['magnitude', magnitude(theta), [2, 1, 4]],
    ['gn', gradNorm(evidence), [0.5, 3, 0.25]],
    ['snip', snip(evidence), [1, 3, 1]],
    ['fd', fisherDiagonal(evidence), [1, 10, 0.125]],
    ['fp', fisherPruning(evidence), [2, 5, 1]],
    ['fts', fts(evidence), [1 + 8, -3 + 20, -1 + 4]],
    ['fts without the factor N', fts(evidence, { batchFactor: false }), [1 + 2, -3 + 5, -1 + 1]],
    ['fts with Taylor sign', fts(evidence, { sign: 'taylor' }), [-1 + 8, 3 + 20, 1 + 4]],
    ['fbss', fbss(evidence), [2 * (2 - 0.125) ** 2, 20 * (-1 - 0.075) ** 2, 0.25 * (4 + 0.5) ** 2]],
    ['fbss without the factor N', fbss(evidence, { batchFactor: false }), [0.5 * 1.5 ** 2, 5 * 1.3 ** 2, 36 / 16]],
    ['grasp as the FTS paper', grasp(theta, Float64Array.of(1, 2, -3), 'largest-minus-thetaHg'), [-2, 2, 12]],
    ['grasp as GraSP itself', grasp(theta, Float64Array.of(1, 2, -3), 'smallest-minus-thetaHg'), [2, -2, -12]],
    ['hd', hutchinsonDiagonal(Float64Array.of(1, -2, 3)), [1, -2, 3]],
    ['hp', hutchinsonPruning(theta, Float64Array.of(1, -2, 3)), [2, -1, 24]],
    ['hts', hutchinsonTaylor(theta, mean, Float64Array.of(1, -2, 3)), [3, 4, 23]],
    ['hts with Taylor sign', hutchinsonTaylor(theta, mean, Float64Array.of(1, -2, 3), { sign: 'taylor' }), [1, 2, 25]],
  ])('%s', (_, scores, expected) => {
    scores.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    expect(scores).toHaveLength(expected.length);
  });

  it('fbss of a weight without gradient is 0, not NaN', () => {
    expect([...fbss({ ...evidence, mean: new Float64Array(3), square: new Float64Array(3) })]).toEqual([0, 0, 0]);
  });

  it('random ones are uniform, and of seed and name alone', () => {
    const scores = random(10_000, 3, 'a');
    const mean = scores.reduce((sum, s) => sum + s, 0) / 10_000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * 10_000));
    expect(Math.min(...scores)).toBeGreaterThanOrEqual(0);
    expect(random(10_000, 3, 'a')).toEqual(scores);
    expect(random(10_000, 3, 'b')).not.toEqual(scores);
    expect(random(10_000, 4, 'a')).not.toEqual(scores);
  });

  it('T4: fbss is the least of g·δ + ½δ·Hδ with δ_i = −θ_i, for a diagonal H, up to one constant', () => {
    const n = 6;
    const draws = normals(1, 3 * n);
    const theta = Float32Array.from(draws.subarray(0, n));
    const mean = draws.slice(n, 2 * n);
    const square = draws.slice(2 * n).map((x) => x * x + 0.1);
    const value = (delta: Float64Array) =>
      delta.reduce((sum, d, j) => sum + mean[j]! * d + 0.5 * square[j]! * d * d, 0);
    const free = mean.map((g, j) => -g / square[j]!);
    const scores = fbss({ theta, mean, square, batchSize: 1 });
    scores.forEach((s, i) => {
      const delta = free.slice();
      delta[i] = -theta[i]!;
      expect(s).toBeCloseTo(value(delta) - value(free), 5);
      // No other move of the rest is better.
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        for (const step of [-0.01, 0.01]) {
          const other = delta.slice();
          other[j]! += step;
          expect(value(other)).toBeGreaterThan(value(delta));
        }
      }
    });
  });

  it('T5: fts with Taylor sign is the exact change of a separable quadratic', () => {
    const draws = normals(2, 15);
    const theta = Float32Array.from(draws.subarray(0, 5));
    const linear = draws.slice(5, 10);
    const curvature = draws.slice(10);
    const value = (x: ArrayLike<number>) =>
      linear.reduce((sum, g, i) => sum + g * x[i]! + 0.5 * curvature[i]! * x[i]! ** 2, 0);
    const mean = linear.map((g, i) => g + curvature[i]! * theta[i]!);
    const scores = fts({ theta, mean, square: curvature, batchSize: 1 }, { sign: 'taylor' });
    scores.forEach((s, i) => {
      const removed = theta.slice();
      removed[i] = 0;
      expect(s).toBeCloseTo(Math.abs(value(removed) - value(theta)), 5);
    });
  });
});

/** Least squares: ŷ = ⟨w, x⟩, loss ½(ŷ − y)²; gradient (ŷ − y)x, Hessian mean of xxᵀ. */
function leastSquares(n: number, d: number, seed = 1) {
  const net = tfl.sequential();
  net.add(tfl.layers.dense({ units: 1, useBias: false, inputShape: [d] }));
  const draws = Float32Array.from(normals(seed, n * d + n + d));
  const x = draws.slice(0, n * d);
  const y = draws.slice(n * d, n * d + n);
  const w = draws.slice(n * d + n);
  net.setWeights([tf.tensor2d(w, [d, 1])]);
  const loss: Loss = (labels, outputs) => tf.mul(0.5, tf.square(tf.sub(tf.reshape(outputs, [-1]), labels)));
  const gradientOf = (b: number) => {
    let residual = -y[b]!;
    for (let j = 0; j < d; j++) residual += w[j]! * x[b * d + j]!;
    return Float64Array.from({ length: d }, (_, j) => residual * x[b * d + j]!);
  };
  const hessian = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (__, j) => {
      let sum = 0;
      for (let b = 0; b < n; b++) sum += x[b * d + i]! * x[b * d + j]!;
      return sum / n;
    }),
  );
  return { model: fromLayers(net), data: { x, y }, loss, gradientOf, hessian, w };
}

describe('statistics of gradients', () => {
  it('T1: with N = 1 are the mean gradient and the diagonal of the empirical Fisher matrix', async () => {
    const { model, data, loss, gradientOf } = leastSquares(37, 5);
    const { mean, square, batches, batchSize, paths } = await gradientStatistics(model, data, [0], { loss, squares: true, batchSize: 10 }); // prettier-ignore
    const outer = Array.from({ length: 5 }, () => new Float64Array(5));
    const g = new Float64Array(5);
    for (let b = 0; b < 37; b++) {
      const own = gradientOf(b);
      for (let i = 0; i < 5; i++) {
        g[i]! += own[i]! / 37;
        for (let j = 0; j < 5; j++) outer[i]![j]! += (own[i]! * own[j]!) / 37;
      }
    }
    for (let i = 0; i < 5; i++) {
      expect(mean[0]![i]).toBeCloseTo(g[i]!, 5);
      expect(square[0]![i]! / outer[i]![i]!).toBeCloseTo(1, 5);
    }
    expect({ batches, batchSize, path: paths[0]!.path }).toEqual({ batches: 37, batchSize: 1, path: 'batched' });
  });

  it.each([2, 5, 8, 37, 'all'] as const)('with N = %s are of means over batches, the last being smaller', async (n) => {
    const { model, data, loss, gradientOf } = leastSquares(37, 3);
    const size = n === 'all' ? 37 : n;
    const mean = new Float64Array(3);
    const square = new Float64Array(3);
    const count = Math.ceil(37 / size);
    for (let start = 0; start < 37; start += size) {
      const end = Math.min(37, start + size);
      const g = new Float64Array(3);
      for (let b = start; b < end; b++) gradientOf(b).forEach((x, i) => (g[i]! += x / (end - start)));
      g.forEach((x, i) => {
        mean[i]! += x / count;
        square[i]! += (x * x) / count;
      });
    }
    // Pieces of 4 do not divide the batches: the result must not depend on them.
    const got = await gradientStatistics(model, data, [0], { loss, maskBatch: n, squares: true, batchSize: 4 });
    expect({ batches: got.batches, batchSize: got.batchSize }).toEqual({ batches: count, batchSize: size });
    for (let i = 0; i < 3; i++) {
      expect(got.mean[0]![i]).toBeCloseTo(mean[i]!, 5);
      expect(got.square[0]![i]).toBeCloseTo(square[i]!, 5);
    }
  });

  it('go through the model as many at once as make 128 MB, at most 2048', async () => {
    for (const [numbers, count, sizes] of [
      [1e6, 70, [33, 33, 4]],
      [1, 2049, [2048, 1]],
    ] as const) {
      const { model, data, loss } = leastSquares(count, 1);
      const seen: number[] = [];
      const large: Model = {
        ...model,
        forward: (values, x) => {
          seen.push(x.shape[0]!);
          const y = model.forward(values, x);
          tf.zeros([x.shape[0]!, numbers]);
          return y;
        },
      };
      await gradientStatistics(large, data, [0], { loss, squares: false });
      expect(seen).toEqual([1, ...sizes]);
    }
  });

  it('T3: N·F̂ of batches of N comes to F̂ of single examples and (N − 1)ḡ²', async () => {
    const { model, data, loss } = leastSquares(20_000, 4);
    const one = await gradientStatistics(model, data, [0], { loss, squares: true, batchSize: 2000 });
    for (const n of [4, 16]) {
      const { square } = await gradientStatistics(model, data, [0], { loss, maskBatch: n, squares: true });
      for (let i = 0; i < 4; i++) {
        const expected = one.square[0]![i]! + (n - 1) * one.mean[0]![i]! ** 2;
        // A mean of 20 000/N squares of heavy tails: within six times 1/√M.
        expect(Math.abs((n * square[0]![i]!) / expected - 1)).toBeLessThan(6 / Math.sqrt(20_000 / n));
      }
    }
  });

  it('T7: with one batch of all data FD is the square of GN, also beyond 4096 examples', async () => {
    const { model, data, loss } = leastSquares(5000, 4);
    const options = { isPrunable: () => true, loss, maskBatch: 'all' as const };
    const fd = await score(model, data, 'fd', options);
    const gn = await score(model, data, 'gn', options);
    fd.layers[0]!.scores.forEach((s, i) => expect(s / gn.layers[0]!.scores[i]! ** 2).toBeCloseTo(1, 5));
    const { batchSize } = await gradientStatistics(model, data, [0], { loss, maskBatch: 'all', squares: true });
    expect(batchSize).toBe(5000);
    // And FTS squares, with N = 5000: |θg + 2500 g²θ²|.
    const { mean } = await gradientStatistics(model, data, [0], { loss, maskBatch: 'all', squares: false });
    const w = await model.values().parameters[0]!.data();
    const scores = (await score(model, data, 'fts', options)).layers[0]!.scores;
    scores.forEach((s, i) => {
      const first = w[i]! * mean[0]![i]!;
      expect(s / Math.abs(first + 2500 * first ** 2)).toBeCloseTo(1, 4);
    });
  });

  it('are of eval mode: running statistics, no dropout', async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 4, inputShape: [3], useBias: false }));
    net.add(tfl.layers.batchNormalization({}));
    net.add(tfl.layers.dropout({ rate: 0.5 }));
    net.add(tfl.layers.dense({ units: 2, useBias: false }));
    const draws = Float32Array.from(normals(3, 100));
    const kernel = draws.slice(0, 12);
    const head = draws.slice(12, 20);
    const [gamma, beta] = [draws.slice(20, 24), draws.slice(24, 28)];
    const [mean, variance] = [draws.slice(28, 32), draws.slice(32, 36).map((v) => v * v + 0.5)];
    net.setWeights([tf.tensor2d(kernel, [3, 4]), tf.tensor1d(gamma), tf.tensor1d(beta), tf.tensor2d(head, [4, 2]), tf.tensor1d(mean), tf.tensor1d(variance)]); // prettier-ignore
    const x = draws.slice(40, 43);
    const model = fromLayers(net);
    const { square } = await gradientStatistics(model, { x: [Array.from(x)], y: [1] }, [0], { squares: true });
    // z = Σ x k, n = γ(z − μ)/√(σ² + ε) + β, logits = n·head: ∂loss/∂k_ij = x_i · γ_j/√(…) · Σ_c head_jc (p_c − y_c).
    const scale = Array.from({ length: 4 }, (_, j) => gamma[j]! / Math.sqrt(variance[j]! + 1e-3));
    const hidden = scale.map(
      (s, j) => s * (x.reduce((sum, v, i) => sum + v * kernel[i * 4 + j]!, 0) - mean[j]!) + beta[j]!,
    );
    const logits = [0, 1].map((c) => hidden.reduce((sum, h, j) => sum + h * head[j * 2 + c]!, 0));
    const p0 = 1 / (1 + Math.exp(logits[1]! - logits[0]!));
    square[0]!.forEach((value, at) => {
      const [i, j] = [Math.floor(at / 4), at % 4];
      const g = x[i]! * scale[j]! * (head[j * 2]! * p0 - head[j * 2 + 1]! * p0);
      expect(value).toBeCloseTo(g * g, 5);
    });
  });

  it('add in float64: 3000 equal gradients keep their mean', async () => {
    const n = 3000;
    const { model, loss } = leastSquares(2, 1);
    const w = (await model.values().parameters[0]!.data())[0]!;
    const data = { x: new Float32Array(n).fill(1), y: new Float32Array(n) };
    const { mean, square } = await gradientStatistics(model, data, [0], { loss, squares: true, batchSize: 1 });
    expect(Math.abs(mean[0]![0]! / w - 1)).toBeLessThan(1e-7);
    expect(Math.abs(square[0]![0]! / (w * w) - 1)).toBeLessThan(2e-7);
  });
});

describe('curvature', () => {
  it('H·v is exact, over data in pieces', async () => {
    const { model, data, loss, hessian } = leastSquares(50, 6);
    const v = normals(9, 6);
    const [product] = await hessianProduct(model, data, [v], { loss, batchSize: 16 });
    hessian.forEach((row, i) =>
      expect(product![i]).toBeCloseTo(
        row.reduce((sum, h, j) => sum + h * v[j]!, 0),
        5,
      ),
    );
  });

  it("T8: Hutchinson's mean is the diagonal, its variance Σ_{j≠i} H_ij² a probe", async () => {
    const { model, data, loss, hessian } = leastSquares(12, 4);
    const runs = 300;
    const sum = new Float64Array(4);
    const squares = new Float64Array(4);
    for (let seed = 0; seed < runs; seed++) {
      const [h] = await hessianDiagonal(model, data, [0], { loss, probes: 4, seed });
      h!.forEach((value, i) => {
        sum[i]! += value / runs;
        squares[i]! += value ** 2 / runs;
      });
    }
    hessian.forEach((row, i) => {
      const variance = row.reduce((total, h, j) => total + (j === i ? 0 : h * h), 0) / 4;
      expect(Math.abs(sum[i]! - row[i]!)).toBeLessThan(4 * Math.sqrt(variance / runs));
      expect((squares[i]! - sum[i]! ** 2) / variance).toBeGreaterThan(0.65);
      expect((squares[i]! - sum[i]! ** 2) / variance).toBeLessThan(1.45);
    });
  });

  it('GraSP keeps −θ∘Hg, or the other end; HD, HP and HTS are of θ, ḡ and h', async () => {
    const { model, data, loss, gradientOf, hessian, w } = leastSquares(30, 5);
    const options = { isPrunable: () => true, loss };
    const g = new Float64Array(5);
    for (let b = 0; b < 30; b++) gradientOf(b).forEach((x, i) => (g[i]! += x / 30));
    const repo = (await score(model, data, 'grasp', options)).layers[0]!.scores;
    const own = (await score(model, data, 'grasp', { ...options, graspKeep: 'smallest-minus-thetaHg' })).layers[0]!
      .scores;
    hessian.forEach((row, i) => {
      const expected = -w[i]! * row.reduce((sum, h, j) => sum + h * g[j]!, 0);
      expect(repo[i]).toBeCloseTo(expected, 5);
      expect(own[i]).toBeCloseTo(-expected, 5);
    });
    const [h] = await hessianDiagonal(model, data, [0], { loss, seed: 7 });
    const scores = async (criterion: Criterion) => (await score(model, data, criterion, { ...options, seed: 7 })).layers[0]!.scores; // prettier-ignore
    const [hd, hp, hts] = [await scores('hd'), await scores('hp'), await scores('hts')];
    h!.forEach((value, i) => {
      expect(hd[i]).toBeCloseTo(value, 5);
      expect(hp[i]).toBeCloseTo((w[i]! ** 2 * value) / 2, 5);
      expect(hts[i]).toBeCloseTo(Math.abs(w[i]! * g[i]! + (w[i]! ** 2 * value) / 2), 5);
    });
  });
});

const net = mlp({ inputs: 8, hidden: [12, 10], classes: 4 });
const dataOf = (n: number, seed = 4) => ({
  x: Float32Array.from(normals(seed, n * 8)),
  y: Int32Array.from({ length: n }, (_, i) => (i * 5) % 4),
});
const modelOf = (seed = 1): Model => fromNetwork(net, initialise(net, { scheme: 'uniform', seed }));

describe('criteria on a network', () => {
  it.each(criteria)('%s scores every prunable weight, twice the same, and leaks nothing', async (criterion) => {
    const model = modelOf();
    const data = dataOf(48);
    const first = await score(model, data, criterion, { seed: 2 });
    const again = await leakGuard(() => score(model, data, criterion, { seed: 2 }));
    expect(first.layers.map(({ name, scores }) => [name, scores.length])).toEqual([
      [net.parameters[0]!.name, 96],
      [net.parameters[2]!.name, 120],
    ]);
    expect(again).toEqual(first);
    for (const { scores } of first.layers) expect(new Set(scores).size).toBeGreaterThan(60);
  });

  it('T6: only FTS and FBSS change with the scale of the loss', async () => {
    const model = modelOf();
    const data = dataOf(64);
    const times = (factor: number): ScoreOptions => ({
      loss: (labels, logits) => tf.mul(crossEntropy()(labels, logits), factor),
    });
    const same: Record<string, boolean> = {};
    for (const criterion of ['gn', 'snip', 'grasp', 'fd', 'fp', 'fts', 'fbss'] as const) {
      const masks = [];
      for (const factor of [1, 64]) {
        masks.push(select((await score(model, data, criterion, times(factor))).layers, { sparsity: 0.5 }));
      }
      same[criterion] = jaccard(masks[0]!, masks[1]!) > 0.98;
    }
    expect(same).toEqual({ gn: true, snip: true, grasp: true, fd: true, fp: true, fts: false, fbss: false });
  });

  it('a temperature divides the logits', async () => {
    const model = modelOf();
    const data = dataOf(32);
    const warm = await score(model, data, 'snip', { temperature: 200 });
    const same = await score(model, data, 'snip', {
      loss: (labels, logits) => crossEntropy()(labels, tf.div(logits, 200)),
    });
    const cold = await score(model, data, 'snip');
    warm.layers.forEach(({ scores }, k) => {
      scores.forEach((s, i) => expect(s).toBeCloseTo(same.layers[k]!.scores[i]!, 8));
      expect(Math.max(...scores) / Math.max(...cold.layers[k]!.scores)).toBeLessThan(0.01);
    });
  });
});

describe('synflow', () => {
  const plain = (layers: number, width: number) => {
    const chain = tfl.sequential();
    chain.add(tfl.layers.inputLayer({ inputShape: [width] }));
    for (let i = 0; i < layers; i++) chain.add(tfl.layers.dense({ units: width, activation: 'relu', useBias: false }));
    chain.add(tfl.layers.dense({ units: 3, useBias: false, activation: 'softmax' }));
    chain.weights.forEach((weight, i) => {
      const size = weight.shape[0]! * weight.shape[1]!;
      weight.write(tf.tensor(Float32Array.from(normals(20 + i, size)), weight.shape as number[]));
    });
    return fromLayers(chain);
  };

  it('T9: what flows into a hidden unit flows out of it', async () => {
    const model = plain(3, 6);
    const scores = await synflow(model, model.values(), [0, 1, 2, 3]);
    for (let layer = 0; layer < 3; layer++) {
      const outputs = layer === 2 ? 3 : 6;
      for (let unit = 0; unit < 6; unit++) {
        let [into, out] = [0, 0];
        for (let i = 0; i < 6; i++) into += scores[layer]![i * 6 + unit]!;
        for (let o = 0; o < outputs; o++) out += scores[layer + 1]![unit * outputs + o]!;
        expect(Math.abs(into / out - 1)).toBeLessThan(1e-6);
      }
    }
  });

  it.each(['cpu', 'wasm'] as const)('what flows in flows out where maxima are tied, on %s', async (backend) => {
    await useBackend(backend);
    // An input of ones makes all windows of one channel equal, and weights of few sizes make channels equal.
    const size = fc.constantFrom(0.5, -0.5, 1, -2);
    const pools = {
      global: () => tfl.layers.globalMaxPooling2d({}),
      windows: () => tfl.layers.maxPooling2d({ poolSize: 2 }),
      overlapping: () => tfl.layers.maxPooling2d({ poolSize: 3, strides: 1 }),
      padded: () => tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...(Object.keys(pools) as (keyof typeof pools)[])),
        fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.boolean()),
        fc.infiniteStream(size),
        async (pool, [kernelSize, filters, same], sizes) => {
          const layers = [
            tfl.layers.conv2d({ filters, kernelSize, padding: same ? 'same' : 'valid', activation: 'relu', useBias: false, inputShape: [6, 6, 2] }), // prettier-ignore
            pools[pool](),
            ...(pool === 'global' ? [] : [tfl.layers.flatten()]),
            tfl.layers.dense({ units: 2, useBias: false }),
          ];
          const net = tfl.sequential({ layers });
          for (const weight of net.weights) {
            const shape = weight.shape as number[];
            const values = Float32Array.from(
              { length: tf.util.sizeFromShape(shape) },
              () => sizes.next().value as number,
            );
            weight.write(tf.tensor(values, shape));
          }
          const model = fromLayers(net);
          const [first, last] = (await synflow(model, model.values(), [0, 1])) as [Float32Array, Float32Array];
          const [into, out] = [first, last].map((scores) => scores.reduce((sum, score) => sum + score, 0)) as [number, number]; // prettier-ignore
          expect(out).toBeGreaterThan(0);
          expect(Math.abs(into / out - 1)).toBeLessThan(1e-5);
          net.dispose();
        },
      ),
      { numRuns: 25 },
    );
    await useBackend('wasm');
  });

  it('T10: its schedule empties no layer where one shot does, down to a few weights a layer', async () => {
    const sparsity = 1 - 12 / (6 * 100);
    const empty = async (rounds: number) => {
      const { mask } = await prune(plain(6, 10), null, { criterion: 'synflow', sparsity, rounds, apply: false });
      expect(mask.layers.reduce((sum, { kept }) => sum + kept, 0)).toBe(12);
      return densities(mask).filter(({ kept }) => kept === 0).length;
    };
    expect(await empty(100)).toBe(0);
    expect(await empty(1)).toBeGreaterThan(0);
  });

  it('keeps (1 − s)^(r/R) in round r, not 1 − s^(r/R)', async () => {
    // Two rounds at s = 0.99 leave 10 % and then 1 %; the reversed formula would leave 0.5 % at once.
    const model = plain(2, 10);
    const one = await prune(model, null, { criterion: 'synflow', sparsity: 0.9, rounds: 1, apply: false });
    const { mask } = await prune(model, null, { criterion: 'synflow', sparsity: 0.99, rounds: 2, apply: false });
    const within = mask.layers.every(({ bits }, k) => bits.every((byte, i) => (byte & ~one.mask.layers[k]!.bits[i]!) === 0)); // prettier-ignore
    expect(within).toBe(true);
  });
});
