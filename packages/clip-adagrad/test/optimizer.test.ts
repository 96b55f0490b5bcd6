import { stream } from '@assay-ml/numerics';
import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { clip, ClippedOptimizer, compose, initialState, method, update, type OptimizerOptions } from '../src/index.js';
import { BACKENDS, useBackend } from './setup.js';

const heavy = (seed: number, size: number) =>
  Float32Array.from(stream(seed, 'g').fillPareto(new Float64Array(size), 1.5));
const options: OptimizerOptions = { kind: 'adam', gamma: 0.05, clip: { level: 1 } };

/** A model with the same weights every time, and its data. */
function regression() {
  const model = tfl.sequential();
  model.add(tfl.layers.dense({ units: 4, activation: 'tanh', inputShape: [3], kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) })); // prettier-ignore
  model.add(tfl.layers.dense({ units: 1, kernelInitializer: tfl.initializers.glorotUniform({ seed: 4 }) }));
  const x = tf.tensor(heavy(1, 96), [32, 3]);
  return { model, x, y: tf.tanh(tf.sum(x, 1, true)) };
}
const weightsOf = (model: tfl.LayersModel) => Promise.all(model.getWeights().map((w) => w.data()));

describe.each(BACKENDS)('ClippedOptimizer on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it('steps as update does, in applyGradients and in minimize', async () => {
    const v = tf.variable(tf.tensor1d([1, -2]));
    const optimizer = new ClippedOptimizer(options);
    const of = compose(options);
    const x = [Float64Array.of(1, -2)];
    const point = { x, state: initialState(of, x) };
    for (let t = 0; t < 5; t++) {
      const g = heavy(t, 2);
      update(of, point, [Float64Array.from(g)], point);
      if (t % 2 === 0) optimizer.applyGradients({ [v.name]: tf.tensor1d(g) });
      else optimizer.minimize(() => tf.sum(tf.mul(v, tf.tensor1d(g))), false, [v]);
    }
    (await v.data()).forEach((value, j) => expect(value).toBeCloseTo(x[0]![j]!, 5));
    expect(optimizer.iterations).toBe(5);
    expect(await optimizer.statistics()).toMatchObject({ steps: 5, skipped: 0, level: 1 });
    expect((await optimizer.statistics()).clippedFraction).toBeCloseTo(point.state.clipped / 5, 6);
  });

  it('leaves no tensor behind, and none at all when disposed of', () => {
    for (const more of [
      {},
      { accumulate: 3 },
      { scale: 'coordinate' as const, groups: [{ match: 'b$', clip: null }] },
    ]) {
      leakGuard(() => {
        const variables = tf.tidy(() => [tf.variable(tf.zeros([5]), true, 'a'), tf.variable(tf.zeros([3]), true, 'b')]);
        const optimizer = new ClippedOptimizer({ ...options, ...more });
        const step = () => tf.tidy(() => optimizer.applyGradients({ a: tf.ones([5]), b: tf.ones([3]) }));
        for (let t = 0; t < 3; t++) step();
        leakGuard(() => {
          for (let t = 0; t < 6; t++) step();
        });
        optimizer.dispose();
        tf.dispose(variables);
      });
    }
  });

  it('resumes inside model.fit with the bits of an uninterrupted training', async () => {
    const fit = { batchSize: 8, shuffle: false, verbose: 0 as const };
    for (const more of [
      {},
      { accumulate: 3 },
      { scale: 'coordinate' as const },
      { clip: { level: { kind: 'quantile' as const, start: 1, quantile: 0.5 } } },
    ]) {
      const whole = regression();
      whole.model.compile({ optimizer: new ClippedOptimizer({ ...options, ...more }), loss: 'meanSquaredError' });
      await whole.model.fit(whole.x, whole.y, { ...fit, epochs: 4 });

      const first = regression();
      const before = new ClippedOptimizer({ ...options, ...more });
      first.model.compile({ optimizer: before, loss: 'meanSquaredError' });
      await first.model.fit(first.x, first.y, { ...fit, epochs: 2 });
      const saved = await before.getWeights();
      // As from a file: other tensors of the same numbers.
      const list = await Promise.all(saved.map(async ({ name, tensor }) => ({ name, tensor: tf.tensor(await tensor.data(), tensor.shape, tensor.dtype) }))); // prettier-ignore

      const second = regression();
      second.model.setWeights(first.model.getWeights());
      const after = ClippedOptimizer.fromConfig(ClippedOptimizer as never, before.getConfig()) as ClippedOptimizer;
      await after.setWeights(list);
      second.model.compile({ optimizer: after, loss: 'meanSquaredError' });
      await second.model.fit(second.x, second.y, { ...fit, epochs: 2 });
      expect(await weightsOf(second.model)).toEqual(await weightsOf(whole.model));
      // 16 batches, of which three make a step in one case.
      expect((await after.statistics()).steps).toBe('accumulate' in more ? 5 : 16);
    }
  });
});

