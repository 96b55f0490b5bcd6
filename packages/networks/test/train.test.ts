import { createHash } from 'node:crypto';
import { stream } from '@assay-ml/numerics';
import { type BackendName, leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  type Batch,
  type Dataset,
  Diverged,
  evaluate,
  initialise,
  loadState,
  mlp,
  type Network,
  type Progress,
  saveState,
  train,
  type TrainOptions,
  type TrainState,
  vggMini,
  type Weights,
} from '../src/index.js';
import { BACKENDS, blobs, noWebgpu, useBackend } from './setup.js';

const data = blobs(90, [8], { classes: 4, gap: 1.5 });
const net = mlp({ inputs: 8, hidden: [16], classes: 4 });
const options = { epochs: 3, rate: 0.05, batchSize: 32 };

/** All numbers of a state, and where it stands. */
function numbers({ weights, optimiser, gradients, ...rest }: TrainState) {
  const read = (list: readonly tf.Tensor[]) => list.map((t) => t.dataSync().slice());
  const { parameters, buffers } = weights;
  return { parameters: read(parameters), buffers: read(buffers), velocity: read(optimiser.velocity), gradients: read(gradients), ...rest }; // prettier-ignore
}

/** Trains and gives the numbers. */
async function result(network: Network, weights: Weights, source: Parameters<typeof train>[2], given: TrainOptions) {
  const state = await train(network, weights, source, given);
  const all = numbers(state);
  tf.dispose(state);
  return all;
}

/** The same with a hash for each tensor: where thousands of numbers differ, their listing would take minutes. */
function digests({ parameters, buffers, velocity, gradients, ...rest }: Awaited<ReturnType<typeof result>>) {
  const hash = (list: readonly (Float32Array | Int32Array | Uint8Array)[]) =>
    list.map((values) => createHash('sha256').update(values).digest('hex'));
  return {
    parameters: hash(parameters),
    buffers: hash(buffers),
    velocity: hash(velocity),
    gradients: hash(gradients),
    ...rest,
  };
}

