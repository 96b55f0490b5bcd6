import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  collapseWarnings,
  decodeMask,
  densities,
  encodeMask,
  intersectMasks,
  isKept,
  jaccard,
  type Mask,
  maskOf,
  maskValues,
  shuffleMask,
  totals,
  uniteMasks,
} from '../src/index.js';

const mask = (...layers: number[][]): Mask =>
  maskOf(
    layers.map((bits, l) => ({ name: `l${l}`, shape: [bits.length] })),
    (l, i) => layers[l]![i] === 1,
  );
const bitsOf = ({ layers }: Mask) => layers.map((layer) => [...maskValues(layer)]);

describe('a mask', () => {
  it('says what it keeps', () => {
    const given = mask([1, 0, 0, 1, 1, 0, 1, 1, 0, 1], [0, 0]);
    expect(bitsOf(given)).toEqual([
      [1, 0, 0, 1, 1, 0, 1, 1, 0, 1],
      [0, 0],
    ]);
    expect([...given.layers[0]!.bits]).toEqual([0b11011001, 0b10]);
    expect([0, 1, 8, 9].map((i) => isKept(given.layers[0]!, i))).toEqual([true, false, false, true]);
    expect(densities(given)).toEqual([
      { name: 'l0', shape: [10], kept: 6, count: 10, density: 0.6 },
      { name: 'l1', shape: [2], kept: 0, count: 2, density: 0 },
    ]);
    expect(totals(given)).toEqual({ kept: 6, count: 12, sparsity: 0.5 });
  });

  it('warns of layers that are empty', () => {
    expect(collapseWarnings(mask([1], [0, 0]))).toEqual([
      "layer 'l1' collapsed: none of its 2 weights is kept, so nothing passes. Prune less, set minPerLayer, use scope 'layer', or warm up first.",
    ]);
    expect(collapseWarnings(mask([1, 0], [0, 1]))).toEqual([]);
  });

  it('meets, joins and compares', () => {
    const a = mask([1, 1, 0, 0], [1, 0, 1]);
    const b = mask([1, 0, 1, 0], [1, 0, 0]);
    expect(bitsOf(intersectMasks(a, b))).toEqual([[1, 0, 0, 0], [1, 0, 0]]); // prettier-ignore
    expect(bitsOf(uniteMasks(a, b))).toEqual([[1, 1, 1, 0], [1, 0, 1]]); // prettier-ignore
    expect(intersectMasks(a, b).layers.map(({ kept }) => kept)).toEqual([1, 1]);
    expect(jaccard(a, b)).toBe(2 / 5);
    expect(jaccard(a, a)).toBe(1);
    expect(jaccard(mask([0]), mask([0]))).toBe(1);
    expect(jaccard(mask([1, 0]), mask([0, 1]))).toBe(0);
  });

  it('does not meet one of another model', () => {
    const other = maskOf([{ name: 'l0', shape: [2, 2] }, { name: 'x', shape: [3] }], () => true); // prettier-ignore
    expect(() => jaccard(mask([1, 1, 1, 1], [1]), other)).toThrow(
      [
        'jaccard: the mask is for another model; must have its names and shapes. Make a mask for this one.',
        '  tensor  mask    model',
        '  l0      [4]     [2, 2]  ←',
        '  l1      [1]     none  ←',
      ].join('\n'),
    );
    expect(() => intersectMasks(mask([1]), mask([1], [1]))).toThrow('intersectMasks: the mask is for another model');
  });
});

describe('shuffleMask', () => {
  it('keeps as many of each layer, and each choice equally often', () => {
    const given = mask([1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
    const counts = [new Float64Array(5), new Float64Array(10)];
    const seeds = 4000;
    for (let seed = 0; seed < seeds; seed++) {
      const shuffled = shuffleMask(given, { seed });
      bitsOf(shuffled).forEach((bits, l) => bits.forEach((bit, i) => (counts[l]![i]! += bit / seeds)));
      expect(bitsOf(shuffled).map((bits) => bits.reduce((a, b) => a + b))).toEqual([2, 9]);
    }
    // Four standard deviations of a frequency.
    for (const f of counts[0]!) expect(Math.abs(f - 0.4)).toBeLessThan(4 * Math.sqrt((0.4 * 0.6) / seeds));
    for (const f of counts[1]!) expect(Math.abs(f - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / seeds));
  });

  it('is a function of seed and name, and refuses a seed that is none', () => {
    const given = mask(Array.from({ length: 100 }, (_, i) => (i < 30 ? 1 : 0)));
    expect(shuffleMask(given, { seed: 3 })).toEqual(shuffleMask(given, { seed: 3 }));
    expect(jaccard(shuffleMask(given, { seed: 3 }), shuffleMask(given, { seed: 4 }))).toBeLessThan(0.5);
    expect(() => shuffleMask(given, { seed: -1 })).toThrow(
      "shuffleMask: 'seed' is -1; must be an integer of at least 0.",
    );
  });
});

describe('mask files', () => {
  it('give back what was put in', () => {
    const layers = fc.array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 40 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(layers, (bits) => {
        const given = mask(...bits);
        expect(decodeMask(encodeMask(given))).toEqual(given);
      }),
    );
  });

  it('have the checksum of zlib', () => {
    // Python: zlib.crc32 of the bytes before it.
    const bytes = encodeMask(mask([1, 0, 1]));
    expect(new TextDecoder().decode(bytes.subarray(0, 8))).toBe('ASYMASK1');
    expect(new DataView(bytes.buffer).getUint32(bytes.length - 4, true)).toBe(0x3e84edef);
  });

  it('are refused when cut, changed, or of another kind', () => {
    const bytes = encodeMask(mask([1, 0, 1, 1, 0, 1, 0, 0, 1]));
    for (let i = 8; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i]! ^= 1;
      expect(() => decodeMask(changed)).toThrow('was cut short or changed');
      if (i > 16) expect(() => decodeMask(bytes.subarray(0, i))).toThrow('was cut short or changed');
    }
    expect(() => decodeMask(bytes.subarray(0, 10))).toThrow('decodeMask: the file ends after 10 bytes;');
    expect(() => decodeMask(new Uint8Array(30))).toThrow('decodeMask: the file is no mask, its first bytes are not ASYMASK1; must be bytes of encodeMask. Write the mask anew.'); // prettier-ignore
    const newer = bytes.slice();
    newer[7] = '2'.charCodeAt(0);
    expect(() => decodeMask(newer)).toThrow("decodeMask: the file is of version '2', not 1;");
  });
});