describe('ClippedOptimizer', () => {
  const variables: tf.Variable[] = [];
  const variable = (name: string, size: number) => {
    variables.push(tf.variable(tf.zeros([size]), true, name));
    return variables.at(-1)!;
  };
  beforeAll(async () => {
    await useBackend('cpu');
  });
  afterAll(() => tf.dispose(variables));

  it('saves its class and options with a model, and loads them', async () => {
    const optimizer = new ClippedOptimizer({ ...options, accumulate: 2, groups: [{ match: 'bias', gamma: 1 }] });
    const config = JSON.parse(JSON.stringify(optimizer.getConfig()));
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const [cls, from] = classNameMap['AssayClippedOptimizer']!;
    expect(from(cls, config).getConfig()).toEqual({ ...options, accumulate: 2, groups: [{ match: 'bias', gamma: 1 }] });
  });

  it('gives each group its own method, b and clip', async () => {
    const [w, b] = [variable('kernel', 2), variable('bias', 1)];
    const optimizer = new ClippedOptimizer({
      gamma: 1,
      b0: 3,
      clip: { level: 5 },
      groups: [{ match: '^bias', kind: 'sgd', clip: null }],
    });
    optimizer.applyGradients({ kernel: tf.tensor1d([0, 4]), bias: tf.tensor1d([7]) });
    expect([...(await w.data())]).toEqual([0, Math.fround(-4 / 5)]);
    expect([...(await b.data())]).toEqual([-7]);
    optimizer.applyGradients({ kernel: tf.tensor1d([0, 4]), bias: tf.tensor1d([NaN]) });
    expect([(await optimizer.statistics(0)).skipped, (await optimizer.statistics(1)).skipped]).toEqual([0, 1]);
  });

  it('steps along the mean of the accumulated gradients', async () => {
    const v = variable('accumulated', 1);
    const optimizer = new ClippedOptimizer({ kind: 'sgd', gamma: 1, accumulate: 2 });
    for (const g of [1, 3, 5]) optimizer.applyGradients([{ name: 'accumulated', tensor: tf.tensor1d([g]) }]);
    expect([...(await v.data())]).toEqual([-2]);
    expect(optimizer.iterations).toBe(1);
    optimizer.applyGradients([{ name: 'accumulated', tensor: tf.tensor1d([7]) }]);
    expect([...(await v.data())]).toEqual([-8]);
  });

  it('takes a missing gradient for zeros', async () => {
    const v = variable('present', 1);
    variable('absent', 1);
    new ClippedOptimizer({ kind: 'sgd', gamma: 1 }).applyGradients([{ name: 'present', tensor: tf.tensor1d([1]) }, { name: 'absent', tensor: null as never }]); // prettier-ignore
    expect([...(await v.data())]).toEqual([-1]);
  });

  it('refuses other variables than in the first call, and names that are none', () => {
    variable('one', 1);
    variable('two', 1);
    const optimizer = new ClippedOptimizer(options);
    expect(() => optimizer.applyGradients({ nobody: tf.scalar(1) })).toThrow(new RangeError("applyGradients: 'gradients' is 'nobody'; must be the name of a variable. Gradients go by the names of variables.")); // prettier-ignore
    optimizer.applyGradients({ one: tf.ones([1]) });
    expect(() => optimizer.applyGradients({ one: tf.ones([1]), two: tf.ones([1]) })).toThrow(new RangeError("applyGradients: 'gradients' is [one, two]; must be about one. The difference is two: use one optimiser for each list of variables.")); // prettier-ignore
  });

  it('refuses the state of another variant or shape, and changes nothing', async () => {
    const v = variable('restored', 2);
    variable('restored-other', 3);
    const optimizer = new ClippedOptimizer(options);
    optimizer.applyGradients({ restored: tf.ones([2]) });
    const weights = await optimizer.getWeights();
    const other = new ClippedOptimizer(method('AdaGradD', { gamma: 1, b0: 1 }));
    await expect(other.setWeights(weights)).rejects.toThrow(new RangeError("setWeights: 'weights' are of Clip-Adam-Norm; must be of AdaGradD. Make an optimiser with the options of the first.")); // prettier-ignore
    const same = new ClippedOptimizer(options);
    await same.setWeights(weights);
    expect(() => same.applyGradients({ 'restored-other': tf.ones([3]) })).toThrow(new RangeError("setWeights: 'weights' have shapes [[2]]; must have [[3]], those of the variables. They are of another model.")); // prettier-ignore
    const before = await v.data();
    expect([...before]).toEqual([...(await v.data())]);
    const two = new ClippedOptimizer({ ...options, groups: [{ match: '.', gamma: 1 }] });
    two.applyGradients({ restored: tf.ones([2]) });
    await expect(same.setWeights(await two.getWeights())).rejects.toThrow(new RangeError("setWeights: 'weights' is '1/Clip-Adam-Norm/t'; must be of 1 groups. They are of another optimiser.")); // prettier-ignore
  });

  it('refuses a gradient of another shape, moves no variable of any group, and goes on after it', async () => {
    const [first, second] = [variable('fits', 2), variable('fits-not', 3)];
    const optimizer = new ClippedOptimizer({ kind: 'sgd', gamma: 1, groups: [{ match: 'not' }] });
    const step = (size: number) => optimizer.applyGradients({ fits: tf.ones([2]), 'fits-not': tf.ones([size]) });
    expect(() => step(2)).toThrow(new RangeError("applyGradients: 'gradients of fits-not' is [2]; must be of shape [3]. It is that of the variable.")); // prettier-ignore
    expect([...(await first.data()), ...(await second.data())]).toEqual([0, 0, 0, 0, 0]);
    step(3);
    expect([...(await first.data()), ...(await second.data())]).toEqual([-1, -1, -1, -1, -1]);
  });

  it('refuses weights that are not of its kind, or not all there', async () => {
    const strange = variable('strange', 2);
    const adam = tf.train.adam(1);
    adam.minimize(() => tf.sum(strange));
    const optimizer = new ClippedOptimizer(options);
    for (const weights of [await adam.getWeights(), []]) {
      await expect(optimizer.setWeights(weights)).rejects.toThrow('must be what getWeights() gave.');
    }
    const reweighted = new ClippedOptimizer(method('Clip-RAdaGrad-Norm', { gamma: 1, eta: 0.5, level: 1 }));
    reweighted.applyGradients({ strange: tf.ones([2]) });
    const weights = await reweighted.getWeights();
    await expect(new ClippedOptimizer(method('Clip-AdaGrad-Norm', { gamma: 1, level: 1 })).setWeights(weights)).rejects.toThrow('are of Clip-RAdaGrad-Norm; must be of Clip-AdaGrad-Norm.'); // prettier-ignore
    const part = weights.filter(({ name }) => !name.endsWith('skipped'));
    await expect(reweighted.setWeights(part)).rejects.toThrow('must be with 0/Clip-RAdaGrad-Norm/skipped.');
  });

  it('comes back from a saved model with its groups, whose patterns have underscores', async () => {
    const { model, x, y } = regression();
    model.compile({ optimizer: new ClippedOptimizer({ ...options, groups: [{ match: '^dense_.*/bias', gamma: 0.5 }] }), loss: 'meanSquaredError' }); // prettier-ignore
    const fit = { batchSize: 8, shuffle: false, verbose: 0 as const };
    await model.fit(x, y, fit);
    let saved: tf.io.ModelArtifacts = {};
    await model.save(tf.io.withSaveHandler(async (artifacts) => ((saved = artifacts), { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } })), { includeOptimizer: true }); // prettier-ignore
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
    await model.fit(x, y, fit);
    await loaded.fit(x, y, fit);
    expect(await weightsOf(loaded)).toEqual(await weightsOf(model));
  });

  it.each<[OptimizerOptions, string]>([
    [{ gamma: 1, accumulate: 0 }, "ClippedOptimizer: 'accumulate' is 0; must be an integer of at least 1. Leave it out for 1."],
    [{ gamma: 1, clip: {} as never }, "ClippedOptimizer: 'clip.level' is undefined; must be a number > 0. suggestClipLevel() finds one."],
    [{ gamma: 1, groups: [{ match: 'x', beta1: 1 }] }, "ClippedOptimizer: 'beta1' is 1; must be from 0 to below 1. Leave it out for the default."],
  ])('refuses %o', (bad, message) => {
    expect(() => new ClippedOptimizer(bad)).toThrow(new RangeError(message));
  }); // prettier-ignore
});

