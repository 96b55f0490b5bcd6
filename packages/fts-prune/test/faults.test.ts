import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as fc from 'fast-check';
import { initialise, mlp } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import * as pruning from '../src/index.js';
import { usesOf } from '../src/uses.js';

const { applyMask, assertMaskInvariant, effectiveMask, fromLayers, isKept, maskOf, maskOptimizer, prune, select } = pruning; // prettier-ignore

beforeAll(() => useBackend('wasm'));

const draws = (seed: number, n: number) =>
  Float32Array.from(stream(seed, 'faults.test').fillNormal(new Float64Array(n)));

/** A model of these layers whose weights are drawn, so that nothing depends on Math.random. */
function net(...layers: tfl.layers.Layer[]): tfl.Sequential {
  const model = tfl.sequential({ layers });
  model.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    weight.write(tf.tensor(draws(i, tf.util.sizeFromShape(shape)), shape));
  });
  return model;
}
const last = (model: tfl.LayersModel) => fromLayers(model).parameters;
const everyKernel = ({ name }: pruning.Parameter) => name.endsWith('kernel');

/** Whether weight `i` is kept, of the tensor whose name ends so. */
const keeps = ({ layers }: pruning.Mask, end: string) => {
  const layer = layers.find(({ name }) => name.endsWith(end))!;
  return (i: number) => isKept(layer, i);
};

