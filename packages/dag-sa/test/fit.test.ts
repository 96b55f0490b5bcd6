import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromArrays, tableToIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../src/cli/main.js';
import {
  adjustedEffect, adjustmentSet, bootstrap, compareGraphs, constraintsOf, edgesOf, estimate, fit, intervene, isDag, linearSem, methods, moments, parseCsv, placesOf, simulateDag, toDot,
  toGraphMl, toMermaid, toNodeLink, toSvg, totalEffect, type FitOptions, type Method,
} from '../src/index.js'; // prettier-ignore

const d = 6;
const B = simulateDag({ d, degree: 3, weights: [0.5, 1.5], seed: 2 });
const X = linearSem(B, d).sample(2000);
const quick: FitOptions = { psiDag: { epochs: 1, batches: [200, 200] } };

describe('fit', () => {
  it('finds an easy graph by what knows of equal variances; ψDAG alone does better than random orders', () => {
    let random = 0;
    for (let seed = 0; seed < 10; seed++) {
      random += compareGraphs(fit(X, d, { method: 'random-order', seed }).W, B, d).shd / 10;
    }
    expect(compareGraphs(fit(X, d).W, B, d).shd).toBeLessThan(random);
    for (const method of ['order-search', 'eqvar-td', 'eqvar-bu'] as const) {
      expect(compareGraphs(fit(X, d, { ...quick, method }).W, B, d).shd).toBeLessThanOrEqual(1);
    }
  });

  const cheap = methods.filter((method) => !['golem-ev', 'golem-nv', 'dagma'].includes(method));
  it.each(cheap)('%s gives a DAG, its order and its edges, and keeps to what is known', (method: Method) => {
    const known = { tiers: [[5], [0]], required: [[3, 1]], forbidden: [[2, 4]] } as const;
    const { W, order, edges, pattern } = fit(X.slice(), d, { ...quick, ...known, method });
    expect(isDag(W, d)).toBe(true);
    const place = placesOf(order);
    for (const { from, to, weight } of edges) {
      expect(place[from]!).toBeLessThan(place[to]!);
      expect(W[from * d + to]).toBe(weight);
    }
    expect(edges).toEqual(edgesOf(W, d, pattern));
    expect(place[5]!).toBeLessThan(place[0]!);
    expect(W[3 * d + 1]).not.toBe(0);
    expect(W[2 * d + 4]).toBe(0);
  });

  it('takes rows, other ways to sparsify, and standardised units', () => {
    const rows = Array.from({ length: 300 }, (_, r) => [...X.subarray(r * d, (r + 1) * d)]);
    const flat = fit(X.subarray(0, 300 * d), d, quick);
    expect(fit(rows, quick).W).toEqual(flat.W);
    expect(fit(rows, { ...quick, sparsify: 'none' }).edges).toHaveLength((d * (d - 1)) / 2);
    const large = fit(rows, { ...quick, sparsify: 'threshold', threshold: 0.5 });
    expect(large.edges.every(({ weight }) => Math.abs(weight) > 0.5)).toBe(true);
    expect(compareGraphs(fit(rows, { ...quick, method: 'eqvar-td', sparsify: 'lasso' }).W, B, d).shd).toBeLessThan(4);
    expect(fit(rows, { ...quick, standardise: true }).W).not.toEqual(flat.W);
  });

  it('an environment column takes its shifts out', () => {
    const shifted = X.slice();
    const environment = Array.from({ length: 2000 }, (_, r) => (r < 1000 ? 'a' : 'b'));
    for (let at = 0; at < 1000 * d; at++) shifted[at]! += 20;
    const options = { method: 'eqvar-td' } as const;
    const plain = fit(X, d, { ...options, environment });
    const found = fit(shifted, d, { ...options, environment });
    found.W.forEach((w, at) => expect(w).toBeCloseTo(plain.W[at]!, 8));
    expect(fit(shifted, d, options).W).not.toEqual(found.W);
  });

  it('goes on with fewer rows than variables by the stochastic variant and a threshold', () => {
    const wide = linearSem(simulateDag({ d: 20, degree: 2, seed: 1 }), 20).sample(15);
    const { W } = fit(wide, 20, { sparsify: 'threshold', psiDag: { epochs: 1, batches: [50, 50] } });
    expect(isDag(W, 20)).toBe(true);
    expect(() => fit(wide, 20)).toThrow(
      "fit: 'sparsify' is 'bic'; must be 'threshold' for n = 15 ≤ d = 20, where the covariance has no inverse. Add rows, or leave variables out.",
    );
    expect(() => fit(wide, 20, { method: 'eqvar-bu' })).toThrow(/'n' is 15; must be above d = 20 for 'eqvar-bu'/);
  });

  const nan = X.slice(0, 3 * d);
  nan[d + 2] = NaN;
  const flat = X.slice(0, 10 * d).map((value, at) => (at % d === 1 ? 3 : value));
  const twin = X.slice(0, 50 * d).map((value, at, all) => (at % d === 4 ? 2 * all[at - 1]! : value));
  it.each<[string, () => unknown, string]>([
    ['missing values', () => fit(nan, d), "fit: 'row 1, x2' is NaN; must be finite. Leave such rows or columns out; missing values are not filled in."],
    ['a constant column', () => fit(flat, d), "fit: 'column x1' is constant; must be varying. Leave it out."],
    ['collinear columns', () => fit(twin, d, { names: [...'abcdef'] }), "fit: 'covariance' is singular: variable e is a combination of variables d; must be positive definite."],
    ['contradictions', () => fit(X, d, { tiers: [[0], [1]], required: [[1, 2], [2, 0]] }), "constraintsOf: 'knowledge' is contradictory: x0 → x1 → x2 → x0; must be free of cycles."],
    ['required and forbidden', () => fit(X, d, { required: [[0, 1]], forbidden: [[0, 1]] }), "'required' is x0 → x1, which is forbidden too"],
    ['two tiers', () => constraintsOf({ tiers: [[0], [0]] }, 2), "'tiers' is two tiers with x0; must be disjoint."],
    ['no variable', () => constraintsOf({ tiers: [[7]] }, 2), "'tiers' is 7; must be below d = 2."],
    ['half a row', () => fit(X.subarray(1), d), "fit: 'n' is"],
    ['ragged rows', () => fit([[1, 2], [3]]), "fit: 'row 1' is of length 1; must be of length 2, as row 0."],
    ['names', () => fit(X, d, { names: ['a'] }), "fit: 'names' is 1 names; must be d = 6 names."],
    ['labels', () => fit(X, d, { environment: [1] }), "fit: 'environment' is 1 labels; must be n = 2000 labels."],
    ['a method', () => fit(X, d, { method: 'pc' as never }), "fit: 'method' is 'pc'; must be 'psi-dag' or"],
    ['memory', () => fit(X, d, { memory: 1e4 }), "fit: 'd' is 6; must be small enough for 'memory' = 10000 bytes; about 2.0e+5 are needed. Raise memory, or feed PsiDag batch by batch."],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  }); // prettier-ignore

  it('estimates grow with what is asked for', () => {
    const small = estimate(1000, 100);
    expect(estimate(1000, 200).seconds).toBeGreaterThan(3 * small.seconds);
    expect(estimate(1000, 200).bytes).toBeGreaterThan(2 * small.bytes);
    for (const method of methods) expect(estimate(1000, 100, { method }).seconds).toBeGreaterThan(0);
  });
});

