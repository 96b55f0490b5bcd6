import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { allocate, exp, log, stream, type Stream } from '../src/index.js';
import { exports, memory, philoxBlock } from '../src/wasm.js';
import { mpmath, ulp, ulpsOff } from './elementary-ulp.js';
import { as241, philox as referencePhilox, ReferenceStream } from './random-reference.js';

const MAX_WORD = 2 ** 32 - 1;
const word = fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 0, max: MAX_WORD }), fc.constant(MAX_WORD));
const words = fc.tuple(word, word, word);
const seed = fc.oneof(fc.nat({ max: 10 }), fc.maxSafeNat());
const names = fc.array(
  fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  {
    maxLength: 4,
  },
);
const RUNS = { numRuns: 200 };

const fills = {
  uniform: (s: Stream, out: Float64Array) => s.fillUniform(out),
  normal: (s: Stream, out: Float64Array) => s.fillNormal(out),
  exponential: (s: Stream, out: Float64Array) => s.fillExponential(out),
};
const KINDS = ['uniform', 'normal', 'exponential'] as const;

describe('Philox4x32-10', () => {
  const philox = (key: readonly [number, number], counter: readonly [number, number, number, number]) => {
    exports.philox(...key, ...counter);
    return [...new Uint32Array(memory.buffer, philoxBlock, 4)];
  };
  const ones = MAX_WORD;
  // kat_vectors of Random123 1.14.0, lines "philox 4x32 10".
  test.each([
    { key: [0, 0], counter: [0, 0, 0, 0], block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    { key: [ones, ones], counter: [ones, ones, ones, ones], block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
    {
      key: [0xa4093822, 0x299f31d0],
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)('gives the published vector $#', ({ key, counter, block }) => {
    expect(philox(key, counter)).toEqual(block);
    expect(referencePhilox(key.map(BigInt), counter.map(BigInt)).map(Number)).toEqual(block);
  });
  test('equals the reference on any key and counter', () => {
    fc.assert(
      fc.property(word, word, word, words, (k0, k1, c0, rest) => {
        expect(philox([k0, k1], [c0, ...rest])).toEqual(
          referencePhilox([BigInt(k0), BigInt(k1)], [c0, ...rest].map(BigInt)).map(Number),
        );
      }),
      RUNS,
    );
  });
});

describe('equal to the reference', () => {
  /** A stream and the reference, both after `skip` numbers. */
  const both = (key: number, name: string, at: readonly [number, number, number], skip: number) => {
    const fast = stream(key, name).at(...at);
    const slow = new ReferenceStream(key, name).at(...at);
    for (let i = 0; i < skip; i++) expect(fast.uniform()).toBe(slow.uniform());
    return { fast, slow };
  };

  test('uniforms bit for bit: any seed, name, counter, start and length, filled or drawn singly', () => {
    fc.assert(
      fc.property(seed, fc.string(), words, fc.nat({ max: 9 }), fc.nat({ max: 70 }), (key, name, at, skip, n) => {
        const { fast, slow } = both(key, name, at, skip);
        expect([...fast.fillUniform(new Float64Array(n))]).toEqual(Array.from({ length: n }, () => slow.uniform()));
        expect(fast.uniform()).toBe(slow.uniform());
      }),
      RUNS,
    );
  });
  test('uniforms bit for bit over many pieces', () => {
    const { fast, slow } = both(3, 'long', [1, 2, 3], 1);
    for (const u of fast.fillUniform(new Float64Array(9001))) if (u !== slow.uniform()) expect.fail('differs');
  });
  test('normals bit for bit by AS 241 with the log of this package', () => {
    const { fast, slow } = both(4, 'normal', [0, 0, 0], 0);
    for (const z of fast.fillNormal(new Float64Array(50_000))) {
      if (z !== as241(slow.uniform(), exports.logOf)) expect.fail('differs');
    }
    for (const [u] of mpmath.normal) expect(exports.normalOf(u)).toBe(as241(u, exports.logOf)); // all branches
  });
  test('normals within 8 ulp of the true quantile', () => {
    // Wichura's bound, 1e-16 relatively, is 1 ulp at worst; the roundings of two polynomials, product and quotient add theirs: 4.6 seen in 4,000 draws.
    for (const row of mpmath.normal) {
      expect(ulpsOff(exports.normalOf(row[0]), row), `at u = ${row[0]}`).toBeLessThanOrEqual(8);
    }
  });
  test('exponentials within 2 ulp of −log(1 − u)', () => {
    const { fast, slow } = both(5, 'exponential', [0, 0, 0], 0);
    let worst = 0;
    for (const x of fast.fillExponential(new Float64Array(50_000))) {
      const expected = slow.exponential();
      worst = Math.max(worst, Math.abs(x - expected) / ulp(expected));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });
  test('Gumbel and Laplace numbers: their formulas of the same uniforms', () => {
    const n = 20_001;
    const { fast, slow } = both(7, 'two', [0, 0, 0], 0);
    const gumbel = fast.fillGumbel(new Float64Array(n));
    for (let i = 0; i < n; i++) {
      const expected = -Math.log(slow.exponential());
      // 2 ulp of each logarithm; an error of the inner one counts relatively.
      const tolerance = 2 * Number.EPSILON * (Math.abs(expected) + 2);
      if (!(Math.abs(gumbel[i]! - expected) <= tolerance)) expect.fail(`${gumbel[i]} for ${expected}`);
    }
    const laplace = fast.fillLaplace(new Float64Array(n));
    for (let i = 0; i < n; i++) {
      const q = slow.uniform() - 0.5 + 2 ** -54;
      const expected = -Math.sign(q) * Math.log(1 - 2 * Math.abs(q));
      if (!(Math.abs(laplace[i]! - expected) <= 2 * ulp(expected))) expect.fail(`${laplace[i]} for ${expected}`);
    }
  });
  test.each([0.052, 0.5, 1.5, 4, 1e6])('Pareto numbers, alpha = %d', (alpha) => {
    const n = 20_000;
    const { fast, slow } = both(6, 'pareto', [0, 0, 0], 0);
    const out = fast.fillPareto(new Float64Array(n), alpha);
    const v = Float64Array.from({ length: n }, () => 2 * slow.uniform() - 1 + 2 ** -53);
    // With this package's log and exp, which are held against mpmath elsewhere: bit for bit.
    const y = log(v.map(Math.abs), new Float64Array(n)).map((value) => value / -alpha);
    const powers = exp(y, new Float64Array(n));
    for (let i = 0; i < n; i++) {
      if (out[i] !== Math.sign(v[i]!) * (powers[i]! - 1)) expect.fail(`${out[i]} for ${v[i]}`);
    }
    // With Math's: 2 ε of 1 + |x| for exp, and 2 ε of its argument, whose absolute error is a relative one of the power.
    for (let i = 0; i < n; i++) {
      const size = Math.exp(-Math.log(Math.abs(v[i]!)) / alpha);
      const tolerance = 2 * (1 + y[i]!) * Number.EPSILON * size;
      if (!(Math.abs(Math.abs(out[i]!) - (size - 1)) <= tolerance)) expect.fail(`${out[i]} for ${v[i]}`);
    }
  });
  test('Dirichlet points, from gammas in plain arithmetic', () => {
    const alpha = [0.1, 0.7, 1, 2.5, 40];
    const { fast, slow } = both(8, 'dirichlet', [0, 0, 0], 1);
    for (let k = 0; k < 300; k++) {
      const logs = alpha.map((a) => slow.logGamma(a));
      const gammas = logs.map((g) => Math.exp(g - Math.max(...logs)));
      const sum = gammas.reduce((total, g) => total + g);
      fast.fillDirichlet(Float64Array.from(alpha), new Float64Array(5)).forEach((p, j) => {
        const expected = gammas[j]! / sum;
        expect(Math.abs(p - expected)).toBeLessThanOrEqual(1e-12 * expected); // logarithms up to some 100, and their error
      });
    }
    expect(fast.uniform()).toBe(slow.uniform());
  });
  test('integers, permutations and choices', () => {
    const bound = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
    fc.assert(
      fc.property(
        seed,
        words,
        fc.array(bound, { maxLength: 6 }),
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        (key, at, bounds, k, more) => {
          const { fast, slow } = both(key, 'integers', at, 0);
          for (const m of bounds) expect(fast.integer(m)).toBe(slow.integer(m));
          expect([...fast.permutation(new Uint32Array(k))]).toEqual(slow.permutation(k));
          expect([...fast.choice(k + more, new Uint32Array(k))]).toEqual(slow.choice(k + more, k));
          expect(fast.uniform()).toBe(slow.uniform());
        },
      ),
      RUNS,
    );
  });
  test.each([2048, 2049, 2050, 5000])('a permutation of %i, more than a window of uniforms', (n) => {
    for (const skip of [0, 1]) {
      const { fast, slow } = both(3, 'long', [5, 0, 0], skip);
      expect([...fast.permutation(new Uint32Array(n))]).toEqual(slow.permutation(n));
      expect(fast.uniform()).toBe(slow.uniform());
    }
  });
});

describe('laws', () => {
  test.each(KINDS)('a fill of %s draws what single calls draw, in pieces or at once', (kind) => {
    for (const skip of [0, 1, 2, 3]) {
      for (const n of [0, 1, 2, 7, 8, 9, 511, 512, 513, 2047, 2048, 2049, 4099]) {
        const bulk = stream(1, 'law').at(1, 2, 3);
        const single = stream(1, 'law').at(1, 2, 3);
        const pieces = stream(1, 'law').at(1, 2, 3);
        for (let i = 0; i < skip; i++) expect(bulk.uniform()).toBe(single.uniform());
        pieces.fillUniform(new Float64Array(skip));
        const out = fills[kind](bulk, new Float64Array(n));
        expect([...out]).toEqual(Array.from({ length: n }, () => single[kind]()));
        const parts = new Float64Array(n);
        const cut = Math.floor(n / 3);
        fills[kind](pieces, parts.subarray(0, cut));
        fills[kind](pieces, parts.subarray(cut));
        expect(parts).toEqual(out);
        expect(bulk.uniform()).toBe(single.uniform());
      }
    }
  });
  test('any mixture of single draws and fills walks one sequence of uniforms', () => {
    const step = fc.oneof(fc.constantFrom('uniform', 'normal', 'exponential', 'integer'), fc.nat({ max: 20 }));
    fc.assert(
      fc.property(words, fc.array(step, { maxLength: 20 }), (at, steps) => {
        const mixed = stream(2, 'mixture').at(...at);
        let used = 0;
        for (const s of steps) {
          if (typeof s === 'number') mixed.fillNormal(new Float64Array(s));
          else if (s === 'integer')
            mixed.integer(8); // a power of two is never drawn again
          else mixed[s]();
          used += typeof s === 'number' ? s : 1;
        }
        const plain = stream(2, 'mixture')
          .at(...at)
          .fillUniform(new Float64Array(used + 1));
        expect(mixed.uniform()).toBe(plain[used]);
      }),
      RUNS,
    );
  });
  test('`at` starts anew whatever was drawn before, and its words default to 0', () => {
    fc.assert(
      fc.property(words, fc.nat({ max: 5 }), (at, drawn) => {
        const used = stream(3, 'at');
        for (let i = 0; i < drawn; i++) used.uniform();
        expect(used.at(...at).uniform()).toBe(
          stream(3, 'at')
            .at(...at)
            .uniform(),
        );
        expect(used.at(at[0]).uniform()).toBe(used.at(at[0], 0, 0).uniform());
        expect(used.at().uniform()).toBe(stream(3, 'at').uniform());
      }),
      RUNS,
    );
  });
  test.each([...KINDS, 'gumbel', 'laplace', 'pareto', 'dirichlet'] as const)(
    'kernel memory gets the same bits of %s',
    (kind) => {
      const fill = {
        ...fills,
        gumbel: (s: Stream, out: Float64Array) => s.fillGumbel(out),
        laplace: (s: Stream, out: Float64Array) => s.fillLaplace(out),
        pareto: (s: Stream, out: Float64Array) => s.fillPareto(out, 1.5),
        dirichlet: (s: Stream, out: Float64Array) => s.fillDirichlet(0.3, out),
      }[kind];
      for (const n of [1, 2, 513, 5000]) {
        const block = allocate(n);
        expect(fill(stream(4, kind).at(7), block.array)).toEqual(fill(stream(4, kind).at(7), new Float64Array(n)));
        block.free();
      }
    },
  );
  test('a fill writes its array and nothing else', () => {
    const room = new Float64Array(100).fill(-7);
    const out = room.subarray(10, 61);
    expect(stream(5, 'room').fillNormal(out)).toBe(out);
    expect([...room.subarray(0, 10), ...room.subarray(61)]).toEqual(Array(49).fill(-7));
    expect(out).not.toContain(-7);
  });
  test('a Dirichlet point lies on the simplex, for any concentration', () => {
    const alpha = fc.double({ min: -300, max: 300, noNaN: true }).map((e) => 10 ** Math.min(300, Math.max(-300, e)));
    fc.assert(
      fc.property(
        fc.array(alpha, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: MAX_WORD }),
        (list, a) => {
          const point = stream(6, 'simplex')
            .at(a)
            .fillDirichlet(Float64Array.from(list), new Float64Array(list.length));
          let sum = 0;
          for (const p of point) {
            expect(p).toBeGreaterThanOrEqual(0);
            sum += p;
          }
          expect(Math.abs(sum - 1)).toBeLessThanOrEqual(list.length * Number.EPSILON);
        },
      ),
      RUNS,
    );
  });
  test('one concentration for all is that concentration for each', () => {
    const each = stream(7, 'd').fillDirichlet(Float64Array.of(0.4, 0.4, 0.4), new Float64Array(3));
    expect(stream(7, 'd').fillDirichlet(0.4, new Float64Array(3))).toEqual(each);
  });
  test('a permutation holds every index once, a choice none twice; both of any size', () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.nat({ max: 50 }), fc.integer({ min: 0, max: MAX_WORD }), (k, more, a) => {
        const order = stream(8, 'order').at(a).permutation(new Uint32Array(k));
        expect([...order].sort((p, q) => p - q)).toEqual(Array.from({ length: k }, (_, i) => i));
        const chosen = stream(8, 'order')
          .at(a)
          .choice(k + more, new Uint32Array(k));
        expect(new Set(chosen).size).toBe(k);
        for (const i of chosen) expect(i).toBeLessThan(k + more);
      }),
      RUNS,
    );
  });
  test('a choice from 2^32 needs no list of them', () => {
    const chosen = stream(9, 'many').choice(2 ** 32, new Uint32Array(1000));
    expect(new Set(chosen).size).toBe(1000);
    expect(Math.max(...chosen)).toBeGreaterThan(2 ** 31);
  });
});

describe('keys', () => {
  const start = (key: number, list: readonly (string | number)[]) => [
    ...stream(key, ...list).fillUniform(new Float64Array(4)),
  ];

  test('a stream is the same when made again, and its key is the JSON text of [seed, ...names]', () => {
    fc.assert(
      fc.property(seed, names, (key, list) => {
        const slow = new ReferenceStream(key, ...list);
        expect(start(key, list)).toEqual(Array.from({ length: 4 }, () => slow.uniform()));
      }),
      RUNS,
    );
  });
  test('other seeds and names give other streams', () => {
    fc.assert(
      fc.property(seed, names, seed, names, (key, list, otherKey, otherList) => {
        const same = JSON.stringify([key, ...list]) === JSON.stringify([otherKey, ...otherList]);
        expect(JSON.stringify(start(key, list)) === JSON.stringify(start(otherKey, otherList))).toBe(same);
      }),
      RUNS,
    );
  });
  test('near ones differ', () => {
    const lists: (string | number)[][] = [
      [],
      [''],
      ['', ''],
      [1],
      ['1'],
      [1, 1],
      [11],
      ['a', 'b'],
      ['ab'],
      ['a","b'],
      ['a,b'],
      ['b', 'a'],
      ['a', 'b', ''],
      ['\u0000'],
      ['\u0000\u0000'],
    ];
    const starts = [0, 1, 11, Number.MAX_SAFE_INTEGER].flatMap((key) =>
      lists.map((list) => JSON.stringify(start(key, list))),
    );
    expect(new Set(starts).size).toBe(starts.length);
  });
  test('equal numbers are equal names, however written', () => {
    expect(start(1, [1e3])).toEqual(start(1, [1000]));
    expect(start(1, [-0])).toEqual(start(1, [0]));
  });
  test('each counter word counts, and so does its place', () => {
    const s = stream(1, 'words');
    const counters = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [MAX_WORD, 0, 0],
      [0, MAX_WORD, 0],
      [0, 0, MAX_WORD],
    ] as const;
    expect(new Set(counters.map((at) => s.at(...at).uniform())).size).toBe(counters.length);
  });
  test('streams of neighbouring seeds, names and counters are uncorrelated', () => {
    const n = 20_000;
    const base = stream(1, 'c', 1).fillNormal(new Float64Array(n));
    const others = [
      stream(2, 'c', 1),
      stream(1, 'd', 1),
      stream(1, 'c', 2),
      stream(1, 'c', 1).at(1),
      stream(1, 'c', 1).at(0, 1),
      stream(1, 'c', 1).at(0, 0, 1),
    ].map((s) => s.fillNormal(new Float64Array(n)));
    for (const other of others) {
      const product = base.reduce((sum, x, i) => sum + x * other[i]!, 0);
      expect(Math.abs(product / Math.sqrt(n))).toBeLessThan(5); // standard normal, so beyond 5 once in two million
    }
  });
});