/** A network, with norms where convolutions are fast, and 40 examples. */
function deepOn(backend: BackendName): [Network, Dataset] {
  const network = backend === 'cpu' ? mlp({ inputs: 9, hidden: [8, 8], classes: 3 }) : vggMini({ inputs: [8, 8, 2], classes: 3 }); // prettier-ignore
  return [network, blobs(40, network.inputShape, { classes: 3 })];
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('is softmax regression by SGD, step by step', async () => {
    const linear = mlp({ inputs: 8, hidden: [], classes: 4 });
    const weights = initialise(linear, { seed: 2 });
    const [rate, momentum, weightDecay, batchSize, seed] = [0.3, 0.8, 0.01, 32, 5];
    const w = Float64Array.from(weights.parameters[0]!.dataSync());
    const b = Float64Array.from(weights.parameters[1]!.dataSync());
    const [vw, vb] = [new Float64Array(32), new Float64Array(4)];
    const losses: number[] = [];
    for (let epoch = 0; epoch < 2; epoch++) {
      const order = stream(seed, 'shuffle').at(epoch).permutation(new Uint32Array(90));
      losses.push(0);
      for (let start = 0; start < 90; start += batchSize) {
        const rows = [...order.slice(start, start + batchSize)];
        const [gw, gb] = [new Float64Array(32), new Float64Array(4)];
        for (const row of rows) {
          const x = data.x.subarray(8 * row, 8 * row + 8);
          const z = [0, 1, 2, 3].map((c) => x.reduce((sum, value, i) => sum + value * w[4 * i + c]!, b[c]!));
          const total = z.reduce((sum, value) => sum + Math.exp(value), 0);
          losses[epoch]! += (Math.log(total) - z[data.y[row]!]!) / 90;
          for (let c = 0; c < 4; c++) {
            const delta = (Math.exp(z[c]!) / total - (c === data.y[row] ? 1 : 0)) / rows.length;
            gb[c]! += delta;
            for (let i = 0; i < 8; i++) gw[4 * i + c]! += delta * x[i]!;
          }
        }
        for (const [theta, v, g] of [[w, vw, gw], [b, vb, gb]] as const) {
          for (let k = 0; k < theta.length; k++) {
            v[k] = momentum * v[k]! + g[k]! + weightDecay * theta[k]!;
            theta[k]! -= rate * v[k]!;
          }
        } // prettier-ignore
      }
    }
    const state = await result(linear, weights, data, { epochs: 2, rate, momentum, weightDecay, batchSize, seed });
    w.forEach((value, k) => expect(state.parameters[0]![k]).toBeCloseTo(value, 4));
    b.forEach((value, k) => expect(state.parameters[1]![k]).toBeCloseTo(value, 4));
    vw.forEach((value, k) => expect(state.velocity[0]![k]).toBeCloseTo(value, 4));
    losses.forEach((value, epoch) => expect(state.losses[epoch]).toBeCloseTo(value, 4));
  });

  it('renews running statistics by 0.1, with the unbiased variance', async () => {
    const vgg = vggMini({ inputs: [8, 8, 1], classes: 2 });
    const weights = initialise(vgg);
    const images = blobs(6, [8, 8, 1]);
    const { buffers } = await result(vgg, weights, images, { epochs: 1, rate: 0.1, batchSize: 6 });
    const moments = tf.tidy(() => {
      const x = tf.tensor4d(images.x, [6, 8, 8, 1]);
      return tf.moments(tf.conv2d(x, weights.parameters[0] as tf.Tensor4D, 1, 'same'), [0, 1, 2]);
    });
    const [mean, variance] = [moments.mean.dataSync(), moments.variance.dataSync()];
    const n = 6 * 64;
    for (let c = 0; c < 16; c++) {
      expect(buffers[0]![c]).toBeCloseTo(0.1 * mean[c]!, 5);
      expect(buffers[1]![c]).toBeCloseTo(0.9 + (0.1 * variance[c]! * n) / (n - 1), 5);
    }
  });

  const [deep, images] = deepOn(backend);

  it('goes on bit for bit, from within an epoch and through a file', async () => {
    const weights = initialise(deep);
    const files: Uint8Array[] = [];
    const given: TrainOptions = {
      epochs: 2,
      rate: (epoch) => 0.1 / (1 + epoch),
      batchSize: 8,
      seed: 4,
      augment: (example, out, _, key) => {
        const scale = 1 + 0.1 * key.normal();
        example.forEach((value, k) => (out[k] = scale * value));
      },
    };
    const save = async (state: TrainState) => void files.push(await saveState(deep, state));
    const whole = digests(await result(deep, weights, images, { ...given, checkpoint: { every: 2, save } }));
    expect(files.length).toBe(4); // 5 steps an epoch
    expect(whole).toMatchObject({ epoch: 2, step: 0, lossSum: 0, examples: 0 });
    for (const file of files) {
      const resume = loadState(deep, file);
      expect(digests(await result(deep, weights, images, { ...given, resume }))).toEqual(whole);
      tf.dispose(resume);
    }
    const half = await train(deep, weights, images, { ...given, epochs: 1 });
    expect(digests(await result(deep, weights, images, { ...given, resume: half }))).toEqual(whole);
    tf.dispose(half);
  });

  it('never lets a pruned weight grow, also when dense momentum came before', async () => {
    const weights = initialise(net);
    const dense = await train(net, weights, data, { ...options, epochs: 1 });
    const keep = net.parameters.map(
      ({ role, shape }, i) =>
      role === 'kernel' ? tf.tensor(Float32Array.from({ length: 128 }, (_, k) => Number((k + i) % 3 === 0)), [...shape]) : null, // prettier-ignore
    );
    const kernel = keep[0]!.dataSync();
    let checks = 0;
    const state = await result(net, weights, data, {
      ...options,
      resume: dense,
      mask: keep,
      checkpoint: {
        every: 1,
        save(now) {
          checks++;
          const [theta, v] = [now.weights.parameters[0]!.dataSync(), now.optimiser.velocity[0]!.dataSync()];
          kernel.forEach((kept, k) => {
            if (kept === 0) expect([Math.abs(theta[k]!), Math.abs(v[k]!)]).toEqual([0, 0]);
          });
        },
      },
    });
    expect(checks).toBe(6);
    expect(state.parameters[0]!.filter((w) => w !== 0).length).toBe(kernel.filter((k) => k === 1).length);
    tf.dispose(dense);
  });
});

