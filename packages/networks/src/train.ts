import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import {
  atLeast,
  complaint,
  fraction,
  integer,
  invalid,
  positive,
  requireKeys,
  requireOptions,
} from '@assay-ml/numerics/check';

import {
  type Augment,
  type Batch,
  batches,
  type Inputs,
  isDataset,
  losses as lossesOf,
  type Source,
  tensors,
} from './data.js';
import { Diverged } from './errors.js';
import { eventLoop } from './event-loop.js';
import { mapLeaves, tensorsIn } from './leaves.js';
import { checkNetwork, type Network, type Weights } from './network.js';
import { checkOptimiser, type Optimiser, type SgdMoments, sgdOptimiser, type TensorOptimiser } from './optimiser.js';
import { checkRate, type Rate, rateAt, type Schedule } from './schedule.js';
import { applyMask, type Mask } from './sgd.js';
import { running } from './statistics.js';

/**
 * Where a training stands: what it needs to go on, bit for bit. Release it with `tf.dispose(state)`; of an optimiser on arrays
 * `tf.dispose([state.weights, state.gradients])` is enough, and faster.
 */
export type TrainState<S = SgdMoments> = {
  /** Whole epochs done. */
  epoch: number;
  /** Batches done in the epoch that has begun: its steps, unless gradients are accumulated. */
  step: number;
  /** Steps of the optimiser since the start. */
  updates: number;
  weights: Weights;
  /** The optimiser that `optimiser` belongs to. */
  tag: string;
  /** State of the optimiser: of SGD, `velocity`, a tensor for each parameter. */
  optimiser: S;
  /** Accumulated since the last step: Σ of each batch's gradient times its labels; empty if none is. */
  gradients: Tensor[];
  /** Number of batches and of labels behind `gradients`. */
  accumulated: { batches: number; labels: number };
  /** Σ of the losses of the begun epoch's labels, and their number. */
  lossSum: number;
  examples: number;
  /** Mean training loss of each whole epoch, each batch's loss taken before its step. */
  losses: number[];
};

/** What `onProgress` is told, every few steps. */
export interface Progress {
  readonly epoch: number;
  /** Batches done in this epoch. */
  readonly step: number;
  /** Batches of an epoch; null when they come from an iterator. */
  readonly steps: number | null;
  /** Steps of the optimiser since the start. */
  readonly updates: number;
  /** Mean loss of this epoch so far. */
  readonly loss: number;
}

/** Options of `train`; `epochs` or `steps` says how long. */
export interface TrainOptions<S = SgdMoments> {
  /** Number of epochs, counted from the start also when a run is resumed. */
  readonly epochs?: number;
  /** Number of steps of the optimiser, in place of `epochs`; counted from the start also when a run is resumed. */
  readonly steps?: number;
  /** Learning rate of SGD: a number, one for each epoch, or one for each step. An optimiser of its own has its own. */
  readonly rate?: Rate | Schedule;
  /** Default SGD, with `rate`, `momentum`, `weightDecay` and `mask`; those are left out for another. */
  readonly optimiser?: Optimiser<S>;
  /** Batches whose gradients are averaged, by their labels, for one step; the last of an epoch may be fewer. Default 1. */
  readonly accumulate?: number;
  /** Largest norm of the whole gradient, ‖g‖ over all parameters: a longer one is scaled down to it. Default: any. */
  readonly clip?: number;
  /** Default 128. The last batch of an epoch is smaller if need be. Iterators bring their own batches. */
  readonly batchSize?: number;
  /** Default 0.9. */
  readonly momentum?: number;
  /** Coupled: added to the gradient, of all parameters as in PyTorch. Default 5e-4, FTS pruning's. */
  readonly weightDecay?: number;
  /** Seed of order, augmentation and dropout. Default 0. The order of an epoch depends on seed and epoch alone. */
  readonly seed?: number;
  /** Changes examples of a data set in memory as they are read; not of tokens. */
  readonly augment?: Augment;
  /**
   * Trains within a mask: weights and velocities are masked before the first step, gradients before each step and
   * weights after it. The number of weights that are not zero never grows.
   */
  readonly mask?: Mask;
  /** Goes on from here. Its tensors stay as they are. */
  readonly resume?: TrainState<S>;
  /** Called after every `every`-th batch of an epoch and awaited; the state is valid until it is done. */
  readonly checkpoint?: { readonly every: number; readonly save: (state: TrainState<S>) => void | Promise<void> };
  readonly onProgress?: (progress: Progress) => void;
  /** Looked at before each batch. */
  readonly signal?: AbortSignal;
}

