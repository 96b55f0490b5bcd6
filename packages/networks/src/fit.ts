import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import { stream, type Stream } from '@assay-ml/numerics';
import { complaint, integer, invalid, requireOptions } from '@assay-ml/numerics/check';

import { Diverged } from './errors.js';
import { eventLoop } from './event-loop.js';
import { mapLeaves, tensorsIn } from './leaves.js';
import { checkOptimiser, type Optimiser } from './optimiser.js';

/** Where a fit stands: what it needs to go on, bit for bit. Release it with `tf.dispose(state)`. */
export type FitState<S> = {
  /** Whole epochs done. */
  epoch: number;
  /** Steps done in the epoch that has begun. */
  step: number;
  parameters: Tensor[];
  /** The optimiser that `optimiser` belongs to. */
  tag: string;
  optimiser: S;
  /** Σ of the losses of the begun epoch's examples. */
  lossSum: number;
  /** Mean loss of each whole epoch, each batch's loss taken before its step. */
  losses: number[];
};

/** Options of {@link fit}. */
export interface FitOptions<S> {
  /** Number of examples. */
  readonly count: number;
  /** Counted from the start also when a run is resumed. */
  readonly epochs: number;
  readonly optimiser: Optimiser<S>;
  /** Default 128. The last batch of an epoch is smaller if need be. */
  readonly batchSize?: number;
  /** Seed of order and noise. Default 0. The order of an epoch is that of `train`: it depends on seed and epoch alone. */
  readonly seed?: number;
  /** Goes on from here. Its tensors stay as they are. */
  readonly resume?: FitState<S>;
  /** Called after every `every`-th step of an epoch and awaited; the state is valid until it is done. */
  readonly checkpoint?: { readonly every: number; readonly save: (state: FitState<S>) => void | Promise<void> };
  /** Looked at before each step. */
  readonly signal?: AbortSignal;
}

/**
 * The mean loss of some examples.
 * @param parameters to be differentiated by
 * @param indices of the examples, 0 … count − 1
 * @param key for noise: of this step alone
 */
export type BatchLoss = (parameters: readonly Tensor[], indices: Uint32Array, key: Stream) => Scalar;

const FIT_OPTIONS = { count: 0, epochs: 0, optimiser: 0, batchSize: 0, seed: 0, resume: 0, checkpoint: 0, signal: 0 };

/**
 * Trains any parameters on any loss of batches: what `train`, which knows networks and cross-entropy, is not for.
 *
 * Equal arguments give equal bits on one machine and backend, also when a run is stopped and resumed.
 * @param parameters where to start; they stay as they are. Not read when a run is resumed
 * @throws Diverged when a loss is not finite
 * @throws RangeError for an option out of range
 * @throws the signal's reason when it was aborted
 */
export async function fit<S>(
  parameters: readonly Tensor[],
  loss: BatchLoss,
  options: FitOptions<S>,
): Promise<FitState<S>> {
  requireOptions<FitOptions<S>>('fit', options, FIT_OPTIONS);
  const { count, epochs, optimiser, batchSize = 128, seed = 0, resume, checkpoint, signal } = options;
  if (typeof loss !== 'function') throw new TypeError(complaint('fit', 'loss', loss, 'a function of parameters, indices and a stream', 'It gives the mean loss of a batch.')); // prettier-ignore
  integer('fit', 'count', count, 1, 'Count the examples.');
  integer('fit', 'epochs', epochs, 1, 'Count them from the start of the run.');
  integer('fit', 'batchSize', batchSize, 1, 'Leave it out for 128.');
  integer('fit', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  checkOptimiser('fit', optimiser);
  if (checkpoint) integer('fit', 'checkpoint.every', checkpoint.every, 1, 'Count steps.');
  if (resume && resume.tag !== optimiser.tag) throw invalid('fit', 'resume.tag', resume.tag, `that of the optimiser, '${optimiser.tag.slice(0, 60)}'`, 'Go on with the optimiser that the state was made with.'); // prettier-ignore

  const trained = (resume?.parameters ?? parameters).map(({ shape }, i) => ({ name: String(i), role: 'kernel', shape }) as const); // prettier-ignore
  const own = (t: Tensor) => tf.tidy(() => tf.mul(t, 1));
  let x = (resume?.parameters ?? parameters).map(own);
  const arrays: Float32Array[] = [];
  if (optimiser.values !== 'tensors') for (const t of x) arrays.push((await t.data<'float32'>()).slice());
  const copy = (leaf: Tensor | ArrayBufferView) =>
    leaf instanceof tf.Tensor ? own(leaf) : (leaf as Float32Array).slice();
  let state: S = resume ? (mapLeaves(resume.optimiser, copy) as S) : optimiser.values === 'tensors' ? optimiser.init(trained, x) : optimiser.init(trained, arrays); // prettier-ignore
  let { epoch, step, lossSum } = resume ?? { epoch: 0, step: 0, lossSum: 0 };
  const losses = [...(resume?.losses ?? [])];
  const position = (): FitState<S> => ({ epoch, step, parameters: x, tag: optimiser.tag, optimiser: state, lossSum, losses: [...losses] }); // prettier-ignore
  const noise = stream(seed, 'fit', 'noise');
  const steps = Math.ceil(count / batchSize);

  try {
    for (; epoch < epochs; epoch++) {
      const order = stream(seed, 'shuffle').at(epoch).permutation(new Uint32Array(count));
      for (; step < steps;) {
        signal?.throwIfAborted();
        const indices = order.slice(step * batchSize, Math.min(count, (step + 1) * batchSize));
        const { value, grads } = tf.tidy(() => tf.valueAndGrads((...theta: Tensor[]) => loss(theta, indices, noise.at(epoch, step)))(x)); // prettier-ignore
        try {
          const [mean] = await value.data();
          if (!Number.isFinite(mean)) throw new Diverged(epoch, step, `the loss is ${mean}`, 'fit');
          lossSum += mean! * indices.length;
          if (optimiser.values === 'tensors') {
            const before = [...x, ...tensorsIn(state)];
            const next = tf.tidy(() => optimiser.step({ x, state }, grads) as unknown as TensorContainer) as unknown as { x: Tensor[]; state: S }; // prettier-ignore
            const kept = new Set([...next.x, ...tensorsIn(next.state)]);
            [x, state] = [next.x, next.state];
            tf.dispose(before.filter((t) => !kept.has(t)));
          } else {
            const g = await Promise.all(grads.map((t) => t.data<'float32'>()));
            const point = { x: arrays, state };
            optimiser.step(point, g, point);
            tf.dispose(x);
            x = arrays.map((values, i) => tf.tensor(values.slice(), [...trained[i]!.shape]));
          }
        } finally {
          tf.dispose([value, ...grads]);
        }
        step++;
        if (checkpoint && step % checkpoint.every === 0) await checkpoint.save(position());
        await eventLoop();
      }
      losses.push(lossSum / count);
      step = lossSum = 0;
    }
  } catch (error) {
    tf.dispose([x, tensorsIn(state)]);
    throw error;
  }
  return position();
}
