import { describe, expect, it } from 'vitest';
import fc from 'fast-check';

import { DataCorrupt, streamCsv, streamLibsvm, type CsvOptions } from '../src/index.js';

/** The text's bytes in pieces of the given sizes, over and over. */
async function* bytes(text: string, sizes: number[] = [7]): AsyncGenerator<Uint8Array> {
  const all = new TextEncoder().encode(text);
  for (let at = 0, i = 0; at < all.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield all.subarray(at, at + size);
    at += size;
  }
}

async function collect<T>(blocks: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const block of blocks) all.push(block);
  return all;
}

const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('streamLibsvm', () => {
  const libsvm = (text: string, options = {}) => collect(streamLibsvm(bytes(text), { source: 'a9a', ...options }));

  it('reads labels, indices from 0 and values, over comments, blank lines and Windows line ends', async () => {
    const [block, ...others] = await libsvm('+1 1:0.5 4:-2e-3 # two\r\n\n# none\n-1\r\n2.5 3:7');
    expect(others).toEqual([]);
    expect(block).toEqual({
      first: 0,
      count: 3,
      labels: Float64Array.of(1, -1, 2.5),
      starts: Uint32Array.of(0, 2, 2, 3),
      indices: Uint32Array.of(0, 3, 2),
      values: Float64Array.of(0.5, -2e-3, 7),
    });
    expect(await libsvm('')).toEqual([]);
  });

  it('gives back what was written, however the bytes are cut', async () => {
    const sample = fc.record({
      label: number,
      entries: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 99 }), number), {
        selector: ([i]) => i,
        maxLength: 5,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { maxLength: 8 }),
        pieces,
        fc.integer({ min: 1, max: 4 }),
        async (samples, sizes, records) => {
          const sorted = samples.map(({ label, entries }) => ({
            label,
            entries: [...entries].sort(([a], [b]) => a - b),
          }));
          const text = sorted
            .map(({ label, entries }) => [label, ...entries.map(([i, v]) => `${i + 1}:${v}`)].join(' '))
            .join('\n');
          const got = [];
          for (const { first, count, labels, starts, indices, values } of await collect(
            streamLibsvm(bytes(text, sizes), { records }),
          )) {
            expect(first).toBe(got.length);
            for (let i = 0; i < count; i++) {
              const entries = [];
              for (let e = starts[i]!; e < starts[i + 1]!; e++) entries.push([indices[e]!, values[e]! + 0]);
              got.push({ label: labels[i]! + 0, entries });
            }
          }
          expect(got).toEqual(
            sorted.map(({ label, entries }) => ({ label: label + 0, entries: entries.map(([i, v]) => [i, v + 0]) })),
          );
        },
      ),
    );
  });

  it.each([
    ['<html>', 'a9a: line 1: label "<html>" is not a number.'],
    ['1 1:1\n1 2:1 2:1', 'a9a: line 2: index 2 after 2; indices must ascend from 1.'],
    ['1 0:1', 'line 1: index 0 after 0; indices must ascend from 1.'],
    ['1 9:1', 'line 1: index 9; there are 8 features.'],
    ['1 qid:3 1:1', 'line 1: "qid:3" is not index:value, as in 3:0.5.'],
    ['1 1:nan', '"1:nan" is not index:value'],
    ['1 1:1e999', '"1:1e999" is not index:value'],
    ['1 1:', '"1:" is not index:value'],
    ['1 1:2:3', '"1:2:3" is not index:value'],
    [`1 ${'x'.repeat(60)}`, `"${'x'.repeat(40)}…" is not index:value`],
  ])('refuses %j', async (text, message) => {
    await expect(libsvm(text, { features: 8 })).rejects.toThrow(DataCorrupt);
    await expect(libsvm(text, { features: 8 })).rejects.toThrow(message);
  });

  it('refuses bad options', async () => {
    await expect(libsvm('', { records: 0 })).rejects.toThrow(
      "streamLibsvm: 'records' is 0; must be a positive integer.",
    );
    await expect(libsvm('', { features: 1.5 })).rejects.toThrow(
      "streamLibsvm: 'features' is 1.5; must be a positive integer.",
    );
  });
});

