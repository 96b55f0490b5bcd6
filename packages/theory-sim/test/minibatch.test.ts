import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localSgd, minibatch, type Samples } from '../src/index.js';

/** Least squares in d = 2 with `counts[i]` rows: f_i(x) = mean ½ (aᵀx − b)². Rows asked for are kept in `asked`. */
function leastSquares(counts: readonly number[], asked: number[][] = []) {
  const data = counts.map((count, i) => stream(5, 'data', i).fillNormal(new Float64Array(3 * count)));
  const samples: Samples = {
    n: counts.length,
    d: 2,
    count: (client) => counts[client]!,
    gradient(client, rows, x, out) {
      asked.push([...rows]);
      out.fill(0);
      for (const row of rows) {
        const [a, b, y] = data[client]!.subarray(3 * row, 3 * row + 3) as unknown as [number, number, number];
        const residual = (a * x[0]! + b * x[1]! - y) / rows.length;
        out[0] = out[0]! + residual * a;
        out[1] = out[1]! + residual * b;
      }
    },
    value(client, rows, x) {
      let sum = 0;
      for (const row of rows) {
        const [a, b, y] = data[client]!.subarray(3 * row, 3 * row + 3) as unknown as [number, number, number];
        sum += (0.5 * (a * x[0]! + b * x[1]! - y) ** 2) / rows.length;
      }
      return sum;
    },
  };
  return samples;
}

describe('minibatch', () => {
  it('draws the rows that choice draws, call after call', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        (counts, raw) => {
          const batchSize = 1 + (raw % Math.min(...counts));
          const asked: number[][] = [];
          const problem = minibatch(leastSquares(counts, asked), batchSize);
          const key = stream(3, 'rows');
          const x = Float64Array.of(1, 2);
          const expected: number[][] = [];
          for (let call = 0; call < 5; call++) {
            for (let client = 0; client < counts.length; client++) {
              problem.grad(client, x, new Float64Array(2), key.at(call, client));
              expected.push([...key.at(call, client).choice(counts[client]!, new Uint32Array(batchSize))]);
            }
          }
          expect(asked).toEqual(expected);
        },
      ),
    );
  });

  it('draws every pair of four rows equally often', () => {
    const asked: number[][] = [];
    const problem = minibatch(leastSquares([4], asked), 2);
    const key = stream(1, 'pairs');
    const draws = 12_000;
    for (let t = 0; t < draws; t++) problem.grad(0, new Float64Array(2), new Float64Array(2), key.at(t));
    const seen = new Map<string, number>();
    for (const rows of asked) seen.set(`${rows.sort()}`, (seen.get(`${rows}`) ?? 0) + 1);
    expect([...seen.keys()].sort()).toEqual(['0,1', '0,2', '0,3', '1,2', '1,3', '2,3']);
    // χ² with 5 degrees of freedom is above 20.5 once in a thousand keys.
    const each = draws / 6;
    expect([...seen.values()].reduce((sum, count) => sum + (count - each) ** 2 / each, 0)).toBeLessThan(20.5);
  });

  it('has exact gradients and values: all rows, clients weighted alike', () => {
    const samples = leastSquares([3, 5]);
    const problem = minibatch(samples, 2);
    const x = Float64Array.of(0.3, 0.7);
    const all = [Uint32Array.of(0, 1, 2), Uint32Array.of(0, 1, 2, 3, 4)];
    const one = new Float64Array(2);
    const expected = [0, 0];
    for (let i = 0; i < 2; i++) {
      samples.gradient(i, all[i]!, x, one);
      expected[0]! += one[0]! / 2;
      expected[1]! += one[1]! / 2;
    }
    const full = new Float64Array(2);
    problem.fullGrad!(x, full);
    expect([...full]).toEqual(expected);
    const f = (at: Float64Array) => (samples.value!(0, all[0]!, at) + samples.value!(1, all[1]!, at)) / 2;
    expect(problem.value!(x)).toBeCloseTo(f(x), 15);
    const h = 1e-6;
    expect((f(Float64Array.of(0.3 + h, 0.7)) - f(Float64Array.of(0.3 - h, 0.7))) / (2 * h)).toBeCloseTo(full[0]!, 8);
  });

  it('with every row in the batch runs as the exact problem up to rounding', () => {
    const problem = minibatch(leastSquares([6, 6, 6]), 6);
    const exact = { n: 3, d: 2, exact: true as const, grad: problem.clientGrad! };
    const options = { eta: 0.1, K: 3, R: 20, x0: [1, -1] };
    const a = localSgd(problem, options).x;
    const b = localSgd(exact, options).x;
    a.forEach((value, j) => expect(value).toBeCloseTo(b[j]!, 12));
  });

  it('names what is wrong', () => {
    expect(() => minibatch(leastSquares([8, 5, 9]), 6)).toThrow(
      "minibatch: 'batchSize' is 6; must be at most 5, the rows of client 1.",
    );
    expect(() => minibatch(leastSquares([8]), 0)).toThrow(
      "minibatch: 'batchSize' is 0; must be an integer of at least 1.",
    );
    expect(() => minibatch(leastSquares([8, 0]), 1)).toThrow(
      "minibatch: 'samples.count(1)' is 0; must be an integer of at least 1.",
    );
    expect(() => minibatch({ ...leastSquares([8]), n: -1 }, 1)).toThrow("minibatch: 'samples.n' is -1");
    expect(() => minibatch({ ...leastSquares([8]), d: 1.5 }, 1)).toThrow("minibatch: 'samples.d' is 1.5");
  });
});