describe('F1: kernels are read by the layout of their layer', () => {
  it('filters of a transposed convolution [h, w, out, in] are its outputs', async () => {
    const model = net(tfl.layers.conv2dTranspose({ filters: 3, kernelSize: 2, inputShape: [4, 4, 2] }), tfl.layers.conv2d({ filters: 1, kernelSize: 1 })); // prettier-ignore
    const { mask, scores } = await prune(model, null, { criterion: 'magnitude', filters: 'sum', sparsity: 0.6, apply: false }); // prettier-ignore
    const kept = keeps(mask, 'kernel');
    const sums = [0, 1, 2].map((out) => scores[0]!.scores.reduce((sum, s, i) => sum + (Math.floor(i / 2) % 3 === out ? s : 0), 0)); // prettier-ignore
    const order = [0, 1, 2].sort((a, b) => sums[b]! - sums[a]!);
    for (let i = 0; i < 24; i++) expect(kept(i)).toBe(order.slice(0, 2).includes(Math.floor(i / 2) % 3));
  });

  it.each([
    ['lstm', 4, (units: number) => tfl.layers.lstm({ units, recurrentInitializer: 'zeros', inputShape: [3, 2] })],
    ['gru', 3, (units: number) => tfl.layers.gru({ units, recurrentInitializer: 'zeros', inputShape: [3, 2] })],
  ])('units of a layer with gates (%s) are a column of each gate', async (_, gates, layer) => {
    const model = net(layer(3), tfl.layers.dense({ units: 1 }));
    const { mask, scores } = await prune(model, null, { criterion: 'magnitude', filters: 'sum', sparsity: 0.5, apply: false }); // prettier-ignore
    mask.layers.forEach((own, l) => {
      const sums = [0, 1, 2].map((u) => scores[l]!.scores.reduce((sum, s, i) => sum + (i % 3 === u ? s : 0), 0));
      expect(own.shape.at(-1)).toBe(3 * gates);
      const units = [0, 1, 2].filter((u) => isKept(own, u));
      for (let i = 0; i < scores[l]!.scores.length; i++) expect(isKept(own, i)).toBe(units.includes(i % 3));
      for (const u of units)
        for (const v of [0, 1, 2]) if (!units.includes(v)) expect(sums[u]).toBeGreaterThan(sums[v]!);
    });
    expect(mask.layers.reduce((sum, { kept, shape }) => sum + kept / (shape[0]! * gates), 0)).toBe(3);
  });

  it('each channel of a depthwise convolution is a filter', async () => {
    const model = net(tfl.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, inputShape: [4, 4, 3] }), tfl.layers.conv2d({ filters: 1, kernelSize: 1 })); // prettier-ignore
    const { mask } = await prune(model, null, { criterion: 'magnitude', filters: 'sum', sparsity: 0.5, apply: false });
    const kept = keeps(mask, 'depthwise_kernel');
    for (let i = 0; i < 24; i++) expect(kept(i)).toBe(kept(i % 6));
    expect(mask.layers[0]!.kept).toBe(12);
  });

  it('a pattern goes along the inputs of an output, and ERK by the matrices that there are', () => {
    const of = (layout: pruning.Layout, shape: number[], ...scores: number[]) => ({ name: 'a', shape, layout, scores: Float32Array.from(scores) }); // prettier-ignore
    const bits = (mask: pruning.Mask) => [...pruning.maskValues(mask.layers[0]!)];
    // [1, 1, out 2, in 2]: consecutive inputs lie side by side.
    expect(bits(select([of('inputs-last', [1, 1, 2, 2], 1, 2, 4, 3)], { pattern: '1:2' }))).toEqual([0, 1, 1, 0]);
    expect(bits(select([of('outputs-last', [1, 1, 2, 2], 1, 2, 4, 3)], { pattern: '1:2' }))).toEqual([0, 0, 1, 1]);
    // [2, 1, in 2, multiplier 1]: each channel has its two places.
    expect(bits(select([of('depthwise', [2, 1, 2, 1], 1, 4, 2, 3)], { pattern: '1:2' }))).toEqual([0, 1, 1, 0]);
    // Sums of sides: 4·(3 + 5) = 32 for four gates [3, 5] against 8 + 8 = 16; 24 in all are 16 and 8.
    const zeros = (n: number) => Array.from({ length: n }, (_, i) => i);
    const erk = select([of('gates-4', [3, 20], ...zeros(60)), of('outputs-last', [8, 8], ...zeros(64))], { scope: 'erk', sparsity: 1 - 24 / 124 }); // prettier-ignore
    expect(erk.layers.map(({ kept }) => kept)).toEqual([16, 8]);
  });

  it('what lies on a path is found in deep models of transposed convolutions', async () => {
    const model = net(tfl.layers.inputLayer({ inputShape: [1, 1, 1] }), ...Array.from({ length: 12 }, () => [tfl.layers.conv2d({ filters: 64, kernelSize: 1 }), tfl.layers.conv2dTranspose({ filters: 1, kernelSize: 1 })]).flat().concat(Array.from({ length: 14 }, () => [tfl.layers.conv2d({ filters: 64, kernelSize: 1 }), tfl.layers.conv2dTranspose({ filters: 1, kernelSize: 1 })]).flat())); // prettier-ignore
    const mask = maskOf(last(model).filter(({ role }) => role === 'kernel'), (l, i) => l % 2 === 1 || i > 0); // prettier-ignore
    const effective = await effectiveMask(model, mask);
    // Input 0 of each transposed convolution is of a filter that is out.
    effective.layers.forEach((layer) =>
      expect([...pruning.maskValues(layer)]).toEqual([0, ...Array<number>(63).fill(1)]),
    );
  });

  it('refuses by name what it does not know', async () => {
    class Mine extends tfl.layers.Layer {
      static className = 'Mine';
      #kernel!: { read(): tf.Tensor };
      override build() {
        this.#kernel = this.addWeight('kernel', [3, 3], 'float32', tfl.initializers.ones());
        this.built = true;
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        return tf.matMul([inputs].flat()[0]!, this.#kernel.read());
      }
    }
    const model = tfl.sequential({ layers: [new Mine({ inputShape: [3] }), tfl.layers.dense({ units: 2 })] });
    for (const options of [
      { sparsity: 0.5, filters: 'sum' },
      { pattern: '1:3' },
      { sparsity: 0.5, scope: 'erk' },
    ] as const) {
      await expect(prune(model, null, { criterion: 'magnitude', ...options })).rejects.toThrow(
        /^select: 'layout of '.*kernel'' is null; must be known for 'filters', 'pattern' and scope 'erk'\./,
      );
    }
    await prune(model, null, { criterion: 'magnitude', sparsity: 0.5 });
  });
});

