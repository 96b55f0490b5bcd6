/** Running statistics of batch normalisation, and a pass over data that renews nothing else. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { integer, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';

import { batches, type Source, tensors } from './data.js';
import { eventLoop } from './event-loop.js';
import { checkNetwork, type Network, type StatisticsSink, type Weights } from './network.js';

/** PyTorch's default. */
const MOMENTUM = 0.1;

/**
 * A sink, and the buffers after its batch: b ← 0.9·b + 0.1·s with the batch's mean and *unbiased* variance, as PyTorch.
 * @param buffers running statistics before the batch
 */
export function running(buffers: readonly Tensor[]): { sink: StatisticsSink; next: Tensor[] } {
  const next = [...buffers];
  const move = (index: number, value: Tensor, factor: number) => {
    // Kept, as a gradient's scope ends before the step that takes them.
    next[index] = tf.keep(tf.add(tf.mul(buffers[index]!, 1 - MOMENTUM), tf.mul(value, MOMENTUM * factor)));
  };
  return {
    next,
    sink(index, mean, variance, count) {
      move(index, mean, 1);
      move(index + 1, variance, count / Math.max(1, count - 1));
    },
  };
}

/** What `updateStatistics` may be told. */
export interface StatisticsOptions {
  /** Passes over the data. Default 1. */
  readonly passes?: number;
  /** Default 128. */
  readonly batchSize?: number;
  /** Seed of the order, anew each pass. Default 0. */
  readonly seed?: number;
  /** Looked at before each batch. */
  readonly signal?: AbortSignal;
}

/**
 * Renews the running statistics by forward passes in train mode, without gradients: the parameters stay (the `bn-stats`
 * warm-up of FTS pruning's second version).
 * @returns new weights; the given ones stay as they are
 * @throws RangeError for options or data that do not fit
 */
export async function updateStatistics(
  network: Network,
  weights: Weights,
  data: Source,
  options: StatisticsOptions = {},
): Promise<Weights> {
  checkNetwork('updateStatistics', network);
  checkOptions<StatisticsOptions>('updateStatistics', options, { passes: 0, batchSize: 0, seed: 0, signal: 0 });
  requireKeys(
    'updateStatistics',
    'weights',
    weights,
    ['parameters', 'buffers'],
    'initialise() or loadWeights() makes them.',
  );
  const { passes = 1, batchSize = 128, seed = 0, signal } = options;
  integer('updateStatistics', 'passes', passes, 1, 'Leave it out for one.');
  integer('updateStatistics', 'batchSize', batchSize, 1, 'Leave it out for 128.');
  const read = batches('updateStatistics', network, data, { batchSize, seed });
  let buffers = weights.buffers.map((t) => tf.clone(t));
  try {
    for (let pass = 0; pass < passes; pass++) {
      for await (const batch of read(pass)) {
        signal?.throwIfAborted();
        const { sink, next } = running(buffers);
        tf.tidy(() => void network.forward(weights.parameters, buffers, tensors(network, batch).x, sink));
        tf.dispose(buffers);
        buffers = next;
        await eventLoop();
      }
    }
  } catch (error) {
    tf.dispose(buffers);
    throw error;
  }
  return { parameters: weights.parameters.map((t) => tf.clone(t)), buffers };
}
