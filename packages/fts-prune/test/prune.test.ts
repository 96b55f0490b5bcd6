import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { initialise, mlp, resnetMini, train, vggMini } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { leakGuard, useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  assertMaskInvariant,
  type Data,
  densities,
  effectiveMask,
  fromLayers,
  fromNetwork,
  isKept,
  type Mask,
  maskOf,
  maskTensors,
  prune,
  type PruneOptions,
  repoCompatible,
  score,
  type Values,
} from '../src/index.js';

beforeAll(() => useBackend('wasm'));

const normals = (seed: number, n: number) =>
  Float32Array.from(stream(seed, 'prune.test').fillNormal(new Float64Array(n)));

/** A net as users have it, on 6×6 images of 3 classes. */
function cnn(): tfl.Sequential {
  const net = tfl.sequential();
  net.add(tfl.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [6, 6, 1] }));
  net.add(tfl.layers.batchNormalization({}));
  net.add(tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }));
  net.add(tfl.layers.flatten());
  net.add(tfl.layers.dense({ units: 8, activation: 'relu' }));
  net.add(tfl.layers.dense({ units: 3, activation: 'softmax' }));
  net.trainableWeights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    if (shape.length > 1) weight.write(tf.mul(tf.tensor(normals(i, tf.util.sizeFromShape(shape)), shape), 0.3));
  });
  return net;
}
const x = normals(50, 20 * 36);
const y = Int32Array.from({ length: 20 }, (_, i) => i % 3);
const COUNT = 36 + 144 + 512;

