import { describe, expect, it } from 'vitest';
import { evaluation } from '../src/index.js';

describe('evaluation', () => {
  it('gives every mean that may be meant', () => {
    const values = [0.9, 0.5, 0.7, 0.1];
    const { mean, weighted, worst, worstClient, lowestDecile, clusters, median } = evaluation(values, [10, 10, 10, 30], { truth: [0, 1, 0, 1] }); // prettier-ignore
    expect(mean).toBeCloseTo(0.55, 12);
    expect(weighted).toBeCloseTo(24 / 60, 12);
    expect([worst, worstClient, lowestDecile, median]).toEqual([0.1, 3, 0.1, 0.6]);
    expect(clusters.map((x) => Math.round(1e9 * x) / 1e9)).toEqual([0.8, 0.3]);
  });
  it('of losses the largest is the worst; the lowest decile is of a tenth', () => {
    const values = Array.from({ length: 20 }, (_, k) => k);
    const ones = values.map(() => 1);
    expect(evaluation(values, ones, { lower: true })).toMatchObject({ worst: 19, worstClient: 19, lowestDecile: 18.5 });
    expect(evaluation(values, ones)).toMatchObject({ worst: 0, worstClient: 0, lowestDecile: 0.5, clusters: [] });
  });
  it.each([
    [[], [], 'must be of one, at least 1.'],
    [[1], [1, 2], 'are of lengths 1, 2 and none'],
    [[1, NaN], [1, 1], "evaluation: 'values[1]' is NaN; must be finite. That client’s model has diverged."],
    [[1], [0], "evaluation: 'sizes[0]' is 0; must be finite and positive. Leave out clients without a test."],
  ])('refuses %j of %j', (values, sizes, message) => {
    expect(() => evaluation(values, sizes)).toThrow(message);
  });
});
