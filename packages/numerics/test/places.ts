/** Arrays at every kind of place that a kernel may be handed. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { allocate, type Block, stream } from '../src/index.js';

/** In kernel memory (at a multiple of 16 bytes or not) or outside, at an offset or not. */
export const places = ['kernel', 'kernel + 8', 'outside', 'outside + 8'] as const;
export type Place = (typeof places)[number];
export const place = fc.constantFrom(...places);

const blocks: Block[] = [];

// Room for all that one case takes, so that memory does not grow between two arrays of it.
allocate(2 ** 25).free();

/** A copy of `values` at that place, until `release`. */
export function at(place: Place, values: Float64Array): Float64Array {
  const shift = place.endsWith('8') ? 1 : 0;
  const length = values.length + shift;
  if (place.startsWith('kernel')) blocks.push(allocate(length));
  const whole = place.startsWith('kernel') ? blocks.at(-1)!.array : new Float64Array(length);
  const array = shift === 0 ? whole : whole.subarray(1);
  array.set(values);
  return array;
}

/** Frees what `at` allocated. */
export function release(): void {
  for (const block of blocks.splice(0)) block.free();
}

/** A property that frees after each case. */
export function property<Ts extends [unknown, ...unknown[]]>(
  ...args: [...{ [K in keyof Ts]: fc.Arbitrary<Ts[K]> }, (...values: Ts) => void]
) {
  return fc.property<Ts>(...args).afterEach(release);
}

/** Small integers: every sum of their products is exact in any order, so that results must be equal, not close. */
export function integers(seed: number, name: string, length: number): Float64Array {
  const key = stream(seed, name);
  return Float64Array.from({ length }, () => key.integer(21) - 10);
}

/** −0 as 0: the two differ by the order of a sum that is 0. */
export function unsigned(x: Float64Array): Float64Array {
  return x.map((value) => value + 0);
}

const bytes = (x: Float64Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Bit for bit; looks at single elements, which is slow, only where bits differ. */
export function expectSame(actual: Float64Array, expected: Float64Array): void {
  if (Buffer.compare(bytes(actual), bytes(expected)) !== 0) expect(actual).toEqual(expected);
}