describe('F2: roles go by the path to the output', () => {
  const roles = (model: tfl.LayersModel) => last(model).filter(everyKernel).map(({ role }) => role); // prettier-ignore
  const dense = (args: object) => tfl.layers.dense({ units: 3, ...args } as never);

  it('softmax inside, pooled: the last kernel is the classifier, and outputs are no logits', async () => {
    const model = net(dense({ activation: 'relu', inputShape: [4, 5] }), tfl.layers.timeDistributed({ layer: dense({ activation: 'softmax' }) as never }), tfl.layers.globalAveragePooling1d({})); // prettier-ignore
    expect(roles(model)).toEqual(['kernel', 'classifier']);
    const data = { x: draws(1, 40), y: [0, 1] };
    await expect(prune(model, data, { sparsity: 0.5 })).rejects.toThrow(/'loss' is undefined; must be given for '.*', whose outputs are no logits\./); // prettier-ignore
  });

  it('a dense layer off the path, or listed last, is no classifier', () => {
    const input = tfl.input({ shape: [5] });
    const gate = dense({ activation: 'sigmoid' }).apply(input);
    const hidden = tfl.layers.multiply().apply([dense({}).apply(input), gate] as tfl.SymbolicTensor[]);
    const model = tfl.model({ inputs: input, outputs: dense({ activation: 'softmax' }).apply(hidden) as tfl.SymbolicTensor }); // prettier-ignore
    expect(roles(model)).toEqual(['kernel', 'kernel', 'classifier']);
  });

  it('a convolution is, behind pools and a softmax', async () => {
    const model = net(tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 1] }), tfl.layers.conv2d({ filters: 3, kernelSize: 1 }), tfl.layers.globalAveragePooling2d({}), tfl.layers.softmax()); // prettier-ignore
    expect(roles(model)).toEqual(['kernel', 'classifier']);
    expect(fromLayers(model).classes).toBe(3);
    const { report } = await prune(model, { x: draws(2, 72), y: [0, 2] }, { sparsity: 0.5 });
    expect(report.warnings).toEqual([]);
  });

  it('an end that is neither is warned of', async () => {
    const model = net(tfl.layers.lstm({ units: 3, recurrentInitializer: 'zeros', inputShape: [4, 2] }));
    expect(roles(model)).toEqual(['kernel', 'kernel']);
    const { report } = await prune(model, null, { criterion: 'magnitude', sparsity: 0.5 });
    expect(report.warnings[0]).toMatch(/ends in '.*' \(LSTM\), no dense layer or convolution: no layer is taken for the classifier/); // prettier-ignore
  });
});