describe.each([...BACKENDS, 'webgpu'] as const)('on %s', (backend) => {
  const reason = backend === 'webgpu' ? noWebgpu : '';
  const [network, images] = deepOn(backend);

  it.skipIf(reason !== '')(
    `leaves no tensor behind in 50 steps, nor when it fails${reason && ` (skipped: ${reason})`}`,
    async () => {
      await useBackend(backend);
      const weights = initialise(network);
      const mask = network.parameters.map(({ role, shape }) => (role === 'kernel' ? tf.ones([...shape]) : null));
      let lowest = Infinity;
      let highest = 0;
      const save = () => {
        lowest = Math.min(lowest, tf.memory().numTensors);
        highest = Math.max(highest, tf.memory().numTensors);
      };
      const given = { epochs: 5, rate: 0.01, batchSize: 4, mask, checkpoint: { every: 1, save } };
      const state = await leakGuard(() => train(network, weights, images, given));
      expect(highest).toBe(lowest);
      await leakGuard(() => evaluate(network, state.weights, images).then(() => undefined));
      tf.dispose(state);
      await leakGuard(() => train(network, weights, images, { ...given, rate: 1e30 }).catch(() => undefined));
      const signal = AbortSignal.abort();
      await leakGuard(() => train(network, weights, images, { ...given, signal }).catch(() => undefined));
    },
    300_000, // SwiftShader on a busy machine
  );
});

