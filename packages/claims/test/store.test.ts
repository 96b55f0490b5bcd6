import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  environment,
  inProcessExecutor,
  readRecords,
  readRun,
  readVerdicts,
  resultsFolder,
  runReproduction,
  StoreError,
  type Executor,
  type ExecutorOptions,
  type PlannedCell,
  type RunResult,
} from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const run = (more: object = {}): Promise<RunResult> =>
  runReproduction(toy(), { tier: 'quick', folder, executor: inProcessExecutor(), ...more });
const problem = async (promise: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
};

describe('files of a run', () => {
  it('writes run.json before the first cell, with what defines the run', async () => {
    let seen: unknown = null;
    await run({ onProgress: ({ done }: { done: number }) => (seen ??= done === 0 ? readRun(folder) : 'late') });
    expect(seen).toMatchObject({
      schema: 1,
      key: 'toy',
      tier: 'quick',
      seeds: [0, 1, 2, 3, 4, 5],
      cells: 12,
      total: 12,
      reused: 0,
      backend: 'wasm',
      executor: 'in-process',
      jobs: 1,
      missing: { large: 'Put the toy data into ASSAY_DATA.' },
      experiments: { estimate: { configurations: [{ effect: 0 }, { effect: 0.5 }] } },
      versions: { node: process.versions.node },
    });
    const { machine, commit, dirty, start } = readRun(folder)!;
    expect(machine).toMatchObject({ node: process.version, arch: process.arch });
    expect(machine.cores).toBeGreaterThan(0);
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(typeof dirty).toBe('boolean');
    expect(new Date(start).toISOString()).toBe(start);
  });

  it('writes a line a cell and leaves nothing but its three files', async () => {
    const { records, resultHash } = await run();
    expect(readFileSync(file('cells.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(12);
    expect([...readRecords(folder).values()].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(records);
    expect(readdirSync(folder).sort()).toEqual(['cells.jsonl', 'run.json', 'verdicts.json']);
    expect(readVerdicts(folder)).toMatchObject({ schema: 2, key: 'toy', tier: 'quick', resultHash, backend: 'wasm' });
  });

  it('has a folder a key and tier, and one a shard', () => {
    expect(resultsFolder('results', 'toy', 'quick')).toBe(join('results', 'toy', 'quick'));
    expect(resultsFolder('results', 'toy', 'full', { index: 2, count: 4 })).toBe(
      join('results', 'toy', 'full', 'shard-2-of-4'),
    );
  });

  it('throws away what is there when asked to', async () => {
    await run();
    expect((await run()).reused).toBe(12);
    expect((await run({ fresh: true })).reused).toBe(0);
    expect((await run({ fresh: true, seeds: 2 })).records).toHaveLength(4);
    expect(readRecords(folder).size).toBe(4);
  });

  it('keeps cells of other seeds for later, and hashes those of the plan alone', async () => {
    const two = await run({ seeds: 2 });
    const three = await run({ seeds: 3 });
    expect([two.reused, three.reused]).toEqual([0, 4]);
    const again = await run({ seeds: 2 });
    expect([again.reused, again.resultHash]).toEqual([4, two.resultHash]);
    expect(three.resultHash).not.toBe(two.resultHash);
  });
});

describe('a broken cells.jsonl', () => {
  it('cut at any byte of its last line: sets the tail aside, reruns that cell, same hash', async () => {
    const { resultHash } = await run({ seeds: 1 });
    const whole = readFileSync(file('cells.jsonl'));
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: lastLine, max: whole.length }), async (cut) => {
        writeFileSync(file('cells.jsonl'), whole.subarray(0, cut));
        const again = await run({ seeds: 1 });
        expect(again.resultHash).toBe(resultHash);
        expect(again.reused).toBe(cut >= whole.length - 1 ? 2 : 1);
        expect(again.setAside?.lines ?? 0).toBe(cut > lastLine && cut < whole.length - 1 ? 1 : 0);
        if (again.setAside !== null) {
          expect(readFileSync(again.setAside.file, 'utf8')).toBe(`${whole.toString('utf8', lastLine, cut)}\n`);
        }
        expect(readRecords(folder).size).toBe(2);
      }),
      { numRuns: 60, seed: 3, examples: [[lastLine], [lastLine + 1], [whole.length - 1], [whole.length]] },
    );
    expect(readdirSync(folder)).toContain('cells.jsonl.broken-2');
  });

  it('with one byte changed anywhere: never uses a wrong number', async () => {
    const { resultHash } = await run({ seeds: 1 });
    const whole = readFileSync(file('cells.jsonl'));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 127 }), async (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ flip;
        writeFileSync(file('cells.jsonl'), bytes);
        expect((await run({ seeds: 1 })).resultHash).toBe(resultHash);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('broken in the middle: keeps the lines around it', async () => {
    const { resultHash } = await run();
    const lines = readFileSync(file('cells.jsonl'), 'utf8').split('\n');
    lines[4] = lines[4]!.replace('"status":"done"', '"status":"gone"');
    lines.splice(7, 0, '\u0000\u0000 not a line');
    writeFileSync(file('cells.jsonl'), lines.join('\n'));
    const again = await run();
    expect(again.reused).toBe(11);
    expect(again.setAside).toEqual({ file: file('cells.jsonl.broken-1'), lines: 2 });
    expect(again.resultHash).toBe(resultHash);
    expect((await run()).setAside).toBeNull();
  });
});

it('sets a line aside that is too long to be a cell, and reads on', async () => {
  const { resultHash } = await run({ seeds: 1 });
  const fd = openSync(file('cells.jsonl'), 'a');
  ftruncateSync(fd, statSync(file('cells.jsonl')).size + 2 ** 26 + 1); // zeros, and the file stays sparse
  writeSync(fd, '\n');
  closeSync(fd);
  appendFileSync(file('cells.jsonl'), 'short\n');
  const again = await run({ seeds: 1 });
  expect([again.reused, again.resultHash, again.setAside?.lines]).toEqual([2, resultHash, 2]);
  expect(statSync(file('cells.jsonl')).size).toBeLessThan(10_000);
});

it('refuses a record that would not be read back, whatever executor made it', async () => {
  const executor: Executor = {
    name: 'careless',
    jobs: 1,
    run: async ([cell], { onRecord }) => {
      const { id, experiment, config, seed } = cell!;
      onRecord({ id, experiment, config, seed, status: 'done', values: [7] as never, seconds: 1 });
    },
  };
  await expect(run({ executor })).rejects.toThrow(/append: the record of cell \w{16} would not be read back; must be/);
  expect(readRecords(folder).size).toBe(0);
});

it('keeps the versions that computed cells which a later run takes over', async () => {
  const on = (cpu: string) => ({ ...environment(), machine: { ...environment().machine, cpu } });
  await run({ seeds: 1, environment: on('old') });
  await run({ seeds: 2, environment: on('old') });
  expect(readRun(folder)!.sources).toBeUndefined(); // one machine, one version
  await run({ seeds: 3, environment: on('new') });
  await run({ seeds: 3, environment: on('new') });
  expect(readRun(folder)!.machine.cpu).toBe('new');
  expect(readRun(folder)!.sources!.map(({ machine, versions }) => [machine.cpu, versions['node']])).toEqual([
    ['old', process.versions.node],
  ]);
});

describe('a folder that cannot be used', () => {
  it('of another schema, or not readable', async () => {
    await run();
    const good = readFileSync(file('run.json'), 'utf8');
    writeFileSync(file('run.json'), good.replace('"schema": 1', '"schema": 7'));
    const other = await problem(run());
    expect(other.problem).toBe('schema');
    expect(other.message).toContain('is of schema 7; this version reads 1. Choose another folder');
    writeFileSync(file('run.json'), good.slice(0, 40));
    expect((await problem(run())).message).toContain('is not JSON');
    writeFileSync(file('run.json'), good.replace('"cells": 12', '"cells": "many"'));
    expect((await problem(run())).message).toMatch(/does not fit schema 1[^]*cells/);
    rmSync(file('run.json'));
    expect((await problem(run())).message).toContain('has cells but no run.json');
    expect((await run({ fresh: true })).exitCode).toBe(0);
  });

  it('of another key or tier', async () => {
    await run();
    const error = await problem(run({ tier: 'standard' }));
    expect(error.problem).toBe('other-run');
    expect(error.message).toContain("holds 'toy' at tier quick, not 'toy' at tier standard");
  });

  it('on a full disk: says so, keeps the old verdicts, and finishes once there is space', async () => {
    const { resultHash } = await run();
    const verdicts = readFileSync(file('verdicts.json'), 'utf8');
    rmSync(file('cells.jsonl'));
    symlinkSync('/dev/full', file('cells.jsonl'));
    const error = await problem(run());
    expect(error.problem).toBe('full');
    expect(error.message).toContain(`no space left to write '${file('cells.jsonl')}' (ENOSPC)`);
    expect(readFileSync(file('verdicts.json'), 'utf8')).toBe(verdicts);
    expect(existsSync(file('lock'))).toBe(false);
    rmSync(file('cells.jsonl'));
    expect((await run()).resultHash).toBe(resultHash);
  });

  it('that is a file', async () => {
    writeFileSync(file('taken'), '');
    const error = await problem(run({ folder: file('taken') }));
    expect(error.problem).toBe('io');
    expect(error.message).toContain("Check the folder's permissions");
  });
});

describe('lock', () => {
  const owner = (pid: number, host = hostname()) => JSON.stringify({ pid, host });

  it('refuses a second run while the first goes on, and is gone after it', async () => {
    let second: Promise<StoreError> | undefined;
    await run({ onProgress: () => (second ??= problem(run())) });
    expect((await second!).problem).toBe('locked');
    expect((await second!).message).toContain(`in use by process ${process.pid}`);
    expect(existsSync(file('lock'))).toBe(false);
  });

  it('is taken over from a process that is gone, not from one that runs or is elsewhere', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(file('lock'), owner(gone));
    expect((await run()).exitCode).toBe(0);
    writeFileSync(file('lock'), owner(process.ppid));
    expect((await problem(run())).message).toContain(`in use by process ${process.ppid}`);
    writeFileSync(file('lock'), owner(gone, 'elsewhere'));
    expect((await problem(run())).message).toContain(`in use by process ${gone} on elsewhere`);
    writeFileSync(file('lock'), 'what?');
    expect((await problem(run())).message).toContain(`delete '${file('lock')}' if no such run exists`);
    writeFileSync(file('lock'), owner(process.pid)); // an earlier process with our id, as in a restarted container
    expect((await run()).exitCode).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  const minutesAgo = (minutes: number) => {
    const then = Date.now() / 1000 - 60 * minutes;
    utimesSync(file('lock'), then, then);
  };

  it.each([
    ['another host', { host: 'elsewhere' }],
    ['another container of this host, with our number', { pid: process.pid, space: 'pid:[1]' }],
    ['another start of this host', { boot: 'before' }],
  ])('of %s is held while it shows signs of life, and expires', async (_, other) => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const here = { host: hostname(), boot: 'now', space: 'pid:[2]', id: 'a' };
    writeFileSync(file('lock'), JSON.stringify({ pid: gone, ...here, ...other }));
    minutesAgo(2);
    expect((await problem(run())).problem).toBe('locked');
    minutesAgo(4);
    expect((await run()).exitCode).toBe(0);
    expect(existsSync(file('lock'))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('of a number that was given to another process is nobody’s', async () => {
    let mine: { start: string; boot: string } | undefined;
    await run({ onProgress: () => (mine ??= JSON.parse(readFileSync(file('lock'), 'utf8')) as typeof mine) });
    writeFileSync(file('lock'), JSON.stringify({ ...mine!, pid: process.ppid, start: '1' }));
    expect((await run({ fresh: true })).exitCode).toBe(0);
    // One of ours that another copy of this package holds, however long it has been at work.
    writeFileSync(file('lock'), JSON.stringify({ ...mine!, pid: process.pid }));
    minutesAgo(60);
    expect((await problem(run())).message).toContain(`in use by process ${process.pid}`);
  });

  it('is written again while it is held, also when this thread is busy', async () => {
    let [first, last] = [0, 0];
    const busy = (milliseconds: number) => {
      for (const start = performance.now(); performance.now() - start < milliseconds;);
    };
    await run({
      seeds: 1,
      onProgress: ({ done }: { done: number }) => {
        if (done === 0) first = statSync(file('lock')).mtimeMs;
      },
      executor: {
        name: 'slow',
        jobs: 1,
        run: async (cells: readonly PlannedCell[], options: ExecutorOptions) => {
          await new Promise((done) => setTimeout(done, 5500)); // the heart begins to beat
          busy(6000);
          last = statSync(file('lock')).mtimeMs;
          await inProcessExecutor().run(cells, options);
        },
      },
    });
    expect(last - first).toBeGreaterThan(4000);
    expect(existsSync(file('lock'))).toBe(false);
  });

  it('that is a link to nowhere is refused, not waited for', async () => {
    symlinkSync(file('nowhere'), file('lock'));
    const error = await problem(run());
    expect(error.problem).toBe('io');
    expect(error.message).toBe(`'${file('lock')}' is a link to a file that is not there; must be no link. Delete it.`);
  });
});

it('ignores what a later version appends as an unknown file', async () => {
  await run();
  appendFileSync(file('notes.txt'), 'mine');
  expect((await run({ fresh: true })).exitCode).toBe(0);
  expect(readFileSync(file('notes.txt'), 'utf8')).toBe('mine');
});
