/**
 * Estimates of the theory's constants for any problem with exact gradients. The constants are suprema over x, so points are
 * sampled first and the best of them climbed; whatever is found is a lower bound of the supremum over the ball.
 *
 * Every value is the size of a difference of gradients that holds at any distance (see `differences.ts`), less what rounding
 * may have added: a first difference of two gradients that are wrong by e each is wrong by e/h, a second by 4e/h².
 *
 * paper → code: ∇f_i → `clients`, ∇f_i − ∇f → `others`, f̂ and f̃ of the assumptions on M and ρ → f, `full`, or `hull`.
 */
import type { Watch } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { checkProblem, invalid, nonNegative, positive, positiveInteger, nonNegativeInteger, vector } from '../check.js';
import { exactClientGradient, exactFullGradient } from '../exact.js';
import type { Constants, Problem } from '../problem.js';
import { isFinite, squaredNorm } from '../vectors.js';
import { uniformPoint, type Ball } from './ball.js';
import { dissimilarity } from './dissimilarity.js';
import type { GradientMap } from './differences.js';
import { curvature, thirdDerivative, weakConvexity } from './curvature.js';
import { HULL_ROUNDS, overHull } from './hull.js';
import type { Search } from './search.js';

/** What is known of a constant after looking for its supremum. */
export interface Estimate {
  /** At most the supremum over the ball, and so over all x. */
  readonly value: number;
  readonly kind: 'lower-bound';
  /** Points that were sampled. */
  readonly points: number;
  /** Where they were sampled and climbed. */
  readonly ball: Ball;
}

/** The constants that are estimated. σ is the noise's and Δ the starting point's: they are for the caller to say. */
export type Estimates = Readonly<Record<'L' | 'zeta' | 'zetaBar' | 'delta' | 'rho' | 'M', Estimate>>;

/** Options of `estimateConstants`. All defaults are ours. */
export interface EstimateOptions extends Watch {
  /** Where to look: the ball that the runs stay in. No gradient is taken outside. */
  readonly ball: { readonly centre: ArrayLike<number>; readonly radius: number };
  /** Points sampled, the first of them the centre, the others uniform. Default 32. */
  readonly points?: number;
  /** Points climbed for each constant, the best sampled ones. Default 8. */
  readonly starts?: number;
  /** Most steps of a climb; 0 only samples. Default 30. */
  readonly steps?: number;
  /** Directions of each search for extreme curvature (Lanczos steps), two gradients each. Default min(d, 20). */
  readonly directions?: number;
  /** Step h of the differences, as a part of the radius, below 0.1. Default 1e-3. */
  readonly step?: number;
  /**
   * Relative error of a gradient, of the largest gradient met plus L times the largest ‖x‖. Default (n + d + 16)·2⁻⁵², more
   * than sums of n or d doubles lose. Set it to about 1e-6 for gradients computed in single precision, with `step` 1e-2.
   */
  readonly precision?: number;
  /**
   * True: ρ and M are minimised over the convex hull of the clients, as the assumptions allow; their estimates are lower
   * bounds of those minima. Up to nine times as dear. Default false: ρ and M of f.
   */
  readonly hull?: boolean;
  /** Seed of points and directions: a safe integer ≥ 0. Default 0. */
  readonly seed?: number;
}

/** Scans along coordinates are for functions that separate, which in many dimensions are rare and the scans dear. */
const MOST_AXES = 64;

/**
 * Looks for L, ζ, ζ̄, δ, ρ and M in a ball.
 *
 * Cost in gradients of one client, with F = 1 where the problem has `fullGrad` and n otherwise: about
 * 2·points·directions·n·(2 + F) for the points; and for each start 600, plus 100·d of scans along coordinates up to d = 64,
 * 1 + F times for δ, F times for ρ and M, n + F times for ζ̄.
 * @throws RangeError naming the option that is wrong, a problem without exact gradients, or a client whose gradient is not finite
 * @throws the signal's reason when it was aborted, looked at after each point
 */
