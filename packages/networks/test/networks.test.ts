import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cifarCnn, initialise, mlp, type Network, type Role, resnet18, resnetMini, smallCnn, train, vgg19, vgg8, vggMini } from '../src/index.js'; // prettier-ignore
import { crossEntropy, named, references, type Seen } from './reference.js';
import { BACKENDS, useBackend } from './setup.js';

const tiny: Record<string, Network> = {
  mlp: mlp({ inputs: 5, hidden: [7, 6], classes: 3 }),
  smallCnn: smallCnn({ inputs: [6, 5, 2], classes: 3 }),
  cifarCnn: cifarCnn({ inputs: [14, 21, 2], classes: 3 }),
  vgg8: vgg8({ inputs: [32, 33, 1], classes: 3 }),
  vggMini: vggMini({ inputs: [9, 8, 2], classes: 3 }),
  'vggMini, group norm': vggMini({ inputs: [9, 8, 2], classes: 3, norm: 'group' }),
  resnetMini: resnetMini({ inputs: [6, 5, 2], classes: 3 }),
};

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function count(net: Network, ...roles: Role[]): number {
  return net.parameters
    .filter(({ role }) => roles.length === 0 || roles.includes(role))
    .reduce((sum, { shape }) => sum + size(shape), 0);
}

describe('parameter counts', () => {
  it('of ResNet18 are those of the paper', () => {
    const net = resnet18({ classes: 10 });
    expect(count(net, 'kernel')).toBe(11_159_232);
    expect(count(net, 'norm-scale', 'norm-offset')).toBe(9_600);
    const shortcuts = net.parameters.filter(({ name, role }) => role === 'norm-scale' && name.includes('shortcut'));
    expect(shortcuts.map(({ shape }) => shape[0])).toEqual([128, 256, 512]);
    expect(count(net, 'classifier', 'classifier-bias')).toBe(5_130);
    expect(count(net, 'bias')).toBe(0);
    expect(count(net)).toBe(11_173_962);
    expect(count(resnet18({ classes: 100 }))).toBe(11_220_132);
  });

  it('of VGG19 are those of the paper', () => {
    const net = vgg19({ classes: 10 });
    expect(count(net, 'kernel')).toBe(20_018_880);
    expect(count(net, 'bias')).toBe(5_504);
    expect(count(net, 'norm-scale', 'norm-offset')).toBe(11_008);
    expect(count(net, 'classifier', 'classifier-bias')).toBe(5_130);
    expect(count(net)).toBe(20_040_522);
  });

  it('of FLoRAL’s networks are those of its configurations', () => {
    const cnn = cifarCnn({ classes: 10 });
    expect(cnn.parameters.map(({ shape }) => size(shape))).toEqual([2_400, 32, 18_432, 64, 65_536, 64, 640, 10]);
    expect(count(cnn)).toBe(87_178);
    expect(count(cifarCnn({ inputs: [16, 16, 3], classes: 10 }))).toBe(87_178 - 15 * 64 * 64);
    const vgg = vgg8({ classes: 100 });
    expect(count(vgg, 'kernel')).toBe(9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128 + 128 * 512) + 512 * 512);
    expect(count(vgg)).toBe(1_001_732);
  });

  it('of the small networks', () => {
    const plain = mlp({ inputs: 64, hidden: [256, 256, 256], classes: 10 });
    expect(count(plain, 'kernel')).toBe(64 * 256 + 2 * 256 * 256);
    expect(count(plain)).toBe(64 * 256 + 2 * 256 * 256 + 256 * 10 + 3 * 256 + 10);
    const vgg = vggMini({ inputs: [16, 16, 3], classes: 10 });
    expect(count(vgg, 'kernel')).toBe(9 * (3 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64));
    expect(count(vgg, 'bias')).toBe(0);
    expect(count(vgg, 'norm-scale')).toBe(2 * (16 + 32 + 64));
    const res = resnetMini({ inputs: [14, 14, 1], classes: 10 });
    expect(count(res, 'kernel')).toBe(9 * (16 + 2 * 16 * 16 + 16 * 32 + 32 * 32 + 32 * 64 + 64 * 64) + 16 * 32 + 32 * 64); // prettier-ignore
    const cnn = smallCnn({ inputs: [16, 16, 3], classes: 10 });
    expect(count(cnn, 'kernel')).toBe(9 * (3 * 16 + 16 * 32) + 4 * 4 * 32 * 64);
  });
});

