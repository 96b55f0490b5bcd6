import { invalid } from '../check.js';
import { exactClientGradient, exactFullGradient } from '../exact.js';
import { spread, squaredDistance, squaredNorm } from '../vectors.js';
import type { Observer } from './local-phase.js';
import type { RoundMetrics } from './metrics.js';
import type { Checked } from './options.js';

/** Measures a run with the problem's exact gradients. Made only when an option asks for it. */
export interface Recorder {
  /** True when rounds are measured, false when only the target or the theorems' metric is. */
  readonly detailed: boolean;
  /** To be called before each local step; null when nothing needs it. */
  readonly observe: Observer | null;
  /** Σ_t ‖∇f(x̄_t)‖² and number of terms of the round in progress. */
  squares: number;
  terms: number;
  /** ‖∇f(x)‖². */
  gradientNorm2(x: Float64Array): number;
  /** Adds the virtual average `x` to the theorems' metric. */
  average(x: Float64Array): void;
  /** The metrics of the round that just ended with the clients' points [S·d]; `points` null: all at the server point. */
  round(
    round: number,
    x: Float64Array,
    points: Float64Array | null,
    clients: Uint32Array | null,
    controls?: Float64Array,
  ): RoundMetrics;
}

/** @throws RangeError when an option needs exact gradients and the problem has none. */
export function recorder({ where, problem, options, state }: Checked): Recorder | null {
  const detailed = options.metrics === true || options.onRound !== undefined;
  if (!detailed && !options.averaged && options.target === undefined) return null;
  const client = exactClientGradient(problem);
  const full = exactFullGradient(problem);
  if (full === null || (detailed && client === null)) {
    const name = detailed ? 'metrics' : options.averaged ? 'averaged' : 'target';
    throw invalid(
      where,
      name,
      true,
      'left out for a problem without exact gradients',
      "Add 'clientGrad' or 'fullGrad' to the problem.",
    );
  }
  const { d, n } = problem;
  const gradient = new Float64Array(d);
  const mean = new Float64Array(d);
  const total = new Float64Array(d);
  let maxDrift = 0;
  const centre = (points: Float64Array): number => {
    const count = points.length / d;
    mean.fill(0);
    for (let s = 0; s < count; s++) for (let j = 0; j < d; j++) mean[j] = mean[j]! + points[s * d + j]! / count;
    return count;
  };
  const self: Recorder = {
    detailed,
    observe:
      detailed || options.averaged
        ? (k, points) => {
            const count = centre(points);
            if (options.averaged) self.average(mean);
            if (detailed) maxDrift = k === 0 ? 0 : Math.max(maxDrift, spread(points, count, mean));
          }
        : null,
    squares: 0,
    terms: 0,
    gradientNorm2(x) {
      full(x, gradient);
      return squaredNorm(gradient);
    },
    average(x) {
      self.squares += self.gradientNorm2(x);
      self.terms += 1;
    },
    round(round, x, points, clients, controls) {
      let drift = 0;
      let bias = 0;
      if (points !== null && clients !== null) {
        const count = centre(points);
        drift = spread(points, count, mean);
        total.fill(0);
        for (let s = 0; s < count; s++) {
          client!(clients[s]!, points.subarray(s * d, (s + 1) * d), gradient);
          for (let j = 0; j < d; j++) total[j] = total[j]! + gradient[j]! / count;
        }
        full(mean, gradient);
        bias = Math.sqrt(squaredDistance(total, 0, gradient, 0, d));
      }
      let error = 0;
      if (controls) {
        for (let i = 0; i < n; i++) {
          client!(i, x, gradient);
          error += squaredDistance(controls, i * d, gradient, 0, d) / n;
        }
      }
      return {
        round,
        gradientNorm2: self.gradientNorm2(x),
        ...(problem.value ? { value: problem.value(x) } : {}),
        ...(problem.gap ? { gap: problem.gap(x) } : {}),
        drift,
        maxDrift: Math.max(maxDrift, drift),
        bias,
        ...(controls ? { controlError: Math.sqrt(error) } : {}),
        bytesUp: 8 * state.ledger.floatsUp,
        bytesDown: 8 * state.ledger.floatsDown,
        gradientCalls: state.ledger.gradientCalls,
      };
    },
  };
  return self;
}
