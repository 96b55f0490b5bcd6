/** Labelled grey images from a pair of IDX files whose content is verified before it is parsed. */
import { requireKeys, requireOptions } from '@assay-ml/numerics/check';

import { catalogue, type DataFile, type DatasetName } from './catalogue.js';
import { readVerified } from './content.js';
import { DataMissing } from './errors.js';
import { parseIdx, type IdxArray } from './idx.js';
import { fileIn, locate, type Split } from './locate.js';

/** Labelled images, grey or in colour. */
export interface LabelledImages {
  /** Pixels 0 (background) … 255, row-major [count, rows, columns, channels]. Not scaled: see `gather` and `examples`. */
  readonly images: Uint8Array;
  /** Class of each image, [count]. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** Values a pixel has: 3, in the order red, green, blue, or 1, grey. Default 1. */
  readonly channels?: number;
  /** Number of classes; labels are 0 … classes − 1. */
  readonly classes: number;
  /** What a result says it was measured on, e.g. `CIFAR-10, JPEG copy`. */
  readonly title?: string;
}

/** What to load, and from where. */
export interface LoadOptions {
  /** Default `train` (60,000 images); `test` has 10,000. */
  readonly split?: Split;
  /** Read from this folder and nowhere else. Default: see `locate`. */
  readonly folder?: string;
}

/**
 * Loads Fashion-MNIST (Xiao et al. 2017, MIT licence): 28×28 grey images of ten kinds of clothing. Nothing is
 * downloaded: the files are looked for as `locate` says, and their sha256 is verified before they are parsed.
 * @throws DataMissing when the files are not on this machine; DataCorrupt when they are not the published bytes;
 *   RangeError for an unknown split
 */
export async function fashionMnist(options: LoadOptions = {}): Promise<LabelledImages> {
  return load('fashionMnist', 'fashion-mnist', 'Fashion-MNIST', options);
}

/**
 * Loads MNIST (LeCun et al. 1998): 28×28 grey images of handwritten digits. Nothing is downloaded: the files are looked
 * for as `locate` says, and their sha256 is verified before they are parsed.
 * @throws as `fashionMnist`
 */
export async function mnist(options: LoadOptions = {}): Promise<LabelledImages> {
  return load('mnist', 'mnist', 'MNIST', options);
}

/**
 * Rows of a data set as numbers a method can use: pixels divided by 255, so in [0, 1], and their labels.
 * @param data as loaded
 * @param indices which samples, in this order, e.g. one client's list from a partitioner. Default: all
 * @returns `x` row-major [n, rows·columns·channels] in [0, 1]; `y` labels [n]
 * @throws TypeError for arguments of another kind; RangeError for an index outside 0 … count − 1
 */
export function gather(
  data: LabelledImages,
  indices?: ArrayLike<number>,
): { readonly x: Float64Array; readonly y: Uint8Array; readonly count: number; readonly features: number } {
  requireKeys(
    'gather',
    'data',
    data,
    ['images', 'labels', 'rows', 'columns', 'count'],
    'mnist(), cifar10(), … read some.',
  );
  const features = data.rows * data.columns * (data.channels ?? 1);
  const count = indices?.length ?? data.count;
  const x = new Float64Array(count * features);
  const y = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const sample = indices === undefined ? i : indices[i]!;
    if (!Number.isInteger(sample) || sample < 0 || sample >= data.count) {
      throw new RangeError(`gather: 'indices[${i}]' is ${sample}; must be an integer in 0 … ${data.count - 1}.`);
    }
    y[i] = data.labels[sample]!;
    for (let j = 0; j < features; j++) x[i * features + j] = data.images[sample * features + j]! / 255;
  }
  return { x, y, count, features };
}

async function load(
  where: string,
  name: 'fashion-mnist' | 'mnist',
  title: string,
  options: LoadOptions,
): Promise<LabelledImages> {
  const { found, split } = find(where, name, options);
  const { files } = catalogue[name];
  const images = await readIdx(found, files[split].images);
  const labels = await readIdx(found, files[split].labels);
  const [count, rows, columns] = images.shape as [number, number, number];
  return { images: images.data, labels: labels.data, count, rows, columns, classes: 10, title };
}

/** The folder that has the part to load. */
export function find(where: string, name: DatasetName, options: LoadOptions): { found: string; split: Split } {
  requireOptions<LoadOptions>(where, options, { split: 1, folder: 1 });
  const { split = 'train', folder } = options;
  const dataset = catalogue[name];
  if (!Object.hasOwn(dataset.files, split)) {
    throw new RangeError(`${where}: 'split' is ${JSON.stringify(split)}; must be 'train' or 'test'.`);
  }
  const found = locate(name, { split, ...(folder === undefined ? {} : { folder }) });
  if (found === null) {
    const searched = folder === undefined ? '' : `Its ${split} files are not in ${folder}. `;
    throw new DataMissing(name, searched + dataset.howToGet);
  }
  return { found, split };
}

async function readIdx(folder: string, file: DataFile): Promise<IdxArray> {
  const path = fileIn(folder, file)!;
  return parseIdx(await readVerified(path, file), path);
}
