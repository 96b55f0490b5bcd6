/**
 * A small decoder trained on novels and the Bible, character by character, and fine-tuned on Tiny Shakespeare, embeddings frozen. Every
 * method from the same weights and on the same mini-batches of a seed.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { characterVocabulary, gutenberg, tinyShakespeare } from '@assay-ml/datasets';
import { adamw, type Method, type State } from '@assay-ml/frugal-opt';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import { partsOf, SIZES, taskOf } from './decoder.js';
import { bytesOf, FINE_NAMES, type FineName, fineTunedOf, fineTuner } from './fine-tuning.js';
import type { Task } from './training.js';

export type CharactersConfig = {
  /** Columns with state, and LoRA's rank. */
  readonly rank: number;
  /** Peak of each method's rate. */
  readonly rates: Readonly<Record<FineName, number>>;
  /** Steps on the books, by AdamW at 3e-3. */
  readonly pretraining: number;
  readonly steps: number;
  readonly batch: number;
};

export async function run(config: CharactersConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  await useBackend(context.backend.name as BackendName);
  const { rank, rates, pretraining, steps, batch } = config;
  // Plays of his are among them.
  const books = Object.entries(await gutenberg()).flatMap(([name, text]) => (name.startsWith('shakespeare-') ? [] : text)).join('\n'); // prettier-ignore
  const play = await tinyShakespeare();
  const vocabulary = characterVocabulary(books + play);
  const taskOn = (text: string) => {
    const parts = partsOf(vocabulary.encode(text));
    return () => taskOf(vocabulary.size, parts.text, parts.test, batch, seed);
  };
  const first = await taskOn(books)();
  const rate = { kind: 'cosine', peak: 3e-3, warmUp: Math.ceil(pretraining / 10), total: pretraining } as const;
  stepped(first, first.start, adamw({ rate }), pretraining, context.signal);
  const next = taskOn(play);
  const methods = fineTunedOf({ rank, width: SIZES.width, steps });
  const found: Record<string, Json> = {};
  for (const name of FINE_NAMES) {
    const task = await next();
    const x = first.start.map((values) => values.slice());
    const state = stepped(task, x, fineTuner(methods[name], rates[name], steps, seed), steps, context.signal);
    const loss = task.loss(x);
    found[name] = { loss, stateBytes: bytesOf(state) };
    context.trace?.({ method: name, loss });
  }
  return { ...found, before: (await next()).loss(first.start) };
}

/** Moves x by the steps of a method. */
function stepped(task: Task, x: Float32Array[], method: Method, steps: number, signal: AbortSignal): State {
  const point = { x, state: method.init(task.parameters, x) };
  for (let k = 0; k < steps; k++) {
    signal.throwIfAborted();
    method.step(point, task.gradient(x), point);
  }
  return point.state;
}
