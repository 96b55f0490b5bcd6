import { inProcessExecutor, localExecutor, type ExitCode, type LocalOptions } from '@assay-ml/claims';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAPERS } from '../src/papers.js';
import { surprising, toy, troubled, world } from './toy.js';

const HASH = /^[0-9a-f]{64}$/;

describe('assay run', () => {
  it('prints the verdicts and, last, the hash; writes every file; exits 0', async () => {
    const { assay, folder } = world();
    const { code, out, err, lastLine } = await assay('run toys');
    expect(code).toBe(0);
    expect(lastLine).toMatch(HASH);
    expect(out).toMatch(/toy\.C1\s+✓ supported\s+-1\.4\d* \[[^]*mean log10 ratio[^]*toy\.C2/);
    expect(out).toMatch(/toy\.C2\s+✕ refuted/);
    expect(out).toMatch(/^toy\.C4 +– not run: runs at tier full$/m);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(out + err).not.toContain('\u001b');
    expect(err).toContain('toy quick: 6/6 cells');
    const results = join(folder, 'results', 'toy', 'quick');
    expect(readdirSync(results).sort()).toEqual([
      'cells.csv',
      'cells.jsonl',
      'claims.csv',
      'figures',
      'report.html',
      'report.md',
      'run.json',
      'verdicts.json',
    ]);
    expect(JSON.parse(readFileSync(join(results, 'verdicts.json'), 'utf8')).resultHash).toBe(lastLine);
  });

  it('colours verdicts on a terminal, and not where NO_COLOR is set', async () => {
    const { assay } = world();
    let text = '';
    const stdout = { isTTY: true, write: (part: string) => (text += part) };
    await assay('run toy', { stdout });
    expect(text).toContain('\u001b[32m✓ supported');
    text = '';
    await assay('run toy', { stdout, env: { NO_COLOR: '1' } });
    expect(text).toContain('✓ supported');
    expect(text).not.toContain('\u001b');
  });

  it.each([
    'run toy',
    'run toy --tier standard --evidence',
    'run toy --shard 1/1',
    'report toy',
    'merge results/toy/quick',
  ])('ends with the hash, whichever stream is looked at: %s', async (line) => {
    const { assay } = world();
    await assay('run toy');
    const { both, lastLine } = await assay(line);
    expect(lastLine).toMatch(HASH);
    expect(both.endsWith(`\n${lastLine}\n`)).toBe(true);
    expect(both.match(/^[0-9a-f]{64}$/gm)).toHaveLength(1);
  });

  it('cuts the line of a claim that was not run, and says once how to get the data', async () => {
    const how = `Install the toys ${'and more '.repeat(20)}of them.`;
    const missing = { ...toy, experiments: [{ ...toy.experiments[0]!, missing: () => how }] };
    const { out, err } = await world(missing).assay('run toy');
    const lines = out.split('\n').filter((line) => line.startsWith('toy.'));
    expect(lines.map((line) => line.length)).toEqual([100, 100, 100, 41]);
    expect(lines[0]).toMatch(/data missing: Install the toys and more .*…$/);
    expect(err.split(how)).toHaveLength(2);
  });

  it('calls the time left an estimate, first by stated costs, then by what earlier runs took here', async () => {
    const { assay } = world();
    const first = await assay('run toy');
    expect(first.err).toMatch(/^toy quick: 0\/6 cells \(about 9 min left, an estimate by stated costs\)$/m);
    const second = await assay('run toy --tier standard'); // which takes milliseconds a cell, not 90 seconds
    expect(second.err).toMatch(/^toy standard: 0\/18 cells \(about \d s left, an estimate by earlier runs here\)$/m);
  });

  it('says how many verdicts rest on intervals, and how many of those may be false', async () => {
    const { assay } = world();
    const byMean = '2 claims judged by the mean of fewer than 5 blocks, which has no known rate of false verdicts.';
    expect((await assay('run toy --seeds 1')).err).toContain(`s.\n${byMean}\n`);
    const { err } = await assay('run toy --tier standard');
    expect(err).toMatch(
      /^2 claims judged by an interval of level 95 %: were each at its bound, and blocks normal, about 0\.05 of these verdicts would be false/m,
    );
    expect(err).not.toContain('by the mean');
  });

  it('resumes: the second run computes nothing and gives the same hash', async () => {
    const { assay } = world();
    const first = await assay('run toy');
    const second = await assay('run toy');
    expect(second.lastLine).toBe(first.lastLine);
    expect(second.err).toContain('6/6 cells (6 from an earlier run)');
    const third = await assay('run toy --fresh');
    expect(third.lastLine).toBe(first.lastLine);
    expect(third.err).not.toContain('from an earlier run');
  });

  it('judges anew after a claim was edited, without computing a cell', async () => {
    const { assay } = world();
    const before = await assay('run toy');
    expect(before.out).toMatch(/toy\.C1\s+✓ supported/);
    const [first, ...others] = toy.claims;
    const rule = { statistic: 'log-ratio', max: -3, words: 'mean log10(fast/slow) at most -3' } as const;
    const edited = { ...toy, claims: [{ ...first!, rule }, ...others] };
    const after = await assay('run toy', { reproductions: [edited] });
    expect(after.out).toMatch(/toy\.C1\s+✕ refuted/);
    expect(after.err).toContain('6/6 cells (6 from an earlier run)');
    expect([after.lastLine, after.code]).toEqual([before.lastLine, 1]);
  });

  it('exits 1 when a verdict contradicts its expectation', async () => {
    const { code, out } = await world(surprising).assay('run toy');
    expect(code).toBe(1);
    expect(out).toMatch(/toy\.C1 .*✕ refuted[^]*! expected: supported/);
  });

  it('exits 2 when a cell crashes, and says why', async () => {
    const { code, err, out } = await world(troubled('crash')).assay('run toy');
    expect(code).toBe(2);
    expect(err).toContain('the toy broke');
    expect(out).toContain('? inconclusive');
  });

  it('exits 2 when data is missing for a claim asked for, 0 otherwise', async () => {
    const missing = { ...toy, experiments: [{ ...toy.experiments[0]!, missing: () => 'Install the toys.' }] };
    const { assay } = world(missing);
    const all = await assay('run toy');
    expect(all.code).toBe(0);
    expect(all.out).toMatch(/^toy\.C1 +– not run: data missing: Install the toys\.$/m);
    expect(all.err).toContain('data missing: Install the toys.\n');
    expect((await assay('run toy --only C1')).code).toBe(2);
  });

  it('stops on Ctrl-C with 130, keeps finished cells, and goes on later', async () => {
    const stop = new AbortController();
    const { assay } = world(troubled('slow'));
    const stderr = {
      write: (text: string) =>
        (text.includes('1/2 cells') || text.includes('0/2')) && setTimeout(() => stop.abort(), 50),
    };
    const { code, out } = await assay('run toy', { signal: stop.signal, stderr });
    expect([code, out]).toEqual([130, '']);
  });

  it('runs worker processes by default, with the hash of one process', async () => {
    const { assay } = world();
    const one = await assay('run toy');
    const two = await assay('run toy --fresh --jobs 2', { executor: localExecutor });
    expect(two.lastLine).toBe(one.lastLine);
  });

  it('takes ids and globs, commas and repetition', async () => {
    const { assay } = world();
    const { out } = await assay('run toy --only C1,toy.C3');
    expect(out).toMatch(/toy\.C1/);
    expect(out).toMatch(/toy\.C3/);
    expect(out).not.toMatch(/toy\.C2/);
    expect((await assay('run toy --only C? --only toy.C1')).out).toMatch(/toy\.C4/);
  });

  it('runs every key of a project, and for an id the keys that have it', async () => {
    const other = {
      ...toy,
      key: 'duo',
      claims: toy.claims.slice(0, 1).map((claim) => ({ ...claim, id: 'duo.D1' })),
    };
    const { assay, folder } = world();
    const io = { reproductions: [toy, other] };
    expect((await assay('run toys --only D1', io)).out).toMatch(/duo\.D1 .*supported/);
    expect(existsSync(join(folder, 'results', 'toy'))).toBe(false);
    const { out, code } = await assay('run toys', io);
    expect([code, out.match(/^[0-9a-f]{64}$/gm)?.length]).toEqual([0, 2]);
    const none = await assay('run toys --only D7', io);
    expect([none.code, none.err]).toEqual([
      2,
      expect.stringContaining("--only is 'D7'; must be a claim of toy or duo, or a glob over them. Did you mean D1,"),
    ]);
    const clash = await assay('run toys --out here', io);
    expect([clash.code, clash.err]).toEqual([2, expect.stringContaining("'toys' has 2 keys. Name one: toy, duo.")]);
  });

  it('plans without running anything', async () => {
    const { assay, folder } = world();
    const { code, out } = await assay('run toy --plan --jobs 2');
    expect(code).toBe(0);
    expect(out).toContain('4 claims, 6 cells');
    expect(out).toContain('estimated time: 9 min'); // 6 × 90 s in one process
    expect(out).toContain('estimated memory: 12 MB');
    expect(out).toContain('nothing was run');
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });

  it('plans by what earlier runs here took', async () => {
    const { assay } = world();
    await assay('run toy');
    expect((await assay('run toy --plan --jobs 2')).out).toMatch(
      /estimated time: \S+ s with 1 job, by earlier runs here/,
    );
  });

  it('plans more cells than a function takes arguments', async () => {
    const [one] = toy.experiments;
    const many = {
      ...one!,
      cells: () => Array.from({ length: 150_000 }, (_, seed) => ({ config: { delta: 0 }, seed })),
    };
    const { code, out } = await world({ ...toy, experiments: [many] }).assay('run toy --plan');
    expect([code, out]).toEqual([0, expect.stringContaining('4 claims, 150000 cells')]);
  });

  it('limits what a cell may take, and takes secrets out of messages', async () => {
    const { assay, folder } = world(troubled('crash'));
    const limited: unknown[] = [];
    const executor = (options?: LocalOptions) => (limited.push(options), inProcessExecutor());
    const { code, err } = await assay('run toy --jobs 2 --cell-timeout 9.5 --cell-memory 500 --redact t[o]y', {
      executor,
    });
    expect(limited).toEqual([{ jobs: 2, cellTimeout: 9.5, cellMemory: 500 }]);
    expect([code, err]).toEqual([2, expect.stringContaining('the [redacted] broke')]);
    for (const file of ['cells.jsonl', 'verdicts.json', 'report.md', 'report.html']) {
      expect(readFileSync(join(folder, 'results', 'toy', 'quick', file), 'utf8')).not.toContain('toy broke');
    }
    for (const bad of ['--cell-timeout 0', '--cell-memory much', '--redact (', '--redact x*']) {
      const refused = await assay(`run toy ${bad}`);
      expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('Must')]);
    }
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    expect(await world().assay('--version')).toMatchObject({ code: 0, out: `${version}\n` });
  });

  it('keeps a pilot apart, on seeds from 1000', async () => {
    const { assay, folder } = world();
    expect((await assay('run toy --pilot --seeds 3')).code).toBe(0);
    const run = JSON.parse(readFileSync(join(folder, 'results', 'pilot', 'toy', 'quick', 'run.json'), 'utf8'));
    expect(run.seeds).toEqual([1000, 1001, 1002]);
    expect(existsSync(join(folder, 'results', 'toy'))).toBe(false);
  });

  it('runs shards, and merges them to the hash of the whole', async () => {
    const { assay } = world();
    const whole = await assay('run toy --out whole');
    const parts = await Promise.all([assay('run toy --shard 1/2'), assay('run toy --shard 2/2')]);
    expect(parts.map(({ code, out }) => [code, out.split('\n').length])).toEqual([
      [0, 2],
      [0, 2],
    ]);
    const folders = 'results/toy/quick/shard-1-of-2 results/toy/quick/shard-2-of-2';
    const merged = await assay(`merge ${folders}`);
    expect([merged.code, merged.lastLine]).toEqual([0, whole.lastLine]);
    const half = await assay(`merge results/toy/quick/shard-1-of-2 --out half`);
    expect(half.code).toBe(2);
  });

  it('sets broken lines of the store aside, says so, and runs their cells again', async () => {
    const { assay, folder } = world();
    const whole = await assay('run toy');
    const cells = join(folder, 'results', 'toy', 'quick', 'cells.jsonl');
    writeFileSync(cells, readFileSync(cells, 'utf8').slice(0, -40));
    const { code, err, lastLine } = await assay('run toy');
    expect([code, lastLine]).toEqual([0, whole.lastLine]);
    expect(err).toContain('6/6 cells (5 from an earlier run)');
    expect(err).toContain(
      '1 broken line of cells.jsonl set aside in results/toy/quick/cells.jsonl.broken-1; the cells ran again.',
    );
  });

  it('refuses a results folder of another version, and starts afresh when told to', async () => {
    const { assay, folder } = world();
    await assay('run toy');
    const run = join(folder, 'results', 'toy', 'quick', 'run.json');
    writeFileSync(run, readFileSync(run, 'utf8').replace('"schema": 1', '"schema": 2'));
    const { code, err, out } = await assay('run toy');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^assay: '.*run\.json' is of schema 2; this version reads 1\. .*--fresh/m);
    expect((await assay('run toy --fresh')).code).toBe(0);
  });

  it('reports a full disk and leaves no verdicts', async () => {
    const { assay, folder } = world();
    mkdirSync(join(folder, 'full'));
    symlinkSync('/dev/full', join(folder, 'full', 'cells.jsonl'));
    const { code, err } = await assay('run toy --out full');
    expect(code).toBe(2);
    expect(err).toMatch(/no space left to write '.*cells\.jsonl' \(ENOSPC\)/);
    expect(existsSync(join(folder, 'full', 'verdicts.json'))).toBe(false);
  });
});

