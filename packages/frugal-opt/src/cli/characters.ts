/** A small decoder on the characters of a text: what the command line and the demo's page share. */
import {
  type CharacterVocabulary,
  characterVocabulary,
  randomWindows,
  type WindowBatch,
} from '@assay-ml/datasets/text';
import { type Decoder, decodeSafetensors, encodeSafetensors, generate, llama, type LlamaOptions, loadWeights, saveWeights, type Weights } from '@assay-ml/networks'; // prettier-ignore
import { stream } from '@assay-ml/numerics';
import { shown } from '@assay-ml/numerics/check';

import { type PresetName, presetOf } from '../baselines/index.js';
import { frugal } from '../frugal.js';
import type { Method } from '../method.js';
import type { FrugalOptions } from '../options.js';
import type { ProjectorName } from '../projectors/index.js';

/** How a text is trained on. */
export interface TextTraining {
  readonly method: 'frugal' | PresetName;
  readonly projector?: ProjectorName;
  readonly rho?: number;
  /** Its peak. */
  readonly rate: number;
  readonly steps: number;
  /** T. */
  readonly period: number;
  /** Windows of a step. */
  readonly batch: number;
  readonly context: number;
  readonly seed: number;
}

/** A decoder with the characters that it knows. */
export interface CharacterModel {
  readonly decoder: Decoder;
  readonly weights: Weights;
  readonly vocabulary: CharacterVocabulary;
}

/** The part of the text that is trained on; losses in the end are of the rest. */
const TRAINED = 0.9;

/**
 * What is trained on, and the rest.
 * @throws Error for a text whose rest has no window
 */
export function partsOf(ids: Int32Array, context: number, name: string): { trained: Int32Array; test: Int32Array } {
  const split = Math.floor(TRAINED * ids.length);
  if (ids.length - split > context) return { trained: ids.subarray(0, split), test: ids.subarray(split) };
  throw new Error(`frugal-opt: '${name}' has ${ids.length} characters; must have more than ${10 * context} with a context of ${context}. Give a longer text, or a smaller context.`); // prettier-ignore
}

/** Windows at random places, `each` batches an epoch. */
export function batchesOf(ids: Int32Array, { context, batch, seed }: TextTraining, each: number) {
  const places = stream(seed, 'frugal-opt train');
  return function* (epoch: number): Generator<WindowBatch> {
    for (let k = 0; k < each; k++) {
      yield randomWindows(ids, { context, batchSize: batch, stream: places, step: each * epoch + k });
    }
  };
}

/** The method, its rate with a tenth of warm-up and a cosine to a tenth. */
export function methodFor({ method, projector, rho, rate, steps, period, seed }: TextTraining): Method {
  const given = { ...(projector && { projector }), ...(rho !== undefined && { rho }), period, seed };
  const falling = {
    kind: 'cosine',
    peak: rate,
    warmUp: Math.min(Math.ceil(steps / 10), steps - 1),
    total: steps,
  } as const;
  const options: FrugalOptions = { rate: falling, ...given };
  if (method !== 'frugal') return frugal(presetOf(method, options));
  // Kernels are [in, out] here: the authors' columns are rows.
  return frugal({ projector: 'rows', ...options });
}

/** The bytes of a safetensors file whose metadata has the sizes and the characters. */
export async function encodeModel({ decoder, weights, vocabulary }: CharacterModel): Promise<Uint8Array> {
  const { entries, metadata } = decodeSafetensors(await saveWeights(decoder, weights));
  const about = { config: JSON.stringify(decoder.config), characters: vocabulary.characters };
  return encodeSafetensors(entries, { ...metadata, ...about });
}

/**
 * What {@link encodeModel} gave.
 * @throws FileCorrupt for bytes that are no such file; Error for one of another kind
 */
export function decodeModel(bytes: Uint8Array): CharacterModel {
  const { config, characters } = decodeSafetensors(bytes).metadata;
  if (config === undefined || characters === undefined) {
    throw new Error(
      "frugal-opt: the file has no sizes and characters; must be one of 'frugal-opt train'. Train it first.",
    );
  }
  const decoder = llama(sizesOf(config));
  const vocabulary = characterVocabulary(characters);
  return { decoder, weights: loadWeights(decoder, bytes), vocabulary };
}

function sizesOf(config: string): LlamaOptions {
  try {
    return JSON.parse(config) as LlamaOptions;
  } catch (cause) {
    throw new Error(`frugal-opt: the file's sizes are ${shown(config)}; must be JSON, as 'frugal-opt train' writes it. Train it anew.`, { cause }); // prettier-ignore
  }
}

/** What the decoder writes after the beginning of the test's text; where its context ends, it goes on from the later half. */
export async function sampled(
  { decoder, weights, vocabulary }: CharacterModel,
  test: Int32Array,
  { context, sample, seed }: { readonly context: number; readonly sample: number; readonly seed: number },
): Promise<string> {
  const half = Math.ceil(context / 2);
  const written = [...test.subarray(0, half)];
  for (let round = 0; written.length < half + sample; round++) {
    const tokens = Math.min(context - half, half + sample - written.length);
    written.push(...(await generate(decoder, weights, written.slice(-half), { tokens, temperature: 0.8, seed: seed + round }))); // prettier-ignore
  }
  return vocabulary.decode(written);
}
