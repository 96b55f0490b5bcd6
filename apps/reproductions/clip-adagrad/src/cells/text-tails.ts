/** How heavy-tailed the mini-batches' gradients of a task are, at checkpoints of a training by Adam. */
import type { CellContext, Json } from '@assay-ml/claims';
import { compose, tails } from '@assay-ml/clip-adagrad';
import { stream } from '@assay-ml/numerics';
import { useBackend, type BackendName } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { gradient, training } from './classifier.js';
import { instance, type Sizes, type Task } from './sentences.js';

export type TextTailsConfig = Sizes & {
  readonly task: Task;
  readonly batch: number;
  readonly gamma: number;
  /** Mini-batches at each checkpoint. */
  readonly draws: number;
};

/** Checkpoints, as parts of the training. */
const PARTS = [0, 1 / 3, 2 / 3, 1] as const;

export async function run(config: TextTailsConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { task, batch, gamma, draws, train } = config;
  const own = instance(task, config, seed);
  const steps = Math.floor(train / batch);
  const method = compose({ kind: 'adam', scale: 'coordinate', gamma, eps: 1e-6 });
  const key = stream(seed, 'clip-adagrad', 'text', 'tails');
  const checkpoints = PARTS.map((part) => Math.round(part * steps));
  const found: Json[] = [];
  await training(own, { method, batch, seed, signal: context.signal }, checkpoints, async (step, weights) => {
    const centre = tf.tidy(() => gradient(own, weights, Array.from(own.train.labels.keys())));
    const norms: tf.Tensor[] = [];
    for (let k = 0; k < draws; k++) {
      const rows = key.at(step, k).choice(train, new Uint32Array(batch));
      norms.push(
        tf.tidy(() => {
          const squares = gradient(own, weights, rows).map((g, i) => tf.sum(tf.squaredDifference(g, centre[i]!)));
          return tf.sqrt(tf.addN(squares));
        }),
      );
    }
    const all = tf.stack(norms);
    found.push({ step, ...tails(await all.data()) });
    tf.dispose([centre, norms, all]);
  });
  return { checkpoints: found };
}
