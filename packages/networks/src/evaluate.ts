import * as tf from '@tensorflow/tfjs-core';
import { scalar } from '@assay-ml/numerics';
import { integer, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';

import { batches, losses, type Source, tensors } from './data.js';
import { checkNetwork, type Network, type Weights } from './network.js';

/** How good a network is on some examples. */
export interface Evaluation {
  /** Share of labels that have the largest logit. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** exp(loss): of C equally likely classes it is C. */
  readonly perplexity: number;
  /** Number of labels: one an example, or one a position. */
  readonly count: number;
}

/**
 * Accuracy, mean loss and perplexity in eval mode.
 * @param options settings
 * @param options.batchSize default 256; changes no result beyond rounding
 * @throws TypeError for weights or data of another kind; RangeError for data that do not fit, and when a loss is not finite
 */
export async function evaluate(
  network: Network,
  weights: Weights,
  data: Source,
  options: { batchSize?: number } = {},
): Promise<Evaluation> {
  checkNetwork('evaluate', network);
  checkOptions<typeof options>('evaluate', options, { batchSize: 0 });
  requireKeys('evaluate', 'weights', weights, ['parameters', 'buffers'], 'initialise() or loadWeights() makes them.');
  const { batchSize = 256 } = options;
  integer('evaluate', 'batchSize', batchSize, 1, 'Leave it out for 256.');
  let [hits, loss, count] = [0, 0, 0];
  for await (const batch of batches('evaluate', network, data, { batchSize })(0)) {
    const sums = tf.tidy(() => {
      const { x, labels } = tensors(network, batch);
      const logits = network.forward(weights.parameters, weights.buffers, x);
      const right = tf.sum(
        tf.cast(tf.equal(tf.argMax(logits, -1), network.tokens ? labels : tf.argMax(labels, -1)), 'float32'),
      );
      return tf.stack([right, tf.sum(losses(network, labels, logits))]);
    });
    const [right, lossSum] = await sums.data();
    sums.dispose();
    hits += right!;
    loss += lossSum!;
    count += batch.y.length;
  }
  if (!Number.isFinite(loss)) {
    throw new RangeError(`evaluate: the loss is ${loss}; must be finite. Look for NaN in weights and data.`);
  }
  return { accuracy: hits / count, loss: loss / count, perplexity: scalar.exp(loss / count), count };
}
