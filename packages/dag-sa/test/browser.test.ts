import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import ts from 'typescript';

/** Modules that a module takes when it is imported, with those of ours followed. */
function imported(file: URL, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(file.href)) return seen;
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  const names = importedFiles.map(({ fileName }) => fileName);
  seen.set(file.href, names.filter((name) => !name.startsWith('.')));
  for (const name of names) if (name.startsWith('.')) imported(new URL(name.replace(/\.js$/, '.ts'), file), seen);
  return seen;
} // prettier-ignore

it('D13: the package imports what browsers have, csv-parse in its build for them', () => {
  const outside = new Set([...imported(new URL('../src/index.ts', import.meta.url)).values()].flat());
  // apache-arrow is loaded when it is asked for.
  const ours = [...outside].filter((name) => !name.startsWith('@assay-ml/numerics'));
  expect(ours.sort()).toEqual(['apache-arrow', 'csv-parse/browser/esm/sync']);
});

it('D13: the package is imported, and CSV read, where there is no Buffer', async () => {
  const own = globalThis.Buffer;
  try {
    Reflect.deleteProperty(globalThis, 'Buffer');
    const { parseCsv } = await import('../src/csv.js');
    expect(parseCsv('a,"b ""x"""\n1,2\n')).toMatchObject({ names: ['a', 'b "x"'], X: Float64Array.of(1, 2) });
  } finally {
    globalThis.Buffer = own;
  }
});
