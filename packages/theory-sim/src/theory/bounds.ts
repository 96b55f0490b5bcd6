/**
 * Bounds with explicit constants (spec §4.2, T1-T8). Each has a wide margin on typical problems; none may ever be exceeded.
 *
 * paper → code: Ξ = (1/n) Σ ‖x_i − x̄‖² → `Xi`, ζ or ζ̄ → `zeta`, `zetaBar`, Δ → `Delta`, T = KR.
 */
import { scalar } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { invalid, nonNegative, positive, positiveInteger } from '../check.js';
import type { Constants } from '../problem.js';
import { checkBudget, checkConstants, gap, type Budget } from './constants.js';

/**
 * What a bound on LocalSGD assumes of the clients:
 * - 'uniform': uniform gradient similarity ζ and weak convexity ρ (T5, T8)
 * - 'averaged': averaged gradient similarity ζ̄, Hessian similarity δ, weak convexity ρ, Lipschitz Hessian M (T6, T7)
 */
export type Similarity = 'uniform' | 'averaged';

/**
 * T1 [ms22 L.8]: ‖(1/n) Σ ∇f_i(x_i) − ∇f(x̄)‖² ≤ 8δ²Ξ + (M²/2)Ξ², for any points x_i.
 * @param constants δ and M
 * @param Xi (1/n) Σ ‖x_i − x̄‖² ≥ 0
 * @returns the right-hand side
 */
export function biasBound(constants: Pick<Constants, 'delta' | 'M'>, Xi: number): number {
  checkConstants('biasBound', constants, ['delta', 'M']);
  if (nonNegative('biasBound', 'Xi', Xi) === 0) return 0;
  return 8 * constants.delta ** 2 * Xi + (constants.M ** 2 / 2) * Xi ** 2;
}

/**
 * T2 [ms22 L.7]: ‖∇f_i(x) − ∇f_i(y) − ∇f(x) + ∇f(y)‖ ≤ δ‖x − y‖.
 * @param constants δ
 * @param distance ‖x − y‖ ≥ 0
 * @returns the right-hand side
 */
export function differenceBound(constants: Pick<Constants, 'delta'>, distance: number): number {
  checkConstants('differenceBound', constants, ['delta']);
  return nonNegative('differenceBound', 'distance', distance) === 0 ? 0 : constants.delta * distance;
}

/**
 * T3 [ms22 L.10]: for η ≤ 1/L, ‖x − y − η(∇f(x) − ∇f(y))‖² ≤ (1 + 6ρη)‖x − y‖². The sharper factor (1 + ρη)² holds too.
 * @param constants L and ρ of the function
 * @param eta step size η
 * @param distance ‖x − y‖ ≥ 0
 * @returns the right-hand side
 * @throws RangeError when η > 1/L
 */
export function contractionBound(constants: Pick<Constants, 'L' | 'rho'>, eta: number, distance: number): number {
  checkConstants('contractionBound', constants, ['L', 'rho']);
  withinCap('contractionBound', eta, 1 / constants.L);
  if (nonNegative('contractionBound', 'distance', distance) === 0) return 0;
  return (1 + 6 * constants.rho * eta) * distance ** 2;
}

/**
 * The largest step size η for which the bounds of LocalSGD hold:
 * - 'uniform', T5 and T8: min{1/L, 1/(12ρK)}
 * - 'averaged', T6 and T7: min{1/L, 1/(36ρK), 1/(17δK), 1/(6K√(Mζ̄)), 1/(5√(Mσ)·K^{3/4})}
 *
 * 0 where a constant that the bounds need is not bounded: they hold for no step size.
 */
export function stepsizeCap(similarity: Similarity, constants: Constants, K: number): number {
  checkConstants('stepsizeCap', constants);
  positiveInteger('stepsizeCap', 'K', K);
  const { L, zeta, zetaBar, delta, rho, M, sigma } = constants;
  if (similarity === 'uniform') return bounded(zeta, rho, sigma) ? Math.min(1 / L, 1 / (12 * rho * K)) : 0;
  if (similarity !== 'averaged') throw invalid('stepsizeCap', 'similarity', similarity, "'uniform' or 'averaged'");
  if (!bounded(zetaBar, delta, rho, M, sigma)) return 0;
  return Math.min(
    1 / L,
    1 / (36 * rho * K),
    1 / (17 * delta * K),
    1 / (6 * K * Math.sqrt(M * zetaBar)),
    1 / (5 * Math.sqrt(M * sigma) * scalar.pow(K, 0.75)),
  );
}

