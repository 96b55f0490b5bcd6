import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import canonicalize from 'canonicalize';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  askedFor,
  environment,
  inProcessExecutor,
  localExecutor,
  merge,
  readRecords,
  readRun,
  readVerdicts,
  resultsFolder,
  runReproduction,
  StoreError,
  verdictsSchema,
  type Experiment,
  type Progress,
  type Reproduction,
  type RunFile,
} from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).href;
/** A reproduction of one experiment and one exact claim over it. */
function single(module: string, cells: ReturnType<Experiment['cells']>, more: Partial<Experiment> = {}): Reproduction {
  return {
    ...toy(),
    experiments: [
      { id: 'one', title: 'One.', module, cells: () => cells, cost: () => ({ seconds: 1, megabytes: 1 }), ...more },
    ],
    claims: [
      {
        ...toy().claims[2]!,
        id: 'toy.X1',
        experiments: ['one'],
        tiers: ['quick'],
        evidence: (records) => ({
          kind: 'exact',
          checks: records.map((r) => ({ name: r.id, holds: true })),
          measured: records.length,
        }),
      },
    ],
  };
}

describe('a run', () => {
  it('plans, runs, judges and writes; then resumes from the store with the same hash', async () => {
    const first = await runReproduction(toy(), { tier: 'quick', folder, executor: inProcessExecutor() });
    expect(first.failures).toEqual([]);
    expect(first.verdicts.map((v) => [v.id, v.verdict, v.why])).toEqual([
      ['toy.C1', 'supported', undefined],
      ['toy.C2', 'refuted', undefined],
      ['toy.C3', 'not-run', 'runs at tier full'],
      ['toy.D1', 'not-run', 'data missing: Put the toy data into ASSAY_DATA.'],
    ]);
    expect(first).toMatchObject({ exitCode: 0, reused: 0, aborted: false });
    expect(verdictsSchema.parse(readVerdicts(folder))).toMatchObject({
      resultHash: first.resultHash,
      seeds: [0, 1, 2, 3, 4, 5],
    });

    const again = await runReproduction(toy(), { tier: 'quick', folder, executor: localExecutor({ jobs: 1 }) });
    expect(again.reused).toBe(12);
    expect(again.resultHash).toBe(first.resultHash);
    expect(again.verdicts).toEqual(first.verdicts);
  });

  it.each([1, 2])('gives the same hash with %i worker processes', async (jobs) => {
    const one = await runReproduction(toy(), { tier: 'quick', folder, executor: inProcessExecutor() });
    const other = await runReproduction(toy(), {
      tier: 'quick',
      folder,
      fresh: true,
      executor: localExecutor({ jobs }),
    });
    expect(other.failures).toEqual([]);
    expect(other.reused).toBe(0);
    expect(other.resultHash).toBe(one.resultHash);
  });

  it('tells progress and the time left by the cost of the cells and the pace so far', async () => {
    let clock = 0;
    const seen: Progress[] = [];
    const cells = [1, 2, 3, 4].map((seed) => ({ config: { effect: 0 }, seed }));
    const reproduction = single(fixture('toy/cell.mjs'), cells, { cost: () => ({ seconds: 2, megabytes: 1 }) });
    await runReproduction(reproduction, {
      tier: 'quick',
      folder,
      executor: inProcessExecutor(),
      now: () => clock,
      onProgress: (progress) => {
        seen.push(progress);
        clock += 1000; // a second a cell, though they are said to take two
      },
    });
    expect(seen.map((p) => [p.done, p.total, p.secondsLeft, p.basis])).toEqual([
      [0, 4, 8, 'stated'],
      [1, 4, 3, 'seen'],
      [2, 4, 2, 'seen'],
      [3, 4, 1, 'seen'],
      [4, 4, 0, 'seen'],
    ]);
  });

  it('estimates the time before the first cell from what earlier runs took', async () => {
    const cells = [1, 2].map((seed) => ({ config: { effect: 0 }, seed }));
    const reproduction = single(fixture('toy/cell.mjs'), cells, { cost: () => ({ seconds: 2, megabytes: 1 }) });
    const first = async (pace: Record<string, number>): Promise<Progress> => {
      const seen: Progress[] = [];
      const options = { tier: 'quick', folder, executor: inProcessExecutor(), fresh: true, pace } as const;
      await runReproduction(reproduction, { ...options, onProgress: (progress) => seen.push(progress) });
      return seen[0]!;
    };
    const [experiment] = reproduction.experiments;
    expect(await first({ [experiment!.id]: 3 })).toMatchObject({ secondsLeft: 12, basis: 'earlier' });
    expect(await first({ other: 3 })).toMatchObject({ secondsLeft: 4, basis: 'stated' });
  });

  it('judges anew when a threshold changes, without running a cell', async () => {
    const options = { tier: 'quick', folder, executor: inProcessExecutor() } as const;
    const before = await runReproduction(toy(), options);
    const after = await runReproduction(toy({ max: 1 }), options);
    expect([before, after].map((r) => r.verdicts[1]!.verdict)).toEqual(['refuted', 'supported']);
    expect(after.exitCode).toBe(1);
    expect(after.reused).toBe(12);
    expect(after.resultHash).toBe(before.resultHash);
  });

  it('runs cells again when their module changes', async () => {
    const copy = join(folder, 'code');
    cpSync(fileURLToPath(new URL('./fixtures/toy', import.meta.url)), copy, { recursive: true });
    const module = pathToFileURL(join(copy, 'cell.mjs')).href;
    const results = join(folder, 'results');
    const options = { tier: 'quick', folder: results, executor: localExecutor({ jobs: 1 }) } as const;
    const before = await runReproduction(toy({ module }), options);
    writeFileSync(join(copy, 'noise.mjs'), readFileSync(join(copy, 'noise.mjs'), 'utf8').replace('2 ** 32', '2 ** 33'));
    const after = await runReproduction(toy({ module }), options);
    expect(after.reused).toBe(0);
    expect(after.resultHash).not.toBe(before.resultHash);
    copyFileSync(new URL('./fixtures/toy/noise.mjs', import.meta.url), join(copy, 'noise.mjs'));
    const back = await runReproduction(toy({ module }), options);
    expect([back.reused, back.resultHash]).toEqual([12, before.resultHash]);
  });

  it('asks with exit code 2 for the data of a claim chosen by id', async () => {
    const options = { tier: 'quick', folder, executor: inProcessExecutor() } as const;
    const asked = await runReproduction(toy(), { ...options, only: ['D1'] });
    expect(asked.verdicts).toHaveLength(1);
    expect(asked.exitCode).toBe(2);
    expect(readRun(folder)!.only).toEqual(['D1']);
  });

  it('says which claim could not be judged, and judges the others', async () => {
    const reproduction = toy();
    const claims = reproduction.claims.map((c) =>
      c.id === 'toy.C1'
        ? {
            ...c,
            evidence: () => {
              throw new TypeError('no such column');
            },
          }
        : c,
    );
    const result = await runReproduction(
      { ...reproduction, claims },
      { tier: 'quick', folder, executor: inProcessExecutor() },
    );
    expect(result.failures).toEqual(['claim toy.C1 could not be judged: no such column']);
    expect(result.verdicts.map((v) => v.verdict)).toEqual(['inconclusive', 'refuted', 'not-run', 'not-run']);
    expect(result.exitCode).toBe(2);
    expect(readVerdicts(folder)!.claims[0]!.why).toBe('could not be judged: no such column');
  });
});

