/**
 * Runs as processes of their own, from the build: killed at any time, interrupted, orphaned.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { readRecords, readVerdicts } from '../src/index.js';
import { noise } from './fixtures/toy/noise.mjs';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SCRIPT = here('./fixtures/toy/run.mjs');

let folder: string;
beforeAll(() => {
  // Nothing to do when the build is current, as it is under Nx.
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  execFileSync(process.execPath, [tsc, '-b', here('../tsconfig.lib.json')], { stdio: 'inherit' });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sleep = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

interface Run {
  readonly child: ChildProcess;
  /** Resolves at the progress line of this many cells, or at the end. */
  readonly reached: (done: number) => Promise<void>;
  readonly ended: Promise<{ code: number | null; out: string; error: string }>;
}

function start(options: object, detached = false): Run {
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(options)], {
    detached,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  const waiting: { line: string; resolve: () => void }[] = [];
  child.stdout!.on('data', (text: Buffer) => {
    out += text.toString();
    for (const { line, resolve } of waiting) if (out.includes(line)) resolve();
  });
  child.stderr!.on('data', (text: Buffer) => (error += text.toString()));
  const ended = new Promise<Awaited<Run['ended']>>((resolve) => {
    child.on('close', (code) => {
      for (const w of waiting) w.resolve();
      resolve({ code, out, error });
    });
  });
  const reached = (done: number) =>
    new Promise<void>((resolve) => void waiting.push({ line: `done ${done}\n`, resolve }));
  return { child, reached, ended };
}

async function finish(options: object): Promise<{ hash: string; reused: number }> {
  const { code, out, error } = await start(options).ended;
  expect(error).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!) as { hash: string; reused: number };
}

it('killed with −9 twenty times on a seeded schedule, then run again: the hash of an uninterrupted run', async () => {
  // Long enough a cell that a run is still at work when a busy machine gets round to killing it.
  const toy = { wait: 50 };
  const whole = await finish({ folder: join(folder, 'whole'), jobs: 2, toy });
  let kills = 0;
  let reused = 0;
  for (let trial = 0; trial < 5; trial++) {
    const options = { folder: join(folder, String(trial)), jobs: 1 + (trial % 2), toy };
    for (let k = 0; k < 4; k++) {
      const { child, reached, ended } = start(options);
      // A few more cells each time, then somewhere between two; the first ones before any cell and while starting.
      if (noise(trial, k) < 0.2) await sleep(150 * noise(trial, 10 + k));
      else await reached(Math.floor((k + noise(trial, 20 + k)) * 5));
      await sleep(60 * noise(trial, 30 + k));
      if (child.kill('SIGKILL')) kills++;
      await ended;
    }
    const last = await finish(options);
    expect(last.hash).toBe(whole.hash);
    expect(readVerdicts(options.folder)!.resultHash).toBe(whole.hash);
    reused += last.reused;
  }
  expect(kills).toBe(20);
  expect(reused).toBeGreaterThan(20); // the kills came in the middle of work
  // Forty processes start: on a busy machine that takes a minute.
});

const blocked = () => {
  const pidFile = join(folder, 'pid');
  const wrap = `import { run as block } from '${new URL('./fixtures/block.mjs', import.meta.url).href}';
    export const run = (_, seed) => (seed === 0 ? { method: 1, reference: 1 } : block({ pidFile: ${JSON.stringify(pidFile)}, milliseconds: 60000 }));`;
  const module = `data:text/javascript,${encodeURIComponent(wrap)}`;
  return { pidFile, options: { folder, jobs: 1, tier: 'quick', toy: { module } } };
};
const waitFor = async (condition: () => boolean) => {
  for (let i = 0; i < 1000 && !condition(); i++) await sleep(10);
  expect(condition()).toBe(true);
};
const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody waits for is dead, too.
    return !existsSync(`/proc/${pid}/stat`) || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

it('leaves no worker behind when it is killed inside a long synchronous cell', async () => {
  const { pidFile, options } = blocked();
  const { child, ended } = start(options);
  await waitFor(() => existsSync(pidFile));
  const worker = Number(readFileSync(pidFile, 'utf8'));
  expect(alive(worker)).toBe(true);
  child.kill('SIGKILL');
  await ended;
  await waitFor(() => !alive(worker));
});

it('stopped by Ctrl-C, which reaches the workers too: state kept, exit code 130', async () => {
  const { pidFile, options } = blocked();
  const { child, ended } = start(options, true);
  await waitFor(() => existsSync(pidFile));
  const worker = Number(readFileSync(pidFile, 'utf8'));
  process.kill(-child.pid!, 'SIGINT');
  const { code, error } = await ended;
  expect(error).toBe('');
  expect(code).toBe(130);
  expect(alive(worker)).toBe(false);
  expect([...readRecords(folder).values()].map((r) => [r.seed, r.status])).toEqual([[0, 'done']]);
  expect(existsSync(join(folder, 'lock'))).toBe(false);
});

it('says in one line that the folder is in use, exit code 2', async () => {
  const { pidFile, options } = blocked();
  const { child, ended } = start(options);
  await waitFor(() => existsSync(pidFile));
  const second = await start(options).ended;
  expect(second.code).toBe(2);
  expect(second.error).toMatch(
    new RegExp(`^StoreError: results folder '.*' is in use by process ${child.pid} on .*\n$`),
  );
  child.kill('SIGKILL');
  await ended;
});

it('keeps what a cell prints out of stdout', async () => {
  const source = "export const run = (_, seed) => { console.log('hello'); return { method: seed, reference: 1 }; }";
  const module = `data:text/javascript,${encodeURIComponent(source)}`;
  const { out, error } = await start({ folder, jobs: 1, tier: 'quick', toy: { module } }).ended;
  expect(out).toContain('done 12');
  expect(out).not.toContain('hello');
  expect(error).toBe('hello\n'.repeat(12));
});
