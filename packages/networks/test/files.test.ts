import { leakGuard } from '@assay-ml/tensors';
import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import {
  decodeSafetensors,
  encodeSafetensors,
  type Entry,
  FileCorrupt,
  initialise,
  loadState,
  loadWeights,
  mlp,
  readSafetensorsHeader,
  saveState,
  saveWeights,
  train,
  vggMini,
} from '../src/index.js';
import { blobs, useBackend } from './setup.js';

/** A file with this header and these values. */
function file(header: unknown, values: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + values.length);
  bytes[0] = text.length & 255;
  bytes[1] = text.length >> 8;
  bytes.set(text, 8);
  bytes.set(values, 8 + text.length);
  return bytes;
}

describe('the format', () => {
  it('is the published one, byte for byte', () => {
    const bytes = encodeSafetensors({ w: { shape: [1, 2], data: Float32Array.of(1, -2) } }, { network: 'n' });
    const header = '{"__metadata__":{"network":"n"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(88);
    expect(header.length).toBe(87);
    expect([...bytes]).toEqual([88, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(padded), 0, 0, 128, 63, 0, 0, 0, 192]); // prettier-ignore
  });

  it('reads what another program wrote: no metadata, no padding, tensors in another order', () => {
    const header = {
      b: { dtype: 'U8', shape: [3], data_offsets: [4, 7] },
      a: { dtype: 'I32', shape: [], data_offsets: [0, 4] },
    };
    const shifted = new Uint8Array(200).subarray(1);
    const bytes = file(header, [254, 255, 255, 255, 7, 8, 9]);
    shifted.set(bytes);
    const { entries, metadata } = decodeSafetensors(shifted.subarray(0, bytes.length));
    expect(metadata).toEqual({});
    expect(entries).toEqual({
      a: { shape: [], data: Int32Array.of(-2) },
      b: { shape: [3], data: Uint8Array.of(7, 8, 9) },
    });
  });

  it('gives back what was written, bit for bit', () => {
    const data = fc.oneof(
      fc.float32Array({ maxLength: 5 }),
      fc.float64Array({ maxLength: 5 }),
      fc.int32Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((key) => key !== '__metadata__' && key !== '__proto__');
    const entries = fc.dictionary(
      name,
      data.map((values): Entry => ({ shape: [values.length, 1], data: values })),
    );
    fc.assert(
      fc.property(entries, fc.dictionary(name, fc.string()), (tensors, metadata) => {
        const read = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect(Object.keys(read.entries).sort()).toEqual(Object.keys(tensors).sort());
        for (const [key, entry] of Object.entries(tensors)) expect(read.entries[key]).toEqual(entry);
        expect({ ...read.metadata }).toEqual({ ...metadata });
      }),
    );
  });

  it('reads a Buffer, whose own slice is a view of a pool', () => {
    const file = encodeSafetensors({ a: { shape: [3], data: Float32Array.of(1, -2, 3) } });
    const { entries } = decodeSafetensors(Buffer.from(file));
    expect(entries['a']!.data).toEqual(Float32Array.of(1, -2, 3));
  });

  it('refuses a file cut at any byte, and one with a byte too many', () => {
    const bytes = encodeSafetensors({ a: { shape: [2], data: Float32Array.of(1, 2) }, b: { shape: [0], data: new Uint8Array() } }); // prettier-ignore
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(FileCorrupt);
    }
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(() => decodeSafetensors(longer)).toThrow(
      `decodeSafetensors: the file is ${longer.length} bytes long; must be ${bytes.length} by its header. It is cut short, damaged or another format.`,
    );
  });

  const F32 = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const damaged = 'It is cut short, damaged or another format.';
  it.each<[Uint8Array, string]>([
    [new Uint8Array(7), `is 7 bytes long; must be at least 8. ${damaged}`],
    [new TextEncoder().encode('\x93NUMPY\x01\x00v\x00{'), `announces a header of 97197160039093180 bytes; must be at most 100000000. ${damaged}`],
    [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), `ends in its header, after 9 bytes; must be at least 17. ${damaged}`],
    [file('{"a":'), `has a header that is no JSON object; must be one. ${damaged}`],
    [file('[]'), `has a header that is no JSON object; must be one. ${damaged}`],
    [file({ a: { ...F32, dtype: 'F8' } }), "has 'a' of type F8; must be F32, F64, I32, U8, BOOL, F16, BF16, I64. Convert it first."],
    [file({ a: { ...F32, dtype: 'toString' } }), "has 'a' of type toString; must be F32, F64, I32, U8, BOOL, F16, BF16, I64. Convert it first."],
    [file({ a: null }), "has 'a' of type undefined; must be F32, F64, I32, U8, BOOL, F16, BF16, I64. Convert it first."],
    [file({ a: { ...F32, shape: [-1] } }), `has 'a' of shape [-1]; must be a list of integers ≥ 0. ${damaged}`],
    [file({ a: { ...F32, data_offsets: [0] } }), `has 'a' at [0]; must be two integers ≥ 0. ${damaged}`],
    [file({ a: { ...F32, data_offsets: [4, 8] } }, [0, 0, 0, 0, 0, 0, 0, 0]), `has 'a' at byte 4; must be byte 0, where the tensor before it ends. ${damaged}`],
    [file({ a: { ...F32, data_offsets: [0, 8] } }, [0, 0, 0, 0, 0, 0, 0, 0]), `gives 'a' 8 bytes; must be 4 for shape [1]. ${damaged}`],
    [file({ a: F32 }, [0, 0, 0]), `ends in 'a', after 65 bytes; must be at least 66. ${damaged}`],
    [file({ __metadata__: { n: 1 } }), `has metadata that is no text by name; must be so. ${damaged}`],
  ])('refuses damage %#', (bytes, problem) => {
    expect(() => decodeSafetensors(bytes)).toThrow(new FileCorrupt(`decodeSafetensors: the file ${problem}`));
  }); // prettier-ignore

  it('reads any name, no metadata, and the other types', () => {
    const header = `{"__metadata__":null,"__proto__":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},"c":{"dtype":"BOOL","shape":[2],"data_offsets":[6,8]},"d":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}}`;
    const numbers = [0, 0x3c, 0, 0xc0, 0x80, 0xbf, 1, 0, 254, 255, 255, 255, 255, 255, 255, 255];
    const { entries, metadata } = decodeSafetensors(file(header, numbers));
    expect(metadata).toEqual({});
    expect(Object.entries(entries).map(([name, { data }]) => [name, [...data]])).toEqual([
      ['__proto__', [1, -2]],
      ['b', [-1]],
      ['c', [1, 0]],
      ['d', [-2]],
    ]);
    const wide = file({ d: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, [0, 0, 0, 0, 1, 0, 0, 0]);
    expect(() => decodeSafetensors(wide)).toThrow("has 4294967296 in 'd' of type I64; must be within ±2³¹");
  });

  const le = (words: readonly number[]) => words.flatMap((w) => [w & 255, w >> 8]);
  const one = (dtype: string, count: number, bytes: readonly number[]) =>
    decodeSafetensors(file({ a: { dtype, shape: [count], data_offsets: [0, bytes.length] } }, bytes)).entries['a']!.data; // prettier-ignore

  it('widens every half precision number exactly', () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
    const numbers = one('F16', all.length, le(all));
    expect(numbers).toBeInstanceOf(Float32Array);
    expect([0x0001, 0x03ff, 0x0400, 0x3555, 0x7bff, 0x7c00, 0xfc00].map((bits) => numbers[bits])).toEqual([
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      0.333251953125,
      65504,
      Infinity,
      -Infinity,
    ]);
    expect(Object.is(numbers[0x8000], -0)).toBe(true);
    // Whole multiples of 2⁻²⁴, ascending within a sign as their bits do.
    const wrong = all.filter((bits) => {
      const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
      if (exponent === 31) return mantissa === 0 ? Number.isFinite(numbers[bits]) : !Number.isNaN(numbers[bits]);
      const units = exponent === 0 ? mantissa : (1024 + mantissa) * 2 ** (exponent - 1);
      return numbers[bits]! * 2 ** 24 !== (bits < 0x8000 ? units : -units);
    });
    expect(wrong).toEqual([]);
  });

  it('widens every bfloat16 to the float32 that begins with its bits', () => {
    const all = Array.from({ length: 0x10000 }, (_, bits) => bits);
    const numbers = one('BF16', all.length, le(all)) as Float32Array;
    const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
    expect(bits.every((own, i) => own === i * 2 ** 16)).toBe(true);
    expect([0x3f80, 0xc040, 0x0000, 0x7f80].map((b) => numbers[b])).toEqual([1, -3, 0, Infinity]);
  });

  it('gives what float16, bfloat16, int64 and bool files were written from', () => {
    const bits16 = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.array(bits16, { maxLength: 8 }),
        fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
        fc.array(fc.boolean(), { maxLength: 5 }),
        (brains, longs, flags) => {
          const eight = new Uint8Array(BigInt64Array.from(longs, BigInt).buffer);
          const ends = [0, 8 * longs.length, 8 * longs.length + 2 * brains.length];
          const header = {
            l: { dtype: 'I64', shape: [longs.length], data_offsets: [0, ends[1]] },
            b: { dtype: 'BF16', shape: [brains.length], data_offsets: [ends[1], ends[2]] },
            f: { dtype: 'BOOL', shape: [flags.length], data_offsets: [ends[2], ends[2]! + flags.length] },
          };
          const bytes = file(header, [...eight, ...le(brains), ...flags.map(Number)]);
          const beyond = longs.find((value) => value !== (value | 0));
          if (beyond !== undefined) {
            expect(() => decodeSafetensors(bytes)).toThrow(
              `has ${beyond} in 'l' of type I64; must be within ±2³¹. Store it as F64, or leave it out.`,
            );
          }
          const { entries } = decodeSafetensors(bytes, beyond === undefined ? {} : { omit: ['l'] });
          expect(entries['l']?.data).toEqual(beyond === undefined ? Int32Array.from(longs) : undefined);
          expect(entries['f']!.data).toEqual(Uint8Array.from(flags, Number));
          const words = new Uint32Array((entries['b']!.data as Float32Array).buffer);
          expect([...words]).toEqual(brains.map((b) => b * 2 ** 16));
        },
      ),
    );
  });

  it('leaves out what is named, also of a type that is not read, and no more', () => {
    const header = {
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      odd: { dtype: 'F8_E4M3', shape: [3], data_offsets: [4, 7] },
      b: { dtype: 'U8', shape: [1], data_offsets: [7, 8] },
    };
    const bytes = file(header, [0, 0, 128, 63, 1, 2, 3, 9]);
    expect(() => decodeSafetensors(bytes)).toThrow("the file has 'odd' of type F8_E4M3; must be F32,");
    expect(() => decodeSafetensors(bytes, { omit: ['a', 'b'] })).toThrow("has 'odd' of type F8_E4M3");
    const { entries } = decodeSafetensors(bytes, { omit: ['odd', 'not there'] });
    expect(entries).toEqual({
      a: { shape: [1], data: Float32Array.of(1) },
      b: { shape: [1], data: Uint8Array.of(9) },
    });
    // What is left out must still be there.
    expect(() => decodeSafetensors(bytes.subarray(0, bytes.length - 2), { omit: ['odd', 'b'] })).toThrow("ends in 'odd'"); // prettier-ignore
    const short = file({ ...header, odd: { ...header.odd, data_offsets: [5, 7] } }, [0, 0, 0, 0, 0, 0, 0, 0]);
    expect(() => decodeSafetensors(short, { omit: ['odd'] })).toThrow("has 'odd' at byte 5; must be byte 4");
  });

  describe('the header alone', () => {
    /** Reads from bytes, and notes how far. */
    const reading = async (bytes: Uint8Array) => {
      let most = 0;
      const result = await readSafetensorsHeader((from, to) => {
        most = Math.max(most, to);
        return bytes.subarray(from, to);
      });
      return { ...result, most };
    };

    it('says names, types, shapes and sizes in the order of the values, and reads no value', async () => {
      const header = {
        late: { dtype: 'I64', shape: [1, 2], data_offsets: [12, 28] },
        first: { dtype: 'BF16', shape: [2, 3], data_offsets: [0, 12] },
        odd: { dtype: 'F4', shape: [5], data_offsets: [28, 31] },
        __metadata__: { format: 'pt' },
      };
      const whole = file(header, new Array(31).fill(7));
      const { entries, metadata, bytes, most } = await reading(whole);
      expect(Object.keys(entries)).toEqual(['first', 'late', 'odd']);
      expect(entries).toEqual({
        first: { dtype: 'BF16', shape: [2, 3], bytes: 12 },
        late: { dtype: 'I64', shape: [1, 2], bytes: 16 },
        odd: { dtype: 'F4', shape: [5], bytes: 3 },
      });
      expect(metadata).toEqual({ format: 'pt' });
      expect(bytes).toBe(whole.length);
      expect(most).toBe(whole.length - 31);
      const blob = new Blob([whole as Uint8Array<ArrayBuffer>]);
      const fromBlob = await readSafetensorsHeader(async (from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer())); // prettier-ignore
      expect(fromBlob).toEqual({ entries, metadata, bytes });
    });

    it('agrees with the whole file, whatever was written', async () => {
      const entries = fc.dictionary(
        fc.string({ unit: 'grapheme' }).filter((key) => key !== '__metadata__' && key !== '__proto__'),
        fc.oneof(fc.float32Array({ maxLength: 5 }), fc.int32Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 })),
      );
      await fc.assert(
        fc.asyncProperty(entries, async (arrays) => {
          const tensors = Object.fromEntries(Object.entries(arrays).map(([name, data]): [string, Entry] => [name, { shape: [data.length, 1], data }])); // prettier-ignore
          const file = encodeSafetensors(tensors);
          const { entries: found, bytes } = await reading(file);
          expect(bytes).toBe(file.length);
          expect(Object.keys(found).sort()).toEqual(Object.keys(tensors).sort());
          for (const [name, { shape, data }] of Object.entries(tensors)) {
            expect(found[name]).toMatchObject({ shape, bytes: data.byteLength });
          }
        }),
      );
    });

    it.each<[Uint8Array, string]>([
      [new Uint8Array(7), 'is 7 bytes long; must be at least 8.'],
      [Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), 'ends in its header, after 9 bytes; must be at least 17.'],
      [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 255), 'announces a header of 18374686479671624000 bytes; must be at most 100000000.'],
      [file('{"a":'), 'has a header that is no JSON object; must be one.'],
      [file({ a: 3 }), "has 'a' of type undefined; must be F32,"],
      [file({ a: { dtype: 'F8', shape: [1], data_offsets: [0, -1] } }), "has 'a' at [0,-1]; must be two integers ≥ 0."],
      [file({ a: { dtype: 'F8', shape: [1], data_offsets: [0, 4] }, b: { dtype: 'F8', shape: [1], data_offsets: [4, 0] } }), "gives 'b' -4 bytes; must be 0 for shape [1]."],
      [file({ a: { dtype: 'F32', shape: [2 ** 52, 2], data_offsets: [0, 8] } }), "gives 'a' 8 bytes; must be 36028797018963970 for shape [4503599627370496, 2]."],
      [file({ a: { dtype: 'F32', shape: [1e300], data_offsets: [0, 4] } }), "has 'a' of shape [1e+300]; must be a list of integers ≥ 0."],
      [file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'), "has 'a' at byte 4; must be byte 0, where the tensor before it ends."],
    ])('of what is hostile or damaged is refused %#', async (bytes, problem) => {
      await expect(reading(bytes)).rejects.toThrow(FileCorrupt);
      await expect(reading(bytes)).rejects.toThrow(`readSafetensorsHeader: the file ${problem}`);
    }); // prettier-ignore

    it('is refused at every length below its own', async () => {
      const bytes = encodeSafetensors({ a: { shape: [2], data: Float32Array.of(1, 2) } });
      const head = bytes.length - 8;
      for (let length = 0; length < head; length++) await expect(reading(bytes.subarray(0, length))).rejects.toThrow(FileCorrupt); // prettier-ignore
      expect((await reading(bytes.subarray(0, head))).bytes).toBe(bytes.length);
    });

    it('lets an error of the reading through', async () => {
      const own = new Error('mine');
      await expect(readSafetensorsHeader(() => Promise.reject(own))).rejects.toBe(own);
    });
  });

  it('refuses to write an entry whose shape does not fit, or a reserved name', () => {
    expect(() => encodeSafetensors({ w: { shape: [2, 2], data: new Uint8Array(3) } })).toThrow(
      new RangeError("encodeSafetensors: 'w' has 3 numbers; must have 4 for shape [2, 2]. Give every number once."),
    );
    expect(() => encodeSafetensors({ __metadata__: { shape: [0], data: new Uint8Array(0) } })).toThrow(
      new RangeError("encodeSafetensors: a tensor is named '__metadata__'; must be another name. The header needs it."),
    );
  });
});

