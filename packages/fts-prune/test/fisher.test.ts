import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as fc from 'fast-check';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Batch, crossEntropy, fromLayers, gradientStatistics, type Loss, type Model } from '../src/index.js';

beforeAll(() => useBackend('wasm'));

const CLASSES = 3;

function random(seed: number, shape: readonly number[], scale = 1): tf.Tensor {
  const values = stream(seed, 'fisher.test').fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1)));
  return tf.tensor(Float32Array.from(values, (z) => z * scale), [...shape], 'float32'); // prettier-ignore
}

function examples(seed: number, count: number, shape: readonly number[]): Batch {
  const y = Int32Array.from({ length: count }, (_, i) => (i * 7 + seed) % CLASSES);
  return { x: random(seed, [count, ...shape]), y: tf.tensor1d(y, 'int32') };
}

/** Every weight drawn anew, biases and norms as well, so that nothing is zero by chance; variances above 0. */
function reseed(model: tfl.LayersModel, seed: number): void {
  model.weights.forEach((weight, i) => {
    const variance = weight.name.includes('variance');
    weight.write(tf.tidy(() => (variance ? tf.add(tf.abs(random(seed + i, weight.shape as number[])), 0.5) : random(seed + i, weight.shape as number[], 0.5)))); // prettier-ignore
  });
}

/** One backward pass an example, in the order of the definition. */
async function slowMoments(model: Model, { x, y }: Batch, loss: Loss) {
  const values = model.values();
  const sizes = values.parameters.map(({ size }) => size);
  const mean = sizes.map((size) => new Float64Array(size));
  const square = sizes.map((size) => new Float64Array(size));
  const count = x.shape[0]!;
  for (let b = 0; b < count; b++) {
    const grads = tf.tidy(() => {
      const f = () => tf.sum(loss(tf.slice(y, [b], [1]), model.forward(values, tf.slice(x, [b], [1])))) as tf.Scalar;
      const got = tf.engine().gradients(f, [...values.parameters], undefined, true).grads as (tf.Tensor | undefined)[];
      return values.parameters.map((p, i) => got[i] ?? tf.zerosLike(p));
    });
    for (const [p, grad] of grads.entries()) {
      (await grad.data()).forEach((g, i) => {
        mean[p]![i]! += g / count;
        square[p]![i]! += (g * g) / count;
      });
    }
    tf.dispose(grads);
  }
  return { mean, square };
}

const norm = (v: Float64Array) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
const distance = (a: Float64Array, b: Float64Array) => norm(a.map((x, i) => x - b[i]!)) / Math.max(norm(b), 1e-12);

/** float32 sums of a batch in another order. */
const F32 = 2e-5;

async function compare(net: tfl.LayersModel, seed: number, count: number, loss: Loss = crossEntropy()) {
  reseed(net, seed);
  const model = fromLayers(net);
  const data = examples(seed, count, model.inputShape as number[]);
  const everywhere = model.parameters.map((_, i) => i);
  const before = tf.memory().numTensors;
  const fast = await gradientStatistics(model, data, everywhere, { loss, squares: true, batchSize: 4 });
  expect(tf.memory().numTensors).toBe(before);
  const slow = await slowMoments(model, data, loss);
  model.parameters.forEach(({ name }, i) => {
    expect({ name, error: distance(fast.mean[i]!, slow.mean[i]!) < F32 }).toEqual({ name, error: true });
    expect({ name, error: distance(fast.square[i]!, slow.square[i]!) < F32 }).toEqual({ name, error: true });
  });
  tf.dispose([data.x, data.y]);
  const roles = new Map(model.parameters.map(({ name, role }) => [name, role]));
  const paths = fast.paths.map(({ name, path, reason }) => ({ role: roles.get(name)!, path, reason }));
  net.dispose();
  return paths;
}

const activation = fc.constantFrom('relu', 'tanh', 'linear', 'elu', 'sigmoid', 'softplus');

