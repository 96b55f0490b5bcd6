import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import { randomOrder } from '../src/index.js';
import { layout, place, renumber, unpack } from '../src/strips.js';

describe.each(['float64', 'float32'] as const)('D10: matrices in strips of %s', (precision) => {
  it.each([1, 3, 4, 5, 8, 17, 40])('are renumbered and unpacked entry by entry, d = %i', (d) => {
    const there = layout(d, precision);
    const matrix = stream(d, 'strips')
      .fillNormal(new Float64Array(d * d))
      .map(Math.fround);
    const from = new Float64Array(there.strips * there.length);
    matrix.forEach((value, at) => (from[place(there, Math.floor(at / d), at % d)] = value));
    const order = randomOrder(d, d);
    for (const upper of [false, true]) {
      const to = new Float64Array(from.length).fill(7);
      renumber(there, order, from, to, upper);
      for (let i = 0; i < d; i++) {
        for (let j = 0; j < d; j++) {
          expect(to[place(there, i, j)]).toBe(upper && i >= j ? 0 : matrix[order[i]! * d + order[j]!]);
        }
      }
    }
    const W = new Float64Array(d * d);
    unpack(there, order, from, 0.5, W);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) expect(W[order[i]! * d + order[j]!]).toBe(matrix[i * d + j]! / 2);
  });
});