const TRAIN_OPTIONS = { epochs: 0, steps: 0, rate: 0, optimiser: 0, accumulate: 0, clip: 0, batchSize: 0, momentum: 0, weightDecay: 0, seed: 0, augment: 0, mask: 0, resume: 0, checkpoint: 0, onProgress: 0, signal: 0 }; // prettier-ignore

/** Losses are read together after so many batches: on a GPU each read waits for all work before it. */
const READ_EVERY = 8;

/**
 * Trains on the mean cross-entropy of batches, in train mode: with SGD, or with another optimiser.
 *
 * Equal arguments give equal bits on one machine and backend, also when a run is stopped and resumed.
 * @param network the architecture
 * @param weights where to start; they stay as they are. Not read when a run is resumed
 * @param data examples; a data set in memory is shuffled anew each epoch
 * @returns the state in the end, of which `weights` is a part
 * @throws Diverged when a loss, or a weight in the end, is not finite
 * @throws RangeError for options or data that do not fit
 * @throws the signal's reason when it was aborted
 */
export async function train<S = SgdMoments>(
  network: Network,
  weights: Weights,
  data: Source,
  options: TrainOptions<S>,
): Promise<TrainState<S>> {
  checkNetwork('train', network);
  requireOptions<TrainOptions<S>>('train', options, TRAIN_OPTIONS);
  if (options.resume === undefined) requireKeys('train', 'weights', weights, ['parameters', 'buffers'], 'initialise() or loadWeights() makes them.'); // prettier-ignore
  const { batchSize = 128, seed = 0, augment, mask, resume, checkpoint, onProgress, signal } = options;
  const { accumulate = 1, clip, rate } = options;
  const rule = check(network, data, options);
  const read = batches('train', network, data, { batchSize, seed, augment });
  const steps = isDataset(data) ? Math.ceil(data.count / batchSize) : null;
  /** SGD's rate changes from step to step; another optimiser is what it is. */
  const optimiserAt = (eta: number) =>
    options.optimiser ?? (sgdOptimiser({ rate: eta, ...rule, mask }) as unknown as TensorOptimiser<S>);

  const start = await begin(network, weights, optimiserAt(0), options);
  const { arrays } = start;
  let { parameters, buffers, optimiser: state } = start;
  let { epoch, step, updates, lossSum, examples } = resume ?? {
    epoch: 0,
    step: 0,
    updates: 0,
    lossSum: 0,
    examples: 0,
  };
  let gradients = (resume?.gradients ?? []).map((t) => tf.clone(t));
  let accumulated = { ...(resume?.accumulated ?? { batches: 0, labels: 0 }) };
  const losses = [...(resume?.losses ?? [])];
  const unread: { loss: Scalar; count: number }[] = [];
  const { tag } = optimiserAt(0);
  const drops = stream(seed, 'dropout');

  const position = (): TrainState<S> => ({
    epoch,
    step,
    updates,
    weights: { parameters, buffers },
    tag,
    optimiser: state,
    gradients,
    accumulated: { ...accumulated },
    lossSum,
    examples,
    losses: [...losses],
  });
  const done = () => (options.steps === undefined ? epoch >= options.epochs! : updates >= options.steps);

  /** Takes up the gradient of a batch. */
  const take = (batch: Batch<Inputs>): void => {
    const { sink, next } = running(buffers);
    drops.at(epoch, step);
    const { loss, g } = tf.tidy(() => {
      const { x, labels } = tensors(network, batch);
      const { value, grads } = tf.valueAndGrads((...theta: Tensor[]) =>
        tf.mean(lossesOf(network, labels, network.forward(theta, buffers, x, sink, drops))),
      )([...parameters]);
      if (accumulate === 1) return { loss: value as Scalar, g: grads };
      const weighed = grads.map((t) => tf.mul(t, batch.y.length));
      return { loss: value as Scalar, g: gradients.length === 0 ? weighed : weighed.map((t, i) => tf.add(gradients[i]!, t)) }; // prettier-ignore
    });
    tf.dispose([gradients, buffers]);
    gradients = g;
    buffers = next;
    accumulated.batches++;
    accumulated.labels += batch.y.length;
    unread.push({ loss, count: batch.y.length });
    step++;
  };

  /** One step of the optimiser along what was accumulated. */
  const move = async (epochRate: number | null): Promise<void> => {
    const optimiser = optimiserAt(epochRate ?? rateAt(rate as Rate, updates));
    const { labels } = accumulated;
    const g = tf.tidy(() => {
      const mean = accumulate === 1 ? gradients : gradients.map((t) => tf.div(t, labels));
      return clip === undefined ? mean : clipped(mean, clip);
    });
    try {
      if (optimiser.values === 'tensors') {
        const from = { x: parameters, state };
        const to = tf.tidy(() => optimiser.step(from, g) as unknown as TensorContainer) as unknown as typeof from;
        const kept = new Set([...to.x, ...tensorsIn(to.state)]);
        const before = [...parameters, ...tensorsIn(state)];
        ({ x: parameters, state } = to);
        tf.dispose(before.filter((t) => !kept.has(t)));
      } else {
        const values = await Promise.all(g.map((t) => t.data<'float32'>()));
        const point = { x: arrays, state };
        optimiser.step(point, values, point);
        tf.dispose(parameters);
        parameters = network.parameters.map(({ shape }, i) => tf.tensor(arrays[i]!.slice(), [...shape]));
      }
    } finally {
      tf.dispose([g, gradients]);
      gradients = [];
    }
    accumulated = { batches: 0, labels: 0 };
    updates++;
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
    onProgress?.({ epoch, step, steps, updates, loss: lossSum / examples });
  };

  try {
    while (!done()) {
      // Null where the rate is that of the step, or the optimiser's own.
      const epochRate = typeof rate === 'function' ? rate(epoch) : options.optimiser ? 0 : typeof rate === 'number' ? rate : null; // prettier-ignore
      if (epochRate !== null)
        atLeast('train', `rate of epoch ${epoch}`, epochRate, 0, 'Let the schedule give a step size.');
      let whole = true;
      for await (const batch of read(epoch, step)) {
        signal?.throwIfAborted();
        take(batch);
        if (accumulated.batches === accumulate) await move(epochRate);
        const save = checkpoint !== undefined && step % checkpoint.every === 0;
        if (save || unread.length === READ_EVERY) await flush();
        if (save) await checkpoint.save(position());
        await eventLoop();
        if (done()) {
          whole = false;
          break;
        }
      }
      await flush();
      if (whole) {
        if (accumulated.batches > 0) await move(epochRate);
        losses.push(lossSum / examples);
        epoch++;
      }
      // The loss before a step does not tell what the last step did.
      if (done() && !(await allFinite(parameters))) {
        throw new Diverged(whole ? epoch - 1 : epoch, step - 1, 'a weight is not finite');
      }
      if (whole) step = lossSum = examples = 0;
    }
  } catch (error) {
    tf.dispose([parameters, tensorsIn(state), gradients, buffers, unread.map(({ loss }) => loss)]);
    throw error;
  }
  return position();
}

