import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { weightedSums } from '../src/index.js';

describe('weightedSums', () => {
  it('is Σ_s w_cs x_s, of either kind of array', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (S, C, d, single) => {
          // prettier-ignore
          const make = (length: number) => (single ? new Float32Array(length) : new Float64Array(length));
          const rows = Array.from({ length: S }, (_, s) => make(d).map((_, j) => s + 2 * j + 1));
          const weights = Float64Array.from({ length: C * S }, (_, i) => 1 / (i + 1));
          const out = weightedSums(rows, weights, make(C * d));
          for (let c = 0; c < C; c++) for (let j = 0; j < d; j++) {
          let sum = 0;
          for (let s = 0; s < S; s++) sum += weights[c * S + s]! * rows[s]![j]!;
          expect(out[c * d + j]).toBeCloseTo(sum, single ? 4 : 12);
        } // prettier-ignore
        },
      ),
    );
  });
  it('adds on doubles, in the order of the rows', () => {
    const rows = [Float32Array.of(2 ** 24), Float32Array.of(1), Float32Array.of(-(2 ** 24))];
    expect(weightedSums(rows, [1, 1, 1], new Float32Array(1))[0]).toBe(1);
  });
  it.each<[Float64Array[], number[], number, string]>([
    [[], [], 0, 'are of lengths 0, 0 and 0'],
    [[new Float64Array(2)], [1, 1, 1], 2, 'must be S ≥ 1, C·S and C·2.'],
    [
      [new Float64Array(2), new Float64Array(3)],
      [1, 1],
      2,
      "'rows[1]' is an array of 3; must be of length 2, as the first.",
    ],
    [[new Float64Array(1)], [NaN], 1, "'weights[0]' is NaN; must be finite."],
  ])('refuses %#', (rows, weights, length, message) => {
    expect(() => weightedSums(rows, weights, new Float64Array(length))).toThrow(message);
  });
});
