import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { adamMini, adamw, apollo, apolloMini, badam, fira, frugal, FrugalOptimizer, type FrugalOptions, galore, lion, lora, type Method, muon, plan, report, sgdm, signSgd } from '../src/index.js'; // prettier-ignore
import { BACKENDS, useBackend } from './setup.js';

const rate = 0.01;
const OPTIONS: Readonly<Record<string, FrugalOptions | Method>> = {
  columns: { rate, projector: 'columns', rho: 0.5, period: 4 },
  blocks: { rate, rho: 0.5, period: 4 },
  SVD: { rate, projector: 'svd', rho: 0.5, period: 4, refresh: 'reproject' },
  GaLore: galore({ rate, rho: 0.5, period: 4 }),
  AdamW: adamw({ rate }),
  rows: { rate, projector: 'rows', rho: 0.5, period: 4, weightDecay: 0.1 },
  RandK: { rate, projector: 'rand-k', rho: 0.5, period: 3, rule: 'lion', refresh: 'keep' },
  int8: { rate, projector: 'columns', rho: 0.5, period: 4, states: 'int8' },
};

let count = 0;
/** Two variables of fresh names, and a loss whose gradients are simple. */
function problem() {
  const [first, second] = [tf.tensor2d([1, -2, 3, -4, 5, 6, -7, 8], [4, 2]), tf.tensor1d([0.5, -0.5])];
  const [w, b] = [tf.variable(first, true, `w${count}`), tf.variable(second, true, `b${count}`)];
  tf.dispose([first, second]);
  count++;
  const x = tf.tensor2d([1, 0, 2, -1, 0, 1, 1, 2], [2, 4]);
  const loss = () => tf.mean(tf.square(tf.add(tf.matMul(x, w), b))) as tf.Scalar;
  return { w, b, loss, dispose: () => tf.dispose([w, b, x]) };
}

