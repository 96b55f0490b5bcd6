import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { allocate, cos, cosh, exp, log, scalar, sin, sinh, tanh, tanhBackward } from '../src/index.js';
import { memory, SCRATCH_LENGTH } from '../src/wasm.js';
import { mpmath, ulp, ulpsOff } from './elementary-ulp.js';

const functions = { sin, cos, exp, log, sinh, cosh, tanh };
const NAMES = ['sin', 'cos', 'exp', 'log', 'sinh', 'cosh', 'tanh'] as const;

const of = (name: (typeof NAMES)[number], ...x: number[]) => [
  ...functions[name](Float64Array.from(x), new Float64Array(x.length)),
];
const one = (name: (typeof NAMES)[number], x: number) => of(name, x)[0]!;

const LARGE = 2 ** 22; // where sin and cos change their reduction

const any = fc.double();
const ordinary = fc.double({ min: -1000, max: 1000, noNaN: true });
const RUNS = { numRuns: 500 };

describe('as mpmath', () => {
  test.each(['sin', 'cos', 'exp', 'log', 'tanh'] as const)(
    '%s within 2 ulp: ordinary, huge, tiny, next to where it turns',
    (name) => {
      for (const row of mpmath[name]) {
        const [x, nearest] = row;
        const y = one(name, x);
        // Large angles are reduced to 1e-29 or so, which is all that is left of them next to a zero.
        if (Math.abs(x) > LARGE && Math.abs(nearest) < 1e-13) expect(Math.abs(y - nearest)).toBeLessThan(1e-29);
        else expect(ulpsOff(y, row), `${name}(${x})`).toBeLessThanOrEqual(2);
      }
    },
  );
});

describe('special values', () => {
  test.each([
    ['sin', 0, 0],
    ['sin', -0, 0],
    ['sin', Infinity, NaN],
    ['sin', -Infinity, NaN],
    ['sin', NaN, NaN],
    ['sin', 5e-324, 5e-324],
    ['cos', 0, 1],
    ['cos', -0, 1],
    ['cos', Infinity, NaN],
    ['cos', -Infinity, NaN],
    ['cos', NaN, NaN],
    ['cos', 5e-324, 1],
    ['exp', 0, 1],
    ['exp', -0, 1],
    ['exp', Infinity, Infinity],
    ['exp', -Infinity, 0],
    ['exp', NaN, NaN],
    ['exp', 709.782712893385, Infinity],
    ['exp', -745.1332191019412, 0],
    ['exp', 1e308, Infinity],
    ['exp', -1e308, 0],
    ['log', 1, 0],
    ['log', 0, -Infinity],
    ['log', -0, -Infinity],
    ['log', Infinity, Infinity],
    ['log', -Infinity, NaN],
    ['log', NaN, NaN],
    ['log', -5e-324, NaN],
    ['log', -1, NaN],
    ['sinh', 0, 0],
    ['sinh', -0, -0],
    ['sinh', 5e-324, 5e-324],
    ['sinh', Infinity, Infinity],
    ['sinh', -Infinity, -Infinity],
    ['sinh', NaN, NaN],
    ['sinh', 711, Infinity],
    ['cosh', 0, 1],
    ['cosh', -0, 1],
    ['cosh', 5e-324, 1],
    ['cosh', Infinity, Infinity],
    ['cosh', -Infinity, Infinity],
    ['cosh', NaN, NaN],
    ['cosh', -711, Infinity],
    ['tanh', 0, 0],
    ['tanh', -0, -0],
    ['tanh', 5e-324, 5e-324],
    ['tanh', 19.0625, 1],
    ['tanh', Infinity, 1],
    ['tanh', -Infinity, -1],
    ['tanh', NaN, NaN],
  ] as const)('%s %d = %d', (name, x, y) => {
    expect(one(name, x)).toBe(y);
    expect(of(name, 0.5, x)[1]).toBe(y);
    expect(of(name, x, 0.5)[0]).toBe(y);
  });
});

