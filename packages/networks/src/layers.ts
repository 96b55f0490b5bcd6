/** The layers that networks are written in. Declaring a layer takes its places in the lists of parameters and buffers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Stream } from '@assay-ml/numerics';
import { batchNorm, layerNorm, uniform } from '@assay-ml/tensors';
import { complaint } from '@assay-ml/numerics/check';

import type { BufferSpec, LowRank, Network, ParameterSpec, StatisticsSink } from './network.js';

/** Keys and values of the positions that came before, [B, heads, time, size] each, of every attention layer. */
export type KeyValues = readonly (readonly [keys: Tensor, values: Tensor])[];

/** What one forward pass works with. */
export interface Pass {
  readonly parameters: readonly Tensor[];
  readonly buffers: readonly Tensor[];
  readonly sink?: StatisticsSink | undefined;
  /** What dropout draws from; left out, nothing is dropped. */
  readonly dropout?: Stream | undefined;
  /** Of a cohort: what is added to the products with some kernels, by their places among the parameters. */
  readonly lowRank?: ReadonlyMap<number, LowRank> | undefined;
  /** Of a decoder that goes on from earlier positions: their keys and values, and, in the end, with the new ones. */
  readonly cache?: { readonly length: number; readonly past: KeyValues; readonly next: [Tensor, Tensor][] };
}

/** A step of the forward pass. */
export type Layer = (x: Tensor, pass: Pass) => Tensor;

/** One layer after the other. */
export const chain =
  (...layers: readonly Layer[]): Layer =>
  (x, pass) =>
    layers.reduce((value, layer) => layer(value, pass), x);

/** max(x, 0). */
export const relu: Layer = (x) => tf.relu(x);
/** The largest of each `size`×`size`, side by side; rows and columns that fill no window are left out. */
export const maxPool =
  (size: number): Layer =>
  (x) =>
    tf.maxPool(x as Tensor4D, size, size, 'valid');
/** [B, H, W, C] to [B, C]. */
export const averagePool: Layer = (x) => tf.mean(x, [1, 2]);
/** [B, …] to [B, product of the rest]. */
export const flatten: Layer = (x) => tf.reshape(x, [x.shape[0]!, -1]);

/** The declarations of one network. */
export class Blueprint {
  readonly #parameters: ParameterSpec[] = [];
  readonly #buffers: BufferSpec[] = [];

  /** x·kernel + bias, [B, inputs] to [B, outputs]. */
  dense(name: string, inputs: number, outputs: number): Layer {
    return this.#dense(name, inputs, outputs, 'kernel', 'bias');
  }

  /** x·kernel, [B, inputs] to [B, outputs]. */
  product(name: string, inputs: number, outputs: number, role: 'kernel' | 'output' = 'kernel'): Layer {
    const kernel = this.parameter(`${name}.kernel`, role, [inputs, outputs], inputs);
    return (x, { parameters }) => tf.matMul(x, parameters[kernel]!);
  }

  /** The last dense layer: its outputs are the logits. */
  classifier(inputs: number, classes: number): Layer {
    return this.#dense('classifier', inputs, classes, 'classifier', 'classifier-bias');
  }

  /** In a pass with a stream each number is 0 with probability `rate`, and the others are divided by 1 − rate. */
  dropout(rate: number): Layer {
    return (x, { dropout }) => {
      if (dropout === undefined || rate === 0) return x;
      const kept = tf.cast(tf.greaterEqual(uniform(dropout, x.shape), rate), 'float32');
      return tf.mul(x, tf.div(kept, 1 - rate));
    };
  }

  /**
   * Convolution of `size`×`size`. Padding `same`, the default, puts (size − 1)/2 zeros on each side: height and width are divided
   * by the stride and rounded up. `valid` puts none.
   */
  conv(
    name: string,
    inputs: number,
    outputs: number,
    {
      size = 3,
      stride = 1,
      bias = false,
      padding = 'same',
    }: { size?: number; stride?: number; bias?: boolean; padding?: 'same' | 'valid' } = {},
  ): Layer {
    const fanIn = size * size * inputs;
    const kernel = this.parameter(`${name}.kernel`, 'kernel', [size, size, inputs, outputs], fanIn);
    const offset = bias ? this.parameter(`${name}.bias`, 'bias', [outputs], fanIn) : null;
    // With stride 1 'same' pads symmetrically. Otherwise it would pad less at the top; wasm takes the number itself, native
    // TensorFlow takes none: pad first.
    const margin = stride === 1 || padding === 'valid' ? 0 : (size - 1) / 2;
    return (x, { parameters }) => {
      const inside = tf.getBackend() === 'wasm';
      const padded = margin === 0 || inside ? x : tf.pad(x, [[0, 0], [margin, margin], [margin, margin], [0, 0]]); // prettier-ignore
      const pad = margin === 0 ? padding : inside ? margin : 'valid';
      const y = tf.conv2d(padded as Tensor4D, parameters[kernel] as Tensor4D, stride, pad);
      return offset === null ? y : tf.add(y, parameters[offset]!);
    };
  }

