import { readFiles, type FolderOptions } from './files.js';

/**
 * Loads Tiny Shakespeare (Karpathy 2015), 40,000 lines of the plays: 1,115,394 characters, 65 different ones, all ASCII.
 * Nothing is downloaded: see `locate` for where its file is looked for and `downloadDataset` to get it.
 * @throws DataMissing when the file is not on this machine; DataCorrupt when it is not the published bytes
 */
export async function tinyShakespeare(options: FolderOptions = {}): Promise<string> {
  const [text] = await readFiles('tinyShakespeare', 'tiny-shakespeare', options);
  return new TextDecoder().decode(text);
}
