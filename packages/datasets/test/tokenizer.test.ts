import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DataCorrupt, readTokenizer } from '../src/index.js';
import { bert, bytesOf } from './tokenizers.js';

const tokenizer = await readTokenizer(bytesOf(bert));
const { encode, decode, batch } = tokenizer;
const [PAD, UNK, CLS, SEP, THE, CAT, S, SAT, COMMA] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

describe('readTokenizer', () => {
  it('encodes as the model was trained: lower case, pieces of words, special tokens', () => {
    expect(tokenizer.size).toBe(9);
    expect(encode('The cats, sat')).toEqual(Int32Array.of(CLS, THE, CAT, S, COMMA, SAT, SEP));
    expect(encode('the dog')).toEqual(Int32Array.of(CLS, THE, UNK, SEP));
    expect(encode('')).toEqual(Int32Array.of(CLS, SEP));
    expect(encode('the', 'cat')).toEqual(Int32Array.of(CLS, THE, SEP, CAT, SEP));
    expect(encode('the', '')).toEqual(Int32Array.of(CLS, THE, SEP, SEP));
  });

  it('does not follow what the file fixes for padding and truncation', () => {
    expect(bert.padding.strategy).toEqual({ Fixed: 5 });
    expect(encode('the')).toHaveLength(3);
    expect(encode('the '.repeat(600))).toHaveLength(602);
    expect(batch(['the '.repeat(600)]).length).toBe(602);
  });

  it('decodes without special tokens, and refuses numbers of no token', () => {
    expect(decode(encode('The cats, sat'))).toBe('the cats, sat');
    expect(decode([])).toBe('');
    expect(decode([CLS, PAD])).toBe('');
    for (const id of [9, -1, 1.5]) {
      expect(() => decode([THE, id])).toThrow(`decode: 'ids[1]' is ${id}; must be an integer in 0 … 8.`);
    }
  });

  it('makes rows of equal length, masked and padded at the end', () => {
    const { ids, mask, types, count, length } = batch(['the cats', 'sat'], { pairs: ['sat', 'the'] });
    expect([count, length]).toEqual([2, 7]);
    expect([...ids]).toEqual([CLS, THE, CAT, S, SEP, SAT, SEP, CLS, SAT, SEP, THE, SEP, PAD, PAD]);
    expect([...mask]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect([...types]).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0]);
    const fixed = batch(['the'], { length: 5, longest: 8 });
    expect([...fixed.ids]).toEqual([CLS, THE, SEP, PAD, PAD]);
    expect([...fixed.mask]).toEqual([1, 1, 1, 0, 0]);
  });

  it('has in each row what encode gives', () => {
    const word = fc.constantFrom('the', 'cats', ',', 'dog', 'sat');
    const texts = fc.array(fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')), { minLength: 1, maxLength: 5 }); // prettier-ignore
    fc.assert(
      fc.property(texts, (list) => {
        const { ids, mask, count, length } = batch(list);
        expect(count).toBe(list.length);
        for (const [i, text] of list.entries()) {
          const row = [...encode(text)];
          const padded = [...row, ...new Array<number>(length - row.length).fill(PAD)];
          expect([...ids.subarray(i * length, (i + 1) * length)]).toEqual(padded);
          expect(mask.subarray(i * length, (i + 1) * length).reduce((sum, m) => sum + m, 0)).toBe(row.length);
        }
        expect(Math.max(...list.map((text) => encode(text).length))).toBe(length);
      }),
    );
  });

  it('cuts the longer sentence where that is asked for', () => {
    expect([...batch(['the cat sat the'], { longest: 5, truncate: true }).ids]).toEqual([CLS, THE, CAT, SAT, SEP]);
    /** How many tokens of each sentence are kept, by taking one after the other from the longer. */
    const slow = (a: number, b: number, room: number): [number, number] => {
      const first = a;
      while (a + b > room) {
        if (a > b || (a === b && first <= a)) a--;
        else b--;
      }
      return [a, b];
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 2, max: 16 }), (a, b, room) => {
        const [one, other] = ['the '.repeat(a), 'cat '.repeat(b)];
        const { ids, length } = batch([one], { pairs: [other], longest: room + 3, truncate: true });
        const counts = [THE, CAT].map((id) => ids.filter((own) => own === id).length);
        expect(length).toBe(Math.min(room, a + b) + 3);
        expect(counts[0]! + counts[1]!).toBe(Math.min(room, a + b));
        // To one token, whose side is a matter of convention.
        expect(Math.abs(counts[0]! - slow(a, b, room)[0])).toBeLessThanOrEqual(1);
        if (Math.min(a, b) <= Math.floor(room / 2)) expect(Math.min(...counts)).toBe(Math.min(a, b));
      }),
    ); // prettier-ignore
    const odd = batch(['the '.repeat(9)], { pairs: ['cat '.repeat(9)], longest: 8, truncate: true });
    expect([...odd.ids]).toEqual([CLS, THE, THE, SEP, CAT, CAT, CAT, SEP]);
  });

  it('refuses rows that are too long, no rows, and sentences that do not pair', () => {
    expect(() => batch(['the', 'the cat sat'], { longest: 4 })).toThrow(
      new RangeError("batch: 'texts[1]' has 5 tokens; must have at most 4, 'longest'. Shorten it, or set 'truncate'."),
    );
    expect(() => batch(['the cat sat'], { longest: 2, truncate: true })).toThrow(
      "batch: 'longest' is 2; must be at least 3. Special tokens take the rest.",
    );
    expect(() => batch(['the cat'], { pairs: ['cat cat'], longest: 4, truncate: true })).toThrow('must be at least 5.');
    expect(() => batch([])).toThrow("batch: 'texts' is []; must be at least one text.");
    expect(() => batch(['the'], { pairs: [] })).toThrow("batch: 'pairs' is []; must be one for each of the 1 texts.");
    expect(() => batch(['the'], { longest: 0 })).toThrow("batch: 'longest' is 0; must be an integer of at least 1.");
    expect(() => batch(['the'], { lenght: 0 } as never)).toThrow("batch: 'lenght' is no option");
  });

  it('refuses what is no tokenizer', async () => {
    const refused = async (text: string, message: string) => {
      const call = readTokenizer(new TextEncoder().encode(text), { source: 'a.json' });
      await expect(call).rejects.toThrow(DataCorrupt);
      await expect(call).rejects.toThrow(`a.json: ${message}`);
    };
    await refused('{"model":', 'not a JSON object. Take the tokenizer.json of a model.');
    await refused('7', 'not a JSON object.');
    await refused('{}', 'no tokenizer (');
    await refused(JSON.stringify({ ...bert, model: { type: 'None' } }), 'no tokenizer (');
    await refused(JSON.stringify({ ...bert, model: { ...bert.model, vocab: {} }, added_tokens: [] }), 'no token; must have some.'); // prettier-ignore
    await expect(readTokenizer(bytesOf(bert), { config: Buffer.from('[') })).rejects.toThrow(
      'config of tokenizer.json: not a JSON object.',
    );
  });

  it('reads byte-level BPE, which knows every text; without a padding token rows must be equal', async () => {
    const bpe = {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: null,
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: '', end_of_word_suffix: '', fuse_unk: false, vocab: { a: 0, b: 1, ab: 2, Ġ: 3, Ã: 4, '©': 5 }, merges: ['a b'] },
    }; // prettier-ignore
    const read = await readTokenizer(bytesOf(bpe));
    expect(read.encode('aab é')).toEqual(Int32Array.of(0, 2, 3, 4, 5));
    expect(read.decode([0, 2, 3, 4, 5])).toBe('aab é');
    expect([...read.batch(['ab', 'a']).ids]).toEqual([2, 0]);
    expect(() => read.batch(['ab', 'aa'])).toThrow(
      "batch: 'texts[0]' has 1 tokens; must have 2, as this tokenizer has no padding token. Give texts of equal length.",
    );
  });

  it('refuses what it has no token for, not even an unknown one', async () => {
    const { '[UNK]': _, ...vocab } = bert.model.vocab;
    const added_tokens = bert.added_tokens.filter(({ content }) => content !== '[UNK]');
    const read = await readTokenizer(bytesOf({ ...bert, added_tokens, model: { ...bert.model, vocab } }));
    expect([...read.encode('the')]).toEqual([CLS, THE, SEP]);
    expect(() => read.encode('the dog')).toThrow(
      new RangeError('encode: \'text\' has the token "[UNK]"; must be one of the vocabulary, which has none for what is unknown. Take a tokenizer that knows it.'), // prettier-ignore
    );
  });
});
