import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { allocate, gemv, quadraticDescent, sin, stream, type Block } from '../src/index.js';

const blocks: Block[] = [];
const block = (length: number, name: string): Block => {
  const made = allocate(length);
  blocks.push(made);
  stream(1, name).fillNormal(made.array);
  return made;
};
afterEach(() => {
  for (const made of blocks.splice(0)) made.free();
});

/** n symmetric d × d matrices. */
function symmetric(n: number, d: number): Block {
  const made = block(n * d * d, 'matrices');
  const a = made.array;
  for (let i = 0; i < n; i++) {
    for (let r = 0; r < d; r++) for (let s = 0; s < r; s++) a[(i * d + s) * d + r] = a[(i * d + r) * d + s]!;
  }
  return made;
}

/** The steps one by one, with gemv and sin. */
function slowly(
  a: Float64Array,
  b: Float64Array,
  shift: Float64Array | null,
  y: Float64Array,
  { rho, transpose, eta, steps }: { rho: number; transpose: boolean; eta: number; steps: number },
): Float64Array {
  const diagonal = a.length <= b.length;
  const d = diagonal ? a.length : a.length / b.length;
  const out = y.slice();
  const g = new Float64Array(d);
  const sines = new Float64Array(d);
  for (let i = 0; i < b.length / d; i++) {
    const own = out.subarray(i * d, (i + 1) * d);
    for (let k = 0; k < steps; k++) {
      if (diagonal) for (let j = 0; j < d; j++) g[j] = a[j]! * own[j]!;
      else gemv(a.slice(i * d * d, (i + 1) * d * d), own, g, { transpose });
      sin(own, sines);
      for (let j = 0; j < d; j++) {
        let sum = g[j]! + b[i * d + j]!;
        if (rho !== 0) sum -= rho * sines[j]!;
        if (shift) sum += shift[i * d + j]!;
        own[j] = own[j]! - eta * sum;
      }
    }
  }
  return out;
}

describe('quadraticDescent', () => {
  it('gives the bits of the same steps made one by one', () => {
    fc.assert(
      fc.property(
        fc.record({
          n: fc.integer({ min: 1, max: 4 }),
          d: fc.integer({ min: 1, max: 45 }),
          steps: fc.integer({ min: 0, max: 4 }),
          eta: fc.double({ min: 0, max: 1, noNaN: true }),
          rho: fc.constantFrom(0, 0.3, -2),
          transpose: fc.boolean(),
          diagonal: fc.boolean(),
          shifted: fc.boolean(),
        }),
        ({ n, d, diagonal, shifted, ...how }) => {
          const matrices = diagonal ? block(d, 'diagonal') : symmetric(n, d);
          const linear = block(n * d, 'linear');
          const shift = shifted ? block(n * d, 'shift') : null;
          const y = block(n * d, 'points');
          const after = block(2, 'behind the points').array.slice();
          const { rho, transpose, eta, steps } = how;
          const expected = slowly(matrices.array, linear.array, shift && shift.array, y.array, how);
          quadraticDescent({ matrices, linear, rho, transpose })(y.array, shift && shift.array, eta, steps);
          expect(y.array).toEqual(expected);
          expect(blocks.at(-1)!.array).toEqual(after);
        },
      ),
    );
  });

  it('reaches the minimum of a quadratic: A y = −b', () => {
    const matrices = block(4, 'matrices');
    matrices.array.set([2, 1, 1, 3]);
    const linear = block(2, 'linear');
    linear.array.set([-1, -2]);
    const y = block(2, 'points');
    quadraticDescent({ matrices, linear })(y.array, null, 0.3, 300);
    expect(y.array[0]).toBeCloseTo(0.2, 14);
    expect(y.array[1]).toBeCloseTo(0.6, 14);
  });

  it('finds its blocks again after memory has grown', () => {
    const matrices = symmetric(2, 3);
    const linear = block(6, 'linear');
    const y = block(6, 'points');
    const expected = slowly(matrices.array, linear.array, null, y.array, {
      rho: 0,
      transpose: false,
      eta: 0.1,
      steps: 2,
    });
    const descend = quadraticDescent({ matrices, linear });
    const before = y.array;
    block(2 ** 21, 'more than there was');
    expect(() => descend(before, null, 0.1, 2)).toThrow(
      "quadraticDescent: 'y' is a view of kernel memory that has grown",
    );
    descend(y.array, null, 0.1, 2);
    expect(y.array).toEqual(expected);
  });

  it('refuses what does not fit, by name', () => {
    const of = (m: number, l: number) => () => quadraticDescent({ matrices: block(m, 'm'), linear: block(l, 'l') });
    expect(of(7, 4)).toThrow(
      "quadraticDescent: 'matrices' is of length 7 and 'linear' of length 4; must be n·d·d or d, and n·d, with d up to 2048.",
    );
    expect(of(3, 4)).toThrow("'matrices' is of length 3");
    expect(of(2049, 2049)).toThrow('with d up to 2048');
    const descend = quadraticDescent({ matrices: block(2, 'm'), linear: block(4, 'l') });
    const y = block(4, 'y').array;
    expect(() => descend(block(3, 'y').array, null, 0.1, 1)).toThrow(
      "quadraticDescent: 'y' is of length 3; must be of linear's length 4. Store the vectors one behind the other.",
    );
    expect(() => descend(y, block(2, 's').array, 0.1, 1)).toThrow("'shift' is of length 2");
    expect(() => descend(new Float64Array(4), null, 0.1, 1)).toThrow(
      "quadraticDescent: 'y' is outside kernel memory; must be the array of a block. Take it from allocate.",
    );
    expect(() => descend(y, new Float64Array(4), 0.1, 1)).toThrow("'shift' is outside kernel memory");
  });
});
