/** One training: prune before it (or after its first epoch), train what is kept, and measure on the test examples. */
import type { CellContext, Json } from '@assay-ml/claims';
import { cropFlip } from '@assay-ml/datasets';
import { densities, fromNetwork, maskTensors, shuffleMask, totals } from '@assay-ml/fts-prune';
import { evaluate, stepSchedule, train } from '@assay-ml/networks';
import { useBackend, type BackendName } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { instance, type Task } from './instance.js';
import type { Method, WarmUp } from '../methods.js';
import { maskFor, warmedUp } from './mask.js';

export type TrainingConfig = Task & {
  readonly method: Method | 'dense';
  /** Fraction of the prunable weights that is removed; 0 for `dense`. */
  readonly sparsity: number;
  readonly warmUp: WarmUp;
  /** `floor`: each layer keeps at least {@link FLOOR} weights. `shuffled`: the mask's densities, at random places. */
  readonly variant: 'as published' | 'floor' | 'shuffled';
  readonly epochs: number;
  /** Learning rate of the first epoch. */
  readonly rate: number;
  /** Epochs at which the rate falls to a fifth, as in the paper. */
  readonly drops: readonly number[];
  readonly batch: number;
  /** Crop with a padding of 4 and flip. */
  readonly augment: boolean;
};

/** Enough for a signal to pass, and under a tenth of what is kept of the small nets at 0.98. */
export const FLOOR = 32;

export async function run(config: TrainingConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  const { backend, signal, trace } = context;
  await useBackend(backend.name as BackendName);
  const { method, sparsity, warmUp, variant, epochs, drops, batch } = config;
  const { train: data, test, network, weights, scoring } = await instance(config, seed);
  const options = {
    epochs,
    rate: stepSchedule(config.rate, { at: drops }),
    batchSize: batch,
    seed,
    signal,
    ...(config.augment ? { augment: cropFlip() } : {}),
  };
  const start = await warmedUp(config, network, weights, data, warmUp, options);
  const minPerLayer = variant === 'floor' ? FLOOR : 0;
  const chosen =
    method === 'dense' ? null : await maskFor(network, start.weights, scoring, method, seed, { sparsity, minPerLayer });
  const mask = chosen && variant === 'shuffled' ? shuffleMask(chosen, { seed }) : chosen;
  const tensors = mask && maskTensors(fromNetwork(network, start.weights), mask);
  const state = await train(network, start.weights, data, {
    ...options,
    ...(tensors ? { mask: tensors } : {}),
    ...(start.state ? { resume: start.state } : {}),
    onProgress: ({ epoch, step, loss }) => trace?.({ epoch, step, loss }),
  });
  const { accuracy, loss } = await evaluate(network, state.weights, test);
  tf.dispose([weights, start, tensors, state] as unknown as tf.TensorContainer); // a worker runs many cells
  return {
    data: data.title ?? config.data,
    accuracy,
    loss,
    losses: state.losses,
    chance: 1 / data.classes,
    ...(mask
      ? {
          kept: totals(mask).kept,
          emptied: densities(mask).filter(({ kept }) => kept === 0).length,
          densities: densities(mask).map(({ density }) => density),
        }
      : {}),
  };
}