describe('F3: what is pruned is 0, whatever its gradient', () => {
  const OPTIMIZERS: (() => tf.Optimizer)[] = [
    () => tf.train.sgd(0.1),
    () => tf.train.momentum(0.1, 0.9),
    () => tf.train.momentum(0.1, 0.9, true),
    () => tf.train.adam(0.05),
    () => tf.train.adamax(0.05),
    () => tf.train.rmsprop(0.01, 0.9, 0.9),
    () => tf.train.rmsprop(0.01, 0.9, 0, 1e-8, true),
    () => tf.train.adagrad(0.1),
    () => tf.train.adadelta(1),
  ];

  it('NaN, ∞ and 0 included, with every optimizer', async () => {
    const number = fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0), fc.float({ noNaN: true, min: -10, max: 10 }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...OPTIMIZERS),
        fc.array(number, { minLength: 6, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        async (make, gradient, kept) => {
          const variable = tf.variable(tf.tensor([1, 2, 3, 4, 5, 6]), true);
          const mask = maskOf([{ name: variable.name, shape: [6] }], (_, i) => kept[i]!);
          const optimizer = maskOptimizer(make(), mask);
          for (let step = 0; step < 3; step++) {
            optimizer.applyGradients([{ name: variable.name, tensor: tf.tensor(gradient) }]);
            (await variable.data()).forEach((value, i) => kept[i] || expect(value).toBe(0));
          }
          optimizer.dispose();
          variable.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('applyMask makes 0 of weights that are NaN or infinite', async () => {
    const model = net(tfl.layers.dense({ units: 2, inputShape: [2] }), tfl.layers.dense({ units: 1 }));
    const kernel = model.weights[0]!;
    kernel.write(tf.tensor2d([NaN, Infinity, 3, 4], [2, 2]));
    applyMask(
      model,
      maskOf([{ name: last(model)[0]!.name, shape: [2, 2] }], (_, i) => i > 1),
    );
    expect([...(await kernel.read().data())]).toEqual([0, 0, 3, 4]);
  });
});

describe('F4: ties are said', () => {
  it('of a net whose layers are dead', async () => {
    const model = net(tfl.layers.dense({ units: 6, activation: 'relu', inputShape: [4] }), tfl.layers.dense({ units: 3 })); // prettier-ignore
    model.weights[1]!.write(tf.fill([6], -1e6));
    const { report } = await prune(model, { x: draws(3, 40), y: Array.from({ length: 10 }, (_, i) => i % 3) }, { criterion: 'snip', sparsity: 0.5 }); // prettier-ignore
    expect(report.warnings).toEqual(['the k-th score, 0, is tied among 24 weights, of which the first 12 stay: their order decided, not the criterion. Look for dead layers, give more data, or take another criterion.']); // prettier-ignore
  });
});

describe('F4: ties are said of whatever competes', () => {
  const of = (name: string, shape: number[], ...scores: number[]) => ({ name, shape, uses: 1, scores: Float32Array.from(scores) }); // prettier-ignore
  const rest =
    ': their order decided, not the criterion. Look for dead layers, give more data, or take another criterion.';
  // Filters of a: 3, 3, 7; of b: 3.
  const two = [of('a', [2, 3], 1, 2, 3, 2, 1, 4), of('b', [1, 1], 3)];
  it.each<[string, pruning.SelectOptions, pruning.LayerScores[], string[]]>([
    ['filters', { sparsity: 0.5, filters: 'sum' }, two, ['the k-th score, 3, is tied among 3 filters, of which the first 1 stay']],
    ['filters, all tied ones out', { sparsity: 0.75, filters: 'sum' }, two, []],
    ['filters of each layer', { sparsity: 0.3, filters: 'mean', scope: 'layer' }, [of('a', [2, 3], 1, 2, 3, 2, 1, 4), of('b', [1, 4], 5, 5, 5, 6)], ["the k-th score of 'b', 5, is tied among 3 filters, of which the first 2 stay"]],
    ['FLOPs', { flops: 8 }, [of('a', [4], 5, 1, 1, 1), { ...of('b', [2], 2, 6), uses: 2 }], ['the k-th score for its cost, 1, is tied among 4 weights, of which the first 1 stay']],
    ['bytes', { bytes: 9 }, [of('a', [4], 2, 2, 2, 1)], ['the k-th score for its cost, 2, is tied among 3 weights, of which the first 2 stay']],
    ['patterns', { pattern: '1:2' }, [of('a', [4, 1], 2, 2, 1, 3)], ["scores at the cut of 'a' are tied in 1 of 2 groups, of which the first stay"]],
    ['patterns without a tie', { pattern: '2:3' }, [of('a', [4, 1], 2, 2, 1, 3)], []],
  ])('%s', (_, options, scores, wanted) => {
    const mask = select(scores, options);
    expect(pruning.tieWarnings(scores, mask, options)).toEqual(wanted.map((text) => text + rest));
  }); // prettier-ignore

  it('of filters and rounds in what prune reports, of rows in what compare does', async () => {
    const equal = net(tfl.layers.dense({ units: 4, inputShape: [2] }), tfl.layers.dense({ units: 2 }));
    equal.weights.forEach((weight) => weight.write(tf.ones(weight.shape as number[])));
    const warnings = async (options: pruning.PruneOptions) => (await prune(equal, null, { apply: false, ...options })).report.warnings; // prettier-ignore
    expect(await warnings({ criterion: 'magnitude', sparsity: 0.5, filters: 'sum' })).toEqual([`the k-th score, 2, is tied among 4 filters, of which the first 2 stay${rest}`]); // prettier-ignore
    expect(await warnings({ criterion: 'synflow', sparsity: 0.5, rounds: 2 })).toEqual([`in round 1 of 2 the k-th score, 2, is tied among 8 weights, of which the first 6 stay${rest}`]); // prettier-ignore
    const { rows } = await pruning.compare(equal, null, { criteria: ['magnitude', 'random'], sparsities: [0.5] });
    expect(rows.map(({ ties }) => ties)).toEqual([[`the k-th score, 1, is tied among 8 weights, of which the first 4 stay${rest}`], []]); // prettier-ignore
  });

  it('and a mask for other tensors is refused', () => {
    expect(() => pruning.tieWarnings(two, { layers: [] })).toThrow("tieWarnings: 'mask' is []; must be for the tensors of the scores, in their order."); // prettier-ignore
  });
});

describe('F5: FLOPs of every layer with a kernel are counted', () => {
  it.each<[string, tfl.layers.Layer, Record<string, number>]>([
    ['depthwise', tfl.layers.depthwiseConv2d({ kernelSize: 3, inputShape: [6, 5, 2] }), { depthwise_kernel: 4 * 3 }],
    ['separable', tfl.layers.separableConv2d({ filters: 3, kernelSize: 3, depthMultiplier: 2, inputShape: [6, 5, 2] }), { depthwise_kernel: 12, pointwise_kernel: 12 }],
    ['transpose', tfl.layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2, inputShape: [4, 5, 2] }), { kernel: 20 }],
    ['conv1d', tfl.layers.conv1d({ filters: 3, kernelSize: 3, inputShape: [9, 2] }), { kernel: 7 }],
    ['conv3d', tfl.layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 4, 5, 1] }), { kernel: 2 * 3 * 4 }],
    ['lstm', tfl.layers.lstm({ units: 3, recurrentInitializer: 'zeros', inputShape: [5, 2] }), { kernel: 5, recurrent_kernel: 5 }],
    ['gru', tfl.layers.gru({ units: 3, recurrentInitializer: 'zeros', inputShape: [5, 2] }), { kernel: 5, recurrent_kernel: 5 }],
    ['rnn', tfl.layers.simpleRNN({ units: 3, recurrentInitializer: 'zeros', inputShape: [5, 2] }), { kernel: 5, recurrent_kernel: 5 }],
  ])('%s', (_, layer, uses) => {
    const model = fromLayers(net(layer));
    const names = model.parameters.filter(everyKernel).map(({ name }) => name);
    const counted = usesOf('prune', model, new Set(names));
    expect(Object.fromEntries([...counted].map(([name, count]) => [name.split('/').at(-1), count]))).toEqual(uses);
  }); // prettier-ignore

  it('and what is no product is refused by name', async () => {
    const model = net(tfl.layers.batchNormalization({ inputShape: [4] }), tfl.layers.dense({ units: 2 }));
    await expect(prune(model, null, { criterion: 'magnitude', flops: 8, isPrunable: ({ role }) => role === 'norm-scale' })).rejects.toThrow(/^prune: '.*gamma' is read by .*; must be the kernel of a dense, convolutional or recurrent layer where 'flops' is given\./); // prettier-ignore
    const depthwise = net(tfl.layers.depthwiseConv2d({ kernelSize: 3, inputShape: [6, 6, 2] }), tfl.layers.flatten(), tfl.layers.dense({ units: 2 })); // prettier-ignore
    expect((await prune(depthwise, null, { criterion: 'magnitude', flops: 2 * 16 * 5 })).report.kept).toBe(5);
  });
});