describe('cells that crash', () => {
  const cells = [0, 1, 2, 3, 4, 5, 6, 7].map((seed) => ({ config: {}, seed }));

  it.each([1, 2])('become failed records with the reason, the others finish (%i workers)', async (jobs) => {
    const reproduction = single(fixture('crash.mjs'), cells);
    const result = await runReproduction(reproduction, { tier: 'quick', folder, executor: localExecutor({ jobs }) });
    const errors = new Map(result.records.map((r) => [r.seed, r.error?.split('\n', 1)[0]]));
    expect([0, 6, 7].map((seed) => errors.get(seed))).toEqual([undefined, undefined, undefined]);
    expect(errors.get(1)).toBe('RangeError: seed 1 is not for me');
    expect(errors.get(2)).toBe('the worker process died with exit code 3');
    expect(errors.get(3)).toBe('the worker process died by SIGKILL');
    expect(errors.get(4)).toBe(
      "TypeError: 'values.deep.0.x' is NaN; must be a finite number. Return null or a word where there is none.",
    );
    expect(errors.get(5)).toMatch("TypeError: 'values.typed' is Float64Array; must be a JSON value.");
    expect(result.failures).toHaveLength(5);
    expect(result.exitCode).toBe(2);
    expect(result.verdicts[0]).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/^5 of 8 cells failed, first/),
    });
    expect(readRecords(folder).size).toBe(8);
    const again = await runReproduction(reproduction, { tier: 'quick', folder, executor: localExecutor({ jobs }) });
    expect(again.reused).toBe(3);
    expect(again.resultHash).toBe(result.resultHash);
  });

  it('names a module that exports no run', async () => {
    const module = 'data:text/javascript,export const other = 1';
    const result = await runReproduction(single(module, [{ config: {}, seed: 0 }]), {
      tier: 'quick',
      folder,
      executor: localExecutor({ jobs: 1 }),
    });
    expect(result.records[0]!.error).toContain("exports no function 'run'");
  });
});