describe('prune', () => {
  it('a stock LayersModel: exactly so many kernels stay, the rest are zero, all else is as it was', async () => {
    const net = cnn();
    const before = await Promise.all(net.weights.map((w) => w.read().data()));
    const { mask, report, scores } = await prune(net, { x, y }, { sparsity: 0.9 });
    expect(report).toMatchObject({ criterion: 'fts', kept: 70, count: COUNT, sparsity: 1 - 70 / COUNT, warnings: [] });
    const whole = net.trainableWeights.reduce((sum, w) => sum + tf.util.sizeFromShape(w.shape as number[]), 0);
    expect(report.wholeDensity).toBeCloseTo((whole - COUNT + 70) / whole, 12);
    expect(report.paths.map(({ path }) => path)).toEqual(['batched', 'batched', 'batched']);
    expect(report.layers).toEqual(densities(mask));
    const masked = new Map(mask.layers.map((layer) => [layer.name, layer]));
    expect([...masked.keys()]).toEqual([0, 4, 6].map((i) => net.trainableWeights[i]!.name));
    for (const [w, weight] of net.weights.entries()) {
      const layer = masked.get(weight.name);
      (await weight.read().data()).forEach((value, i) => {
        expect(value + 0).toBe(layer === undefined || isKept(layer, i) ? before[w]![i] : 0);
      });
    }
    // The kept ones are those with the largest scores.
    const all = scores.flatMap(({ scores: s }, k) => Array.from(s, (value, i) => ({ value, kept: isKept(mask.layers[k]!, i) }))); // prettier-ignore
    const worstKept = Math.min(...all.filter(({ kept }) => kept).map(({ value }) => value));
    expect(Math.max(...all.filter(({ kept }) => !kept).map(({ value }) => value))).toBeLessThanOrEqual(worstKept);
  });

  it('scores a model that ends in a softmax as the one that gives its logits', async () => {
    const net = cnn();
    const logits = tfl.model({
      inputs: net.inputs,
      outputs: tfl.layers.dense({ units: 3, weights: net.layers.at(-1)!.getWeights() }).apply(net.layers.at(-2)!.output) as tfl.SymbolicTensor, // prettier-ignore
    });
    const outside = tfl.sequential({ layers: [logits, tfl.layers.softmax({ axis: -1 })] });
    const nested = tfl.sequential({ layers: [outside] });
    const masks = [];
    for (const model of [net, logits, outside, nested]) {
      masks.push((await prune(model, { x, y }, { sparsity: 0.9, apply: false })).mask.layers.map(({ bits }) => bits));
    }
    for (const other of masks.slice(1)) expect(other).toEqual(masks[0]);
    // And the model is what it was: softmax at the end, its own variables inside.
    const p = net.predict(tf.tensor(x, [20, 6, 6, 1])) as tf.Tensor;
    for (const sum of await tf.sum(p, 1).data()) expect(sum).toBeCloseTo(1, 5);
  });

  it('takes arrays, nested arrays, tensors, one-hot labels and iterators of any batches, and gives one mask', async () => {
    const tensor = tf.tensor(x, [20, 6, 6, 1]);
    const oneHot = tf.oneHot(tf.tensor1d(y, 'int32'), 3);
    function* pieces() {
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 17],
        [17, 20],
      ] as const) {
        // prettier-ignore
        yield { x: x.slice(36 * from, 36 * to), y: y.slice(from, to) };
      }
    }
    async function* tensors() {
      for (const piece of pieces()) yield { x: tf.tensor(piece.x, [piece.y.length, 6, 6, 1]), y: tf.tensor1d(piece.y, 'int32') }; // prettier-ignore
    }
    const sources: Data[] = [
      { x, y },
      { x: Array.from(x), y: Array.from(y) },
      { x: await tensor.array(), y: Array.from(y) },
      { x: tensor, y: tf.tensor1d(y, 'int32') },
      { x: tensor, y: oneHot },
      { x, y: await (oneHot as tf.Tensor2D).array() },
      pieces(),
      tensors(),
      pieces,
      () => tensors(),
    ];
    const net = cnn();
    for (const maskBatch of [1, 6]) {
      const masks: Mask[] = [];
      for (const [i, data] of sources.entries()) {
        if (maskBatch > 1 && (i === 6 || i === 7)) continue; // one-shot generators are spent
        const { mask } = await leakGuard(() =>
          prune(net, data, { sparsity: 0.9, maskBatch, batchSize: 4, apply: false }),
        );
        masks.push(mask);
      }
      for (const mask of masks.slice(1)) expect(mask).toEqual(masks[0]);
    }
  });

  it('of a network of ours leaves the given tensors alone', async () => {
    const network = vggMini({ inputs: [8, 8, 1], classes: 3 });
    const weights = initialise(network, { seed: 3 });
    const before = await Promise.all(weights.parameters.map((t) => t.data()));
    const model = fromNetwork(network, weights);
    const data = { x: normals(8, 12 * 64), y: Int32Array.from({ length: 12 }, (_, i) => i % 3) };
    const { mask, report } = await prune(model, data, { sparsity: 0.95, minPerLayer: 5 });
    expect(await Promise.all(weights.parameters.map((t) => t.data()))).toEqual(before);
    await assertMaskInvariant(model, mask);
    for (const { kept } of report.layers) expect(kept).toBeGreaterThanOrEqual(5);
    expect(report.paths.every(({ path }) => path === 'batched')).toBe(true);
    // Training within the mask keeps it.
    const tensors = maskTensors(model, mask);
    const { weights: trained } = await train(network, model.values(), { ...data, shape: [8, 8, 1], count: 12 }, { epochs: 2, rate: 0.1, batchSize: 4, mask: tensors }); // prettier-ignore
    await assertMaskInvariant(fromNetwork(network, trained), mask);
  });

  it("prunes the scales of shortcuts' norms in the repository's set, through the loop", async () => {
    const network = resnetMini({ inputs: [8, 8, 1], classes: 3 });
    const model = fromNetwork(network, initialise(network));
    const data = { x: normals(8, 3 * 64), y: [0, 1, 2] };
    const { mask, report } = await prune(model, data, { sparsity: 0.5, isPrunable: repoCompatible, apply: false });
    const roles = new Map(network.parameters.map(({ name, role }) => [name, role]));
    const scales = report.paths.filter(({ name }) => roles.get(name) === 'norm-scale');
    expect(scales.length).toBeGreaterThan(0);
    for (const { name, path } of scales) expect({ name: name.includes('shortcut'), path }).toEqual({ name: true, path: 'loop' }); // prettier-ignore
    const { layers } = (await prune(model, data, { sparsity: 0.5, apply: false })).mask;
    expect(layers.every(({ name }) => roles.get(name) === 'kernel')).toBe(true);
    expect(mask.layers).toHaveLength(layers.length + scales.length);
  });

  it('in rounds takes away more and more, and gives nothing back', async () => {
    const net = cnn();
    for (const criterion of ['fts', 'gn', 'grasp', 'synflow'] as const) {
      const once = await prune(net, { x, y }, { criterion, sparsity: 1 - Math.sqrt(0.1), rounds: 1, apply: false });
      const twice = await prune(net, { x, y }, { criterion, sparsity: 0.9, rounds: 2, apply: false });
      expect(twice.report.kept).toBe(70);
      twice.mask.layers.forEach(({ bits }, k) => {
        bits.forEach((byte, i) => expect(byte & ~once.mask.layers[k]!.bits[i]!).toBe(0));
      });
    }
  });
});

