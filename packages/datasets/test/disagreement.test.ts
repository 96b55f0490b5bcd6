import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupOf, labelGroup, shiftLabels, turnQuarters } from '../src/index.js';

describe('turnQuarters', () => {
  it('turns counter-clockwise: what is right comes to the top', () => {
    expect([...turnQuarters(Uint8Array.of(1, 2, 3, 4), 2, 1, 1)]).toEqual([2, 4, 1, 3]);
    expect([...turnQuarters(Uint8Array.of(1, 2, 3, 4), 2, 1, 2)]).toEqual([4, 3, 2, 1]);
    expect([...turnQuarters(Uint8Array.of(1, 2, 3, 4), 2, 1, -1)]).toEqual([3, 1, 4, 2]);
  });
  it('four quarters are none, and channels and pictures stay together', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: -5, max: 5 }),
        (side, channels, N, q) => {
          // prettier-ignore
          const pictures = Float32Array.from({ length: N * side * side * channels }, (_, i) => i);
          const turned = turnQuarters(pictures, side, channels, q);
          expect(turnQuarters(turned, side, channels, 4 - q)).toEqual(pictures);
          for (let n = 0; n < N; n++) {
            const own = turned.subarray(n * side * side * channels, (n + 1) * side * side * channels);
            expect([...own].every((x, i) => x % channels === i % channels && Math.floor(x / (side * side * channels)) === n)).toBe(true); // prettier-ignore
          }
        },
      ),
    );
  });
  it('refuses what is no square', () => {
    expect(() => turnQuarters(new Uint8Array(6), 2, 1, 1)).toThrow(
      "turnQuarters: 'pictures' has 6 numbers; must be a multiple of 2 · 2 · 1 = 4.",
    );
    expect(() => turnQuarters(new Uint8Array(4), 2, 1, 0.5)).toThrow("'quarters' is 0.5");
  });
});

it('labels are shifted, grouped, and clients are of groups', () => {
  expect([...shiftLabels([0, 8, 9], 2, 10)]).toEqual([2, 0, 1]);
  expect(() => shiftLabels([10], 1, 10)).toThrow("shiftLabels: 'labels[0]' is 10; must be an integer from 0 to 9.");
  expect([...labelGroup([0, 11, 21, 5, 1], 1, 10)]).toEqual([1, 2, 4]);
  expect([0, 1, 5, 8].map((k) => groupOf(k, 4))).toEqual([0, 1, 1, 0]);
  expect(() => groupOf(-1, 4)).toThrow("groupOf: 'client' is -1");
});