it('names are unique, buffers come in pairs and fan-ins are those of PyTorch', () => {
  for (const net of [...Object.values(tiny), resnet18({ classes: 10 }), vgg19({ classes: 10 })]) {
    const names = [...net.parameters, ...net.buffers].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    net.buffers.forEach(({ name, initial }, i) => {
      expect(name).toMatch(i % 2 === 0 ? /\.mean$/ : /\.variance$/);
      expect(initial).toBe(i % 2);
    });
    for (const { name, role, shape, fanIn } of net.parameters) {
      if (role === 'kernel' || role === 'classifier') expect(fanIn).toBe(size(shape) / shape.at(-1)!);
      if (role === 'bias' || role === 'classifier-bias') {
        const kernel = net.parameters.find((other) => other.name === name.replace('bias', 'kernel'))!;
        expect(fanIn).toBe(kernel.fanIn);
      }
    }
  }
});

/** Weights of which none is 0 or 1, and a batch. */
function example(net: Network, batch: number) {
  const key = stream(3, 'example', net.name);
  const values = [...net.parameters, ...net.buffers].map(({ name, shape, ...spec }, i) => {
    const draws = key.at(i).fillNormal(new Float64Array(size(shape)));
    const spread = 'fanIn' in spec ? Math.sqrt(1.5 / spec.fanIn) : 0.3;
    for (let k = 0; k < draws.length; k++) {
      const z = draws[k]!;
      draws[k] = name.endsWith('.variance') ? 0.5 + z * z : name.endsWith('.scale') ? 1 + 0.2 * z : spread * z;
    }
    return new Float32Array(draws);
  });
  const x = Float32Array.from(key.at(9999).fillNormal(new Float64Array(batch * size(net.inputShape))));
  const y = Int32Array.from({ length: batch }, (_, b) => b % net.classes);
  return { values, x, y };
}

function tensorsOf(net: Network, values: readonly Float32Array[]) {
  const list = [...net.parameters, ...net.buffers].map(({ shape }, i) => tf.tensor(values[i]!, [...shape]));
  return { parameters: list.slice(0, net.parameters.length), buffers: list.slice(net.parameters.length) };
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  const cases: [string, Network, number][] = Object.entries(tiny).map(([name, net]) => [name, net, 4]);
  if (backend === 'wasm') {
    // One image and eval mode, as loops in JavaScript take seconds for them.
    cases.push(['resnet18', resnet18({ inputs: [5, 4, 3], classes: 10 }), 1]);
    cases.push(['vgg19', vgg19({ classes: 10 }), 1]);
  }

  it.each(cases)('%s computes what the slow version does', (name, net, batch) => {
    const { values, x } = example(net, batch);
    const input = { shape: [batch, ...net.inputShape], data: Float64Array.from(x) };
    const weights = named(net, values);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { parameters, buffers } = tensorsOf(net, values);
      const logits = net.forward(parameters, buffers, tf.tensor(x, [batch, ...net.inputShape]));
      expect(logits.shape).toEqual([batch, net.classes]);
      close(logits.dataSync(), references[name]!(input, weights, null).data, 2e-4);
      if (batch === 1) return;
      const seen: Seen = {};
      const train = references[name]!(input, weights, seen);
      const indices = new Set<number>();
      const inTraining = net.forward(parameters, buffers, tf.tensor(x, [batch, ...net.inputShape]), (index, mean, variance, n) => {
        const norm = net.buffers[index]!.name.replace('.mean', '');
        indices.add(index);
        close(mean.dataSync(), seen[norm]!.mean, 2e-4);
        close(variance.dataSync(), seen[norm]!.variance, 2e-4);
        expect(n).toBe(seen[norm]!.count);
      }); // prettier-ignore
      // Few values behind a variance amplify rounding.
      close(inTraining.dataSync(), train.data, 5e-3);
      expect(indices.size).toBe(net.buffers.length / 2);
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(Object.entries(tiny))('%s has the gradient of the slow version, by differences', (name, net) => {
    const batch = 4;
    const { values, x, y } = example(net, batch);
    const input = { shape: [batch, ...net.inputShape], data: Float64Array.from(x) };
    const labels = Float32Array.from({ length: batch * 3 }, (_, k) => (k % 3 === y[Math.floor(k / 3)] ? 1 : 0));
    tf.tidy(() => {
      const { parameters, buffers } = tensorsOf(net, values);
      const { grads } = tf.valueAndGrads((...theta: tf.Tensor[]) => {
        const logits = net.forward(theta, buffers, tf.tensor(x, input.shape), () => undefined);
        return tf.neg(tf.mean(tf.sum(tf.mul(tf.tensor2d(labels, [batch, 3]), tf.logSoftmax(logits)), 1)));
      })(parameters);
      const loss = (i: number, direction: Float64Array, h: number) => {
        const moved = values.map((v, j) => (j === i ? Float64Array.from(v, (w, k) => w + h * direction[k]!) : v));
        return crossEntropy(references[name]!(input, named(net, moved), {}), y);
      };
      net.parameters.forEach((spec, i) => {
        const direction = stream(4, 'direction')
          .at(i)
          .fillNormal(new Float64Array(size(spec.shape)));
        // So small a step, or a ReLU or a pool changes sides within it.
        const slope = (loss(i, direction, 1e-8) - loss(i, direction, -1e-8)) / 2e-8;
        const dot = grads[i]!.dataSync<'float32'>().reduce((sum, g, k) => sum + g * direction[k]!, 0);
        expect(Math.abs(dot - slope), `${spec.name}: ${dot} and ${slope}`).toBeLessThan(2e-3 * (Math.abs(slope) + 0.1));
      });
    });
  });
});

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs));
  for (let k = 0; k < expected.length; k++) {
    expect(Math.abs(actual[k]! - expected[k]!), `[${k}]`).toBeLessThan(tolerance * scale);
  }
}

