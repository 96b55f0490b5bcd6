import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import { noiseNorms, suggestClipLevel, tails } from '../src/index.js';

describe('tails', () => {
  it('counts the norms above the two fences', () => {
    const norms = [1, 1, 1, 2, 3, 3, 3, 7, 10];
    // Sorted positions 2 and 6 of 0…8: quartiles 1 and 3, fences at 6 and 9.
    expect(tails(norms)).toEqual({ mild: 2 / 9 / 0.0035, extreme: 1 / 9 / 1.2e-6, count: 9 });
  });

  it('is about 1 and 0 on normal numbers, and far above on Pareto ones', () => {
    const n = 40_000;
    const light = tails(stream(1, 'normal').fillNormal(new Float64Array(n)));
    const heavy = tails(stream(1, 'pareto').fillPareto(new Float64Array(n), 1.5).map(Math.abs));
    expect(light.mild).toBeGreaterThan(0.7);
    expect(light.mild).toBeLessThan(1.3);
    expect(light.extreme).toBe(0);
    expect(heavy.mild).toBeGreaterThan(10);
    expect(heavy.extreme).toBeGreaterThan(1000);
  });

  it('takes norms of a stream of gradients about a centre', () => {
    function* gradients() {
      yield [[3, 0], [4]];
      yield [Float32Array.of(0, 1), Float32Array.of(1)];
    }
    expect([...noiseNorms(gradients())]).toEqual([5, Math.SQRT2]);
    expect([...noiseNorms(gradients(), [[3, 1], [1]])]).toEqual([Math.sqrt(10), 3]);
  });
});

describe('suggestClipLevel', () => {
  it('is the quantile of what the mode compares with the level', () => {
    const gradients = [[[3, -4], [12]], [[0, 0], [1]], [[6, 8], [0]]]; // prettier-ignore
    expect(suggestClipLevel(gradients, { quantile: 0.5 })).toBe(10);
    expect(suggestClipLevel(gradients, { quantile: 0.5, mode: 'tensor' })).toBe(3); // 0 0 1 5 10 12
    expect(suggestClipLevel(gradients, { quantile: 0.75, mode: 'coordinate' })).toBe(6); // 0 0 0 1 3 4 6 8 12
    expect(suggestClipLevel(Array.from({ length: 11 }, (_, k) => [[k]]))).toBe(9);
    expect(suggestClipLevel([[new Float32Array(300_000).fill(2)]], { mode: 'coordinate' })).toBe(2);
  });
});

describe('bad input', () => {
  it.each<[() => unknown, string]>([
    [() => tails([1, 2, 3]), "tails: 'norms' is [1, 2, 3]; must be an array of at least 4 numbers. Draw more batches; the paper draws 1,000."], // prettier-ignore
    [() => noiseNorms([[[1, NaN]]]), "noiseNorms: 'gradients[0]' is NaN; must be of a finite norm. Leave out batches that overflow."], // prettier-ignore
    [() => noiseNorms([[[1, 2]]], [[1]]), "noiseNorms: 'gradients[0][0]' is of length 2; must be of that of centre, 1. Give gradients of one model."], // prettier-ignore
    [() => suggestClipLevel([]), "suggestClipLevel: 'gradients' is []; must be at least one. Take those of the first batches."], // prettier-ignore
    [() => suggestClipLevel([[[0]]]), "suggestClipLevel: 'gradients' is 0; must be of a positive quantile 0.9. Most are 0: raise the quantile."], // prettier-ignore
    [() => suggestClipLevel([[[1]]], { quantile: 1 }), "suggestClipLevel: 'quantile' is 1; must be between 0 and 1. Leave it out for 0.9."], // prettier-ignore
  ])('refuses it', (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });
});