describe('what cannot be done', () => {
  it.each<[string, string | RegExp]>([
    [
      'run toi',
      "paper is 'toi'; must be a project or a key that `assay list` shows, an installed package, or a path such as ./mine. Did you mean toy, toys,",
    ],
    ['run toy --only C9', /'only' is 'C9'; must be a claim of 'toy' or a glob over them\. Did you mean C1/],
    ['run toy --teir quick', "unknown option '--teir'\n(Did you mean --tier?)"],
    ['rum toy', "unknown command 'rum'\n(Did you mean run?)"],
    ['run toy --tier huge', 'Allowed choices are quick, standard, full.'],
    ['run toy --engine gpu', 'Allowed choices are wasm, blas, auto.'],
    ['run toy --backend gpu', 'Allowed choices are auto, tensorflow, webgpu, wasm, cpu.'],
    [
      'run toy --backend tensorflow',
      "--backend is 'tensorflow'; must be auto or wasm for 'toy', which computes no tensors.",
    ],
    ['run toy --seeds 0', "'0' is invalid. Must be an integer ≥ 1."],
    ['run toy --jobs 1.5', "'1.5' is invalid. Must be an integer ≥ 1."],
    ['run toy --only ,', "',' is invalid. Must name a claim, e.g. C3, or a glob, e.g. C?."],
    ['run toy --shard 3/2', "'3/2' is invalid. Must be i/n with 1 ≤ i ≤ n, e.g. 1/4."],
    ['run', "missing required argument 'paper'"],
    ['run toy --evidence', '--evidence goes with a whole standard run, not with --tier quick.'],
    ['report toy', "'results/toy/quick' has no finished run. Run it: npx @assay-ml/assay run toy --tier quick"],
    ['merge nowhere', "'nowhere' has no run.json"],
    [
      'show zzzz',
      "show is given 'zzzz'; must be a key, a claim such as local.C3, or the beginning of a cell's id (hexadecimal digits, first column of cells.csv). Near names: toy, toys,",
    ],
    ['show teh.C1', 'Near names: toy, toys,'],
    ['show f00', "cell is 'f00'; must begin exactly one cell's id"],
    ['show toy.C11', "claim is 'toy.C11'; must be one of 'toy'. Did you mean toy.C1, toy.C2, toy.C3?"],
    [
      'show local.C3',
      "'local' needs @assay-ml/reproduce-local, not installed here. Install and run: npx @assay-ml/assay run local --yes",
    ],
    ['show toy.C1 --tier huge', 'Allowed choices are quick, standard, full.'],
    [
      'run dag-sa',
      "'dag-sa' needs @assay-ml/reproduce-dag-sa, not installed here. Install and run: npx @assay-ml/assay run dag-sa --yes",
    ],
    [
      'report theory-sim',
      "'theory-sim' needs @assay-ml/reproduce-local and @assay-ml/reproduce-l0l1, not installed here.",
    ],
  ])('%s', async (line, words) => {
    const { code, out, err } = await world().assay(line);
    expect([code, out]).toEqual([2 satisfies ExitCode, '']);
    if (typeof words === 'string') expect(err).toContain(words);
    else expect(err).toMatch(words);
  });

  it('shows help with exit code 0', async () => {
    const { code, out } = await world().assay('run --help');
    expect(code).toBe(0);
    expect(out).toContain('130 stopped by');
  });
});

