import * as fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {
  initialise,
  mlp,
  type Network,
  resnetMini,
  smallCnn,
  train,
  updateStatistics,
  vggMini,
  type Weights,
} from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { leakGuard, useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyMask,
  assertMaskInvariant,
  fromNetwork,
  kernels,
  type Mask,
  maskOf,
  maskTensors,
  prune,
  shrinkLayers,
  shrinkNetwork,
} from '../src/index.js';

beforeAll(() => useBackend('wasm'));

/** A model whose kernels are drawn, so that nothing depends on Math.random. */
function drawn<M extends tfl.LayersModel>(model: M): M {
  model.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    if (shape.length > 1) weight.write(tf.mul(tf.tensor(normals(i, tf.util.sizeFromShape(shape)), shape), 0.3));
  });
  return model;
}

const normals = (seed: number, n: number) =>
  Float32Array.from(stream(seed, 'shrink.test').fillNormal(new Float64Array(n)));

/** Weights with every bias, norm and statistic off its initial value, so that nothing is right by chance. */
function lively(network: Network, seed: number): Weights {
  const weights = initialise(network, { seed });
  const random = (t: tf.Tensor, i: number, base: number) => tf.add(tf.mul(tf.tensor(normals(seed + i, t.size), t.shape), 0.3), base); // prettier-ignore
  return {
    parameters: network.parameters.map(
      ({ role }, i) =>
      role === 'kernel' || role === 'classifier' ? weights.parameters[i]! : random(weights.parameters[i]!, i, role === 'norm-scale' ? 1 : 0), // prettier-ignore
    ),
    buffers: network.buffers.map(({ initial }, i) => tf.abs(random(weights.buffers[i]!, i + 100, initial))),
  };
}

/** A mask of a network's kernels: filters out where `dead` says, inputs where `unread` does, and weights at random. */
function maskFor(
  network: { parameters: Network['parameters'] },
  dead: (name: string, output: number) => boolean,
  unread: (name: string, input: number) => boolean = () => false,
  density = 1,
): Mask {
  const layers = network.parameters.filter(kernels);
  const draws = stream(5, 'shrink.test', 'mask');
  return maskOf(layers, (l, i) => {
    const { name, shape } = layers[l]!;
    const [rows, columns] = shape.slice(-2) as [number, number];
    return !dead(name, i % columns) && !unread(name, Math.floor(i / columns) % rows) && draws.uniform() < density;
  });
}

/** Largest difference of logits on random inputs, between a masked network and what it shrank to, and their size. */
async function difference(network: Network, weights: Weights, mask: Mask) {
  const small = await shrinkNetwork(network, weights, mask);
  const x = tf.tensor(normals(77, 3 * network.inputShape.reduce((a, b) => a * b)), [3, ...network.inputShape]); // prettier-ignore
  const [worst, size] = tf.tidy(() => {
    const ones = maskTensors(fromNetwork(network, weights), mask);
    const masked = weights.parameters.map((t, i) => (ones[i] ? tf.mul(t, ones[i]) : t));
    const before = network.forward(masked, weights.buffers, x);
    const after = small.network.forward(small.weights.parameters, small.weights.buffers, x);
    return [tf.max(tf.abs(tf.sub(before, after))).dataSync()[0]!, tf.max(tf.abs(before)).dataSync()[0]!];
  }) as [number, number];
  const shapes = small.network.parameters.map(({ shape }) => shape);
  expect(small.weights.parameters.map(({ shape }) => shape)).toEqual(shapes);
  expect(small.weights.buffers.map(({ shape }) => shape)).toEqual(small.network.buffers.map(({ shape }) => shape));
  expect(small.report.after).toBe(shapes.reduce((sum, shape) => sum + tf.util.sizeFromShape([...shape]), 0));
  return { ...small, worst: worst / size };
}
const sidesOf = (network: Network, name: string) => network.parameters.find((spec) => spec.name === name)!.shape;

