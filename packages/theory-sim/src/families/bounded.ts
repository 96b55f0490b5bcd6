/**
 * Family W (spec §3.5): heterogeneity that is bounded everywhere, so that every assumption holds globally.
 *
 *   f(x) = ½ Σ_j λ_j x_j² + ρ Σ_j cos x_j,   f_i(x) = f(x) + ε_i (bᵀx + δ Σ_j sin(x_j + φ_j)),   ε_i = +1, −1, +1, …
 *
 * paper → code: λ → `lambda` (log-spaced in [l_min, L]), ‖b‖ → `zeta`, δ → `delta`, ρ → `rho`, φ → `phi`. The direction of
 * b and the phases φ, uniform in [0, 2π), are the seed's: instances that differ in δ, ζ, ρ or n alone are comparable.
 */
import { cos, sin, stream } from '@assay-ml/numerics';
import { invalid } from '../check.js';
import { squaredNorm } from '../vectors.js';
import { cosineInfimum, familyOptions, logSpaced, type Family, type FamilyOptions } from './family.js';

/**
 * An instance of family W. `zeta` is ‖b‖. The constants are exact, as everything separates by coordinates:
 *
 * - L = max_j (λ_j + √(ρ² + δ² + 2ρδ|sin φ_j|)): the Hessian of f_i has the entries λ_j − ρ cos x − ε_i δ sin(x + φ_j), and
 *   ρ cos x + ε δ sin(x + φ) is a cosine of amplitude √(ρ² + δ² + 2ερδ sin φ);
 * - ζ = ζ̄ = √Σ_j (|b_j| + δ)², reached where every cos(x_j + φ_j) has the sign of b_j;
 * - δ; and M = ρ and weak convexity max(0, ρ − l_min) for f itself, which are upper bounds over the hull of the f_i.
 * @throws RangeError naming the option that is wrong; n must be even
 */
export function bounded(options: FamilyOptions): Family {
  const where = 'bounded';
  const { n, d, L, lMin, delta, zeta, rho, seed } = familyOptions(where, options);
  if (n % 2 !== 0) throw invalid(where, 'n', n, 'even', 'Half of the clients get +, the other half −.');
  const lambda = logSpaced(d, lMin, L);
  const phi = stream(seed, where, 'phase').fillUniform(new Float64Array(d));
  const b = stream(seed, where, 'linear').fillNormal(new Float64Array(d));
  const scale = zeta / Math.sqrt(squaredNorm(b));
  for (let j = 0; j < d; j++) {
    phi[j] = 2 * Math.PI * phi[j]!;
    b[j] = scale * b[j]!;
  }
  const buffer = new Float64Array(d);
  const fullGrad = (x: Float64Array, out: Float64Array): void => {
    if (rho > 0) sin(x, buffer);
    for (let j = 0; j < d; j++) out[j] = lambda[j]! * x[j]! - (rho > 0 ? rho * buffer[j]! : 0);
  };
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    fullGrad(x, out);
    const epsilon = client % 2 === 0 ? 1 : -1;
    if (delta > 0) {
      for (let j = 0; j < d; j++) buffer[j] = x[j]! + phi[j]!;
      cos(buffer, buffer);
    }
    for (let j = 0; j < d; j++) out[j] = out[j]! + epsilon * (b[j]! + (delta > 0 ? delta * buffer[j]! : 0));
  };
  const amplitude = sin(phi, new Float64Array(d)).map((s) =>
    Math.sqrt(rho * rho + delta * delta + 2 * rho * delta * Math.abs(s)),
  );
  const dissimilarity = Math.sqrt(squaredNorm(b.map((value) => Math.abs(value) + delta)));
  const bound = zeta + delta * Math.sqrt(d);
  return {
    name: where,
    n,
    d,
    exact: true,
    grad: clientGrad,
    clientGrad,
    fullGrad,
    value(x) {
      cos(x, buffer);
      let sum = 0;
      for (let j = 0; j < d; j++) sum += 0.5 * lambda[j]! * x[j]! * x[j]! + rho * buffer[j]!;
      return sum;
    },
    infimum: cosineInfimum(lambda, rho),
    constants: {
      L: amplitude.reduce((max, a, j) => Math.max(max, lambda[j]! + a), 0),
      zeta: dissimilarity,
      zetaBar: dissimilarity,
      delta,
      rho: Math.max(0, rho - lMin),
      M: rho,
      sigma: 0,
    },
    upperBounds: { L: L + rho + delta, zeta: bound, zetaBar: bound, delta, rho, M: rho, sigma: 0 },
  };
}