describe('after a run', () => {
  it('draws the report again from the store, byte for byte', async () => {
    const { assay, folder } = world();
    const ran = await assay('run toy');
    const file = join(folder, 'results', 'toy', 'quick', 'report.html');
    const before = readFileSync(file, 'utf8');
    rmSync(file);
    const drawn = await assay('report toy');
    expect([drawn.code, drawn.out]).toEqual([0, ran.out]);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('refuses to report cells that are not those of the verdicts', async () => {
    const { assay, folder } = world();
    await assay('run toy');
    writeFileSync(join(folder, 'results', 'toy', 'quick', 'cells.jsonl'), '');
    const { code, err } = await assay('report toy');
    expect([code, err]).toEqual([2, expect.stringContaining('the code has changed since')]);
  });

  it('shows one cell with its trace, and whether it equals the stored one', async () => {
    const { assay, folder } = world();
    await assay('run toy');
    const cells = readFileSync(join(folder, 'results', 'toy', 'quick', 'cells.csv'), 'utf8').split('\n');
    const id = cells[1]!.split(',')[0]!;
    const { code, out, err } = await assay(`show ${id.slice(0, 12)}`);
    const [head, trace, values] = out.split('\n').map((line) => line && JSON.parse(line));
    expect([code, err]).toEqual([0, 'equal to the stored values, bit for bit\n']);
    expect(head).toMatchObject({ cell: id, key: 'toy', experiment: 'toy' });
    expect(trace).toEqual({ round: 1, delta: head.config.delta });
    expect(values.final.slow).toBe(1e-3 * (1 + 0.01 * head.seed));
  });

  it('shows that a cell crashes, or that it is no pure function of configuration and seed', async () => {
    const idOf = async (assay: ReturnType<typeof world>['assay'], folder: string) => {
      await assay('run toy --only C1');
      return readFileSync(join(folder, 'results', 'toy', 'quick', 'cells.csv'), 'utf8').split('\n');
    };
    const broken = world(troubled('crash'));
    const crashed = (await idOf(broken.assay, broken.folder)).find((line) => line.includes(',failed,'))!.split(',')[0]!;
    const { code, err } = await broken.assay(`show ${crashed}`);
    expect([code, err]).toEqual([2, expect.stringContaining(`cell ${crashed} failed: Error: the toy broke`)]);

    const module = `data:text/javascript,export const run = () => ({ final: { slow: performance.now(), fast: 1e-9 } })`;
    const impure = world({ ...toy, experiments: [{ ...toy.experiments[0]!, module }] });
    const id = (await idOf(impure.assay, impure.folder))[1]!.split(',')[0]!;
    const shown = await impure.assay(`show ${id}`);
    expect([shown.code, shown.err]).toEqual([1, 'NOT equal to the stored values\n']);
  });

  it('shows the claims of a key with the verdicts that there are', async () => {
    const { assay } = world();
    const before = (await assay('show toy')).out;
    expect(before).toMatch(
      /^A toy & its claims\nA\. Uthor\. Toys, 2026\. https:\/\/example\.org\/toy\n\nclaim +statement$/m,
    );
    expect(before).toMatch(/toy\.C1 +Fast beats slow/);
    await assay('run toy');
    await assay('run toy --tier standard --evidence');
    const { out } = await assay('show toys');
    expect(out).toMatch(/^claim +quick +standard +committed +statement$/m);
    expect(out).toMatch(/toy\.C2 +✕ refuted +✕ refuted +✕ refuted +Fast beats slow/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('shows a claim: what it says, what came of it, its cells and which of them are finished', async () => {
    const { assay, folder } = world();
    const before = (await assay('show toy.C2')).out;
    expect(before).toMatch(/^source +Section 1; https:\/\/example\.org\/paper$/m);
    expect(before).toMatch(/^kind +critique$/m);
    expect(before).toMatch(/^rule +log-ratio ≤ -0\.9: mean log10\(fast\/slow\) at most -0\.9$/m);
    expect(before).toMatch(/^expected +refuted at quick, refuted at standard$/m);
    expect(before).toMatch(/^reason +δ is too large$/m);
    expect(before).toMatch(/^reference +about -2$/m);
    expect(before).toMatch(/^verdict +none yet$/m);
    expect(before).toMatch(/^6 cells at quick, 0 finished/m);
    await assay('run toy --seeds 1');
    const { out } = await assay('show toy.C2');
    expect(out).toMatch(/^quick +✕ refuted · 0\.4\d* mean log10 ratio · /m);
    expect(out).toMatch(/^6 cells at quick, 3 finished/m);
    const ids = readFileSync(join(folder, 'results', 'toy', 'quick', 'cells.csv'), 'utf8').split('\n').slice(1, 4).map((line) => line.split(',')[0]!); // prettier-ignore
    for (const id of ids) expect(out).toMatch(new RegExp(`^${id} +toy +0 +finished +delta = \\d`, 'm'));
    expect(out).toMatch(/^[0-9a-f]{16} +toy +1 {10,}delta = 3$/m);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect((await assay('show toy.C2 --tier full')).out).toContain(
      'No cells at full; it runs at quick and standard (--tier).',
    );
    const missing = { ...toy, experiments: [{ ...toy.experiments[0]!, missing: () => 'Install the toys.' }] };
    expect((await assay('show toy.C2', { reproductions: [missing] })).out).toContain(
      'toy: data missing: Install the toys.',
    );
  });

  it('lists what is installed with its verdicts, and what can be', async () => {
    const { assay } = world();
    await assay('run toy');
    await assay('run toy --tier standard --evidence');
    const { out } = await assay('list');
    expect(out).toMatch(/^toy +reproduce-toy +quick: 2 supported, 1 refuted, 1 not run$/m);
    expect(out).toMatch(/^of toys +0\.0\.0, checkout +standard: 2 supported, 1 refuted, 1 not run$/m);
    expect(out).toMatch(/^ +committed: 2 supported, 1 refuted, 1 not run$/m);
    expect(out).toContain('Can be installed:\n  npx @assay-ml/assay run local (of theory-sim)\n');
    expect(out).toContain('  npx @assay-ml/assay run dag-sa\n');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    await assay('run toy', { reproductions: [surprising] });
    expect((await assay('list')).out).toMatch(/quick: 1 refuted; 1 not as expected$/m);
  });

  it('lists as one JSON value of a shape that stays', async () => {
    const { assay, folder } = world();
    const { lastLine } = await assay('run toy');
    const { out, code } = await assay('list --json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      schema: 1,
      installed: [
        {
          key: 'toy',
          project: 'toys',
          package: 'reproduce-toy',
          version: '0.0.0',
          folder: join(folder, 'apps', 'reproductions', 'toy'),
          kind: 'checkout',
          verdicts: [
            {
              place: 'quick',
              tier: 'quick',
              resultHash: lastLine,
              counts: { supported: 2, refuted: 1, inconclusive: 0, 'not-run': 1 },
              unexpected: 0,
            },
          ],
        },
      ],
      available: Object.entries(PAPERS).flatMap(([project, keys]) =>
        keys.map((key) => ({ key, project, package: `@assay-ml/reproduce-${key}` })),
      ),
    });
  });

  it('tells what the machine can do', async () => {
    const { code, out } = await world().assay('doctor');
    expect(code).toBe(0);
    expect(out).toMatch(/✓\s+Node\s+v\d+/);
    expect(out).toMatch(/✓\s+WebAssembly SIMD\s+yes/);
    expect(out).toContain('data: fashion-mnist');
  });
});

describe('evidence and the README', () => {
  it('commits a standard run and generates the table from it', async () => {
    const { assay, folder } = world();
    expect((await assay('run toy --tier standard --evidence')).code).toBe(0);
    const evidence = join(folder, 'apps', 'reproductions', 'toy', 'evidence');
    expect(readdirSync(evidence).sort()).toEqual([
      'cells.csv',
      'claims.csv',
      'figures',
      'report.html',
      'report.md',
      'verdicts.json',
    ]);
    for (const file of readdirSync(evidence).filter((name) => name.includes('.'))) {
      expect(readFileSync(join(evidence, file), 'utf8')).not.toContain(folder);
    }
    expect(readFileSync(join(evidence, 'cells.csv'), 'utf8')).not.toMatch(/tried|series|compact/);

    mkdirSync(join(folder, 'packages', 'toys'), { recursive: true });
    writeFileSync(join(folder, 'packages', 'toys', 'package.json'), '{ "description": "Toys to build on." }');
    expect((await assay('table --check')).code).toBe(1);
    expect((await assay('table')).code).toBe(0);
    expect((await assay('table --check')).code).toBe(0);
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toContain(
      '| [A toy & its claims](apps/reproductions/toy/evidence/report.md) | 2 supported, 1 refuted, 1 not run | [`toys`](packages/toys): Toys to build on. |',
    );
    expect(readme).toMatch(/^# Toy\n[\s\S]*\nEnd\.\n$/);
    writeFileSync(join(folder, 'README.md'), readme.replace('2 supported', '3 supported'));
    const stale = await assay('table --check');
    expect([stale.code, stale.err]).toEqual([1, expect.stringContaining('differs from the committed evidence')]);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('| 3 supported, 1 refuted');
  });

  it('says where the markers must stand', async () => {
    const { assay, folder } = world();
    writeFileSync(join(folder, 'README.md'), '# Toy\n');
    const { code, err } = await assay('table');
    expect([code, err]).toEqual([2, expect.stringContaining("no lines '<!-- verdicts:start -->'")]);
  });
});
