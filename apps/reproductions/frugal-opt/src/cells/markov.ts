/**
 * A language with a known law: the next of 64 tokens depends on the last two through logits of rank 8, over a Zipf prior. Seed
 * and name say which language.
 */
import { scalar, stream } from '@assay-ml/numerics';

export const VOCABULARY = 64;
export const CONTEXT = 4;
const RANK = 8;
/** Spread of the logits that the last two tokens decide. */
const SPREAD = 1.5;

/** A text of so many tokens. */
export function text(seed: number, language: string, length: number): Uint8Array {
  const V = VOCABULARY;
  const draw = stream(seed, 'markov', language);
  const [last, before, next] = [1, 2, 3].map((k) => draw.at(k).fillNormal(new Float64Array(V * RANK)));
  const cumulative = new Map<number, Float64Array>();
  const law = (i: number, j: number) => {
    let sums = cumulative.get(i * V + j);
    if (!sums) {
      sums = new Float64Array(V);
      let total = 0;
      for (let k = 0; k < V; k++) {
        let logit = -scalar.log(k + 1);
        for (let c = 0; c < RANK; c++) logit += (SPREAD / Math.sqrt(2 * RANK)) * (last![i * RANK + c]! + before![j * RANK + c]!) * next![k * RANK + c]!; // prettier-ignore
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