describe('exports', () => {
  const W = Float64Array.of(0, 0.5, -1.25, 0, 0, 0, 0, 0.125, 0);
  const names = ['a', 'b "x"', 'c<'];
  it('DOT and Mermaid', () => {
    expect(toDot(W, names)).toBe(
      'digraph {\n  "a";\n  "b \\"x\\"";\n  "c<";\n  "a" -> "b \\"x\\"" [label="0.5"];\n  "a" -> "c<" [label="-1.25"];\n  "c<" -> "b \\"x\\"" [label="0.125"];\n}\n',
    );
    expect(toMermaid(W, names)).toBe(
      'graph TD\n  v0["a"]\n  v1["b #quot;x#quot;"]\n  v2["c<"]\n  v0 -->|0.5| v1\n  v0 -->|-1.25| v2\n  v2 -->|0.125| v1\n',
    );
  });
  it('GraphML, escaped, with all digits', () => {
    const exact = W.slice();
    exact[1] = 0.1 + 0.2;
    const xml = toGraphMl(exact, [...names.slice(0, 2), 'c<&\u0001']);
    expect(xml).toContain('<node id="v1"><data key="name">b &quot;x&quot;</data></node>');
    expect(xml).toContain('<node id="v2"><data key="name">c&lt;&amp;\ufffd</data></node>');
    expect(
      [...xml.matchAll(/<edge source="v(\d)" target="v(\d)"><data key="weight">(.*)<\/data>/g)].map((m) => m.slice(1)),
    ).toEqual([
      ['0', '1', '0.30000000000000004'],
      ['0', '2', '-1.25'],
      ['2', '1', '0.125'],
    ]);
    expect(xml).toContain('edgedefault="directed"');
  });
  it('node-link JSON; names that are not different are refused', () => {
    expect(JSON.parse(toNodeLink(W, names))).toEqual({
      directed: true,
      multigraph: false,
      graph: {},
      nodes: [{ id: 'a' }, { id: 'b "x"' }, { id: 'c<' }],
      edges: [
        { source: 'a', target: 'b "x"', weight: 0.5 },
        { source: 'a', target: 'c<', weight: -1.25 },
        { source: 'c<', target: 'b "x"', weight: 0.125 },
      ],
    });
    expect(() => toNodeLink(W, ['a', 'b', 'a'])).toThrow("toNodeLink: 'names' is 'a' twice; must be different names.");
  });
  it('a picture with each vertex below its parents', () => {
    const svg = toSvg(W, names);
    expect(svg.match(/<line /g)).toHaveLength(3);
    const heights = [...svg.matchAll(/cy="(\d+)"/g)].map((match) => Number(match[1]));
    expect(heights[0]!).toBeLessThan(heights[2]!);
    expect(heights[2]!).toBeLessThan(heights[1]!);
    expect(svg).toContain('c&lt;');
    expect(toSvg(new Float64Array(4), ['a', 'b'])).not.toMatch(/NaN|Infinity/);
    expect(() => toSvg(Float64Array.of(0, 1, 1, 0), ['a', 'b'])).toThrow("toSvg: 'W' is a graph with a cycle");
  });
});