  /**
   * A norm of images with a scale (1 at first) and an offset (0 at first) a channel; ε is 1e-5. `batch`: over all axes but the last,
   * with running statistics. `group`: in groups of 16 channels.
   */
  norm(name: string, channels: number, kind: 'batch' | 'group' = 'batch'): Layer {
    if (kind === 'group') return this.groupNorm(name, channels, channels / 16);
    const scale = this.parameter(`${name}.scale`, 'norm-scale', [channels], 1);
    const offset = this.parameter(`${name}.offset`, 'norm-offset', [channels], 1);
    const mean = this.#buffer(`${name}.mean`, [channels], 0);
    const variance = this.#buffer(`${name}.variance`, [channels], 1);
    return (x, { parameters, buffers, sink }) => {
      const statistics = sink ? 'batch' : { mean: buffers[mean]!, variance: buffers[variance]! };
      const normalised = batchNorm(x, parameters[scale]!, parameters[offset]!, statistics);
      sink?.(mean, normalised.mean, normalised.variance, x.size / x.shape.at(-1)!);
      return normalised.y;
    };
  }

  /**
   * Group normalisation (Wu & He 2018): of each example its channels in `groups` equal parts, each over all positions, with a scale
   * and an offset a channel; ε is 1e-5. One group is a layer norm of images.
   */
  groupNorm(name: string, channels: number, groups: number): Layer {
    const scale = this.parameter(`${name}.scale`, 'norm-scale', [channels], 1);
    const offset = this.parameter(`${name}.offset`, 'norm-offset', [channels], 1);
    return (x, { parameters }) => {
      const grouped = tf.reshape(x, [x.shape[0]!, -1, groups, channels / groups]);
      const centred = tf.sub(grouped, tf.mean(grouped, [1, 3], true));
      const factor = tf.rsqrt(tf.add(tf.mean(tf.square(centred), [1, 3], true), 1e-5));
      return tf.add(tf.mul(tf.reshape(tf.mul(centred, factor), x.shape), parameters[scale]!), parameters[offset]!);
    };
  }

  /** Layer normalisation over the last axis, with a scale `weight` (1 at first) and an offset `bias` (0 at first), as PyTorch names them. */
  layerNorm(name: string, width: number, epsilon: number): Layer {
    const scale = this.parameter(`${name}.weight`, 'norm-scale', [width], 1);
    const offset = this.parameter(`${name}.bias`, 'norm-offset', [width], 1);
    return (x, { parameters }) => layerNorm(x, parameters[scale]!, parameters[offset]!, epsilon);
  }

  /** Rows of a table `weight` by ids: […] to […, width]. */
  embedding(name: string, rows: number, width: number): Layer {
    const table = this.parameter(`${name}.weight`, 'embedding', [rows, width], 1);
    return (ids, { parameters }) =>
      tf.reshape(tf.gather(parameters[table]!, tf.reshape(ids, [-1])), [...ids.shape, width]);
  }

