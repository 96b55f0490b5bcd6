/** The mask of each method of a table, and the warm-ups before it. */
import { fromNetwork, prune, type Criterion, type Mask, type ScoreOptions } from '@assay-ml/fts-prune';
import {
  train,
  updateStatistics,
  type Network,
  type Schedule,
  type TrainOptions,
  type TrainState,
  type Weights,
} from '@assay-ml/networks';
import type { Examples } from '@assay-ml/datasets';
import * as tf from '@tensorflow/tfjs-core';
import type { Method, WarmUp } from '../methods.js';
import type { Task } from './instance.js';

/** Examples that Hutchinson's criteria see: ten probes for each cost twenty times a gradient (ten a class in the paper's second version). */
const HUTCHINSON = 100;

/** What criteria are scored on: flat inputs, and labels. */
export type Scoring = { readonly x: Float32Array; readonly y: Uint8Array };

/** The first examples, at most so many. */
export const first = ({ x, y }: Scoring, count: number): Scoring => ({
  x: x.subarray(0, (x.length / y.length) * count),
  y: y.subarray(0, count),
});

/** What Hutchinson's criteria see of it. */
export const few = (data: Scoring): Scoring => first(data, HUTCHINSON);

/** A method as the library has it: criterion, options, and the examples it sees. */
function library(data: Scoring, method: Method, seed: number): [Criterion, ScoreOptions, Scoring] {
  switch (method) {
    case 'grasp-original':
      return ['grasp', { seed, graspKeep: 'smallest-minus-thetaHg' }, data];
    case 'fts-taylor':
      return ['fts', { seed, sign: 'taylor' }, data];
    case 'hd':
    case 'hp':
    case 'hts':
      return [method, { seed }, few(data)];
    default:
      return [method, { seed }, data];
  }
}

/** The mask of any method, SynFlow with its hundred rounds. */
export async function maskFor(
  network: Network,
  weights: Weights,
  data: Scoring,
  method: Method,
  seed: number,
  { sparsity, minPerLayer = 0 }: { sparsity: number; minPerLayer?: number },
): Promise<Mask> {
  const [criterion, options, seen] = library(data, method, seed);
  const model = fromNetwork(network, weights);
  return (await prune(model, seen, { ...options, criterion, sparsity, minPerLayer, apply: false })).mask;
}

/** How networks are trained: by a rate for each epoch. */
type Training = TrainOptions & { readonly rate: number | Schedule };

/** The last first epoch of each seed, kept in the worker: many cells of a table differ only in what comes after it. */
const firstEpochs = new Map<number, { key: string; state: TrainState }>();

async function firstEpoch(
  task: Task,
  network: Network,
  weights: Weights,
  data: Examples,
  options: Training,
): Promise<TrainState> {
  const { rate, batchSize, seed = 0, augment } = options;
  const first = typeof rate === 'number' ? rate : rate(0);
  const key = JSON.stringify([task.network, task.data, task.train, first, batchSize, !augment, tf.getBackend()]);
  const known = firstEpochs.get(seed);
  if (known?.key === key) return known.state;
  const state = await train(network, weights, data, { ...options, epochs: 1 });
  if (known) tf.dispose(known.state as unknown as tf.TensorContainer);
  firstEpochs.set(seed, { key, state });
  return state;
}

const copies = <T extends tf.Tensor>(tensors: readonly T[]) => tensors.map((tensor) => tf.clone(tensor));

/** Weights after the warm-up; after an epoch also where the training stands. The caller disposes of them. */
export async function warmedUp(
  task: Task,
  network: Network,
  weights: Weights,
  data: Examples,
  kind: WarmUp,
  options: Training,
): Promise<{ weights: Weights; state?: TrainState }> {
  switch (kind) {
    case 'none':
      return { weights };
    case 'bn-stats':
      return { weights: await updateStatistics(network, weights, data, { seed: options.seed ?? 0 }) };
    case 'epoch': {
      const state = await firstEpoch(task, network, weights, data, options);
      const own = { parameters: copies(state.weights.parameters), buffers: copies(state.weights.buffers) };
      return {
        weights: own,
        state: { ...state, weights: own, optimiser: { velocity: copies(state.optimiser.velocity) } },
      };
    }
  }
}
