import type { CellContext } from '@assay-ml/claims';
import { gaussProto, proceduralImages } from '@assay-ml/datasets';
import { mlp, smallCnn } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { training, type NetworkConfig } from '../src/cells/network.js';
import l0l1 from '../src/index.js';

const context: CellContext = { signal: new AbortController().signal, backend: { name: 'wasm', threads: 1 } };
const { train, test } = gaussProto({ seed: 1, train: 200, test: 200 });
const network = mlp({ inputs: train.shape[0]!, hidden: [16], classes: train.classes });
const run = (method: NetworkConfig['method'], point: Record<string, number>, epochs: number) =>
  training(network, { network: 'vgg-mini', method, batch: 64 }, point, epochs, { train, test }, 3, context);

beforeAll(async () => void (await useBackend('wasm')));

describe('the network’s methods', () => {
  it('CLERR with a level out of reach is NASTYA with an outer step of 2·lr', async () => {
    const nastya = await run('NASTYA', { eta: 0.05, outer: 0.4 }, 3);
    const clerr = await run('CLERR', { eta: 0.05, lr: 0.2, level: 1e12 }, 3);
    expect(clerr.loss).toBeCloseTo(nastya.loss!, 5);
    expect(clerr.accuracy).toBeCloseTo(nastya.accuracy!, 2);
    // A jump of length at most 2·lr·level moves next to nothing.
    const still = await run('CLERR', { eta: 0, lr: 1, level: 1e-9 }, 2);
    const none = await run('SO', { eta: 0 }, 1);
    expect(still.loss).toBeCloseTo(none.loss!, 5);
  });

  it('a jump starts where the epoch started: with η → 0 an epoch is one full gradient step', async () => {
    const outer = await run('NASTYA', { eta: 0, outer: 0.5 }, 6);
    const whole = { network: 'vgg-mini', method: 'SO', batch: 200 } as const;
    const steps = await training(network, whole, { eta: 0.5 }, 6, { train, test }, 3, context);
    expect(outer.loss).toBeCloseTo(steps.loss!, 4);
    // A jump of length 0 undoes the inner steps of an epoch, and the loss is that of where it ends.
    const undone = await run('NASTYA', { eta: 0.05, outer: 1e-12 }, 3);
    expect(undone.loss).toBeCloseTo((await run('SO', { eta: 0 }, 1)).loss!, 6);
  });

  it('CSO with a level out of reach is SO, and a small level holds it back', async () => {
    const so = await run('SO', { eta: 0.1 }, 3);
    expect((await run('CSO', { eta: 0.1, clip: 1e9 }, 3)).loss).toBeCloseTo(so.loss!, 6);
    expect((await run('CSO', { eta: 0.1, clip: 1e-6 }, 3)).loss).toBeGreaterThan(so.loss!);
  });

  it('RR is SO in its first epoch, and not after', async () => {
    const options = { eta: 0.1 };
    expect((await run('RR', options, 1)).loss).toBe((await run('SO', options, 1)).loss);
    expect((await run('RR', options, 3)).loss).not.toBe((await run('SO', options, 3)).loss);
  });

  it('a loss that is not finite is null, and nothing leaks', async () => {
    const before = tf.memory().numTensors;
    expect(await run('SO', { eta: 1e30 }, 3)).toEqual({ loss: null, accuracy: null });
    await run('CLERR', { eta: 0.05, lr: 0.2, level: 1 }, 2);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('at the paper’s size images are cropped and mirrored, the same way at the same seed', async () => {
    const images = proceduralImages({ seed: 1, train: 120, test: 50 });
    const net = smallCnn({ inputs: [16, 16, 3], classes: images.train.classes });
    const one = (name: NetworkConfig['network']) =>
      training(net, { network: name, method: 'RR', batch: 60 }, { eta: 0.1 }, 2, images, 3, context); // prettier-ignore
    const changed = await one('resnet18');
    expect(await one('resnet18')).toEqual(changed);
    expect((await one('vgg-mini')).loss).not.toBe(changed.loss);
    const full = l0l1.experiments.find(({ id }) => id === 'cifar')!.cells('full');
    for (const { config } of full) expect(config).toMatchObject({ network: 'resnet18', train: 50_000, batch: 256, epochs: 200 }); // prettier-ignore
  });

  it('the plan tunes at most 40 points of two epochs on every other seed and reports the next: five blocks, natively', () => {
    const { cells } = l0l1.experiments.find(({ id }) => id === 'cifar')!;
    const all = cells('standard', undefined, undefined, { name: 'tensorflow', threads: 1 });
    const configs = all.filter(({ seed }) => seed === 0).map(({ config }) => config as NetworkConfig);
    const points = configs.map((config) => Object.values(config.axes).reduce((n, values) => n * values.length, 1));
    expect(points.reduce((a, b) => a + b)).toBeLessThanOrEqual(40);
    for (const config of configs)
      expect(config).toMatchObject({ network: 'vgg-mini', train: 4000, tuneEpochs: 2, epochs: 6, reports: 1 });
    const seeds = (plan: typeof all) => [...new Set(plan.map(({ seed }) => seed))];
    expect(seeds(all)).toEqual([0, 2, 4, 6, 8]);
    expect(seeds(cells('standard', undefined, undefined, context.backend))).toEqual([0]);
    expect(seeds(cells('standard', 2, 1000, context.backend))).toEqual([1000, 1002]);
    expect(seeds(cells('full', undefined, undefined, context.backend))).toEqual([0, 2, 4, 6, 8]);
    const shirts = l0l1.experiments.find(({ id }) => id === 'shirts')!.cells;
    expect(seeds(shirts('standard') as typeof all)).toEqual([0, 3, 6, 9, 12]);
  });
});