describe('an aborted run', () => {
  it.each([
    ['in this process', inProcessExecutor()],
    ['in worker processes', localExecutor({ jobs: 2 })],
  ])('keeps its cells and goes on later, %s', async (_, executor) => {
    const whole = await runReproduction(toy(), { tier: 'quick', folder: join(folder, 'whole'), executor });
    const stop = new AbortController();
    const options = { tier: 'quick', folder: join(folder, 'stopped'), executor } as const;
    const stopped = await runReproduction(toy(), {
      ...options,
      signal: stop.signal,
      onProgress: ({ done }) => done === 5 && stop.abort(),
    });
    expect(stopped).toMatchObject({ aborted: true, exitCode: 130, verdicts: [], failures: [] });
    expect(stopped.records.length).toBeGreaterThanOrEqual(5);
    expect(stopped.records.length).toBeLessThan(12);
    expect(readVerdicts(options.folder)).toBeNull();
    const rest = await runReproduction(toy(), options);
    expect(rest.reused).toBe(stopped.records.length);
    expect(rest.resultHash).toBe(whole.resultHash);
  });

  it('does not wait for a long synchronous cell', async () => {
    const pidFile = join(folder, 'pid');
    const reproduction = single(fixture('block.mjs'), [{ config: { pidFile, milliseconds: 30_000 }, seed: 0 }]);
    const stop = new AbortController();
    const start = performance.now();
    const running = runReproduction(reproduction, {
      tier: 'quick',
      folder,
      executor: localExecutor({ jobs: 1 }),
      signal: stop.signal,
    });
    while (!existsSync(pidFile)) await new Promise((done) => setTimeout(done, 10));
    stop.abort();
    expect(await running).toMatchObject({ aborted: true, records: [] });
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(() => process.kill(Number(readFileSync(pidFile, 'utf8')), 0)).toThrow('ESRCH');
  });

  it('stops, too, when the caller’s progress callback throws, and gives the folder back', async () => {
    const options = { tier: 'quick', folder, executor: localExecutor({ jobs: 2 }) } as const;
    const onProgress = ({ done }: Progress) => {
      if (done === 2) throw new Error('no terminal');
    };
    await expect(runReproduction(toy(), { ...options, onProgress })).rejects.toThrow('no terminal');
    expect((await runReproduction(toy(), options)).exitCode).toBe(0);
  });
});

