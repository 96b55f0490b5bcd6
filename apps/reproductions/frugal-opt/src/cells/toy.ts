/**
 * T11's toy, written out: W of 10 × 10 from N(0, 1/10), loss the mean of ‖Wx‖² over x ~ N(0, I), batches of 2, so that the gradient
 * is (2/2)·W·X·Xᵀ; SVD of rank r, no residual, momentum m ← 0.9m + 0.1g, rate 0.1, T = 10, 200 steps. Returned is ‖W‖²/10, what the
 * loss is in expectation, divided by 10.
 */
import type { Json } from '@assay-ml/claims';
import { frugal } from '@assay-ml/frugal-opt';
import { gemm, stream } from '@assay-ml/numerics';

export type ToyConfig = {
  readonly rank: number;
  readonly refresh: 'reset' | 'keep' | 'reproject';
  readonly runs: number;
};

const [N, BATCH, STEPS] = [10, 2, 200] as const;

export function run({ rank, refresh, runs }: ToyConfig, seed: number): Record<string, Json> {
  let total = 0;
  for (let r = 0; r < runs; r++) {
    const draw = stream(seed, 'toy', r);
    const method = frugal({
      ...{ rate: 0.1, projector: 'svd', side: 'left', rho: rank / N, period: 10, rule: 'sgdm', free: 'none', refresh },
      ruleOptions: { momentum: 0.9, dampening: 0.9 },
    });
    const x = [
      draw
        .at(0)
        .fillNormal(new Float64Array(N * N))
        .map((z) => z / Math.sqrt(N)),
    ];
    const point = { x, state: method.init([{ name: 'W', shape: [N, N] }], x) };
    const [data, seen, g] = [new Float64Array(N * BATCH), new Float64Array(N * BATCH), new Float64Array(N * N)];
    for (let k = 0; k < STEPS; k++) {
      draw.at(1, k).fillNormal(data);
      gemm(N, BATCH, N, x[0]!, data, seen);
      method.step(point, [gemm(N, N, BATCH, seen, data, g, { transposeB: true, alpha: 2 / BATCH })], point);
    }
    total += x[0]!.reduce((sum, w) => sum + w * w, 0) / N;
  }
  return { loss: total / runs };
}