describe('shrinkNetwork', () => {
  it('takes dead units out of an MLP, and their constants into the next bias', async () => {
    const network = mlp({ inputs: 5, hidden: [7, 6], classes: 3 });
    const mask = maskFor(network, (name, o) => name === 'dense1.kernel' && (o === 1 || o === 4));
    const { network: small, report, worst } = await difference(network, lively(network, 1), mask);
    expect(worst).toBeLessThan(1e-6);
    expect(small.parameters.map(({ shape }) => shape)).toEqual([[5, 5], [5], [5, 6], [6], [6, 3], [3]]);
    expect(small.parameters.map(({ fanIn }) => fanIn)).toEqual([5, 5, 5, 5, 6, 6]);
    expect(report).toEqual({
      before: 42 + 48 + 21,
      after: 30 + 36 + 21,
      layers: [
        { name: 'dense1.kernel', before: 7, after: 5 },
        { name: 'dense2.kernel', before: 6, after: 6 },
        { name: 'classifier.kernel', before: 3, after: 3 },
      ],
      left: [],
    });
  });

  it('takes out what nothing reads, and what only that reads', async () => {
    const network = mlp({ inputs: 5, hidden: [4, 6, 6], classes: 3 });
    // Unit 2 of dense2 is unread; unit 3 of dense1 feeds it alone.
    const layers = network.parameters.filter(kernels);
    const mask = maskOf(layers, (l, i) => {
      const { name } = layers[l]!;
      if (name === 'dense2.kernel') return Math.floor(i / 6) !== 3 || i % 6 === 2;
      return name !== 'dense3.kernel' || Math.floor(i / 6) !== 2;
    });
    const { network: small, worst } = await difference(network, lively(network, 2), mask);
    expect(worst).toBeLessThan(1e-6);
    expect(small.parameters.filter(({ role }) => role === 'kernel').map(({ shape }) => shape)).toEqual([[5, 3], [3, 5], [5, 6]]); // prettier-ignore
  });

  it('takes out a unit whose inputs are all constant', async () => {
    const network = mlp({ inputs: 5, hidden: [4, 6], classes: 3 });
    // Unit 0 of dense1 is dead; unit 5 of dense2 reads it alone, and is as constant.
    const layers = network.parameters.filter(kernels);
    const mask = maskOf(layers, (l, i) => (l === 0 ? i % 4 !== 0 : i % 6 !== 5 || i < 6));
    const { network: small, worst } = await difference(network, lively(network, 3), mask);
    expect(worst).toBeLessThan(1e-6);
    expect(sidesOf(small, 'dense2.kernel')).toEqual([3, 5]);
  });

  it('leaves each layer one output, and then the logits are constant', async () => {
    const network = mlp({ inputs: 5, hidden: [4, 6], classes: 3 });
    const { network: small, report, worst } = await difference(network, lively(network, 4), maskFor(network, () => true)); // prettier-ignore
    expect(worst).toBeLessThan(1e-6);
    expect(small.parameters.map(({ shape }) => shape)).toEqual([[5, 1], [1], [1, 1], [1], [1, 3], [3]]);
    expect(report.left.map(({ name, filters }) => [name, filters])).toEqual([['dense1.kernel', 1], ['dense2.kernel', 1]]); // prettier-ignore
  });

  it('keeps what the one output of a dead layer is made of', async () => {
    // With 1 % of the weights no path is left, but constants that padding holds back reach the classifier.
    const network = vggMini({ inputs: [8, 8, 1], classes: 2 });
    const mask = maskFor(network, () => false, () => false, 0.01); // prettier-ignore
    const { report, worst } = await difference(network, lively(network, 0), mask);
    expect(worst).toBeLessThan(1e-5);
    expect(report.layers.some(({ after }) => after === 1)).toBe(true);
  });

  it('of a conv net takes the filters that are zero, or that a dense layer reads; padding keeps other constants', async () => {
    const network = smallCnn({ inputs: [8, 8, 2], classes: 3 });
    const weights = lively(network, 5);
    const bias = await weights.parameters[1]!.data();
    const mask = maskFor(network, (name, o) => name === 'conv1.kernel' ? o < 6 : name === 'conv2.kernel' && o >= 30); // prettier-ignore
    const negative = Array.from(bias.slice(0, 6)).filter((b) => b <= 0).length;
    expect([negative > 0, negative < 6]).toEqual([true, true]);
    const { network: small, report, worst } = await difference(network, weights, mask);
    expect(worst).toBeLessThan(1e-6);
    expect(sidesOf(small, 'conv1.kernel')).toEqual([3, 3, 2, 16 - negative]);
    expect(sidesOf(small, 'conv2.kernel')).toEqual([3, 3, 16 - negative, 30]);
    expect(sidesOf(small, 'dense1.kernel')).toEqual([4 * 30, 64]);
    expect(report.left).toEqual([{ name: 'conv1.kernel', filters: 6 - negative, why: 'constant, but the next layer pads it, has no bias to take it, or would be left without inputs' }]); // prettier-ignore
  });

  it('shrinks norms and their statistics with their filters', async () => {
    const network = vggMini({ inputs: [8, 8, 1], classes: 3 });
    // As at the initialisation: what a dead filter gives is 0.
    const weights = initialise(network, { seed: 3 });
    const mask = maskFor(network, (name, o) => name !== 'conv3.kernel' && o % 4 === 1);
    const { network: small, report, worst } = await difference(network, weights, mask);
    expect(worst).toBeLessThan(1e-6);
    const widths = [12, 12, 32, 24, 48, 48];
    expect(small.parameters.filter(({ role }) => role === 'norm-scale').map(({ shape }) => shape[0])).toEqual(widths);
    expect(small.buffers.map(({ shape }) => shape[0])).toEqual(widths.flatMap((width) => [width, width]));
    const parameters = widths.reduce((sum, width, l) => sum + 9 * (l === 0 ? 1 : widths[l - 1]!) * width + 2 * width, 48 * 3 + 3); // prettier-ignore
    expect(report.after).toBe(parameters);
  });

  it('shrinks the inside of residual blocks; sums go together or not at all', async () => {
    const network = resnetMini({ inputs: [8, 8, 1], classes: 3 });
    const weights = initialise(network, { seed: 3 });
    // All that adds to channel 3 of stage 3 is dead; of channel 4 only the block's main path.
    const mask = maskFor(network, (name, o) => name.endsWith('block1.conv1.kernel') ? o < 5 : name.startsWith('stage3') && (o === 3 || (o === 4 && name.includes('conv2')))); // prettier-ignore
    const { network: small, worst } = await difference(network, weights, mask);
    expect(worst).toBeLessThan(1e-6);
    expect(sidesOf(small, 'stage2.block1.conv1.kernel')).toEqual([3, 3, 16, 27]);
    expect(sidesOf(small, 'stage2.block1.conv2.kernel')).toEqual([3, 3, 27, 32]);
    expect(sidesOf(small, 'stage3.block1.conv2.kernel')).toEqual([3, 3, 59, 63]);
    expect(sidesOf(small, 'stage3.block1.shortcut.conv.kernel')).toEqual([1, 1, 32, 63]);
    expect(sidesOf(small, 'classifier.kernel')).toEqual([63, 3]);
  });

  it('never changes the outputs, whatever mask, weights and network', async () => {
    const networks = [
      mlp({ inputs: 4, hidden: [5, 4, 6], classes: 2 }),
      smallCnn({ inputs: [5, 4, 1], classes: 2 }),
      vggMini({ inputs: [8, 8, 1], classes: 2 }),
      resnetMini({ inputs: [4, 4, 1], classes: 2 }),
    ];
    const cases = fc.record({
      network: fc.constantFrom(...networks),
      seed: fc.integer({ min: 0, max: 999 }),
      dead: fc.double({ min: 0, max: 1, noNaN: true }),
      density: fc.constantFrom(1, 0.5, 0.1, 0.01),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ network, seed, dead, density }) => {
        const draws = stream(seed, 'shrink.test', 'dead');
        const gone = new Map<string, boolean>();
        const isGone = (name: string, place: number) => {
          const key = `${name} ${place}`;
          if (!gone.has(key)) gone.set(key, draws.uniform() < dead);
          return gone.get(key)!;
        };
        const mask = maskFor(network, isGone, (name, i) => isGone(`${name} in`, i), density);
        const { worst } = await difference(network, lively(network, seed), mask);
        expect(worst).toBeLessThan(2e-5);
      }),
      { numRuns: 25 },
    );
  });

  it('gives what trains on, sparse as before, and leaks nothing', async () => {
    const network = vggMini({ inputs: [8, 8, 1], classes: 2 });
    const weights = initialise(network, { seed: 1 });
    const data = { x: normals(9, 32 * 64), y: Int32Array.from({ length: 32 }, (_, i) => i % 2) };
    const { mask } = await prune(fromNetwork(network, weights), data, { sparsity: 0.7, filters: 'mean', apply: false });
    const small = await shrinkNetwork(network, weights, mask);
    expect(small.report.after).toBeLessThan(small.report.before / 2);
    const ones = maskTensors(fromNetwork(small.network, small.weights), small.mask);
    const examples = { ...data, shape: [8, 8, 1], count: 32 };
    const { weights: trained } = await train(small.network, small.weights, examples, { epochs: 1, batchSize: 16, rate: 0.05, mask: ones }); // prettier-ignore
    await assertMaskInvariant(fromNetwork(small.network, trained), small.mask);
    await leakGuard(async () => tf.dispose((await shrinkNetwork(network, weights, mask)).weights));
  });

  it('counts what a norm averages over as before', async () => {
    const network = vggMini({ inputs: [8, 8, 1], classes: 2 });
    const weights = initialise(network, { seed: 1 });
    const data = { x: normals(9, 4 * 64), y: new Int32Array(4), shape: [8, 8, 1], count: 4 };
    const small = await shrinkNetwork(network, weights, maskFor(network, (name, o) => name === 'conv1.kernel' && o < 4)); // prettier-ignore
    const [, before] = (await updateStatistics(network, weights, data)).buffers;
    const [, after] = (await updateStatistics(small.network, small.weights, data)).buffers;
    const [all, left] = [await before!.data(), await after!.data()];
    left.forEach((variance, c) => expect(variance).toBeCloseTo(all[c + 4]!, 6));
  });

  it('leaves a vector that nothing reads', async () => {
    const network = mlp({ inputs: 5, hidden: [4], classes: 3 });
    const more: Network = {
      ...network,
      parameters: [...network.parameters, { name: 'spare', role: 'bias', shape: [4], fanIn: 1 }],
      forward: (parameters, ...rest) => network.forward(parameters.slice(0, -1), ...rest),
    };
    const { network: small, worst } = await difference(
      more,
      lively(more, 1),
      maskFor(more, (_, o) => o === 0),
    );
    expect(worst).toBeLessThan(1e-6);
    expect(small.parameters.map(({ shape }) => shape)).toEqual([[5, 3], [3], [3, 3], [3], [4]]);
  });

  it('refuses a mask of another network', async () => {
    const network = mlp({ inputs: 5, hidden: [4], classes: 3 });
    const mask = maskFor(mlp({ inputs: 5, hidden: [3], classes: 3 }), () => false);
    await expect(shrinkNetwork(network, initialise(network), mask)).rejects.toThrow('shrinkNetwork: the mask is for another model'); // prettier-ignore
  });
});

