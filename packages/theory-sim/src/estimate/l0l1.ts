/**
 * (L0, L1) from the gradients along a run, for any problem (spec of (L0, L1), §8).
 *
 * D1 says of two points at distance r, with ℓ = ‖∇f(y) − ∇f(x)‖/r: whatever (L0, L1) holds for f satisfies
 * ℓ·r·L1/(e^{L1 r} − 1) ≤ L0 + L1·min(‖∇f(x)‖, ‖∇f(y)‖). So each pair of points bounds L0 from below for every L1, and the
 * largest of these bounds is one, too. Of the pairs on that frontier the one with the smallest geometric mean of the
 * majorants L0 + L1‖∇f‖ over the run is returned: the tightest line above the seen curvature, far points and near ones alike.
 */
import { scalar } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { checkProblem, invalid, nonNegative, positiveInteger, vector } from '../check.js';
import { exactFullGradient } from '../exact.js';
import type { ClipConstants } from '../methods/clipping.js';
import type { Problem } from '../problem.js';
import type { Smoothness } from '../theory/l0l1.js';
import { largest, smallest, squaredDistance, squaredNorm } from '../vectors.js';

/** What a run says about (L0, L1). */
export interface SmoothnessEstimate extends Smoothness {
  /** No pair (L0', L1) with L0' < L0 holds for f. */
  readonly kind: 'lower-bound';
  /** Pairs of points that were used. */
  readonly pairs: number;
  /** The smallest L0 that the run allows for another L1. */
  frontier(L1: number): number;
}

/** Collects points and their gradients. */
export interface SmoothnessEstimator {
  /** Takes the next point [d] of the run and its gradient [d]; both are copied. */
  add(x: ArrayLike<number>, gradient: ArrayLike<number>): void;
  /** @throws RangeError before there are two different points */
  estimate(): SmoothnessEstimate;
}

/** Two neighbouring points. */
interface Pair {
  /** ‖∇f(y) − ∇f(x)‖. */
  readonly change: number;
  readonly distance: number;
  /** The smaller gradient norm of the two. */
  readonly norm: number;
}

/**
 * An estimator to be fed along a run.
 * @param d dimension
 * @example
 * const seen = smoothnessEstimator(problem.d);
 * l0l1Gd(problem, { c0, c1, R, x0, onPoint: (x) => (problem.fullGrad(x, g), seen.add(x, g)) });
 */
export function smoothnessEstimator(d: number): SmoothnessEstimator {
  const where = 'smoothnessEstimator';
  positiveInteger(where, 'd', d);
  const pairs: Pair[] = [];
  const norms: number[] = [];
  let last: { x: Float64Array; g: Float64Array; norm: number } | null = null;
  return {
    add(point, gradient) {
      const x = vector(where, 'x', point, d);
      const g = vector(where, 'gradient', gradient, d);
      const norm = Math.sqrt(squaredNorm(g));
      if (last) {
        const distance = Math.sqrt(squaredDistance(x, 0, last.x, 0, d));
        const change = Math.sqrt(squaredDistance(g, 0, last.g, 0, d));
        if (distance > 0) pairs.push({ change, distance, norm: Math.min(norm, last.norm) });
      }
      norms.push(norm);
      last = { x, g, norm };
    },
    estimate() {
      if (pairs.length === 0) {
        throw new RangeError(`${where}: the run has ${norms.length} points; must have two different ones. Add more.`);
      }
      const frontier = (L1: number): number => {
        nonNegative(where, 'L1', L1);
        return pairs.reduce((most, { change, distance, norm }) => {
          const t = L1 * distance;
          return Math.max(most, (change / distance) * (t === 0 ? 1 : t / scalar.expm1(t)) - L1 * norm);
        }, 0);
      };
      const L1 = minimise((candidate) => {
        const L0 = frontier(candidate);
        return norms.reduce((sum, norm) => sum + scalar.log(L0 + candidate * norm), 0);
      }, pairs);
      return { L0: frontier(L1), L1, kind: 'lower-bound', pairs: pairs.length, frontier };
    },
  };
}

