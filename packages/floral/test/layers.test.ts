import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ClientData,
  convolution,
  ensemble,
  fedAvg,
  fedProx,
  floralMethod,
  lossOf,
  merge,
  type Method,
  mlp,
  optimal,
  softmax,
  train,
} from '../src/index.js';
import { floral } from '../src/layers.js';
import { apart, random } from './reference.js';

const rows = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);
let count = 0;
/** Two dense layers of fresh names. */
const dense = () => {
  const at = count++;
  const seeded = (seed: number) => ({ kernelInitializer: tfl.initializers.glorotUniform({ seed }), biasInitializer: tfl.initializers.randomUniform({ minval: -0.1, maxval: 0.1, seed }) }); // prettier-ignore
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 6, activation: 'relu', inputShape: [4], name: `a${at}`, ...seeded(1) }),
      tfl.layers.dense({ units: 3, name: `b${at}`, ...seeded(2) }),
    ],
  });
};
const conv = () => {
  const at = count++;
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh', inputShape: [6, 5, 2], name: `c${at}` }), // prettier-ignore
      tfl.layers.flatten({ name: `f${at}` }),
      tfl.layers.layerNormalization({ name: `n${at}` }),
      tfl.layers.dense({ units: 3, name: `d${at}` }),
    ],
  });
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('values and gradients are those of the perceptron on Float64Arrays', () => {
    const model = floral(dense(), { clusters: 3, rank: 2 });
    const slow = mlp([4, 6, 3], { clusters: 3, rank: 2 });
    const weights = { base: model.read(), adaptors: random(1, model.layout.adaptorSize, 0.5), pi: softmax(random(2, 3), new Float64Array(3)) }; // prettier-ignore
    const [x, dy] = [random(3, 20), random(4, 15)];
    const of = (m: typeof slow) => {
      const into = { base: new Float64Array(m.layout.baseSize), adaptors: new Float64Array(m.layout.adaptorSize), pi: new Float64Array(3) }; // prettier-ignore
      const outputs = m.forward(0, weights, x, rows(5)).slice();
      m.backward(0, weights, dy, into);
      return { outputs, ...into };
    };
    const [a, b] = [of(model), of(slow)];
    for (const key of ['outputs', 'base', 'adaptors', 'pi'] as const) expect(apart(a[key], b[key])).toBeLessThan(1e-5);
  });

  it('adaptors of a convolution and a norm have the gradients of finite differences', () => {
    const stock = conv();
    const model = floral(stock, { clusters: 2, rank: 1, adaptors: { norm: true } });
    expect(model.layout.adaptors.map(({ kind }) => kind)).toEqual([
      'factors',
      'vector',
      'vector',
      'vector',
      'factors',
      'vector',
    ]);
    const weights = { base: random(7, model.layout.baseSize, 0.3), adaptors: random(1, model.layout.adaptorSize, 0.3), pi: Float64Array.of(0.3, 0.7) }; // prettier-ignore
    const [x, dy] = [random(3, 2 * 60), random(4, 6)];
    const value = (w: typeof weights) => model.forward(1, w, x, rows(2)).reduce((sum, y, i) => sum + y * dy[i]!, 0);
    const into = { base: new Float64Array(model.layout.baseSize), adaptors: new Float64Array(model.layout.adaptorSize), pi: new Float64Array(2) }; // prettier-ignore
    model.forward(0, weights, x, rows(2));
    model.backward(0, weights, dy, into);
    // Along random directions: float32 leaves no more than three digits of a difference.
    for (const key of ['base', 'adaptors', 'pi'] as const) {
      const direction = random(5, weights[key].length);
      const along = into[key].reduce((sum, g, i) => sum + g * direction[i]!, 0);
      const moved = (h: number) => value({ ...weights, [key]: weights[key].map((w, i) => w + h * direction[i]!) });
      expect(Math.abs((moved(3e-3) - moved(-3e-3)) / 6e-3 - along)).toBeLessThan(0.02 * Math.abs(along) + 0.02);
    }
  });

  it('the merged model predicts what the mixture does, and a pass leaves the model and no tensor behind', () => {
    const stock = conv();
    const model = floral(stock, { clusters: 2, rank: 1 });
    const base = model.read();
    const weights = { base, adaptors: random(1, model.layout.adaptorSize, 0.3), pi: Float64Array.of(0.3, 0.7) };
    const x = random(3, 2 * 60);
    const before = tf.memory().numTensors;
    const mixed = model.forward(0, weights, x, rows(2)).slice();
    expect(tf.memory().numTensors).toBe(before);
    expect(model.read()).toEqual(base);
    model.write(merge(model.layout, weights));
    const predicted = tf.tidy(() => (stock.predict(tf.tensor(Float32Array.from(x), [2, 6, 5, 2])) as tf.Tensor).dataSync<'float32'>()); // prettier-ignore
    expect(apart(predicted, mixed)).toBeLessThan(1e-6);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('training', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  const clients = [0, 1].map((k): ClientData => {
    const x = random(10 + k, 4 * 16);
    return { x, y: Array.from({ length: 16 }, (_, i) => (x[4 * i]! > 0 ? 1 : 0) + k) };
  });
  const options = { rounds: 3, training: { rate: 0.1, batch: 8 }, seed: 1, drawn: 'in' } as const;

  it('follows the perceptron on Float64Arrays: weights, adaptors and routers after three rounds', () => {
    const model = floral(dense(), { clusters: 2, rank: 1 });
    const base = model.read();
    const slow = { ...mlp([4, 6, 3], { clusters: 2, rank: 1 }), start: () => base.slice() };
    const [a, b] = [model, slow].map((m) => train({ model: m, loss: 'cross-entropy' }, { clients }, { ...options, method: floralMethod(2) })); // prettier-ignore
    expect(apart(a!.run.shared.base, b!.run.shared.base)).toBeLessThan(1e-4);
    expect(apart(a!.run.shared.adaptors, b!.run.shared.adaptors)).toBeLessThan(1e-4);
    for (const k of [0, 1]) expect(apart(a!.store.get(k)!.theta, b!.store.get(k)!.theta)).toBeLessThan(1e-4);
  });

  it('of FedAvg, an ensemble and π* run on a stock model, and members of an ensemble differ', () => {
    const model = floral(dense(), { clusters: 2, rank: 1 });
    for (const method of [fedAvg(), ensemble(2), floralMethod(2, 'given')]) {
      const { run } = train({ model, loss: 'cross-entropy' }, { clients, tests: clients }, { ...options, method, theta: (k) => optimal(k, 2).subarray(0, method.clusters) }); // prettier-ignore
      expect(run.reports[0]!.loss.mean).toBeLessThan(3);
    }
    expect(model.start(1, 1)).not.toEqual(model.start(1, 0));
  });
});

describe('running statistics', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  /** A dense layer, a batch norm that forgets a tenth a step, a dense layer. */
  const normed = () => {
    const at = count++;
    return tfl.sequential({
      layers: [
        tfl.layers.dense({ units: 3, inputShape: [4], name: `a${at}` }),
        tfl.layers.batchNormalization({ name: `n${at}`, momentum: 0.9 }),
        tfl.layers.dense({ units: 2, name: `b${at}` }),
      ],
    });
  };
  const clients = [0, 1].map((k): ClientData => ({ x: random(20 + k, 4 * 8).map((v) => v + 3 * k), y: Array.from({ length: 8 }, (_, i) => i % 2) })); // prettier-ignore
  const options = { rounds: 1, training: { rate: 0.1, batch: 8 }, seed: 1 } as const;
  const block = (model: ReturnType<typeof floral>, name: string) =>
    model.layout.base.find((b) => b.name.endsWith(name))!;
  const of = (model: ReturnType<typeof floral>, base: Float64Array, name: string) => {
    const { start, size } = block(model, name);
    return base.slice(start, start + size);
  };
  /** Mean and variance, over N, of what the first layer gives of a client's examples. */
  const seen = (model: ReturnType<typeof floral>, { x }: ClientData) => {
    const base = model.read();
    const [kernel, bias] = [base.subarray(0, 12), base.subarray(12, 15)];
    const h = Array.from({ length: 8 }, (_, i) => Array.from(bias, (b, o) => b + [0, 1, 2, 3].reduce((sum, j) => sum + x[4 * i + j]! * kernel[3 * j + o]!, 0))); // prettier-ignore
    const mean = [0, 1, 2].map((o) => h.reduce((sum, row) => sum + row[o]! / 8, 0));
    return { mean, variance: mean.map((m, o) => h.reduce((sum, row) => sum + (row[o]! - m) ** 2 / 8, 0)) };
  };

  it('shared become the mean of what each client has after its batch, and local steps have the gradient of batch norm', () => {
    const stock = normed();
    const model = floral(stock, { clusters: 2, rank: 1, statistics: 'shared' });
    const before = model.read();
    const tensors = tf.memory().numTensors;
    const { run } = train({ model, loss: 'cross-entropy' }, { clients }, { ...options, method: floralMethod(2) });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.read()).toEqual(before);
    expect(Object.hasOwn(stock.layers[1]!, 'call')).toBe(false);
    const [a, b] = clients.map((client) => seen(model, client)) as [ReturnType<typeof seen>, ReturnType<typeof seen>];
    const expected = (start: number, key: 'mean' | 'variance') => a[key].map((v, o) => 0.9 * start + (0.1 * (v + b[key][o]!)) / 2); // prettier-ignore
    expect(apart(of(model, run.shared.base, 'moving_mean'), expected(0, 'mean'))).toBeLessThan(1e-5);
    expect(apart(of(model, run.shared.base, 'moving_variance'), expected(1, 'variance'))).toBeLessThan(1e-5);
    // In a step a shift of all inputs of the norm changes nothing: its gradient is 0, and that of inference is not.
    const weights = { base: before.slice(), adaptors: null, pi: null };
    const into = () => ({ base: new Float64Array(model.layout.baseSize), adaptors: new Float64Array(0), pi: new Float64Array(0) }); // prettier-ignore
    const [inStep, outside] = [into(), into()];
    model.step!(0, weights, clients[0]!.x, rows(8));
    model.backward(0, weights, random(5, 16), inStep);
    model.forward(0, weights, clients[0]!.x, rows(8));
    model.backward(0, weights, random(5, 16), outside);
    const largest = (g: Float64Array) => Math.max(...of(model, g, 'a' + stock.layers[0]!.name.slice(1) + '/bias').map(Math.abs)); // prettier-ignore
    expect(largest(inStep.base)).toBeLessThan(1e-5);
    expect(largest(outside.base)).toBeGreaterThan(1e-2);
    expect(of(model, inStep.base, 'moving_mean')).toEqual(new Float64Array(3));
  });

  it.each(['shared', 'private'] as const)('%s are not pulled back by a proximal term', (statistics) => {
    const model = floral(normed(), { clusters: 0, statistics });
    const after = (method: Method) => {
      const { run, store } = train({ model, loss: 'cross-entropy' }, { clients }, { ...options, method });
      return of(model, statistics === 'shared' ? run.shared.base : store.get(0)!.base, 'moving_mean');
    };
    expect(after(fedProx(1))).toEqual(after(fedAvg()));
  });

  it('private stay with their clients, under any method, and are what these predict with', () => {
    const model = floral(normed(), { clusters: 0, statistics: 'private' });
    const before = model.read();
    const { run, store } = train({ model, loss: 'cross-entropy' }, { clients, tests: clients }, { ...options, method: fedAvg() }); // prettier-ignore
    for (const name of ['moving_mean', 'moving_variance']) expect(of(model, run.shared.base, name)).toEqual(of(model, before, name)); // prettier-ignore
    clients.forEach((client, k) => {
      const { mean } = seen(model, client);
      expect(
        apart(
          of(model, store.get(k)!.base, 'moving_mean'),
          mean.map((m) => 0.1 * m),
        ),
      ).toBeLessThan(1e-5);
    });
    const own = clients.map((client, k) => {
      const base = run.shared.base.slice();
      for (const name of ['moving_mean', 'moving_variance']) base.set(of(model, store.get(k)!.base, name), block(model, name).start); // prettier-ignore
      const outputs = model.forward(0, { base, adaptors: null, pi: null }, client.x, rows(8));
      return lossOf('cross-entropy', outputs, client.y, rows(8), null);
    });
    expect(run.reports[0]!.loss.mean).toBeCloseTo((own[0]! + own[1]!) / 2, 10);
  });

  it('are as the model has them by default, and refused where they could not be', () => {
    const stock = normed();
    const fixed = floral(stock, { clusters: 2, rank: 1 });
    expect(fixed.layout.base.map(({ name }) => name.split('/')[1])).toEqual(['kernel', 'bias', 'gamma', 'beta', 'kernel', 'bias']); // prettier-ignore
    expect(fixed.step).toBeUndefined();
    const model = floral(stock, { clusters: 2, rank: 1, statistics: 'private' });
    const problem = { model, loss: 'cross-entropy' } as const;
    expect(() => train(problem, { clients }, { ...options, training: { rate: 0.1, batch: 7 }, method: floralMethod(2) })).toThrow("floral: 'batch' is 1; must be of at least 2 examples. Batch norm ("); // prettier-ignore
    expect(() => train(problem, { clients }, { ...options, method: ensemble(2) })).toThrow("/moving_mean' stays with the client; must be shared in an ensemble."); // prettier-ignore
    expect(() => floral(stock, { clusters: 2, statistics: 'own' as never })).toThrow("floral: 'statistics' is 'own'; must be 'fixed' or 'shared' or 'private'."); // prettier-ignore
  });
});

