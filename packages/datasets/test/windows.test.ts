import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { randomWindows, windows, type WindowBatch } from '../src/index.js';

const rows = ({ x, y, count, context }: WindowBatch): [number[], number[]][] =>
  Array.from({ length: count }, (_, i) => [
    [...x.subarray(i * context, (i + 1) * context)],
    [...y.subarray(i * context, (i + 1) * context)],
  ]);

describe('windows', () => {
  it('cuts a text without overlap, and what follows each token is its target', () => {
    const ids = Int32Array.from({ length: 12 }, (_, i) => 10 + i);
    const all = [...windows(ids, { context: 3, batchSize: 2 })];
    expect(all.map(({ count, context }) => [count, context])).toEqual([
      [2, 3],
      [1, 3],
    ]);
    expect(all.flatMap(rows)).toEqual([
      [[10, 11, 12], [11, 12, 13]],
      [[13, 14, 15], [14, 15, 16]],
      [[16, 17, 18], [17, 18, 19]],
    ]); // prettier-ignore
    expect(all[0]!.x).toBeInstanceOf(Int32Array);
  });

  it('predicts every token but the first, and at most context − 1 at the end, once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 5 }), (length, context, batchSize) => {
        fc.pre(length > context);
        const ids = Array.from({ length }, (_, i) => i);
        const seen = [...windows(ids, { context, batchSize })].flatMap(({ y }) => [...y]);
        expect(seen).toEqual(ids.slice(1, 1 + seen.length));
        expect(length - 1 - seen.length).toBeLessThan(context);
      }),
    ); // prettier-ignore
  });
});

describe('randomWindows', () => {
  const ids = Int32Array.from({ length: 40 }, (_, i) => 3 * i);
  const options = { context: 8, batchSize: 16, stream: stream(1, 'windows') };

  it('is a function of key and step, whatever was drawn before', () => {
    const third = randomWindows(ids, { ...options, step: 3 });
    randomWindows(ids, { ...options, step: 7 });
    expect(randomWindows(ids, { ...options, step: 3 })).toEqual(third);
    expect(randomWindows(ids, { ...options, stream: stream(1, 'windows'), step: 3 })).toEqual(third);
    expect(randomWindows(ids, { ...options, step: 4 })).not.toEqual(third);
    expect(randomWindows(ids, { ...options, stream: stream(2, 'windows'), step: 3 })).not.toEqual(third);
    expect([third.count, third.context, third.x.length, third.y.length]).toEqual([16, 8, 128, 128]);
    // A larger batch begins with the smaller.
    expect(rows(randomWindows(ids, { ...options, batchSize: 20, step: 3 })).slice(0, 16)).toEqual(rows(third));
  });

  it('takes every place equally often, the first and the last too', () => {
    const counts = new Float64Array(32);
    let wrong = 0;
    for (let step = 0; step < 1000; step++) {
      const { x, y } = randomWindows(ids, { ...options, step });
      x.forEach((id, i) => (wrong += Number(id !== x[i - (i % 8)]! + 3 * (i % 8)) + Number(y[i] !== id + 3)));
      for (let i = 0; i < x.length; i += 8) counts[x[i]! / 3]!++;
    }
    expect(wrong).toBe(0);
    // 16,000 draws of 32 places: χ² with 31 degrees of freedom is below 70 but once in ten thousand.
    expect(counts.reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0)).toBeLessThan(70);
  });

  it('has one place where the text is one token longer than the context', () => {
    expect(rows(randomWindows([5, 6, 7], { context: 2, batchSize: 2, stream: stream(0, 'w'), step: 0 }))).toEqual([
      [[5, 6], [6, 7]],
      [[5, 6], [6, 7]],
    ]); // prettier-ignore
  });
});

it('refuses a text without a window, and options out of range', () => {
  const key = stream(0, 'w');
  for (const ids of [[], [1, 2, 3]]) {
    const message = `'ids' is [${ids.join(', ')}]; must be longer than 'context', 3. Give a longer text, or shorten the context.`;
    expect(() => [...windows(ids, { context: 3 })]).toThrow(new RangeError(`windows: ${message}`));
    expect(() => randomWindows(ids, { context: 3, stream: key, step: 0 })).toThrow(new RangeError(`randomWindows: ${message}`)); // prettier-ignore
  }
  expect(() => [...windows([1, 2], { context: 0 })]).toThrow(
    "windows: 'context' is 0; must be an integer of at least 1.",
  );
  expect(() => [...windows([1, 2], { context: 1, batchSize: 0.5 })]).toThrow("windows: 'batchSize' is 0.5");
  expect(() => randomWindows([1, 2], { context: 1, stream: key, step: -1 })).toThrow("randomWindows: 'step' is -1");
});