describe('warm-ups', () => {
  it("bn-stats moves running statistics by the layer's own momentum, and no weight", async () => {
    const net = cnn();
    const before = await Promise.all(net.trainableWeights.map((w) => w.read().data()));
    const relu = net.layers[0]!.apply(tf.tensor(x, [20, 6, 6, 1])) as tf.Tensor;
    const { mean } = tf.moments(relu, [0, 1, 2]);
    await prune(net, { x, y }, { sparsity: 0.5, apply: false, warmUp: { kind: 'bn-stats', passes: 2 } });
    expect(await Promise.all(net.trainableWeights.map((w) => w.read().data()))).toEqual(before);
    const running = await net.nonTrainableWeights[0]!.read().data();
    (await mean.data()).forEach((m, i) => expect(running[i]).toBeCloseTo(m * (1 - 0.99 ** 2), 5));
  });

  it("bn-stats of a network of ours moves by 0.1, PyTorch's", async () => {
    const network = vggMini({ inputs: [8, 8, 1], classes: 3 });
    const weights = initialise(network, { seed: 3 });
    const model = fromNetwork(network, weights);
    const data = { x: normals(8, 12 * 64), y: Int32Array.from({ length: 12 }, (_, i) => i % 3) };
    await leakGuard(() => prune(model, data, { criterion: 'magnitude', sparsity: 0.5, apply: false, warmUp: { kind: 'bn-stats' } }), { allow: weights.parameters.length + weights.buffers.length }); // prettier-ignore
    const first = await model.values().buffers[1]!.data();
    const conv = tf.conv2d(
      tf.tensor(data.x, [12, 8, 8, 1]) as tf.Tensor4D,
      weights.parameters[0] as tf.Tensor4D,
      1,
      'same',
    );
    const { variance } = tf.moments(conv, [0, 1, 2]);
    (await variance.data()).forEach((v, i) => expect(first[i]).toBeCloseTo(0.9 + 0.1 * v * (768 / 767), 4));
  });

  it('epochs trains a compiled model on the data before it is scored', async () => {
    const net = cnn();
    net.compile({ optimizer: tf.train.sgd(0.1), loss: 'sparseCategoricalCrossentropy' });
    const twin = cnn();
    twin.compile({ optimizer: tf.train.sgd(0.1), loss: 'sparseCategoricalCrossentropy' });
    for (let epoch = 0; epoch < 2; epoch++)
      await twin.trainOnBatch(tf.tensor(x, [20, 6, 6, 1]), tf.tensor1d(y, 'float32'));
    const { mask } = await prune(net, { x, y }, { sparsity: 0.9, apply: false, warmUp: { kind: 'epochs', n: 2 } });
    const after = await prune(twin, { x, y }, { sparsity: 0.9, apply: false });
    expect(mask.layers.map(({ bits }) => bits)).toEqual(after.mask.layers.map(({ bits }) => bits));
  });

  it('epochs takes what the user trained', async () => {
    const network = mlp({ inputs: 4, hidden: [6], classes: 2 });
    const model = fromNetwork(network, initialise(network));
    const trained = initialise(network, { seed: 9 });
    const data = { x: normals(1, 40), y: Int32Array.from({ length: 10 }, (_, i) => i % 2) };
    const seen: number[] = [];
    const { mask } = await prune(model, data, {
      sparsity: 0.5,
      warmUp: { kind: 'epochs', n: 3, train: (_, epochs) => Promise.resolve(trained).finally(() => seen.push(epochs)) },
    });
    expect(seen).toEqual([3]);
    expect(mask).toEqual((await prune(fromNetwork(network, trained), data, { sparsity: 0.5 })).mask);
  });
});

