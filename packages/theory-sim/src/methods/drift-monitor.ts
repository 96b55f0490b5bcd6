/**
 * Watches how far local steps may drift: α·H·a_m ≤ 1/4 with a_m = L0 + L1‖∇f_m(x)‖ is what D4 asks for (spec of (L0, L1),
 * §4.2), and the cosine of the jump's direction with the clients' mean gradient at the start tells what drift did to it.
 */
import { nonNegative } from '../check.js';
import type { Problem } from '../problem.js';
import type { Smoothness } from '../theory/l0l1.js';
import { dot, squaredNorm } from '../vectors.js';

/** What a round's local steps looked like. */
export interface Drift {
  /** max_m α_m·τ·a_m(x) over the clients of the round; D4 holds up to 1/4. */
  readonly ratio: number;
  /** The smallest α_m of the round. */
  readonly alpha: number;
  /** Cosine between the jump's direction and the mean of the clients' first gradients; 1 where one is zero. */
  readonly cosine: number;
}

/** Options of the monitor: the constants of the f_m, and what to do. */
export interface DriftMonitorOptions extends Smoothness {
  /** Called after each round's local steps. */
  readonly onDrift?: (drift: Drift) => void;
  /** Every client takes the smaller of α and 1/(4τ·a_m(x)), known after its first gradient. Default false. */
  readonly reduce?: boolean;
}

/** The monitor of a run. */
export interface DriftMonitor {
  /** α of the client that is on its path. */
  readonly alpha: number;
  /** Takes a client's first gradient of the round. */
  readonly first: (gradient: Float64Array) => void;
  /** Ends the round whose jump goes along −g. */
  round(g: Float64Array): void;
}

/** @throws RangeError or TypeError naming the option that is wrong */
export function driftMonitor(
  where: string,
  { d }: Problem,
  options: DriftMonitorOptions & { readonly alpha: number; readonly tau: number },
): DriftMonitor {
  const { alpha, tau, reduce = false } = options;
  const L0 = nonNegative(where, 'drift.L0', options.L0);
  const L1 = nonNegative(where, 'drift.L1', options.L1);
  const start = new Float64Array(d);
  let own = alpha;
  let smallest = alpha;
  let ratio = 0;
  return {
    get alpha() {
      return own;
    },
    first(gradient) {
      const reach = tau * (L0 + L1 * Math.sqrt(squaredNorm(gradient)));
      own = reduce ? Math.min(alpha, 1 / (4 * reach)) : alpha;
      smallest = Math.min(smallest, own);
      ratio = Math.max(ratio, own * reach);
      for (let j = 0; j < d; j++) start[j] = start[j]! + gradient[j]!;
    },
    round(g) {
      const norms = Math.sqrt(squaredNorm(start) * squaredNorm(g));
      options.onDrift?.({ alpha: smallest, ratio, cosine: norms > 0 ? dot(start, g) / norms : 1 });
      smallest = alpha;
      ratio = 0;
      start.fill(0);
    },
  };
}
