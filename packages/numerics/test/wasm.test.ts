import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { exports, heapBase, memory, scratch, SCRATCH_LENGTH } from '../src/wasm.js';

test('the committed module is what assembly/ compiles to', async () => {
  const { assemble, generatedFile } = (await import('../scripts/assemble.mjs' as string)) as {
    assemble: () => Promise<string>;
    generatedFile: string;
  };
  expect(await assemble()).toBe(await readFile(generatedFile, 'utf8'));
});

test('no two files of assembly/ export the same name: the compiler would drop one without a word', async () => {
  const folder = fileURLToPath(new URL('../assembly/', import.meta.url));
  const sources = await Promise.all(
    (await readdir(folder)).filter((file) => file.endsWith('.ts')).map((file) => readFile(folder + file, 'utf8')),
  );
  const names = sources.flatMap((source) => [...source.matchAll(/^export function (\w+)/gm)].map(([, name]) => name));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test('scratch lies below the arena, and the arena starts inside memory on a multiple of 16', () => {
  expect(scratch % 16).toBe(0);
  expect(scratch + 2 * 8 * SCRATCH_LENGTH).toBeLessThanOrEqual(heapBase);
  expect(heapBase % 16).toBe(0);
  expect(heapBase).toBeLessThan(memory.buffer.byteLength);
});

test('kernels read and write the shared memory', () => {
  const x = new Float64Array(memory.buffer, scratch, 3);
  x.set([1, -2, 3]);
  exports.axpy(3, 2, scratch, scratch);
  expect([...x]).toEqual([3, -6, 9]);
});