describe('laws', () => {
  test.each(NAMES)('%s of a number does not depend on its neighbours, its place or its number', (name) => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 9 }), (x) => {
        expect(of(name, ...x)).toEqual(x.map((value) => one(name, value)));
      }),
      RUNS,
    );
  });
  test.each(NAMES)('%s has the bits of scalar', (name) => {
    // Where ranges of the hyperbolic functions meet: exp x − 1 is x, k of its reduced range, cosh by exp, results overflow.
    const turns = [
      2 ** -26,
      Math.LN2 / 2,
      Math.LN2,
      1,
      1.5 * Math.LN2,
      2.5 * Math.LN2,
      13,
      19.5 * Math.LN2,
      56 * Math.LN2,
      709.78,
    ];
    const near = fc
      .tuple(
        fc.constantFrom(...turns),
        fc.integer({ min: -3000, max: 3000 }),
        fc.constantFrom(2 ** -52, 2 ** -36, 2 ** -20),
      )
      .map(([x, k, unit]) => x * (1 + k * unit));
    const number = fc.oneof(any, ordinary, fc.double({ min: -14, max: 14, noNaN: true }), near, near.map((x) => -x)); // prettier-ignore
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 64 }), (x) => {
        expect(of(name, ...x)).toEqual(x.map((value) => scalar[name](value)));
      }),
      { numRuns: 1500 },
    );
  });
  test('sinh is odd and cosh is even, to the bit', () => {
    fc.assert(
      fc.property(ordinary, (x) => {
        expect(of('sinh', -x, x)[0]).toBe(-of('sinh', x, x)[0]!);
        expect(of('cosh', -x, x)[0]).toBe(of('cosh', x, x)[0]!);
      }),
      RUNS,
    );
  });
  test('tanh is odd to the bit, rises to within its error, stays in [−1, 1], and is sinh / cosh', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ min: -700, max: 700, noNaN: true }), (x, y) => {
        expect(one('tanh', -x)).toBe(-one('tanh', x));
        expect(Math.abs(one('tanh', x))).toBeLessThanOrEqual(1);
        const [low, high] = x < y ? [x, y] : [y, x];
        expect(one('tanh', low)).toBeLessThanOrEqual(one('tanh', high) + 2 * ulp(one('tanh', high)));
        expect(Math.abs(one('tanh', y) - one('sinh', y) / one('cosh', y))).toBeLessThanOrEqual(6 * ulp(one('tanh', y)));
      }),
      RUNS,
    );
  });
  test('sin is odd and cos is even, to the bit', () => {
    fc.assert(
      fc.property(any, (x) => {
        expect(one('sin', -x)).toBe(0 - one('sin', x)); // 0 - 0 is 0: a zero result has no sign
        expect(one('cos', -x)).toBe(one('cos', x));
      }),
      RUNS,
    );
  });
  test('sin² + cos² = 1, and neither leaves [−1, 1]', () => {
    fc.assert(
      fc.property(fc.oneof(ordinary, fc.double({ noNaN: true, noDefaultInfinity: true })), (x) => {
        const [s, c] = [one('sin', x), one('cos', x)];
        expect(Math.abs(s)).toBeLessThanOrEqual(1);
        expect(Math.abs(c)).toBeLessThanOrEqual(1);
        expect(Math.abs(s * s + c * c - 1)).toBeLessThanOrEqual(4 * Number.EPSILON);
      }),
      RUNS,
    );
  });
  test('sin (x + y) = sin x cos y + cos x sin y', () => {
    fc.assert(
      fc.property(ordinary, ordinary, (x, y) => {
        const sum = one('sin', x) * one('cos', y) + one('cos', x) * one('sin', y);
        // x + y is rounded once: half an ulp of it reaches the sine.
        expect(Math.abs(one('sin', x + y) - sum)).toBeLessThanOrEqual(ulp(x + y) + 5 * Number.EPSILON);
      }),
      RUNS,
    );
  });
  test('log undoes exp', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        // exp is off by 2 ulp at most, which is an absolute error of its logarithm.
        expect(Math.abs(one('log', one('exp', x)) - x)).toBeLessThanOrEqual(3 * Number.EPSILON + 2 * ulp(x));
      }),
      RUNS,
    );
  });
  test('exp and log rise', () => {
    const pair = fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true }));
    fc.assert(
      fc.property(pair, ([x, y]) => {
        const [low, high] = x < y ? [x, y] : [y, x];
        expect(one('exp', low)).toBeLessThanOrEqual(one('exp', high));
        if (low > 0) expect(one('log', low)).toBeLessThanOrEqual(one('log', high));
      }),
      RUNS,
    );
  });
});

