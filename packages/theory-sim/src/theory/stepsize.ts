import { scalar } from '@assay-ml/numerics';
import { invalid } from '../check.js';
import type { MethodName } from '../methods/options.js';
import type { Constants } from '../problem.js';
import { stepsizeCap } from './bounds.js';
import { checkBudget, checkConstants, gap, type Budget } from './constants.js';

/**
 * The constant step size that the theory asks for, as the option `eta` of the method:
 * - `localSgd` (ms22, spec §4.2): the minimum of T6's caps and of √(2nΔ/(LKRσ²)), (Δ/(144δ²K³Rζ̄²))^{1/3},
 *   (Δ/(24δ²K²Rσ²))^{1/3}, (Δ/(648M²K⁵Rζ̄⁴))^{1/5}, (Δ/(18M²K³Rσ⁴))^{1/5}; η_g = 1
 * - `scaffold` (spec §4.5, a recommendation, not a theorem): min{1/L, 1/(K(δ + ρ))}; η_g = 1
 * - `minibatchSgd`: min{1/L, √(2nKΔ/(LRσ²))}, which balances 2Δ/(ηR) and ηLσ²/(nK)
 *
 * These are safe, not fast: a tuned step size is often ten times larger (see `tune`).
 * @param method the method
 * @param constants of the problem; `Delta` is read by `localSgd`, and by `minibatchSgd` when σ > 0
 * @param budget K, R and n
 * @throws RangeError naming the constant or option that is wrong, left out or, where the theory gives no positive step
 *   size, not bounded
 */
export function theoreticalStepsize(method: MethodName, constants: Constants, budget: Budget): number {
  const where = 'theoreticalStepsize';
  checkConstants(where, constants);
  checkBudget(where, budget);
  const { L, zetaBar, delta, rho, M, sigma } = constants;
  const { K, R, n } = budget;
  if (method === 'localSgd') {
    const Delta = gap(where, constants);
    return possible(where, constants, ['zetaBar', 'delta', 'rho', 'M', 'sigma'], () =>
      Math.min(
        stepsizeCap('averaged', constants, K),
        root(2 * n * Delta, L * K * R * sigma ** 2, 2),
        root(Delta, 144 * delta ** 2 * scalar.pow(K, 3) * R * zetaBar ** 2, 3),
        root(Delta, 24 * delta ** 2 * K ** 2 * R * sigma ** 2, 3),
        root(Delta, 648 * M ** 2 * scalar.pow(K, 5) * R * scalar.pow(zetaBar, 4), 5),
        root(Delta, 18 * M ** 2 * scalar.pow(K, 3) * R * scalar.pow(sigma, 4), 5),
      ),
    );
  }
  if (method === 'scaffold') {
    return possible(where, constants, ['delta', 'rho'], () => Math.min(1 / L, 1 / (K * (delta + rho))));
  }
  if (method === 'minibatchSgd') {
    if (sigma === 0) return 1 / L;
    return possible(where, constants, ['sigma'], () =>
      Math.min(1 / L, root(2 * n * K * gap(where, constants), L * R * sigma ** 2, 2)),
    );
  }
  throw invalid(where, 'method', method, "'minibatchSgd', 'localSgd' or 'scaffold'");
}

/** (a/b)^{1/p}; Infinity at b = 0, where the term of the bound is absent. */
function root(a: number, b: number, p: number): number {
  return scalar.pow(a / b, 1 / p);
}

function possible(where: string, constants: Constants, needed: (keyof Constants)[], stepsize: () => number): number {
  const unbounded = needed.find((name) => constants[name] === Infinity);
  if (unbounded === undefined) return stepsize();
  throw invalid(
    where,
    `constants.${unbounded}`,
    Infinity,
    'finite for this method',
    'The theory gives no step size; tune it, or pass what holds on the region of the run.',
  );
}
