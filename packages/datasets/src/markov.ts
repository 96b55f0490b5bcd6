import { scalar, stream } from '@assay-ml/numerics';
import { atLeast, integer, invalid, requireOptions } from '@assay-ml/numerics/check';

/** What `markovText` makes. */
export interface MarkovTextOptions {
  /** Number of tokens. */
  readonly length: number;
  /** Default 0. */
  readonly seed?: number;
  /** Name of the language: another name, another law. Default `A`. */
  readonly language?: string;
  /** Number of different tokens, 1 … 256. Default 64, the spec's. */
  readonly vocabulary?: number;
  /** Rank of the logits. Default 8 (our choice). */
  readonly rank?: number;
  /** Standard deviation of the logits that the last two tokens decide, ≥ 0. Default 1.5 (our choice). */
  readonly spread?: number;
}

/**
 * A text in a language with a known law: the next token depends on the last two through logits of low rank, over a Zipf
 * prior, 1/(k + 1) for token k. Law and text depend on seed, language, vocabulary, rank and spread; a longer text begins
 * with the shorter. The text is as if two tokens 0 came before it.
 * @returns tokens, 0 … vocabulary − 1
 * @throws RangeError for an option out of range
 */
export function markovText(options: MarkovTextOptions): Uint8Array {
  requireOptions<MarkovTextOptions>('markovText', options, { length: 1, seed: 1, language: 1, vocabulary: 1, rank: 1, spread: 1 }); // prettier-ignore
  const { length, seed = 0, language = 'A', vocabulary: V = 64, rank = 8, spread = 1.5 } = options;
  for (const [name, value] of Object.entries({ length, vocabulary: V, rank })) integer('markovText', name, value, 1);
  if (V > 256) throw invalid('markovText', 'vocabulary', V, 'at most 256', 'Tokens are bytes.');
  atLeast('markovText', 'spread', spread, 0);
  const draw = stream(seed, 'markov', language);
  const [last, before, next] = [1, 2, 3].map((k) => draw.at(k).fillNormal(new Float64Array(V * rank)));
  const cumulative = new Map<number, Float64Array>();
  const law = (i: number, j: number) => {
    let sums = cumulative.get(i * V + j);
    if (!sums) {
      sums = new Float64Array(V);
      let total = 0;
      for (let k = 0; k < V; k++) {
        let logit = -scalar.log(k + 1);
        for (let c = 0; c < rank; c++) logit += (spread / Math.sqrt(2 * rank)) * (last![i * rank + c]! + before![j * rank + c]!) * next![k * rank + c]!; // prettier-ignore
        sums[k] = total += scalar.exp(logit);
      }
      for (let k = 0; k < V; k++) sums[k]! /= total;
      cumulative.set(i * V + j, sums);
    }
    return sums;
  };
  const uniform = draw.at(4).fillUniform(new Float64Array(length));
  const tokens = new Uint8Array(length);
  let [i, j] = [0, 0];
  for (let t = 0; t < length; t++) {
    const sums = law(i, j);
    let k = 0;
    while (k < V - 1 && uniform[t]! >= sums[k]!) k++;
    tokens[t] = k;
    [i, j] = [k, i];
  }
  return tokens;
}
