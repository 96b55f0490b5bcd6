/**
 * The stationary mean error of stochastic SCAFFOLD on equal one-dimensional clients (spec §7):
 *
 *   f'(x) = x + (a/2) x² + (b/6) x³,   minimum 0 with f'' = 1, f''' = a, f'''' = b
 *
 * The error is measured against the linear problem f' = x under the same noise, whose mean error is 0: most of the variance
 * cancels. γ is the step size, N the number of clients, H the local steps.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { scaffold, type Problem } from '@assay-ml/theory-sim';

export type BiasConfig = {
  readonly N: number;
  readonly H: number;
  readonly gamma: number;
  readonly burnIn: number;
  readonly rounds: number;
};

/** f''' at the minimum; b = a² keeps f'' = 1 + ax + bx²/2 positive everywhere. */
const A = 1;
const SIGMA = 1;

/** −f'''σ²/(4f''²)·γ/N − f'''σ²/(12f'')·((H−1)(5H−1)/H)·γ², without its higher orders. */
export function predicted({ N, H, gamma }: BiasConfig): number {
  const variance = A * SIGMA ** 2;
  return (-variance * gamma) / (4 * N) - (variance * gamma ** 2 * (H - 1) * (5 * H - 1)) / (12 * H);
}

export function run(config: BiasConfig, seed: number, { signal }: CellContext): Record<string, Json> {
  const { N, H, gamma, burnIn, rounds } = config;
  const server = (a: number): Float64Array => {
    const problem: Problem = {
      name: 'scaffold-bias',
      n: N,
      d: 1,
      grad(_client, x, out, noise) {
        const at = x[0]!;
        out[0] = at + (a / 2) * at * at + ((a * a) / 6) * at * at * at + SIGMA * noise.normal();
      },
    };
    const path = new Float64Array(burnIn + rounds);
    scaffold(problem, {
      eta: gamma,
      K: H,
      R: burnIn + rounds,
      x0: [0],
      seed,
      signal,
      serverUpdate(x, pseudoGradient, round) {
        path[round] = x[0] = x[0]! - pseudoGradient[0]!;
      },
    });
    return path.subarray(burnIn);
  };
  const curved = server(A);
  const linear = server(0);
  const error = curved.reduce((sum, x, r) => sum + (x - linear[r]!), 0) / rounds;
  return { error, predicted: predicted(config) };
}