describe('parseCsv', () => {
  it('reads commas, tabs, semicolons, quotes and labels', () => {
    expect(parseCsv('a,b\n1,2\n3,4.5e1\n')).toMatchObject({ names: ['a', 'b'], n: 2, X: Float64Array.of(1, 2, 3, 45) });
    expect(parseCsv('a\tb\n1\t2\n').names).toEqual(['a', 'b']);
    expect(parseCsv('"a;x";b\n1;2\n').names).toEqual(['a;x', 'b']);
    const table = parseCsv('a,site,b\n1,x,2\n3,y,4\n', { labels: 'site' });
    expect(table).toMatchObject({ d: 2, labels: ['x', 'y'], X: Float64Array.of(1, 2, 3, 4) });
  });
  it.each([
    ['a,b\n1,2\n3,x\n', "line 3, column 'b': 'x'; must be a finite number."],
    ['a,b\n1,\n', "line 2, column 'b': ''; must be a finite number."],
    ['a,b\n1,2\n3\n', 'line 3: Invalid Record Length'],
    ['a,a\n1,2\n', "column 'a' twice; must be named once."],
    ['a,b\n', 'empty; must be a header line and rows.'],
    ['', 'empty; must be a header line and rows.'],
  ])('refuses %o', (text, message) => {
    expect(() => parseCsv(text, { source: 'data.csv' })).toThrow(RangeError);
    expect(() => parseCsv(text, { source: 'data.csv' })).toThrow(`parseCsv: data.csv, ${message}`);
  });
  it('refuses a label column that is not there', () => {
    expect(() => parseCsv('a,b\n1,2\n', { labels: 'c' })).toThrow("column 'c' is not there; must be one of a, b.");
  });
});

