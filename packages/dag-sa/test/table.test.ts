import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { spent } from '../../../vitest.linear.mjs';
import {
  boss, correlation, eqVarBottomUp, eqVarTopDown, fit, fitCovariance, linearSem, methods, moments, parseCsv, PsiDag, r2Order, simulateDag,
  varianceOrder, type Fit, type FitOptions, type Method,
} from '../src/index.js'; // prettier-ignore

const quick = { psiDag: { epochs: 1, batches: [100, 100] } } as const;
const rows = [[1, 2.1], [2, 3.9], [3, 6.2], [4, 7.8], [5, 10.1]]; // prettier-ignore

describe('D2: what is no number', () => {
  it.each([
    [null, 'null'], ['', "''"], [true, 'true'], ['3', "'3'"], [new Date(0), 'an object'], [undefined, 'undefined'], [[3], '[3]'], [3n, '3'], [NaN, 'NaN'],
  ] as const)('%s is refused with row and column', (value, shown) => {
    const bad = rows.map((row, r) => (r === 2 ? [value as unknown as number, row[1]!] : row));
    expect(() => fit(bad, { names: ['a', 'b'] })).toThrow(
      `fit: 'row 2, a' is ${shown}; must be finite. Leave such rows or columns out; missing values are not filled in.`,
    );
  }); // prettier-ignore
  it('so are labels of environments that are none, and a name that is there twice', () => {
    expect(() => fit(rows, { environment: [1, 1, null as never, 2, 2] })).toThrow("fit: 'environment[2]' is null; must be a text or a finite number. Label each row."); // prettier-ignore
    expect(() => fit(rows, { names: ['a', 'a'] })).toThrow("fit: 'names' is 'a'; must be there once. Name each column by itself."); // prettier-ignore
  });
  it('so are tables of another kind, holes among rows, and batches that a typed array would make numbers of', () => {
    expect(() => fit(new Float32Array(8) as never, 2)).toThrow("fit: 'X' is an array of 8; must be a Float64Array, row by row, or an array of rows. Copy the numbers into one."); // prettier-ignore
    expect(() => fit('12' as never)).toThrow("fit: 'X' is '12'; must be a Float64Array");
    const holes = rows.slice();
    delete holes[2];
    expect(() => fit(holes)).toThrow("fit: 'row 2' is of length undefined; must be of length 2, as row 0.");
    const model = new PsiDag(1, { batchSize: 2 });
    expect(() => model.partialFit([null, '3'] as never)).toThrow("PsiDag.partialFit: 'rows' is [null, 3]; must be a Float64Array of batchSize · d = 2 numbers."); // prettier-ignore
  });
});

/** The graph under names: which pairs are joined, and how. */
const named = ({ edges, names }: Fit) =>
  edges
    .map(({ from, to, directed }) =>
      directed ? `${names[from]}→${names[to]}` : [names[from], names[to]].sort().join('—'),
    )
    .sort();
const arranged = (X: Float64Array, d: number, columns: readonly number[], order: readonly number[]) =>
  Float64Array.from(X, (_, at) => X[order[Math.floor(at / d)]! * d + columns[at % d]!]!);
const shuffled = (n: number, seed: number) => [...stream(seed, 'shuffled').permutation(new Uint32Array(n))];

