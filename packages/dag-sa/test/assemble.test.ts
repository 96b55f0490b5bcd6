import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { assemble, generatedFile } from '../scripts/assemble.mjs';

test('src/kernels.wasm.ts is what assembly/ compiles to', async () => {
  expect(await readFile(generatedFile as string, 'utf8')).toBe(await (assemble as () => Promise<string>)());
});
