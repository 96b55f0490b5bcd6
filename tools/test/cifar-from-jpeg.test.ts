import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { cifarFromJpeg } from '../src/cifar-from-jpeg.js';

const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const RECORD = 3073;
const few = { train: 2, test: 1 };

let folder: string;
let to: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cifar-test-'));
  to = join(folder, 'out', 'cifar-10');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An archive whose k-th image of class c is one colour: (10c, 100 + 10k, 255 in tests and 0 else). */
async function archive(change: (root: string) => void | Promise<void> = () => undefined): Promise<string> {
  for (const [part, count] of Object.entries(few)) {
    for (const [c, name] of CLASSES.entries()) {
      const images = join(folder, part, name);
      mkdirSync(images, { recursive: true });
      for (let k = 0; k < count; k++) {
        await solid(32, { r: 10 * c, g: 100 + 10 * k, b: part === 'test' ? 255 : 0 }, join(images, `000${k}.jpg`));
      }
    }
  }
  await change(folder);
  const path = join(folder, 'copy.tar');
  execFileSync('tar', ['-cf', path, '-C', folder, 'train', 'test']);
  return path;
}

async function solid(side: number, background: { r: number; g: number; b: number }, path: string): Promise<void> {
  await sharp({ create: { width: side, height: side, channels: 3, background } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toFile(path);
}

it('writes the official layout, round the classes, with its own checksums', async () => {
  await cifarFromJpeg(await archive(), to, few);
  const names = ['batches.meta.txt', ...[1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`), 'test_batch.bin'];
  expect(readdirSync(to).sort()).toEqual([...names.slice(0, 6), 'manifest.json', 'test_batch.bin']);
  expect(readdirSync(join(folder, 'out'))).toEqual(['cifar-10']);
  expect(readFileSync(join(to, 'batches.meta.txt'), 'utf8')).toBe(`${CLASSES.join('\n')}\n`);

  const train = Buffer.concat(names.slice(1, 6).map((name) => readFileSync(join(to, name))));
  const test = readFileSync(join(to, 'test_batch.bin'));
  expect([train.length, test.length]).toEqual([20 * RECORD, 10 * RECORD]);
  for (const [bytes, blue] of [
    [train, 0],
    [test, 255],
  ] as const) {
    for (let i = 0; i < bytes.length / RECORD; i++) {
      const record = bytes.subarray(i * RECORD, (i + 1) * RECORD);
      expect(record[0]).toBe(i % 10);
      for (const [plane, value] of [10 * (i % 10), 100 + 10 * Math.floor(i / 10), blue].entries()) {
        const pixels = record.subarray(1 + plane * 1024, 1 + (plane + 1) * 1024);
        expect(Math.max(...pixels.map((p) => Math.abs(p - value)))).toBeLessThanOrEqual(2); // JPEG
      }
    }
  }

  const manifest = JSON.parse(readFileSync(join(to, 'manifest.json'), 'utf8')) as { sha256: Record<string, string> };
  expect(manifest).toEqual({
    source: 'jpeg-copy',
    sha256: Object.fromEntries(
      names.map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(to, name)))
          .digest('hex'),
      ]),
    ),
  });
});

it('leaves nothing when the archive is not what it should be', async () => {
  const lacking = await archive((root) => rmSync(join(root, 'test', 'frog', '0000.jpg')));
  await expect(cifarFromJpeg(lacking, to, few)).rejects.toThrow(/frog has 0 images in .*; must be 1\.$/);
  const small = await archive((root) => solid(16, { r: 0, g: 0, b: 0 }, join(root, 'train', 'ship', '0001.jpg')));
  await expect(cifarFromJpeg(small, to, few)).rejects.toThrow(
    /0001\.jpg is 16×16 with 3 channels; must be 32×32 with 3/,
  );
  writeFileSync(join(folder, 'no.tar'), 'no archive');
  await expect(cifarFromJpeg(join(folder, 'no.tar'), to, few)).rejects.toThrow('tar -xf');
  expect(readdirSync(join(folder, 'out'))).toEqual([]);
});

it('does not touch a folder that is there', async () => {
  mkdirSync(to, { recursive: true });
  await expect(cifarFromJpeg('none.tar', to)).rejects.toThrow(`cifar-from-jpeg: ${to} exists; must be new.`);
  expect(existsSync(to)).toBe(true);
});