describe('errors', () => {
  beforeAll(async () => void (await useBackend('cpu')));

  it.each([
    [() => mlp({ inputs: 0, hidden: [], classes: 2 }), "mlp: 'inputs' is 0; must be an integer of at least 1. It is the length of one flat input."],
    [() => mlp({ inputs: 2, hidden: [3, 1.5], classes: 2 }), "mlp: 'hidden[1]' is 1.5; must be an integer of at least 1. Leave a layer out rather than empty."],
    [() => mlp({ inputs: 2, hidden: [], classes: NaN }), "mlp: 'classes' is NaN; must be an integer of at least 1. Count the labels."],
    [() => vgg19({ inputs: [16, 16, 3], classes: 10 }), "vgg19: 'inputs' is [16, 16, 3]; must be [height, width, channels] with height and width of at least 32. Pooling must leave a pixel."],
    [() => vggMini({ inputs: [8, 8] as never, classes: 10 }), "vggMini: 'inputs' is [8, 8]; must be [height, width, channels] with height and width of at least 8. Pooling must leave a pixel."],
    [() => vggMini({ inputs: [8, 8, 1], classes: 0 }), "vggMini: 'classes' is 0; must be an integer of at least 1. Count the labels."],
    [() => smallCnn({ inputs: [3, 8, 1], classes: 2 }), "smallCnn: 'inputs' is [3, 8, 1]; must be [height, width, channels] with height and width of at least 4. Pooling must leave a pixel."],
    [() => smallCnn({ inputs: [8, 8, 1], classes: -1 }), "smallCnn: 'classes' is -1; must be an integer of at least 1. Count the labels."],
    [() => cifarCnn({ inputs: [32, 13, 3], classes: 2 }), "cifarCnn: 'inputs' is [32, 13, 3]; must be [height, width, channels] with height and width of at least 14. Pooling must leave a pixel."],
    [() => vgg8({ inputs: [31, 32, 3], classes: 2 }), "vgg8: 'inputs' is [31, 32, 3]; must be [height, width, channels] with height and width of at least 32. Pooling must leave a pixel."],
    [() => vgg8({ classes: 2, dropout: 1 }), "vgg8: 'dropout' is 1; must be from 0 to below 1. Use 0 for none."],
    [() => resnetMini({ inputs: [8, 8, 0], classes: 2 }), "resnetMini: 'inputs' is [8, 8, 0]; must be [height, width, channels] with height and width of at least 1. Pooling must leave a pixel."],
    [() => resnet18({ classes: 2, norm: 'layer' as never }), "resnet18: 'norm' is 'layer'; must be 'batch' or 'group'. Choose one of them."],
    [() => resnet18({ classes: 0 }), "resnet18: 'classes' is 0; must be an integer of at least 1. Count the labels."],
  ])('%#', (build, message) => {
    expect(build).toThrow(new RangeError(message));
  }); // prettier-ignore

  it('of the forward pass', () => {
    const net = tiny['mlp']!;
    const { parameters } = initialise(net);
    expect(() => net.forward(parameters.slice(1), [], tf.zeros([2, 5]))).toThrow(
      new RangeError("forward: 5 parameters and 0 buffers came; must be 6 and 0 for 'mlp'. Take them from initialise() or loadWeights()."), // prettier-ignore
    );
    for (const shape of [[2, 6], [5], [2, 5, 1]]) {
      expect(() => net.forward(parameters, [], tf.zeros(shape))).toThrow(
        new RangeError(`forward: 'x' is of shape [${shape.join(', ')}]; must be [B, 5] for 'mlp'. Reshape it, or build the network for its shape.`), // prettier-ignore
      );
    }
  });
});

