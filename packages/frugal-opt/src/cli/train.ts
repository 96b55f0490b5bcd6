/** `frugal-opt train`: a small decoder on a text, character by character, in a file that holds all that is needed to go on. */
import { readFile, rm, stat } from 'node:fs/promises';
import { type CharacterVocabulary, characterVocabulary, randomWindows, windows } from '@assay-ml/datasets';
import { type Decoder, decodeSafetensors, encodeSafetensors, evaluate, generate, initialise, llama, loadState, readSafetensorsHeader, saveState, saveWeights, train, type Weights } from '@assay-ml/networks'; // prettier-ignore
import { stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';
import writeFileAtomic from 'write-file-atomic';

import { type PresetName, presetOf } from '../baselines/index.js';
import { frugal } from '../frugal.js';
import type { Method, State } from '../method.js';
import type { FrugalOptions } from '../options.js';
import type { ProjectorName } from '../projectors/index.js';
import type { Io } from './io.js';

/** Flags of `train`; sizes are the network's. */
export interface TrainFlags {
  readonly out: string;
  readonly method: 'frugal' | PresetName;
  readonly projector?: ProjectorName;
  readonly rho?: number;
  readonly rate: number;
  readonly steps: number;
  readonly period: number;
  readonly batch: number;
  readonly context: number;
  readonly width: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly seed: number;
  readonly backend: BackendName;
  readonly sample: number;
  readonly overwrite?: boolean;
}

/** The part of the text that is trained on; losses in the end are of the rest. */
const TRAINED = 0.9;
/** Characters that the loss in the end is measured on, at most. */
const TESTED = 16_384;
/** Steps that a loss on the way is the mean of; after them the state is written. */
const EPOCH = 200;

/**
 * Trains a decoder as LLaMA on the characters of a text and writes it; on the way its state lies beside it, as `<out>.training`, and
 * the same command goes on from there, bit for bit.
 * @throws Error for a path that exists, a text that is too short, a state of another training
 */
export async function trainCommand(file: string, flags: TrainFlags, io: Io): Promise<void> {
  const { out, steps, batch: batchSize, context, seed } = flags;
  const unfinished = `${out}.training`;
  if (flags.overwrite !== true && (await exists(out))) {
    throw new Error(
      `frugal-opt: '--out' is '${out}', which exists; must be a new path. Say --overwrite to train anew.`,
    );
  }
  const text = await readFile(file, 'utf8');
  if (text === '') throw new Error(`frugal-opt: '${file}' is empty; must be a text. Some 100,000 characters teach a little.`); // prettier-ignore
  const vocabulary = characterVocabulary(text);
  const ids = vocabulary.encode(text);
  const split = Math.floor(TRAINED * ids.length);
  if (ids.length - split <= context) {
    throw new Error(`frugal-opt: '${file}' has ${ids.length} characters; must have more than ${10 * context} with a context of ${context}. Give a longer text, or a smaller --context.`); // prettier-ignore
  }
  const { why } = await useBackend(flags.backend);
  const { width, hidden, layers, heads } = flags;
  const decoder = llama({ vocabulary: vocabulary.size, width, hidden, layers, heads, context });
  const optimiser = methodFor(flags);
  // What must be the same when a training goes on.
  const run = JSON.stringify({ method: optimiser.tag, rate: flags.rate, period: flags.period, steps, batchSize, context, width, hidden, layers, heads, seed, characters: vocabulary.characters, length: ids.length }); // prettier-ignore
  const resume = await stateIn(unfinished, decoder, run);
  if (resume) io.stderr.write(`goes on from step ${resume.updates}\n`);

  const places = stream(seed, 'frugal-opt train');
  const trained = ids.subarray(0, split);
  function* batches(epoch: number) {
    for (let k = 0; k < EPOCH; k++) {
      yield randomWindows(trained, { context, batchSize, stream: places, step: EPOCH * epoch + k });
    }
  }
  const state = await train<State>(decoder, resume?.weights ?? initialise(decoder, { seed }), batches, {
    steps,
    optimiser,
    ...(resume && { resume }),
    checkpoint: {
      every: EPOCH,
      async save(now) {
        const { entries, metadata } = decodeSafetensors(await saveState(decoder, now));
        await writeWhole(unfinished, encodeSafetensors(entries, { ...metadata, run }));
        io.stderr.write(`step ${now.updates} of ${steps}, loss ${(now.lossSum / now.examples).toFixed(3)}\n`);
      },
    },
  });
  const { loss, perplexity } = await evaluate(decoder, state.weights, () => windows(ids.subarray(split, split + TESTED), { context })); // prettier-ignore
  const { entries, metadata } = decodeSafetensors(await saveWeights(decoder, state.weights));
  const about = { config: JSON.stringify(decoder.config), characters: vocabulary.characters };
  await writeWhole(out, encodeSafetensors(entries, { ...metadata, ...about }));
  await rm(unfinished, { force: true });
  io.stdout.write(`test loss ${loss.toFixed(3)}, perplexity ${perplexity.toFixed(2)} of ${vocabulary.size} characters; computed on ${why}\n\n`); // prettier-ignore
  io.stdout.write(`${await sampled(decoder, state.weights, vocabulary, ids.subarray(split), flags)}\n`);
}

/** All of the bytes or none, whatever happens meanwhile. */
const writeWhole = (path: string, { buffer, byteOffset, byteLength }: Uint8Array) => writeFileAtomic(path, Buffer.from(buffer, byteOffset, byteLength)); // prettier-ignore

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The method of the flags, its rate with a tenth of warm-up and a cosine to a tenth. */
function methodFor({ method, projector, rho, rate, steps, period, seed }: TrainFlags): Method {
  const given = { ...(projector && { projector }), ...(rho !== undefined && { rho }), period, seed };
  const falling = { kind: 'cosine', peak: rate, warmUp: Math.ceil(steps / 10), total: steps } as const;
  const options: FrugalOptions = { rate: falling, ...given };
  if (method !== 'frugal') return frugal(presetOf(method, options));
  // Kernels are [in, out] here: the authors' columns are rows.
  return frugal({ projector: 'rows', ...options });
}

/** @throws Error for a state of another training */
async function stateIn(path: string, decoder: Decoder, run: string) {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return null;
  const { metadata } = await readSafetensorsHeader((from, to) => bytes.subarray(from, to));
  if (metadata['run'] === run) return loadState<State>(decoder, bytes);
  throw new Error(`frugal-opt: '${path}' is the state of another training, of other flags or another text; must be of this one. Delete it, or say the flags of that training again.`); // prettier-ignore
}

/** What the decoder writes after the beginning of the test's text; where its context ends, it goes on from the later half. */
async function sampled(
  decoder: Decoder,
  weights: Weights,
  vocabulary: CharacterVocabulary,
  test: Int32Array,
  { context, sample, seed }: TrainFlags,
): Promise<string> {
  const half = Math.ceil(context / 2);
  const written = [...test.subarray(0, half)];
  for (let round = 0; written.length < half + sample; round++) {
    const tokens = Math.min(context - half, half + sample - written.length);
    written.push(...(await generate(decoder, weights, written.slice(-half), { tokens, temperature: 0.8, seed: seed + round }))); // prettier-ignore
  }
  return vocabulary.decode(written);
}
