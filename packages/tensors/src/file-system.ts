/**
 * Models of tfjs-layers on disk in plain Node: `model.json` and `weights.bin` in a folder, as tfjs-node writes them.
 *
 * Node's modules come from `process.getBuiltinModule`, so that no bundler for browsers meets an import it cannot follow.
 */
import * as tf from '@tensorflow/tfjs-core';

interface ModelJson {
  readonly modelTopology: object;
  readonly weightsManifest: readonly {
    readonly paths: readonly string[];
    readonly weights: tf.io.WeightsManifestEntry[];
  }[];
}

/**
 * A handler for `model.save` and `tf.loadLayersModel`, which TensorFlow.js has for Node only in tfjs-node.
 * @param path a folder, or to load its `model.json`. Saved is a new folder, whole or not at all
 * @returns what `save` and `loadLayersModel` take in place of a URL
 * @throws Error where there is no file system; `save` for a path that exists, `load` for a file that is no model
 * @example
 * await model.save(fileSystem('model'));
 * const again = await tfl.loadLayersModel(fileSystem('model'));
 */
export function fileSystem(path: string): tf.io.IOHandler {
  if (typeof path !== 'string' || path === '') {
    throw new Error(`fileSystem: 'path' is ${JSON.stringify(path)}; must be a folder. Name one.`);
  }
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) {
    throw new Error(`fileSystem: '${path}' needs Node 20.19 or newer. In a browser save to 'indexeddb://…' or 'downloads://…'.`); // prettier-ignore
  }
  const { mkdir, readFile, rename, rm, stat, writeFile } = builtin('node:fs/promises');
  const { dirname, join } = builtin('node:path');
  return {
    async load() {
      const file = path.endsWith('.json') ? path : join(path, 'model.json');
      const { modelTopology, weightsManifest } = JSON.parse(await readFile(file, 'utf8')) as Partial<ModelJson>;
      if (modelTopology === undefined || weightsManifest === undefined) {
        throw new Error(
          `fileSystem: '${file}' has no modelTopology or weightsManifest; must be a model of tfjs-layers. Write it with model.save().`,
        );
      }
      const paths = weightsManifest.flatMap((group) => group.paths);
      const parts = await Promise.all(paths.map(async (part) => new Uint8Array(await readFile(join(dirname(file), part))).buffer)); // prettier-ignore
      return {
        modelTopology,
        weightSpecs: weightsManifest.flatMap((group) => group.weights),
        weightData: tf.io.CompositeArrayBuffer.join(parts),
      };
    },
    async save({ modelTopology, weightSpecs = [], weightData, format = 'layers-model', generatedBy, convertedBy }) {
      const there = await stat(path).catch(() => undefined);
      if (there !== undefined) {
        throw new Error(`fileSystem: '${path}' exists; must be a new path. Nothing is overwritten.`);
      }
      const partial = `${path}.${process.pid}.tmp`;
      await mkdir(partial);
      try {
        const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
        const text = JSON.stringify({ format, generatedBy, convertedBy, modelTopology, weightsManifest });
        await writeFile(join(partial, 'weights.bin'), new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)));
        await writeFile(join(partial, 'model.json'), text);
        await rename(partial, path);
      } catch (error) {
        await rm(partial, { recursive: true, force: true });
        throw error;
      }
      return { modelArtifactsInfo: {} as tf.io.ModelArtifactsInfo }; // nobody reads it here
    },
  };
}