/** The minimiser of `cost` over 0 and a log-spaced grid around the pairs' own slopes, refined by golden sections. */
function minimise(cost: (L1: number) => number, pairs: readonly Pair[]): number {
  const slopes = pairs
    .map(({ change, distance, norm }) => change / (distance * norm))
    .filter((s) => s > 0 && s < Infinity);
  if (slopes.length === 0) return 0;
  const low = scalar.log(smallest(slopes)) - 7;
  const high = scalar.log(largest(slopes)) + 2;
  const count = 200;
  const at = (k: number): number => scalar.exp(low + ((high - low) * k) / count);
  let best = 0;
  for (let k = 1; k <= count; k++) if (cost(at(k)) < cost(at(best))) best = k;
  let [a, b] = [scalar.log(at(Math.max(0, best - 1))), scalar.log(at(Math.min(count, best + 1)))];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let k = 0; k < 40; k++) {
    const [c, e] = [b - golden * (b - a), a + golden * (b - a)];
    if (cost(scalar.exp(c)) <= cost(scalar.exp(e))) b = e;
    else a = c;
  }
  const found = scalar.exp((a + b) / 2);
  return cost(0) <= cost(found) ? 0 : found;
}

/** What `autoConstants` returns. */
export interface AutoConstants extends ClipConstants {
  readonly estimate: SmoothnessEstimate;
  /** Full gradients that were spent. */
  readonly gradients: number;
}

/** Options of `autoConstants`. All defaults are ours. */
export interface AutoConstantsOptions {
  /** Where the run will start [d]. */
  readonly x0: ArrayLike<number>;
  /** Steps of the trial run, two full gradients each. Default 30. */
  readonly steps?: number;
  /** Factor ≥ 1 on both constants, as an estimate is a lower bound. Default 1. */
  readonly safety?: number;
}

/** Length of a probe, of 1/curvature times the gradient. */
const PROBE = 1e-4;

/**
 * Constants c0 = 1.44·L0, c1 = 1.44·L1 (D5) for a problem whose (L0, L1) nobody knows: a short run of gradient descent
 * with step 1/(1.44·ℓ), ℓ the curvature that a probe along the gradient finds, and the estimate along it. c0 is at least
 * 1.44 times the smallest curvature seen.
 * @throws RangeError naming the option that is wrong, or a problem without exact gradients
 */
export function autoConstants(problem: Problem, options: AutoConstantsOptions): AutoConstants {
  const where = 'autoConstants';
  checkProblem(where, problem);
  requireOptions<AutoConstantsOptions>(where, options, { x0: 1, steps: 1, safety: 1 });
  const { d } = problem;
  const full = exactFullGradient(problem);
  if (full === null)
    throw invalid(where, 'problem', problem, 'one with exact gradients', "Add 'clientGrad' or 'fullGrad'.");
  const x = vector(where, 'x0', options.x0, d);
  const count = positiveInteger(where, 'steps', options.steps ?? 30);
  const { safety = 1 } = options;
  if (!(safety >= 1 && safety < Infinity)) throw invalid(where, 'safety', safety, 'a finite number ≥ 1');
  const seen = smoothnessEstimator(d);
  const g = new Float64Array(d);
  const probe = new Float64Array(d);
  const there = new Float64Array(d);
  let gradients = 0;
  let curvature = 0;
  let least = Infinity;
  for (let k = 0; k < count; k++) {
    full(x, g);
    gradients++;
    const norm = Math.sqrt(squaredNorm(g));
    if (norm === 0) break;
    seen.add(x, g);
    const length = PROBE * (curvature > 0 ? norm / curvature : Math.max(1, Math.sqrt(squaredNorm(x))));
    for (let j = 0; j < d; j++) probe[j] = x[j]! - (length / norm) * g[j]!;
    full(probe, there);
    gradients++;
    seen.add(probe, there);
    const found = Math.sqrt(squaredDistance(there, 0, g, 0, d)) / Math.sqrt(squaredDistance(probe, 0, x, 0, d));
    if (!(found > 0 && found < Infinity)) break;
    curvature = found;
    least = Math.min(least, found);
    for (let j = 0; j < d; j++) x[j] = x[j]! - g[j]! / (1.44 * curvature);
  }
  const estimate = seen.estimate();
  const { L0, L1 } = estimate;
  if (least === Infinity) throw invalid(where, 'problem', 'linear along the run', 'curved', 'Start elsewhere.');
  // Beyond the smallest gradient of the run nothing was seen: the smallest curvature is taken to go on there.
  const c0 = 1.44 * safety * Math.max(L0, least);
  return { c0, c1: 1.44 * safety * L1, estimate, gradients };
}
