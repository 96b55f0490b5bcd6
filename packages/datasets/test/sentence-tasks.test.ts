import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { type BrownDocument, disturbedSentences, sentencePairs } from '../src/index.js';

/** A corpus whose words are numbered, of sentences of 4 to 17 words; every third word has its own tag. */
const corpus: BrownDocument[] = ['ca01', 'ca02'].map((name, d) => ({
  name,
  genre: 'news',
  sentences: Array.from({ length: 140 }, (_, s) => {
    const words = Array.from({ length: 4 + (s % 14) }, (_, w) => `${d}.${s}.${w}`);
    return { words, tags: words.map((_, w) => (w % 3 === 0 ? 'nn' : 'vb')) };
  }),
}));
const key = stream(1, 'sentences');

describe('tasks of sentences', () => {
  it('disturbed: half are as written, half have two neighbours of different tags exchanged', () => {
    const { texts, labels } = disturbedSentences(corpus, { count: 60, stream: key });
    expect(labels.reduce((sum, label) => sum + label, 0)).toBe(30);
    texts.forEach((text, k) => {
      const places = text.split(' ').map((word) => Number(word.split('.')[2]));
      const moved = places.filter((place, i) => place !== i);
      expect(places.length).toBeGreaterThanOrEqual(6);
      expect(places.length).toBeLessThanOrEqual(13);
      if (labels[k] === 1) return expect(moved).toEqual([]);
      expect(moved).toEqual([moved[1]! + 1, moved[1]!]);
      // One of the two, not both, is a noun: the tags differ.
      expect(moved.filter((place) => place % 3 === 0)).toHaveLength(1);
    });
    expect(new Set(texts).size).toBe(60);
  });

  it('pairs: half are neighbours, half are not', () => {
    const { texts, others, labels } = sentencePairs(corpus, { count: 60, stream: key });
    texts.forEach((text, k) => {
      const [of, next] = [text, others![k]!].map((sentence) => sentence.split(' ')[0]!.split('.').map(Number));
      const follows = of![0] === next![0] && next![1] === of![1]! + 1;
      expect(follows).toBe(labels[k] === 1);
    });
  });

  it('depend on the stream alone, and refuse more examples than there are', () => {
    const of = (seed: number) => disturbedSentences(corpus, { count: 20, stream: stream(seed, 'sentences') });
    expect(of(1)).toEqual(of(1));
    expect(of(2).texts).not.toEqual(of(1).texts);
    const most = corpus.flatMap(({ sentences }) => sentences.filter(({ words }) => words.length >= 6 && words.length <= 13)).length; // prettier-ignore
    expect(disturbedSentences(corpus, { count: most, stream: key }).texts).toHaveLength(most);
    expect(() => disturbedSentences(corpus, { count: most + 1, stream: key })).toThrow(
      `disturbedSentences: 'count' is ${most + 1}; must be at most ${most}, the sentences of 6 to 13 words with tags. Take fewer`,
    );
    expect(() => sentencePairs(corpus, { count: 10_000, stream: key })).toThrow("sentencePairs: 'count' is 10000; must be at most"); // prettier-ignore
    expect(() => sentencePairs(corpus, { count: 0, stream: key })).toThrow("sentencePairs: 'count' is 0");
    expect(() => disturbedSentences(corpus, { count: 1, stream: key, seed: 3 } as never)).toThrow("'seed'");
    const untagged = corpus.map((d) => ({ ...d, sentences: d.sentences.map(({ words }) => ({ words, tags: [] })) }));
    expect(() => disturbedSentences(untagged, { count: 1, stream: key })).toThrow('at most 0');
  });
});