describe('clip', () => {
  beforeAll(async () => {
    await useBackend('cpu');
  });

  it('hands the clipped gradient to any optimiser, by each mode', async () => {
    const v = tf.variable(tf.zeros([2]), true, 'wrapped');
    for (const [mode, expected] of [['norm', [-3, -4]], ['tensor', [-3, -4]], ['coordinate', [-5, -5]]] as const) {
      v.assign(tf.zeros([2]));
      const optimizer = clip(tf.train.sgd(1), { level: 5, mode });
      optimizer.applyGradients({ wrapped: tf.tensor1d([6, 8]) });
      expect([...(await v.data())]).toEqual(expected);
      expect(await optimizer.clipStatistics()).toEqual({ steps: 1, skipped: 0, clippedFraction: 1, level: 5 });
    } // prettier-ignore
    tf.dispose(v);
  });

  it('gives zeros for a gradient that is not finite, counts it, and leaves no tensor behind', async () => {
    const v = tf.variable(tf.zeros([2]), true, 'guarded');
    const optimizer = clip(tf.train.sgd(1), { level: { kind: 'quantile', start: 100, quantile: 0.5 } });
    const step = (...g: number[]) => tf.tidy(() => optimizer.applyGradients({ guarded: tf.tensor1d(g) }));
    leakGuard(() => {
      step(1, NaN);
      step(3, 4);
    });
    expect([...(await v.data())]).toEqual([-3, -4]);
    const { level, ...rest } = await optimizer.clipStatistics();
    expect(rest).toEqual({ steps: 2, skipped: 1, clippedFraction: 0 });
    expect(level).toBeCloseTo(100 * Math.exp(-0.1), 3);
    leakGuard(() => optimizer.dispose(), { allow: 0 });
    tf.dispose(v);
  });

  it('equals Clip-Adam of this package around tf.train.adam', async () => {
    const [a, b] = [tf.variable(tf.ones([3]), true, 'left'), tf.variable(tf.ones([3]), true, 'right')];
    const wrapped = clip(tf.train.adam(0.1, 0.9, 0.999, 1e-6), { level: 1 });
    const own = new ClippedOptimizer({
      kind: 'adam',
      scale: 'coordinate',
      gamma: 0.1,
      eps: 1e-9,
      biasCorrection: true,
      clip: { level: 1 },
    });
    for (let t = 0; t < 10; t++) {
      wrapped.applyGradients([{ name: 'left', tensor: tf.tensor1d(heavy(t, 3)) }]);
      own.applyGradients({ right: tf.tensor1d(heavy(t, 3)) });
    }
    const right = await b.data();
    (await a.data()).forEach((value, j) => expect(value).toBeCloseTo(right[j]!, 3));
    tf.dispose([a, b]);
  });

  it('refuses a level that is missing', () => {
    expect(() => clip(tf.train.sgd(1), {} as never)).toThrow(new RangeError("clip: 'clip.level' is undefined; must be a number > 0. suggestClipLevel() finds one.")); // prettier-ignore
  });
});