  /**
   * The network whose layers were declared, `body` being all of them in order. Where it reads tokens the body is given them
   * as they came, [B, T]. `cohorts` says that it takes those, too, as dense layers and what works number by number do.
   */
  network(
    name: string,
    inputShape: readonly number[],
    classes: number,
    body: Layer,
    { cohorts = false, ...traits }: Pick<Network, 'tokens' | 'scheme'> & { cohorts?: boolean } = {},
  ): Network {
    const parameters = this.#parameters;
    const buffers = this.#buffers;
    const network: Network = {
      name,
      inputShape,
      classes,
      ...traits,
      parameters,
      buffers,
      forward(given, running, x, sink, dropout) {
        requireWeights(network, given, running);
        if (traits.tokens) requireTokens(name, x, inputShape[0]!);
        else requireInput(name, inputShape, x);
        return body(x, { parameters: given, buffers: running, sink, dropout });
      },
    };
    if (!cohorts) return network;
    return {
      ...network,
      cohort(given, x, lowRank) {
        requireWeights(network, given, []);
        const S = x.shape[0]!;
        const odd = parameters.findIndex(({ shape }, i) => given[i]!.shape.join() !== [S, ...shape].join());
        if (odd >= 0 || x.rank !== inputShape.length + 2 || inputShape.some((size, i) => x.shape[i + 2] !== size)) {
          const wrong = odd < 0 ? '' : ` and '${parameters[odd]!.name}' of [${given[odd]!.shape.join(', ')}]`;
          throw new RangeError(
            `cohort: 'x' is of shape [${x.shape.join(', ')}]${wrong}; must be [S, B, ${inputShape.join(', ')}] for '${name}', and each parameter [S, …], its shape behind the number of clients. Stack them.`,
          );
        }
        return body(x, { parameters: given, buffers: [], lowRank });
      },
    };
  }

  #dense(
    name: string,
    inputs: number,
    outputs: number,
    role: 'kernel' | 'classifier',
    biasRole: 'bias' | 'classifier-bias',
  ): Layer {
    const kernel = this.parameter(`${name}.kernel`, role, [inputs, outputs], inputs);
    const bias = this.parameter(`${name}.bias`, biasRole, [outputs], inputs);
    return (x, { parameters, lowRank }) => {
      const shift = parameters[bias]!;
      const y = tf.add(tf.matMul(x, parameters[kernel]!), shift.rank === 2 ? tf.expandDims(shift, 1) : shift);
      const addend = lowRank?.get(kernel);
      if (addend === undefined) return y;
      const { v, scale, u } = addend;
      return tf.add(y, tf.matMul(tf.mul(tf.matMul(x, v, false, true), scale), u));
    };
  }

  /** Declares a parameter and gives its place. */
  parameter(name: string, role: ParameterSpec['role'], shape: readonly number[], fanIn: number): number {
    return this.#parameters.push({ name, role, shape, fanIn }) - 1;
  }

  #buffer(name: string, shape: readonly number[], initial: 0 | 1): number {
    return this.#buffers.push({ name, shape, initial }) - 1;
  }
}

/** @throws TypeError for what is no list of tensors; RangeError unless there is one for each parameter and buffer */
export function requireWeights(
  { name, parameters, buffers }: Network,
  given: readonly Tensor[],
  running: readonly Tensor[],
): void {
  for (const [option, list] of Object.entries({ parameters: given, buffers: running })) {
    if (!Array.isArray(list)) throw new TypeError(complaint('forward', option, list, 'a list of tensors', 'initialise() or loadWeights() makes them.')); // prettier-ignore
    const wrong = list.find((one) => !(one instanceof tf.Tensor));
    if (wrong !== undefined) throw new TypeError(complaint('forward', option, wrong, 'tensors', 'initialise() or loadWeights() makes them; tf.tensor() makes one of an array.')); // prettier-ignore
  }
  if (given.length === parameters.length && running.length === buffers.length) return;
  throw new RangeError(
    `forward: ${given.length} parameters and ${running.length} buffers came; must be ${parameters.length} and ${buffers.length} for '${name}'. Take them from initialise() or loadWeights().`,
  );
}

/** @throws RangeError unless the batch is [B, ...inputShape] */
export function requireInput(name: string, inputShape: readonly number[], x: Tensor): void {
  if (x.rank === inputShape.length + 1 && inputShape.every((size, i) => x.shape[i + 1] === size)) return;
  throw new RangeError(
    `forward: 'x' is of shape [${x.shape.join(', ')}]; must be [B, ${inputShape.join(', ')}] for '${name}'. Reshape it, or build the network for its shape.`,
  );
}

/** @throws TypeError for other than int32; RangeError unless they are [B, T] with T up to `context` */
export function requireTokens(name: string, x: Tensor, context: number): void {
  if (x.dtype !== 'int32') {
    throw new TypeError(complaint('forward', 'x', x.dtype, 'int32', `'${name}' reads ids: make it with tf.tensor2d(ids, shape, 'int32').`)); // prettier-ignore
  }
  if (x.rank === 2 && x.shape[1]! >= 1 && x.shape[1]! <= context) return;
  throw new RangeError(
    `forward: 'x' is of shape [${x.shape.join(', ')}]; must be [B, T] with T from 1 to ${context}, what the context of '${name}' holds. Cut it, or build the network for longer sequences.`,
  );
}