describe('D4: scales, ties, and the order of rows and columns', () => {
  const still = ['boss', 'eqvar-td', 'eqvar-bu', 'sortnregress', 'r2-sort', 'random-order', 'direct-lingam', 'nocurl'] as const; // prettier-ignore
  it.each(still)('%s gives the same graph whichever row or column comes first, standardised too', (method) => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(100_000), fc.boolean(), (d, seed, standardise) => {
        const n = 120;
        const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.5, 1.5] });
        const X = linearSem(B, d, { seed }).sample(n);
        const names = Array.from({ length: d }, (_, v) => `v${v}`);
        const columns = shuffled(d, seed);
        const options: FitOptions = { method, standardise };
        // Without names, which would break ties too.
        const one = fit(X, d, options);
        const other = fit(arranged(X, d, columns, shuffled(n, seed + 1)), d, options);
        expect(named({ ...other, names: columns.map((v) => names[v]!) })).toEqual(named({ ...one, names }));
        for (const { from, to, weight } of one.edges) {
          expect(other.W[columns.indexOf(from) * d + columns.indexOf(to)]).toBeCloseTo(weight, 7);
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it.each(['psi-dag', 'order-search', 'notears'] as const)(
    '%s gives the same graph whichever column comes first',
    (method) => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(100_000), (d, seed) => {
          const B = simulateDag({ d, degree: Math.min(2, d - 1), seed, weights: [0.5, 1.5] });
          const X = linearSem(B, d, { seed }).sample(200);
          const names = Array.from({ length: d }, (_, v) => `v${v}`);
          const columns = shuffled(d, seed);
          const rowsAsTheyAre = Array.from({ length: 200 }, (_, r) => r);
          const other = fit(arranged(X, d, columns, rowsAsTheyAre), d, { ...quick, method, names: columns.map((v) => names[v]!) }); // prettier-ignore
          expect(named(other)).toEqual(named(fit(X, d, { ...quick, method, names })));
        }),
        { numRuns: 15, seed: 2 },
      );
    },
  );

  it('rounding does not decide between equals', () => {
    const S = Float64Array.of(1 + 2e-16, 0.5, 0.3, 0.5, 1, 0.4, 0.3, 0.4, 1 - 2e-16);
    expect([...varianceOrder(S, 3)]).toEqual([0, 1, 2]);
    expect(eqVarTopDown(S, 3)[0]).toBe(0);
    const pair = Float64Array.of(1 + 2e-16, 0.5, 0.5, 1);
    expect([...eqVarBottomUp(pair, 2)]).toEqual([0, 1]);
    expect([...r2Order(pair, 2)]).toEqual([0, 1]);
  });

  it.each(['eqvar-td', 'eqvar-bu', 'sortnregress', 'order-search', 'psi-dag', 'r2-sort'] as const)(
    '%s calls a tie a tie',
    (method) => {
      const X = linearSem(Float64Array.of(0, 1, 0, 0), 2, { seed: 3 }).sample(500);
      const { edges, open, diagnostics, pattern } = fit(X, 2, { ...quick, method, standardise: true });
      expect(edges).toHaveLength(1);
      expect(edges[0]!.directed).toBe(false);
      expect([...pattern]).toEqual([0, 1, 1, 0]);
      expect(open).toBe(1);
      expect(diagnostics.warnings).toContain('1 of 1 edges have no direction that the data decide: both are equally good, and a tie decides.'); // prettier-ignore
      // Not so where variances differ; R² of two variables is always the same.
      expect(fit(X, 2, { ...quick, method }).open).toBe(method === 'r2-sort' ? 1 : 0);
    },
  );

  const ratios = [0.2, 0.5, 1, 2, 5];
  it.each(
    ratios.flatMap((ratio) =>
      [0.4, 1.5].flatMap((weight) => [1, 2, 3, 4].map((seed) => [ratio, weight, seed] as const)),
    ),
  )(
    'two variables, the second times %f, weight %f, seed %i: the direction is said to depend on the units',
    (ratio, weight, seed) => {
      const X = linearSem(Float64Array.of(0, weight, 0, 0), 2, { seed }).sample(500).map((x, at) => (at % 2 === 1 ? x * ratio : x)); // prettier-ignore
      const { diagnostics } = fit(X, 2, { method: 'eqvar-td' });
      expect(diagnostics.scaleSensitivity).toBe(1);
      expect(diagnostics.rescalings).toHaveLength(3);
      expect(diagnostics.warnings[0]).toMatch(/^2 of 2 edges change when the variables are (standardised|rescaled) \(variances differ by a factor of .*\): the graph depends on the units\.$/); // prettier-ignore
    },
  );

  it.each(['boss', 'r2-sort', 'direct-lingam', 'random-order'] as const)('%s depends on no units', (method) => {
    const X = linearSem(simulateDag({ d: 5, degree: 2, seed: 4 }), 5, { noise: 'uniform' }).sample(400);
    expect(fit(X, 5, { method }).diagnostics).toMatchObject({ scaleSensitivity: 0, rescalings: [0] });
    const scaled = X.map((x, at) => x * [1, 10, 0.1, 3, 1e4][at % 5]!);
    expect(named(fit(scaled, 5, { method }))).toEqual(named(fit(X, 5, { method })));
  });
});