describe('training', () => {
  beforeAll(async () => void (await useBackend('cpu')));

  it('depends on nothing but its arguments, and changes none of them', async () => {
    const weights = initialise(net);
    const before = weights.parameters.map((t) => t.dataSync().slice());
    const first = await result(net, weights, data, options);
    expect(weights.parameters.map((t) => t.dataSync())).toEqual(before);
    expect(await result(net, weights, data, options)).toEqual(first);
    expect(await result(net, weights, data, { ...options, seed: 1 })).not.toEqual(first);
    expect(first.losses[2]!).toBeLessThan(0.5 * first.losses[0]!);
  });

  it('reads the batches of an epoch in the order of seed and epoch, augmented by example', async () => {
    const count = 7;
    const small: Dataset = { x: Float32Array.from({ length: count }, (_, i) => i), y: new Uint8Array(count), shape: [1], count }; // prettier-ignore
    const one = mlp({ inputs: 1, hidden: [], classes: 2 });
    const seen: [number, number][] = [];
    await result(one, initialise(one), small, {
      epochs: 2,
      rate: 0,
      batchSize: 3,
      seed: 9,
      augment(example, out, shape, key) {
        expect(shape).toEqual([1]);
        expect([...out]).toEqual([0]);
        out[0] = 5;
        seen.push([example[0]!, key.uniform()]);
      },
    });
    expect([...small.x]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const expected = [0, 1].flatMap((epoch) =>
      [...stream(9, 'shuffle').at(epoch).permutation(new Uint32Array(count))].map((i) => [
        i,
        stream(9, 'augment').at(epoch, i).uniform(),
      ]),
    );
    expect(seen).toEqual(expected);
  });

  it('asks the schedule for each epoch, and a rate of 0 moves nothing', async () => {
    const weights = initialise(net);
    const asked: number[] = [];
    const rate = (epoch: number) => (asked.push(epoch), 0);
    const state = await result(net, weights, data, { ...options, rate });
    expect(asked).toEqual([0, 1, 2]);
    expect(state.parameters).toEqual(weights.parameters.map((t) => t.dataSync()));
  });

  it('takes batches from an iterator, or from a function of the epoch', async () => {
    const weights = initialise(net);
    async function* batchesOf(epoch: number): AsyncGenerator<Batch> {
      const order = stream(0, 'shuffle').at(epoch).permutation(new Uint32Array(90));
      for (let start = 0; start < 90; start += 32) {
        const rows = [...order.slice(start, start + 32)];
        yield {
          x: Float32Array.from(rows.flatMap((row) => [...data.x.subarray(8 * row, 8 * row + 8)])),
          y: Uint8Array.from(rows, (row) => data.y[row]!),
        };
      }
    }
    const expected = await result(net, weights, data, options);
    expect(await result(net, weights, batchesOf, options)).toEqual(expected);
    const one = { ...options, epochs: 1 };
    expect(await result(net, weights, batchesOf(0), one)).toEqual(await result(net, weights, data, one));
    await expect(train(net, weights, batchesOf(0), options)).rejects.toThrow(
      new RangeError('train: no batch came in epoch 1; must be at least one. An iterator serves one epoch: give a function of the epoch.'), // prettier-ignore
    );
    const middle: TrainState[] = [];
    const save = ({ weights: w, optimiser: { velocity }, ...rest }: TrainState) =>
      void middle.push({ ...rest, weights: { parameters: w.parameters.map((t) => tf.clone(t)), buffers: [] }, optimiser: { velocity: velocity.map((t) => tf.clone(t)) } }); // prettier-ignore
    await result(net, weights, batchesOf, { ...options, checkpoint: { every: 2, save } });
    expect(await result(net, weights, batchesOf, { ...options, resume: middle[0]! })).toEqual(expected);
  });

  it('tells its progress', async () => {
    const told: Progress[] = [];
    const onProgress = (progress: Progress) => void told.push(progress);
    const { losses } = await result(net, initialise(net), data, { ...options, batchSize: 9, epochs: 1, onProgress });
    expect(told.map(({ epoch, step, steps }) => [epoch, step, steps])).toEqual([[0, 8, 10], [0, 10, 10]]); // prettier-ignore
    expect(told[1]!.loss).toBe(losses[0]);
    expect(told[0]!.loss).toBeGreaterThan(0);
  });

  it('stops at a signal, also one that a timer gives', async () => {
    const weights = initialise(net);
    const control = new AbortController();
    let steps = 0;
    const save = () => void steps++;
    setTimeout(() => control.abort(new Error('enough')), 50);
    const running = train(net, weights, data, { ...options, epochs: 1e6, checkpoint: { every: 1, save }, signal: control.signal }); // prettier-ignore
    await expect(running).rejects.toThrow('enough');
    expect(steps).toBeGreaterThan(0);
  });

  it('names the step whose loss is not finite, or whose weights are not', async () => {
    const poisoned = { ...data, x: data.x.slice() };
    const third = stream(0, 'shuffle').at(1).permutation(new Uint32Array(90))[2 * 9 + 1]!;
    const weights = initialise(net);
    let epochs = 0;
    const rate = () => {
      if (epochs++ === 1) poisoned.x[8 * third] = NaN;
      return 0.01;
    };
    const error: unknown = await train(net, weights, poisoned, { ...options, batchSize: 9, rate }).catch((e: unknown) => e); // prettier-ignore
    expect(error).toBeInstanceOf(Diverged);
    expect(error).toMatchObject({
      name: 'Diverged',
      epoch: 1,
      step: 2,
      message: 'train: the loss is NaN at step 2 of epoch 1; must be finite. Lower the learning rate, or look for NaN in the data.', // prettier-ignore
    });
    await expect(train(net, weights, data, { epochs: 1, rate: 1e300, batchSize: 90 })).rejects.toThrow(
      'train: a weight is not finite at step 0 of epoch 0; must be finite. Lower the learning rate, or look for NaN in the data.',
    );
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ['epochs', { epochs: 0 }, "train: 'epochs' is 0; must be an integer of at least 1. Count them from the start of the run."],
    ['batch size', { batchSize: 1.5 }, "train: 'batchSize' is 1.5; must be an integer of at least 1. Leave it out for 128."],
    ['too few examples', { batchSize: 91 }, "train: 'batchSize' is 91; must be at most the number of examples, 90. Take smaller batches or more data."],
    ['seed', { seed: -1 }, "train: 'seed' is -1; must be an integer of at least 0. Any of 0, 1, 2, … will do."],
    ['momentum', { momentum: 1 }, "train: 'momentum' is 1; must be from 0 to below 1. Leave it out for 0.9."],
    ['decay', { weightDecay: NaN }, "train: 'weightDecay' is NaN; must be a finite number ≥ 0. Use 0 for none."],
    ['rate', { rate: -1 }, "train: 'rate of epoch 0' is -1; must be a finite number ≥ 0. Let the schedule give a step size."],
    ['checkpoint', { checkpoint: { every: 0, save: () => undefined } }, "train: 'checkpoint.every' is 0; must be an integer of at least 1. Count steps."],
    ['mask length', { mask: [null] }, "train: 'mask' has 1 entries; must have one for each of 4 parameters. It is a mask for another network."],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(train(net, initialise(net), data, { ...options, ...wrong })).rejects.toThrow(new RangeError(message));
  }); // prettier-ignore

  it('refuses a mask of another shape, and a state beyond its epochs', async () => {
    const weights = initialise(net);
    const mask = [null, null, tf.ones([4, 16]), null];
    await expect(train(net, weights, data, { ...options, mask })).rejects.toThrow(
      new RangeError("train: 'mask' has 4 entries, that of classifier.kernel of shape [4, 16]; must have one for each of 4 parameters, here of shape [16, 4]. It is a mask for another network."), // prettier-ignore
    );
    const resume = await train(net, weights, data, options);
    await expect(train(net, weights, data, { ...options, epochs: 2, resume })).rejects.toThrow(
      new RangeError("train: 'epochs' is 2; must be at least the 3 done already. Count them from the start of the run."), // prettier-ignore
    );
  });

  it.each<[string, Parameters<typeof train>[2], string]>([
    ['shape', { ...data, shape: [2, 4] }, "train: 'data.shape' is [2, 4]; must be [8] for 'mlp'. Build the network for the shape of one example."],
    ['kind', [] as never, "train: 'data.shape' is undefined; must be [8] for 'mlp'. Build the network for the shape of one example."],
    ['count', { ...data, count: 80 }, "train: 'data.count' is 80; must be positive, with 8 numbers and one label an example; there are 720 numbers and 90 labels. Count the examples."],
    ['label', { ...data, y: data.y.map((y, i) => (i === 3 ? 4 : y)) }, "train: 'label 3' is 4; must be from 0 to 3. Number the classes from 0."],
    ['negative label', { ...data, y: data.y.map((y, i) => (i === 5 ? -1 : y)) }, "train: 'label 5' is -1; must be from 0 to 3. Number the classes from 0."],
    ['batch', () => [{ x: new Float32Array(9), y: Uint8Array.of(1) }], "train: 'batch 0' is an array of 9; must be 1 examples of 8 numbers, at least one. 'mlp' takes [8]."],
    ['empty batch', () => [{ x: new Float32Array(0), y: Uint8Array.of() }], "train: 'batch 0' is an array of 0; must be 0 examples of 8 numbers, at least one. 'mlp' takes [8]."],
    ['label of a batch', () => [{ x: new Float32Array(8), y: Uint8Array.of(9) }], "train: 'label 0' is 9; must be from 0 to 3. Number the classes from 0."],
    ['no batch', () => [], 'train: no batch came in epoch 0; must be at least one. An iterator serves one epoch: give a function of the epoch.'],
  ])('refuses data with a wrong %s', async (_, source, message) => {
    await expect(train(net, initialise(net), source, options)).rejects.toThrow(new RangeError(message));
  }); // prettier-ignore
});
