import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import { Blueprint, chain, flatten, type Layer, relu, requireInput, requireWeights } from '../layers.js';
import type { Network } from '../network.js';
import { checkImage } from './image.js';

/** What {@link tower} is built of. */
export interface TowerOptions {
  /** [height, width, channels] of an image. */
  readonly inputs: readonly [height: number, width: number, channels: number];
  /** Mean of each `pool` × `pool` pixels, side by side, before anything else. Default 1: none. */
  readonly pool?: number;
  /** 3×3 convolutions with bias, each with its stride, 1 unless given, and the activation. Default []. */
  readonly convolutions?: readonly { readonly channels: number; readonly stride?: number }[];
  /** Widths of the dense layers behind them, at least one; the last is the embedding's. */
  readonly hidden: readonly number[];
  /** After each convolution and hidden layer. Default `relu`. */
  readonly activation?: Activation;
  /** Number of logits. */
  readonly classes: number;
}

/** What stands between layers. */
export type Activation = 'relu' | 'elu' | 'tanh';

const ACTIVATIONS: Readonly<Record<Activation, Layer>> = { relu, elu: (x) => tf.elu(x), tanh: (x) => tf.tanh(x) };

/** A classifier of images that hands out what its logits are made of, too. */
export interface Tower extends Network {
  /** Length of an embedding. */
  readonly width: number;
  /**
   * The last hidden layer, after its activation: [B, width] of a batch [B, height, width, channels].
   * @param parameters those of `forward`
   * @throws RangeError as `forward`
   */
  embed(parameters: readonly Tensor[], x: Tensor): Tensor;
}

/**
 * Pooling, convolutions `conv1`, `conv2`, …, dense layers `dense1`, `dense2`, …, `classifier`. Without convolutions it is a
 * perceptron. No batch norm.
 * @throws RangeError for a size that is no positive integer, images that are smaller than the pool, or no hidden layer
 */
export function tower(options: TowerOptions): Tower {
  requireOptions<TowerOptions>('tower', options, { inputs: 0, pool: 0, convolutions: 0, hidden: 0, activation: 0, classes: 0 }); // prettier-ignore
  const { inputs, pool = 1, convolutions = [], hidden, activation = 'relu', classes } = options;
  integer('tower', 'pool', pool, 1, 'Leave it out for none.');
  checkImage('tower', inputs, pool);
  if (!Array.isArray(convolutions)) throw invalid('tower', 'convolutions', convolutions, 'an array of { channels, stride }', 'Use [] for none.'); // prettier-ignore
  if (!Array.isArray(hidden) || hidden.length === 0) throw invalid('tower', 'hidden', hidden, 'an array of widths, at least one', 'The last is the width of the embedding.'); // prettier-ignore
  oneOf('tower', 'activation', activation, ['relu', 'elu', 'tanh']);
  integer('tower', 'classes', classes, 1, 'Count the labels.');
  const net = new Blueprint();
  const act = ACTIVATIONS[activation];
  const layers: Layer[] = pool === 1 ? [] : [(x) => tf.avgPool(x as Tensor4D, pool, pool, 'valid')];
  let [height, width, channels] = [Math.floor(inputs[0] / pool), Math.floor(inputs[1] / pool), inputs[2]];
  for (const [i, { channels: next, stride = 1 }] of convolutions.entries()) {
    integer('tower', `convolutions[${i}].channels`, next, 1, 'Leave a layer out rather than empty.');
    integer('tower', `convolutions[${i}].stride`, stride, 1, 'Leave it out for 1.');
    layers.push(net.conv(`conv${i + 1}`, channels, next, { stride, bias: true }), act);
    [height, width, channels] = [Math.ceil(height / stride), Math.ceil(width / stride), next];
  }
  layers.push(flatten);
  let size = height * width * channels;
  for (const [i, next] of hidden.entries()) {
    integer('tower', `hidden[${i}]`, next, 1, 'Leave a layer out rather than empty.');
    layers.push(net.dense(`dense${i + 1}`, size, next), act);
    size = next;
  }
  const trunk = chain(...layers);
  const network = net.network('tower', inputs, classes, chain(trunk, net.classifier(size, classes)));
  return {
    ...network,
    width: size,
    embed(parameters, x) {
      requireWeights(network, parameters, []);
      requireInput('tower', inputs, x);
      return trunk(x, { parameters, buffers: [] });
    },
  };
}
