/** Problems of many runs at once: points are [d][runs], an error is one number a run. */
import { mean, scalar, stream } from '@assay-ml/numerics';

/** A problem for `simulate`. */
export interface BatchProblem {
  readonly x0: Float64Array;
  /** Left out: ∇f(x) = x. */
  readonly gradient?: (x: Float64Array, out: Float64Array) => void;
  /** The error of each run; 0 at a minimum. Finite: what overflows is the largest float32. */
  readonly errors: (x: Float64Array) => Float64Array;
}

const LARGEST = 3.4e38;

/** Σ_j of a term of the coordinates, a run each. */
function sums(d: number, runs: number, term: (j: number, r: number) => number): Float64Array {
  const out = new Float64Array(runs);
  for (let j = 0; j < d; j++) for (let r = 0; r < runs; r++) out[r]! += term(j, r);
  return out.map((value) => Math.min(value, LARGEST));
}

/** f(x) = ‖x‖²/2 from ‖x₀‖ = 2; the error is ‖x‖², as in the paper's figures at d = 1. */
function quadratic(d: number, runs: number): BatchProblem {
  return {
    x0: new Float64Array(d).fill(2 / Math.sqrt(d)),
    errors: (x) => sums(d, runs, (j, r) => x[j * runs + r]! ** 2),
  };
}

/** f(x) = Σ_{j<d} (1 − x_j)²/2 + 5(x_{j+1} − x_j²)², not convex; from 0, minimum 0 at 1. */
function rosenbrock(d: number, runs: number): BatchProblem {
  const at = (x: Float64Array, j: number, r: number) => x[j * runs + r]!;
  return {
    x0: new Float64Array(d),
    gradient(x, out) {
      out.fill(0);
      for (let j = 0; j + 1 < d; j++) {
        for (let r = 0; r < runs; r++) {
          const [a, b] = [at(x, j, r), at(x, j + 1, r)];
          const bend = 10 * (b - a * a);
          out[j * runs + r]! += a - 1 - 2 * a * bend;
          out[(j + 1) * runs + r]! += bend;
        }
      }
    },
    errors: (x) =>
      sums(d - 1, runs, (j, r) => (1 - at(x, j, r)) ** 2 / 2 + 5 * (at(x, j + 1, r) - at(x, j, r) ** 2) ** 2),
  };
}

const SAMPLES = 64;

/**
 * f(x) = mean log(1 + exp(−y⟨a, x⟩)) + 0.05‖x‖² on 64 normal samples with labels of a normal truth, one in eight flipped; from
 * 0. The error is f(x) − f*, f* by gradient descent until rest.
 */
function logistic(d: number, runs: number, seed: number): BatchProblem {
  const draw = stream(seed, 'clip-adagrad', 'logistic', d, 'instance');
  const a = draw.at(0).fillNormal(new Float64Array(SAMPLES * d));
  const truth = draw.at(1).fillNormal(new Float64Array(d));
  for (let s = 0; s < SAMPLES; s++) {
    let inner = 0;
    for (let j = 0; j < d; j++) inner += a[s * d + j]! * truth[j]!;
    const y = (inner >= 0 ? 1 : -1) * (draw.at(2, s).uniform() < 1 / 8 ? -1 : 1);
    for (let j = 0; j < d; j++) a[s * d + j]! *= y;
  }
  const ridge = 0.1;
  /** Margins ⟨a_s, x⟩ of all runs, [samples][runs]. */
  const margins = (x: Float64Array, n: number) => {
    const z = new Float64Array(SAMPLES * n);
    for (let s = 0; s < SAMPLES; s++) {
      for (let j = 0; j < d; j++) {
        const weight = a[s * d + j]!;
        for (let r = 0; r < n; r++) z[s * n + r]! += weight * x[j * n + r]!;
      }
    }
    return z;
  };
  const slopes = (x: Float64Array, out: Float64Array, n: number) => {
    const z = margins(x, n);
    for (let k = 0; k < out.length; k++) out[k] = ridge * x[k]!;
    for (let s = 0; s < SAMPLES; s++) {
      for (let r = 0; r < n; r++) z[s * n + r] = -1 / (SAMPLES * (1 + scalar.exp(z[s * n + r]!)));
      for (let j = 0; j < d; j++) {
        const weight = a[s * d + j]!;
        for (let r = 0; r < n; r++) out[j * n + r]! += z[s * n + r]! * weight;
      }
    }
  };
  const values = (x: Float64Array, n: number) => {
    const z = margins(x, n);
    const loss = sums(SAMPLES, n, (s, r) => {
      const m = -z[s * n + r]!;
      return (Math.max(m, 0) + scalar.log1p(scalar.exp(-Math.abs(m)))) / SAMPLES;
    });
    const squares = sums(d, n, (j, r) => (ridge / 2) * x[j * n + r]! ** 2);
    return loss.map((value, r) => value + squares[r]!);
  };
  // Strongly convex and smooth: gradient descent with 1/L, L ≤ ridge + mean ‖a‖²/4, comes to rest within rounding.
  const best = new Float64Array(d);
  const g = new Float64Array(d);
  const L = ridge + mean(a.map((value) => (d * value * value) / 4));
  for (let t = 0; t < 5000; t++) {
    slopes(best, g, 1);
    for (let j = 0; j < d; j++) best[j]! -= g[j]! / L;
  }
  const least = values(best, 1)[0]!;
  return {
    x0: new Float64Array(d),
    gradient: (x, out) => slopes(x, out, runs),
    errors: (x) => values(x, runs).map((value) => Math.max(0, value - least)),
  };
}

export const problems = { quadratic, rosenbrock, logistic } satisfies Record<
  string,
  (d: number, runs: number, seed: number) => BatchProblem
>;

export type ProblemName = keyof typeof problems;
