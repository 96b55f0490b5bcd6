/** C7, second half: the largest ratio of left to right side of T1-T3 (spec §4.2) at random points of a family W instance. */
import type { Json } from '@assay-ml/claims';
import { scalar, stream } from '@assay-ml/numerics';
import { biasBound, bounded, contractionBound, differenceBound } from '@assay-ml/theory-sim';

export type LemmasConfig = { readonly points: number };

export function run({ points }: LemmasConfig, seed: number): Record<string, Json> {
  const draw = stream(seed, 'lemmas', 'points');
  const n = 8;
  const d = 10;
  const delta = 0.02 + draw.uniform();
  const problem = bounded({ n, d, delta, zeta: 1, rho: 0.3 * draw.uniform(), seed });
  const { constants } = problem;
  const gradient = (client: number, x: Float64Array): Float64Array => {
    const out = new Float64Array(d);
    problem.clientGrad(client, x, out);
    return out;
  };
  const full = (x: Float64Array): Float64Array => {
    const out = new Float64Array(d);
    problem.fullGrad(x, out);
    return out;
  };
  const norm2 = (at: (j: number) => number): number => {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += at(j) ** 2;
    return sum;
  };

  const worst = { T1: 0, T2: 0, T3: 0 };
  for (let p = 0; p < points; p++) {
    // Distances over six decades: some bounds are tight close by, others far away.
    const scale = scalar.pow(10, 6 * draw.uniform() - 5);
    const centre = draw.fillNormal(new Float64Array(d)).map((v) => 3 * v);
    const near = (): Float64Array => draw.fillNormal(new Float64Array(d)).map((v, j) => centre[j]! + scale * v);
    const x = near();
    const y = near();

    const rows = Array.from({ length: n }, near);
    const mean = centre.map((_, j) => rows.reduce((sum, row) => sum + row[j]! / n, 0));
    const Xi = rows.reduce((sum, row) => sum + norm2((j) => row[j]! - mean[j]!) / n, 0);
    const gradients = rows.map((row, i) => gradient(i, row));
    const atMean = full(mean);
    const bias = norm2((j) => gradients.reduce((sum, g) => sum + g[j]! / n, 0) - atMean[j]!);
    worst.T1 = Math.max(worst.T1, bias / biasBound(constants, Xi));

    const distance = Math.sqrt(norm2((j) => x[j]! - y[j]!));
    const client = draw.integer(n);
    const [gx, gy, fx, fy] = [gradient(client, x), gradient(client, y), full(x), full(y)];
    const difference = Math.sqrt(norm2((j) => gx[j]! - gy[j]! - fx[j]! + fy[j]!));
    worst.T2 = Math.max(worst.T2, difference / differenceBound(constants, distance));

    // From a tenth of the cap: as η → 0 both sides agree.
    const eta = (0.1 + 0.9 * draw.uniform()) / constants.L;
    const after = norm2((j) => x[j]! - y[j]! - eta * (fx[j]! - fy[j]!));
    worst.T3 = Math.max(worst.T3, after / contractionBound(constants, eta, distance));
  }
  return { points, ratios: worst };
}
