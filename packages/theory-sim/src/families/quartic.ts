/**
 * Quartics (spec of (L0, L1), §4.2 D8, §5.1, §5.3): not smooth, (L0, L1)-smooth, strongly convex.
 *
 *   f(x) = (1/n) Σ_m (1/N_m) Σ_i ‖x − a_{mi}‖⁴
 *
 * paper → code: a → `points`, M → n, N → rows of a client. A mean of such terms is a polynomial in u = x − mean a:
 *
 *   ‖u‖⁴ + 2s‖u‖² + 4uᵀCu − 4⟨m₃, u⟩ + m₄,   ∇ = 4(‖u‖² + s)u + 8Cu − 4m₃,   ∇² = 4(‖u‖² + s)I + 8(uuᵀ + C)
 *
 * with C the covariance of the a, s = tr C, m₃ = mean ‖c‖²c, m₄ = mean ‖c‖⁴, c = a − mean a. So whole gradients cost one
 * product with C, however many rows there are; those of single rows are taken row by row.
 */
import { gemv, scalar, symmetricEigen } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { positive } from '../check.js';
import { newton } from '../newton.js';
import type { Smoothness } from '../theory/l0l1.js';
import { dot, largest, squaredNorm } from '../vectors.js';
import { checkRows, stored, type SmoothFamily } from './smooth-family.js';

/** Options of `quartic`. */
export interface QuarticOptions {
  /** Dimension. */
  readonly d: number;
  /** The a_{mi}: one array a client, its rows of d numbers one behind the other. */
  readonly points: readonly ArrayLike<number>[];
  /** L1 > 0 of `smoothness`: a quartic has a pair for each. Default 1 (ours). */
  readonly L1?: number;
}

/**
 * A quartic. `smoothness` is the smallest L0 for the chosen L1 where all a_{mi} of a client (and of all) are equal, 16/L1², or
 * lie symmetrically about their mean with equal variances; else an upper bound of it. `mu` = 4 tr C + 8 λ_min(C), with C the
 * covariance of all a: f is μ-strongly convex, and μ = 12·variance in one dimension.
 * @throws RangeError naming the option that is wrong
 */
