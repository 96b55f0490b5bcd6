import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

/** Messages of the layer rule for a file of `project` that imports `from`. */
async function violations(project: string, from: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText(`import * as other from '${from}';\nexport const used = other;\n`, {
    filePath: `${root}${project}/src/index.ts`,
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
