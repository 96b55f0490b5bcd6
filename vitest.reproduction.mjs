import { existsSync, readFileSync } from 'node:fs';
import { checkReproduction, codeVersion } from '@assay-ml/claims';
import { describe, expect, it } from 'vitest';

/**
 * The tests every reproduction shares: what `nx affected`, the command line and the store rely on. They look at the build,
 * which `nx test` makes first; without one there is nothing to look at.
 * @param {string} test `import.meta.url` of a file in the reproduction's `test` folder
 */
export function contract(test) {
  const built = new URL('../dist/index.js', test);
  const { assay, name } = JSON.parse(readFileSync(new URL('../package.json', test), 'utf8'));

  describe.skipIf(!existsSync(built))('the built reproduction', () => {
    const load = async () => checkReproduction((await import(built.href)).default);

    it('is what its manifest says', async () => {
      const { key, project } = await load();
      expect({ key, project }).toEqual(assay);
    });

    it('counts no claim, figure or plan into the code version of a cell: editing one recomputes nothing', async () => {
      const { experiments } = await load();
      expect(experiments.length).toBeGreaterThan(0);
      for (const { id, module } of experiments) {
        const own = Object.keys((await codeVersion(module)).files).filter((file) => file.startsWith(`${name}/`));
        expect(own.some((file) => file.startsWith(`${name}/dist/cells/`))).toBe(true);
        expect(
          own.filter((file) => /claim|figure|evidence|experiments\.|dist\/index\.js$/.test(file)),
          id,
        ).toEqual([]);
      }
    });
  });
}