export function quartic(options: QuarticOptions): SmoothFamily {
  const where = 'quartic';
  requireOptions<QuarticOptions>(where, options, { d: 1, points: 1, L1: 1 });
  const { d, points, L1 = 1 } = options;
  const rows = checkRows(where, 'points', points, d);
  positive(where, 'L1', L1);
  const n = rows.length;
  const counts = rows.map((own) => own.length / d);
  const clients = rows.map((own) => polynomial(moments([own], d)));
  const all = polynomial(moments(rows, d));

  let rest: { readonly x: Float64Array; readonly hessian: Float64Array } | undefined;
  const atRest = () => {
    if (rest) return rest;
    const x = minimiserOf(all, rows, d);
    const hessian = new Float64Array(d * d);
    all.hessian(x, hessian);
    return (rest = { x, hessian });
  };
  const e = new Float64Array(d);
  const image = new Float64Array(d);
  let constants: { readonly smoothness: Smoothness; readonly mu: number } | undefined;
  const known = () => {
    if (constants) return constants;
    const together = spectrum(all.moments);
    const L0 = largest([together, ...clients.map((own) => spectrum(own.moments))].map((one) => smallestL0(one, L1)));
    return (constants = { smoothness: { L0, L1 }, mu: 4 * together.trace + 8 * together.low });
  };
  return {
    name: where,
    n,
    d,
    count: (client) => counts[client]!,
    gradient(client, chosen, x, out) {
      const a = rows[client]!;
      const scale = 4 / chosen.length;
      if (d === 1) {
        const y = x[0]!;
        // Two sums: an addition need not wait for the one before.
        let [even, odd] = [0, 0];
        for (let k = 1; k < chosen.length; k += 2) {
          const u = y - a[chosen[k - 1]!]!;
          const v = y - a[chosen[k]!]!;
          even += u * u * u;
          odd += v * v * v;
        }
        if (chosen.length % 2 === 1) {
          const u = y - a[chosen[chosen.length - 1]!]!;
          even += u * u * u;
        }
        out[0] = scale * (even + odd);
        return;
      }
      out.fill(0);
      for (let k = 0; k < chosen.length; k++) {
        const at = chosen[k]! * d;
        let r = 0;
        for (let j = 0; j < d; j++) r += (x[j]! - a[at + j]!) ** 2;
        r *= scale;
        for (let j = 0; j < d; j++) out[j] = out[j]! + r * (x[j]! - a[at + j]!);
      }
    },
    clientGradient: (client, x, out) => clients[client]!.gradient(x, out),
    value(client, chosen, x) {
      const a = rows[client]!;
      let sum = 0;
      for (let k = 0; k < chosen.length; k++) {
        let r = 0;
        for (let j = 0; j < d; j++) r += (x[j]! - a[chosen[k]! * d + j]!) ** 2;
        sum += r * r;
      }
      return sum / chosen.length;
    },
    gap(x) {
      // The polynomial about x*, where no term of first order is left: ½eᵀ∇²f(x*)e + 4‖e‖²⟨x* − mean a, e⟩ + ‖e‖⁴.
      const { x: best, hessian } = atRest();
      const { mean } = all.moments;
      let along = 0;
      for (let j = 0; j < d; j++) {
        e[j] = x[j]! - best[j]!;
        along += (best[j]! - mean[j]!) * e[j]!;
      }
      const ee = squaredNorm(e);
      // One product costs less than a call into a kernel.
      if (d === 1) image[0] = hessian[0]! * e[0]!;
      else gemv(hessian, e, image);
      return dot(e, image) / 2 + ee * (4 * along + ee);
    },
    fullGradient: (x, out) => all.gradient(x, out),
    hessian: (x, out, client) => (client === undefined ? all : clients[client]!).hessian(x, out),
    get smoothness() {
      return known().smoothness;
    },
    get mu() {
      return known().mu;
    },
    get minimiser() {
      return atRest().x.slice();
    },
    get infimum() {
      return all.value(atRest().x);
    },
    clientInfimum(client) {
      const own = clients[client]!;
      return own.value(minimiserOf(own, [rows[client]!], d));
    },
  };
}

/** What a mean of quartics is made of. */
interface Moments {
  readonly mean: Float64Array;
  /** C [d·d]. */
  readonly covariance: Float64Array;
  /** tr C. */
  readonly trace: number;
  /** m₃ [d]. */
  readonly third: Float64Array;
  readonly fourth: number;
}

/** Moments of points, clients weighted equally and the rows of one, too. */
function moments(parts: readonly Float64Array[], d: number): Moments {
  const mean = new Float64Array(d);
  const weight = parts.map((part) => d / (part.length * parts.length));
  const first = parts[0]!.subarray(0, d);
  // About the first row, so that equal rows have exactly themselves as their mean.
  parts.forEach((part, m) => part.forEach((a, k) => (mean[k % d]! += weight[m]! * (a - first[k % d]!))));
  for (let j = 0; j < d; j++) mean[j]! += first[j]!;
  const covariance = new Float64Array(d * d);
  const third = new Float64Array(d);
  const c = new Float64Array(d);
  let fourth = 0;
  parts.forEach((part, m) => {
    for (let at = 0; at < part.length; at += d) {
      for (let j = 0; j < d; j++) c[j] = part[at + j]! - mean[j]!;
      const r = squaredNorm(c);
      fourth += weight[m]! * r * r;
      for (let j = 0; j < d; j++) {
        const scaled = weight[m]! * c[j]!;
        third[j]! += scaled * r;
        for (let k = 0; k <= j; k++) covariance[j * d + k]! += scaled * c[k]!;
      }
    }
  });
  let trace = 0;
  for (let j = 0; j < d; j++) {
    trace += covariance[j * (d + 1)]!;
    for (let k = 0; k < j; k++) covariance[k * d + j] = covariance[j * d + k]!;
  }
  return { mean, covariance, trace, third, fourth };
}

