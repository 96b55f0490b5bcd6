/** Moments kept in fewer bits. */
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { adamw, frugal, type Numbers, type StatesName } from '../src/index.js';
import { bf16 } from '../src/states/bf16.js';
import { int8 } from '../src/states/int8.js';
import type { Precision } from '../src/states/precision.js';
import { gradient, run } from './tiny.js';

const uniform = (n: number, k = 0) => stream(1, 'states').at(k).fillUniform(new Float64Array(n));
const normal = (n: number) => Float32Array.from(stream(2, 'states').fillNormal(new Float64Array(n)));

/** Numbers written and read, by the uniforms of turn k. */
function there(precision: Precision, values: Float32Array, nonNegative: boolean, k = 0): Float32Array {
  const kept = precision.zeros(values.length);
  precision.write(values, nonNegative, uniform(values.length, k), kept);
  const out = new Float32Array(values.length);
  precision.read(kept, nonNegative, out);
  return out;
}

describe('bf16', () => {
  it('keeps numbers that have eight binary digits, and others to one of their neighbours', () => {
    const exact = Float32Array.of(0, -0, 1, -1.5, 2 ** -130, 255, -(2 ** 100));
    expect([...there(bf16, exact, false)]).toEqual([...exact]);
    const near = there(
      bf16,
      Float32Array.from({ length: 100 }, () => 1 + 2 ** -9),
      false,
    );
    expect(new Set(near)).toEqual(new Set([1, 1 + 2 ** -7]));
  });
  it('takes two bytes a number', () => {
    expect(bf16.zeros(5)).toEqual([new Uint16Array(5)]);
    expect(bf16.bytes(5)).toBe(10);
  });
});

describe('int8', () => {
  it('keeps 0 and the largest of each 256, and the rest within a fraction of a decade', () => {
    const values = normal(600);
    const found = there(int8, values, false);
    for (const from of [0, 256, 512]) {
      const block = values.subarray(from, from + 256);
      const largest = Math.max(...block.map(Math.abs));
      block.forEach((value, i) => {
        const x = Math.abs(value) / largest;
        // Codes lie .9/64 apart in the uppermost decade, and as far apart in proportion below it.
        const decade = Math.max(1e-6, 10 ** Math.ceil(Math.log10(x)));
        const count = Math.max(1, 64 * 10 ** 0 * 2 ** Math.round(Math.log10(decade)));
        expect(Math.abs(found[from + i]! - value) / largest).toBeLessThan((1.5 * 0.9 * decade) / count);
      });
    }
    expect([...there(int8, Float32Array.of(0, 3, 0, -0.5), false)].slice(0, 3)).toEqual([0, 3, 0]);
    expect([...there(int8, new Float32Array(300), true)]).toEqual([...new Float32Array(300)]);
  });
  it('never makes 0 of a second moment that is not', () => {
    const tiny = Float32Array.from({ length: 256 }, (_, i) => (i === 0 ? 1 : 1e-12));
    expect(there(int8, tiny, true).every((value) => value > 0)).toBe(true);
    expect(there(int8, tiny.map((value) => -value), false).some((value) => value === 0)).toBe(true); // prettier-ignore
  });
  it('takes a byte a number and four for 256', () => {
    expect(int8.zeros(257)).toEqual([new Uint8Array(257), new Float32Array(2)]);
    expect(int8.bytes(257)).toBe(265);
  });
});

it.each([
  ['bf16', bf16, false],
  ['int8', int8, false],
  ['int8 of second moments', int8, true],
] as const)(
  '%s rounds to what numbers are in the mean, and the same draws give the same bits',
  (_, precision, nonNegative) => {
    const values = normal(256).map((value) => (nonNegative ? value * value : 0.9 * value));
    const turns = 400;
    const sums = new Float64Array(256);
    for (let k = 0; k < turns; k++) there(precision, values, nonNegative, k).forEach((value, i) => (sums[i]! += value));
    const largest = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => {
      // A step of the code is at most 1/32 of the largest, and 5 deviations of a mean of 400 draws of it.
      if (value > -0.99 * largest)
        expect(Math.abs(sums[i]! / turns - value)).toBeLessThan(((largest / 32) * 5 * 0.5) / 20);
    });
    expect(there(precision, values, nonNegative, 3)).toEqual(there(precision, values, nonNegative, 3));
  },
);

describe('a training', () => {
  const norm = (values: Numbers) => Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
  const make = { AdamW: adamw, columns: (o: object) => frugal({ rate: 0.01, projector: 'columns', rho: 0.4, period: 50, ...o }) }; // prettier-ignore
  const after = (name: keyof typeof make, states: StatesName) => run(make[name]({ rate: 0.01, states }), 200);
  it.each([
    ['AdamW', 'bf16', 0.01, 0.02],
    ['AdamW', 'int8', 0.01, 0.06],
    ['columns', 'bf16', 0.01, 0.02],
    ['columns', 'int8', 0.01, 0.06],
  ] as const)(
    'of 200 steps with %s in %s ends within %d of the way, and its moments within %d',
    (name, states, ofWay, ofMoments) => {
      const [whole, few, start] = [after(name, 'float32'), after(name, states), run(make[name]({ rate: 0.01 }), 0)];
      const moved = norm(whole.x[0]!.map((value, j) => value - start.x[0]![j]!));
      const off = norm(whole.x[0]!.map((value, j) => value - few.x[0]![j]!));
      expect(off / moved).toBeLessThan(ofWay);
      expect(off).toBeGreaterThan(0);
      const precision = states === 'bf16' ? bf16 : int8;
      [0, 1].forEach((m) => {
        const wanted = whole.state.tensors[0]!.moments[m] as Float32Array;
        const found = new Float32Array(wanted.length);
        precision.read(
          few.state.tensors[0]!.moments.slice(m * precision.arrays, (m + 1) * precision.arrays),
          m === 1,
          found,
        );
        expect(norm(wanted.map((value, j) => value - found[j]!)) / norm(wanted)).toBeLessThan(ofMoments);
      });
    },
  );

  it('starts from another rounding with another seed', () => {
    const x = (seed: number) => [...run(adamw({ rate: 0.01, states: 'int8', seed }), 30).x[0]!];
    expect(x(1)).not.toEqual(x(2));
    expect(x(1)).toEqual(x(1));
  });

  it('leaves the rounding of a step that is refused to the next', () => {
    const method = adamw({ rate: 0.01, states: 'bf16' });
    const [point, other] = [run(method, 5), run(method, 5)];
    const bad = gradient(point.x, 5);
    bad[0]![0] = NaN;
    expect(() => method.step(point, bad, point)).toThrow('is not finite');
    expect(method.step(point, gradient(point.x, 5)).state).toEqual(method.step(other, gradient(other.x, 5)).state);
  });
});
