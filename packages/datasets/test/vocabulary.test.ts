import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { byteVocabulary, characterVocabulary } from '../src/index.js';

const texts = fc.string({ unit: 'grapheme', minLength: 1 });

describe('characterVocabulary', () => {
  it('numbers the characters of a text by their code points', () => {
    const vocabulary = characterVocabulary('baab\n😀é');
    expect(vocabulary.characters).toBe('\nabé😀');
    expect(vocabulary.size).toBe(5);
    expect(vocabulary.encode('😀ab')).toEqual(Int32Array.of(4, 1, 2));
    expect(vocabulary.decode([4, 0, 3])).toBe('😀\né');
    expect(vocabulary.encode('')).toEqual(new Int32Array(0));
    expect(vocabulary.decode([])).toBe('');
  });

  it('gives every text of its characters back, and is made anew from them', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const vocabulary = characterVocabulary(one + other);
        expect(vocabulary.decode(vocabulary.encode(other))).toBe(other);
        const again = characterVocabulary(vocabulary.characters);
        expect(again.characters).toBe(vocabulary.characters);
        expect(again.encode(one)).toEqual(vocabulary.encode(one));
        expect(Math.max(...vocabulary.encode(one + other))).toBe(vocabulary.size - 1);
      }),
    );
  });

  it('refuses what it does not know by name', () => {
    const vocabulary = characterVocabulary('ab');
    expect(() => vocabulary.encode('ab\u00e9')).toThrow(
      new RangeError('encode: \'text\' has "é" (U+00E9) at 2; must be of the 2 characters of the vocabulary. Make it from all texts that are used.'), // prettier-ignore
    );
    expect(() => vocabulary.encode('😀')).toThrow('has "😀" (U+1F600) at 0');
    for (const id of [2, -1, 0.5, NaN]) {
      expect(() => vocabulary.decode([0, id])).toThrow(
        new RangeError(`decode: 'ids[1]' is ${id}; must be an integer in 0 … 1. It is of another vocabulary.`),
      );
    }
    expect(() => characterVocabulary('')).toThrow(
      new RangeError("characterVocabulary: 'text' is empty; must have at least one character. Give the training text."),
    );
  });
});

describe('byteVocabulary', () => {
  it('is UTF-8', () => {
    const { size, encode, decode } = byteVocabulary();
    expect(size).toBe(256);
    expect(encode('é\ufeff')).toEqual(Int32Array.of(0xc3, 0xa9, 0xef, 0xbb, 0xbf));
    fc.assert(
      fc.property(texts, (text) => {
        expect(decode(encode(`\ufeff${text}`))).toBe(`\ufeff${text}`);
        expect([...encode(text)]).toEqual([...Buffer.from(text)]);
      }),
    );
  });

  it('shows what is no text, and refuses what is no byte or no character', () => {
    const { encode, decode } = byteVocabulary();
    expect(decode([0x61, 0xc3])).toBe('a\ufffd');
    expect(() => decode([256])).toThrow("decode: 'ids[0]' is 256; must be an integer in 0 … 255.");
    expect(() => encode('a\ud83d')).toThrow(
      new RangeError("encode: 'text' has half of a character (U+D83D) at 1; must be whole characters. It was cut within one."), // prettier-ignore
    );
  });
});
