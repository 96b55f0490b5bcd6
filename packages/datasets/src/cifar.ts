/**
 * CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version: records of one or two label bytes and the planes of
 * red, green and blue, each 32×32 and row-major. Images are handed out pixel by pixel, [count, 32, 32, 3].
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { requireList, requireOptions, shown } from '@assay-ml/numerics/check';

import { catalogue } from './catalogue.js';
import { readVerified } from './content.js';
import { DataCorrupt } from './errors.js';
import { find, type LabelledImages, type LoadOptions } from './images.js';
import { fileIn, filesOf } from './locate.js';
import { untar } from './untar.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** Colour images with what a result says it was measured on. */
export interface ColourImages extends LabelledImages {
  readonly channels: 3;
  readonly title: string;
}

/** Where the files of a folder are from. */
interface Manifest {
  readonly source: 'official' | 'jpeg-copy';
  /** Of each file, by its name. */
  readonly sha256: Readonly<Record<string, string>>;
}

/**
 * Loads CIFAR-10. Nothing is downloaded: see `locate` for where its files are looked for and `downloadDataset` to get them.
 * Each file is held to the sha256 in the folder's `manifest.json`, which also says what it is: `title` is `CIFAR-10` for
 * files unpacked from the verified official archive and `CIFAR-10, JPEG copy` for a copy that was compressed in between.
 * @throws DataMissing when the files are not on this machine; DataCorrupt when there is no manifest, or they are not what
 *   it says; RangeError for an unknown split
 */
export async function cifar10(options: LoadOptions = {}): Promise<ColourImages> {
  const { records, manifest } = await load('cifar10', 'cifar-10', options);
  if (manifest === null) {
    const folder = find('cifar10', 'cifar-10', options).found;
    throw new DataCorrupt(
      folder,
      `no manifest.json, so its files cannot be verified. ${catalogue['cifar-10'].howToGet}`,
    );
  }
  const [labels] = records.labels;
  return colour(records, labels!, 10, manifest.source === 'jpeg-copy' ? 'CIFAR-10, JPEG copy' : 'CIFAR-10');
}

/**
 * Loads CIFAR-100 from files that you unpacked. The checksum of its archive was never seen here, so without a
 * `manifest.json` only sizes and labels are checked, and `title` says `CIFAR-100, not verified`.
 * @param options `labels`: `fine`, 100 classes (default), or `coarse`, 20
 * @throws as `cifar10`, but for an absent manifest; RangeError for other `labels`
 */
export async function cifar100(
  options: LoadOptions & { readonly labels?: 'fine' | 'coarse' } = {},
): Promise<ColourImages> {
  requireOptions('cifar100', options, { labels: 1, split: 1, folder: 1 });
  const { labels = 'fine', ...where } = options;
  if (labels !== 'fine' && labels !== 'coarse') {
    throw new RangeError(`cifar100: 'labels' is ${JSON.stringify(labels)}; must be 'fine' or 'coarse'.`);
  }
  const { records, manifest } = await load('cifar100', 'cifar-100', where);
  const [coarse, fine] = records.labels;
  const suffix = manifest === null ? ', not verified' : manifest.source === 'jpeg-copy' ? ', JPEG copy' : '';
  return labels === 'fine'
    ? colour(records, fine!, 100, `CIFAR-100${suffix}`)
    : colour(records, coarse!, 20, `CIFAR-100${suffix}`);
}

/** Images and labels of a file. */
export interface CifarRecords {
  /** [count, 32, 32, 3]. */
  readonly images: Uint8Array;
  /** One array a label byte: CIFAR-10 has one, CIFAR-100 the coarse and the fine. */
  readonly labels: readonly Uint8Array[];
  readonly count: number;
}

/**
 * Reads the binary records of CIFAR.
 * @param bytes a whole file
 * @param options `classes`: number of classes of each label byte, `[10]` (default) or `[20, 100]`; `source`: name for error messages
 * @throws TypeError for arguments of another kind; DataCorrupt when the bytes are no whole number of records, or a label is out of range
 */