describe('the command line', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dag-sa-'));
    const rows = Array.from({ length: 400 }, (_, r) => [...X.subarray(r * d, (r + 1) * d)].join(','));
    await writeFile(join(folder, 'data.csv'), `a,b,c,d,e,f\n${rows.join('\n')}\n`);
    await writeFile(join(folder, 'bad.feather'), 'a,b\n1,2\n');
    await writeFile(join(folder, 'bad.csv'), 'a,b\n1,2\n3,?\n');
    await writeFile(join(folder, 'true.txt'), 'a->b\n\nc -> e\n');
    await writeFile(join(folder, 'cycle.txt'), 'a->b\nb->c\nc->a\n');
    await writeFile(join(folder, 'unknown.txt'), 'a->b\na->z\n');
  });
  afterAll(() => rm(folder, { recursive: true }));
  const run = async (...argv: string[]) => {
    const text = { out: '', err: '' };
    const code = await main(argv, {
      stdout: { write: (part: string) => (text.out += part) },
      stderr: { write: (part: string) => (text.err += part) },
    });
    return { code, ...text };
  };

  it('prints the graph and its diagnostics, and writes exports and a picture', async () => {
    const out = join(folder, 'graph');
    const { code, out: text, err } = await run('fit', join(folder, 'data.csv'), '--out', out, '--tiers', 'f|a', '--require', 'd->b', '--forbid', 'c->e', '--epochs', '1', '--truth', join(folder, 'true.txt')); // prettier-ignore
    expect(err).toMatch(
      /^fields taken to be separated by ','\n400 rows, 6 variables, psi-dag: about .* s and \d+ MB, in all scalings\n$/,
    );
    expect(code).toBe(0);
    expect(text).toMatch(/d → b {2}-?\d/);
    expect(text).not.toMatch(/c → e/);
    expect(text).toMatch(/variances differ by a factor of/);
    expect(text).toMatch(/against .*true\.txt with 2 edges: SHD \d+ \(\d missing, .*varsortable to [01]\.\d\d and/);
    expect((await readdir(out)).sort()).toEqual(['graph.dot', 'graph.graphml', 'graph.json', 'graph.mmd', 'graph.node-link.json', 'graph.svg']); // prettier-ignore
    expect(await readFile(join(out, 'graph.svg'), 'utf8')).toMatch(/^<svg .*\n[\s\S]*<\/svg>\n$/);
    const graph = JSON.parse(await readFile(join(out, 'graph.json'), 'utf8')) as { order: string[]; edges: object[] };
    expect(graph.order.indexOf('f')).toBeLessThan(graph.order.indexOf('a'));
    const again = await run('fit', join(folder, 'data.csv'), '--out', out);
    expect(again.code).toBe(2);
    expect(again.err).toContain('which exists; must be a new folder. Nothing is overwritten.');
  });

  it('says how sure edges are, what an effect is, and what an intervention does', async () => {
    const out = join(folder, 'sure');
    const flags = ['--method', 'eqvar-td', '--bootstrap', '20', '--effect', 'a->b', '--effect', 'c->a', '--do', 'f=2', '--do', 'a=-1']; // prettier-ignore
    const { code, out: text } = await run('fit', join(folder, 'data.csv'), '--out', out, ...flags);
    expect(code).toBe(0);
    const rows = X.subarray(0, 400 * d);
    const { W, edges } = fit(rows, d, { method: 'eqvar-td' });
    const sure = bootstrap(rows, d, { method: 'eqvar-td', resamples: 20 }).edges;
    for (const { from, to } of edges) {
      const { directed } = sure.find((edge) => edge.from === from && edge.to === to)!;
      const line = new RegExp(
        `^${'abcdef'[from]} → ${'abcdef'[to]}  \\S+  in ${Math.round(100 * directed.value)} % of`,
        'm',
      );
      expect(text).toMatch(line);
    }
    const graph = JSON.parse(await readFile(join(out, 'graph.json'), 'utf8')) as { bootstrap: { edges: object[] } };
    expect(graph.bootstrap.edges).toHaveLength(sure.length);
    const { covariance } = moments(rows, 400, d);
    for (const [x, y] of [
      [0, 1],
      [2, 0],
    ] as const) {
      const set = adjustmentSet(W, d, x, y);
      const second =
        set === null
          ? `${'abcdef'[y]} is a parent of ${'abcdef'[x]}`
          : `regression adjusted for ${set.map((v) => 'abcdef'[v]).join(', ') || 'nothing'} gives ${adjustedEffect(covariance, d, x, y, set).toPrecision(3)}`;
      expect(text).toContain(
        `effect of ${'abcdef'[x]} on ${'abcdef'[y]} if the graph is right: ${totalEffect(W, d, x, y).toPrecision(3)}; ${second}\n`,
      );
    }
    const { mean } = moments(rows, 400, d);
    const moved = intervene(mean, 1, d, W, [[5, 2], [0, -1]]); // prettier-ignore
    expect(text).toContain('means if the graph is right and f = 2, a = -1:\n');
    for (let v = 0; v < d; v++) {
      const line = `  ${'abcdef'[v]}  ${mean[v]!.toPrecision(3)} → ${moved[v]!.toPrecision(3)}\n`;
      expect(text.includes(line)).toBe(mean[v] !== moved[v]);
    }
  });

  it('reads Arrow as it reads CSV', async () => {
    const columns = Object.fromEntries([...'abcdef'].map((name, v) => [name, Float64Array.from({ length: 400 }, (_, r) => X[r * d + v]!)])); // prettier-ignore
    await writeFile(join(folder, 'data.arrow'), tableToIPC(tableFromArrays(columns), 'file'));
    const [csv, arrow] = [await run('fit', join(folder, 'data.csv'), '--out', join(folder, 'one')), await run('fit', join(folder, 'data.arrow'), '--out', join(folder, 'two'))]; // prettier-ignore
    expect(arrow.code).toBe(0);
    const [first] = csv.out.split('Written');
    expect(arrow.out.split('Written')[0]).toBe(first);
  });

  it.each([
    [['fit', 'data.csv', '--bootstrap', '0'], "bootstrap: 'resamples' is 0; must be an integer of at least 1."],
    [['fit', 'data.csv', '--effect', 'a>b'], "'--effect' is 'a>b'; must be from->to."],
    [['fit', 'data.csv', '--do', 'a'], "'--do' is 'a'; must be column=number."],
    [['fit', 'data.csv', '--do', 'a=x'], "'--do' is 'a=x'; must be column=number."],
    [['fit', 'data.csv', '--do', 'z=1'], "'z' is no column; must be one of a, b, c, d, e, f."],
    [
      ['fit', 'data.csv', '--do', 'a=1', '--do', 'a=2'],
      "intervene: 'values' is two values for variable 0; must be one for each.",
    ],
    [['fit', 'data.csv', '--do', 'a=1', '--standardise'], "'--standardise' is on; must be off with --effect and --do"],
    [['fit', 'bad.feather', '--delimiter', ';'], "'--delimiter' is ';'; must be left out for"],
    [['fit', 'bad.feather'], 'cannot be read; must be uncompressed Arrow IPC'],
    [['fit', 'bad.csv'], "line 3, column 'b': '?'"],
    [['fit', 'data.csv', '--tiers', 'a,z'], "'z' is no column; must be one of a, b, c, d, e, f."],
    [['fit', 'data.csv', '--require', 'a-b'], "'--require' is 'a-b'; must be from->to."],
    [['fit', 'data.csv', '--require', 'a->b', '--forbid', 'a->b'], 'a → b, which is forbidden too'],
    [['fit', 'data.csv', '--truth', 'cycle.txt'], 'has the cycle a → b → c → a; must be a DAG.'],
    [
      ['fit', 'data.csv', '--truth', 'unknown.txt'],
      "line 2 is 'a->z'; must be from->to, each one of a, b, c, d, e, f.",
    ],
    [['fit', 'nowhere.csv'], 'ENOENT'],
    [['fit', 'data.csv', '--method', 'pc'], 'Allowed choices are psi-dag'],
    [['fit', 'data.csv', '--seed', 'x'], 'Must be a number.'],
  ])('%o: exit code 2, and nothing is written', async ([command, file, ...flags], message) => {
    const before = await readdir(folder);
    const { code, err } = await run(command!, join(folder, file!), '--out', join(folder, 'none'), ...flags.map((flag) => (flag.endsWith('.txt') ? join(folder, flag) : flag))); // prettier-ignore
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(await readdir(folder)).toEqual(before);
  });
});
