/**
 * The first three layers of MiniLM fine-tuned, embeddings frozen: is a sentence of the Brown corpus as it was written? Every
 * method on the same sentences, weights and mini-batches of a seed.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { allMiniLM, brown, disturbedSentences, readTokenizer } from '@assay-ml/datasets';
import { evaluate, freeze, loadHuggingFace, train } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { bytesOf, FINE_NAMES, type FineName, fineTunedOf, fineTuner } from './fine-tuning.js';

export type EncoderConfig = {
  /** Columns with state, and LoRA's rank. */
  readonly rank: number;
  /** Peak of each method's rate. */
  readonly rates: Readonly<Record<FineName, number>>;
  readonly steps: number;
  readonly batch: number;
  /** Sentences that losses are of; none of them is trained on. */
  readonly validation: number;
};

const LAYERS = 3;
/** Tokens of a sentence with `[CLS]` and `[SEP]`; what is longer is cut. */
const LENGTH = 20;

export async function run(config: EncoderConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { rank, rates, steps, batch, validation } = config;
  const trained = steps * batch;
  const { texts, labels } = disturbedSentences(await brown({ tags: true }), { count: trained + validation, stream: stream(seed, 'accept') }); // prettier-ignore
  const { weights: file, tokenizer, config: sizes } = await allMiniLM();
  const { ids } = (await readTokenizer(tokenizer)).batch(texts, { truncate: true, longest: LENGTH, length: LENGTH });
  const loaded = loadHuggingFace(file, sizes, { layers: LAYERS, omit: ['pooler.'], classes: 2, seed });
  const { network, weights } = freeze(loaded.network, loaded.weights, ({ role }) => role === 'embedding');
  const part = (from: number, count: number) => ({
    x: ids.subarray(from * LENGTH, (from + count) * LENGTH),
    y: labels.subarray(from, from + count),
    shape: [LENGTH],
    count,
  });
  const { width } = loaded.network.config;
  const methods = fineTunedOf({ rank, width, steps });
  const found: Record<string, Json> = {};
  try {
    for (const name of FINE_NAMES) {
      const optimiser = fineTuner(methods[name], rates[name], steps, seed);
      const state = await train(network, weights, part(0, trained), { steps, batchSize: batch, optimiser, seed, signal: context.signal }); // prettier-ignore
      const { loss, accuracy } = await evaluate(network, state.weights, part(trained, validation), { batchSize: 64 });
      tf.dispose([state.weights as never, state.gradients]);
      found[name] = { loss, accuracy, stateBytes: bytesOf(state.optimiser) };
      context.trace?.({ method: name, loss, accuracy });
    }
  } finally {
    tf.dispose(loaded.weights as never);
  }
  return found;
}
