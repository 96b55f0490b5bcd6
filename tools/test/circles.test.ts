import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'circles-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Imports that the rule refuses, as `file:line`. */
function refused(files: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['--config', join(root, '.oxlintrc.json'), '--format', 'json', '.'],
    { cwd: folder, encoding: 'utf8' },
  );
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; filename: string; labels: { span: { line: number } }[] }[];
  };
  return diagnostics.map(({ code, filename, labels }) => `${code} ${filename}:${labels[0]!.span.line}`).sort();
}

describe('the rule against circles of imports', () => {
  it('refuses a circle of types', () => {
    const files = {
      'a.ts': "import type { B } from './b.js';\nexport type A = B;\n",
      'b.ts': "import { type C } from './c.js';\nexport type B = C;\n",
      'c.ts': "\nexport type { A as C } from './a.js';\n",
    };
    expect(refused(files)).toEqual(['import(no-cycle) a.ts:1', 'import(no-cycle) b.ts:1', 'import(no-cycle) c.ts:2']);
  });

  it('lets two files share one below both', () => {
    const files = {
      'a.ts': "import type { B } from './b.js';\nimport type { C } from './c.js';\nexport type A = B | C;\n",
      'b.ts': "import type { C } from './c.js';\nexport type B = C;\n",
      'c.ts': 'export type C = string;\n',
    };
    expect(refused(files)).toEqual([]);
  });

  it('is a part of lint', () => {
    const { targetDefaults } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
      targetDefaults: { lint: { dependsOn: unknown[] } };
    };
    expect(targetDefaults.lint.dependsOn).toContainEqual({ projects: ['tools'], target: 'circles' });
  });
});