describe('refuses', () => {
  it('convolutions that are transposed or in groups, by name, unless they are left to the base', () => {
    const layers = [
      tfl.layers.depthwiseConv2d({ kernelSize: 2, inputShape: [4, 4, 1], name: 'deep' }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 2, name: 'out' }),
    ];
    const model = tfl.sequential({ layers });
    expect(() => floral(model, { clusters: 2 })).toThrow("floral: 'model' is 'deep'; must be without a convolution in groups, which has no adaptor here. Name it in 'plain'"); // prettier-ignore
    expect(floral(model, { clusters: 2, plain: ['deep'] }).layout.adaptors.every(({ target }) => target.name.startsWith('out'))).toBe(true); // prettier-ignore
    expect(() => floral(model, { clusters: 2, plain: ['deeper'] })).toThrow("'plain' is 'deeper'; must be");
    expect(() => floral(model, { clusters: 2, budget: 1 } as never)).toThrow("floral: 'budget' is no option");
    expect(() => floral(model, { clusters: 2, plain: ['deep'] }).write(new Float64Array(3))).toThrow(
      'It is of another model.',
    );
  });
  it('nothing of a convolution of one axis: its factors are those of `balanced`', () => {
    expect(convolution({ kernel: [1, 5], inputs: 2, outputs: 4 }, 'balanced_2d')).toMatchObject({
      inPlaces: 5,
      outPlaces: 1,
    });
    expect(convolution({ kernel: [1, 5], inputs: 4, outputs: 2 }, 'balanced_2d')).toMatchObject({
      inPlaces: 1,
      outPlaces: 5,
    });
  });
});