describe('shards', () => {
  const folders = () => [1, 2, 3].map((index) => resultsFolder(folder, 'toy', 'quick', { index, count: 3 }));
  const runShards = (reproduction = toy(), which = [1, 2, 3], more: object = {}) =>
    Promise.all(
      which.map((index) =>
        runReproduction(reproduction, {
          tier: 'quick',
          shard: { index, count: 3 },
          folder: folders()[index - 1]!,
          executor: inProcessExecutor(),
          ...more,
        }),
      ),
    );
  const out = () => join(folder, 'merged');
  const mismatch = async (folders: string[], message: string | RegExp, reproduction = toy()) => {
    const error: unknown = await merge(reproduction, folders, { out: out() }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).problem).toBe('mismatch');
    expect((error as StoreError).message).toMatch(message);
  };

  it('judge nothing alone, and merge to the hash and verdicts of one run', async () => {
    const one = await runReproduction(toy(), {
      tier: 'quick',
      folder: join(folder, 'one'),
      executor: inProcessExecutor(),
    });
    const shards = await runShards();
    expect(shards.map((s) => [s.records.length, s.verdicts.length, s.exitCode])).toEqual([
      [4, 0, 0],
      [4, 0, 0],
      [4, 0, 0],
    ]);
    expect(folders().map(readVerdicts)).toEqual([null, null, null]);
    const merged = await merge(toy(), folders(), { out: out() });
    expect(merged).toMatchObject({ resultHash: one.resultHash, exitCode: 0, failures: [] });
    expect(merged.verdicts).toEqual(one.verdicts);
    expect(readVerdicts(out())!.resultHash).toBe(one.resultHash);
    expect((await merge(toy(), folders(), { out: out() })).resultHash).toBe(one.resultHash);
    expect(readFileSync(join(out(), 'cells.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(12);
  });

  it('say what is missing, and a run completes them', async () => {
    await runShards(toy(), [1, 3]);
    const merged = await merge(toy(), [folders()[0]!, folders()[2]!], { out: out() });
    expect(merged.failures).toEqual(['4 of 12 cells are not there; run to complete them']);
    expect(merged).toMatchObject({ exitCode: 2, verdicts: [] });
    expect(readVerdicts(out())).toBeNull();
    const completed = await runReproduction(toy(), { tier: 'quick', folder: out(), executor: inProcessExecutor() });
    expect(completed).toMatchObject({ reused: 8, exitCode: 0 });
  });

  it('keep the machine and the versions of each', async () => {
    const machines = ['one', 'two', 'three'].map((cpu) => ({ ...environment().machine, cpu }));
    for (const [i, machine] of machines.entries()) {
      await runShards(toy(), [i + 1], { environment: { ...environment(), machine } });
    }
    await merge(toy(), folders(), { out: out(), environment: { ...environment(), machine: machines[1]! } });
    expect(readRun(out())!.sources!.map(({ machine }) => machine.cpu)).toEqual(['one', 'three']);
    expect(readRun(out())!.sources![0]!.versions).toEqual(readRun(folders()[0]!)!.versions);
  });

  it('refuse a cell that has other values in one folder than in another, and name it', async () => {
    await runShards(toy(), [1]);
    const file = join(folders()[0]!, 'cells.jsonl');
    const same = join(folder, 'same');
    cpSync(folders()[0]!, same, { recursive: true });
    expect((await merge(toy(), [folders()[0]!, same], { out: out() })).records).toHaveLength(4);
    rmSync(out(), { recursive: true });
    const [line, ...rest] = readFileSync(file, 'utf8').split('\n');
    const record = JSON.parse(line!) as { id: string; sum?: string; values: object };
    delete record.sum;
    const changed = { ...record, values: { method: 1, reference: 1 } };
    const sum = createHash('sha256').update(canonicalize(changed)!).digest('hex').slice(0, 16);
    writeFileSync(join(same, 'cells.jsonl'), [JSON.stringify({ ...changed, sum }), ...rest].join('\n'));
    await mismatch([folders()[0]!, same], new RegExp(`^merge: cell ${record.id} \\(estimate, seed \\d\\) has other values in`)); // prettier-ignore
    expect(readVerdicts(out())).toBeNull();
  });

  it('refuse by name what does not belong together', async () => {
    await runShards(toy(), [1]);
    await mismatch([out()], 'has no run.json');
    await runShards(toy(), [2], { seeds: 3 });
    await mismatch(folders().slice(0, 2), /'seedCount' is the default in '.*' but 3 in/);
    await runShards(toy(), [2], { backend: { name: 'tensorflow', threads: 1 } });
    await mismatch(folders().slice(0, 2), /'backend' is "wasm" in '.*' but "tensorflow" in/);
    await runShards(toy(), [2], { backend: { name: 'wasm', threads: 1, version: '2.20.0' } });
    await mismatch(folders().slice(0, 2), /'backendVersion' is the default in '.*' but "2.20.0" in/);
    await runShards(
      toy({ module: 'data:text/javascript,export const run = () => ({ method: 1, reference: 1 })' }),
      [3],
    );
    await mismatch(
      [folders()[0]!, folders()[2]!],
      /code version of experiment 'estimate' is \w{12} in .* but \w{12} in/,
    );
    await mismatch([folders()[2]!], /is \w{12} in the code as built here but \w{12} in/);
    await mismatch([folders()[0]!], "holds 'toy', not 'other'", { ...toy(), key: 'other' });
    await expect(merge(toy(), [], { out: out() })).rejects.toThrow("merge: 'folders' is empty");
  });
});

it('refuses a number of jobs that is none', () => {
  expect(() => localExecutor({ jobs: 0 })).toThrow("localExecutor: 'jobs' is 0; must be an integer ≥ 1.");
});

it.each([localExecutor({ jobs: 1 }), inProcessExecutor()])(
  'hands the backend to cells, which run on one thread in workers: $name',
  async (executor) => {
    const source =
      'export const run = (config, seed, { backend }) => ({ ...backend, own: process.env.TF_NUM_INTRAOP_THREADS ?? "" })';
    const module = `data:text/javascript,${encodeURIComponent(source)}`;
    const backend = { name: 'tensorflow', threads: 1, version: '2.15.1' };
    const cells = [{ config: {}, seed: 0 }];
    const { records } = await runReproduction(single(module, cells, { tensors: true }), {
      ...{ tier: 'quick', folder, executor, backend },
    });
    const own = executor.name === 'local' ? '1' : (process.env['TF_NUM_INTRAOP_THREADS'] ?? '');
    expect(records[0]!.values).toEqual({ ...backend, own });
    expect(readRun(folder)).toMatchObject({ backend: 'tensorflow', threads: 1, backendVersion: '2.15.1' });
    expect(askedFor(readRun(folder)!).backend).toEqual(backend);
    // Files from before there was a choice.
    const older: Partial<RunFile> = readRun(folder)!;
    delete older.threads;
    writeFileSync(join(folder, 'run.json'), JSON.stringify(older));
    expect(readRun(folder)!.threads).toBe(1);
  },
);

it('hands the trace to cells in this process', async () => {
  const lines: unknown[] = [];
  const source = 'export const run = (config, seed, { trace }) => { trace({ round: 1 }); return { x: 1 }; }';
  const executor = inProcessExecutor({ trace: (line) => lines.push(line) });
  const reproduction = single(`data:text/javascript,${encodeURIComponent(source)}`, [{ config: {}, seed: 0 }]);
  expect((await runReproduction(reproduction, { tier: 'quick', folder, executor })).failures).toEqual([]);
  expect(lines).toEqual([{ round: 1 }]);
});

it('tells the processor’s time on a cell from the wall’s: it counts work, not waiting', async () => {
  const source = `export async function run({ work, wait }) {
    await new Promise((done) => setTimeout(done, wait));
    for (const start = process.cpuUsage(); process.cpuUsage(start).user < 1000 * work;);
    return {};
  }`;
  const module = `data:text/javascript,${encodeURIComponent(source)}`;
  const configs = [{ work: 0, wait: 600 }, { work: 600, wait: 0 }]; // prettier-ignore
  const reproduction = single(module, configs.map((config) => ({ config, seed: 0 }))); // prettier-ignore
  const { records } = await runReproduction(reproduction, {
    tier: 'quick',
    folder,
    executor: localExecutor({ jobs: 1 }),
  });
  const [waited, worked] = configs.map(({ work }) =>
    records.find((r) => (r.config as { work: number }).work === work)!,
  );
  expect(waited!.seconds).toBeGreaterThan(0.59);
  expect(waited!.processorSeconds).toBeLessThan(0.3);
  expect(worked!.processorSeconds).toBeGreaterThan(0.59);
});