describe('F6: a mask is of names', () => {
  it('and holds for layers that were frozen after pruning', async () => {
    const model = net(tfl.layers.dense({ units: 6, activation: 'relu', inputShape: [4] }), tfl.layers.dense({ units: 5, activation: 'relu' }), tfl.layers.dense({ units: 3 })); // prettier-ignore
    const { mask } = await prune(model, null, { criterion: 'magnitude', sparsity: 0.5 });
    const effective = await effectiveMask(model, mask);
    model.layers[0]!.trainable = false;
    await assertMaskInvariant(model, mask);
    expect((await effectiveMask(model, mask)).layers).toEqual(effective.layers);
    model.weights.find(({ name }) => name === mask.layers[0]!.name)!.write(tf.ones([4, 6]));
    await expect(assertMaskInvariant(model, mask)).rejects.toThrow(/are not zero/);
    applyMask(model, mask);
    await assertMaskInvariant(model, mask);
    // What is frozen is not pruned.
    expect((await prune(model, null, { criterion: 'magnitude', sparsity: 0.5, apply: false })).mask.layers.map(({ shape }) => shape)).toEqual([[6, 5]]); // prettier-ignore
    expect((await pruning.shrinkLayers(model, mask)).report.before).toBe(24 + 6 + 30 + 5 + 15 + 3);
  });
});