export function parseCifar(
  bytes: Uint8Array,
  options: { readonly classes?: readonly number[]; readonly source?: string } = {},
): CifarRecords {
  requireOptions('parseCifar', options, { classes: 1, source: 1 });
  requireList('parseCifar', 'bytes', bytes, 'Read the file whole.');
  const { classes = [10], source = 'CIFAR data' } = options;
  const record = classes.length + 3 * PLANE;
  const count = bytes.length / record;
  if (!Number.isInteger(count) || count === 0) {
    throw new DataCorrupt(source, `${bytes.length} bytes; must be records of ${record}. Get the file again.`);
  }
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = classes.map(() => new Uint8Array(count));
  for (let n = 0; n < count; n++) {
    let from = n * record;
    for (const [k, most] of classes.entries()) {
      const label = bytes[from++]!;
      if (label >= most) {
        throw new DataCorrupt(source, `label ${label} of record ${n}; must be below ${most}. Get the file again.`);
      }
      labels[k]![n] = label;
    }
    const to = n * 3 * PLANE;
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < PLANE; i++) images[to + 3 * i + c] = bytes[from++]!;
    }
  }
  return { images, labels, count };
}

function colour({ images, count }: CifarRecords, labels: Uint8Array, classes: number, title: string): ColourImages {
  return { images, labels, count, rows: SIDE, columns: SIDE, channels: 3, classes, title };
}

async function load(where: string, name: 'cifar-10' | 'cifar-100', options: LoadOptions) {
  const { found, split } = find(where, name, options);
  const manifest = await readManifest(found);
  const parts: CifarRecords[] = [];
  for (const file of filesOf(catalogue[name], split)) {
    const path = fileIn(found, file)!;
    const sha256 = manifest === null ? null : new Map(Object.entries(manifest.sha256)).get(file.name);
    if (sha256 === undefined) {
      throw new DataCorrupt(join(found, 'manifest.json'), `no sha256 of ${file.name}. Get the whole folder again.`);
    }
    const bytes = await readVerified(path, { ...file, sha256 });
    parts.push(parseCifar(bytes, { classes: name === 'cifar-10' ? [10] : [20, 100], source: path }));
  }
  return { manifest, records: parts.length === 1 ? parts[0]! : joined(parts) };
}

function joined(parts: readonly CifarRecords[]): CifarRecords {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const images = new Uint8Array(count * 3 * PLANE);
  const labels = parts[0]!.labels.map(() => new Uint8Array(count));
  let at = 0;
  for (const part of parts) {
    images.set(part.images, at * 3 * PLANE);
    for (const [k, own] of part.labels.entries()) labels[k]!.set(own, at);
    at += part.count;
  }
  return { images, labels, count };
}

/** Null when there is none. */
async function readManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, 'manifest.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const bad = (what: string, cause?: unknown): DataCorrupt =>
    new DataCorrupt(path, `${what}. Get the whole folder again.`, { cause });
  let manifest: Partial<Manifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<Manifest> | null;
  } catch (cause) {
    throw bad('not JSON', cause);
  }
  if (manifest?.source !== 'official' && manifest?.source !== 'jpeg-copy') {
    throw bad(`'source' is ${shown(manifest?.source)}; must be "official" or "jpeg-copy"`);
  }
  if (typeof manifest.sha256 !== 'object' || manifest.sha256 === null) {
    throw bad("'sha256' is missing; must map each file to its checksum");
  }
  const wrong = Object.entries(manifest.sha256).find(([, sha256]) => !/^[0-9a-f]{64}$/.test(String(sha256)));
  if (wrong) throw bad(`sha256 of ${wrong[0].slice(0, 80)} is ${shown(wrong[1])}; must be 64 hexadecimal digits`);
  return manifest as Manifest;
}

/**
 * Unpacks the verified official archive of CIFAR-10 into a new folder, with a manifest of what came out.
 * @param archive path of the verified `.tar.gz`
 * @param inner folder within the archive
 */
export async function unpackOfficial(archive: string, inner: string, folder: string): Promise<void> {
  const whole = `${resolve(folder)}.unpacked`;
  await rm(whole, { recursive: true, force: true }); // of a process that was killed
  try {
    await untar(archive, whole);
    const from = join(whole, inner);
    const sha256: Record<string, string> = {};
    for (const { name } of filesOf(catalogue['cifar-10'], undefined)) {
      const bytes = await readFile(join(from, name));
      sha256[name] = createHash('sha256').update(bytes).digest('hex');
    }
    await writeFile(join(from, 'manifest.json'), `${JSON.stringify({ source: 'official', sha256 }, null, 2)}\n`);
    await rename(from, folder);
  } finally {
    await rm(whole, { recursive: true, force: true });
  }
}
