import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  catalogue,
  DataCorrupt,
  DataMissing,
  fashionMnist,
  gather,
  howToGet,
  isDataMissing,
  locate,
  mnist,
} from '../src/index.js';

const files = Object.values(catalogue['fashion-mnist'].files).flatMap(({ images, labels }) => [images, labels]);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'datasets-'));
  vi.stubEnv('ASSAY_DATA', '');
  vi.stubEnv('ASSAY_CACHE', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('locate', () => {
  it('finds the files in the folder given, compressed or not, and nowhere else', async () => {
    expect(locate('fashion-mnist', { folder })).toBeNull();
    for (const [i, file] of files.entries()) await writeFile(join(folder, i % 2 ? file.name : `${file.name}.gz`), '');
    expect(locate('fashion-mnist', { folder })).toBe(folder);
    await rm(join(folder, files[3]!.name));
    expect(locate('fashion-mnist', { folder })).toBeNull();
    expect(locate('fashion-mnist', { folder, split: 'train' })).toBe(folder);
    expect(locate('fashion-mnist', { folder, split: 'test' })).toBeNull();
  });

  it('looks in ASSAY_DATA before anything installed, and in the cache last', async () => {
    const data = join(folder, 'fashion-mnist');
    const cache = join(folder, 'cache', 'fashion-mnist');
    for (const place of [data, cache]) {
      await mkdir(place, { recursive: true });
      for (const file of files) await writeFile(join(place, file.name), '');
    }
    expect([cache, ...catalogue['fashion-mnist'].folders]).toContain(locate('fashion-mnist'));
    vi.stubEnv('ASSAY_DATA', folder);
    expect(locate('fashion-mnist')).toBe(data);
  });

  it('refuses a name it does not know', () => {
    expect(() => locate('imagenet' as 'fashion-mnist')).toThrow(
      `locate: 'name' is "imagenet"; must be one of ${Object.keys(catalogue).join(', ')}.`,
    );
    expect(() => howToGet('toString' as 'fashion-mnist')).toThrow('howToGet: \'name\' is "toString"');
  });
});

describe('fashionMnist', () => {
  const [debian] = catalogue['fashion-mnist'].folders as [string];
  it.skipIf(!existsSync(debian))(
    'finds Debian’s package without being asked to (skipped where it is not installed)',
    async () => {
      expect(locate('fashion-mnist')).toBe(debian);
      expect((await fashionMnist({ split: 'test' })).count).toBe(10_000);
    },
  );

  it('says how to get what is missing', async () => {
    const error: unknown = await fashionMnist({ folder }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataMissing);
    expect(isDataMissing(error)).toBe(true);
    expect((error as DataMissing).message).toBe(
      `fashion-mnist: data missing. Its train files are not in ${folder}. ${howToGet('fashion-mnist')}`,
    );
    expect(howToGet('fashion-mnist')).toContain('apt-get install dataset-fashion-mnist');
    expect(isDataMissing(new Error('DataMissing'))).toBe(false);
  });

  it('refuses other bytes before it parses them', async () => {
    const { images, labels } = catalogue['fashion-mnist'].files.test;
    const blank = Buffer.alloc(labels.bytes);
    await writeFile(join(folder, images.name), 'x'); // the labels are not looked at before the images are right
    await writeFile(join(folder, `${labels.name}.gz`), gzipSync(blank));
    const load = () => fashionMnist({ folder, split: 'test' });
    await expect(load()).rejects.toThrow(DataCorrupt);
    await expect(load()).rejects.toThrow(`must be ${images.sha256}. Remove the file and get it again.`);
    await rm(join(folder, images.name));
    await writeFile(join(folder, `${images.name}.gz`), gzipSync(Buffer.alloc(images.bytes * 2)));
    await expect(load()).rejects.toThrow(`not the published archive of ${images.name}`);
    await writeFile(join(folder, `${images.name}.gz`), '<html>');
    await expect(load()).rejects.toThrow(`not the published archive of ${images.name}`);
  });

  it('refuses an unknown split', async () => {
    await expect(fashionMnist({ split: 'validation' as 'test' })).rejects.toThrow(
      `fashionMnist: 'split' is "validation"; must be 'train' or 'test'.`,
    );
  });
});

// The files are 11 to 55 MB and not part of this repository: looked for where a user would have them.
describe.each([
  { name: 'fashion-mnist', loader: fashionMnist, mean: 0.286, first: [9, 0, 0, 3, 0], ones: 6000 },
  { name: 'mnist', loader: mnist, mean: 0.1307, first: [5, 0, 4, 1, 9], ones: 6742 },
] as const)('the published $name', ({ name, loader, mean, first, ones }) => {
  const real = locate(name);
  it.skipIf(real === null)(
    'has its published counts, mean and first labels (skipped where the data is absent)',
    async () => {
      const test = await loader({ split: 'test', folder: real! });
      expect([test.count, test.rows, test.columns, test.classes]).toEqual([10_000, 28, 28, 10]);
      const { images, labels, count } = await loader({ folder: real! });
      expect([count, images.length, labels.length]).toEqual([60_000, 60_000 * 784, 60_000]);
      let sum = 0;
      for (const pixel of images) sum += pixel;
      expect(sum / images.length / 255).toBeCloseTo(mean, 4);
      expect([...labels.subarray(0, 5)]).toEqual(first);
      expect(labels.filter((label) => label === 1)).toHaveLength(ones);
      expect(new Set(labels)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    },
  );
});

describe('gather', () => {
  const data = {
    images: Uint8Array.of(0, 255, 51, 102, 153, 204),
    labels: Uint8Array.of(7, 8, 9),
    count: 3,
    rows: 1,
    columns: 2,
    classes: 10,
  };

  it('takes the samples named, in order, scaled to [0, 1]', () => {
    const { x, y, count, features } = gather(data, Uint32Array.of(2, 0));
    expect([...x]).toEqual([153 / 255, 204 / 255, 0, 1]);
    expect([...y]).toEqual([9, 7]);
    expect([count, features]).toEqual([2, 2]);
    expect([...gather(data).x]).toEqual([0, 1, 51 / 255, 102 / 255, 153 / 255, 204 / 255]);
  });

  it('refuses an index outside', () => {
    expect(() => gather(data, [0, 3])).toThrow("gather: 'indices[1]' is 3; must be an integer in 0 … 2.");
    expect(() => gather(data, [-1])).toThrow("gather: 'indices[0]' is -1");
    expect(() => gather(data, [0.5])).toThrow("gather: 'indices[0]' is 0.5");
  });
});