describe('D7: sizes', () => {
  const X = linearSem(simulateDag({ d: 3, degree: 2, seed: 1 }), 3).sample(100);
  const times = (factors: number[]) => X.map((x, at) => x * factors[at % 3]!);
  it.each([
    [[1, 1e300, 1], "fit: 'column x1' is too large to square; must be below 1e+75. Scale it."],
    [[1, 1e300, 1e200], "fit: 'columns x1, x2' are too large to square; must be below 1e+75. Scale them."],
    [[1e-165, 1, 1], "fit: 'column x0' is too small to square; must be of a size above 1e-75. Scale it."],
    [[1, 0, 0], "fit: 'columns x1, x2' are constant; must be varying. Leave them out."],
  ])('columns times %o', (factors, message) => {
    for (const method of ['psi-dag', 'boss'] as const)
      expect(() => fit(times(factors), 3, { method })).toThrow(message);
  });
  it('within them the graph is the same', () => {
    const graph = named(fit(X, 3, { method: 'boss' }));
    for (const factors of [[1e-70, 1, 1e70], [1e70, 1e70, 1e70], [1e-70, 1e-70, 1e-70]]) {
      expect(named(fit(times(factors), 3, { method: 'boss' }))).toEqual(graph);
    } // prettier-ignore
  });
  it('a large constant with a small remainder of rounding is constant', () => {
    const flat = X.map((x, at) => (at % 3 === 1 ? 1e9 + 0.1 : x));
    expect(() => fit(flat, 3)).toThrow("fit: 'column x1' is constant; must be varying. Leave it out.");
  });
});

describe('D9: soft methods', () => {
  const X = linearSem(Float64Array.of(0, 2, 0, 0, 0, 1, 0, 0, 0), 3, { seed: 2 }).sample(1000);
  it.each(['notears', 'nocurl'] as const)(
    '%s fits what it keeps by least squares, so that empty knowledge changes nothing',
    (method) => {
      // NOCURL ends elsewhere at a third, by a path of its solver: its soft problem has several solutions.
      for (const size of method === 'nocurl' ? [1, 10] : [1, 1 / 3, 10]) {
        const scaled = X.map((x) => x * size);
        const free = fit(scaled, 3, { method });
        const { W } = fit(scaled, 3, { method, forbidden: [[2, 0]] });
        expect(free.edges.map(({ from, to }) => [from, to])).toEqual([[0, 1], [1, 2]]); // prettier-ignore
        W.forEach((w, at) => expect(w).toBeCloseTo(free.W[at]!, 12));
        expect(free.W[1]).toBeCloseTo(2, 0);
      }
    },
  );
  it('warns where a weight is beyond what the steps of DAGMA reach', () => {
    const far = X.map((x, at) => (at % 3 === 1 ? x * 1000 : x));
    const { covariance } = moments(far, 1000, 3);
    const { warnings } = fitCovariance(covariance, 3, 1000, { method: 'dagma', names: ['a', 'b', 'c'] }).diagnostics;
    expect(warnings).toContainEqual(expect.stringMatching(/^A change of a by 1 goes with one of b by 2\.\d+e\+3, and dagma cannot reach weights above 54 in its steps: scale the variables\.$/)); // prettier-ignore
  });
});

