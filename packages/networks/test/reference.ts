/** A slow textbook version of every network, in Float64 loops. A tensor is flat, row-major values with a shape. */
import type { Network } from '../src/index.js';

export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Weights by name. */
export type Named = Readonly<Record<string, Array64>>;

/** The batch statistics that each norm of a train-mode pass saw, by the norm's name. */
export type Seen = Record<string, { mean: Float64Array; variance: Float64Array; count: number }>;

type Part = (x: Array64, w: Named, seen: Seen | null) => Array64;

const zeros = (shape: readonly number[]): Array64 => ({
  shape,
  data: new Float64Array(shape.reduce((size, n) => size * n, 1)),
});

const dense =
  (name: string): Part =>
  (x, w) => {
    const kernel = w[`${name}.kernel`]!;
    const bias = w[`${name}.bias`]!;
    const [inputs, outputs] = kernel.shape as [number, number];
    const y = zeros([x.shape[0]!, outputs]);
    for (let b = 0; b < x.shape[0]!; b++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias.data[o]!;
        for (let i = 0; i < inputs; i++) sum += x.data[b * inputs + i]! * kernel.data[i * outputs + o]!;
        y.data[b * outputs + o] = sum;
      }
    }
    return y;
  };

/** As `nn.Conv2d(in, out, size, stride, padding=(size - 1) // 2)`, channels last; or without padding. */
const conv =
  (name: string, stride = 1, padded = true): Part =>
  (x, w) => {
    const kernel = w[`${name}.kernel`]!;
    const bias = w[`${name}.bias`];
    const [size, , inputs, outputs] = kernel.shape as [number, number, number, number];
    const [count, height, width] = x.shape as [number, number, number];
    const margin = padded ? (size - 1) / 2 : 0;
    const rows = Math.floor((height + 2 * margin - size) / stride) + 1;
    const columns = Math.floor((width + 2 * margin - size) / stride) + 1;
    const y = zeros([count, rows, columns, outputs]);
    for (let b = 0; b < count; b++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          const to = ((b * rows + r) * columns + c) * outputs;
          for (let o = 0; o < outputs; o++) y.data[to + o] = bias ? bias.data[o]! : 0;
          for (let i = 0; i < size; i++) {
            const h = r * stride + i - margin;
            if (h < 0 || h >= height) continue;
            for (let j = 0; j < size; j++) {
              const v = c * stride + j - margin;
              if (v < 0 || v >= width) continue;
              const from = ((b * height + h) * width + v) * inputs;
              for (let p = 0; p < inputs; p++) {
                const value = x.data[from + p]!;
                const row = ((i * size + j) * inputs + p) * outputs;
                for (let o = 0; o < outputs; o++) y.data[to + o]! += value * kernel.data[row + o]!;
              }
            }
          }
        }
      }
    }
    return y;
  };

const norm =
  (name: string): Part =>
  (x, w, seen) => {
    const channels = x.shape.at(-1)!;
    const count = x.data.length / channels;
    let mean = w[`${name}.mean`]!.data;
    let variance = w[`${name}.variance`]!.data;
    if (seen) {
      mean = new Float64Array(channels);
      variance = new Float64Array(channels);
      x.data.forEach((value, k) => (mean[k % channels]! += value / count));
      x.data.forEach((value, k) => (variance[k % channels]! += (value - mean[k % channels]!) ** 2 / count));
      seen[name] = { mean, variance, count };
    }
    const y = zeros(x.shape);
    x.data.forEach((value, k) => {
      const c = k % channels;
      const normal = (value - mean[c]!) / Math.sqrt(variance[c]! + 1e-5);
      y.data[k] = w[`${name}.scale`]!.data[c]! * normal + w[`${name}.offset`]!.data[c]!;
    });
    return y;
  };

/** In groups of 16 channels, each example by itself. */
const groupNorm =
  (name: string): Part =>
  (x, w) => {
    const channels = x.shape.at(-1)!;
    const size = x.data.length / x.shape[0]!;
    const groups = channels / 16;
    const groupOf = (k: number) => Math.floor(k / size) * groups + Math.floor((k % channels) / 16);
    const count = size / groups;
    const mean = new Float64Array(x.shape[0]! * groups);
    const variance = new Float64Array(mean.length);
    x.data.forEach((value, k) => (mean[groupOf(k)]! += value / count));
    x.data.forEach((value, k) => (variance[groupOf(k)]! += (value - mean[groupOf(k)]!) ** 2 / count));
    const normal = (value: number, k: number) => (value - mean[groupOf(k)]!) / Math.sqrt(variance[groupOf(k)]! + 1e-5);
    const [scale, offset] = [w[`${name}.scale`]!.data, w[`${name}.offset`]!.data];
    return { shape: x.shape, data: x.data.map((value, k) => scale[k % channels]! * normal(value, k) + offset[k % channels]!) }; // prettier-ignore
  };

