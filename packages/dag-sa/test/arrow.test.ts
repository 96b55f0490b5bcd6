import {
  Bool, Float16, Float32, Int64, Table, tableFromArrays, tableToIPC, Utf8, type Vector, vectorFromArray,
} from 'apache-arrow'; // prettier-ignore
import { describe, expect, it, vi } from 'vitest';

import { parseArrow } from '../src/index.js';

const table = new Table({
  a: vectorFromArray([1.5, -2, 3e-7]),
  b: vectorFromArray([1n, -(2n ** 40n), 3n], new Int64()),
  who: vectorFromArray(['x', 'y', 'x'], new Utf8()),
  c: vectorFromArray([0.5, 0.25, -8], new Float32()),
});
const numbers = [1.5, 1, 0.5, -2, -(2 ** 40), 0.25, 3e-7, 3, -8];

describe('parseArrow', () => {
  it.each(['file', 'stream'] as const)('reads integers, floats and labels from a %s', async (kind) => {
    const { names, n, d, X, labels } = await parseArrow(tableToIPC(table, kind), { labels: 'who' });
    expect({ names, n, d, X: [...X], labels }).toEqual({
      names: ['a', 'b', 'c'],
      n: 3,
      d: 3,
      X: numbers,
      labels: ['x', 'y', 'x'],
    });
  });
  it('takes several record batches for one table, and floats of two bytes', async () => {
    const part = (values: number[]) => new Table({ a: vectorFromArray(values, new Float16()) });
    const whole = part([1, 2.5]).concat(part([-0.125]));
    expect(whole.batches).toHaveLength(2);
    const { X, labels } = await parseArrow(tableToIPC(whole));
    expect([...X]).toEqual([1, 2.5, -0.125]);
    expect(labels).toBeNull();
  });

  const bytes = (columns: Record<string, Vector>) => tableToIPC(new Table(columns));
  it.each<[string, Uint8Array, string | undefined, string]>([
    ['text', tableToIPC(table), undefined, "parseArrow: f.arrow, column 'who' is Utf8; must be integers or floats."],
    ['truth values', bytes({ a: vectorFromArray([true, false], new Bool()) }), undefined, "column 'a' is Bool; must be"],
    ['no label column', tableToIPC(table), 'z', "column 'z' is not there; must be one of a, b, who, c."],
    ['a missing value', bytes({ a: vectorFromArray([1, null, 2]) }), undefined, "row 1, column 'a': null; must be a finite number."],
    ['NaN', bytes({ a: vectorFromArray([1, NaN]) }), undefined, "row 1, column 'a': NaN; must be a finite number."],
    ['no rows', tableToIPC(tableFromArrays({ a: new Float64Array(0) })), undefined, 'f.arrow, empty; must have columns and rows.'],
    ['other bytes', new TextEncoder().encode('a,b\n1,2\n'), undefined, 'f.arrow cannot be read; must be uncompressed Arrow IPC'],
    ['half a file', tableToIPC(table, 'file').subarray(0, 300), undefined, 'f.arrow cannot be read; must be uncompressed'],
  ])('refuses %s', async (_, data, labels, message) => {
    await expect(parseArrow(data, { source: 'f.arrow', ...(labels === undefined ? {} : { labels }) })).rejects.toThrow(message);
  }); // prettier-ignore

  it('says what to install where the library is missing', async () => {
    vi.doMock('apache-arrow', () => {
      throw new Error('Cannot find package');
    });
    await expect(parseArrow(new Uint8Array(8))).rejects.toThrow(
      'parseArrow: Arrow data needs apache-arrow, which is not installed. Run npm i apache-arrow.',
    );
    vi.doUnmock('apache-arrow');
  });
});