describe('P2: two models of one architecture', () => {
  it('are told apart by { model }', async () => {
    const make = () => net(tfl.layers.dense({ units: 4, name: 'h', inputShape: [3] }), tfl.layers.dense({ units: 2, name: 'out' })); // prettier-ignore
    const [first, second] = [make(), make()];
    const mask = maskOf([{ name: 'h/kernel', shape: [3, 4] }], (_, i) => i % 2 === 0);
    expect(() => maskOptimizer(tf.train.sgd(1), mask)).toThrow("maskOptimizer: 'h/kernel' is the name of 2 variables: h/kernel, h/kernel_1; must be of one. Give { model }, or dispose"); // prettier-ignore
    second.compile({ optimizer: maskOptimizer(tf.train.adam(0.1), mask, { model: second }), loss: 'meanSquaredError' });
    await second.fit(tf.ones([4, 3]), tf.zeros([4, 2]), { verbose: 0 });
    await assertMaskInvariant(second, mask);
    await expect(assertMaskInvariant(first, mask)).rejects.toThrow('6 of 6');
    first.dispose();
    second.dispose();
  });
});

const network = mlp({ inputs: 4, hidden: [4], classes: 2 });
const model = () => pruning.fromNetwork(network, initialise(network));
const data = { x: draws(9, 16), y: [0, 1, 0, 1] };
const layers = [{ name: 'a', shape: [4], scores: Float32Array.of(1, 2, 3, 4) }];

describe('P1: an option that is not known is refused by name', () => {
  const calls: Record<string, [object, (options: never) => unknown]> = {
    prune: [{ sparsity: 0.5 }, (o) => prune(model(), data, o)],
    score: [{}, (o) => pruning.score(model(), data, 'snip', o)],
    select: [{ sparsity: 0.5 }, (o) => select(layers, o)],
    tieWarnings: [{}, (o) => pruning.tieWarnings(layers, select(layers, { sparsity: 0.5 }), o)],
    compare: [{ sparsities: [0.5], criteria: ['snip'] }, (o) => pruning.compare(model(), data, o)],
    gradientStatistics: [{ squares: true }, (o) => pruning.gradientStatistics(model(), data, [0], o)],
    hessianDiagonal: [{}, (o) => pruning.hessianDiagonal(model(), data, [0], o)],
    hessianProduct: [{}, (o) => pruning.hessianProduct(model(), data, [16, 4, 8, 2].map((n) => new Float64Array(n)), o)],
    maskOptimizer: [{}, (o) => maskOptimizer(tf.train.sgd(1), { layers: [] }, o)],
    shuffleMask: [{ seed: 1 }, (o) => pruning.shuffleMask({ layers: [] }, o)],
  }; // prettier-ignore
  it.each(Object.entries(calls))('%s', async (where, [options, call]) => {
    await call(options as never);
    await expect(Promise.resolve().then(() => call({ ...options, sede: 1 } as never))).rejects.toThrow(
      new RegExp(`^${where}: 'sede' is no option; must be one of .+\\. Did you mean '.+'\\?$`),
    );
  });
  it('of a warm-up, by its kind', async () => {
    const warm = (warmUp: object) => prune(model(), data, { sparsity: 0.5, warmUp: warmUp as pruning.WarmUp });
    await expect(warm({ kind: 'bn-stats', pases: 2 })).rejects.toThrow("prune: 'pases' is no option; must be one of kind, passes. Did you mean 'passes'?"); // prettier-ignore
    await expect(warm({ kind: 'epochs', n: 1, passes: 2 })).rejects.toThrow("prune: 'passes' is no option; must be one of kind, n, train."); // prettier-ignore
    await expect(warm({ kind: 'epochs', n: 1, train: 3 })).rejects.toThrow("prune: 'warmUp.train' is 3; must be a function."); // prettier-ignore
    await expect(warm('epochs' as never)).rejects.toThrow("prune: 'warmUp.kind' is undefined; must be 'epochs' or 'bn-stats'."); // prettier-ignore
  });
  it('and the near one named', async () => {
    await expect(prune(model(), data, { sparsity: 0.5, ...{ criterionn: 'snip' } })).rejects.toThrow("Did you mean 'criterion'?"); // prettier-ignore
  });
});

