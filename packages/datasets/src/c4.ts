/** C4, the cleaned crawl that language models are pre-trained on, from shards that the user has: it is 305 GB. */
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { oneOf, requireOptions } from '@assay-ml/numerics/check';

import { DataCorrupt, DataMissing } from './errors.js';
import type { FolderOptions } from './files.js';
import { lines } from './lines.js';
import { inAssayData } from './locate.js';

const HOW_TO_GET =
  'Put shards of its variant en, named as they are published (c4-train.00000-of-01024.json.gz, …; ' +
  'https://huggingface.co/datasets/allenai/c4), into $ASSAY_DATA/c4/. Any number of them will do.';

/** What to read, and from where. */
export interface C4Options extends FolderOptions {
  /** Default `train` (1,024 shards of about 356,000 documents); `validation` has 8. */
  readonly split?: 'train' | 'validation';
  /** Numbers of the shards to read, in this order, e.g. those of one worker. Default: all that are there, ascending. */
  readonly shards?: readonly number[];
}

/**
 * Documents of C4 (Raffel et al. 2020), one after the other, in memory that does not grow with their number. Shards are
 * JSON lines, compressed (`.json.gz`) or not, in `folder` or `$ASSAY_DATA/c4/`. They are too many to be known by their
 * checksums: what is checked is that each line is an object with a `text`.
 * @returns the text of each document
 * @throws DataMissing when no shard, or one that was asked for, is there; DataCorrupt with shard and line for what is no
 *   document, and for a shard that is damaged or empty; RangeError for an unknown split
 */
export async function* c4(options: C4Options = {}): AsyncGenerator<string, void, undefined> {
  requireOptions<C4Options>('c4', options, { split: 1, shards: 1, folder: 1 });
  const { split = 'train', shards, folder } = options;
  oneOf('c4', 'split', split, ['train', 'validation']);
  const [place] = folder === undefined ? inAssayData('c4') : [resolve(folder)];
  const there = place === undefined ? new Map<number, string>() : await shardsIn(place, split);
  if (there.size === 0) {
    throw new DataMissing('c4', (place === undefined ? '' : `No ${split} shard is in ${place}. `) + HOW_TO_GET);
  }
  for (const shard of shards ?? [...there.keys()].sort((a, b) => a - b)) {
    const path = there.get(shard);
    if (path === undefined) throw new DataMissing('c4', `No ${split} shard ${shard} is in ${place!}. ${HOW_TO_GET}`);
    yield* documentsOf(path);
  }
}

/** Paths of the shards in a folder, by their numbers. */
async function shardsIn(folder: string, split: string): Promise<Map<number, string>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const shards = new Map<number, string>();
  for (const name of names) {
    const [, own, number] = /^c4-(\w+)\.(\d{5})-of-\d{5}\.json(?:\.gz)?$/.exec(name) ?? [];
    if (own === split) shards.set(Number(number), join(folder, name));
  }
  return shards;
}

async function* documentsOf(path: string): AsyncGenerator<string, void, undefined> {
  let line = 0;
  try {
    for await (const text of lines(contentOf(path), path, 'shard of C4')) yield textOf(text, path, ++line);
  } catch (error) {
    // zlib's errors, e.g. Z_BUF_ERROR of an archive that is cut short
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
    throw new DataCorrupt(path, `not a whole archive (${(error as Error).message}). Remove it and get it again.`, {
      cause: error,
    });
  }
  if (line === 0) throw new DataCorrupt(path, 'no document; must have at least one. Remove it and get it again.');
}

function contentOf(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  if (!path.endsWith('.gz')) return file;
  const content = createGunzip();
  pipeline(file, content).catch(() => undefined); // whoever reads it is told
  return content;
}

function textOf(line: string, path: string, number: number): string {
  let document: unknown;
  try {
    document = JSON.parse(line);
  } catch {
    // told below
  }
  const { text } = (document ?? {}) as { text?: unknown };
  if (typeof text === 'string') return text;
  throw new DataCorrupt(path, `line ${number}: ${JSON.stringify(line.slice(0, 40))} is no JSON object with a text, as a line of C4 is.`); // prettier-ignore
}
