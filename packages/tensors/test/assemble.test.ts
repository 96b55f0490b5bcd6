import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { KERNELS } from '../src/wasm/kernels.wasm.js';
// @ts-expect-error a script without types
import { assemble, generatedFile } from '../scripts/assemble.mjs';

test('src/wasm/kernels.wasm.ts is what assembly/ compiles to', async () => {
  expect(await readFile(generatedFile as string, 'utf8')).toBe(await (assemble as () => Promise<string>)());
});

test('the module has no data of its own: the memory is another one’s', () => {
  const bytes = Buffer.from(KERNELS, 'base64');
  const sections: number[] = [];
  for (let at = 8; at < bytes.length;) {
    sections.push(bytes[at++]!);
    let [size, shift] = [0, 0];
    do {
      size |= (bytes[at]! & 127) << shift;
      shift += 7;
    } while (bytes[at++]! & 128);
    at += size;
  }
  expect(sections).toContain(10); // code
  expect(sections).not.toContain(11); // data
});