/**
 * How far LocalSGD's clients may drift apart, E Ξ_t at any step of a round [ms22 L.11]:
 * - 'uniform', T5: 24η²K²ζ² + 6η²Kσ²
 * - 'averaged', T6: 36η²K²ζ̄² + 6η²Kσ²
 *
 * @param similarity what is assumed
 * @param constants of the problem; `Delta` is not read
 * @param run η and K
 * @returns the bound; Infinity where a constant it needs is not bounded
 * @throws RangeError when η is above `stepsizeCap`: there is no bound then
 */
export function driftBound(
  similarity: Similarity,
  constants: Constants,
  run: { readonly eta: number; readonly K: number },
): number {
  requireOptions('driftBound', run, { eta: 1, K: 1 });
  const { eta, K } = run;
  const cap = stepsizeCap(similarity, constants, K);
  if (cap === 0) return Infinity;
  withinCap('driftBound', eta, cap);
  return drift(similarity, constants, eta, K);
}

/**
 * What LocalSGD guarantees: (1/T) Σ_t E‖∇f(x̄_t)‖² over the T = KR virtual averages x̄_t, with η_g = 1 [derived in the spec]:
 * - 'uniform', T8: 2Δ/(ηT) + ηLσ²/n + L²(24η²K²ζ² + 6η²Kσ²)
 * - 'averaged', T7: 2Δ/(ηT) + ηLσ²/n + 288η²δ²K²ζ̄² + 48η²δ²Kσ² + 1296η⁴M²K⁴ζ̄⁴ + 36η⁴M²K²σ⁴
 *
 * T7's last two terms come from (E Ξ)²; with noise and M > 0 they stand for E Ξ², which T6 does not bound by itself.
 * @param similarity what is assumed
 * @param constants of the problem, with `Delta`
 * @param run η, K, R and n
 * @returns the bound; Infinity where a constant it needs is not bounded
 * @throws RangeError when η is above `stepsizeCap`, or Δ is left out
 */
export function averagedGradientBound(
  similarity: Similarity,
  constants: Constants,
  run: Budget & { readonly eta: number },
): number {
  const where = 'averagedGradientBound';
  requireOptions(where, run, { eta: 1, K: 1, R: 1, n: 1 });
  const { eta, ...budget } = run;
  checkBudget(where, budget);
  const { K, R, n } = budget;
  const cap = stepsizeCap(similarity, constants, K);
  if (cap === 0) return Infinity;
  withinCap(where, eta, cap);
  const { L, zetaBar, delta, M, sigma } = constants;
  const descent = (2 * gap(where, constants)) / (eta * K * R) + (eta * L * sigma ** 2) / n;
  if (similarity === 'uniform') return descent + L ** 2 * drift(similarity, constants, eta, K);
  return (
    descent +
    8 * delta ** 2 * drift(similarity, constants, eta, K) +
    1296 * M ** 2 * scalar.pow(eta * K * zetaBar, 4) +
    36 * M ** 2 * K ** 2 * scalar.pow(eta * sigma, 4)
  );
}

/** T5 or T6, without checks. */
function drift(similarity: Similarity, { zeta, zetaBar, sigma }: Constants, eta: number, K: number): number {
  const dissimilarity = similarity === 'uniform' ? 24 * zeta ** 2 : 36 * zetaBar ** 2;
  return eta ** 2 * (K ** 2 * dissimilarity + 6 * K * sigma ** 2);
}

function bounded(...constants: number[]): boolean {
  return constants.every((c) => c < Infinity);
}

function withinCap(where: string, eta: number, cap: number): void {
  positive(where, 'eta', eta);
  if (eta > cap) throw invalid(where, 'eta', eta, `at most ${cap} for these constants`, 'Nothing is proved above it.');
}
