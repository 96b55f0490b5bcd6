import { describe, expect, it } from 'vitest';
import { atLeast, complaint, fraction, inside, integer, invalid, oneOf, positive } from '../src/check.js';

describe('checks', () => {
  it.each([
    ['text', "'text'"],
    [[1, 2], '[1, 2]'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], '[1, 2, 3, 4, 5, 6, 7, 8, …]'],
    [new Float64Array(3), 'an array of 3'],
    [{}, 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Math.abs, 'a function'],
    [NaN, 'NaN'],
  ])('show %j', (value, shown) => {
    expect(complaint('f', 'x', value, 'else')).toBe(`f: 'x' is ${shown}; must be else.`);
  });

  it('say what to do', () => {
    expect(invalid('f', 'x', 1, '2', 'Try 2.')).toStrictEqual(new RangeError("f: 'x' is 1; must be 2. Try 2."));
  });

  it.each([
    ['integer', (x: number) => integer('f', 'x', x, 2), [2, 3, 2 ** 53 - 1], [1, 2.5, NaN, Infinity, 2 ** 53]],
    ['positive', (x: number) => positive('f', 'x', x), [5e-324, 1], [0, -1, NaN, Infinity]],
    ['atLeast', (x: number) => atLeast('f', 'x', x, 1), [1, 1e300], [0.5, NaN, Infinity]],
    ['fraction', (x: number) => fraction('f', 'x', x), [0, 0.5], [1, -0.1, NaN]],
    ['inside', (x: number) => inside('f', 'x', x), [0.5], [0, 1, NaN]],
  ] as const)('%s', (_, check, good, bad) => {
    for (const x of good) expect(check(x)).toBe(x);
    for (const x of [...bad, '1' as unknown as number]) expect(() => check(x)).toThrow(RangeError);
  });

  it('oneOf', () => {
    expect(oneOf('f', 'x', 'a', ['a', 'b'])).toBe('a');
    expect(() => oneOf('f', 'x', 'c', ['a', 'b'])).toThrow(
      new RangeError("f: 'x' is 'c'; must be 'a' or 'b'. Choose one of them."),
    );
  });
});
