import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import { normal, uniform } from '@assay-ml/tensors';
import { integer, oneOf, options as checkOptions } from '@assay-ml/numerics/check';

import { checkNetwork, type Network, type ParameterSpec, type Weights } from './network.js';
import { type Scheme, SCHEMES } from './scheme.js';

/**
 * Fresh weights. Each parameter has a random stream of its own, keyed by seed and name: adding a layer changes no other.
 * @param network the architecture
 * @param options settings
 * @param options.scheme default the network's own: `normal` for transformers, else `pytorch`
 * @param options.seed default 0; any safe integer ≥ 0
 * @returns tensors that the caller disposes of
 * @throws RangeError for another scheme or seed
 */
export function initialise(network: Network, options: { scheme?: Scheme; seed?: number } = {}): Weights {
  checkNetwork('initialise', network);
  checkOptions<typeof options>('initialise', options, { scheme: 0, seed: 0 });
  const { scheme = network.scheme ?? 'pytorch', seed = 0 } = options;
  oneOf('initialise', 'scheme', scheme, SCHEMES);
  integer('initialise', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  return {
    parameters: network.parameters.map((spec) => parameter(spec, scheme, seed)),
    buffers: network.buffers.map(({ shape, initial }) => tf.fill([...shape], initial)),
  };
}

function parameter({ name, role, shape, fanIn }: ParameterSpec, scheme: Scheme, seed: number): Tensor {
  if (role === 'norm-scale') return tf.ones([...shape]);
  const isKernel = role === 'kernel' || role === 'classifier' || role === 'output';
  const isEmbedding = role === 'embedding';
  if (role === 'norm-offset' || (!isKernel && !isEmbedding && scheme !== 'pytorch')) return tf.zeros([...shape]);
  const key = stream(seed, 'initialise', name);
  if (scheme === 'normal') return normal(key, shape, 0, 0.02);
  if (isEmbedding) return normal(key, shape);
  if (scheme === 'he') return normal(key, shape, 0, Math.sqrt(2 / fanIn));
  const fanOut = isKernel ? tf.util.sizeFromShape([...shape]) / shape.at(-2)! : 1;
  const bounds = {
    pytorch: 1 / Math.sqrt(fanIn),
    uniform: 1.7 / Math.sqrt(fanIn),
    xavier: Math.sqrt(6 / (fanIn + fanOut)),
  };
  return uniform(key, shape, -bounds[scheme], bounds[scheme]);
}
