/**
 * How well SCAFFOLD's corrected gradients point along ∇f, and what T15 (spec §4.2) allows: with exact gradients, full
 * participation, option II and equal K, at a local point y of client i,
 *
 *   ‖∇f_i(y) − c_i + c − ∇f(y)‖ ≤ δ (mean_k ‖y − y_i^k‖ + mean_{j,k} ‖y_j^k − x'‖) + L mean_{j,k} ‖y_i^k − y_j^k‖
 *
 * where y_j^k are the points at which the previous round's gradients were taken and x' = y_j^0 is where it started.
 */
import { exactClientGradient, exactFullGradient } from '../exact.js';
import type { Constants, Problem } from '../problem.js';
import { squaredDistance } from '../vectors.js';
import type { Observer } from './local-phase.js';
import type { RoundMetrics } from './metrics.js';

/** Measures both sides of T15 at the point of each round where the left one is largest. */
export interface CorrectionRecorder {
  /** To be called before each local step. */
  readonly observe: Observer;
  /** To be called after each round. */
  round(): Pick<RoundMetrics, 'correctionError' | 'correctionBound'>;
}

/**
 * @param problem exact; the bound needs its `constants`
 * @param K local steps of every client
 * @param shift the corrections c − c_i [n·d] of the round in progress
 * @param start point [d] of the gradients that are the first controls; null when they are something else
 */
export function correctionRecorder(
  problem: Problem,
  K: number,
  shift: Float64Array,
  start: Float64Array | null,
): CorrectionRecorder {
  const { n, d, constants } = problem;
  const client = exactClientGradient(problem)!;
  const full = exactFullGradient(problem)!;
  const own = new Float64Array(d);
  const mean = new Float64Array(d);
  let current = new Float64Array(K * n * d);
  let previous = Float64Array.from(current, (_, at) => start?.[at % d] ?? 0);
  let known = start !== null;
  let error = 0;
  /** Where the error was largest: start of y in `current`, and i. */
  let at = 0;
  let worst = 0;
  const place = (k: number, j: number): number => (k * n + j) * d;
  const distance = (x: Float64Array, xAt: number, y: Float64Array, yAt: number): number =>
    Math.sqrt(squaredDistance(x, xAt, y, yAt, d));
  const bound = ({ L, delta }: Constants): number => {
    let travelled = 0;
    let apart = 0;
    for (let k = 0; k < K; k++) {
      travelled += distance(current, at, previous, place(k, worst)) / K;
      for (let j = 0; j < n; j++) {
        travelled += distance(previous, place(k, j), previous, 0) / (K * n);
        apart += distance(previous, place(k, worst), previous, place(k, j)) / (K * n);
      }
    }
    return delta * travelled + L * apart;
  };
  return {
    observe(k, points) {
      if (k === 0) error = -1;
      current.set(points, place(k, 0));
      for (let i = 0; i < n; i++) {
        const y = points.subarray(i * d, (i + 1) * d);
        client(i, y, own);
        full(y, mean);
        for (let j = 0; j < d; j++) own[j] = own[j]! + shift[i * d + j]!;
        const size = distance(own, 0, mean, 0);
        if (size > error) {
          error = size;
          at = place(k, i);
          worst = i;
        }
      }
    },
    round() {
      const sides = { correctionError: error, ...(known && constants ? { correctionBound: bound(constants) } : {}) };
      [current, previous] = [previous, current];
      known = true;
      return sides;
    },
  };
}
