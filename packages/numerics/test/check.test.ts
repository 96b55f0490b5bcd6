import { describe, expect, it } from 'vitest';
import {
  atLeast,
  complaint,
  folderError,
  fraction,
  inside,
  integer,
  invalid,
  nearest,
  oneOf,
  options,
  overwrites,
  positive,
  refuseResult,
  requireKeys,
  requireList,
  requireOptions,
  requireText,
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
    [['x'.repeat(1e6), 1], `[${'x'.repeat(79)}…`],
    [[Object.create(null), Symbol('x'), null, undefined, [1, 2]], '[an object, Symbol(x), null, undefined, 1,2]'],
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

describe('overwrites', () => {
  const out = new Float64Array(2);
  const act = (call: () => unknown) => () => overwrites('f', out, call, 'Do so.');
  it('lets a function through that assigns, whatever it returns by the way', () => {
    for (const returned of [undefined, out, 3]) {
      expect(act(() => (out.set([1, 2]), returned))).not.toThrow();
      expect([...out]).toEqual([1, 2]);
    }
  });
  it('and one whose result is NaN by itself', () => {
    expect(act(() => void out.fill(NaN))).not.toThrow();
    expect([...out]).toEqual([NaN, NaN]);
  });
  it.each([
    [
      'returns',
      () => new Float64Array(2),
      "f: what it returns is an array of 2; must be written to 'out' before it returns. Do so.",
    ],
    ['is async', async () => 1, "f: what it returns is a promise; must be written to 'out' before it returns. Do so."],
    [
      'adds',
      () => void out.forEach((v, j) => (out[j] = v + 1)),
      "f: 'out' keeps numbers that it held before the call; must be overwritten whole. Assign, or begin with out.fill(0).",
    ],
    [
      'writes a part',
      () => void (out[0] = 1),
      "f: 'out' keeps numbers that it held before the call; must be overwritten whole. Assign, or begin with out.fill(0).",
    ],
  ])('refuses one that %s', (_, call, message) => {
    expect(act(call)).toThrow(new TypeError(message));
  });
});

describe('refuseResult', () => {
  it('refuses another array, and takes the target, numbers and nothing', () => {
    const target = [1];
    for (const fine of [target, 1, undefined, null, 'x', true]) refuseResult('f', "'x'", fine, target, 'Do so.');
    expect(() => refuseResult('f', "'x'", [1], target, 'Do so.')).toThrow(
      new TypeError("f: what it returns is [1]; must be written to 'x' before it returns. Do so."),
    );
  });
});

describe('folderError', () => {
  const raw = (code: string) => Object.assign(new Error(`${code}: raw`), { code });
  it.each([
    ['ENOTDIR', 'a file is in its way'],
    ['EEXIST', 'a file is in its way'],
    ['EACCES', 'nothing may be written there'],
    ['EPERM', 'nothing may be written there'],
    ['EROFS', 'nothing may be written there'],
  ])('says %s in words', (code, why) => {
    const error = folderError('f', '/a/b', raw(code), 'Name another.');
    expect(error).toMatchObject({
      message: `f: the folder /a/b cannot be made: ${why}. Name another.`,
      cause: raw(code),
      code,
    });
  });
  it('gives others as they came', () => {
    for (const error of [raw('ENOSPC'), new Error('x'), 'text']) expect(folderError('f', '/a', error, '')).toBe(error);
  });
});

describe('requireOptions', () => {
  const known = { first: 1, second: 1 };
  it.each([undefined, null, 3, 'adam'])('refuses %j', (value) => {
    expect(() => requireOptions('f', value as never, known)).toThrow(
      new TypeError(
        `f: 'options' is ${typeof value === 'string' ? `'${value}'` : value}; must be an object. It may have first, second.`,
      ),
    );
    expect(() => requireOptions('f', value as never, known, 'clip')).toThrow(TypeError);
    expect(() => requireOptions('f', value as never, known, 'clip')).toThrow("f: 'clip' is");
  });
  it('checks names', () => {
    expect(() => requireOptions('f', { first: 1 } as never, known)).not.toThrow();
    expect(() => requireOptions('f', { frist: 1 } as never, known)).toThrow(
      "f: 'frist' is no option; must be one of first, second. Did you mean 'first'?",
    );
  });
});

describe('kinds', () => {
  const others = [
    [undefined, 'undefined'],
    [null, 'null'],
    [3, '3'],
    [true, 'true'],
  ] as const;
  it.each([...others, ['x', "'x'"], [{ a: 1 }, 'an object'], [[], '[]']] as const)(
    'a record is not %j',
    (value, told) => {
      expect(() => requireKeys('f', 'run', value, ['a', 'b'], 'simulate() makes one.')).toThrow(
        new TypeError(`f: 'run' is ${told}; must be an object with a, b. simulate() makes one.`),
      );
    },
  );
  it('a record may have inherited its properties', () => {
    class Has {
      get a() {
        return undefined;
      }
    }
    expect(() => requireKeys('f', 'run', new Has(), ['a'])).not.toThrow();
  });
  it.each([...others, ['x', "'x'"], [{}, 'an object'], [new Map(), 'an object'], [new DataView(new ArrayBuffer(1)), 'a DataView']] as const)('a list is not %j', (value, told) => {
    expect(() => requireList('f', 'x', value, 'Give some.')).toThrow(
      new TypeError(`f: 'x' is ${told}; must be an array. Give some.`),
    );
  }); // prettier-ignore
  it.each([[], [1], new Float32Array(2), { length: 0 }])('a list is %j', (value) => {
    expect(() => requireList('f', 'x', value)).not.toThrow();
  });
  it.each([...others, [{}, 'an object'], [['x'], '[x]']] as const)('a text is not %j', (value, told) => {
    expect(() => requireText('f', 'path', value)).toThrow(new TypeError(`f: 'path' is ${told}; must be a text.`));
    expect(() => requireText('f', 'path', '')).not.toThrow();
  });
});