export function estimateConstants(problem: Problem, options: EstimateOptions): Estimates {
  const where = 'estimateConstants';
  checkProblem(where, problem);
  requireOptions<EstimateOptions>(where, options, {
    ...{ ball: 1, points: 1, starts: 1, steps: 1, directions: 1, step: 1, precision: 1, hull: 1, seed: 1 },
    ...{ signal: 1, onProgress: 1 },
  });
  requireOptions(where, options.ball, { centre: 1, radius: 1 }, 'ball');
  const { n, d } = problem;
  const client = exactClientGradient(problem);
  const full = exactFullGradient(problem);
  if (client === null || full === null) {
    throw invalid(where, 'problem', problem, 'one with exact gradients', "Add 'clientGrad', or set 'exact'.");
  }
  const ball: Ball = {
    centre: vector(where, 'ball.centre', options.ball.centre, d),
    radius: positive(where, 'ball.radius', options.ball.radius),
  };
  const count = positiveInteger(where, 'points', options.points ?? 32);
  const starts = positiveInteger(where, 'starts', options.starts ?? 8);
  const steps = nonNegativeInteger(where, 'steps', options.steps ?? 30);
  const directions = Math.min(d, positiveInteger(where, 'directions', options.directions ?? 20));
  const step = positive(where, 'step', options.step ?? 1e-3);
  if (step >= 0.1) throw invalid(where, 'step', step, 'below 0.1');
  const precision = nonNegative(where, 'precision', options.precision ?? (n + d + 16) * 2 ** -52);
  const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
  const h = step * ball.radius;
  const inner = { centre: ball.centre, radius: ball.radius - 2 * h };

  const key = stream(seed, 'estimate', 'points');
  const points = Array.from({ length: count }, (_, k) => {
    const x = ball.centre.slice();
    if (k > 0) uniformPoint(inner, key.at(k), x);
    return x;
  });
  const clients = Array.from(
    { length: n },
    (_, i): GradientMap =>
      (x, out) =>
        client(i, x, out),
  );
  const mean = new Float64Array(d);
  const others = clients.map((g): GradientMap => (x, out) => {
    full(x, mean);
    g(x, out);
    for (let j = 0; j < d; j++) out[j] = out[j]! - mean[j]!;
  });
  const planned = (3 + 2 * (options.hull ? HULL_ROUNDS : 1)) * (count + starts) + starts;
  let done = 0;
  const search: Search = {
    clients,
    others,
    full,
    d,
    points,
    inner,
    h,
    starts,
    steps,
    directions,
    seed,
    axes: steps > 0 && d <= MOST_AXES ? d : 0,
    tick() {
      done = Math.min(planned, done + 1);
      options.onProgress?.(done, planned);
      options.signal?.throwIfAborted();
    },
  };
  options.signal?.throwIfAborted();

  const largest = largestGradient(where, search);
  const raw: Record<keyof Estimates, number> = {
    L: curvature(search, 'L', clients, 'size').value,
    ...dissimilarity(search),
    delta: curvature(search, 'delta', others, 'size').value,
    ...(options.hull
      ? overHull(search)
      : { rho: weakConvexity(search, full).value, M: thirdDerivative(search, full).value }),
  };
  const error = precision * (largest + raw.L * (Math.sqrt(squaredNorm(ball.centre)) + ball.radius));
  const allowance: Record<keyof Estimates, number> = {
    L: error / h,
    zeta: 2 * error,
    zetaBar: 2 * error,
    delta: (2 * error) / h,
    rho: error / h,
    M: (4 * error) / (h * h),
  };
  const estimate = (name: keyof Estimates & keyof Constants): Estimate => ({
    value: Math.max(0, raw[name] - allowance[name]),
    kind: 'lower-bound',
    points: count,
    ball,
  });
  options.onProgress?.(planned, planned);
  return {
    L: estimate('L'),
    zeta: estimate('zeta'),
    zetaBar: estimate('zetaBar'),
    delta: estimate('delta'),
    rho: estimate('rho'),
    M: estimate('M'),
  };
}

/** max ‖∇f_i‖ over the points. @throws RangeError naming a client whose gradient is not finite. */
function largestGradient(where: string, { clients, d, points }: Search): number {
  const g = new Float64Array(d);
  let largest = 0;
  for (const x of points) {
    clients.forEach((gradient, i) => {
      gradient(x, g);
      if (!isFinite(g)) {
        throw new RangeError(
          `${where}: the gradient of client ${i} is not finite in the ball; must be finite. Check the problem's grad, or take a smaller ball.`,
        );
      }
      largest = Math.max(largest, squaredNorm(g));
    });
  }
  return Math.sqrt(largest);
}
