import { describe, expect, it } from 'vitest';
import {
  atLeast,
  complaint,
  fraction,
  inside,
  integer,
  invalid,
  nearest,
  oneOf,
  options,
  positive,
} from '../src/check.js';

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
    ['x'.repeat(1e6), `'${'x'.repeat(79)}…`],
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

  describe('options', () => {
    interface Prune {
      readonly criterion?: string;
      readonly sparsity?: number;
      readonly keep?: boolean;
    }
    const known = { criterion: true, sparsity: true, keep: true };
    const check = (value: unknown) => options<Prune>('prune', value as Prune, known);

    it('take known names, and nothing at all', () => {
      expect(check({ criterion: 'snip', keep: undefined })).toBeUndefined();
      expect(check({})).toBeUndefined();
      expect(check(undefined)).toBeUndefined();
    });

    it.each([{ criterionn: 'snip' }, { ...{ criterionn: 'snip' }, sparsity: 0.5 }])(
      'refuse another name: %j',
      (value) => {
        expect(() => check(value)).toThrow(
          new RangeError(
            "prune: 'criterionn' is no option; must be one of criterion, sparsity, keep. Did you mean 'criterion'?",
          ),
        );
      },
    );

    it.each(['constructor', 'toString', '__proto__'])('refuse the name %s, which every object inherits', (name) => {
      expect(() => check(JSON.parse(`{"${name}": 1}`))).toThrow(`prune: '${name}' is no option;`);
    });

    it.each([
      ['snip', "'snip'"],
      [3, '3'],
      [null, 'null'],
      [['snip'], '[snip]'],
      [new Float64Array(2), 'an array of 2'],
    ])('refuse what is no object: %j', (value, shown) => {
      expect(() => check(value)).toThrow(
        new TypeError(`prune: 'options' is ${shown}; must be an object. It may have criterion, sparsity, keep.`),
      );
    });
  });

  it('nearest: the fewest edits first, capitals aside', () => {
    expect(nearest('Stanard', ['quick', 'full', 'standard'], 2)).toEqual(['standard', 'quick']);
    expect(nearest('x', [])).toEqual([]);
  });
});
