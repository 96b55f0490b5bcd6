import { stream, type Stream } from '@assay-ml/numerics';
import type { Problem } from './problem.js';
import { watched } from './watched.js';

/**
 * The stream of a problem's gradient noise: keyed by seed and problem here, by (round, client, step) at each call, and by
 * nothing else, so that all methods and step sizes meet the same noise.
 */
export function noiseStream(problem: Problem, seed: number): Stream {
  return stream(seed, problem.name ?? 'problem', 'noise');
}

/** The stochastic gradients of a problem. */
export function stochasticGradient(
  problem: Problem,
): (client: number, x: Float64Array, out: Float64Array, noise: Stream) => void {
  return watched('problem.grad', problem.n, (client, x, out, noise) => problem.grad(client, x, out, noise));
}

/** Exact ∇f_i of a problem, or null when it offers none. */
export function exactClientGradient(
  problem: Problem,
): ((client: number, x: Float64Array, out: Float64Array) => void) | null {
  const { n } = problem;
  if (problem.clientGrad) {
    return watched('problem.clientGrad', n, (client, x, out) => problem.clientGrad!(client, x, out));
  }
  if (!problem.exact) return null;
  const unused = noiseStream(problem, 0);
  return watched('problem.grad', n, (client, x, out) => problem.grad(client, x, out, unused.at()));
}

/** Exact ∇f of a problem, or null when it offers none: its own, else the mean of the clients'. */
export function exactFullGradient(problem: Problem): ((x: Float64Array, out: Float64Array) => void) | null {
  if (problem.fullGrad) {
    const full = watched('problem.fullGrad', 1, (_, x, out) => problem.fullGrad!(x, out));
    return (x, out) => full(0, x, out);
  }
  const clientGradient = exactClientGradient(problem);
  if (clientGradient === null) return null;
  const { n, d } = problem;
  const one = new Float64Array(d);
  return (x, out) => {
    out.fill(0);
    for (let i = 0; i < n; i++) {
      clientGradient(i, x, one);
      for (let j = 0; j < d; j++) out[j] = out[j]! + one[j]! / n;
    }
  };
}
