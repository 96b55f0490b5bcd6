import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { main } from '../src/cli/main.js';
import { parts, unquoted } from '../src/cli/quoted.js';
import { effectRange, fit, intervene, classMembers, linearSem, moments } from '../src/index.js';

const n = 600;
const d = 3;
const X = linearSem(Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0), d, { seed: 1 }).sample(n);
const lines = (names: string, table = X, columns = d) =>
  [names, ...Array.from({ length: table.length / columns }, (_, r) => [...table.subarray(r * columns, (r + 1) * columns)].join(','))].join('\n'); // prettier-ignore
const { covariance, mean } = moments(X, n, d);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dag-sa-cli-'));
  await writeFile(join(folder, 'chain.csv'), `${lines('a,b,c')}\n`);
  await writeFile(join(folder, 'bare.csv'), lines('0.5,0.25,1'));
  await writeFile(join(folder, 'odd.csv'), lines('"a, b",c|d,"e->f=g"'));
  await writeFile(join(folder, 'odd.txt'), '"a, b" -> c|d\n');
  await writeFile(join(folder, 'covariance.csv'), lines('a,b,c', covariance));
  const rare = Array.from({ length: n }, (_, r) => `${X[r * d]},${X[r * d + 1]},${Number(r === 7)}`);
  await writeFile(join(folder, 'rare.csv'), ['a,b,rare', ...rare].join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(file: string, ...flags: string[]) {
  const text = { out: '', err: '' };
  const path = file === '-' || file.startsWith('--') ? file : join(folder, file);
  const stdin = (async function* () {
    yield new TextEncoder().encode(lines('a,b,c').slice(0, 1000));
    yield lines('a,b,c').slice(1000);
  })();
  const code = await main(file.startsWith('--') ? [file] : ['fit', path, ...flags], {
    stdin,
    stdout: { write: (part: string) => (text.out += part) },
    stderr: { write: (part: string) => (text.err += part) },
  });
  return { code, ...text };
}

describe('D12: a chain by boss', () => {
  const range = ([low, high]: readonly [number, number]) => `from ${low.toPrecision(3)} to ${high.toPrecision(3)}`;
  it.each(['0', '1', '2'])(
    'has no directions, and effects and means are ranges, whatever the seed (%s)',
    async (seed) => {
      const out = join(folder, `chain-${seed}`);
      const { code, out: text } = await run('chain.csv', '--method', 'boss', '--seed', seed, '--effect', 'a->c', '--do', 'a=2', '--out', out); // prettier-ignore
      expect(code).toBe(0);
      const { W } = fit(X, d, { method: 'boss' });
      const effect = effectRange(covariance, d, W, 0, 2);
      expect(effect.range[0]).toBe(0);
      expect(text).toMatch(/^a — b$/m);
      expect(text).toMatch(/^b — c$/m);
      expect(text).toContain(`effect of a on c over the graphs that fit equally well: ${range(effect.range)}\n`);
      expect(text).toContain('means if one of the graphs that fit equally well is right and a = 2:\n');
      const moved = classMembers(covariance, d, W, [0]).map((member) => intervene(mean, 1, d, member, [[0, 2]])[2]!);
      expect(text).toContain(`  c  ${mean[2]!.toPrecision(3)} → ${range([Math.min(...moved), Math.max(...moved)])}\n`);
      expect(text).toContain(`  a  ${mean[0]!.toPrecision(3)} → 2.00\n`);
      expect(text).toContain(
        'Warning: 2 of 2 edges have no direction that the data decide: boss learns an equivalence class.',
      );
      const dot = await readFile(join(out, 'graph.dot'), 'utf8');
      expect(dot.match(/\[dir=none\]/g)).toHaveLength(2);
      expect(await readFile(join(out, 'graph.svg'), 'utf8')).not.toContain('marker-end');
      const graph = JSON.parse(await readFile(join(out, 'graph.json'), 'utf8')) as { open: number; edges: object[]; effects: object[] }; // prettier-ignore
      expect(graph.open).toBe(2);
      expect(graph.edges).toMatchObject([{ directed: false }, { directed: false }]);
      expect(graph.effects).toEqual([{ from: 'a', to: 'c', range: effect.range }]);
    },
  );
  it('with a forbidden edge, or a tier, has them, and one effect', async () => {
    for (const known of [
      ['--forbid', 'b->a'],
      ['--tiers', 'a|b|c'],
    ]) {
      const { out } = await run('chain.csv', '--method', 'boss', ...known, '--effect', 'a->c', '--out', join(folder, `known${known[0]}`)); // prettier-ignore
      expect(out).toMatch(/^a → b {2}\d/m);
      expect(out).toMatch(/^b → c {2}\d/m);
      expect(out).toMatch(/effect of a on c if the graph is right: 0\.980; regression adjusted for nothing gives/);
      expect(out).not.toContain('no direction');
    }
  });
  it('resampled, says how often an edge is there, and not which way', async () => {
    const { out } = await run('chain.csv', '--method', 'boss', '--bootstrap', '10', '--out', join(folder, 'resampled'));
    expect(out).toMatch(/^a — b {2}in 100 % of resamples \[72 %, 100 %\] in either direction$/m);
  });
});

describe('the command line', () => {
  it('P6: --json prints the graph and writes nothing; with --out it writes too', async () => {
    const before = await readdir(folder);
    const alone = await run('chain.csv', '--method', 'eqvar-td', '--json');
    expect(alone.code).toBe(0);
    const graph = JSON.parse(alone.out) as { names: string[]; edges: object[] };
    expect(graph).toMatchObject({ method: 'eqvar-td', names: ['a', 'b', 'c'], open: 0 });
    expect(graph.edges).toMatchObject([{ from: 'a', to: 'b', directed: true }, { from: 'b', to: 'c' }]); // prettier-ignore
    expect(await readdir(folder)).toEqual(before);
    const both = await run('chain.csv', '--method', 'eqvar-td', '--json', '--out', join(folder, 'both'));
    expect(both.out).toBe(alone.out);
    expect(await readFile(join(folder, 'both', 'graph.json'), 'utf8')).toBe(alone.out);
  });
  it('P6: - is standard input', async () => {
    const [piped, file] = [await run('-', '--method', 'eqvar-td', '--json'), await run('chain.csv', '--method', 'eqvar-td', '--json')]; // prettier-ignore
    expect(piped.code).toBe(0);
    expect(piped.out).toBe(file.out);
    const none = { err: '' };
    const code = await main(['fit', '-'], {
      stdout: { write: () => 0 },
      stderr: { write: (text) => (none.err += text) },
    });
    expect([code, none.err]).toEqual([2, "dag-sa: 'file' is '-'; must be a file here. There is no standard input.\n"]);
  });
  it('P6: --version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    expect(await run('--version')).toMatchObject({ code: 0, out: `${version}\n` });
  });
  it('P6: a folder that exists is refused after all else was checked; --overwrite replaces exports and nothing else', async () => {
    const out = join(folder, 'twice');
    const flags = ['--method', 'eqvar-td', '--out', out];
    await run('chain.csv', ...flags);
    await writeFile(join(out, 'mine.txt'), 'kept');
    await writeFile(join(out, 'graph.dot'), 'old');
    expect((await run('chain.csv', ...flags, '--effect', 'a->z')).err).toContain(
      "dag-sa: 'z' is no column; must be one of a, b, c.",
    );
    const again = await run('chain.csv', ...flags);
    expect([again.code, again.err.split('\n').at(-2)]).toEqual([2, `dag-sa: '--out' is '${out}', which exists; must be a new folder. Nothing is overwritten. Add --overwrite to replace exports in it.`]); // prettier-ignore
    expect(await readFile(join(out, 'graph.dot'), 'utf8')).toBe('old');
    expect((await run('chain.csv', ...flags, '--overwrite')).code).toBe(0);
    expect(await readFile(join(out, 'graph.dot'), 'utf8')).toMatch(/^digraph/);
    expect(await readFile(join(out, 'mine.txt'), 'utf8')).toBe('kept');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
  it('P6: names with marks of the arguments stand in double quotes', async () => {
    const flags = ['--method', 'boss', '--tiers', '"a, b","c|d"|"e->f=g"', '--require', '"a, b"->c|d', '--effect', 'c|d->"e->f=g"', '--do', '"e->f=g"=1', '--truth', join(folder, 'odd.txt'), '--out', join(folder, 'odd')]; // prettier-ignore
    const { code, out, err } = await run('odd.csv', ...flags);
    expect([code, err]).toMatchObject([0, expect.stringContaining('600 rows')]);
    expect(out).toContain('a, b → c|d');
    expect(out).toContain('effect of c|d on e->f=g if');
    expect(out).toContain('is right and e->f=g = 1:');
    expect(parts('"a,b" , c', ',').map(unquoted)).toEqual(['a,b', 'c']);
    expect(parts('a->"b->c"->d', '->').map(unquoted)).toEqual(['a', 'b->c', 'd']);
    expect(parts('', ',')).toEqual(['']);
    expect(unquoted('"')).toBe('"');
  });
  it('D5: a first line of numbers is refused, and --no-header takes it', async () => {
    const refused = await run('bare.csv');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('line 1 holds numbers alone');
    const { code, out } = await run('bare.csv', '--no-header', '--method', 'eqvar-td', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(out) as { names: string[] }).names).toEqual(['x0', 'x1', 'x2']);
  });
  it('D8: the delimiter that was guessed is said', async () => {
    expect((await run('chain.csv', '--method', 'eqvar-td', '--json')).err).toContain(
      "fields taken to be separated by ','\n",
    );
    expect((await run('chain.csv', '--method', 'eqvar-td', '--json', '--delimiter', ',')).err).not.toContain('fields taken'); // prettier-ignore
  });
  it('D6: resamples that cannot be fitted are counted', async () => {
    const { code, out } = await run(
      'rare.csv',
      '--method',
      'eqvar-td',
      '--bootstrap',
      '10',
      '--out',
      join(folder, 'rare'),
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^\d of 10 resamples could not be fitted and are left out; the first: fit: 'column rare' is constant/m); // prettier-ignore
  });
  it('D11: a covariance matrix and its rows give the graph, and effects', async () => {
    const flags = ['--method', 'eqvar-td', '--effect', 'a->c'];
    const given = await run('covariance.csv', ...flags, '--covariance', '600', '--out', join(folder, 'given'));
    const own = await run('chain.csv', ...flags, '--out', join(folder, 'own'));
    expect(given.err).toContain('600 rows, 3 variables');
    const graph = (text: string) => text.split('\n').filter((line) => / → |effect/.test(line) && !/Written/.test(line));
    expect(graph(given.out)).toHaveLength(3);
    expect(graph(given.out)).toEqual(graph(own.out));
  });
  it.each([
    ['P5: a file that is not there', 'nope.csv', [], /^dag-sa: 'file' is '.*nope\.csv', which cannot be read \(ENOENT\); must be a file\. Check the path\.$/m],
    ['P5: a folder', '.', [], /which cannot be read \(EISDIR\); must be a file\./],
    ['P5: no truth', 'chain.csv', ['--truth', 'none.txt'], /'--truth' is 'none\.txt', which cannot be read \(ENOENT\); must be a file\./],
    ['covariance that is none', 'chain.csv', ['--covariance', '600', '--method', 'boss'], /has 600 rows and 3 columns; must be square with --covariance\. Give a row for each column\./],
    ['means of a covariance', 'covariance.csv', ['--covariance', '600', '--do', 'a=1'], /'--do' is given; must be left out with --covariance, which has no means\. Leave it out\./],
    ['resamples of a covariance', 'covariance.csv', ['--covariance', '600', '--bootstrap', '3'], /'--bootstrap' is given; must be left out with --covariance, which has no rows\./],
    ['rows of a covariance', 'covariance.csv', ['--covariance', '600'], /fitCovariance: 'method' is 'psi-dag'; must be one that needs no rows/],
    ['nothing to overwrite', 'chain.csv', ['--json', '--overwrite'], /'--overwrite' is on; must be left out with --json without --out, which writes no files\./],
    ['infinity', 'chain.csv', ['--do', 'a=Infinity'], /'--do' is 'a=Infinity'; must be column=number\./],
  ])('refuses %s', async (_, file, flags, message) => {
    const before = await readdir(folder);
    const { code, err } = await run(file, ...flags);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(await readdir(folder)).toEqual(before);
  }); // prettier-ignore
});