describe.each(BACKENDS)('a cohort on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));
  const net = mlp({ inputs: 50, hidden: [40, 30], classes: 10 });
  const [S, B] = [5, 8];
  const draw = (name: string, shape: readonly number[]) =>
    tf.tensor(Float32Array.from(stream(5, name).fillNormal(new Float64Array(size(shape)))), [...shape]);
  const stacked = () => net.parameters.map(({ name, shape }) => draw(name, [S, ...shape]));
  const of = (list: readonly tf.Tensor[], s: number) => list.map((t) => tf.squeeze(tf.slice(t, s, 1), [0]));

  it('gives each client what it gets alone, in value and gradients', () =>
    tf.tidy(() => {
      const [parameters, x] = [stacked(), draw('x', [S, B, 50])];
      const { grads, value } = tf.valueAndGrads((...theta: tf.Tensor[]) => tf.sum(tf.square(net.cohort!(theta, x))))(parameters); // prettier-ignore
      let sum = 0;
      for (let s = 0; s < S; s++) {
        const [own] = of([x], s);
        const alone = tf.valueAndGrads((...theta: tf.Tensor[]) => tf.sum(tf.square(net.forward(theta, [], own!))))(of(parameters, s)); // prettier-ignore
        sum += alone.value.dataSync()[0]!;
        alone.grads.forEach((g, i) => close(tf.slice(grads[i]!, s, 1).dataSync(), [...g.dataSync()], 1e-5));
      }
      expect(Math.abs(value.dataSync()[0]! / sum - 1)).toBeLessThan(1e-5);
    }));

  it('adds products of low rank as if they were in the kernel', () =>
    tf.tidy(() => {
      const [parameters, x] = [stacked(), draw('x', [S, B, 50])];
      const addend = { v: draw('v', [S, 3, 50]), scale: draw('scale', [S, 1, 3]), u: draw('u', [S, 3, 40]) };
      const inside = parameters.map((t, i) => (i === 0 ? tf.add(t, tf.matMul(addend.v, tf.mul(tf.reshape(addend.scale, [S, 3, 1]), addend.u), true)) : t)); // prettier-ignore
      const beside = net.cohort!(parameters, x, new Map([[0, addend]]));
      close(beside.dataSync(), [...net.cohort!(inside, x).dataSync()], 1e-5);
    }));

  it('refuses what is no cohort', () =>
    tf.tidy(() => {
      const parameters = stacked();
      expect(() => net.cohort!(parameters, tf.zeros([B, 50]))).toThrow("cohort: 'x' is of shape [8, 50] and 'dense1.kernel' of [5, 50, 40]; must be [S, B, 50] for 'mlp'"); // prettier-ignore
      expect(() => net.cohort!(parameters, tf.zeros([S, B, 49]))).toThrow("'x' is of shape [5, 8, 49]; must be [S, B, 50]"); // prettier-ignore
      expect(() => net.cohort!(parameters.slice(1), tf.zeros([S, B, 50]))).toThrow('5 parameters and 0 buffers came');
      expect(smallCnn({ inputs: [8, 8, 1], classes: 2 }).cohort).toBeUndefined();
    }));
});

