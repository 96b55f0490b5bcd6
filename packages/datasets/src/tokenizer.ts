/** Tokenizers as Hugging Face's `tokenizer.json` describes them, through `@huggingface/tokenizers`. */
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';

import { DataCorrupt } from './errors.js';
import { checkIds, type Vocabulary } from './vocabulary.js';

/** Rows of tokens of equal length, row-major [count, length]. */
export interface TokenBatch {
  readonly ids: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly mask: Int32Array;
  /** 1 for the tokens of the other sentence, where the tokenizer tells them apart, else 0. */
  readonly types: Int32Array;
  readonly count: number;
  readonly length: number;
}

/** How texts become a batch. */
export interface TokenBatchOptions {
  /** The other sentence of each text. */
  readonly pairs?: readonly string[];
  /** Most tokens of a row, special ones included: what the model takes. Default: no limit. */
  readonly longest?: number;
  /** Cut what is longer than `longest`, of a pair the longer sentence. Default false: it is refused. */
  readonly truncate?: boolean;
  /** Length of every row, e.g. for kernels that are made for a shape. Default: that of the longest row. */
  readonly length?: number;
}

/** A vocabulary of pieces of words. */
export interface Tokenizer extends Vocabulary {
  /**
   * One row without padding, however long: what `tokenizer.json` says of padding and truncation is not followed.
   * @param pair the other sentence
   */
  encode(text: string, pair?: string): Int32Array;
  /** The text without special tokens; spaces are the tokenizer's, so it need not be the one that was encoded. */
  decode(ids: ArrayLike<number>): string;
  /**
   * Texts as rows of equal length, padded at the end.
   * @throws RangeError when there is no text, not one other sentence each, or a row is too long, named by its index
   */
  batch(texts: readonly string[], options?: TokenBatchOptions): TokenBatch;
}

/** What is used of the package. */
interface Library {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[]; tokens: string[] };
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
  token_to_id(token: string): number | undefined;
  get_vocab(): Map<string, number>;
  post_processor:
    ((a: string[], b: string[] | null, special: boolean) => { tokens: string[]; token_type_ids?: number[] }) | null;
}

/** Tokens with their numbers. */
interface Row {
  readonly ids: number[];
  readonly types: number[];
}

/**
 * The tokenizer of a `tokenizer.json`: BPE, WordPiece or Unigram with what normalises and splits texts before.
 * @param file the file's content
 * @param options `config`: content of the `tokenizer_config.json` beside it, which old tokenizers need; `source`: name for
 *   error messages
 * @throws DataCorrupt for a file that is no such description
 */