describe('effectiveMask', () => {
  it('takes out what no path reaches, and what leads nowhere', async () => {
    // 2 inputs → 3 → 2 → classes. Unit 0 of the first layer has no input; unit 1 leads nowhere; unit 2 is alive.
    const network = mlp({ inputs: 2, hidden: [3, 2], classes: 2 });
    const model = fromNetwork(network, initialise(network));
    const kernels = network.parameters.filter(({ role }) => role === 'kernel');
    const first = [[0, 1, 0], [0, 0, 1]].flat(); // prettier-ignore
    const second = [[1, 0], [0, 0], [0, 1]].flat(); // prettier-ignore
    const mask = maskOf(kernels, (layer, i) => [first, second][layer]![i] === 1);
    const effective = await leakGuard(() => effectiveMask(model, mask));
    expect(effective).toEqual(maskOf(kernels, (layer, i) => [[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 1]][layer]![i] === 1)); // prettier-ignore
  });

  it('is the mask where all is kept, also in a deep residual net, and empty where a layer is', async () => {
    const network = resnetMini({ inputs: [8, 8, 1], classes: 3 });
    const model = fromNetwork(network, initialise(network));
    const kernels = network.parameters.filter(({ role }) => role === 'kernel');
    const all = maskOf(kernels, () => true);
    expect(await effectiveMask(model, all)).toEqual(all);
    const noStem = maskOf(kernels, (layer) => layer !== 0);
    expect(densities(await effectiveMask(model, noStem)).reduce((sum, { kept }) => sum + kept, 0)).toBe(0);
    const chain = vggMini({ inputs: [8, 8, 1], classes: 3 });
    const convs = chain.parameters.filter(({ role }) => role === 'kernel');
    const noMiddle = maskOf(convs, (layer) => layer !== 3);
    expect(densities(await effectiveMask(fromNetwork(chain, initialise(chain)), noMiddle)).reduce((sum, { kept }) => sum + kept, 0)).toBe(0); // prettier-ignore
  });
});