describe('gradients of single examples', () => {
  it('in one pass equal those of one pass each, on random dense nets', async () => {
    const hidden = fc.array(fc.record({ units: fc.integer({ min: 1, max: 6 }), activation, useBias: fc.boolean() }), { maxLength: 3 }); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(hidden, fc.boolean(), fc.integer({ min: 1, max: 9 }), async (layers, norm, count) => {
        const net = tfl.sequential();
        net.add(tfl.layers.inputLayer({ inputShape: [5] }));
        for (const layer of layers) {
          net.add(tfl.layers.dense(layer as never));
          if (norm) net.add(tfl.layers.batchNormalization({}));
        }
        net.add(tfl.layers.dense({ units: CLASSES, activation: 'softmax' }));
        const paths = await compare(net, 1 + layers.length, count);
        for (const { role, path } of paths) {
          expect(path).toBe(role === 'kernel' || role === 'classifier' ? 'batched' : 'loop');
        }
      }),
      { numRuns: 25 },
    );
  });

  it('on random sequences: dense on [B, T, in] and Conv1D', async () => {
    const layer = fc.oneof(
      fc.record({ kind: fc.constant('dense'), units: fc.integer({ min: 1, max: 5 }), activation, useBias: fc.boolean() }), // prettier-ignore
      fc.record({
        kind: fc.constant('conv1d'),
        filters: fc.integer({ min: 1, max: 5 }),
        kernelSize: fc.integer({ min: 1, max: 3 }),
        strides: fc.integer({ min: 1, max: 2 }),
        padding: fc.constantFrom('same', 'valid'),
        activation,
        useBias: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(layer, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 6 }),
        async (layers, count) => {
          const net = tfl.sequential();
          net.add(tfl.layers.inputLayer({ inputShape: [16, 3] }));
          for (const { kind, ...options } of layers) {
            net.add(kind === 'dense' ? tfl.layers.dense(options as never) : tfl.layers.conv1d(options as never));
          }
          net.add(tfl.layers.globalAveragePooling1d({}));
          net.add(tfl.layers.dense({ units: CLASSES }));
          for (const { role, path, reason } of await compare(net, 10 + count, count)) {
            if (role === 'kernel' || role === 'classifier') expect({ path, reason }).toEqual({ path: 'batched' });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('on random image nets: strides, padding, pooling, normalisation', async () => {
    const conv = fc.record({
      filters: fc.integer({ min: 1, max: 5 }),
      kernelSize: fc.constantFrom(1, 2, 3, [1, 3], [3, 2]),
      strides: fc.constantFrom(1, 2, [1, 2]),
      padding: fc.constantFrom('same', 'valid'),
      activation,
      useBias: fc.boolean(),
      pool: fc.constantFrom('none', 'max', 'average'),
      norm: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(conv, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 6 }),
        async (convs, count) => {
          const net = tfl.sequential();
          net.add(tfl.layers.inputLayer({ inputShape: [11, 12, 2] }));
          for (const { pool, norm, ...options } of convs) {
            net.add(tfl.layers.conv2d(options as never));
            if (norm) net.add(tfl.layers.batchNormalization({}));
            if (pool === 'max') net.add(tfl.layers.maxPooling2d({ poolSize: 2, strides: 1 }));
            if (pool === 'average') net.add(tfl.layers.averagePooling2d({ poolSize: 2, strides: 1 }));
          }
          net.add(tfl.layers.flatten());
          net.add(tfl.layers.dense({ units: CLASSES, activation: 'softmax' }));
          // A window may fit nowhere: what has no pixels left goes through the loop, with the same numbers.
          const empty = net.layers.some(({ outputShape }) => (outputShape as number[]).includes(0));
          for (const { role, path, reason } of await compare(net, 20 + count, count)) {
            if (!empty && (role === 'kernel' || role === 'classifier'))
              expect({ path, reason }).toEqual({ path: 'batched' });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('not of a dilated convolution: its gradient is refused by TensorFlow.js', async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [7, 7, 2] }));
    net.add(tfl.layers.flatten());
    net.add(tfl.layers.dense({ units: CLASSES }));
    await expect(compare(net, 1, 3)).rejects.toThrow(/dilation rates greater than 1/);
  });

  /** A model of two inputs' worth of tricks, built by hand. */
  const functional = (build: (x: tfl.SymbolicTensor) => tfl.SymbolicTensor, inputShape: number[]) => {
    const input = tfl.input({ shape: inputShape });
    return tfl.model({ inputs: input, outputs: build(input) });
  };
  const apply = (layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]) =>
    layer.apply(x) as tfl.SymbolicTensor;
  const head = (x: tfl.SymbolicTensor) => apply(tfl.layers.dense({ units: CLASSES }), x);

  it.each<[string, number[], (x: tfl.SymbolicTensor) => tfl.SymbolicTensor, RegExp]>([
    [
      'a layer used twice',
      [4],
      (x) => {
        const shared = tfl.layers.dense({ units: 4, activation: 'tanh' });
        return head(apply(shared, apply(shared, x)));
      },
      /^used 2 times$/,
    ],
    [
      'a depthwise convolution',
      [6, 6, 2],
      (x) => head(apply(tfl.layers.flatten(), apply(tfl.layers.depthwiseConv2d({ kernelSize: 3 }), x))),
      /^not the kernel of a dense layer or convolution, but used by DepthwiseConv2dNative$/,
    ],
    [
      'a recurrent layer',
      [5, 3],
      (x) => head(apply(tfl.layers.simpleRNN({ units: 4, recurrentInitializer: 'glorotNormal' }), x)),
      /^used 5 times$/,
    ],
    [
      'time before examples, as many of one as of the other',
      [4, 4],
      (x) => {
        // [B, T, in] → [T, B, in] → dense → back: row b of the layer is time b.
        const swap = new Swap({});
        return head(apply(tfl.layers.flatten(), apply(swap, apply(tfl.layers.dense({ units: 3 }), apply(swap, x)))));
      },
      /^the batched pass and the loop disagree on an example/,
    ],
  ])('%s goes through the loop, and says why', async (_, inputShape, build, reason) => {
    const paths = await compare(functional(build, inputShape), 5, 4);
    const reasons = paths.filter(({ role }) => role === 'kernel').map((path) => path.reason ?? path.path);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons.some((text) => reason.test(text))).toBe(true);
    for (const text of reasons) expect(text).not.toBe('batched');
  });

  it('takes a parallel branch and a sum, as residual nets have, in one pass', async () => {
    const paths = await compare(
      functional(
        (x) => {
          const conv = () => tfl.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' });
          const trunk = apply(conv(), x);
          return head(apply(tfl.layers.flatten(), apply(tfl.layers.add(), [apply(conv(), trunk), trunk])));
        },
        [5, 5, 2],
      ),
      8,
      5,
    );
    for (const { role, path } of paths) if (role === 'kernel') expect(path).toBe('batched');
  });

  it('of a mean loss of the user equal those of its single examples', async () => {
    const loss: Loss = (labels, outputs) =>
      tf.mean(tf.square(tf.sub(outputs, tf.expandDims(tf.cast(labels, 'float32'), 1))));
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }));
    net.add(tfl.layers.dense({ units: CLASSES }));
    const paths = await compare(net, 3, 6, loss);
    expect(paths.filter(({ path }) => path === 'batched')).toHaveLength(2);
  });

  it('of coupled examples are those of the loop: a batch-wise loss is found out', async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }));
    net.add(tfl.layers.dense({ units: CLASSES }));
    const loss: Loss = (_, outputs) => tf.sum(tf.square(tf.sub(outputs, tf.mean(outputs, 1, true))), 1);
    const coupled: Loss = (labels, outputs) => tf.mul(loss(labels, outputs), tf.mean(tf.exp(outputs)));
    const paths = await compare(net, 3, 4, coupled);
    expect(paths.map(({ path }) => path)).toEqual(['loop', 'loop', 'loop', 'loop']);
  });

  it('squares a convolution after the sum over positions, in a case done by hand', async () => {
    // One weight w, image (1, 2), logits (w·1 + w·2, 0): ∂loss/∂w = 3·(p − label), squared 9·(p − label)².
    const net = tfl.sequential();
    net.add(tfl.layers.conv1d({ filters: 1, kernelSize: 1, useBias: false, inputShape: [2, 1] }));
    net.add(tfl.layers.flatten());
    net.add(tfl.layers.dense({ units: 2, useBias: false }));
    net.setWeights([tf.tensor3d([[[0.5]]]), tf.tensor2d([[1, 0], [1, 0]])]); // prettier-ignore
    const model = fromLayers(net);
    const p = 1 / (1 + Math.exp(-1.5));
    const { mean, square, paths } = await gradientStatistics(model, { x: [[[1], [2]]], y: [0] }, [0], {
      squares: true,
    });
    expect(mean[0]![0]).toBeCloseTo(3 * (p - 1), 6);
    expect(square[0]![0]).toBeCloseTo(9 * (p - 1) ** 2, 6);
    expect(paths).toEqual([{ name: net.trainableWeights[0]!.name, path: 'batched' }]);
  });
});

/** [a, b, …] → [b, a, …], the batch axis included. */
class Swap extends tfl.layers.Layer {
  static className = 'Swap';
  override computeOutputShape(shape: tfl.Shape): tfl.Shape {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.transpose([inputs].flat()[0]!, [1, 0, 2]);
  }
}
