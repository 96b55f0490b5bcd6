/**
 * Family Q with structured differences, for sizes where n dense matrices do not fit (spec §6, full tier):
 *
 *   E_i = ±δ (u uᵀ − v vᵀ),   ‖u‖ = ‖v‖ = 1, uᵀv = 0
 *
 * Clients 2m and 2m + 1 share u and v with opposite signs, so Σ E_i = 0 and ‖E_i‖₂ = δ exactly. Everything else is family Q's:
 * Λ, b_i and the cosines, with the same directions for the same seed.
 */
import { stream } from '@assay-ml/numerics';
import { invalid } from '../check.js';
import { normalize } from '../vectors.js';
import { familyOptions, type Family, type FamilyOptions } from './family.js';
import { quadratic } from './quadratic.js';

/**
 * An instance in O(nd) memory. Constants as family Q's, but with δ > 0 the smoothness L = λ_max + ρ + δ is an upper bound.
 * @throws RangeError naming the option that is wrong; n must be even and d at least 2
 */
export function lowRank(options: FamilyOptions): Family {
  const where = 'lowRank';
  const checked = familyOptions(where, options);
  const { n, d, delta, seed } = checked;
  if (n % 2 !== 0) throw invalid(where, 'n', n, 'even', 'Clients come in pairs of opposite sign.');
  if (d < 2) throw invalid(where, 'd', d, 'at least 2', 'u and v are orthogonal.');
  const shared = quadratic({ ...checked, delta: 0 });
  const pairs = Array.from({ length: n / 2 }, (_, m) => orthonormalPair(d, seed, m));
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    shared.clientGrad(client, x, out);
    const { u, v } = pairs[client >> 1]!;
    let alongU = 0;
    let alongV = 0;
    for (let j = 0; j < d; j++) {
      alongU += u[j]! * x[j]!;
      alongV += v[j]! * x[j]!;
    }
    const scale = client % 2 === 0 ? delta : -delta;
    for (let j = 0; j < d; j++) out[j] = out[j]! + scale * (alongU * u[j]! - alongV * v[j]!);
  };
  const unbounded = delta > 0 ? { zeta: Infinity, zetaBar: Infinity } : {};
  return {
    ...shared,
    name: where,
    grad: clientGrad,
    clientGrad,
    constants: { ...shared.constants, ...unbounded, L: shared.constants.L + delta, delta },
    upperBounds: { ...shared.upperBounds, ...unbounded, L: shared.upperBounds.L + delta, delta },
  };
}

/** Two orthonormal directions of the seed, by Gram-Schmidt. */
function orthonormalPair(
  d: number,
  seed: number,
  pair: number,
): { readonly u: Float64Array; readonly v: Float64Array } {
  const draw = stream(seed, 'lowRank', 'directions').at(pair);
  const u = normalize(draw.fillNormal(new Float64Array(d)));
  const v = draw.fillNormal(new Float64Array(d));
  const along = v.reduce((sum, value, j) => sum + value * u[j]!, 0);
  return { u, v: normalize(v.map((value, j) => value - along * u[j]!)) };
}