describe('weights and states', () => {
  beforeAll(async () => void (await useBackend('cpu')));

  const net = vggMini({ inputs: [8, 8, 1], classes: 2 });
  const bits = (list: readonly tf.Tensor[]) => list.map((t) => t.dataSync());

  it('come back bit for bit', async () => {
    const weights = initialise(net, { seed: 3 });
    const bytes = await saveWeights(net, weights);
    const loaded = leakGuard(() => loadWeights(net, bytes));
    expect(bits(loaded.parameters)).toEqual(bits(weights.parameters));
    expect(bits(loaded.buffers)).toEqual(bits(weights.buffers));
    expect(loaded.parameters.map(({ shape }) => shape)).toEqual(net.parameters.map(({ shape }) => shape));
    expect(decodeSafetensors(bytes).metadata).toEqual({ network: 'vggMini' });

    const small = mlp({ inputs: 3, hidden: [4], classes: 2 });
    const state = await train(small, initialise(small), blobs(8, [3]), { epochs: 2, rate: 0.1, batchSize: 4 });
    const again = loadState(small, await saveState(small, { ...state, step: 3, lossSum: 0.1, examples: 12 }));
    expect(bits(again.weights.parameters)).toEqual(bits(state.weights.parameters));
    expect(bits(again.optimiser.velocity)).toEqual(bits(state.optimiser.velocity));
    const { epoch, step, lossSum, examples, losses } = again;
    expect({ epoch, step, lossSum, examples, losses }).toEqual({ epoch: 2, step: 3, lossSum: 0.1, examples: 12, losses: state.losses }); // prettier-ignore
  });

  it('of another network are refused, with what does not fit', async () => {
    const small = mlp({ inputs: 3, hidden: [4], classes: 2 });
    const bytes = await saveWeights(small, initialise(small));
    expect(() => loadWeights(net, bytes)).toThrow(
      new FileCorrupt("loadWeights: the file is of network 'mlp'; must be of 'vggMini'. Load it with its own network."),
    );
    const wider = mlp({ inputs: 3, hidden: [5, 2], classes: 2 });
    expect(() => loadWeights(wider, bytes)).toThrow(
      new FileCorrupt(
        [
          "loadWeights: the file does not fit 'mlp'; must have each tensor with its shape. Build the network as it was when the file was written.",
          '  dense1.kernel: [3, 4] in the file, [3, 5] in the network',
          '  dense1.bias: [4] in the file, [5] in the network',
          '  dense2.kernel: none in the file, [5, 2] in the network',
          '  dense2.bias: none in the file, [2] in the network',
          '  classifier.kernel: [4, 2] in the file, [2, 2] in the network',
        ].join('\n'),
      ),
    );
    const none =
      "loadState: the file's metadata 'optimiser' is no optimiser's state; must be. Save a training with saveState().";
    expect(() => loadState(small, bytes)).toThrow(new FileCorrupt(none));
    for (const text of ['{', '[]', '{"state":1}', '{"tag":"t","state":{"$leaf":"a","array":"constructor"}}']) {
      expect(() => loadState(small, encodeSafetensors({}, { optimiser: text }))).toThrow(new FileCorrupt(none));
    }
    const lost = encodeSafetensors({}, { optimiser: '{"tag":"t","state":[{"$leaf":"0","shape":[2]},{"$leaf":"1","array":"Int8Array"}]}' }); // prettier-ignore
    expect(() => loadState(small, lost)).toThrow('\n  optimiser/0: none in the file, [2] in the network');
    expect(() => loadState(small, lost)).toThrow('\n  optimiser/1: none in the file, [] of Uint8Array in the network');
    const { entries } = decodeSafetensors(bytes);
    expect(() => loadWeights(small, encodeSafetensors({ ...entries, extra: { shape: [0], data: new Uint8Array(0) } }))).toThrow('\n  extra: [0] of Uint8Array in the file, none in the network'); // prettier-ignore
    const wrongType = { ...entries, 'dense1.bias': { shape: [4], data: new Int32Array(4) } };
    expect(() => loadWeights(small, encodeSafetensors(wrongType))).toThrow('\n  dense1.bias: [4] of Int32Array in the file, [4] in the network'); // prettier-ignore
  });
});
