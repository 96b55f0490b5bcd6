/** Texts and models whose files are verified before they are read. */
import { requireOptions } from '@assay-ml/numerics/check';

import { catalogue, type FileDatasetName } from './catalogue.js';
import { readVerified } from './content.js';
import { DataMissing } from './errors.js';
import { fileIn, locate } from './locate.js';

/** From where to load. */
export interface FolderOptions {
  /** Read from this folder and nowhere else. Default: see `locate`. */
  readonly folder?: string;
}

/**
 * The content of a data set's files, in the catalogue's order.
 * @throws DataMissing when they are not on this machine; DataCorrupt when they are not the published bytes
 */
export async function readFiles(where: string, name: FileDatasetName, options: FolderOptions): Promise<Uint8Array[]> {
  requireOptions<FolderOptions>(where, options, { folder: 1 });
  const { folder } = options;
  const { files, howToGet } = catalogue[name];
  const found = locate(name, folder === undefined ? {} : { folder });
  if (found === null) {
    throw new DataMissing(name, (folder === undefined ? '' : `Its files are not in ${folder}. `) + howToGet);
  }
  return Promise.all(files.map((file) => readVerified(fileIn(found, file)!, file)));
}
