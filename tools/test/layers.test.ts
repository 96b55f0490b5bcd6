import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

/** Messages of the layer rule for a file of `project` that imports `from`. */
async function violations(project: string, from: string, file = 'index.ts'): Promise<string[]> {
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText(`import * as other from '${from}';\nexport const used = other;\n`, {
    filePath: `${root}${project}/src/${file}`,
  });
  return result!.messages.filter((m) => m.ruleId === '@nx/enforce-module-boundaries').map((m) => m.message);
}

describe('the layer rule of lint', () => {
  it.each([
    ['packages/numerics', '@assay-ml/claims'],
    ['packages/theory-sim', '@assay-ml/claims'],
    ['packages/theory-sim', '@assay-ml/datasets'],
    ['packages/federated', '@assay-ml/datasets'],
    ['packages/claims', '@assay-ml/theory-sim'],
    ['apps/reproductions/local', '@assay-ml/assay'],
    ['apps/reproductions/local', '@assay-ml/reproduce-l0l1'],
    ['apps/assay', '@assay-ml/reproduce-local'],
  ])('refuses that %s imports %s', async (project, from) => {
    expect((await violations(project, from)).length).toBeGreaterThan(0);
  });

  it('lets the command line of a paper’s package read texts, and the package not', async () => {
    expect(await violations('packages/frugal-opt', '@assay-ml/datasets', 'cli/train.ts')).toEqual([]);
    expect((await violations('packages/frugal-opt', '@assay-ml/datasets')).length).toBeGreaterThan(0);
  });

  it.each([
    ['packages/theory-sim', '@assay-ml/federated'],
    ['packages/theory-sim', '@assay-ml/numerics'],
    ['packages/claims', '@assay-ml/numerics'],
    ['apps/reproductions/local', '@assay-ml/theory-sim'],
    ['apps/reproductions/local', '@assay-ml/datasets'],
    ['apps/assay', '@assay-ml/tensors'],
  ])('lets %s import %s', async (project, from) => {
    expect(await violations(project, from)).toEqual([]);
  });
});

describe('the syntax rule of lint', () => {
  /** How often the rule speaks of `source` in a file. */
  const count = async (file: string, source: string): Promise<number> => {
    const [result] = await new ESLint({ cwd: root }).lintText(source, { filePath: `${root}${file}` });
    return result!.messages.filter((m) => m.ruleId === 'no-restricted-syntax').length;
  };
  const gateway = ['packages/numerics/src/engine-gateway.ts', 'packages/tensors/src/setup/set-up-blas.ts'];

  it.each(gateway)('lets %s name koffi, and refuses powers there as everywhere', async (file) => {
    expect(await count(file, "export const native = require('koffi');\n")).toBe(0);
    expect(await count(file, 'export const cube = (x: number) => x ** 3;\n')).toBe(1);
  });

  it('refuses both in other files', async () => {
    const source = "export const native = require('koffi');\nexport const cube = (x: number) => x ** 3;\n";
    expect(await count('packages/numerics/src/engine.ts', source)).toBe(2);
  });
});