/** Where training starts: weights and state of its own, and, for an optimiser on arrays, the weights as such. */
async function begin<S>(
  network: Network,
  weights: Weights,
  optimiser: Optimiser<S>,
  { resume, mask, optimiser: given }: TrainOptions<S>,
): Promise<{ parameters: Tensor[]; buffers: Tensor[]; optimiser: S; arrays: Float32Array[] }> {
  const from = resume?.weights ?? weights;
  const trained = network.parameters.map(({ name, role, shape }) => ({ name, role, shape }));
  const clones = (list: readonly Tensor[]) => list.map((t) => tf.clone(t));
  if (optimiser.values !== 'tensors') {
    const arrays = await Promise.all(from.parameters.map(async (t) => (await t.data<'float32'>()).slice()));
    const state = resume
      ? (mapLeaves(resume.optimiser, (leaf) => (leaf as Float32Array).slice()) as S)
      : optimiser.init(trained, arrays);
    return { parameters: clones(from.parameters), buffers: clones(from.buffers), optimiser: state, arrays };
  }
  const start = tf.tidy(() => {
    // SGD changes nothing in place; another may.
    const own = (t: Tensor) => (given ? tf.mul(t, 1) : tf.clone(t));
    const x = from.parameters.map(own);
    const state = resume
      ? (mapLeaves(resume.optimiser, (leaf) => own(leaf as Tensor)) as S)
      : optimiser.init(trained, x);
    if (!mask) return { parameters: x, state } as unknown as TensorContainer;
    const { parameters, velocity } = applyMask({ parameters: x, velocity: (state as SgdMoments).velocity }, mask);
    return { parameters, state: { velocity } };
  }) as unknown as { parameters: Tensor[]; state: S };
  return { parameters: start.parameters, buffers: clones(from.buffers), optimiser: start.state, arrays: [] };
}

