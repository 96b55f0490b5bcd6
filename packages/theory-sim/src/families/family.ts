import { cos, exp, log, sin } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { nonNegative, positive, positiveInteger, nonNegativeInteger } from '../check.js';
import type { Constants, Problem } from '../problem.js';

/** Options that the families share. Where a family reads one differently, its docstring says so. */
export interface FamilyOptions {
  /** Number of clients. */
  readonly n: number;
  /** Dimension. */
  readonly d: number;
  /** Largest eigenvalue of Λ, > 0. Default 1. */
  readonly L?: number;
  /** Smallest eigenvalue of Λ, in (0, L]. Default L/100. With d = 1 the one eigenvalue is L. */
  readonly lMin?: number;
  /** Hessian similarity δ ≥ 0. Default 0. */
  readonly delta?: number;
  /** Size of the linear terms: root of the mean ‖b_i‖², ≥ 0. Default 0. */
  readonly zeta?: number;
  /** Weight ρ ≥ 0 of the cosines. Default 0. */
  readonly rho?: number;
  /** Seed of the instance. Default 0. */
  readonly seed?: number;
}

/**
 * The options of a family with its defaults.
 * @throws RangeError naming the option that is wrong
 */
export function familyOptions(where: string, options: FamilyOptions): Required<FamilyOptions> {
  requireOptions<FamilyOptions>(where, options, { n: 1, d: 1, L: 1, lMin: 1, delta: 1, zeta: 1, rho: 1, seed: 1 });
  const n = positiveInteger(where, 'n', options.n);
  const d = positiveInteger(where, 'd', options.d);
  const { L = 1, lMin = 0.01 * L, delta = 0, zeta = 0, rho = 0, seed = 0 } = options;
  positive(where, 'L', L);
  positive(where, 'lMin', lMin);
  if (lMin > L) throw new RangeError(`${where}: 'lMin' is ${lMin}; must be at most L = ${L}. Lower it, or raise L.`);
  for (const [name, value] of Object.entries({ delta, zeta, rho })) nonNegative(where, name, value);
  nonNegativeInteger(where, 'seed', seed);
  if (n === 1 && (delta > 0 || zeta > 0)) {
    throw new RangeError(
      `${where}: 'n' is 1; must be at least 2 when delta or zeta is positive: one client cannot differ from the mean. Add clients.`,
    );
  }
  // With d = 1 the one eigenvalue is L.
  return { n, d, L, lMin: d === 1 ? L : lMin, delta, zeta, rho, seed };
}

/** A problem whose constants are known. */
export interface Family extends Problem {
  readonly exact: true;
  clientGrad(client: number, x: Float64Array, out: Float64Array): void;
  fullGrad(x: Float64Array, out: Float64Array): void;
  value(x: Float64Array): number;
  readonly constants: Constants;
  /** The spec's upper bounds (§3.5), which the exact constants never exceed. */
  readonly upperBounds: Constants;
  /** inf f, so that Δ = value(x_0) − infimum; −Infinity when f has none. */
  readonly infimum: number;
}

/** `d` numbers from `low` to `high` with equal ratios; the ends are exact. d = 1: `high`. */
export function logSpaced(d: number, low: number, high: number): Float64Array {
  const ends = log(Float64Array.of(low, high), new Float64Array(2));
  const out = Float64Array.from({ length: d }, (_, j) => ends[0]! + ((ends[1]! - ends[0]!) * j) / Math.max(1, d - 1));
  exp(out, out);
  out[0] = low;
  out[d - 1] = high;
  return out;
}

/** inf Σ_j (½ λ_j x² + ρ cos x): at 0 where λ_j ≥ ρ, else at the root of λx = ρ sin x in (0, π), found by bisection. */
export function cosineInfimum(lambda: Float64Array, rho: number): number {
  const at = new Float64Array(1);
  const image = new Float64Array(1);
  let sum = 0;
  for (const l of lambda) {
    let low = 0;
    let high = l >= rho ? 0 : Math.PI;
    for (let k = 0; k < 60 && high > 0; k++) {
      at[0] = 0.5 * (low + high);
      sin(at, image);
      if (rho * image[0]! > l * at[0]!) low = at[0]!;
      else high = at[0]!;
    }
    at[0] = high;
    cos(at, image);
    sum += 0.5 * l * high * high + rho * image[0]!;
  }
  return sum;
}
