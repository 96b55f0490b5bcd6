import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

it('the example of the README prints what it says', () => {
  const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  execFileSync(process.execPath, [tsc, '-b', here('../tsconfig.lib.json')], { stdio: 'inherit' });
  const readme = readFileSync(here('../README.md'), 'utf8');
  // Inside the package, so that its own name resolves.
  mkdirSync(here('../out-tsc'), { recursive: true });
  const folder = mkdtempSync(here('../out-tsc/readme-'));
  try {
    const examples = [...readme.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)];
    for (const [, name, source] of examples) writeFileSync(join(folder, name!), source!);
    const printed = execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' });
    const promised = [...readme.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);
    expect(promised).toHaveLength(3);
    expect(printed.trimEnd().split('\n')).toEqual(promised);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