describe.each(BACKENDS)('on %s', (backend) => {
  describe.each(Object.entries(OPTIONS))('%s', (_, options) => {
    it('steps as on arrays, bit for bit, and leaves no tensor behind', async () => {
      await useBackend(backend);
      const before = tf.memory().numTensors;
      const { w, b, loss, dispose } = problem();
      const optimizer = new FrugalOptimizer(options);
      const method = 'step' in options ? options : frugal(options);
      const x = [w, b].map((v) => v.dataSync<'float32'>().slice());
      const point = { x, state: method.init([w, b].map(({ name, shape }) => ({ name, shape })), x) }; // prettier-ignore
      for (let k = 0; k < 10; k++) {
        const { value, grads } = optimizer.computeGradients(loss, [w, b]);
        const g = [w, b].map(({ name }) => grads[name]!.dataSync<'float32'>().slice());
        optimizer.applyGradients([w, b].map(({ name }) => ({ name, tensor: grads[name]! })));
        tf.dispose([value, grads]);
        method.step(point, g, point);
      }
      expect([w, b].map((v) => [...v.dataSync()])).toEqual(point.x.map((values) => [...values]));
      expect(optimizer.iterations).toBe(10);
      dispose();
      optimizer.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  const few = { rate, rho: 0.5, period: 4 };
  const others: Readonly<Record<string, FrugalOptions | Method>> = {
    ...OPTIONS,
    random: { ...few, projector: 'random', stagger: true },
    permutation: { ...few, projector: 'permutation', states: 'bf16' },
    'rho 0': signSgd({ rate }),
    Lion: lion({ rate }),
    SGDM: sgdm({ rate }),
    Muon: muon({ rate }),
    'Adam-mini': adamMini({ rate }),
    BAdam: badam({ rate, rho: 1, period: 4 }),
    Fira: fira(few),
    APOLLO: apollo(few),
    'APOLLO-Mini': apolloMini({ rate, period: 4 }),
    LoRA: lora({ rate, rank: 1 }),
  };
  it.each(Object.entries(others))('leaves no tensor behind in 50 steps: %s', async (_, options) => {
    await useBackend(backend);
    const before = tf.memory().numTensors;
    const { w, b, loss, dispose } = problem();
    const optimizer = new FrugalOptimizer(options);
    const counts = new Set<number>();
    for (let k = 0; k < 50; k++) {
      optimizer.minimize(loss, false, [w, b]);
      counts.add(tf.memory().numTensors);
    }
    // Between refreshes a state has as many tensors as before them.
    expect(counts.size).toBe(1);
    dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(['SVD', 'int8', 'rows'])('goes on from saved weights with the same bits: %s', async (name) => {
    await useBackend(backend);
    const { w, b, loss } = problem();
    const step = (o: FrugalOptimizer) => o.minimize(loss, false, [w, b]);
    const first = new FrugalOptimizer(OPTIONS[name]!);
    for (let k = 0; k < 6; k++) step(first);
    const [kept, saved] = [[w, b].map((v) => v.dataSync().slice()), await first.getWeights()];
    for (let k = 0; k < 5; k++) step(first);
    const wanted = [w, b].map((v) => [...v.dataSync()]);
    [w, b].forEach((v: tf.Variable, i) => v.assign(tf.tensor(kept[i]!, v.shape)));
    const second = new FrugalOptimizer(OPTIONS[name]!);
    await second.setWeights(saved);
    for (let k = 0; k < 5; k++) step(second);
    expect([w, b].map((v) => [...v.dataSync()])).toEqual(wanted);
    expect(second.iterations).toBe(11);
    await expect(new FrugalOptimizer({ rate, rho: 0.75, projector: 'svd' }).setWeights(saved)).rejects.toThrow('Take the method, rho and seed that it was made with.'); // prettier-ignore
    await expect(second.setWeights(saved.slice(0, -1))).rejects.toThrow('They are incomplete.');
    await expect(second.setWeights([])).rejects.toThrow(
      'must be what getWeights() gave. They are of another optimiser.',
    );
  });
});

describe('on wasm', () => {
  const bits = (w: tf.Variable, b: tf.Variable) => [w, b].map((v) => [...v.dataSync()]);
  const train = (optimizer: FrugalOptimizer, { w, b, loss }: ReturnType<typeof problem>, count: number) => {
    for (let k = 0; k < count; k++) optimizer.minimize(loss, false, [w, b]);
  };

  it.each(['columns', 'rows', 'blocks', 'AdamW'])(
    'weights stay where they lie, and the state is what the plan counts: %s',
    async (name) => {
      await useBackend('wasm');
      const made = problem();
      const { w, b, loss } = made;
      const optimizer = new FrugalOptimizer(OPTIONS[name]!);
      const before = tf.memory().numBytes;
      optimizer.minimize(loss, false, [w, b]);
      const parameters = [w, b].map(({ name: own, shape }) => ({ name: own, shape }));
      const options = name === 'AdamW' ? { project: [] } : (OPTIONS[name] as FrugalOptions);
      // The optimiser counts steps in a tensor of four bytes only when it is saved.
      expect(tf.memory().numBytes - before).toBe(plan(parameters, options).state);
      expect(report(optimizer.state!).map(({ stateBytes }) => stateBytes)).toEqual(plan(parameters, options).tensors.map(({ state }) => state)); // prettier-ignore
      const [data, { numBytes, numTensors }] = [[w.dataId, b.dataId], tf.memory()];
      train(optimizer, made, 7);
      expect([w.dataId, b.dataId]).toEqual(data);
      expect([tf.memory().numBytes, tf.memory().numTensors]).toEqual([numBytes, numTensors]);
      optimizer.dispose();
      made.dispose();
    },
  );

  it('a variable whose memory another tensor shares gets its own: the other keeps its numbers', async () => {
    await useBackend('wasm');
    const made = problem();
    const optimizer = new FrugalOptimizer(OPTIONS['columns']!);
    train(optimizer, made, 2);
    const copy = tf.clone(made.w);
    const before = [...copy.dataSync()];
    train(optimizer, made, 1);
    expect([...copy.dataSync()]).toEqual(before);
    expect([...made.w.dataSync()]).not.toEqual(before);
  });

  it('a state that began there goes on elsewhere, and comes back, with the same bits', async () => {
    const after = async (names: readonly ('wasm' | 'cpu')[]) => {
      await useBackend('wasm');
      const made = problem();
      const optimizer = new FrugalOptimizer(OPTIONS['rows']!);
      const tensors = [made.w, made.b].map((v) => tf.variable(tf.tensor(v.dataSync(), v.shape)));
      for (const [k, name] of names.entries()) {
        await useBackend(name);
        // The gradient is made up: products differ between backends.
        const g = tensors.map((v, i) => ({ name: v.name, tensor: tf.tensor(Float32Array.from(v.dataSync(), (value, j) => value + Math.fround(0.1 * (i + j + k))), v.shape) })); // prettier-ignore
        optimizer.applyGradients(g);
        tf.dispose(g.map(({ tensor }) => tensor));
      }
      return bits(tensors[0]!, tensors[1]!);
    };
    const wanted = await after(['wasm', 'wasm', 'wasm', 'wasm', 'wasm', 'wasm']);
    expect(await after(['wasm', 'wasm', 'cpu', 'cpu', 'wasm', 'cpu'])).toEqual(wanted);
    expect(await after(['cpu', 'cpu', 'cpu', 'wasm', 'wasm', 'wasm'])).toEqual(wanted);
  });

  it('the state that is read is a copy, and the period is set by itself', async () => {
    await useBackend('wasm');
    const made = problem();
    const optimizer = new FrugalOptimizer({ rate, projector: 'columns', rho: 0.5, period: 4 });
    expect(() => (optimizer.period = 5)).toThrow(
      "must be set after the first step. Give the option 'period' before it.",
    );
    train(optimizer, made, 3);
    const { state } = optimizer;
    const moment = [...state!.tensors[0]!.moments[0]!];
    train(optimizer, made, 1);
    expect([...state!.tensors[0]!.moments[0]!]).toEqual(moment);
    expect(state!.step).toBe(3);
    optimizer.period = 50;
    expect(() => (optimizer.period = 0)).toThrow("'period' is 0");
    train(optimizer, made, 2);
    expect([optimizer.state!.period, optimizer.state!.tensors[0]!.next]).toEqual([50, 54]);
  });
});

it('trains a model of layers, and is saved and made again with it', async () => {
  await useBackend('cpu');
  const model = tfl.sequential({
    layers: [tfl.layers.dense({ units: 8, inputShape: [4], activation: 'tanh' }), tfl.layers.dense({ units: 1 })],
  });
  const optimizer = new FrugalOptimizer({
    rate: 0.05,
    projector: 'rows',
    rho: 0.5,
    period: 5,
    groups: [{ match: 'Dense_1', kind: 'regular' }],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  const x = tf.tensor2d(Array.from({ length: 64 }, (_, i) => Math.sin(i)), [16, 4]); // prettier-ignore
  const y = tf.sum(x, 1, true);
  const { history } = await model.fit(x, y, { epochs: 30, shuffle: false, verbose: 0 });
  expect((history['loss'] as number[]).at(-1)).toBeLessThan(0.3 * (history['loss'] as number[])[0]!);
  const again = new FrugalOptimizer(optimizer.getConfig() as unknown as FrugalOptions);
  expect(again.getConfig()).toEqual(optimizer.getConfig());
});

describe('refuses, and changes nothing', () => {
  it('a NaN gradient, a name that is no variable, another list, another shape', async () => {
    await useBackend('cpu');
    const { w, b, loss } = problem();
    const optimizer = new FrugalOptimizer({ rate, projector: 'columns', rho: 0.5 });
    optimizer.minimize(loss, false, [w, b]);
    const before = [...w.dataSync()];
    const bad = (tensors: Record<string, tf.Tensor>) => () => optimizer.applyGradients(tensors as never);
    const zero = tf.zerosLike(b);
    expect(bad({ [w.name]: tf.fill([4, 2], NaN), [b.name]: zero })).toThrow(
      `the gradient of '${w.name}' is not finite`,
    );
    expect(bad({ nothing: zero })).toThrow("applyGradients: 'gradients' is 'nothing'; must be the name of a variable.");
    expect(bad({ [b.name]: zero })).toThrow(`must be about ${w.name}, ${b.name}, in this order`);
    expect(bad({ [w.name]: zero, [b.name]: zero })).toThrow(
      `'gradients of ${w.name}' is [2]; must be of shape [4, 2].`,
    );
    expect([...w.dataSync()]).toEqual(before);
    expect(optimizer.state!.step).toBe(1);
  });

  it('to save options that it does not have', () => {
    expect(() => new FrugalOptimizer(adamw({ rate })).getConfig()).toThrow('Save the weights alone.');
  });
});
