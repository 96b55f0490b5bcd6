/** Numbers for what a text is made of. */

import { requireText } from '@assay-ml/numerics/check';

/** A text as numbers, and back. */
export interface Vocabulary {
  /** Numbers are 0 … size − 1. */
  readonly size: number;
  /** @throws RangeError for what is not in the vocabulary, named */
  encode(text: string): Int32Array;
  /** @throws RangeError for a number outside the vocabulary */
  decode(ids: ArrayLike<number>): string;
}

/** A vocabulary of single characters. */
export interface CharacterVocabulary extends Vocabulary {
  /** The characters in the order of their numbers: `characterVocabulary(characters)` makes the vocabulary anew. */
  readonly characters: string;
}

/**
 * The characters of a text (Unicode code points), numbered in the order of their code points.
 * @param text what is trained on; order and repetition do not matter
 * @throws TypeError for arguments of another kind; RangeError when it is empty
 */
export function characterVocabulary(text: string): CharacterVocabulary {
  requireText('characterVocabulary', 'text', text, 'Give the training text.');
  if (text.length === 0) {
    throw new RangeError(
      "characterVocabulary: 'text' is empty; must have at least one character. Give the training text.",
    );
  }
  const points = new Set<number>();
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!;
    points.add(point);
    if (point > 0xffff) i++;
  }
  const sorted = [...points].sort((a, b) => a - b);
  const ids = new Map(sorted.map((point, id) => [point, id]));
  const characters = sorted.map((point) => String.fromCodePoint(point));
  return {
    size: sorted.length,
    characters: characters.join(''),
    encode(text) {
      const out = new Int32Array(text.length);
      let length = 0;
      for (let i = 0; i < text.length; i++) {
        const point = text.codePointAt(i)!;
        const id = ids.get(point);
        if (id === undefined) {
          const code = point.toString(16).toUpperCase().padStart(4, '0');
          throw new RangeError(`encode: 'text' has ${JSON.stringify(String.fromCodePoint(point))} (U+${code}) at ${i}; must be of the ${sorted.length} characters of the vocabulary. Make it from all texts that are used.`); // prettier-ignore
        }
        out[length++] = id;
        if (point > 0xffff) i++;
      }
      return out.slice(0, length);
    },
    decode: (given) => Array.from(checkIds(given, sorted.length), (id) => characters[id]!).join(''),
  };
}

/**
 * The 256 values of a byte; texts are in UTF-8. It knows every text. Decoding bytes that are no UTF-8, as a model may write
 * them or a text that is cut within a character, gives U+FFFD in their place.
 */
export function byteVocabulary(): Vocabulary {
  return {
    size: 256,
    encode(text) {
      const at = text.search(/\p{Surrogate}/u);
      if (at < 0) return Int32Array.from(new TextEncoder().encode(text));
      throw new RangeError(`encode: 'text' has half of a character (U+${text.charCodeAt(at).toString(16).toUpperCase()}) at ${at}; must be whole characters. It was cut within one.`); // prettier-ignore
    },
    // A byte order mark at the beginning is a character like any other.
    decode: (ids) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(checkIds(ids, 256))),
  };
}

/** @throws RangeError for a number that is none of a vocabulary's */
export function checkIds(ids: ArrayLike<number>, size: number): ArrayLike<number> {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!Number.isInteger(id) || id < 0 || id >= size) {
      throw new RangeError(`decode: 'ids[${i}]' is ${id}; must be an integer in 0 … ${size - 1}. It is of another vocabulary.`); // prettier-ignore
    }
  }
  return ids;
}
