/** The built command as a process. `nx test` builds it first; without a build these tests have nothing to run. */
import { spawnSync } from 'node:child_process';
import { existsSync, openSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const assay = (...args: string[]) => spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: tmpdir() });

describe.skipIf(!existsSync(cli))('dist/cli.js', () => {
  it('runs from any folder and answers without colour in a pipe', () => {
    const { status, stdout } = assay('doctor');
    expect(status).toBe(0);
    expect(stdout).toMatch(/✓\s+Node/);
    expect(stdout).not.toContain('\u001b');
  });

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
