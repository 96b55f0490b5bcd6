/**
 * Big-O rates of (1/T) Σ_t E‖∇f(x̄_t)‖² (spec §4.1, §4.5), every hidden constant taken as 1. They compare how quantities
 * scale; they are no bounds. Explicit bounds: `averagedGradientBound`.
 *
 * paper → code: K (or τ) local steps, R rounds, n clients, Δ ≥ f(x_0) − inf f → `Delta`, K(T) → `coupling`.
 */
import { scalar } from '@assay-ml/numerics';
import { invalid } from '../check.js';
import type { MethodName } from '../methods/options.js';
import type { Constants } from '../problem.js';
import { checkBudget, checkConstants, gap, type Budget } from './constants.js';

/**
 * The four rates of LocalSGD, by what is assumed besides L-smoothness and noise σ: 0 averaged gradient similarity ζ̄ (older
 * work), 1 also Hessian similarity δ and M, 2 uniform gradient similarity ζ and weak convexity ρ, 3 all but uniform ζ: ζ̄, δ, ρ
 * and M.
 */
export type RateCase = 0 | 1 | 2 | 3;

/** The constants a rate reads, besides L, σ and Δ. They must be finite for the rate to say anything. */
export const rateNeeds: Readonly<Record<RateCase | 'minibatchSgd' | 'scaffold', readonly (keyof Constants)[]>> = {
  0: ['zetaBar'],
  1: ['zetaBar', 'delta', 'M'],
  2: ['zeta', 'rho'],
  3: ['zetaBar', 'delta', 'rho', 'M'],
  minibatchSgd: [],
  scaffold: ['delta', 'rho'],
};

/** A rate at given constants and budget. */
export interface Rate {
  /** The sum of the terms; Infinity where a constant that it needs is not bounded. */
  readonly value: number;
  /** What falls as R grows without noise or heterogeneity: (effective smoothness)·Δ/R. */
  readonly optimization: number;
  /** √(LΔσ²/(nKR)), the same in every rate. */
  readonly statistical: number;
  /** What drift between the clients adds; 0 for minibatch SGD and SCAFFOLD. */
  readonly drift: number;
  /**
   * 'ms22': Theorem 1 of the first author's earlier manuscript, which the paper's own rates may improve in their
   * σ-terms. 'prior': known before; for SCAFFOLD Karimireddy et al. 2020, proved there for quadratics and quoted here from
   * general knowledge; the paper's own theorem was not found.
   */
  readonly source: 'ms22' | 'prior';
  /** The rate in symbols. */
  readonly formula: string;
}

const statisticalTerm = '√(LΔσ²/(nKR))';
const coupling = '(δΔζ̄/R)^{2/3} + (δΔσ)^{2/3}/(K^{1/3}R^{2/3}) + (M²Δ⁴ζ̄⁴/R⁴)^{1/5} + (M²Δ⁴σ⁴)^{1/5}/(K^{2/5}R^{4/5})';
const formulas = {
  0: `LΔ/R + ${statisticalTerm} + (LΔζ̄/R)^{2/3} + (LΔσ)^{2/3}/(K^{1/3}R^{2/3})`,
  1: `LΔ/R + ${statisticalTerm} + ${coupling}`,
  2: `(L/K + ρ)Δ/R + ${statisticalTerm} + (LΔζ/R)^{2/3} + (LΔσ)^{2/3}/(K^{1/3}R^{2/3})`,
  3: `(L/K + ρ + δ + √(Mζ̄) + √(Mσ)/K^{1/4})Δ/R + ${statisticalTerm} + ${coupling}`,
  minibatchSgd: `LΔ/R + ${statisticalTerm}`,
  scaffold: `(L/K + δ + ρ)Δ/R + ${statisticalTerm}`,
};

/**
 * The rate of a method.
 *
 * SCAFFOLD's reads (L/K + δ + ρ)Δ/R: the known one has δ alone, but asks for δ-weak convexity too, so its δ is at most δ + ρ
 * and at least half of that. Its gain over minibatch SGD is then min(K, L/(δ + ρ)).
 * @param method the method
 * @param rateCase of LocalSGD's rates; null for the other methods, which have one
 * @param constants of the problem, with `Delta`; those of `rateNeeds` may be Infinity, and the rate is then, too
 * @param budget K, R and n
 * @throws RangeError naming the option that is wrong
 */
export function rateBound(method: MethodName, rateCase: RateCase | null, constants: Constants, budget: Budget): Rate {
  const where = 'rateBound';
  checkConstants(where, constants);
  checkBudget(where, budget);
  const key = keyOf(where, method, rateCase);
  const Delta = gap(where, constants);
  const { L, zeta, zetaBar, delta, rho, M, sigma } = constants;
  const { K, R, n } = budget;
  const source = key === 'minibatchSgd' || key === 'scaffold' || key === 0 ? 'prior' : 'ms22';
  const formula = formulas[key];
  const finite = [...rateNeeds[key], 'sigma', 'Delta'].every((name) => constants[name as keyof Constants] !== Infinity);
  if (!finite) {
    return { value: Infinity, optimization: Infinity, statistical: Infinity, drift: Infinity, source, formula };
  }
  const statistical = Math.sqrt((L * Delta * sigma ** 2) / (n * K * R));
  /** Drift of a client whose gradient differs by `dissimilarity`, felt through Hessians of size `similarity`. */
  const firstOrder = (similarity: number, dissimilarity: number): number =>
    scalar.pow((similarity * Delta * dissimilarity) / R, 2 / 3) +
    scalar.pow(similarity * Delta * sigma, 2 / 3) / (scalar.cbrt(K) * scalar.pow(R, 2 / 3));
  const secondOrder = (): number =>
    scalar.pow(M ** 2 * scalar.pow((Delta * zetaBar) / R, 4), 1 / 5) +
    scalar.pow(M ** 2 * scalar.pow(Delta * sigma, 4), 1 / 5) / (scalar.pow(K, 2 / 5) * scalar.pow(R, 4 / 5));
  const [smoothness, drift] = {
    0: () => [L, firstOrder(L, zetaBar)] as const,
    1: () => [L, firstOrder(delta, zetaBar) + secondOrder()] as const,
    2: () => [L / K + rho, firstOrder(L, zeta)] as const,
    3: () =>
      [
        L / K + rho + delta + Math.sqrt(M * zetaBar) + Math.sqrt(M * sigma) / scalar.pow(K, 0.25),
        firstOrder(delta, zetaBar) + secondOrder(),
      ] as const,
    minibatchSgd: () => [L, 0] as const,
    scaffold: () => [L / K + delta + rho, 0] as const,
  }[key]();
  const optimization = (smoothness * Delta) / R;
  return { value: optimization + statistical + drift, optimization, statistical, drift, source, formula };
}

function keyOf(where: string, method: MethodName, rateCase: RateCase | null): RateCase | 'minibatchSgd' | 'scaffold' {
  if (method === 'localSgd') {
    if (rateCase !== null && [0, 1, 2, 3].includes(rateCase)) return rateCase;
    throw invalid(where, 'rateCase', rateCase, '0, 1, 2 or 3 for localSgd');
  }
  if (method !== 'minibatchSgd' && method !== 'scaffold') {
    throw invalid(where, 'method', method, "'minibatchSgd', 'localSgd' or 'scaffold'");
  }
  if (rateCase !== null) throw invalid(where, 'rateCase', rateCase, `null for ${method}, which has one rate`);
  return method;
}
