import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '@assay-ml/tensors';
import { atLeast, complaint, fraction, integer, invalid, requireOptions } from '@assay-ml/numerics/check';

import { type Augment, type Batch, batches, isDataset, type Source, tensors } from './data.js';
import { Diverged } from './errors.js';
import { eventLoop } from './event-loop.js';
import { checkNetwork, type Network, type Weights } from './network.js';
import type { Schedule } from './schedule.js';
import { applyMask, type Mask, sgd } from './sgd.js';
import { running } from './statistics.js';

/** Where a training stands: what it needs to go on, bit for bit. Release it with `tf.dispose(state)`. */
export type TrainState = {
  /** Whole epochs done. */
  epoch: number;
  /** Steps done in the epoch that has begun. */
  step: number;
  weights: Weights;
  /** Velocity of each parameter. */
  velocity: Tensor[];
  /** Σ of the losses of the begun epoch's examples, and their number. */
  lossSum: number;
  examples: number;
  /** Mean training loss of each whole epoch, each batch's loss taken before its step. */
  losses: number[];
};

/** What `onProgress` is told, every few steps. */
export interface Progress {
  readonly epoch: number;
  /** Steps done in this epoch. */
  readonly step: number;
  /** Steps of an epoch; null when batches come from an iterator. */
  readonly steps: number | null;
  /** Mean loss of this epoch so far. */
  readonly loss: number;
}

/** Options of `train`. */
export interface TrainOptions {
  /** Number of epochs, counted from the start also when a run is resumed. */
  readonly epochs: number;
  /** Learning rate, or one for each epoch. */
  readonly rate: number | Schedule;
  /** Default 128. The last batch of an epoch is smaller if need be. Iterators bring their own batches. */
  readonly batchSize?: number;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Coupled: added to the gradient, of all parameters as in PyTorch. Default 5e-4, FTS pruning's. */
  readonly weightDecay?: number;
  /** Seed of order and augmentation. Default 0. The order of an epoch depends on seed and epoch alone. */
  readonly seed?: number;
  /** Changes examples of a data set in memory as they are read. */
  readonly augment?: Augment;
  /**
   * Trains within a mask: weights and velocities are masked before the first step, gradients before each step and
   * weights after it. The number of weights that are not zero never grows.
   */
  readonly mask?: Mask;
  /** Goes on from here. Its tensors stay as they are. */
  readonly resume?: TrainState;
  /** Called after every `every`-th step of an epoch and awaited; the state's tensors live until it is done. */
  readonly checkpoint?: { readonly every: number; readonly save: (state: TrainState) => void | Promise<void> };
  readonly onProgress?: (progress: Progress) => void;
  /** Looked at before each step. */
  readonly signal?: AbortSignal;
}

const TRAIN_OPTIONS = { epochs: 0, rate: 0, batchSize: 0, momentum: 0, weightDecay: 0, seed: 0, augment: 0, mask: 0, resume: 0, checkpoint: 0, onProgress: 0, signal: 0 }; // prettier-ignore

/** Losses are read together after so many steps: on a GPU each read waits for all work before it. */
const READ_EVERY = 8;

/**
 * Trains with SGD on the mean cross-entropy of batches, in train mode.
 *
 * Equal arguments give equal bits on one machine and backend, also when a run is stopped and resumed.
 * @param network the architecture
 * @param weights where to start; they stay as they are. Not read when a run is resumed
 * @param data examples; a data set in memory is shuffled anew each epoch
 * @returns the state after the last epoch, of which `weights` is a part
 * @throws Diverged when a loss, or a weight in the end, is not finite
 * @throws RangeError for options or data that do not fit
 * @throws the signal's reason when it was aborted
 */
