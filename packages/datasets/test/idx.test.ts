import { describe, expect, it } from 'vitest';
import fc from 'fast-check';

import { DataCorrupt, parseIdx, streamIdx, type IdxRecords } from '../src/index.js';

/** An IDX file of unsigned bytes, written by the book. */
function idx(shape: number[], values: number[]): Uint8Array {
  const header = [
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]),
  ];
  return Uint8Array.from([...header, ...values]);
}

async function* pieces(bytes: Uint8Array, sizes: number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(records: AsyncIterable<IdxRecords>): Promise<IdxRecords[]> {
  const all: IdxRecords[] = [];
  for await (const record of records) all.push(record);
  return all;
}

describe('parseIdx', () => {
  it('reads shape and values', () => {
    const { shape, data } = parseIdx(idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]));
    expect(shape).toEqual([2, 2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
  });

  it('reads sizes as big-endian', () => {
    expect(
      parseIdx(
        idx(
          [300],
          Array.from({ length: 300 }, (_, i) => i & 255),
        ),
      ).shape,
    ).toEqual([300]);
  });

  it.each([
    ['an HTML page', new TextEncoder().encode('<!doctype html>'), 'page.gz: not an IDX file: starts with 3c 21 64 6f'],
    [
      'floats',
      Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0),
      'IDX values of type 0x0d; only unsigned bytes (0x08) are read',
    ],
    ['no dimension', Uint8Array.of(0, 0, 8, 0), 'IDX file without dimensions'],
    ['a cut header', Uint8Array.of(0, 0, 8, 3, 0, 0), 'IDX file ends after 6 bytes, before its header'],
    ['nothing', new Uint8Array(0), 'IDX file ends after 0 bytes, before its header'],
    ['a cut body', idx([2, 2], [1, 2, 3]), 'IDX header says 2×2 = 4 values, 3 are there'],
    ['a long body', idx([2], [1, 2, 3]), 'IDX header says 2 = 2 values, 3 are there'],
    ['a huge shape', idx([2 ** 32 - 1, 2 ** 32 - 1, 4], []), 'is too large to be true'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'page.gz')).toThrow(DataCorrupt);
    expect(() => parseIdx(bytes, 'page.gz')).toThrow(message);
  });
});

describe('streamIdx', () => {
  it('gives the records of parseIdx however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 1, max: 13 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 11 }),
        async (count, width, sizes, records) => {
          const values = Array.from({ length: count * width }, (_, i) => (i * 37) & 255);
          const got = await collect(streamIdx(pieces(idx([count, width], values), sizes), { records }));
          expect(got.flatMap((r) => [...r.data])).toEqual(values);
          let next = 0;
          for (const r of got) {
            expect(r.first).toBe(next);
            expect(r.count).toBeLessThanOrEqual(records);
            expect(r.shape).toEqual([width]);
            next += r.count;
          }
          expect(next).toBe(count);
        },
      ),
    );
  });

  it('makes no piece larger than 256 MiB, whatever is asked for or promised', async () => {
    const wide = 2 ** 28; // one record fills a piece
    async function* file() {
      yield idx([2, wide], []);
      for (let i = 0; i < 2; i++) yield new Uint8Array(wide).fill(i + 1);
    }
    const got: number[][] = [];
    for await (const { first, count, data } of streamIdx(file())) got.push([first, count, data.length, data[0]!]);
    expect(got).toEqual([
      [0, 1, wide, 1],
      [1, 1, wide, 2],
    ]);
  });

  it('names what is wrong with the file', async () => {
    const run = (bytes: Uint8Array) => collect(streamIdx(pieces(bytes, [5]), { source: 'labels', records: 2 }));
    await expect(run(idx([3], [1, 2]))).rejects.toThrow('labels: IDX file ends after 10 bytes, before 3 records.');
    await expect(run(idx([3], [1, 2, 3, 4]))).rejects.toThrow('labels: IDX file goes on after its 3 values.');
    await expect(run(Uint8Array.of(0, 0, 8))).rejects.toThrow(
      'labels: IDX file ends after 3 bytes, before its header.',
    );
    await expect(run(idx([3, 2 ** 20, 2 ** 12], [1]))).rejects.toThrow(
      'labels: IDX shape 3×1048576×4096 is too large to be true.',
    );
    await expect(collect(streamIdx(pieces(idx([1], [1]), [5]), { records: 0 }))).rejects.toThrow(
      "streamIdx: 'records' is 0; must be a positive integer.",
    );
  });
});
