/** `frugal-opt train`: a small decoder on a text, character by character, in a file that holds all that is needed to go on. */
import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { integer, positive } from '@assay-ml/numerics/check';
import { characterVocabulary, windows } from '@assay-ml/datasets/text';
import { type Decoder, decodeSafetensors, encodeSafetensors, evaluate, initialise, llama, loadState, readSafetensorsHeader, saveState, train } from '@assay-ml/networks'; // prettier-ignore
import { type BackendName, useBackend } from '@assay-ml/tensors';
import writeFileAtomic from 'write-file-atomic';

import { splits } from '../baselines/index.js';
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
  requireFlags(flags);
  const unfinished = `${out}.training`;
  const there = await kindOf(out);
  if (there === 'folder') throw new Error(`frugal-opt: '--out' is '${out}', which is a folder; must be the path of a file. Say where in it.`); // prettier-ignore
  if (there === 'file' && flags.overwrite !== true) throw new Error(`frugal-opt: '--out' is '${out}', which exists; must be a new path. Say --overwrite to train anew.`); // prettier-ignore
  if ((await kindOf(dirname(resolve(out)))) !== 'folder') {
    throw new Error(`frugal-opt: '--out' is '${out}', whose folder is not there; must be in one that is. Make it first.`); // prettier-ignore
  }
  const text = await textOf(file);
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

/** The least of the flags that are counts; the sample goes on from half a context. */
const LEAST = {
  ...{ steps: 1, period: 1, batch: 1, context: 2, width: 1, hidden: 1, layers: 1, heads: 1 },
  ...{ seed: 0, sample: 0 },
} as const;

/** @throws Error for a flag that is out of range, or that the method does not read */
function requireFlags(flags: TrainFlags): void {
  for (const [name, least] of Object.entries(LEAST)) integer('frugal-opt', `--${name}`, flags[name as keyof typeof LEAST], least, 'See --help.'); // prettier-ignore
  positive('frugal-opt', '--rate', flags.rate, 'It is the peak of the learning rate: 3e-3 is the default.');
  const surplus = (['rho', 'projector'] as const).find((name) => flags[name] !== undefined);
  if (surplus && !splits(flags.method)) throw new Error(`frugal-opt: '--${surplus}' is ${flags[surplus]}; must be left out with '${flags.method}', which splits nothing.`); // prettier-ignore
}

/** @throws Error for a file that cannot be read, or that is not UTF-8 */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`frugal-opt: '${file}' cannot be read (${code}); must be a file of text. Check the path.`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`frugal-opt: '${file}' is not in UTF-8; must be a text. Convert it first.`, { cause });
  }
}

/** All of the bytes or none, whatever happens meanwhile. */
const writeWhole = (path: string, { buffer, byteOffset, byteLength }: Uint8Array) => writeFileAtomic(path, Buffer.from(buffer, byteOffset, byteLength)); // prettier-ignore

/** What lies at a path, the folder itself at an empty one; null: nothing. */
const kindOf = (path: string) =>
  stat(resolve(path)).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => null,
  );

/** @throws Error for a state of another training */
async function stateIn(path: string, decoder: Decoder, run: string) {
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null) return null;
  const { metadata } = await readSafetensorsHeader((from, to) => bytes.subarray(from, to));
  if (metadata['run'] === run) return loadState<State>(decoder, bytes);
  throw new Error(`frugal-opt: '${path}' is the state of another training, of other flags or another text; must be of this one. Delete it, or say the flags of that training again.`); // prettier-ignore
}
