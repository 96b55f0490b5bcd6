/** `frugal-opt train`: a small decoder on a text, character by character, in a file that holds all that is needed to go on. */
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { integer } from '@assay-ml/numerics/check';
import { characterVocabulary, windows } from '@assay-ml/datasets/text';
import { type Decoder, decodeSafetensors, encodeSafetensors, evaluate, initialise, llama, loadState, readSafetensorsHeader, saveState, train } from '@assay-ml/networks'; // prettier-ignore
import { type BackendName, useBackend } from '@assay-ml/tensors';
import writeFileAtomic from 'write-file-atomic';

import type { State } from '../method.js';
import { batchesOf, encodeModel, methodFor, partsOf, sampled, type TextTraining } from './characters.js';
import type { Io } from './io.js';

/** Flags of `train`; sizes are the network's. */
export interface TrainFlags extends TextTraining {
  readonly out: string;
  readonly width: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly backend: BackendName;
  readonly sample: number;
  readonly overwrite?: boolean;
}

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
  if (!(await exists(dirname(resolve(out))))) {
    throw new Error(`frugal-opt: '--out' is '${out}', whose folder is not there; must be in one that is. Make it first.`); // prettier-ignore
  }
  integer('frugal-opt', 'sample', flags.sample, 0, 'Give 0 for none.');
  const text = await readFile(file, 'utf8');
  if (text === '') throw new Error(`frugal-opt: '${file}' is empty; must be a text. Some 100,000 characters teach a little.`); // prettier-ignore
  const vocabulary = characterVocabulary(text);
  const ids = vocabulary.encode(text);
  const { trained, test } = partsOf(ids, context, file);
  const { why } = await useBackend(flags.backend);
  const { width, hidden, layers, heads } = flags;
  const decoder = llama({ vocabulary: vocabulary.size, width, hidden, layers, heads, context });
  const optimiser = methodFor(flags);
  // What must be the same when a training goes on.
  const run = JSON.stringify({ method: optimiser.tag, rate: flags.rate, period: flags.period, steps, batchSize, context, width, hidden, layers, heads, seed, characters: vocabulary.characters, length: ids.length }); // prettier-ignore
  const resume = await stateIn(unfinished, decoder, run);
  if (resume) io.stderr.write(`goes on from step ${resume.updates}\n`);

  const state = await train<State>(
    decoder,
    resume?.weights ?? initialise(decoder, { seed }),
    batchesOf(trained, flags, EPOCH),
    {
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
    },
  );
  const { loss, perplexity } = await evaluate(decoder, state.weights, () => windows(test.subarray(0, TESTED), { context })); // prettier-ignore
  await writeWhole(out, await encodeModel({ decoder, weights: state.weights, vocabulary }));
  await rm(unfinished, { force: true });
  io.stdout.write(`test loss ${loss.toFixed(3)}, perplexity ${perplexity.toFixed(2)} of ${vocabulary.size} characters; computed on ${why}\n\n`); // prettier-ignore
  io.stdout.write(`${await sampled({ decoder, weights: state.weights, vocabulary }, test, flags)}\n`);
}

/** All of the bytes or none, whatever happens meanwhile. */
const writeWhole = (path: string, { buffer, byteOffset, byteLength }: Uint8Array) => writeFileAtomic(path, Buffer.from(buffer, byteOffset, byteLength)); // prettier-ignore

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** @throws Error for a state of another training */
async function stateIn(path: string, decoder: Decoder, run: string) {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return null;
  const { metadata } = await readSafetensorsHeader((from, to) => bytes.subarray(from, to));
  if (metadata['run'] === run) return loadState<State>(decoder, bytes);
  throw new Error(`frugal-opt: '${path}' is the state of another training, of other flags or another text; must be of this one. Delete it, or say the flags of that training again.`); // prettier-ignore
}
