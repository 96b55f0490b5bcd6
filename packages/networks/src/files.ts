/** Weights and training states as safetensors files, as bytes: where they are kept is the caller's. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { complaint } from '@assay-ml/numerics/check';

import { checkNetwork, type Network, type Weights } from './network.js';
import { decodeSafetensors, encodeSafetensors, type Entry, FileCorrupt } from './safetensors.js';
import type { TrainState } from './train.js';

/** Prefix of velocities in a file of a training state. */
const VELOCITY = 'velocity/';

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

/** A training state as a safetensors file: weights, velocities and where the run stands. */
export async function saveState(network: Network, state: TrainState): Promise<Uint8Array> {
  checkNetwork('saveState', network);
  requireTensors('saveState', 'state.weights', network, (state as Partial<TrainState> | null)?.weights);
  const { weights, velocity, losses, epoch, step, lossSum, examples } = state;
  const velocities = await Promise.all(velocity.map((t) => t.data<'float32'>()));
  const entries = {
    ...(await entriesOf(network, weights)),
    ...Object.fromEntries(
      network.parameters.map(({ name, shape }, i) => [VELOCITY + name, { shape, data: velocities[i]! }]),
    ),
    losses: { shape: [losses.length], data: Float64Array.from(losses) },
    progress: { shape: [4], data: Float64Array.of(epoch, step, lossSum, examples) },
  };
  return encodeSafetensors(entries, { network: network.name });
}

/**
 * The training state in a safetensors file, bit for bit.
 * @returns a state whose tensors the caller disposes of
 * @throws FileCorrupt for bytes that are no such file, or the file of another network
 */
export function loadState(network: Network, bytes: Uint8Array): TrainState {
  const { entries, metadata } = opened('loadState', network, bytes);
  const epochs = entries['losses']?.shape ?? [0];
  const expected = [
    ...network.parameters,
    ...network.buffers,
    ...network.parameters.map(({ name, shape }) => ({ name: VELOCITY + name, shape })),
    { name: 'losses', shape: epochs, type: 'Float64Array' },
    { name: 'progress', shape: [4], type: 'Float64Array' },
  ];
  check('loadState', network, expected, entries, metadata);
  const [epoch, step, lossSum, examples] = entries['progress']!.data as Float64Array;
  return {
    epoch: epoch!,
    step: step!,
    lossSum: lossSum!,
    examples: examples!,
    losses: [...entries['losses']!.data],
    velocity: network.parameters.map(({ name }) => tensorOf(entries[VELOCITY + name]!)),
    weights: weightsIn(network, entries),
  };
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