/** The polynomial of moments and its derivatives. */
interface Polynomial {
  readonly moments: Moments;
  value(x: Float64Array): number;
  gradient(x: Float64Array, out: Float64Array): void;
  hessian(x: Float64Array, out: Float64Array): void;
}

function polynomial(own: Moments): Polynomial {
  const { mean, covariance, trace, third, fourth } = own;
  const d = mean.length;
  // C, u and Cu in the memory of the kernels; sums along the columns of a symmetric matrix are the faster ones.
  const memory = stored([covariance, new Float64Array(d), new Float64Array(d)]);
  const columns = { transpose: true };
  const shifted = (x: Float64Array): Float64Array => {
    const u = memory(1);
    for (let j = 0; j < d; j++) u[j] = x[j]! - mean[j]!;
    return u;
  };
  return {
    moments: own,
    value(x) {
      const u = shifted(x);
      const uu = squaredNorm(u);
      return uu * (uu + 2 * trace) + 4 * dot(u, gemv(memory(0), u, memory(2), columns)) - 4 * dot(third, u) + fourth;
    },
    gradient(x, out) {
      if (d === 1) {
        const u = x[0]! - mean[0]!;
        out[0] = 4 * (u * u + 3 * trace) * u - 4 * third[0]!;
        return;
      }
      const u = shifted(x);
      const Cu = memory(2);
      gemv(memory(0), u, Cu, columns);
      const scale = 4 * (squaredNorm(u) + trace);
      for (let j = 0; j < d; j++) out[j] = scale * u[j]! + 8 * Cu[j]! - 4 * third[j]!;
    },
    hessian(x, out) {
      const u = shifted(x);
      const diagonal = 4 * (squaredNorm(u) + trace);
      for (let j = 0; j < d; j++) {
        for (let k = 0; k < d; k++) out[j * d + k] = 8 * (u[j]! * u[k]! + covariance[j * d + k]!);
        out[j * (d + 1)]! += diagonal;
      }
    },
  };
}

/** Where a polynomial is least. One point alone has a singular Hessian there. */
function minimiserOf(own: Polynomial, rows: readonly Float64Array[], d: number): Float64Array {
  const first = rows[0]!.slice(0, d);
  if (rows.every((part) => part.every((a, k) => a === first[k % d]))) return first;
  return newton({ d, fullGradient: own.gradient, hessian: own.hessian }, own.moments.mean).x;
}

/** What the constants need: tr C, λ_min and λ_max of C, and ‖m₃‖. */
interface Spectrum {
  readonly trace: number;
  readonly low: number;
  readonly high: number;
  readonly skew: number;
}

function spectrum({ covariance, trace, third }: Moments): Spectrum {
  const d = third.length;
  const { values } = symmetricEigen(d, covariance);
  return {
    trace,
    low: Math.max(0, values[0]!),
    high: values[d - 1]!,
    skew: Math.sqrt(squaredNorm(third)),
  };
}

/**
 * sup over ρ = ‖x − mean‖ of ‖∇²f‖ − L1‖∇f‖, with ‖∇²f‖ ≤ 12ρ² + 4 tr C + 8λ_max and
 * ‖∇f‖ ≥ 4(ρ³ + (tr C + 2λ_min)ρ − ‖m₃‖): at the root of the bracket, or where the difference is largest beyond it.
 */
function smallestL0({ trace, low, high, skew }: Spectrum, L1: number): number {
  const kappa = trace + 2 * low;
  const bracket = (rho: number): number => rho * rho * rho + kappa * rho - skew;
  const excess = (rho: number): number => 12 * rho ** 2 - 4 * L1 * Math.max(0, bracket(rho));
  let [from, to] = [0, scalar.cbrt(skew)];
  for (let k = 0; k < 100; k++) {
    const middle = (from + to) / 2;
    if (bracket(middle) < 0) from = middle;
    else to = middle;
  }
  const inner = 1 - (L1 ** 2 * kappa) / 3;
  const turning = inner > 0 ? (1 + Math.sqrt(inner)) / L1 : 0;
  return 4 * trace + 8 * high + Math.max(excess(to), excess(Math.max(to, turning)));
}
