/** A training of the page, told step by step: the worker runs it, and so does a test in Node. */
import { characterVocabulary, windows } from '@assay-ml/datasets/text';
import { evaluate, initialise, llama, train, type TrainState } from '@assay-ml/networks';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { batchesOf, type CharacterModel, decodeModel, encodeModel, methodFor, partsOf, sampled, type TextTraining } from '../src/cli/characters.js'; // prettier-ignore
import { plan, report, type State } from '../src/index.js';

/** What the page asks for. */
export interface Settings extends Omit<TextTraining, 'context'> {
  readonly text: string;
  readonly backend: BackendName;
  /** A file of `frugal-opt train`, or of this page, to go on from; null trains anew. */
  readonly model: Uint8Array | null;
}

/** What it is told. */
export type Told =
  | { readonly kind: 'begun'; readonly backend: string; readonly weights: number }
  | {
      readonly kind: 'step';
      readonly step: number;
      /** Mean of the last ten steps. */
      readonly loss: number;
      /** Bytes of state and directions, and what AdamW keeps. */
      readonly memory: { readonly own: number; readonly adamw: number };
      readonly sample: string;
    }
  | { readonly kind: 'done'; readonly loss: number; readonly file: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string };

/** Of a decoder that is trained anew. */
const SIZES = { width: 48, hidden: 128, layers: 2, heads: 4, context: 32 };
/** Steps between what is told. */
const EVERY = 10;
const SAMPLE = 120;

/**
 * Trains, or fine-tunes, a decoder on the characters of a text.
 * @param wasmPaths where a page's `.wasm` files are, by name
 * @throws for a text that is too short, a character that the model does not know, or options out of range
 */
export async function session(
  settings: Settings,
  tell: (told: Told) => void,
  wasmPaths?: Readonly<Record<string, string>>,
): Promise<void> {
  const { text, steps, seed } = settings;
  const { why } = await useBackend(settings.backend, wasmPaths ? { wasmPaths } : {});
  const { decoder, weights, vocabulary } = settings.model === null ? fresh(text, seed) : decodeModel(settings.model);
  const { context } = decoder.config;
  const { trained, test } = partsOf(vocabulary.encode(text), context, 'the text');
  const adamw = plan(decoder.parameters, { method: 'adamw' }).state;
  tell({ kind: 'begun', backend: why, weights: adamw / 8 });
  let state: TrainState<State> | null = null;
  try {
    state = await train<State>(decoder, weights, batchesOf(trained, { ...settings, context }, EVERY), {
      steps,
      optimiser: methodFor({ ...settings, context }),
      checkpoint: {
        every: EVERY,
        async save(now) {
          const own = report(now.optimiser).reduce((sum, r) => sum + r.stateBytes + r.projectorBytes, 0);
          const sample = await sampled({ decoder, weights: now.weights, vocabulary }, test, { context, seed, sample: SAMPLE }); // prettier-ignore
          tell({ kind: 'step', step: now.updates, loss: now.lossSum / now.examples, memory: { own, adamw }, sample });
        },
      },
    });
    const { loss } = await evaluate(decoder, state.weights, () => windows(test, { context }));
    tell({ kind: 'done', loss, file: await encodeModel({ decoder, weights: state.weights, vocabulary }) });
  } finally {
    tf.dispose([weights as never, ...(state ? [state.weights as never, state.gradients] : [])]);
  }
}

function fresh(text: string, seed: number): CharacterModel {
  const vocabulary = characterVocabulary(text);
  const decoder = llama({ vocabulary: vocabulary.size, ...SIZES });
  return { decoder, weights: initialise(decoder, { seed }), vocabulary };
}