describe('bad input', () => {
  const s = stream(1, 'bad');
  const three = new Float64Array(3);
  const cases: readonly [() => unknown, string][] = [
    [() => stream(-1), "stream: 'seed' is -1; must be an integer from 0 to 2^53 - 1. Put other keys into the names."],
    [() => stream(0.5), "stream: 'seed' is 0.5; must be an integer from 0 to 2^53 - 1."],
    [() => stream(2 ** 53), "stream: 'seed' is 9007199254740992; must be an integer from 0 to 2^53 - 1."],
    [() => stream(Number.NaN, 'a'), "stream: 'seed' is NaN; must be an integer from 0 to 2^53 - 1."],
    [() => s.at(-1), "at: 'a' is -1; must be an integer from 0 to 4294967295. Put other keys into the stream's names."],
    [() => s.at(0, 1.5), "at: 'b' is 1.5; must be an integer from 0 to 4294967295."],
    [() => s.at(0, 0, 2 ** 32), "at: 'c' is 4294967296; must be an integer from 0 to 4294967295."],
    [() => s.at(Number.NaN), "at: 'a' is NaN; must be an integer from 0 to 4294967295."],
    [
      () => s.integer(0),
      "integer: 'bound' is 0; must be an integer from 1 to 2^53 - 1. The draw is from 0 to bound - 1.",
    ],
    [() => s.integer(2 ** 53), "integer: 'bound' is 9007199254740992; must be an integer from 1 to 2^53 - 1."],
    [() => s.integer(2.5), "integer: 'bound' is 2.5; must be an integer from 1 to 2^53 - 1."],
    [
      () => s.fillPareto(three, 0.05),
      "fillPareto: 'alpha' is 0.05; must be a finite number of at least 0.052. Moments of order below alpha exist.",
    ],
    [() => s.fillPareto(three, Number.NaN), "fillPareto: 'alpha' is NaN; must be a finite number of at least 0.052."],
    [
      () => s.fillPareto(three, Infinity),
      "fillPareto: 'alpha' is Infinity; must be a finite number of at least 0.052.",
    ],
    [
      () => s.fillDirichlet(1, new Float64Array(0)),
      "fillDirichlet: 'out' is empty; must have at least one coordinate. Give it a length.",
    ],
    [
      () => s.fillDirichlet(new Float64Array(2), three),
      "fillDirichlet: 'alpha' is of length 2; must be a number or of out's length 3. Give one a coordinate.",
    ],
    [
      () => s.fillDirichlet(0, three),
      "fillDirichlet: 'alpha' is 0; must be from 1e-300 to 1e300. Small values give nearly one-hot points.",
    ],
    [() => s.fillDirichlet(Float64Array.of(1, Number.NaN, 1), three), "fillDirichlet: 'alpha' is NaN; must be from"],
    [() => s.fillDirichlet(1e301, three), "fillDirichlet: 'alpha' is 1e+301; must be from 1e-300 to 1e300."],
    [
      () => s.choice(2, new Uint32Array(3)),
      "choice: 'n' is 2; must be an integer from 3 (out's length) to 2^32. There are not enough to choose from, or they do not fit.",
    ],
    [() => s.choice(2 ** 32 + 1, new Uint32Array(3)), "choice: 'n' is 4294967297; must be an integer from 3"],
    [() => s.choice(3.5, new Uint32Array(3)), "choice: 'n' is 3.5; must be an integer from 3"],
    [
      // An array of that length would take 64 GiB; the check comes before the array is touched.
      () => s.at().fillUniform(Object.create(Float64Array.prototype, { length: { value: 2 ** 33 + 1 } })),
      'stream: all 2^33 numbers of this counter are drawn; must be fewer. Go on at another at(a, b, c).',
    ],
  ];
  test.each(cases.map(([call, message]) => ({ call, message })))('$message', ({ call, message }) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
  test.each([
    [Symbol('x'), 'Symbol(x)'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [undefined, 'undefined'],
    [{}, '[object Object]'],
  ])('a name that is neither text nor a finite number: %s', (name, shown) => {
    const call = () => stream(1, 'a', name as string);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(
      `stream: 'names[1]' is ${shown}; must be a string or a finite number. Name the stream by text.`,
    );
  });
  test('a refused call draws nothing', () => {
    const tried = stream(1, 'tried');
    expect(() => tried.integer(0)).toThrow();
    expect(() => tried.fillPareto(three, 0)).toThrow();
    expect(() => tried.fillDirichlet(0, three)).toThrow();
    expect(() => tried.choice(1, new Uint32Array(2))).toThrow();
    expect(tried.uniform()).toBe(stream(1, 'tried').uniform());
  });
});

describe('after memory has grown', () => {
  const detached = (make: (buffer: ArrayBuffer) => ArrayBufferView) => {
    const view = make(memory.buffer as ArrayBuffer);
    memory.grow(1);
    return view;
  };
  test.each<[string, (view: ArrayBufferView) => unknown]>([
    ['fillUniform', (view) => stream(1, 'x').fillUniform(view as Float64Array)],
    ['fillNormal', (view) => stream(1, 'x').fillNormal(view as Float64Array)],
    ['fillExponential', (view) => stream(1, 'x').fillExponential(view as Float64Array)],
    ['fillGumbel', (view) => stream(1, 'x').fillGumbel(view as Float64Array)],
    ['fillLaplace', (view) => stream(1, 'x').fillLaplace(view as Float64Array)],
    ['fillPareto', (view) => stream(1, 'x').fillPareto(view as Float64Array, 2)],
    ['permutation', (view) => stream(1, 'x').permutation(view as Uint32Array)],
    ['choice', (view) => stream(1, 'x').choice(5, view as Uint32Array)],
  ])('%s refuses an old view by name', (name, call) => {
    const view = detached((buffer) =>
      name === 'permutation' || name === 'choice' ? new Uint32Array(buffer, 0, 4) : new Float64Array(buffer, 0, 4),
    );
    expect(() => call(view)).toThrow(TypeError);
    expect(() => call(view)).toThrow(
      `${name}: 'out' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`,
    );
  });
  test('streams made before go on with the same numbers', () => {
    const old = stream(2, 'growth');
    old.uniform();
    memory.grow(1);
    const fresh = stream(2, 'growth');
    fresh.uniform();
    expect(old.uniform()).toBe(fresh.uniform());
    memory.grow(1);
    expect(old.uniform()).toBe(fresh.uniform());
    memory.grow(1);
    expect(old.fillNormal(new Float64Array(5))).toEqual(fresh.fillNormal(new Float64Array(5)));
    memory.grow(1);
    expect(stream(2, 'growth').uniform()).toBe(stream(2, 'growth').uniform());
  });
});

test('re-keying and filling allocate no objects', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const s = stream(1, 'rekey');
  const out = new Float64Array(16);
  const work = (rounds: number) => {
    for (let i = 0; i < rounds; i++) s.at(i, 2 ** 31 + i, 3).fillNormal(out);
  };
  work(20_000);
  const deltas = Array.from({ length: 7 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    work(10_000);
    return process.memoryUsage().heapUsed - before;
  });
  // Nothing is collected between the two readings, so what a call allocates is in each of them; code that the compiler has
  // not come to yet, on a busy machine, boxes more for a while. An engine may box a number or two a call (16 bytes each;
  // Node 24 boxes two); an array takes more.
  expect(Math.min(...deltas)).toBeLessThan(10_000 * 40);
});
