import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';

import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  catalogue,
  cifar10,
  cifar100,
  DataCorrupt,
  DataMissing,
  downloadDataset,
  DownloadFailed,
  howToGet,
  locate,
  parseCifar,
} from '../src/index.js';
import { unpackOfficial } from '../src/cifar.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Records whose pixel i of plane c of record n is 100c + i + n modulo 251, with labels that go round. */
function records(count: number, ...classes: number[]): Buffer {
  const bytes = Buffer.alloc(count * (classes.length + 3072));
  let at = 0;
  for (let n = 0; n < count; n++) {
    for (const most of classes) bytes[at++] = n % most;
    for (let c = 0; c < 3; c++) for (let i = 0; i < 1024; i++) bytes[at++] = (100 * c + i + n) % 251;
  }
  return bytes;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cifar-'));
  vi.stubEnv('ASSAY_DATA', folder);
  vi.stubEnv('ASSAY_CACHE', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe('parseCifar', () => {
  it('turns planes into pixels', () => {
    const { images, labels, count } = parseCifar(records(12, 10));
    expect(count).toBe(12);
    expect(labels.map((own) => [...own])).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]]);
    expect(images).toHaveLength(12 * 3072);
    for (const [n, i, c] of [
      [0, 0, 0],
      [0, 0, 2],
      [0, 1, 0],
      [3, 33, 1],
      [11, 1023, 2],
    ] as const) {
      expect(images[n * 3072 + 3 * i + c]).toBe((100 * c + i + n) % 251);
    }
  });

  it('reads both labels of CIFAR-100', () => {
    const { labels } = parseCifar(records(105, 20, 100), { classes: [20, 100] });
    expect([labels[0]![104], labels[1]![104]]).toEqual([4, 4]);
    expect([labels[0]![60], labels[1]![60]]).toEqual([0, 60]);
  });

  it('refuses what is no whole number of records, and labels out of range', () => {
    expect(() => parseCifar(records(2, 10).subarray(1), { source: 'x.bin' })).toThrow(
      new DataCorrupt('x.bin', '6145 bytes; must be records of 3073. Get the file again.'),
    );
    expect(() => parseCifar(new Uint8Array(0))).toThrow('CIFAR data: 0 bytes; must be records of 3073.');
    expect(() => parseCifar(records(12, 11))).toThrow('label 10 of record 10; must be below 10. Get the file again.');
  });
});

/** CIFAR-10's test part, made up, in the folder that is looked in. */
async function testPart(manifest: unknown): Promise<Buffer> {
  const bytes = records(10_000, 10);
  await mkdir(join(folder, 'cifar-10'));
  await writeFile(join(folder, 'cifar-10', 'test_batch.bin'), bytes);
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  if (manifest !== undefined) await writeFile(join(folder, 'cifar-10', 'manifest.json'), text);
  return bytes;
}
const right = { 'test_batch.bin': sha256(records(10_000, 10)) };

