import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { steepest } from '../../../vitest.linear.mjs';
import { folderStore } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'linear-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('a state is read in proportion to its size, whatever its file holds', async () => {
  const tokens = ['{', '}', '[', '"', '\\', '1', '-', '.', 'e', ',', ':', ' ', 'null,', '"a":1,', '[0],', 'AAAAAAAA', '=', '"},{"float64":"'];
  const read = (text: string) => {
    writeFileSync(join(folder, 'client-0.json'), text);
    return folderStore(folder).get(0);
  };
  const { exponent, text } = await steepest(read, '[{"float64":"', tokens);
  expect(exponent, text).toBeLessThan(1.5);
}); // prettier-ignore
