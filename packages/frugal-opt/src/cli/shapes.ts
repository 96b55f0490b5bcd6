/** The tensors of a model, without its weights. */
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@assay-ml/networks';

import { LLAMA, type LlamaName, llamaShapes } from '../llama.js';
import type { Parameter } from '../method.js';

/**
 * The tensors of `llama-130M`, of the header of a .safetensors file, or of a model.json of tfjs-layers or the folder it lies in.
 * @throws Error for a name or a file that is none of them
 */
export async function shapesOf(model: string): Promise<Parameter[]> {
  const size = /^llama-(.+)$/.exec(model)?.[1];
  if (size !== undefined && Object.hasOwn(LLAMA, size)) return llamaShapes(size as LlamaName);
  if (size !== undefined) throw new Error(`frugal-opt: 'model' is '${model}'; must be llama- with one of ${Object.keys(LLAMA).join(', ')}. They are the paper’s.`); // prettier-ignore
  const file = (await stat(model)).isDirectory() ? join(model, 'model.json') : model;
  const shapes = file.endsWith('.safetensors') ? await inHeader(file) : inManifest(file, await readFile(file, 'utf8'));
  if (shapes.length === 0) throw new Error(`frugal-opt: '${file}' has no weights; must have at least one tensor of floats. Take the file that the model was saved to.`); // prettier-ignore
  return shapes;
}

/** The weights in a file's header, read alone: the rest may be larger than the memory. Indices as MiniLM's `position_ids` are none. */
async function inHeader(path: string): Promise<Parameter[]> {
  const file = await open(path);
  try {
    const { entries } = await readSafetensorsHeader(async (from, to) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead);
    });
    return Object.entries(entries)
      .filter(([, { dtype }]) => dtype.includes('F'))
      .map(([name, { shape }]) => ({ name, shape }));
  } finally {
    await file.close();
  }
}

function inManifest(file: string, text: string): Parameter[] {
  const wrong = (cause?: unknown) => new Error(`frugal-opt: '${file}' is no model of tfjs-layers; must have a weightsManifest. Write it with model.save().`, { cause }); // prettier-ignore
  let manifest: unknown;
  try {
    manifest = (JSON.parse(text) as { weightsManifest?: unknown }).weightsManifest;
  } catch (error) {
    throw wrong(error);
  }
  if (!Array.isArray(manifest)) throw wrong();
  const specs = (manifest as { weights?: unknown }[]).flatMap(({ weights }) => weights);
  return specs.map((spec) => {
    const { name, shape } = (spec ?? {}) as Partial<Parameter>;
    if (typeof name !== 'string' || !Array.isArray(shape)) throw wrong();
    return { name, shape };
  });
}