describe('cifar10', () => {
  it.each([
    ['official', 'CIFAR-10'],
    ['jpeg-copy', 'CIFAR-10, JPEG copy'],
  ])('says what it read: %s', async (source, title) => {
    await testPart({ source, sha256: right });
    const { images, labels, ...rest } = await cifar10({ split: 'test' });
    expect(rest).toEqual({ count: 10_000, rows: 32, columns: 32, channels: 3, classes: 10, title });
    expect(images).toHaveLength(10_000 * 3072);
    expect(images[9999 * 3072 + 3 * 5 + 1]).toBe((100 + 5 + 9999) % 251);
    expect([...labels.subarray(0, 3), labels[9999]]).toEqual([0, 1, 2, 9]);
  });

  it('joins the five files of the training part in order', async () => {
    const bytes = Array.from({ length: 5 }, (_, k) => records(10_000, k + 6));
    await mkdir(join(folder, 'cifar-10'));
    const entries = bytes.map((own, k) => [`data_batch_${k + 1}.bin`, own] as const);
    for (const [name, own] of entries) await writeFile(join(folder, 'cifar-10', name), own);
    const manifest = {
      source: 'official',
      sha256: Object.fromEntries(entries.map(([name, own]) => [name, sha256(own)])),
    };
    await writeFile(join(folder, 'cifar-10', 'manifest.json'), JSON.stringify(manifest));
    const { labels, images, count } = await cifar10();
    expect([count, images.length]).toEqual([50_000, 50_000 * 3072]);
    expect([0, 1, 2, 3, 4].map((k) => labels[k * 10_000 + 9]!)).toEqual([3, 2, 1, 0, 9]); // 9 modulo 6, 7, 8, 9, 10
    expect(images[30_007 * 3072 + 3 * 100 + 2]).toBe((200 + 100 + 7) % 251);
  });

  it('refuses other bytes and manifests that do not vouch for them', async () => {
    const load = () => cifar10({ split: 'test' });
    const bytes = await testPart({ source: 'official', sha256: right });
    bytes[5000]! ^= 1;
    await writeFile(join(folder, 'cifar-10', 'test_batch.bin'), bytes);
    await expect(load()).rejects.toThrow(`must be ${right['test_batch.bin']}. Remove the file and get it again.`);
    for (const [manifest, why] of [
      ['{', 'not JSON. Get the whole folder again.'],
      ['null', `'source' is undefined; must be "official" or "jpeg-copy".`],
      ['{"source":"mine","sha256":{}}', `'source' is 'mine'; must be "official" or "jpeg-copy".`],
      ['{"source":"official"}', "'sha256' is missing; must map each file to its checksum."],
      ['{"source":"official","sha256":{}}', 'no sha256 of test_batch.bin. Get the whole folder again.'],
    ] as const) {
      await writeFile(join(folder, 'cifar-10', 'manifest.json'), manifest);
      await expect(load()).rejects.toThrow(`manifest.json: ${why}`);
      await expect(load()).rejects.toThrow(DataCorrupt);
    }
    await rm(join(folder, 'cifar-10', 'manifest.json'));
    await expect(load()).rejects.toThrow('no manifest.json, so its files cannot be verified.');
  });

  it('says how to get what is missing, and refuses an unknown split', async () => {
    await expect(cifar10()).rejects.toThrow(DataMissing);
    await expect(cifar10()).rejects.toThrow(`cifar-10: data missing. ${howToGet('cifar-10')}`);
    await expect(cifar10({ split: 'all' as 'test' })).rejects.toThrow(`cifar10: 'split' is "all"; must be`);
  });
});

describe('cifar100', () => {
  it('reads local files, fine or coarse labels, and says that they are not verified', async () => {
    await mkdir(join(folder, 'cifar-100'));
    await writeFile(join(folder, 'cifar-100', 'test.bin.gz'), gzipSync(records(10_000, 20, 100), { level: 1 }));
    const fine = await cifar100({ split: 'test' });
    expect([fine.title, fine.classes, fine.labels[123]]).toEqual(['CIFAR-100, not verified', 100, 23]);
    expect(fine.images[123 * 3072 + 4]).toBe((100 + 1 + 123) % 251);
    const coarse = await cifar100({ split: 'test', labels: 'coarse' });
    expect([coarse.title, coarse.classes, coarse.labels[123]]).toEqual(['CIFAR-100, not verified', 20, 3]);
    await expect(cifar100({ labels: 'all' as 'fine' })).rejects.toThrow(
      `cifar100: 'labels' is "all"; must be 'fine' or 'coarse'.`,
    );
    await writeFile(join(folder, 'cifar-100', 'test.bin'), records(3, 20, 100));
    await rm(join(folder, 'cifar-100', 'test.bin.gz'));
    await expect(cifar100({ split: 'test' })).rejects.toThrow('test.bin: 9222 bytes; must be 30740000.');
  });

  it('is not downloaded: its checksum was not seen', async () => {
    await expect(downloadDataset('cifar-100')).rejects.toThrow(DownloadFailed);
    await expect(downloadDataset('cifar-100')).rejects.toThrow('no source of its archive is known by its checksum.');
  });
});