describe('arrays', () => {
  const sizes = [1, 2, 3, SCRATCH_LENGTH - 1, SCRATCH_LENGTH, SCRATCH_LENGTH + 1, 2 * SCRATCH_LENGTH + 5];
  const sample = (n: number) => Float64Array.from({ length: n }, (_, i) => 0.01 + 0.37 * i);

  test.each(NAMES)('%s in kernel memory, outside, across the border and in place: the same bits', (name) => {
    const f = functions[name];
    expect(f(new Float64Array(0), new Float64Array(0))).toEqual(new Float64Array(0));
    for (const n of sizes) {
      const x = sample(n);
      const outside = f(x, new Float64Array(n));
      expect(x).toEqual(sample(n));
      const block = allocate(n);
      const other = allocate(n);
      block.array.set(x);
      expect(f(block.array, other.array)).toBe(other.array);
      expect(other.array).toEqual(outside);
      expect(f(block.array, new Float64Array(n))).toEqual(outside);
      other.array.fill(0);
      expect(f(x, other.array)).toEqual(outside);
      expect(f(block.array, block.array)).toEqual(outside);
      expect(f(x, x)).toBe(x);
      expect(x).toEqual(outside);
      block.free();
      other.free();
    }
  });
  test.each(['kernel memory', 'other memory'])('in %s out may overlap x from below, not from above', (where) => {
    const n = 3000;
    const block = where === 'kernel memory' ? allocate(n + 1) : { array: new Float64Array(n + 1) };
    const expected = [
      ...exp(
        sample(n).map((v) => -v),
        new Float64Array(n),
      ),
    ];
    block.array.subarray(1).set(sample(n).map((v) => -v));
    exp(block.array.subarray(1), block.array.subarray(0, n));
    expect([...block.array.subarray(0, n)]).toEqual(expected);
    for (const name of NAMES) {
      const call = () => functions[name](block.array.subarray(0, n), block.array.subarray(1));
      expect(call).toThrow(RangeError);
      expect(call).toThrow(
        `${name}: 'out' begins inside 'x'; must be x itself or not overlap it from above. Use another array.`,
      );
    }
    // Touching is not overlapping.
    expect(() => exp(block.array.subarray(0, 10), block.array.subarray(10, 20))).not.toThrow();
    if ('free' in block) block.free();
  });
  test('writes its array and nothing else', () => {
    const room = new Float64Array(40).fill(-7);
    cos(sample(13), room.subarray(5, 18));
    expect([...room.subarray(0, 5), ...room.subarray(18)]).toEqual(Array(27).fill(-7));
    expect(room.subarray(5, 18)).toEqual(cos(sample(13), new Float64Array(13)));
  });
});

describe('bad input', () => {
  test.each(NAMES)('%s of other lengths', (name) => {
    const call = () => functions[name](new Float64Array(3), new Float64Array(2));
    expect(call).toThrow(RangeError);
    expect(call).toThrow(`${name}: 'out' is of length 2; must be of x's length 3. Pass a subarray of that length.`);
    expect(() => functions[name](new Float64Array(0), new Float64Array(1))).toThrow(RangeError);
  });
  test.each(NAMES)('%s of a view that the growth of memory has emptied', (name) => {
    const stale = new Float64Array(memory.buffer, 0, 4);
    memory.grow(1);
    const why =
      'is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.';
    for (const [x, out, option] of [
      [stale, new Float64Array(4), 'x'],
      [new Float64Array(4), stale, 'out'],
      [stale, stale, 'x'],
    ] as const) {
      const call = () => functions[name](x, out);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(`${name}: '${option}' ${why}`);
    }
    expect(functions[name](Float64Array.of(1, 1), new Float64Array(2))[0]).toBe(one(name, 1));
  });
});

describe('tanhBackward', () => {
  const values = (n: number) => ({ h: Float64Array.from({ length: n }, (_, i) => Math.sin(i)), delta: Float64Array.from({ length: n }, (_, i) => i - n / 2) }); // prettier-ignore

  test.each([0, 1, 2, 7, SCRATCH_LENGTH + 3])('multiplies %i gradients by 1 − h², in any memory', (n) => {
    const { h, delta } = values(n);
    const expected = delta.map((d, i) => d * (1 - h[i]! * h[i]!));
    const [inside, other] = [allocate(n), allocate(n)];
    inside.array.set(h);
    other.array.set(delta);
    expect(tanhBackward(inside.array, other.array)).toEqual(expected);
    other.array.set(delta);
    expect(tanhBackward(h, other.array)).toEqual(expected);
    expect(tanhBackward(inside.array, delta.slice())).toEqual(expected);
    expect(tanhBackward(h, delta)).toBe(delta);
    expect(delta).toEqual(expected);
    inside.free();
    other.free();
  });
  test('refuses another length, and gradients that overlap the values', () => {
    const { h } = values(4);
    expect(() => tanhBackward(h, new Float64Array(3))).toThrow("tanhBackward: 'delta' is of length 3; must be of x's length 4. Pass a subarray of that length."); // prettier-ignore
    expect(() => tanhBackward(h, h)).toThrow("tanhBackward: 'delta' overlaps 'x'; must not share memory with it. Use another array."); // prettier-ignore
  });
});