describe('streamCsv', () => {
  const csv = (text: string, options: CsvOptions = {}) =>
    collect(streamCsv(bytes(text), { source: 'iris.csv', ...options }));

  it('reads all columns as numbers', async () => {
    expect(await csv('\ufeffa,"b, c"\r\n1, -2.5e3\r\n\r\n"3",.5')).toEqual([
      { first: 0, count: 2, columns: ['a', 'b, c'], data: Float64Array.of(1, -2500, 3, 0.5) },
    ]);
    expect(await csv('a,b\n')).toEqual([]);
  });

  it('reads the columns named, in that order, words by their list, empty fields as told', async () => {
    const text = 'id;kind;x\nn1;cat;1\nn2;dog;\n';
    const options = { delimiter: ';', columns: ['x', 'kind'], categories: { kind: ['dog', 'cat'] }, empty: -1 };
    const [block] = await csv(text, options);
    expect(block!.columns).toEqual(['x', 'kind']);
    expect([...block!.data]).toEqual([1, 1, -1, 0]);
  });

  it('gives back what was written, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(number, number), { maxLength: 8 }),
        pieces,
        fc.integer({ min: 1, max: 4 }),
        async (rows, sizes, records) => {
          const text = ['p,q', ...rows.map((row) => row.join(','))].join('\n');
          const got: number[] = [];
          for (const block of await collect(streamCsv(bytes(text, sizes), { records }))) {
            expect(block.first).toBe(got.length / 2);
            expect(block.count).toBeLessThanOrEqual(records);
            got.push(...block.data);
          }
          expect(got.map((v) => v + 0)).toEqual(rows.flat().map((v) => v + 0));
        },
      ),
    );
  });

  it.each<[string, CsvOptions, string]>([
    ['a,b\n1,2\n1,x', {}, 'iris.csv: line 3, column "b": "x"; must be a number.'],
    ['a,b\n1,', {}, `line 2, column "b": ""; must be a number, or set 'empty' to the value it stands for.`],
    ['a\n0x10', {}, 'line 2, column "a": "0x10"; must be a number.'],
    ['a\nInfinity', {}, 'line 2, column "a": "Infinity"; must be a number.'],
    ['a\nfox', { categories: { a: ['dog', 'cat'] } }, 'line 2, column "a": "fox"; must be one of dog, cat.'],
    ['a,b\n1,2\n1', {}, 'It may not be a CSV file.'],
    ['a\n"1', {}, 'It may not be a CSV file.'],
    ['', {}, 'iris.csv: empty; a header line with the names of the columns is needed.'],
  ])('refuses %j', async (text, options, message) => {
    await expect(csv(text, options)).rejects.toThrow(DataCorrupt);
    await expect(csv(text, options)).rejects.toThrow(message);
  });

  it.each<[CsvOptions, string]>([
    [{ records: -1 }, "streamCsv: 'records' is -1; must be a positive integer."],
    [{ columns: ['c'] }, 'streamCsv: "c" is not a column of iris.csv; it has a, b, b.'],
    [{ columns: ['b'] }, 'streamCsv: "b" names several columns of iris.csv'],
    [{ columns: ['a'], categories: { c: [] } }, 'streamCsv: "c" is not a column of iris.csv'],
  ])('refuses the options %j', async (options, message) => {
    await expect(csv('a,b,b\n1,2,3', options)).rejects.toThrow(RangeError);
    await expect(csv('a,b,b\n1,2,3', options)).rejects.toThrow(message);
  });

  it('passes on the error of its source', async () => {
    const torn = (async function* () {
      yield new TextEncoder().encode('a\n1\n');
      throw new Error('disk gone');
    })();
    await expect(collect(streamCsv(torn))).rejects.toThrow('disk gone');
  });
});