describe('downloadDataset of CIFAR-10', () => {
  let server: Server;
  let requests = 0;
  const official = catalogue['cifar-10'].archive;
  const put = (value: typeof official) => Object.defineProperty(catalogue['cifar-10'], 'archive', { value });
  afterEach(() => {
    server?.close();
    put(official);
  });

  /** A small archive in place of the official one, served here. */
  async function served(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
    const tar = pack();
    for (const [name, bytes] of Object.entries(files)) tar.entry({ name: `cifar-10-batches-bin/${name}` }, bytes);
    tar.finalize();
    const path = join(folder, 'made.tar');
    await pipeline(tar, createWriteStream(path));
    const archive = gzipSync(await readFile(path));
    requests = 0;
    server = createServer((_, response) => {
      requests++;
      response.end(archive);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`;
    put({ url, folder: 'cifar-10-batches-bin', bytes: archive.length, sha256: sha256(archive) });
    return archive;
  }
  const files = () =>
    Object.fromEntries(
      [...[1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`), 'test_batch.bin'].map((name, k) => [
        name,
        records(k + 1, 10),
      ]),
    );

  it('unpacks the verified archive once, with a manifest of what came out', async () => {
    const archive = await served(files());
    const to = await downloadDataset('cifar-10');
    expect(to).toBe(join(folder, 'cache', 'cifar-10'));
    expect(locate('cifar-10')).toBe(to);
    expect((await readdir(join(folder, 'cache'))).sort()).toEqual(['cifar-10', 'cifar-10-binary.tar.gz']);
    expect(JSON.parse(await readFile(join(to, 'manifest.json'), 'utf8'))).toEqual({
      source: 'official',
      sha256: Object.fromEntries(Object.entries(files()).map(([name, bytes]) => [name, sha256(bytes)])),
    });
    expect(await downloadDataset('cifar-10')).toBe(to);
    expect(requests).toBe(1);

    // An archive that lies beside the folder to make is only unpacked.
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'cifar-10-binary.tar.gz'), archive);
    await downloadDataset('cifar-10', { folder: join(folder, 'data', 'cifar-10') });
    expect(requests).toBe(1);
    expect((await readFile(join(folder, 'data', 'cifar-10', 'test_batch.bin'))).equals(records(6, 10))).toBe(true);

    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine', 'notes.txt'), '');
    await expect(downloadDataset('cifar-10', { folder: join(folder, 'mine') })).rejects.toThrow(
      'has files but no manifest.json; must be new. Move it away and call again.',
    );
  });

  it('leaves nothing of an archive that lacks a file', async () => {
    const lacking = Object.fromEntries(Object.entries(files()).slice(0, 5));
    const tar = pack();
    for (const [name, bytes] of Object.entries(lacking)) tar.entry({ name: `inner/${name}` }, bytes);
    tar.finalize();
    const path = join(folder, 'lacking.tar');
    await pipeline(tar, createWriteStream(path));
    await expect(unpackOfficial(path, 'inner', join(folder, 'out'))).rejects.toThrow('ENOENT');
    expect((await readdir(folder)).sort()).toEqual(['lacking.tar']);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

// 180 MB that are not part of this repository: looked for where a user would have them, before the tests stub that place.
describe('the CIFAR-10 of this machine', () => {
  const real = locate('cifar-10');
  it.skipIf(real === null)(
    'has 5,000 + 1,000 images a class and known means (skipped where the data is absent)',
    async () => {
      for (const [split, each] of [
        ['train', 5000],
        ['test', 1000],
      ] as const) {
        const { images, labels, title } = await cifar10({ split, folder: real! });
        expect(title).toMatch(/^CIFAR-10(, JPEG copy)?$/);
        const counts = new Array<number>(10).fill(0);
        for (const label of labels) counts[label]!++;
        expect(counts).toEqual(new Array(10).fill(each));
        if (split === 'test') continue;
        const mean = [0, 0, 0];
        for (let i = 0; i < images.length; i++) mean[i % 3]! += images[i]! / 255 / (images.length / 3);
        for (const [c, known] of [0.4914, 0.4822, 0.4465].entries()) expect(mean[c]).toBeCloseTo(known, 3);
      }
    },
  );
});
