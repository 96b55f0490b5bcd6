/** Weights and training states as safetensors files, as bytes: where they are kept is the caller's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { complaint } from '@assay-ml/numerics/check';

import { type Leaf, mapLeaves } from './leaves.js';
import { checkNetwork, type Network, type Weights } from './network.js';
import type { SgdMoments } from './optimiser.js';
import { decodeSafetensors, encodeSafetensors, type Entry, FileCorrupt } from './safetensors.js';
import type { TrainState } from './train.js';

/** Prefixes, in a file of a training state, of what the optimiser keeps and of accumulated gradients. */
const OPTIMISER = 'optimiser/';
const GRADIENT = 'gradient/';

/** Arrays that a state may hold; those that the format lacks are stored as their bytes. */
const ARRAYS = { Float32Array, Float64Array, Int32Array, Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Uint32Array } as const; // prettier-ignore
type ArrayName = keyof typeof ARRAYS;

/** Stands for a leaf in the text of a state: a tensor of a shape, or an array of a kind. */
type Stored = { $leaf: string; shape?: readonly number[]; array?: ArrayName };

/**
 * Weights as a safetensors file: one tensor for each parameter and buffer, by name; metadata `network` holds the
 * network's name.
 */
export async function saveWeights(network: Network, weights: Weights): Promise<Uint8Array> {
  checkNetwork('saveWeights', network);
  requireTensors('saveWeights', 'weights', network, weights);
  return encodeSafetensors(await entriesOf(network, weights), { network: network.name });
}

/**
 * The weights in a safetensors file.
 * @returns tensors that the caller disposes of
 * @throws FileCorrupt for bytes that are no such file, or the file of another network
 */
export function loadWeights(network: Network, bytes: Uint8Array): Weights {
  const { entries, metadata } = opened('loadWeights', network, bytes);
  check('loadWeights', network, [...network.parameters, ...network.buffers], entries, metadata);
  return weightsIn(network, entries);
}

/** A training state as a safetensors file: weights, what the optimiser keeps, and where the run stands. */
export async function saveState<S>(network: Network, state: TrainState<S>): Promise<Uint8Array> {
  checkNetwork('saveState', network);
  requireTensors('saveState', 'state.weights', network, (state as Partial<TrainState<S>> | null)?.weights);
  const { weights, tag, optimiser, gradients, accumulated, losses, epoch, step, updates, lossSum, examples } = state;
  const kept: [string, Leaf][] = [];
  const text = JSON.stringify({
    tag,
    state: mapLeaves(optimiser, (leaf, path): Stored => {
      kept.push([OPTIMISER + path, leaf]);
      return leaf instanceof tf.Tensor ? { $leaf: path, shape: leaf.shape } : { $leaf: path, array: leaf.constructor.name as ArrayName }; // prettier-ignore
    }),
  });
  const sums = gradients.map((t, i): [string, Leaf] => [GRADIENT + network.parameters[i]!.name, t]);
  const entries = {
    ...(await entriesOf(network, weights)),
    ...Object.fromEntries(
      await Promise.all([...kept, ...sums].map(async ([name, leaf]) => [name, await entryOf(leaf)])),
    ),
    losses: { shape: [losses.length], data: Float64Array.from(losses) },
    progress: { shape: [7], data: Float64Array.of(epoch, step, updates, lossSum, examples, accumulated.batches, accumulated.labels) }, // prettier-ignore
  };
  return encodeSafetensors(entries, { network: network.name, optimiser: text });
}

/**
 * The training state in a safetensors file, bit for bit.
 * @returns a state whose tensors the caller disposes of
 * @throws FileCorrupt for bytes that are no such file, or the file of another network
 */
export function loadState<S = SgdMoments>(network: Network, bytes: Uint8Array): TrainState<S> {
  const { entries, metadata } = opened('loadState', network, bytes);
  const { tag, state, leaves } = optimiserIn(metadata['optimiser']);
  const summed = Object.keys(entries).some((name) => name.startsWith(GRADIENT)) ? network.parameters : [];
  const expected = [
    ...network.parameters,
    ...network.buffers,
    ...leaves.map(({ $leaf: path, shape, array = 'Float32Array' }) => {
      const type = isNative(array) ? array : 'Uint8Array';
      // Of an array any length will do: the optimiser knows it.
      return { name: OPTIMISER + path, shape: shape ?? entries[OPTIMISER + path]?.shape ?? [], type };
    }),
    ...summed.map(({ name, shape }) => ({ name: GRADIENT + name, shape })),
    { name: 'losses', shape: entries['losses']?.shape ?? [0], type: 'Float64Array' },
    { name: 'progress', shape: [7], type: 'Float64Array' },
  ];
  check('loadState', network, expected, entries, metadata);
  const [epoch, step, updates, lossSum, examples, batches, labels] = entries['progress']!.data as Float64Array;
  return {
    epoch: epoch!,
    step: step!,
    updates: updates!,
    lossSum: lossSum!,
    examples: examples!,
    losses: [...entries['losses']!.data],
    tag,
    optimiser: restored(state, entries) as S,
    gradients: summed.map(({ name }) => tensorOf(entries[GRADIENT + name]!)),
    accumulated: { batches: batches!, labels: labels! },
    weights: weightsIn(network, entries),
  };
}

