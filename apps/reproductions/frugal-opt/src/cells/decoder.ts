/**
 * One method trained on Tiny Shakespeare, character by character: a small decoder as LLaMA. All methods of a seed see the same
 * weights and mini-batches; the text is one.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { characterVocabulary, randomWindows, tinyShakespeare, type WindowBatch, windows } from '@assay-ml/datasets';
import { type Decoder, initialise, llama } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { type BackendName, crossEntropy, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { type Task, type TrainConfig, trained, type Training } from './training.js';

export const SIZES = { width: 48, hidden: 128, layers: 2, heads: 4, context: 32 } as const;
/** The last tenth of the text is the test's. */
const TRAINED = 0.9;
/** Characters of it that losses are measured on, from its beginning. */
const TESTED = 8192;

export async function run(
  { batch, ...config }: TrainConfig,
  seed: number,
  context: CellContext,
): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const play = await tinyShakespeare();
  const vocabulary = characterVocabulary(play);
  const { text, test } = partsOf(vocabulary.encode(play));
  return trained(await taskOf(vocabulary.size, text, test, batch, seed), config as Training, seed, context);
}

/** What is trained on, and what losses are measured on. */
export function partsOf(ids: Int32Array): { readonly text: Int32Array; readonly test: Int32Array } {
  const split = Math.floor(TRAINED * ids.length);
  return { text: ids.subarray(0, split), test: ids.subarray(split, split + TESTED + 1) };
}

/** A decoder on a text: mini-batches of windows at random places of one part, the loss on all of another. */
export async function taskOf(
  vocabulary: number,
  text: Int32Array,
  test: Int32Array,
  batchSize: number,
  seed: number,
): Promise<Task> {
  const network = llama({ vocabulary, ...SIZES });
  const weights = initialise(network, { seed });
  const start = await Promise.all(weights.parameters.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(weights);
  const { context } = SIZES;
  const tested = [...windows(test, { context, batchSize: 256 })];
  const places = stream(seed, 'batches');
  let step = 0;
  return {
    parameters: network.parameters,
    layout: 'in-out',
    start: start.map((values) => values.slice()),
    gradient(x) {
      const batch = randomWindows(text, { context, batchSize, stream: places, step: step++ });
      const gradients = tf.tidy(() => tf.grads((...theta) => meanLoss(network, theta, batch))(tensorsOf(network, x)));
      const values = gradients.map((tensor) => tensor.dataSync<'float32'>());
      tf.dispose(gradients);
      return values;
    },
    loss: (x) =>
      tf.tidy(() => {
        const theta = tensorsOf(network, x);
        const sum = tested.reduce((total, batch) => total + batch.y.length * meanLoss(network, theta, batch).dataSync()[0]!, 0); // prettier-ignore
        return sum / tested.reduce((total, { y }) => total + y.length, 0);
      }),
  };
}

const tensorsOf = ({ parameters }: Decoder, x: Parameters<Task['loss']>[0]) => x.map((values, i) => tf.tensor(values as Float32Array, [...parameters[i]!.shape])); // prettier-ignore

function meanLoss(network: Decoder, theta: readonly tf.Tensor[], { x, y, count, context }: WindowBatch): tf.Scalar {
  const logits = network.forward(theta, [], tf.tensor2d(x, [count, context], 'int32'));
  return tf.mean(crossEntropy(tf.tensor2d(y, [count, context], 'int32'), logits));
}