export async function readTokenizer(
  file: Uint8Array,
  options: { readonly config?: Uint8Array; readonly source?: string } = {},
): Promise<Tokenizer> {
  requireOptions('readTokenizer', options, { config: 1, source: 1 });
  const { config, source = 'tokenizer.json' } = options;
  const description = parsed(file, source) as { padding?: { pad_id?: unknown } | null };
  const module = (await import('@huggingface/tokenizers')) as unknown as {
    Tokenizer: new (json: object, config: object) => Library;
  };
  let library: Library;
  try {
    library = new module.Tokenizer(description, config === undefined ? {} : parsed(config, `config of ${source}`));
  } catch (cause) {
    throw new DataCorrupt(source, `no tokenizer (${(cause as Error).message}). Take the tokenizer.json of a model.`, { cause }); // prettier-ignore
  }
  const size = [...library.get_vocab().values()].reduce((most, id) => Math.max(most, id), -1) + 1;
  if (size === 0) throw new DataCorrupt(source, 'no token; must have some. Take the tokenizer.json of a model.');
  const padding = description.padding?.pad_id ?? library.token_to_id('[PAD]') ?? library.token_to_id('<pad>');

  const pieces = (text: string) => library.encode(text, { add_special_tokens: false });
  type Pieces = ReturnType<typeof pieces>;

  /** One or two sentences with the special tokens of the model. */
  const joined = (a: Pieces, b: Pieces | null): Row => {
    const known = new Map([a, b].flatMap((own) => own?.tokens.map((token, i) => [token, own.ids[i]!] as const) ?? []));
    const { tokens, token_type_ids: types } = library.post_processor?.(a.tokens, b?.tokens ?? null, true) ?? {
      tokens: [...a.tokens, ...(b?.tokens ?? [])],
    };
    const ids = tokens.map((token) => {
      const id = known.get(token) ?? library.token_to_id(token);
      if (id !== undefined) return id;
      throw new RangeError(`encode: 'text' has the token ${JSON.stringify(token)}; must be one of the vocabulary, which has none for what is unknown. Take a tokenizer that knows it.`); // prettier-ignore
    });
    return { ids, types: types ?? ids.map(() => 0) };
  };

  const row = (index: number, text: string, pair: string | undefined, longest: number, truncate: boolean): Row => {
    const [a, b] = [pieces(text), pair === undefined ? null : pieces(pair)];
    const whole = joined(a, b);
    if (whole.ids.length <= longest) return whole;
    if (!truncate) {
      throw new RangeError(`batch: 'texts[${index}]' has ${whole.ids.length} tokens; must have at most ${longest}, 'longest'. Shorten it, or set 'truncate'.`); // prettier-ignore
    }
    const [first, second] = [a.ids.length, b?.ids.length ?? 0];
    const room = longest - (whole.ids.length - first - second);
    if (room < (b === null ? 1 : 2)) throw invalid('batch', 'longest', longest, `at least ${longest - room + (b === null ? 1 : 2)}`, 'Special tokens take the rest.'); // prettier-ignore
    // As Hugging Face's `longest_first`: the shorter sentence keeps up to half.
    const shorter = Math.min(first, second, Math.floor(room / 2));
    const keep = (own: Pieces, count: number): Pieces => ({ tokens: own.tokens.slice(0, count), ids: own.ids.slice(0, count) }); // prettier-ignore
    if (b === null) return joined(keep(a, room), null);
    return first <= second
      ? joined(keep(a, shorter), keep(b, room - shorter))
      : joined(keep(a, room - shorter), keep(b, shorter));
  };

  return {
    size,
    encode: (text, pair) => Int32Array.from(row(0, text, pair, Infinity, false).ids),
    decode: (ids) => (ids.length === 0 ? '' : library.decode(Array.from(checkIds(ids, size)), { skip_special_tokens: true })), // prettier-ignore
    batch(texts, batchOptions = {}) {
      requireOptions<TokenBatchOptions>('batch', batchOptions, { pairs: 1, longest: 1, truncate: 1, length: 1 });
      const { pairs, longest, truncate = false, length: wanted } = batchOptions;
      if (texts.length === 0) throw invalid('batch', 'texts', texts, 'at least one text', 'A batch has rows.');
      if (pairs !== undefined && pairs.length !== texts.length) {
        throw invalid('batch', 'pairs', pairs, `one for each of the ${texts.length} texts`, 'Leave it out for single sentences.'); // prettier-ignore
      }
      for (const [name, value] of Object.entries({ longest, length: wanted })) {
        if (value !== undefined) integer('batch', name, value, 1);
      }
      const most = Math.min(longest ?? Infinity, wanted ?? Infinity);
      const rows = texts.map((text, i) => row(i, text, pairs?.[i], most, truncate));
      const length = wanted ?? rows.reduce((least, { ids }) => Math.max(least, ids.length), 0);
      const [ids, mask, types] = [0, 1, 2].map(() => new Int32Array(texts.length * length)) as [Int32Array, Int32Array, Int32Array]; // prettier-ignore
      for (const [i, own] of rows.entries()) {
        if (own.ids.length < length && typeof padding !== 'number') {
          throw new RangeError(`batch: 'texts[${i}]' has ${own.ids.length} tokens; must have ${length}, as this tokenizer has no padding token. Give texts of equal length.`); // prettier-ignore
        }
        const end = i * length + own.ids.length;
        ids.set(own.ids, i * length);
        if (typeof padding === 'number') ids.fill(padding, end, (i + 1) * length);
        mask.fill(1, i * length, end);
        types.set(own.types, i * length);
      }
      return { ids, mask, types, count: texts.length, length };
    },
  };
}

function parsed(bytes: Uint8Array, source: string): object {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // told below
  }
  if (typeof json === 'object' && json !== null) return json;
  throw new DataCorrupt(source, 'not a JSON object. Take the tokenizer.json of a model.');
}
