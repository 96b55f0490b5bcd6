import { catalogue } from './catalogue.js';
import { readFiles, type FolderOptions } from './files.js';

/**
 * Loads the folder of CityLearn's 2022 challenge, all phases: 17 buildings in Fontana, California, 8,760 hours. It is given as the
 * texts of its files by their names, as `parseDistrict` of `@assay-ml/fedtrpo` takes them. Nothing is downloaded: see `locate` for where its files
 * are looked for and `downloadDataset` to get them.
 * @throws DataMissing when the files are not on this machine; DataCorrupt when they are not the published bytes
 */
export async function cityLearn2022(options: FolderOptions = {}): Promise<Record<string, string>> {
  const contents = await readFiles('cityLearn2022', 'citylearn-2022', options);
  const { files } = catalogue['citylearn-2022'];
  const decoder = new TextDecoder();
  return Object.fromEntries(files.map(({ name }, k) => [name, decoder.decode(contents[k]!)]));
}