describe('dropout', () => {
  beforeAll(async () => void (await useBackend('wasm')));
  const net = vgg8({ inputs: [32, 32, 1], classes: 3, dropout: 0.25 });
  /** The network whose convolutions give ones and whose dense layer hands them on, added by fours. */
  const passed = (key?: ReturnType<typeof stream>) =>
    tf.tidy(() => {
      const parameters = net.parameters.map(({ name, shape }) => {
        if (name === 'dense1.kernel') return tf.eye(512);
        if (name === 'classifier.kernel') return tf.tile(tf.ones([512, 1]), [1, 3]);
        return tf.fill([...shape], /^conv\d+.bias$/.test(name) ? 1 : 0);
      });
      return [...net.forward(parameters, [], tf.zeros([8, 32, 32, 1]), undefined, key).dataSync()].filter((_, k) => k % 3 === 0); // prettier-ignore
    });

  it('drops as many as it says and keeps the mean; equal keys drop equal numbers, and none drops none', () => {
    expect(passed()).toEqual(Array.from({ length: 8 }, () => 512));
    const [one, again, other] = [stream(1, 'a'), stream(1, 'a'), stream(1, 'b')].map(passed);
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one).size).toBeGreaterThan(1);
    // A row keeps k of 512, each as 4/3; of 4096 in all 3072 ± 28 are kept.
    for (const sum of one!) expect(Math.abs(0.75 * sum - Math.round(0.75 * sum))).toBeLessThan(0.02);
    expect(Math.abs(one!.reduce((a, b) => a + b) / 4096 - 1)).toBeLessThan(5 * (28 / 3072));
  });

  it('of a training is drawn anew in each step, and a resumed one goes on with the same bits', async () => {
    const x = Float32Array.from(stream(2, 'x').fillNormal(new Float64Array(4 * 1024)));
    const data = { x, y: Int32Array.of(0, 1, 2, 0), shape: [32, 32, 1], count: 4 };
    const start = initialise(net, { seed: 1 });
    const options = { rate: 0.01, batchSize: 2, seed: 3 };
    const whole = await train(net, start, data, { ...options, epochs: 2 });
    const half = await train(net, start, data, { ...options, epochs: 1 });
    const rest = await train(net, start, data, { ...options, epochs: 2, resume: half });
    const of = ({ weights }: typeof whole) => weights.parameters.map((t) => [...t.dataSync()]);
    expect(of(rest)).toEqual(of(whole));
    const seen: number[] = [];
    const watched: Network = {
      ...net,
      forward(parameters, buffers, input, sink, dropout) {
        seen.push(dropout!.uniform());
        return net.forward(parameters, buffers, input, sink, dropout);
      },
    };
    await train(watched, start, data, { ...options, epochs: 2 });
    expect(seen).toEqual([[0, 0], [0, 1], [1, 0], [1, 1]].map(([epoch, step]) => stream(3, 'dropout').at(epoch, step).uniform())); // prettier-ignore
    const plain = vgg8({ inputs: [32, 32, 1], classes: 3, dropout: 0 });
    expect(of(await train(plain, start, data, { ...options, epochs: 2 }))).not.toEqual(of(whole));
  });
});

it('wasm pads inside strided convolutions, the others before them', async () => {
  const net = tiny['resnetMini']!;
  for (const backend of BACKENDS) {
    await useBackend(backend);
    const { parameters, buffers } = initialise(net);
    const { kernelNames } = await tf.profile(() => net.forward(parameters, buffers, tf.ones([2, 6, 5, 2])));
    expect(kernelNames.includes('PadV2'), backend).toBe(backend !== 'wasm');
  }
});

it('padding inside has the bits of padding before on wasm, in value and gradients', async () => {
  await useBackend('wasm');
  for (const [side, size, inputs, outputs] of [
    [33, 3, 5, 9],
    [16, 3, 16, 32],
    [12, 5, 3, 4],
  ] as const) {
    // prettier-ignore
    const random = (name: string, shape: number[]) => tf.tensor(Float32Array.from(stream(3, name).fillNormal(new Float64Array(tf.util.sizeFromShape(shape)))), shape); // prettier-ignore
    const x = random('x', [4, side, side, inputs]);
    const w = random('w', [size, size, inputs, outputs]);
    const margin = (size - 1) / 2;
    const inside = (image: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 2, margin);
    const before = (image: tf.Tensor, filter: tf.Tensor) =>
      tf.conv2d(tf.pad(image as tf.Tensor4D, [[0, 0], [margin, margin], [margin, margin], [0, 0]]), filter as tf.Tensor4D, 2, 'valid'); // prettier-ignore
    const dy = random('dy', inside(x, w).shape);
    const all = (f: typeof inside) => [f(x, w), ...tf.grads(f as never)([x, w], dy)];
    const [one, other] = [all(inside), all(before)];
    for (const [i, tensor] of one.entries()) {
      expect(tensor.shape).toEqual(other[i]!.shape);
      expect(await tensor.data()).toEqual(await other[i]!.data());
    }
  }
});
