/**
 * Family H (spec §3.5): clients that share one Hessian and differ by linear terms alone.
 *
 *   f_i(x) = f(x) + b_iᵀx,   Σ_i b_i = 0,   f(x) = ½ Σ_j λ_j x_j² + ρ Σ_j (cos x_j − 1)
 *
 * It is family Q at δ = 0, with the same directions for the same seed.
 */
import { invalid } from '../check.js';
import { familyOptions, type FamilyOptions } from './family.js';
import { quadratic, type QuadraticFamily } from './quadratic.js';

/**
 * An instance of family H. All constants are exact: L = λ_max + ρ, ζ = max ‖b_i‖, ζ̄ = `zeta`, δ = 0, M = ρ and weak convexity
 * max(0, ρ − l_min).
 * @throws RangeError naming the option that is wrong; ζ > 0 needs n ≥ 2
 */
export function homogeneousHessian(options: Omit<FamilyOptions, 'delta'>): QuadraticFamily {
  const where = 'homogeneousHessian';
  const checked = familyOptions(where, options);
  if (checked.delta > 0) throw invalid(where, 'delta', checked.delta, '0', "Use 'quadratic' for Hessians that differ.");
  const family = quadratic(checked);
  // A spread leaves `descend` behind.
  return Object.defineProperty({ ...family, name: where }, 'descend', { value: family.descend });
}
