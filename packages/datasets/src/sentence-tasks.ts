/** Two tasks for an encoder, made of the Brown corpus: whether a sentence is disturbed, and whether one follows another. */
import type { Stream } from '@assay-ml/numerics';
import { integer, invalid, requireList, requireOptions } from '@assay-ml/numerics/check';

import type { BrownDocument, BrownSentence } from './brown.js';

/** Texts, or pairs of texts, and their labels. */
export interface SentenceExamples {
  readonly texts: readonly string[];
  /** The other sentence of each, of pairs. */
  readonly others?: readonly string[];
  /** 0 and 1 in turn. */
  readonly labels: Int32Array;
}

/** How many examples, and which. */
export interface SentenceOptions {
  readonly count: number;
  /** Key of what is drawn, e.g. `stream(seed, 'accept')`. */
  readonly stream: Stream;
}

/** Words of a sentence of `disturbedSentences`, and of one of `sentencePairs`. */
const [SHORT, LONG] = [[6, 13], [6, 15]] as const; // prettier-ignore
const within = ([least, most]: readonly [number, number], { length }: readonly string[]) => length >= least && length <= most; // prettier-ignore

/** Labels 0 and 1 in turn: half of each in every even number of examples. */
const labelOf = (k: number) => k % 2;

/** Places of words that differ from the next in part of speech, and in more. */
const exchangeable = ({ words, tags }: BrownSentence) =>
  words.slice(1).flatMap((word, i) => (tags[i] === tags[i + 1] || words[i] === word ? [] : i));

/**
 * As CoLA asks: is the sentence one that is written (1), or one with two neighbouring words of different parts of speech exchanged
 * (0)? No sentence of the corpus is taken twice.
 * @param documents with tags: `await brown({ tags: true })`
 * @throws TypeError for arguments of another kind; RangeError where the corpus has fewer sentences of 6 to 13 words with tags
 */
export function disturbedSentences(documents: readonly BrownDocument[], options: SentenceOptions): SentenceExamples {
  requireList('disturbedSentences', 'documents', documents, 'brown({ tags: true }) reads them.');
  const where = 'disturbedSentences';
  const all = documents.flatMap(({ sentences }) =>
    sentences.filter((sentence) => within(SHORT, sentence.words) && exchangeable(sentence).length > 0),
  );
  const { count, stream } = checked(where, options, all.length, 'sentences of 6 to 13 words with tags');
  const texts = Array.from(stream.at(0).choice(all.length, new Uint32Array(count)), (index, k) => {
    const words = [...all[index]!.words];
    const places = exchangeable(all[index]!);
    const place = places[stream.at(1, k).integer(places.length)]!;
    if (labelOf(k) === 0) [words[place], words[place + 1]] = [words[place + 1]!, words[place]!];
    return words.join(' ');
  });
  return { texts, labels: Int32Array.from(texts, (_, k) => labelOf(k)) };
}

/**
 * As RTE asks, far easier: does the second sentence follow the first (1), or is it that of another pair (0)?
 * @throws TypeError for arguments of another kind; RangeError where the corpus has fewer neighbours of 6 to 15 words
 */
export function sentencePairs(documents: readonly BrownDocument[], options: SentenceOptions): SentenceExamples {
  requireList('sentencePairs', 'documents', documents, 'brown() reads them.');
  const all = documents.flatMap(({ sentences }) =>
    sentences.slice(1).flatMap(({ words }, i) => {
      const before = sentences[i]!.words;
      return within(LONG, before) && within(LONG, words) ? [[before.join(' '), words.join(' ')] as const] : [];
    }),
  );
  const { count, stream } = checked('sentencePairs', options, all.length, 'neighbours of 6 to 15 words');
  const chosen = stream.at(0).choice(all.length, new Uint32Array(count));
  // Another pair's second sentence: the next one's that is drawn.
  const others = Array.from(chosen, (index, k) => all[labelOf(k) === 1 ? index : chosen[(k + 1) % count]!]![1]);
  return { texts: Array.from(chosen, (index) => all[index]![0]), others, labels: Int32Array.from(chosen, (_, k) => labelOf(k)) }; // prettier-ignore
}

function checked(where: string, options: SentenceOptions, most: number, what: string): SentenceOptions {
  requireOptions<SentenceOptions>(where, options, { count: 1, stream: 1 });
  integer(where, 'count', options.count, 1, 'It is the number of examples.');
  if (options.count <= most) return options;
  throw invalid(where, 'count', options.count, `at most ${most}, the ${what}`, 'Take fewer, or give more documents.');
}
