/**
 * Family Q (spec §3.5): quadratics with a known distance between their Hessians, and a non-quadratic variant.
 *
 *   f_i(x) = ½ xᵀ(Λ + E_i)x + b_iᵀx + ρ Σ_j (cos x_j − 1),   Σ_i E_i = 0,  Σ_i b_i = 0
 *
 * paper → code: Λ → `lambda` (log-spaced in [l_min, L]), max_i ‖E_i‖₂ = δ → `delta`, (1/n) Σ ‖b_i‖² = ζ² → `zeta`, ρ → `rho`.
 * E_i and b_i are fixed directions of the seed times δ and ζ: instances that differ in δ, ζ or ρ alone are comparable.
 */
import { allocate, cos, gemv, quadraticDescent, sin, stream, symmetricEigen, type Block } from '@assay-ml/numerics';
import type { Problem } from '../problem.js';
import { largest, squaredNorm } from '../vectors.js';
import { cosineInfimum, familyOptions, logSpaced, type Family, type FamilyOptions } from './family.js';

/** Largest d for which matrices are summed along their columns and clients descend in one kernel call; see below. */
const COLUMNS = 50;
const FUSED = 2048;

/** An instance of family Q. Its matrices lie in the memory of the kernels. */
export interface QuadraticFamily extends Family {
  /** Gives the memory back now; without it that happens some time after the instance was collected. Not to be used afterwards. */
  free(): void;
}

/**
 * An instance of family Q. Constants, all exact unless said otherwise: L = max_i ‖Λ + E_i‖₂ with the cosine at its worst;
 * δ; M = ρ and weak convexity max(0, ρ − l_min), both for f itself (upper bounds over the hull); ζ = max ‖b_i‖ and ζ̄ when
 * δ = 0, else Infinity: E_i x is not bounded.
 * @throws RangeError naming the option that is wrong; δ > 0 or ζ > 0 need n ≥ 2
 */
export function quadratic(options: FamilyOptions): QuadraticFamily {
  const where = 'quadratic';
  const { n, d, L, lMin, delta, zeta, rho, seed } = familyOptions(where, options);
  const lambda = logSpaced(d, lMin, L);
  const b = linearTerms(n, d, zeta, seed);
  // One matrix a client only where they differ.
  const matrices = delta > 0 ? hessians(lambda, n, delta, seed) : kept(lambda);
  const linear = kept(b);
  const sineOf = new Float64Array(rho > 0 ? d : 0);
  const matrixOf = rows(matrices, d * d);
  // Up to some fifty rows the column sums of a symmetric matrix are faster (see gemv of numerics).
  const product = { transpose: d <= COLUMNS, beta: 1 };

  const addCosine = (x: Float64Array, out: Float64Array): void => {
    sin(x, sineOf);
    for (let j = 0; j < d; j++) out[j] = out[j]! - rho * sineOf[j]!;
  };
  const clientGrad = (client: number, x: Float64Array, out: Float64Array): void => {
    const row = client * d;
    if (delta > 0) {
      for (let j = 0; j < d; j++) out[j] = b[row + j]!;
      gemv(matrixOf(client), x, out, product);
    } else for (let j = 0; j < d; j++) out[j] = lambda[j]! * x[j]! + b[row + j]!;
    if (rho > 0) addCosine(x, out);
  };
  const problem = {
    name: where,
    n,
    d,
    exact: true as const,
    grad: clientGrad,
    clientGrad,
    fullGrad(x: Float64Array, out: Float64Array) {
      for (let j = 0; j < d; j++) out[j] = lambda[j]! * x[j]!;
      if (rho > 0) addCosine(x, out);
    },
    value(x: Float64Array) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += 0.5 * lambda[j]! * x[j]! * x[j]!;
      if (rho > 0) {
        cos(x, sineOf);
        for (let j = 0; j < d; j++) sum += rho * (sineOf[j]! - 1);
      }
      return sum;
    },
  } satisfies Problem;
  let extremes: { low: number; high: number } | undefined;
  const norms = Float64Array.from({ length: n }, (_, i) => Math.sqrt(squaredNorm(b.subarray(i * d, (i + 1) * d))));
  const family: QuadraticFamily = {
    ...problem,
    free() {
      matrices.free();
      linear.free();
    },
    infimum: cosineInfimum(lambda, rho) - d * rho,
    get constants() {
      extremes ??= delta > 0 ? spectrum(matrices.array, n, d) : { low: lMin, high: L };
      return {
        L: Math.max(extremes.high + rho, rho - extremes.low),
        zeta: delta > 0 ? Infinity : largest(norms),
        zetaBar: delta > 0 ? Infinity : zeta,
        delta,
        rho: Math.max(0, rho - lMin),
        M: rho,
        sigma: 0,
      };
    },
    get upperBounds() {
      const unbounded = delta > 0 ? Infinity : largest(norms);
      return {
        L: L + delta + rho,
        zeta: unbounded,
        zetaBar: delta > 0 ? Infinity : zeta,
        delta,
        rho,
        M: rho,
        sigma: 0,
      };
    },
  };
  if (d > FUSED) return family;
  const descend = quadraticDescent({ matrices, linear, rho, transpose: product.transpose });
  // A spread with another `grad` must not keep it.
  return Object.defineProperty(family, 'descend', { value: descend });
}