describe('D11: a covariance in place of the rows', () => {
  const d = 5;
  const X = linearSem(simulateDag({ d, degree: 2, seed: 6 }), d, { seed: 6 }).sample(500);
  const { covariance } = moments(X, 500, d);
  const possible: readonly Method[] = ['boss', 'eqvar-td', 'eqvar-bu', 'sortnregress', 'r2-sort', 'random-order', 'notears', 'nocurl']; // prettier-ignore
  it.each(possible)('%s finds what it finds from them', (method) => {
    const [one, other] = [fit(X, d, { method }), fitCovariance(covariance, d, 500, { method })];
    // Ties are broken by what is in the columns, of which the covariance is another part.
    if (!['random-order', 'boss'].includes(method)) {
      expect(other.edges.map(({ from, to }) => [from, to])).toEqual(one.edges.map(({ from, to }) => [from, to]));
      other.W.forEach((w, at) => expect(w).toBeCloseTo(one.W[at]!, 9));
    }
    if (method === 'boss') expect(other.pattern).toEqual(one.pattern);
    expect(other.diagnostics.varianceRatio).toBeCloseTo(one.diagnostics.varianceRatio, 9);
  });
  it.each<[string, () => unknown, string]>([
    ['methods that need rows', () => fitCovariance(covariance, d, 500), "fitCovariance: 'method' is 'psi-dag'; must be one that needs no rows, for n = 500 above d = 5. Take 'boss' or 'eqvar-td', or fit() with the rows."],
    ['few rows', () => fitCovariance(covariance, d, 5, { method: 'boss' }), "fitCovariance: 'method' is 'boss'; must be one that needs no rows, for n = 5 above d = 5."],
    ['labels', () => fitCovariance(covariance, d, 500, { method: 'boss', environment: Array(500).fill(1) as number[] }), "fitCovariance: 'environment' is given; must be left out."],
    ['another shape', () => fitCovariance(covariance.subarray(1), d, 500, { method: 'boss' }), "fitCovariance: 'covariance' is an array of 24; must be d · d = 25 numbers."],
    ['no symmetry', () => fitCovariance(covariance.map((s, at) => (at === 1 ? s + 1 : s)), d, 500, { method: 'boss' }), "fitCovariance: 'covariance[x0, x1]' is"],
    ['a constant', () => fitCovariance(covariance.map((s, at) => (at < d || at % d === 0 ? 0 : s)), d, 500, { method: 'boss' }), "fitCovariance: 'column x0' is constant; must be varying."],
    ['a size', () => fitCovariance(covariance.map((s) => s * 1e200), d, 500, { method: 'boss' }), "fitCovariance: 'columns x0, x1, x2, x3, x4' are too large to square"],
    ['no covariance', () => fitCovariance(Float64Array.of(1, 2, 2, 1), 2, 500, { method: 'boss' }), "fitCovariance: 'covariance' is singular: variable x1 is a combination of variables x0"],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  }); // prettier-ignore
});

