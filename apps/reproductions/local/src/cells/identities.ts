/** C9: the exact identities T9-T11 (spec §4.3), as errors relative to max(1, ‖b‖, ‖x_0‖). */
import type { Json } from '@assay-ml/claims';
import { scalar, stream } from '@assay-ml/numerics';
import {
  concave1d,
  homogeneousHessian,
  localSgd,
  minibatchSgd,
  noise,
  quadratic,
  scaffold,
  type Problem,
} from '@assay-ml/theory-sim';

const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x, (v, j) => (v - y[j]!) ** 2).reduce((a, b) => a + b, 0));

export function run(_config: Json, seed: number): Record<string, Json> {
  const n = 6;
  const d = 8;
  const x0 = stream(seed, 'identities').fillNormal(new Float64Array(d));
  const size = Math.max(1, distance(x0, new Float64Array(d)));
  const errors: Record<string, number> = {};

  // T9: equal quadratic Hessians make LocalSGD gradient descent with K·R steps, whatever the linear terms.
  for (const zeta of [0, 1, 100]) {
    const problem = homogeneousHessian({ n, d, zeta, seed });
    const { x } = localSgd(problem, { eta: 0.7, K: 7, R: 9, x0 });
    const y = Float64Array.from(x0);
    const g = new Float64Array(d);
    for (let t = 0; t < 7 * 9; t++) {
      problem.fullGrad(y, g);
      for (let j = 0; j < d; j++) y[j] = y[j]! - 0.7 * g[j]!;
    }
    errors[`T9, ζ = ${zeta}`] = distance(x, y) / Math.max(size, problem.constants.zeta);
  }

  // T10: drift of concave clients. R = 1 and η_g = 1 end at the mean, so each client is looked at alone.
  const [rho, eta, K] = [0.3, 0.1, 12];
  const slopes = [1, -1, 2, -2];
  const concave = concave1d({ b: slopes, rho });
  errors['T10'] = slopes.reduce((worst, b, client) => {
    const only: Problem = { n: 1, d: 1, grad: (_, x, out) => concave.clientGrad(client, x, out) };
    const { x } = localSgd(only, { eta, K, R: 1, x0: [0] });
    return Math.max(worst, Math.abs(x[0]! + (b * (scalar.pow(1 + eta * rho, K) - 1)) / rho) / 2);
  }, 0);

  // T11: SCAFFOLD with K = 1 is minibatch SGD with one sample a worker, with noise too.
  const exact = quadratic({ n, d, delta: 0.5, zeta: 2, rho: 0.1, seed });
  const noisy = noise(exact, { kind: 'gaussian', sigma: 1 });
  const norms = Math.max(size, 2);
  const one = { eta: 0.5, K: 1, R: 20, x0, seed };
  errors['T11, K = 1'] = distance(scaffold(noisy, one).x, minibatchSgd(noisy, one).x) / norms;

  // Invariants of §3.4: c is the mean of the c_i, and with option II each c_i the mean of its K raw gradients.
  const rounds = 5;
  const seen = Array.from({ length: n }, () => new Float64Array(d));
  const recording: Problem = {
    ...noisy,
    grad(client, x, out, draws) {
      noisy.grad(client, x, out, draws);
      const sum = seen[client]!;
      for (let j = 0; j < d; j++) sum[j] = sum[j]! + out[j]!;
    },
  };
  const steps = { eta: 0.2, K: 4, x0, seed };
  const before = scaffold(noisy, { ...steps, R: rounds - 1 }).state;
  const { controls, c } = scaffold(recording, { ...steps, R: rounds, state: before }).state;
  const rows = seen.map((_, i) => controls!.subarray(i * d, (i + 1) * d));
  const mean = Float64Array.from(x0, (_, j) => rows.reduce((sum, row) => sum + row[j]! / n, 0));
  errors['c = mean c_i'] = distance(c!, mean) / norms;
  errors['option II = mean of raw gradients'] = seen.reduce(
    (worst, sum, i) =>
      Math.max(
        worst,
        distance(
          rows[i]!,
          sum.map((g) => g / 4),
        ) / norms,
      ),
    0,
  );
  return { errors };
}