/** A copy in the memory of the kernels. */
function kept(values: Float64Array): Block {
  const block = allocate(values.length);
  block.array.set(values);
  return block;
}

/** The rows of a block: views that are made anew when memory has grown. */
function rows(block: Block, length: number): (row: number) => Float64Array {
  let array: Float64Array | undefined;
  let views: Float64Array[] = [];
  return (row) => {
    if (array !== block.array) {
      array = block.array;
      views = Array.from({ length: array.length / length }, (_, i) =>
        block.array.subarray(i * length, (i + 1) * length),
      );
    }
    return views[row]!;
  };
}

/** b_i [n·d]: normal directions of the seed, centred, scaled to mean ‖b_i‖² = ζ². */
function linearTerms(n: number, d: number, zeta: number, seed: number): Float64Array {
  const b = new Float64Array(n * d);
  if (zeta === 0) return b;
  const key = stream(seed, 'quadratic', 'linear');
  for (let i = 0; i < n; i++) key.at(i).fillNormal(b.subarray(i * d, (i + 1) * d));
  centre(b, n, d);
  const scale = zeta / Math.sqrt(squaredNorm(b) / n);
  for (let k = 0; k < b.length; k++) b[k] = b[k]! * scale;
  return b;
}

/** Λ + E_i [n·d·d]: symmetric normal matrices of the seed, centred, scaled to max ‖E_i‖₂ = δ. */
function hessians(lambda: Float64Array, n: number, delta: number, seed: number): Block {
  const d = lambda.length;
  const size = d * d;
  const block = allocate(n * size);
  const E = block.array;
  const key = stream(seed, 'quadratic', 'hessian');
  for (let i = 0; i < n; i++) {
    const own = key.at(i).fillNormal(E.subarray(i * size, (i + 1) * size));
    for (let r = 0; r < d; r++) {
      for (let s = 0; s < r; s++) own[r * d + s] = own[s * d + r] = 0.5 * (own[r * d + s]! + own[s * d + r]!);
    }
  }
  centre(E, n, size);
  const { low, high } = spectrum(E, n, d);
  const scale = delta / Math.max(high, -low);
  for (let k = 0; k < E.length; k++) E[k] = E[k]! * scale;
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) E[(i * d + j) * d + j] = E[(i * d + j) * d + j]! + lambda[j]!;
  return block;
}

/** Subtracts the mean row. */
function centre(rows: Float64Array, n: number, size: number): void {
  for (let j = 0; j < size; j++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += rows[i * size + j]! / n;
    for (let i = 0; i < n; i++) rows[i * size + j] = rows[i * size + j]! - mean;
  }
}

/** Smallest and largest eigenvalue of n symmetric matrices. */
function spectrum(matrices: Float64Array, n: number, d: number): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < n; i++) {
    const { values } = symmetricEigen(d, matrices.subarray(i * d * d, (i + 1) * d * d));
    low = Math.min(low, values[0]!);
    high = Math.max(high, values[d - 1]!);
  }
  return { low, high };
}