const isNative = (array: ArrayName) => ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'].includes(array);

const isStored = (value: unknown): value is Stored =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Stored>).$leaf === 'string';

/** @throws FileCorrupt unless the text is what `saveState` writes */
function optimiserIn(text = ''): { tag: string; state: unknown; leaves: Stored[] } {
  const leaves: Stored[] = [];
  try {
    const { tag, state } = JSON.parse(text, (_key, value: unknown) => {
      if (isStored(value)) leaves.push(value);
      return value;
    }) as { tag: unknown; state: unknown };
    if (typeof tag === 'string' && leaves.every(({ array = 'Float32Array' }) => Object.hasOwn(ARRAYS, array))) {
      return { tag, state, leaves };
    }
  } catch {
    // told below
  }
  throw new FileCorrupt("loadState: the file's metadata 'optimiser' is no optimiser's state; must be. Save a training with saveState()."); // prettier-ignore
}

/** The state with its leaves in place. */
function restored(value: unknown, entries: Readonly<Record<string, Entry>>): unknown {
  if (isStored(value)) {
    const entry = entries[OPTIMISER + value.$leaf]!;
    if (value.array === undefined) return tensorOf(entry);
    const { data } = entry;
    return isNative(value.array) ? data : new ARRAYS[value.array](data.buffer as ArrayBuffer);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => restored(item, entries));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restored(item, entries)]));
}

function opened(where: string, network: Network, bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  checkNetwork(where, network);
  if (bytes instanceof Uint8Array) return decodeSafetensors(bytes);
  throw new TypeError(complaint(where, 'bytes', bytes, 'a Uint8Array', 'Read the file whole.'));
}

function requireTensors(where: string, name: string, network: Network, weights: Weights | undefined): void {
  const [parameters, buffers] = [network.parameters.length, network.buffers.length];
  if (weights?.parameters?.length === parameters && weights.buffers?.length === buffers) return;
  throw new TypeError(complaint(where, name, weights, `${parameters} parameters and ${buffers} buffers for '${network.name}'`, 'initialise() and train() give them.')); // prettier-ignore
}

async function entriesOf(network: Network, { parameters, buffers }: Weights): Promise<Record<string, Entry>> {
  const values = await Promise.all([...parameters, ...buffers].map((t) => t.data<'float32'>()));
  return Object.fromEntries(
    [...network.parameters, ...network.buffers].map(({ name, shape }, i) => [name, { shape, data: values[i]! }]),
  );
}

async function entryOf(leaf: Leaf): Promise<Entry> {
  if (leaf instanceof tf.Tensor) return { shape: leaf.shape, data: await leaf.data<'float32'>() };
  const data = isNative(leaf.constructor.name as ArrayName)
    ? (leaf as Float32Array)
    : new Uint8Array(leaf.buffer, leaf.byteOffset, leaf.byteLength);
  return { shape: [data.length], data };
}

function weightsIn(network: Network, entries: Readonly<Record<string, Entry>>): Weights {
  return {
    parameters: network.parameters.map(({ name }) => tensorOf(entries[name]!)),
    buffers: network.buffers.map(({ name }) => tensorOf(entries[name]!)),
  };
}

function tensorOf({ data, shape }: Entry): Tensor {
  return tf.tensor(data as Float32Array, [...shape], 'float32');
}

function check(
  where: string,
  network: Network,
  expected: readonly { name: string; shape: readonly number[]; type?: string }[],
  entries: Readonly<Record<string, Entry>>,
  metadata: Readonly<Record<string, string>>,
): void {
  const given = metadata['network'];
  if (given !== undefined && given !== network.name) {
    throw new FileCorrupt(`${where}: the file is of network '${given}'; must be of '${network.name}'. Load it with its own network.`); // prettier-ignore
  }
  const shown = (shape: readonly number[], type: string) =>
    `[${shape.join(', ')}]${type === 'Float32Array' ? '' : ` of ${type}`}`;
  const names = new Set([...expected.map(({ name }) => name), ...Object.keys(entries)]);
  const wanted = new Map(expected.map(({ name, shape, type = 'Float32Array' }) => [name, shown(shape, type)]));
  const rows = [...names]
    .map((name) => {
      const entry = entries[name];
      return {
        name,
        has: entry ? shown(entry.shape, entry.data.constructor.name) : 'none',
        needs: wanted.get(name) ?? 'none',
      };
    })
    .filter(({ has, needs }) => has !== needs)
    .map(({ name, has, needs }) => `\n  ${name}: ${has} in the file, ${needs} in the network`);
  if (rows.length > 0) {
    throw new FileCorrupt(
      `${where}: the file does not fit '${network.name}'; must have each tensor with its shape. Build the network as it was when the file was written.${rows.join('')}`,
    );
  }
}
