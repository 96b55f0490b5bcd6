/** Models on disk: tfjs-layers as a model.json with its weights beside it, networks of ours as safetensors. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { decodeSafetensors, encodeSafetensors } from '@assay-ml/networks';
import { fileSystem } from '@assay-ml/tensors';

import { fromLayers } from '../from-layers.js';
import type { Model, Role } from '../model.js';

/** A model from a file, and how to write it. */
export interface Opened {
  readonly model: Model;
  /** Whether it can be run: a safetensors file holds weights and no architecture. */
  readonly runs: boolean;
  /** Writes it as it is now, in the format it came in. */
  save(path: string): Promise<void>;
}

/** @throws Error if a path exists: nothing is overwritten */
export async function refuseExisting(option: string, path: string): Promise<void> {
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  ) {
    // prettier-ignore
    throw new Error(`fts-prune: '${option}' is '${path}', which exists; must be a new path. Nothing is overwritten.`);
  }
}

/** Writes a file under another name first: a crash leaves all of it or nothing. */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const partial = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(partial, bytes, { flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Opens a folder with a model.json, a model.json, or a .safetensors file. */
export async function openModel(path: string): Promise<Opened> {
  if (path.endsWith('.safetensors')) return openSafetensors(path);
  return openLayers(path.endsWith('.json') ? path : join(path, 'model.json'));
}

async function openLayers(file: string): Promise<Opened> {
  const { loadLayersModel } = await import('@tensorflow/tfjs-layers').catch((cause: unknown) => {
    throw new Error(`fts-prune: '${file}' needs @tensorflow/tfjs-layers, which is not installed. Run npm i @tensorflow/tfjs-layers.`, { cause }); // prettier-ignore
  });
  const layers = await loadLayersModel(fileSystem(file)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== undefined || error.message.startsWith('fileSystem:')) throw error;
    throw new Error(`fts-prune: '${file}' cannot be read (${error.message}); must be a model of tfjs-layers. Write it with model.save().`, { cause: error }); // prettier-ignore
  });
  return { model: fromLayers(layers), runs: true, save: async (path) => void (await layers.save(fileSystem(path))) };
}

/** Networks name parameters `<layer>.<part>`; a kernel of the layer `classifier` is the classifier. */
function roleOf(name: string): Role {
  const [layer, part] = [name.split('.').at(-2), name.split('.').at(-1)];
  if (part === 'kernel') return layer === 'classifier' ? 'classifier' : 'kernel';
  if (part === 'bias') return layer === 'classifier' ? 'classifier-bias' : 'bias';
  return ({ scale: 'norm-scale', offset: 'norm-offset' } as const)[part ?? ''] ?? 'other';
}

async function openSafetensors(path: string): Promise<Opened> {
  const { entries, metadata } = decodeSafetensors(new Uint8Array(await readFile(path)));
  const names = Object.keys(entries);
  let parameters = names.map((name) => tf.tensor(Float32Array.from(entries[name]!.data), [...entries[name]!.shape]));
  const weightsOnly = (): never => {
    throw new Error(`fts-prune: '${path}' holds weights and no architecture, so it cannot be run. Use fts-prune as a library, with fromNetwork().`); // prettier-ignore
  };
  return {
    runs: false,
    model: {
      name: metadata['network'] ?? path,
      inputShape: [],
      classes: null,
      parameters: names.map((name) => ({ name, role: roleOf(name), shape: entries[name]!.shape })),
      buffers: [],
      values: () => ({ parameters, buffers: [] }),
      write(values) {
        const copies = values.parameters.map((t) => tf.keep(tf.clone(t)));
        tf.dispose(parameters);
        parameters = copies;
      },
      forward: weightsOnly,
      updateStatistics: weightsOnly,
    },
    async save(to) {
      const values = await Promise.all(parameters.map((t) => t.data<'float32'>()));
      const pruned = names.map((name, i) => [name, { shape: entries[name]!.shape, data: values[i]! }]);
      await writeWhole(to, encodeSafetensors(Object.fromEntries(pruned) as typeof entries, metadata));
    },
  };
}