describe('shrinkLayers', () => {
  /** A stock model with all kinds of layers that are taken; biases and statistics off zero. */
  function stock(activation: 'relu' | 'tanh', padding: 'same' | 'valid'): tfl.LayersModel {
    const input = tfl.input({ shape: [8, 8, 2] });
    const { layers } = tfl;
    let x = layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same', activation }).apply(input);
    x = layers.batchNormalization({}).apply(x);
    x = layers.maxPooling2d({ poolSize: 2 }).apply(x);
    const short = layers.conv2d({ filters: 5, kernelSize: 1 }).apply(x) as tfl.SymbolicTensor;
    let main = layers.conv2d({ filters: 4, kernelSize: 3, padding, activation }).apply(x);
    main = layers.conv2d({ filters: 5, kernelSize: 1 }).apply(main);
    if (padding === 'valid') main = layers.zeroPadding2d({ padding: 1 }).apply(main);
    x = layers.add().apply([short, main as tfl.SymbolicTensor]);
    x = layers.reLU().apply(x);
    x = layers.flatten().apply(layers.dropout({ rate: 0.5 }).apply(x));
    x = layers.dense({ units: 7, activation }).apply(x);
    x = layers.dense({ units: 3, activation: 'softmax' }).apply(x);
    const model = tfl.model({ inputs: input, outputs: x as tfl.SymbolicTensor });
    model.setWeights(model.weights.map((w, i) => {
      const values = tf.mul(tf.tensor(normals(i, tf.util.sizeFromShape(w.shape as number[])), w.shape as number[]), 0.3);
      return w.originalName.includes('variance') ? tf.add(tf.abs(values), 0.5) : values;
    })); // prettier-ignore
    return model;
  }

  it.each([
    ['relu', 'same'],
    ['tanh', 'same'],
    ['relu', 'valid'],
    ['tanh', 'valid'],
  ] as const)('predicts the same with %s and %s', async (activation, padding) => {
    const model = stock(activation, padding);
    const { mask } = await prune(model, null, { criterion: 'random', sparsity: 0.4, filters: 'mean', minPerLayer: 2 });
    const before = await leakGuardCount(() => shrinkLayers(model, mask));
    const { model: small, mask: rest, report } = before;
    const x = tf.tensor(normals(60, 4 * 128), [4, 8, 8, 2]);
    const [a, b] = [model.predict(x) as tf.Tensor, small.predict(x) as tf.Tensor];
    expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]).toBeLessThan(1e-6);
    expect(report.after).toBeLessThan(report.before);
    expect(small.countParams()).toBe(report.after + small.nonTrainableWeights.reduce((sum, w) => sum + w.shape[0]!, 0));
    await assertMaskInvariant(small, { layers: rest.layers });
  });

  it('takes units out of a sequential model', async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 6, activation: 'relu', inputShape: [4], biasInitializer: 'ones' }));
    net.add(tfl.layers.dense({ units: 3 }));
    drawn(net);
    const mask = maskOf([{ name: net.weights[0]!.originalName, shape: [4, 6] }], (_, i) => i % 6 > 1);
    const { model: small } = await shrinkLayers(net, mask);
    expect(small.weights.map(({ shape }) => shape)).toEqual([[4, 4], [4], [4, 3], [3]]);
    // What the two dead units gave, relu(1), stands in the bias.
    const kernel = await net.weights[2]!.read().data();
    const bias = await small.weights[3]!.read().data();
    bias.forEach((value, o) => expect(value).toBeCloseTo(kernel[o]! + kernel[3 + o]!, 6));
  });

  /** A sequential model, and a mask in which the kernel of layer l keeps the weight from input i to output o where `keep` says so. */
  function masked(layers: tfl.layers.Layer[], keep: (l: number, i: number, o: number) => boolean) {
    const model = drawn(tfl.sequential({ layers }));
    const pruned = model.layers.filter((layer) => layer.weights.length > 0).slice(0, -1).map(({ weights }) => weights[0]!); // prettier-ignore
    const specs = pruned.map(({ originalName, shape }) => ({ name: originalName, shape: shape as number[] }));
    const mask = maskOf(specs, (l, k) => {
      const [rows, columns] = specs[l]!.shape.slice(-2) as [number, number];
      return keep(l, Math.floor(k / columns) % rows, k % columns);
    });
    return { model, mask };
  }
  async function unlike(model: tfl.LayersModel, small: tfl.LayersModel, mask: Mask): Promise<number> {
    applyMask(model, mask);
    const shape = [3, ...(model.inputs[0]!.shape.slice(1) as number[])];
    const x = tf.tensor(normals(61, tf.util.sizeFromShape(shape)), shape);
    const [before, after] = [model.predict(x) as tf.Tensor, small.predict(x) as tf.Tensor];
    const largest = async (of: tf.Tensor) => (await tf.max(tf.abs(of)).data())[0]!;
    // Kernels are drawn anew each time, and float32 rounds in proportion to what comes out.
    return (await largest(tf.sub(before, after))) / Math.max(1, await largest(before));
  }

  it('leaves a constant that no bias takes, and says so', async () => {
    const { dense } = tfl.layers;
    const layers = [
      dense({ units: 6, activation: 'relu', inputShape: [4], biasInitializer: 'ones', name: 'one' }),
      dense({ units: 5, useBias: false, activation: 'relu' }),
      dense({ units: 3 }),
    ];
    const { model, mask } = masked(layers, (l, _, o) => l > 0 || o > 1);
    const { model: small, report } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.weights[0]!.shape).toEqual([4, 6]);
    expect(report.left).toMatchObject([{ name: 'one/kernel', filters: 2 }]);
  });

  it('leaves a constant that is not the same everywhere', async () => {
    const conv = (padding: 'same' | 'valid', more = {}) => tfl.layers.conv2d({ filters: 3, kernelSize: 3, padding, biasInitializer: 'ones', activation: 'relu', ...more }); // prettier-ignore
    const layers = [conv('same', { inputShape: [6, 6, 1] }), conv('same'), conv('valid'), tfl.layers.flatten(), tfl.layers.dense({ units: 2 })]; // prettier-ignore
    // Channel 0 of the first is constant; channel 0 of the second reads it alone, and its border differs.
    const { model, mask } = masked(layers, (l, i, o) => o > 0 || (l === 1 ? i === 0 : l > 1));
    const { model: small } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.layers[1]!.weights[0]!.shape).toEqual([3, 3, 3, 3]);
  });

  it('folds a constant into a convolution that does not pad; a layer used twice stays whole', async () => {
    const conv = (more = {}) => tfl.layers.conv2d({ filters: 3, kernelSize: 3, biasInitializer: 'ones', activation: 'tanh', ...more }); // prettier-ignore
    const layers = [conv({ inputShape: [8, 8, 1] }), conv(), tfl.layers.flatten(), tfl.layers.dense({ units: 2 })];
    const { model, mask } = masked(layers, (l, _, o) => l > 0 || o > 0);
    const { model: small } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.layers[1]!.weights[0]!.shape).toEqual([3, 3, 2, 3]);
    const input = tfl.input({ shape: [5] });
    const twice = tfl.layers.dense({ units: 5, activation: 'relu', name: 'twice' });
    const output = tfl.layers.dense({ units: 2 }).apply(twice.apply(twice.apply(input)));
    const shared = drawn(tfl.model({ inputs: input, outputs: output as tfl.SymbolicTensor }));
    const sharedMask = maskOf([{ name: 'twice/kernel', shape: [5, 5] }], (_, i) => i % 5 > 0);
    const { model: same } = await shrinkLayers(shared, sharedMask);
    expect(await unlike(shared, same, sharedMask)).toBeLessThan(1e-6);
    expect(same.weights[0]!.shape).toEqual([5, 5]);
  });

  it('takes out a constant that padding holds back once only another constant reads it', async () => {
    const conv = (more = {}) => tfl.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', biasInitializer: 'ones', activation: 'relu', ...more }); // prettier-ignore
    const layers = [conv({ inputShape: [4, 4, 1] }), conv(), tfl.layers.flatten(), tfl.layers.dense({ units: 2 })];
    const { model, mask } = masked(layers, (l, i, o) => (l === 0 ? o > 0 : (i === 0) === (o === 0)));
    const { model: small } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.weights.map(({ shape }) => shape)).toEqual([[3, 3, 1, 2], [2], [3, 3, 2, 2], [2], [32, 2], [2]]);
  });

  it('folds into the bias of a dense layer with any activation', async () => {
    const dense = (more = {}) => tfl.layers.dense({ units: 4, activation: 'tanh', biasInitializer: 'ones', ...more });
    const { model, mask } = masked([dense({ inputShape: [3] }), dense(), dense()], (l, _, o) => l > 0 || o > 0);
    const { model: small } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.weights[2]!.shape).toEqual([3, 4]);
  });

  it.each([0, 1])('leaves what is added to the input whole, on side %i', async (side) => {
    const input = tfl.input({ shape: [4] });
    const inner = tfl.layers.dense({ units: 4, name: 'inner' }).apply(input) as tfl.SymbolicTensor;
    const sum = tfl.layers.add().apply(side === 0 ? [input, inner] : [inner, input]);
    const model = tfl.model({
      inputs: input,
      outputs: tfl.layers.dense({ units: 2 }).apply(sum) as tfl.SymbolicTensor,
    });
    drawn(model);
    const mask = maskOf([{ name: 'inner/kernel', shape: [4, 4] }], (_, i) => i % 4 > 0);
    const { model: small } = await shrinkLayers(model, mask);
    expect(await unlike(model, small, mask)).toBeLessThan(1e-6);
    expect(small.weights[0]!.shape).toEqual([4, 4]);
  });

  it('names what it does not take', async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 6, inputShape: [4], name: 'first' }));
    net.add(tfl.layers.reshape({ targetShape: [2, 3], name: 'again' }));
    await expect(shrinkLayers(net, { layers: [] })).rejects.toThrow("shrinkLayers: 'again' is 'Reshape'; must be one of InputLayer, Dense,"); // prettier-ignore
  });
});

/** The result, after checking that no tensor but the new model's stays. */
async function leakGuardCount(run: () => Promise<Awaited<ReturnType<typeof shrinkLayers>>>) {
  const before = tf.memory().numTensors;
  const result = await run();
  expect(tf.memory().numTensors - before).toBe(result.model.weights.length);
  return result;
}