describe('D5, D8: CSV', () => {
  const read = (text: string, options = {}) => parseCsv(text, { source: 'f.csv', ...options });
  it.each(['1,2\n3,4\n', '1.5e3;-2\n3;4\n', '\ufeff1,2\r\n3,4\r\n', '1,NA,3\n1,2,3\n', '"1","2"\n3,4\n', '1\t2\n3\t4'])(
    'D5: %o, numbers alone in line 1, is refused',
    (text) => {
      expect(() => read(text)).toThrow(/^parseCsv: f\.csv, line 1 holds numbers alone, '.*'; must be the names of the columns\. Add a header line, or say that there is none \(header: false, --no-header\)\.$/); // prettier-ignore
    },
  );
  it('D5: header: false reads it; a name among numbers is a header', () => {
    expect(read('1,2\n3,4\n', { header: false })).toMatchObject({ names: ['x0', 'x1'], n: 2, X: Float64Array.of(1, 2, 3, 4) }); // prettier-ignore
    expect(read('1,2,s\n3,4,t\n', { header: false, labels: 'x2' })).toMatchObject({ d: 2, labels: ['s', 't'] });
    expect(read('2019,a\n3,4\n').names).toEqual(['2019', 'a']);
    expect(() => read('\n', { header: false })).toThrow('f.csv, empty; must be rows. Give it some.');
    expect(() => read('a,b\n1,2\n', { header: 'no' })).toThrow("parseCsv: 'header' is 'no'; must be true or false.");
    expect(() => read('a,,b\n1,2,3\n')).toThrow('f.csv, column 2 has no name; must have one. Name it in line 1.');
  });
  it.each([
    ['"x,y,z";b\n1;2\n', ';', ['x,y,z', 'b']],
    ['"a;b;c",d\n1,2\n', ',', ['a;b;c', 'd']],
    ['"a\tb",c\n1,2\n', ',', ['a\tb', 'c']],
    ['a|b\n1|2\n', '|', ['a', 'b']],
    ['a b\n1 2\n', ' ', ['a', 'b']],
    ['  a   "b c"  \n 1    2\n', ' ', ['a', 'b c']],
    ['a,b\n1,2\n', ',', ['a', 'b']],
  ])('D8: %o is separated by %o', (text, delimiter, names) => {
    expect(read(text)).toMatchObject({ delimiter, names, X: Float64Array.of(1, 2) });
  });
  it('D8: other encodings are refused, and a guess is told where rows are ragged', () => {
    const utf16 = Buffer.from('a,b\n1,2\n', 'utf16le').toString('utf8');
    const latin1 = Buffer.from('größe,b\n1,2\n', 'latin1').toString('utf8');
    for (const text of [utf16, latin1]) {
      expect(() => read(text)).toThrow('f.csv, not in UTF-8; must be text in UTF-8. Save it anew in that encoding (UTF-16 and Latin-1 are not read).'); // prettier-ignore
    }
    expect(() => read('my column\n1\n')).toThrow(
      /line 2: Invalid Record Length.* \(fields taken to be separated by ' '\)/,
    );
  });
  it('takes decimal numbers alone: no hexadecimals, no blanks', () => {
    expect([...read('a,b\n+.5,-1.\n1E-3,007\n').X]).toEqual([0.5, -1, 1e-3, 7]);
    for (const field of ['0x10', '0b1', '1_000', 'Infinity', '1e999', '1 2']) {
      expect(() => read(`a,b\n1,${field}\n`)).toThrow(`line 2, column 'b': '${field}'; must be a finite number.`);
    }
  });
  it('reads in time that grows as the text does', () => {
    const time = (text: string) => {
      const start = spent();
      try {
        read(text);
      } catch {
        // Refused is as good.
      }
      return spent() - start;
    };
    for (const part of [' ', '"', '1', '1e', '.', ', ', '\n', 'a b  c   ']) {
      // Some tenths of a second; what backtracks takes minutes.
      expect(time(part.repeat(40_000))).toBeLessThan(15_000);
    }
  });
});

it('boss in other units is boss', () => {
  const { covariance } = moments(linearSem(simulateDag({ d: 4, degree: 2, seed: 3 }), 4).sample(300), 300, 4);
  expect(boss(correlation(covariance, 4), 4, 300).order).toEqual(boss(covariance, 4, 300).order);
});

it.each(methods.filter((method) => !['golem-ev', 'golem-nv', 'dagma'].includes(method)))(
  '%s says where directions are open',
  (method) => {
    const X = linearSem(simulateDag({ d: 4, degree: 2, seed: 8 }), 4, { noise: 'uniform' }).sample(300);
    const { pattern, edges, open, W } = fit(X, 4, { ...quick, method });
    for (const { from, to, directed } of edges) expect([pattern[from * 4 + to], pattern[to * 4 + from]]).toEqual([1, Number(!directed)]); // prettier-ignore
    expect(pattern.reduce((a, b) => a + b, 0)).toBe(edges.length + open);
    expect(W.filter((w) => w !== 0)).toHaveLength(edges.length);
  },
);