describe('P5: arguments of another kind are refused by name', () => {
  const mask = { layers: [] };
  it.each<[() => unknown, string]>([
    [() => maskOptimizer('adam' as never, mask), "maskOptimizer: 'optimizer' is 'adam'; must be an optimizer of TensorFlow.js. As tf.train.adam(), not 'adam'."],
    [() => maskOptimizer(tf.train.sgd(1), 'm' as never), "maskOptimizer: 'mask' is 'm'; must be a mask."],
    [() => maskOptimizer(tf.train.sgd(1), mask, { model: {} as never }), "maskOptimizer: 'model' is an object; must be a tf.LayersModel."],
    [() => prune(model(), tf.ones([4, 4]) as never, { sparsity: 0.5 }), "prune: 'data' is 'a tensor'; must be examples { x, y } or an iterator of them."],
    [() => prune(model(), 'x.npy' as never, { sparsity: 0.5 }), "prune: 'data' is 'x.npy'; must be examples"],
    [() => prune({} as never, data, { sparsity: 0.5 }), "prune: 'model' is an object; must be a tf.LayersModel or a model of fromNetwork()."],
    [() => prune(undefined as never, data, { sparsity: 0.5 }), "prune: 'model' is undefined; must be a tf.LayersModel"],
    [() => prune(model(), data, undefined as never), "prune: 'options' is undefined; must be an object."],
    [() => pruning.score({} as never, data, 'fts'), "score: 'model' is an object;"],
    [() => select(3 as never, { sparsity: 0.5 }), "select: 'layers' is 3; must be scores of tensors."],
    [() => pruning.compare({} as never, data, { sparsities: [0.5] }), "compare: 'model' is an object;"],
    [() => pruning.jaccard(mask, [] as never), "jaccard: 'mask' is []; must be a mask."],
    [() => pruning.uniteMasks('m' as never, mask), "uniteMasks: 'mask' is 'm'; must be a mask."],
    [() => pruning.intersectMasks(mask, null as never), "intersectMasks: 'mask' is null; must be a mask."],
    [() => pruning.shuffleMask({} as never, { seed: 1 }), "shuffleMask: 'mask' is an object; must be a mask."],
    [() => pruning.encodeMask(undefined as never), "encodeMask: 'mask' is undefined; must be a mask."],
    [() => pruning.decodeMask('m.mask' as never), "decodeMask: 'bytes' is 'm.mask'; must be a Uint8Array. Read the file whole."],
    [() => fromLayers({} as never), "fromLayers: 'model' is an object; must be a tf.LayersModel."],
    [() => applyMask({} as never, mask), "applyMask: 'model' is an object;"],
    [() => applyMask(model(), null as never), "applyMask: 'mask' is null; must be a mask."],
    [() => pruning.effectiveMask(model(), 7 as never), "effectiveMask: 'mask' is 7; must be a mask."],
    [() => pruning.shrinkLayers({} as never, mask), "shrinkLayers: 'model' is an object; must be a tf.LayersModel."],
    [() => pruning.shrinkNetwork(network, initialise(network), [] as never), "shrinkNetwork: 'mask' is []; must be a mask."],
  ])('%s', async (call, message) => {
    await expect(Promise.resolve().then(call)).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('lists of what is no number', () => {
  beforeAll(async () => void (await useBackend('cpu')));
  const network = mlp({ inputs: 2, hidden: [3], classes: 2 });
  const weights = () => initialise(network, { seed: 1 });
  it.each([
    [{ x: [1, 2, 3, null], y: [0, 1] }, "'x[3]' is null"],
    [{ x: [[1, 2], [3, '4']], y: [0, 1] }, "'x[1][1]' is '4'"],
    [{ x: [[1, 2], [3, 4]], y: [0, null] }, "'y[1]' is null"],
  ])('%j is refused', async (data, complaint) => {
    await expect(pruning.prune(pruning.fromNetwork(network, weights()), data as never, { sparsity: 0.5, criterion: 'snip' })).rejects.toThrow(`${complaint}; must be a number. Leave such examples out.`);
  }); // prettier-ignore
});
