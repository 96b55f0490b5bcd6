/** Cells that do what no cell should: the run goes on, and says what happened. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  inProcessExecutor,
  localExecutor,
  type LocalOptions,
  runReproduction,
  type CellRecord,
  type Executor,
  type Json,
  type RunOptions,
  type RunResult,
} from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const worst = (configs: readonly Json[]) => ({
  ...toy(),
  experiments: [
    {
      id: 'one',
      title: 'One.',
      module: new URL('./fixtures/worst.mjs', import.meta.url).href,
      cells: () => configs.map((config, seed) => ({ config, seed })),
      cost: () => ({ seconds: 1, megabytes: 1 }),
    },
  ],
  claims: [],
});
const runAll = (configs: readonly Json[], executor: Executor, more: Partial<RunOptions> = {}): Promise<RunResult> =>
  runReproduction(worst(configs), { tier: 'quick', folder, executor, ...more });
const bySeed = ({ records }: RunResult): CellRecord[] => [...records].sort((a, b) => a.seed - b.seed);
const firstLine = ({ error }: CellRecord): string | undefined => error?.split('\n', 1)[0];
const what = (does: string) => ({ does });

const REFUSED: readonly (readonly [string, string | RegExp])[] = [
  ['seven', "TypeError: 'values' is 7; must be an object whose keys name numbers and words. Return { value: … }."],
  ['null', /^TypeError: 'values' is null; must be an object/],
  ['nothing', /^TypeError: 'values' is undefined; must be an object/],
  ['array', /^TypeError: 'values' is an array; must be an object/],
  ['proto', "TypeError: 'values' has the key '__proto__', which no reader keeps. Choose another."],
  ['surrogate', /^TypeError: 'values.text' has half of a surrogate pair; must be text\./],
  ['surrogate key', /^TypeError: 'values, a key,' has half of a surrogate pair/],
  ['hole', /^TypeError: 'values.list.1' is undefined; must be a JSON value\./],
  ['cycle', "TypeError: 'values.self' is a cycle; must be a JSON value. Leave out what leads back."],
  ['wide', /^TypeError: 'values' is longer than 16777216 characters/],
  ['deep', "TypeError: 'values' nests deeper than 100 levels; must be flatter."],
  ['function', /^TypeError: 'values.run' is function; must be a JSON value\./],
  ['bigint', /^TypeError: 'values.n' is bigint; must be a JSON value\./],
  ['getter', 'Error: no x'],
  ['throws nothing', 'undefined'],
  ['throws no text', 'it threw a value that has no text'],
  ['throws a bad stack', 'it threw a value that has no text'],
];

describe.each([inProcessExecutor(), localExecutor({ jobs: 2 })])('executor $name', (executor) => {
  it('makes failed records of what cannot be read back or has no text, and goes on', async () => {
    const configs = [...REFUSED.map(([does]) => ({ does })), { does: 'waits', milliseconds: 1 }];
    const result = await runAll(configs, executor);
    const records = bySeed(result);
    for (const [seed, [does, message]] of REFUSED.entries()) {
      expect(records[seed]!.status, does).toBe('failed');
      expect(firstLine(records[seed]!), does).toMatch(typeof message === 'string' ? new RegExp(`^${escape(message)}$`) : message); // prettier-ignore
    }
    expect(records.at(-1)).toMatchObject({ status: 'done', values: { x: 2 } });
    const again = await runAll(configs, executor);
    expect(again.setAside).toBeNull();
    expect([again.reused, again.resultHash]).toEqual([1, result.resultHash]);
  });

  it('gives what the file will say: a negative zero is none', async () => {
    const fresh = await runAll([what('negative zero')], executor);
    const read = await runAll([what('negative zero')], executor);
    expect(fresh.records[0]!.values['x']).toBe(0);
    expect(read.records).toEqual(fresh.records);
  });

  it('shortens messages, keeps their characters whole, and takes secrets out first', async () => {
    const configs = ['throws 10 MB', 'throws half a character', 'throws a secret'].map(what);
    const redact = (message: string): string => message.replace(/\/\/\S+@/g, '//[redacted]@');
    const [long, half, secret] = bySeed(await runAll(configs, executor, { redact }));
    expect(long!.error).toMatch(/^Error: x{1993}… \(\d+ more characters\)$/);
    expect(half!.error).toMatch(/^Error: half: \ufffd\n/);
    expect(firstLine(secret!)).toBe('Error: cannot reach postgres://[redacted]@db');
    expect(readFileSync(join(folder, 'cells.jsonl'), 'utf8')).not.toContain('hunter2');
  });
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('limits', () => {
  it('of time: a failed record that says so, the next cell has a fresh worker', async () => {
    const configs = [what('for ever'), what('waits for ever'), { does: 'waits', milliseconds: 1 }];
    const records = bySeed(await runAll(configs, localExecutor({ jobs: 1, cellTimeout: 5 })));
    expect(records.map(({ error }) => error)).toEqual([
      'the cell took longer than its limit of 5 s',
      'the cell took longer than its limit of 5 s',
      undefined,
    ]);
    expect(records[0]!.seconds).toBeGreaterThan(4.99);
    expect(records[2]!.values).toEqual({ x: 2 });
  });

  it('of memory: a failed record that says so', async () => {
    const configs = [
      { does: 'leaks', megabytes: 2000 },
      { does: 'waits', milliseconds: 300 },
    ];
    const records = bySeed(await runAll(configs, localExecutor({ jobs: 1, cellMemory: 400 })));
    expect(records[0]!.error).toMatch(
      /^the worker process died by SIGKILL: it takes \d+ MB of memory, more than the limit of 400 MB$/,
    );
    expect(records[1]!.values).toEqual({ x: 2 });
  });

  it.each([
    [{ cellTimeout: 0 }, "localExecutor: 'cellTimeout' is 0; must be a number of seconds > 0, at most 2000000."],
    [{ cellTimeout: 1e7 }, "localExecutor: 'cellTimeout' is 10000000; must be"],
    [{ cellTimeout: '5' as never }, "localExecutor: 'cellTimeout' is '5'; must be"],
    [{ cellMemory: -1 }, "localExecutor: 'cellMemory' is -1; must be a finite number > 0. It is in megabytes."],
    [{ job: 2 }, "localExecutor: 'job' is no option"],
  ])('refuses %j', (options, message) => {
    expect(() => localExecutor(options as LocalOptions)).toThrow(message);
  });
});

it('refuses a redact that returns no text', async () => {
  const redact = (() => undefined) as never;
  await expect(runAll([what('throws a secret')], inProcessExecutor(), { redact })).rejects.toThrow(
    "runReproduction: 'what redact returns' is undefined; must be a string. Return the message without its secrets.",
  );
});

it('takes no message that a cell sends for its answer, and gives none to the next cell', async () => {
  const configs = [what('sends a message'), { does: 'waits', milliseconds: 100 }];
  const records = bySeed(await runAll(configs, localExecutor({ jobs: 1 })));
  expect(records.map(({ values }) => values)).toEqual([{ x: 4 }, { x: 2 }]);
});

describe('workers that die', () => {
  it('while they have nothing to do and another computes: the run ends well', async () => {
    const file = join(folder, 'pid');
    const configs = [
      { does: 'says who it is', file },
      { does: 'waits', milliseconds: 3000 },
    ];
    const running = runAll(configs, localExecutor({ jobs: 2 }), {
      onProgress: ({ done }) => void (done === 1 && process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')),
    });
    expect(bySeed(await running).map(({ values }) => values)).toEqual([{ x: 3 }, { x: 2 }]);
  });

  it('of what an earlier cell left behind: the next one is not blamed', async () => {
    for (const after of [50, 500]) {
      const configs = [
        { does: 'throws later', after },
        { does: 'waits', milliseconds: 1000 },
        { does: 'waits', milliseconds: 1 },
      ];
      const result = await runAll(configs, localExecutor({ jobs: 1 }), { fresh: true });
      expect(result.failures).toEqual([]);
      expect(bySeed(result).map(({ values }) => values['x'])).toEqual([1, 2, 2]);
    }
  });

  it('of what a cell did beside, or because it left: it is named', async () => {
    const records = bySeed(await runAll([what('throws beside'), what('leaves the channel')], localExecutor({ jobs: 1 }))); // prettier-ignore
    expect(firstLine(records[0]!)).toBe('the worker process died with exit code 1: Error: beside');
    expect(firstLine(records[1]!)).toMatch(/^the worker process died (with exit code 0|by SIGKILL)$/);
  });

  it('are none left after a run', async () => {
    const file = join(folder, 'pid');
    await runAll([{ does: 'says who it is', file }], localExecutor({ jobs: 1 }));
    expect(existsSync(file)).toBe(true);
    expect(() => process.kill(Number(readFileSync(file, 'utf8')), 0)).toThrow('ESRCH');
  });
});
