/** Two tasks for a pretrained encoder, made of the Brown corpus: whether a sentence is disturbed, and whether one follows another. */
import type { BrownDocument, BrownSentence } from '@assay-ml/datasets';
import type { Stream } from '@assay-ml/numerics';

/** Texts, or pairs of texts, and their labels. */
export interface Examples {
  readonly texts: readonly string[];
  /** The other sentence of each, of pairs. */
  readonly others?: readonly string[];
  readonly labels: Int32Array;
}

/** Words of a sentence of `accept`, and of one of `pairs`. */
const [SHORT, LONG] = [[6, 13], [6, 15]] as const; // prettier-ignore
const within = ([least, most]: readonly [number, number], { length }: readonly string[]) => length >= least && length <= most; // prettier-ignore

/** Labels 0 and 1 in turn: half of each in every even number of examples. */
const labelOf = (k: number) => k % 2;

/** Places of words that differ from the next in part of speech, and in more. */
const exchangeable = ({ words, tags }: BrownSentence) =>
  words.slice(1).flatMap((word, i) => (tags[i] === tags[i + 1] || words[i] === word ? [] : i));

/**
 * As CoLA asks: is the sentence one that is written (1), or one with two neighbouring words of different parts of speech exchanged (0)?
 * @throws RangeError where the corpus has fewer sentences of 6 to 13 words
 */
export function accept(documents: readonly BrownDocument[], count: number, draw: Stream): Examples {
  const all = documents.flatMap(({ sentences }) =>
    sentences.filter((sentence) => within(SHORT, sentence.words) && exchangeable(sentence).length > 0),
  );
  const texts = Array.from(draw.at(0).choice(all.length, new Uint32Array(count)), (index, k) => {
    const words = [...all[index]!.words];
    const places = exchangeable(all[index]!);
    const place = places[draw.at(1, k).integer(places.length)]!;
    if (labelOf(k) === 0) [words[place], words[place + 1]] = [words[place + 1]!, words[place]!];
    return words.join(' ');
  });
  return { texts, labels: Int32Array.from(texts, (_, k) => labelOf(k)) };
}

/**
 * As RTE asks, far easier: does the second sentence follow the first (1), or is it that of another pair (0)?
 * @throws RangeError where the corpus has fewer neighbours of 6 to 15 words
 */
export function pairs(documents: readonly BrownDocument[], count: number, draw: Stream): Examples {
  const all = documents.flatMap(({ sentences }) =>
    sentences.slice(1).flatMap(({ words }, i) => {
      const before = sentences[i]!.words;
      return within(LONG, before) && within(LONG, words) ? [[before.join(' '), words.join(' ')] as const] : [];
    }),
  );
  const chosen = draw.at(0).choice(all.length, new Uint32Array(count));
  // Another pair's second sentence: the next one's that is drawn.
  const others = Array.from(chosen, (index, k) => all[labelOf(k) === 1 ? index : chosen[(k + 1) % count]!]![1]);
  return { texts: Array.from(chosen, (index) => all[index]![0]), others, labels: Int32Array.from(chosen, (_, k) => labelOf(k)) }; // prettier-ignore
}