export async function train(
  network: Network,
  weights: Weights,
  data: Source,
  options: TrainOptions,
): Promise<TrainState> {
  checkNetwork('train', network);
  requireOptions<TrainOptions>('train', options, TRAIN_OPTIONS);
  const { batchSize = 128, seed = 0, augment, mask, resume, checkpoint, onProgress, signal } = options;
  const rule = check(network, data, options);
  const read = batches('train', network, data, { batchSize, seed, augment });
  const steps = isDataset(data) ? Math.ceil(data.count / batchSize) : null;

  let { parameters, buffers, velocity } = tf.tidy(() => {
    const from = resume?.weights ?? weights;
    const start = {
      parameters: from.parameters,
      velocity: resume?.velocity ?? from.parameters.map((t) => tf.zerosLike(t)),
    };
    return { ...applyMask(start, mask ?? []), buffers: from.buffers.map((t) => tf.clone(t)) };
  });
  let { epoch, step, lossSum, examples } = resume ?? { epoch: 0, step: 0, lossSum: 0, examples: 0 };
  const losses = [...(resume?.losses ?? [])];
  const unread: { loss: Scalar; count: number }[] = [];

  const state = (): TrainState => ({
    epoch,
    step,
    weights: { parameters, buffers },
    velocity,
    lossSum,
    examples,
    losses: [...losses],
  });

  const advance = (batch: Batch, rate: number): void => {
    const { sink, next } = running(buffers);
    const result = tf.tidy(() => {
      const { x, labels } = tensors(network, batch);
      const { value, grads } = tf.valueAndGrads((...theta: Tensor[]) =>
        tf.mean(softmaxCrossEntropy(labels, network.forward(theta, buffers, x, sink))),
      )([...parameters]);
      return { loss: value as Scalar, ...sgd({ parameters, velocity }, grads, { rate, ...rule, mask }) };
    });
    tf.dispose([parameters, velocity, buffers]);
    ({ parameters, velocity } = result);
    buffers = next;
    unread.push({ loss: result.loss, count: batch.y.length });
    step++;
  };

  const flush = async (): Promise<void> => {
    if (unread.length === 0) return;
    const scalars = unread.map(({ loss }) => loss);
    const stacked = tf.stack(scalars);
    tf.dispose(scalars);
    const counts = unread.splice(0).map(({ count }) => count);
    const values = await stacked.data();
    stacked.dispose();
    const first = step - counts.length;
    counts.forEach((count, i) => {
      if (!Number.isFinite(values[i])) throw new Diverged(epoch, first + i, `the loss is ${values[i]}`);
      lossSum += values[i]! * count;
      examples += count;
    });
    onProgress?.({ epoch, step, steps, loss: lossSum / examples });
  };

  try {
    while (epoch < options.epochs) {
      const rate = typeof options.rate === 'number' ? options.rate : options.rate(epoch);
      atLeast('train', `rate of epoch ${epoch}`, rate, 0, 'Let the schedule give a step size.');
      for await (const batch of read(epoch, step)) {
        signal?.throwIfAborted();
        advance(batch, rate);
        const save = checkpoint !== undefined && step % checkpoint.every === 0;
        if (save || unread.length === READ_EVERY) await flush();
        if (save) await checkpoint.save(state());
        await eventLoop();
      }
      await flush();
      losses.push(lossSum / examples);
      epoch++;
      // The loss before a step does not tell what the last step did.
      if (epoch === options.epochs && !(await allFinite(parameters))) {
        throw new Diverged(epoch - 1, step - 1, 'a weight is not finite');
      }
      step = lossSum = examples = 0;
    }
  } catch (error) {
    tf.dispose([parameters, velocity, buffers, unread.map(({ loss }) => loss)]);
    throw error;
  }
  return state();
}

async function allFinite(list: readonly Tensor[]): Promise<boolean> {
  const sum = tf.tidy(() => tf.sum(tf.stack(list.map((t) => tf.sum(tf.mul(t, 0))))));
  const [value] = await sum.data();
  sum.dispose();
  return value === 0;
}

function check(network: Network, data: Source, options: TrainOptions): { momentum: number; weightDecay: number } {
  const { epochs, batchSize = 128, momentum = 0.9, weightDecay = 5e-4, seed = 0, mask, resume, checkpoint } = options;
  integer('train', 'epochs', epochs, 1, 'Count them from the start of the run.');
  integer('train', 'batchSize', batchSize, 1, 'Leave it out for 128.');
  if (isDataset(data) && data.count < batchSize) {
    throw invalid('train', 'batchSize', batchSize, `at most the number of examples, ${data.count}`, 'Take smaller batches or more data.'); // prettier-ignore
  }
  integer('train', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  fraction('train', 'momentum', momentum, 'Leave it out for 0.9.');
  atLeast('train', 'weightDecay', weightDecay, 0, 'Use 0 for none.');
  if (checkpoint !== undefined) {
    requireOptions<typeof checkpoint>('train', checkpoint, { every: 0, save: 0 }, 'checkpoint');
    integer('train', 'checkpoint.every', checkpoint.every, 1, 'Count steps.');
    if (typeof checkpoint.save !== 'function') throw new TypeError(complaint('train', 'checkpoint.save', checkpoint.save, 'a function', 'It gets the state.')); // prettier-ignore
  }
  if (resume && resume.epoch > epochs) {
    throw invalid('train', 'epochs', epochs, `at least the ${resume.epoch} done already`, 'Count them from the start of the run.'); // prettier-ignore
  }
  if (mask) {
    const wrong = network.parameters.findIndex(({ shape }, i) => mask[i] && mask[i].shape.join() !== shape.join());
    if (mask.length !== network.parameters.length || wrong >= 0) {
      const { name, shape } = network.parameters[Math.max(0, wrong)]!;
      throw new RangeError(
        `train: 'mask' has ${mask.length} entries${wrong < 0 ? '' : `, that of ${name} of shape [${mask[wrong]!.shape.join(', ')}]`}; must have one for each of ${network.parameters.length} parameters${wrong < 0 ? '' : `, here of shape [${shape.join(', ')}]`}. It is a mask for another network.`,
      );
    }
  }
  return { momentum, weightDecay };
}
