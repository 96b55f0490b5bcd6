/**
 * Where a data set lies on this machine. Looked for, in this order:
 *
 * 1. the `folder` the caller names (then nowhere else);
 * 2. `$ASSAY_DATA/<name>/`, e.g. `$ASSAY_DATA/fashion-mnist/train-images-idx3-ubyte.gz`;
 * 3. folders of distribution packages, e.g. `/usr/share/datasets/fashion-mnist/` of Debian's `dataset-fashion-mnist`;
 * 4. the cache, `<cacheFolder()>/<name>/`.
 *
 * Each file may be there as `<name>.gz` or unpacked as `<name>`.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { requireOptions, shown } from '@assay-ml/numerics/check';

import {
  catalogue,
  type DataFile,
  type Dataset,
  type DatasetName,
  type FileDataset,
  type IdxDataset,
  type PublishedFile,
  type RecordFile,
} from './catalogue.js';

/** Part of a data set. */
export type Split = 'train' | 'test';

/** Where to look. */
export interface LocateOptions {
  /** Look in this folder and nowhere else. */
  readonly folder?: string;
  /** Only the files of this part have to be there. Default: all. Texts and models have no parts. */
  readonly split?: Split;
}

/**
 * Folder that downloads are kept in: `$ASSAY_CACHE`, else `assay` in `$XDG_CACHE_HOME`, `%LOCALAPPDATA%` or `~/.cache`.
 */
export function cacheFolder(): string {
  const { ASSAY_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (ASSAY_CACHE) return resolve(ASSAY_CACHE);
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'assay');
}

/**
 * Finds a data set without reading it: the names of its files are looked for, their content is verified when loaded.
 * @param name e.g. `fashion-mnist`
 * @returns the folder that has all files needed, or null: then `howToGet(name)` says what to do
 * @throws RangeError for a name that is not in the catalogue, or a part of what has none
 */
export function locate(name: DatasetName, options: LocateOptions = {}): string | null {
  const dataset = catalogueEntry('locate', name);
  requireOptions<LocateOptions>('locate', options, { folder: 1, split: 1 });
  refuseSplit('locate', dataset, options.split);
  const files = filesOf(dataset, options.split);
  const folders = options.folder === undefined ? defaultFolders(dataset) : [resolve(options.folder)];
  return folders.find((folder) => files.every((file) => fileIn(folder, file) !== null)) ?? null;
}

/**
 * A sentence for the user who lacks a data set.
 * @param name e.g. `fashion-mnist`
 * @throws RangeError for a name that is not in the catalogue
 */
export function howToGet(name: DatasetName): string {
  return catalogueEntry('howToGet', name).howToGet;
}

/** Path of a file in a folder, compressed or not; null when it is not there. */
export function fileIn(folder: string, { name }: { readonly name: string }): string | null {
  return [join(folder, `${name}.gz`), join(folder, name)].find((path) => existsSync(path)) ?? null;
}

/** `$ASSAY_DATA/<name>`, as a list of one; empty where the variable is not set. */
export function inAssayData(name: string): string[] {
  const { ASSAY_DATA } = process.env;
  return ASSAY_DATA ? [join(resolve(ASSAY_DATA), name)] : [];
}

function defaultFolders(dataset: Dataset): string[] {
  return [...inAssayData(dataset.name), ...dataset.folders, join(cacheFolder(), dataset.name)];
}

/** Whether a data set is a list of files without parts. */
export function isFiles(dataset: Dataset): dataset is FileDataset {
  return 'wheel' in dataset;
}

/** @throws RangeError for a part of a data set that has none */
export function refuseSplit(where: string, dataset: Dataset, split: Split | undefined): void {
  if (split === undefined || !isFiles(dataset)) return;
  throw new RangeError(`${where}: 'split' is ${shown(split)}; must be left out: '${dataset.name}' has no parts.`);
}

/** Files of one part, or of all. */
export function filesOf<D extends Dataset>(dataset: D, split: Split | undefined): FileOf<D>[] {
  if (isFiles(dataset)) return [...dataset.files] as FileOf<D>[];
  const splits = split === undefined ? Object.values(dataset.files) : [dataset.files[split]];
  return splits.flatMap((files) => Object.values(files) as FileOf<D>[]);
}

type FileOf<D extends Dataset> = D extends IdxDataset ? DataFile : D extends FileDataset ? PublishedFile : RecordFile;

/** The catalogue's entry; RangeError for a name it lacks. */
export function catalogueEntry(where: string, name: DatasetName): Dataset {
  if (!Object.hasOwn(catalogue, name)) {
    throw new RangeError(
      `${where}: 'name' is ${JSON.stringify(name)}; must be one of ${Object.keys(catalogue).join(', ')}.`,
    );
  }
  return catalogue[name];
}