/** The gradient, scaled down to a norm where it is longer. */
function clipped(g: readonly Tensor[], norm: number): Tensor[] {
  const length = tf.sqrt(tf.addN(g.map((t) => tf.sum(tf.square(t)))));
  const factor = tf.minimum(1, tf.div(norm, length));
  return g.map((t) => tf.mul(t, factor));
}

async function allFinite(list: readonly Tensor[]): Promise<boolean> {
  const sum = tf.tidy(() => tf.sum(tf.stack(list.map((t) => tf.sum(tf.mul(t, 0))))));
  const [value] = await sum.data();
  sum.dispose();
  return value === 0;
}

function check<S>(network: Network, data: Source, options: TrainOptions<S>): { momentum: number; weightDecay: number } {
  const { epochs, steps, batchSize = 128, momentum = 0.9, weightDecay = 5e-4, seed = 0, mask, resume, checkpoint } = options; // prettier-ignore
  const { rate, optimiser, accumulate = 1, clip, augment } = options;
  if (epochs === undefined && steps !== undefined) {
    integer('train', 'steps', steps, 1, 'Count them from the start of the run.');
  } else integer('train', 'epochs', epochs as number, 1, 'Count them from the start of the run.');
  if (epochs !== undefined && steps !== undefined) throw invalid('train', 'steps', steps, 'left out beside epochs', 'Either says how long.'); // prettier-ignore
  integer('train', 'batchSize', batchSize, 1, 'Leave it out for 128.');
  if (isDataset(data) && data.count < batchSize) {
    throw invalid('train', 'batchSize', batchSize, `at most the number of examples, ${data.count}`, 'Take smaller batches or more data.'); // prettier-ignore
  }
  integer('train', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  if (optimiser === undefined) {
    if (typeof rate !== 'function' && typeof rate !== 'number') checkRate('train', rate as Rate);
  } else {
    checkOptimiser('train', optimiser);
    for (const name of ['rate', 'momentum', 'weightDecay', 'mask'] as const) {
      if (options[name] !== undefined) throw invalid('train', name, options[name], "left out beside 'optimiser'", 'It is of SGD: the optimiser has its own.'); // prettier-ignore
    }
  }
  fraction('train', 'momentum', momentum, 'Leave it out for 0.9.');
  atLeast('train', 'weightDecay', weightDecay, 0, 'Use 0 for none.');
  integer('train', 'accumulate', accumulate, 1, 'Leave it out for a step at each batch.');
  if (clip !== undefined) positive('train', 'clip', clip, 'Leave it out for none.');
  if (augment !== undefined && network.tokens) throw invalid('train', 'augment', augment, 'left out for tokens', 'Change them where batches are made.'); // prettier-ignore
  if (checkpoint !== undefined) {
    requireOptions<typeof checkpoint>('train', checkpoint, { every: 0, save: 0 }, 'checkpoint');
    integer('train', 'checkpoint.every', checkpoint.every, 1, 'Count steps.');
    if (typeof checkpoint.save !== 'function') throw new TypeError(complaint('train', 'checkpoint.save', checkpoint.save, 'a function', 'It gets the state.')); // prettier-ignore
  }
  if (resume) checkResume(options, resume);
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

function checkResume<S>({ epochs, steps, optimiser, accumulate = 1 }: TrainOptions<S>, resume: TrainState<S>): void {
  const tag = optimiser?.tag ?? 'sgd';
  if (resume.tag !== tag) {
    throw invalid('train', 'resume.tag', resume.tag, `that of the optimiser, '${tag.slice(0, 60)}'`, 'Go on with the optimiser that the state was made with.'); // prettier-ignore
  }
  if (epochs !== undefined && resume.epoch > epochs) {
    throw invalid('train', 'epochs', epochs, `at least the ${resume.epoch} done already`, 'Count them from the start of the run.'); // prettier-ignore
  }
  if (steps !== undefined && resume.updates > steps) {
    throw invalid('train', 'steps', steps, `at least the ${resume.updates} done already`, 'Count them from the start of the run.'); // prettier-ignore
  }
  if (resume.accumulated.batches >= accumulate) {
    throw invalid('train', 'accumulate', accumulate, `above the ${resume.accumulated.batches} batches accumulated already`, 'Go on with the number that the state was made with.'); // prettier-ignore
  }
}
