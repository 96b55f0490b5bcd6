import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { emptyLedger, loadState, saveState, type Json, type State } from '../src/index.js';

/** Through the file and back. */
const copy = (state: State): State => loadState(JSON.parse(JSON.stringify(saveState(state))) as Json);

const bits = (values: Float64Array): bigint[] => [
  ...new BigUint64Array(values.buffer, values.byteOffset, values.length),
];

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0));
/** Any float, drawn by its bits, so that tiny and huge ones come up; every NaN as the one JavaScript makes. */
const float = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((word) => new Float64Array(BigUint64Array.of(word).buffer)[0]!)
  .map((x) => (Number.isNaN(x) ? NaN : x));
const floats = fc
  .array(fc.oneof(float, fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, -Number.MAX_VALUE)))
  .map((values) => Float64Array.from(values));
const states = fc.letrec<{ state: State }>((tie) => ({
  state: fc.oneof(
    { maxDepth: 4 },
    number,
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    floats,
    fc.array(tie('state')),
    fc
      .dictionary(fc.string(), tie('state'), { noNullPrototype: true })
      .filter((object) => !['float64', 'float32'].includes(Object.keys(object).join())),
  ),
})).state;

describe('saveState and loadState', () => {
  it('give an array back bit for bit', () => {
    fc.assert(
      fc.property(floats, (values) => {
        const back = copy(values) as Float64Array;
        expect(back).toBeInstanceOf(Float64Array);
        expect(bits(back)).toEqual(bits(values));
      }),
    );
  });

  it('give any state back, deep, with arrays where they were', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(copy(state)).toStrictEqual(state); // Object.is on numbers: −0 in arrays counts
      }),
    );
  });

  it('write little-endian base64, as any other program would', () => {
    // 1 is 3ff0000000000000, −2 is c000000000000000
    const expected = Buffer.from('000000000000f03f00000000000000c0', 'hex').toString('base64');
    expect(saveState({ x: Float64Array.of(1, -2), round: 3 })).toEqual({ x: { float64: expected }, round: 3 });
    expect(loadState({ float64: expected })).toEqual(Float64Array.of(1, -2));
  });

  it('take a ledger as part of a state, by type too', () => {
    const state = { x: Float64Array.of(1), ledger: emptyLedger() };
    const back = copy(state) as typeof state;
    expect(back).toEqual(state);
  });

  it('share nothing with what they are given', () => {
    const state = { x: Float64Array.of(1), list: [1] };
    const saved = saveState(state);
    state.x[0] = 9;
    state.list[0] = 9;
    expect(loadState(saved)).toEqual({ x: Float64Array.of(1), list: [1] });
  });

  it('take the part of a buffer that an array shows, not the rest', () => {
    const whole = Float64Array.of(1, 2, 3, 4);
    expect(copy(whole.subarray(1, 3))).toEqual(Float64Array.of(2, 3));
  });

  it.each([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [-0, '-0'],
  ])('refuse the number %d outside an array, however deep', (value, name) => {
    const call = () => saveState({ a: [{ b: value }] });
    expect(call).toThrow(RangeError);
    expect(call).toThrow(`saveState: a number is ${name}; must be finite and not -0. Keep it in a Float64Array.`);
  });

  it.each<[string, unknown, string]>([
    ['a function', () => 1, 'a value is a function'],
    ['nothing', undefined, 'a value is undefined'],
    ['a big integer', 1n, 'a value is 1'],
    ['a map', new Map(), 'a value is an object'],
    ['another kind of array', Int32Array.of(1, 2), 'a value is an array of 2'],
    ['O15: a long one, in a line', new Int32Array(2e5), 'a value is an array of 200000'],
  ])('refuse %s', (_, value, words) => {
    const call = () => saveState({ value } as unknown as State);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`saveState: ${words}; must be plain data, a Float64Array or a Float32Array.`);
  });

  it('refuse an object that would be read as an array', () => {
    expect(() => saveState({ x: { float64: 'mine' } })).toThrow(TypeError);
    expect(() => saveState({ x: { float64: 'mine' } })).toThrow(
      "saveState: an object has 'float64' as its only key; must be another name.",
    );
    expect(copy({ float64: 1, other: 2 })).toEqual({ float64: 1, other: 2 });
  });

  it.each<[string, Json, string]>([
    ['is cut', 'AAAAAAAA', '6 bytes'],
    ['is no base64', '*', 'no base64 text'],
    ['is no text', 8, 'no base64 text'],
  ])('refuse an array whose text %s', (_, float64, words) => {
    const call = () => loadState({ state: [{ float64 }] });
    expect(call).toThrow(RangeError);
    expect(call).toThrow(`loadState: 'float64' is ${words}; must be whole numbers of 8 bytes. The file is damaged.`);
  });
});
