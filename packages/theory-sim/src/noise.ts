/** Additive oracle noise: g_i(x; ξ) = ∇f_i(x) + ξ with E ξ = 0, independent over clients and steps (spec §3.1). */
import type { Stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { checkProblem, invalid, nonNegative } from './check.js';
import { exactClientGradient, stochasticGradient } from './exact.js';
import type { Problem } from './problem.js';
import { squaredNorm } from './vectors.js';

/**
 * A law of ξ in d dimensions.
 *
 * - `gaussian`: independent normal coordinates of variance σ²/d, so that E‖ξ‖² = σ².
 * - `bounded`: uniform on the sphere of radius σ, so that ‖ξ‖ = σ always.
 * - `heavy-tailed`: ξ_j = scale/√d · X_j with independent symmetric Pareto X_j of tail index α > 1, density
 *   α/2 · (1 + |x|)^(−α−1). The mean is 0; E‖ξ‖² = scale² · 2/((α−1)(α−2)) exists for α > 2 alone.
 */
export type NoiseModel =
  | { readonly kind: 'gaussian' | 'bounded'; readonly sigma: number }
  | { readonly kind: 'heavy-tailed'; readonly alpha: number; readonly scale: number };

const ONE_SIZE = { kind: 1, sigma: 1 };
const NAMES = { gaussian: ONE_SIZE, bounded: ONE_SIZE, 'heavy-tailed': { kind: 1, alpha: 1, scale: 1 } };

/**
 * An exact problem with additive noise. Everything else of the problem stays, its name too: problems that differ only in
 * the size of their noise draw the same numbers.
 * @param problem a problem with `exact: true`
 * @param model the law of the noise; a size of 0 returns the problem itself
 * @returns a problem whose `constants`, where the exact one has them, hold the σ of E‖ξ‖² = σ²: `sigma` itself, or
 *   scale·√(2/((α−1)(α−2))) for heavy tails with α > 2 and Infinity for α ≤ 2
 * @throws RangeError when the problem is not exact, an option is out of range or one of another law
 * @example
 * const noisy = noise(quadratic({ n: 10, d: 20, zeta: 1 }), { kind: 'gaussian', sigma: 0.5 });
 */
export function noise(problem: Problem, model: NoiseModel): Problem {
  checkProblem('noise', problem);
  requireOptions<object>('noise', model, NAMES[model?.kind] ?? { kind: 1, sigma: 1, alpha: 1, scale: 1 }, 'model');
  if (problem.exact !== true) {
    throw invalid('noise', 'problem.exact', problem.exact, 'true', 'Additive noise goes onto exact gradients.');
  }
  const { n, d } = problem;
  const { sigma, fill } = law(model, d);
  if (sigma === 0) return problem;
  const gradient = stochasticGradient(problem);
  const xi = new Float64Array(d);
  return {
    ...(problem.name === undefined ? {} : { name: problem.name }),
    n,
    d,
    grad(client, x, out, stream) {
      gradient(client, x, out, stream);
      fill(stream, xi);
      for (let j = 0; j < d; j++) out[j] = out[j]! + xi[j]!;
    },
    clientGrad: exactClientGradient(problem)!,
    ...(problem.fullGrad ? { fullGrad: (x, out) => problem.fullGrad!(x, out) } : {}),
    ...(problem.value ? { value: (x) => problem.value!(x) } : {}),
    // Families compute their constants when asked.
    get constants() {
      return problem.constants && { ...problem.constants, sigma };
    },
  };
}

/** √E‖ξ‖² of a model, and a function that draws ξ. */
function law(model: NoiseModel, d: number): { sigma: number; fill: (stream: Stream, xi: Float64Array) => void } {
  const where = 'noise';
  switch (model.kind) {
    case 'gaussian': {
      const sigma = nonNegative(where, 'sigma', model.sigma);
      const each = sigma / Math.sqrt(d);
      return { sigma, fill: (stream, xi) => scale(stream.fillNormal(xi), each) };
    }
    case 'bounded': {
      const sigma = nonNegative(where, 'sigma', model.sigma);
      return {
        sigma,
        fill(stream, xi) {
          const norm = Math.sqrt(squaredNorm(stream.fillNormal(xi)));
          scale(xi, norm > 0 ? sigma / norm : 0);
        },
      };
    }
    case 'heavy-tailed': {
      const { alpha } = model;
      const size = nonNegative(where, 'scale', model.scale);
      if (!(alpha > 1 && alpha < Infinity)) {
        throw invalid(where, 'alpha', alpha, 'a finite number > 1', 'The noise has no mean otherwise.');
      }
      const each = size / Math.sqrt(d);
      const deviation = alpha > 2 ? Math.sqrt(2 / ((alpha - 1) * (alpha - 2))) : Infinity;
      return {
        sigma: size === 0 ? 0 : size * deviation,
        fill: (stream, xi) => scale(stream.fillPareto(xi, alpha), each),
      };
    }
    default:
      throw invalid(where, 'kind', (model as NoiseModel).kind, "'gaussian', 'bounded' or 'heavy-tailed'");
  }
}

function scale(xi: Float64Array, factor: number): void {
  for (let j = 0; j < xi.length; j++) xi[j] = xi[j]! * factor;
}
