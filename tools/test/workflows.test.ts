import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const folder = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
const textOf = (name: string) => workflows.find((one) => one.name === name)!.text;

/** The lines of each job, by name: what stands two columns in, below `jobs:`. */
function jobsOf(text: string): Record<string, string> {
  const parts = text.slice(text.indexOf('\njobs:\n') + 7).split(/^ {2}([\w-]+):\n/m);
  return Object.fromEntries(parts.flatMap((part, i) => (i % 2 === 1 ? [[part, parts[i + 1]!]] : [])));
}

describe('the workflows', () => {
  it.each(workflows)('take foreign actions by commit alone, and may only read: $name', ({ text }) => {
    const used = [...text.matchAll(/\buses: *(\S+)/g)].map(([, name]) => name!).filter((name) => !/^\.\//.test(name));
    expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name))).toEqual([]);
    expect(text).toMatch(/^permissions:\n {2}contents: read\n(?! )/m);
    expect(text).not.toContain('secrets.');
  });

  it('run what a fresh machine runs', () => {
    expect(jobsOf(textOf('ci.yml'))['run']).toMatch(/^ +- run: \.ci\/run$/m);
  });

  it('publish in a job and an environment of its own, after all tests', () => {
    const { test, version, publish, ...others } = jobsOf(textOf('release.yml'));
    expect(Object.keys(others)).toEqual([]);
    expect(test).toMatch(/^ {4}uses: \.\/\.github\/workflows\/ci\.yml$/m);
    expect(version).toMatch(/^ {4}needs: test$/m);
    expect(version).not.toContain('id-token');
    expect(publish).toMatch(/^ {4}needs: version$/m);
    expect(publish).toMatch(/^ {4}environment: npm$/m);
    expect(publish).toMatch(/^ {6}id-token: write\b/m);
    expect(publish).toMatch(/^ +- run: npm run release$/m);
  });
});
