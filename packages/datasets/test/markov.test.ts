import { createHash } from 'node:crypto';

import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import { markovText } from '../src/index.js';

/** Probabilities of the next token after `before` and `last`, from the definition. */
function law(seed: number, V: number, rank: number, spread: number, last: number, before: number): number[] {
  const draw = stream(seed, 'markov', 'A');
  const [A, B, C] = [1, 2, 3].map((k) => draw.at(k).fillNormal(new Float64Array(V * rank))) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
  const weights = Array.from({ length: V }, (_, k) => {
    let sum = 0;
    for (let c = 0; c < rank; c++) sum += (A[last * rank + c]! + B[before * rank + c]!) * C[k * rank + c]!;
    return Math.exp((spread * sum) / Math.sqrt(2 * rank)) / (k + 1);
  });
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

describe('markovText', () => {
  it('has the same bits everywhere', () => {
    const digest = (seed: number, language: string) =>
      createHash('sha256')
        .update(markovText({ seed, language, length: 5000 }))
        .digest('hex');
    expect(digest(0, 'A')).toBe('eb5f42ca00dcf7dd7faf68a03e5d81c5c7a26a23c14a6e83b1f8a5cb4f10665d');
    expect(digest(7, 'B')).toBe('955d6d5afaf7d2e809a9b1f6ecc1f62418728ac4d601897226816133c3d6b642');
    expect([...markovText({ length: 12 })]).toEqual([14, 19, 0, 8, 3, 33, 24, 1, 1, 21, 1, 1]);
  });

  it('follows its law after every pair of tokens', () => {
    const text = markovText({ seed: 3, length: 400_000, vocabulary: 3, rank: 2, spread: 1 });
    const counts = new Map<string, number[]>();
    for (let t = 2; t < text.length; t++) {
      const pair = `${text[t - 1]},${text[t - 2]}`;
      if (!counts.has(pair)) counts.set(pair, [0, 0, 0]);
      counts.get(pair)![text[t]!]!++;
    }
    expect(counts.size).toBe(9);
    for (const [pair, seen] of counts) {
      const [last, before] = pair.split(',').map(Number) as [number, number];
      const n = seen.reduce((a, b) => a + b, 0);
      law(3, 3, 2, 1, last, before).forEach((p, k) => {
        expect(Math.abs(seen[k]! / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
      });
    }
  });

  it('is Zipf’s law without spread', () => {
    const text = markovText({ length: 100_000, vocabulary: 4, spread: 0 });
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4;
    for (let k = 0; k < 4; k++) {
      const p = 1 / (k + 1) / harmonic;
      expect(Math.abs(text.filter((token) => token === k).length / text.length - p)).toBeLessThan(5 * Math.sqrt(p / text.length)); // prettier-ignore
    }
  });

  it('begins with the shorter text; seed and name say which language', () => {
    const text = markovText({ seed: 1, length: 300 });
    expect(markovText({ seed: 1, length: 100 })).toEqual(text.subarray(0, 100));
    expect(markovText({ seed: 2, length: 300 })).not.toEqual(text);
    expect(markovText({ seed: 1, language: 'B', length: 300 })).not.toEqual(text);
    expect(markovText({ length: 500, vocabulary: 1 }).every((token) => token === 0)).toBe(true);
  });

  it('refuses what is out of range', () => {
    expect(() => markovText({ length: 0 })).toThrow("markovText: 'length' is 0; must be an integer of at least 1.");
    expect(() => markovText({ length: 1, vocabulary: 257 })).toThrow("markovText: 'vocabulary' is 257; must be at most 256. Tokens are bytes."); // prettier-ignore
    expect(() => markovText({ length: 1, rank: 0.5 })).toThrow("markovText: 'rank' is 0.5");
    expect(() => markovText({ length: 1, spread: -1 })).toThrow(
      "markovText: 'spread' is -1; must be a finite number ≥ 0.",
    );
    expect(() => markovText({ length: 1, speed: 1 } as never)).toThrow("markovText: 'speed' is no option");
  });
});