describe('bad input', () => {
  const net = () => fromNetwork(mlp({ inputs: 4, hidden: [6], classes: 2 }), initialise(mlp({ inputs: 4, hidden: [6], classes: 2 }))); // prettier-ignore
  const good = { x: normals(1, 40), y: Int32Array.from({ length: 10 }, (_, i) => i % 2) };
  const at = (options: Partial<PruneOptions>, data: Data | null = good) =>
    prune(net(), data, { sparsity: 0.5, ...options });
  it.each<[() => Promise<unknown>, string]>([
    [() => at({ sparsity: 1 }), "prune: 'sparsity' is 1; must be from 0 to below 1. It is the fraction of prunable weights to remove."], // prettier-ignore
    [() => at({ sparsity: '0.5' as never }), "prune: 'sparsity' is '0.5'; must be from 0 to below 1."],
    [() => at({ criterion: 'best' as never }), "score: 'criterion' is 'best'; must be 'random' or 'magnitude' or"],
    [() => at({ sign: 'plus' as never }), "score: 'sign' is 'plus'; must be 'repo' or 'taylor'. Choose one of them."],
    [() => at({ criterion: 'grasp', graspKeep: 'all' as never }), "score: 'graspKeep' is 'all'; must be 'largest-minus-thetaHg' or"], // prettier-ignore
    [() => at({ seed: -1 }), "score: 'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do."],
    [() => at({ rounds: 0 }), "prune: 'rounds' is 0; must be an integer of at least 1. Leave it out for the default."],
    [() => at({ maskBatch: 0 }), "score: 'maskBatch' is 0; must be an integer of at least 1. Use 'all'"],
    [() => at({ maskBatch: 11 }), "gradientStatistics: 'maskBatch' is 11; must be at most the number of examples, 10. Give more data"], // prettier-ignore
    [() => at({ batchSize: 0 }), "score: 'batchSize' is 0; must be an integer of at least 1. Leave it out for as many as fit."], // prettier-ignore
    [() => at({ criterion: 'hd', probes: 0 }), "score: 'probes' is 0; must be an integer of at least 1."],
    [() => at({ temperature: 0 }), "score: 'temperature' is 0; must be a finite number > 0."],
    [() => at({ temperature: 2, loss: () => tf.scalar(0) }), "score: 'temperature' is 2; must be left out where a loss is given. Divide the outputs in your loss."], // prettier-ignore
    [() => at({ loss: (_, z) => z }), 'loss: the loss of 10 examples is of shape [10, 2]; must be [10], or a scalar, their mean. Reduce all axes but the first.'], // prettier-ignore
    [() => at({}, null), "score: 'data' is null; must be examples for 'fts'. Without data there are random, magnitude, synflow."], // prettier-ignore
    [() => at({ isPrunable: () => false }), "has no prunable weights; must have at least one tensor that isPrunable accepts. Its parameters: "], // prettier-ignore
    [() => at({}, { x: good.x, y: good.y.map((label) => label * 2) }), "gradientStatistics: 'y' is 'a label of 2'; must be integers from 0 to 1. Number the classes from 0."], // prettier-ignore
    [() => at({}, { x: good.x, y: Array.from(good.y, (label) => label / 2) }), "'y' is 'a label of 0.5'; must be integers from 0 to 1."], // prettier-ignore
    [() => at({}, { x: good.x, y: Array.from(good.y, () => [0, 0, 1]) }), "'y' is 'labels of shape [10, 3]'; must be class numbers, or rows of 2 probabilities."], // prettier-ignore
    [() => at({}, { x: good.x, y: good.y.slice(1) }), "gradientStatistics: 'x' is '40 numbers'; must be 9 examples of [4]. There is one label an example"], // prettier-ignore
    [() => at({}, { x: tf.zeros([9, 4]), y: good.y }), "gradientStatistics: 'x' is '9 examples'; must be as many as there are labels, 10, at least one."], // prettier-ignore
    [() => at({}, [good, { x: good.x, y: [0] }]), "gradientStatistics: batch 1: 'x' is '40 numbers'; must be 1 examples of [4]."], // prettier-ignore
    [() => at({}, []), "gradientStatistics: 'data' gave no example in this pass; must give at least one. Where data is read more than once, give a function that starts the iterator again."], // prettier-ignore
    [() => at({ criterion: 'grasp' }, [good][Symbol.iterator]()), "hessianProduct: 'data' gave no example in this pass; must give at least one. Where data is read more than once, give a function"], // prettier-ignore
    [() => at({}, { x: good.x.map(() => NaN), y: good.y }), "holds NaN at weight 0; must be finite numbers. The loss or its gradient overflowed: check weights and data."], // prettier-ignore
    [() => at({ warmUp: { kind: 'dense' as never } as never }), "prune: 'warmUp.kind' is 'dense'; must be 'epochs' or 'bn-stats'."], // prettier-ignore
    [() => at({ warmUp: { kind: 'epochs', n: 0 } }), "prune: 'warmUp.n' is 0; must be an integer of at least 1. Leave warmUp out for none."], // prettier-ignore
    [
      () => at({ warmUp: { kind: 'bn-stats', passes: 0 } }),
      "prune: 'warmUp.passes' is 0; must be an integer of at least 1.",
    ],
    [() => at({ warmUp: { kind: 'epochs', n: 1 } }), "prune: 'warmUp.train' is undefined; must be given for 'mlp"],
    [() => at({ criterion: 'random', warmUp: { kind: 'bn-stats' } }, null), "prune: 'data' is null; must be examples for warm-up 'bn-stats'. Give some, or no warm-up."], // prettier-ignore
    [() => prune(cnn(), { x, y }, { sparsity: 0.5, warmUp: { kind: 'epochs', n: 1 } }), "prune: warm-up 'epochs' needs a compiled model;"], // prettier-ignore
  ])('%#: is refused', async (run, message) => {
    await expect(run()).rejects.toThrow(message);
  });

  it.each<[Partial<PruneOptions>, Data | null, string]>([
    [{ criterion: 'best' as never }, good, "'criterion' is 'best'"],
    [{ sign: 'plus' as never }, good, "'sign' is 'plus'"],
    [{ graspKeep: 'all' as never }, good, "'graspKeep' is 'all'"],
    [{ seed: -1 }, good, "'seed' is -1"],
    [{ maskBatch: 0 }, good, "'maskBatch' is 0"],
    [{ batchSize: 0 }, good, "'batchSize' is 0"],
    [{ probes: 0 }, good, "'probes' is 0"],
    [{ temperature: 0 }, good, "'temperature' is 0"],
    [{ isPrunable: () => false }, good, 'has no prunable weights'],
    [{ scope: 'net' as never }, good, "'scope' is 'net'"],
    [{ minPerLayer: -1 }, good, "'minPerLayer' is -1"],
    [{ minPerLayer: 13 }, good, "'minPerLayer' is 13; must be small enough for the 12 weights that stay of 24."],
    [{}, null, "'data' is null; must be examples for 'fts'."],
  ])('%#: is refused before a warm-up trains', async (options, data, message) => {
    let trained = 0;
    const train = (values: Values) => Promise.resolve(values).finally(() => trained++);
    await expect(at({ ...options, warmUp: { kind: 'epochs', n: 1, train } }, data)).rejects.toThrow(message);
    expect(trained).toBe(0);
  });

  it('labels out of range do not train', async () => {
    const model = cnn();
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'sparseCategoricalCrossentropy' });
    const before = await Promise.all(model.weights.map((w) => w.read().data()));
    for (const warmUp of [{ kind: 'epochs', n: 1 }, { kind: 'bn-stats' }] as const) {
      await expect(prune(model, { x, y: y.map((label) => label + 1) }, { sparsity: 0.5, warmUp })).rejects.toThrow(
        "prune: 'y' is 'a label of 3'; must be integers from 0 to 2. Number the classes from 0.",
      );
    }
    expect(await Promise.all(model.weights.map((w) => w.read().data()))).toEqual(before);
  });

  it('names the layer of a gradient that is not finite, and leaves the model as it was', async () => {
    const model = net();
    const before = await model.values().parameters[0]!.data();
    await expect(prune(model, { x: good.x.map(() => Infinity), y: good.y }, { sparsity: 0.5 })).rejects.toThrow(
      `select: 'scores of '${model.parameters[0]!.name}'' holds NaN`,
    );
    expect(await model.values().parameters[0]!.data()).toEqual(before);
  });

  it('leaves no tensor behind when it fails', async () => {
    const model = net();
    function* bad() {
      yield { x: tf.zeros([3, 4]), y: tf.tensor1d([0, 1, 0], 'int32') };
      yield { x: tf.zeros([2, 4]), y: tf.tensor1d([0, 7], 'int32') };
    }
    for (const criterion of ['fts', 'snip', 'grasp', 'hd'] as const) {
      for (const data of [{ x: good.x, y: good.y.map(() => 7) }, bad]) {
        for (const options of [{}, { maskBatch: 4 }, { batchSize: 2 }]) {
          await leakGuard(async () => {
            await expect(score(model, data, criterion, options)).rejects.toThrow('must be integers from 0 to 1');
          });
        }
      }
    }
  });

  it('of models: several outputs, outputs that are no logits, no fixed input', async () => {
    const input = tfl.input({ shape: [3] });
    const [a, b] = [2, 3].map((units) => tfl.layers.dense({ units }).apply(input) as tfl.SymbolicTensor);
    expect(() => fromLayers(tfl.model({ inputs: input, outputs: [a!, b!] }))).toThrow(
      "fromLayers: 'model' is '1 inputs and 2 outputs'; must be one input and one output, built. Give the first layer an inputShape",
    );
    const sigmoid = tfl.sequential({ layers: [tfl.layers.dense({ units: 4, inputShape: [3] }), tfl.layers.dense({ units: 1, activation: 'sigmoid' })] }); // prettier-ignore
    await expect(prune(sigmoid, { x: [1, 2, 3], y: [1] }, { sparsity: 0.5 })).rejects.toThrow(
      `score: 'loss' is undefined; must be given for '${sigmoid.name}', whose outputs are no logits. Give (labels, outputs) => losses.`,
    );
    const open = tfl.sequential({ layers: [tfl.layers.conv2d({ filters: 2, kernelSize: 1, inputShape: [null as never, 4, 1] }), tfl.layers.conv2d({ filters: 2, kernelSize: 1 }), tfl.layers.globalAveragePooling2d({})] }); // prettier-ignore
    await expect(prune(open, null, { criterion: 'synflow', sparsity: 0.5 })).rejects.toThrow(
      `synflow: the input of '${open.name}' is of shape [null, 4, 1]; must have fixed sides. Build the model for one size.`,
    );
    const network = mlp({ inputs: 4, hidden: [6], classes: 2 });
    expect(() => fromNetwork(network, { parameters: [], buffers: [] })).toThrow(
      "fromNetwork: 'weights' is [0, 0]; must be 4 parameters and 0 buffers for",
    );
  });
});
