import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { fileSystem, useBackend } from '../src/index.js';

beforeAll(() => useBackend('cpu'));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'assay-files-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const model = (): tfl.Sequential =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 3, inputShape: [2], kernelInitializer: tfl.initializers.constant({ value: 0.25 }) }),
      tfl.layers.dense({ units: 1, kernelInitializer: 'ones' }),
    ],
  });

it('saves a model and loads it again, with the same outputs', async () => {
  const path = join(folder(), 'model');
  const saved = model();
  const x = tf.tensor2d([1, 2, 3, 5], [2, 2]);
  await saved.save(fileSystem(path));
  expect(readdirSync(path).sort()).toEqual(['model.json', 'weights.bin']);
  for (const place of [path, join(path, 'model.json')]) {
    const again = await tfl.loadLayersModel(fileSystem(place));
    expect([...(await (again.predict(x) as tf.Tensor).data())]).toEqual([2.25, 6]);
  }
});

it('overwrites nothing, and leaves nothing half-way', async () => {
  const root = folder();
  const path = join(root, 'model');
  await model().save(fileSystem(path));
  await expect(model().save(fileSystem(path))).rejects.toThrow(
    `fileSystem: '${path}' exists; must be a new path. Nothing is overwritten.`,
  );
  expect(readdirSync(root)).toEqual(['model']);
});

it('refuses what is no model, and where there are no files', async () => {
  const path = join(folder(), 'other.json');
  writeFileSync(path, '{}');
  await expect(tfl.loadLayersModel(fileSystem(path))).rejects.toThrow(
    `fileSystem: '${path}' has no modelTopology or weightsManifest; must be a model of tfjs-layers. Write it with model.save().`,
  );
  expect(() => fileSystem('')).toThrow('fileSystem: \'path\' is ""; must be a folder. Name one.');
  vi.stubGlobal('process', undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(() => fileSystem('model')).toThrow("fileSystem: 'model' needs Node 20.19 or newer.");
});
