/** The Brown corpus: English prose of 1961 in 15 genres, each word with its part of speech. */
import { requireOptions, requireText } from '@assay-ml/numerics/check';

import { DataCorrupt } from './errors.js';
import { readFiles, type FolderOptions } from './files.js';
import { readTarball } from './tarball.js';

/** A sentence, word by word; punctuation marks are words. */
export interface BrownSentence {
  readonly words: readonly string[];
  /** Part of speech of each word, e.g. `np-tl`; empty unless tags were asked for. */
  readonly tags: readonly string[];
}

/** One of the 500 documents. */
export interface BrownDocument {
  /** Its file, `ca01` … `cr09`. */
  readonly name: string;
  /** One of 15, e.g. `news`. */
  readonly genre: string;
  readonly sentences: readonly BrownSentence[];
}

/** What to load, and from where. */
export interface BrownOptions extends FolderOptions {
  /** Keep the tags. Default false. */
  readonly tags?: boolean;
}

/**
 * Loads the Brown corpus (Francis and Kučera 1964): 500 documents, 57,340 sentences, 1,161,192 words. Nothing is downloaded:
 * see `locate` for where its file is looked for and `downloadDataset` to get it.
 * @returns the documents in the order of their names
 * @throws DataMissing when the file is not on this machine; DataCorrupt when it is not the published bytes
 */
export async function brown(options: BrownOptions = {}): Promise<BrownDocument[]> {
  requireOptions<BrownOptions>('brown', options, { tags: 1, folder: 1 });
  const { tags = false, ...where } = options;
  const [archive] = await readFiles('brown', 'brown', where);
  const files = await readTarball(archive!);
  const text = (name: string) => files.get(`package/${name}`)!.toString('latin1');
  const genres = text('cats.txt').trim().split('\n').map((line) => line.split(' ') as [string, string]); // prettier-ignore
  return genres.map(([name, genre]) => ({ name, genre, sentences: parseBrown(text(name), { tags, source: name }) }));
}

/**
 * Reads a document of the Brown corpus: a sentence a line, `word/tag word/tag …`; blank lines are left out.
 * @param options `tags`: keep them, default false; `source`: name for error messages
 * @throws TypeError for arguments of another kind; DataCorrupt for a word without tag, with its line, and for a document without sentence
 */
export function parseBrown(
  text: string,
  options: { readonly tags?: boolean; readonly source?: string } = {},
): BrownSentence[] {
  requireOptions('parseBrown', options, { tags: 1, source: 1 });
  requireText('parseBrown', 'text', text, 'Decode the file first.');
  const { tags: kept = false, source = 'Brown text' } = options;
  const sentences: BrownSentence[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!.trim();
    if (line === '') continue;
    const words = line.split(/\s+/);
    const tags: string[] = [];
    for (let k = 0; k < words.length; k++) {
      const token = words[k]!;
      const at = token.lastIndexOf('/');
      if (at < 1 || at === token.length - 1) {
        throw new DataCorrupt(source, `line ${i + 1}: ${JSON.stringify(token.slice(0, 40))} is not word/tag, as in The/at.`); // prettier-ignore
      }
      words[k] = token.slice(0, at);
      if (kept) tags.push(token.slice(at + 1));
    }
    sentences.push({ words, tags });
  }
  if (sentences.length === 0) throw new DataCorrupt(source, 'no sentence; must have at least one. Get it again.');
  return sentences;
}
