import { EVD, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { lowRank, quadratic } from '../src/index.js';

const gradient = (problem: ReturnType<typeof lowRank>, client: number, x: Float64Array): Float64Array => {
  const out = new Float64Array(problem.d);
  problem.clientGrad(client, x, out);
  return out;
};

describe('lowRank', () => {
  const options = { n: 6, d: 7, delta: 0.3, zeta: 2, rho: 0.1, seed: 4 };
  const problem = lowRank(options);

  it('has differences of Hessians of norm δ, rank 2 and mean 0', () => {
    const shared = quadratic({ ...options, delta: 0 });
    const x = Float64Array.from({ length: 7 }, (_, j) => j - 2.5);
    const total = new Float64Array(7);
    for (let i = 0; i < 6; i++) {
      // ∇f_i − (∇f + b_i) is linear: its matrix column by column.
      const columns = Array.from({ length: 7 }, (_, j) => {
        const e = new Float64Array(7);
        e[j] = 1;
        const own = gradient(problem, i, e);
        const common = gradient(shared, i, e);
        return [...own].map((g, k) => g - common[k]!);
      });
      const values = new EVD(new Matrix(columns)).realEigenvalues.sort((a, b) => a - b);
      expect(values[0]).toBeCloseTo(-0.3, 12);
      expect(values[6]).toBeCloseTo(0.3, 12);
      for (const zero of values.slice(1, 6)) expect(zero).toBeCloseTo(0, 12);
      gradient(problem, i, x).forEach((g, j) => (total[j] = total[j]! + g / 6));
    }
    const full = new Float64Array(7);
    problem.fullGrad(x, full);
    for (let j = 0; j < 7; j++) expect(total[j]).toBeCloseTo(full[j]!, 12);
  });

  it('states its constants', () => {
    expect(problem.constants).toMatchObject({ delta: 0.3, zeta: Infinity, zetaBar: Infinity, M: 0.1 });
    expect(problem.constants.L).toBeCloseTo(1 + 0.1 + 0.3, 12);
    expect(lowRank({ ...options, delta: 0 }).constants).toEqual(quadratic({ ...options, delta: 0 }).constants);
  });

  it('refuses what it cannot be', () => {
    expect(() => lowRank({ n: 3, d: 5 })).toThrow(
      "lowRank: 'n' is 3; must be even. Clients come in pairs of opposite sign.",
    );
    expect(() => lowRank({ n: 2, d: 1 })).toThrow("lowRank: 'd' is 1; must be at least 2. u and v are orthogonal.");
  });
});
