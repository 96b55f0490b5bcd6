/** The built command as a process. `nx test` builds it first; without a build these tests have nothing to run. */
import { readRecords } from '@assay-ml/claims';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const built = (path: string) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
const cli = built('cli.js');
const slow = fileURLToPath(new URL('fixtures/slow.js', import.meta.url));
const assay = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: tmpdir() });

describe.skipIf(!existsSync(cli))('dist/cli.js', () => {
  it('runs from any folder and answers without colour in a pipe', () => {
    const { status, stdout } = assay('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/✓\s+Node/);
    expect(stdout).not.toContain('\u001b');
  });

  it('is what `npx assay` starts', () => {
    const bin = fileURLToPath(new URL('../bin/assay.js', import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [bin, 'run', '--help'], { encoding: 'utf8', cwd: tmpdir() });
    expect([status, stdout]).toEqual([0, expect.stringContaining('130 stopped by')]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    'stops on %s with %i, keeps the cells that are finished, gives the folder back',
    async (signal, status) => {
      const folder = mkdtempSync(join(tmpdir(), 'assay-stop-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const args = ['run', slow, '--out', folder, '--jobs', '1'];
      const child = spawn(process.execPath, [cli, ...args], { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
      let [out, err] = ['', ''];
      child.stdout.on('data', (text: Buffer) => (out += text.toString()));
      child.stderr.on('data', (text: Buffer) => (err += text.toString()));
      const ended = new Promise((resolve) => child.on('close', resolve));
      while (child.exitCode === null && readRecords(folder).size === 0)
        await new Promise((done) => setTimeout(done, 20));
      child.kill(signal); // once: asked twice by Ctrl-C it ends without a word
      const code = await ended;
      expect([code, out]).toEqual([status, '']);
      const [, kept] = /stopped after (\d+) of \d+ cells\. They are kept in .*: run the same line again/.exec(err)!;
      expect(readRecords(folder).size).toBe(Number(kept));
      expect(existsSync(join(folder, 'lock'))).toBe(false);
    },
  );

  it('exits 2 for what it does not know', () => {
    const { status, stdout, stderr } = assay('run', 'no-such-paper');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^assay: paper is 'no-such-paper'; must be a project or a key/);
  });

  it.skipIf(!existsSync('/dev/full'))(
    'exits 2 when stdout cannot be written (where the system has a full device)',
    () => {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(process.execPath, [cli, 'doctor'], {
        encoding: 'utf8',
        stdio: ['ignore', full, 'pipe'],
      });
      closeSync(full);
      expect(status).toBe(2);
      expect(stderr).toContain('assay: cannot write to stdout');
    },
  );
});