const relu: Part = (x) => ({ shape: x.shape, data: x.data.map((value) => Math.max(0, value)) });

const poolOf =
  (size: number): Part =>
  (x) => {
    const [count, height, width, channels] = x.shape as [number, number, number, number];
    const y = zeros([count, Math.floor(height / size), Math.floor(width / size), channels]);
    y.data.fill(-Infinity);
    for (let b = 0; b < count; b++) {
      for (let h = 0; h < size * y.shape[1]!; h++) {
        for (let v = 0; v < size * y.shape[2]!; v++) {
          for (let c = 0; c < channels; c++) {
            const to = ((b * y.shape[1]! + Math.floor(h / size)) * y.shape[2]! + Math.floor(v / size)) * channels + c;
            y.data[to] = Math.max(y.data[to]!, x.data[((b * height + h) * width + v) * channels + c]!);
          }
        }
      }
    }
    return y;
  };
const pool = poolOf(2);

const average: Part = (x) => {
  const [count, height, width, channels] = x.shape as [number, number, number, number];
  const y = zeros([count, channels]);
  x.data.forEach((value, k) => {
    const b = Math.floor(k / (height * width * channels));
    y.data[b * channels + (k % channels)]! += value / (height * width);
  });
  return y;
};

const flat: Part = (x) => ({ shape: [x.shape[0]!, x.data.length / x.shape[0]!], data: x.data });

const chain =
  (...parts: readonly Part[]): Part =>
  (x, w, seen) =>
    parts.reduce((value, part) => part(value, w, seen), x);

const vgg = (plan: string, normed = norm): Part => {
  let index = 0;
  const parts = plan.split('-').flatMap((step) => {
    if (step === 'M') return [pool];
    index++;
    return [conv(`conv${index}`), normed(`norm${index}`), relu];
  });
  return chain(...parts, average, dense('classifier'));
};

const block = (name: string, stride: number, shortcut: boolean): Part => {
  const main = chain(conv(`${name}.conv1`, stride), norm(`${name}.norm1`), relu, conv(`${name}.conv2`), norm(`${name}.norm2`)); // prettier-ignore
  const side = shortcut ? chain(conv(`${name}.shortcut.conv`, stride), norm(`${name}.shortcut.norm`)) : chain();
  return (x, w, seen) => {
    const a = main(x, w, seen);
    const b = side(x, w, seen);
    return relu({ shape: a.shape, data: a.data.map((value, k) => value + b.data[k]!) }, w, seen);
  };
};

const stem = [conv('stem.conv'), norm('stem.norm'), relu];

export const references: Readonly<Record<string, Part>> = {
  mlp: chain(dense('dense1'), relu, dense('dense2'), relu, dense('classifier')),
  smallCnn: chain(conv('conv1'), relu, pool, conv('conv2'), relu, pool, flat, dense('dense1'), relu, dense('classifier')), // prettier-ignore
  cifarCnn: chain(conv('conv1', 1, false), relu, pool, conv('conv2', 1, false), relu, poolOf(3), flat, dense('dense1'), relu, dense('classifier')), // prettier-ignore
  vgg8: chain(...[1, 2, 3, 4, 5].flatMap((i) => [conv(`conv${i}`), relu, pool]), flat, dense('dense1'), relu, dense('classifier')), // prettier-ignore
  vggMini: vgg('16-16-M-32-32-M-64-64-M'),
  'vggMini, group norm': vgg('16-16-M-32-32-M-64-64-M', groupNorm),
  vgg19: vgg('64-64-M-128-128-M-256-256-256-256-M-512-512-512-512-M-512-512-512-512-M'),
  resnetMini: chain(
    ...stem,
    block('stage1.block1', 1, false),
    block('stage2.block1', 2, true),
    block('stage3.block1', 2, true),
    average,
    dense('classifier'),
  ),
  resnet18: chain(
    ...stem,
    ...[1, 2, 3, 4].flatMap((stage) => [
      block(`stage${stage}.block1`, stage > 1 ? 2 : 1, stage > 1),
      block(`stage${stage}.block2`, 1, false),
    ]),
    average,
    dense('classifier'),
  ),
};

/** Mean cross-entropy of logits. */
export function crossEntropy(logits: Array64, y: ArrayLike<number>): number {
  const [count, classes] = logits.shape as [number, number];
  let sum = 0;
  for (let b = 0; b < count; b++) {
    const row = logits.data.subarray(b * classes, (b + 1) * classes);
    const top = Math.max(...row);
    sum += top + Math.log(row.reduce((total, z) => total + Math.exp(z - top), 0)) - row[y[b]!]!;
  }
  return sum / count;
}

/** Values in the order of a network's lists, by name. */
export function named(network: Network, values: readonly (Float32Array | Float64Array)[]): Named {
  return Object.fromEntries(
    [...network.parameters, ...network.buffers].map(({ name, shape }, i) => [
      name,
      { shape, data: new Float64Array(values[i]!) },
    ]),
  );
}
