/**
 * Quartics (spec of (L0, L1), §4.2 D8, §5.1, §5.3): not smooth, (L0, L1)-smooth, strongly convex.
 *
 *   f(x) = (1/n) Σ_m (1/N_m) Σ_i ‖x − a_{mi}‖⁴
 *
 * with u = x − a: ∇ = 4‖u‖²u, ∇² = 4‖u‖²I + 8uuᵀ. paper → code: a → `points`, M → n, N → rows of a client.
 * Rows are kept less their mean b: whole gradients expand ‖u‖² = ‖x−b‖² − 2⟨a−b, x−b⟩ + ‖a−b‖², which loses nothing then.
 */
import { gemv } from '@assay-ml/numerics';
import { EVD, Matrix } from 'ml-matrix';
import { positive } from '../check.js';
import { newton } from '../newton.js';
import type { Smoothness } from '../theory/l0l1.js';
import { dot, squaredNorm } from '../vectors.js';
import { checkRows, meanOver, stored, type SmoothFamily } from './smooth-family.js';

/** Options of `quartic`. */
export interface QuarticOptions {
  /** Dimension. */
  readonly d: number;
  /** The a_{mi}: one array a client, its rows of d numbers one behind the other. */
  readonly points: readonly ArrayLike<number>[];
  /** L1 > 0 of `smoothness`: a quartic has a pair for each. Default 1 (ours). */
  readonly L1?: number;
}

/** From this d on whole gradients are two products by kernels; below it a call costs more. */
const KERNELS = 8;

/**
 * A quartic. `smoothness` is the smallest L0 for the chosen L1 where all a_{mi} of a client (and of all) are equal, 16/L1², or
 * lie symmetrically about their mean with equal variances; else an upper bound of it. `mu` = 4 tr C + 8 λ_min(C), with C the
 * covariance of all a: f is μ-strongly convex, and μ = 12·variance in one dimension.
 * @throws RangeError naming the option that is wrong
 */
export function quartic({ d, points, L1 = 1 }: QuarticOptions): SmoothFamily {
  const where = 'quartic';
  const rows = checkRows(where, 'points', points, d);
  positive(where, 'L1', L1);
  const n = rows.length;
  const counts = rows.map((own) => own.length / d);
  const b = new Float64Array(d);
  rows.forEach((own, m) => own.forEach((a, k) => (b[k % d]! += a / (n * counts[m]!))));
  const centred = rows.map((own) => own.map((a, k) => a - b[k % d]!));
  const norms = centred.map((own, m) =>
    Float64Array.from({ length: counts[m]! }, (_, i) => squaredNorm(own.subarray(i * d, (i + 1) * d))),
  );
  const kept = stored(centred);
  // Products are summed along columns both ways, which is faster at these sizes.
  const columns = d < KERNELS ? kept : stored(centred.map((own) => transpose(own, d)));
  // Numbers of the kernels: ‖x − a_i‖² by client, then x − b.
  const scratch = stored([...counts.map((count) => new Float64Array(count)), new Float64Array(d)]);
  const one = new Float64Array(d);
  const transposed = { transpose: true };

  /** x − b, in an array that the next call changes. */
  const shifted = (x: Float64Array): Float64Array => {
    const u = scratch(n);
    for (let j = 0; j < d; j++) u[j] = x[j]! - b[j]!;
    return u;
  };
  /** ‖u − c_i‖² of all rows of a client, in an array that the next call for the client changes. */
  const squares = (client: number, u: Float64Array): Float64Array => {
    const r = scratch(client);
    const own = norms[client]!;
    const c = kept(client);
    if (d < KERNELS) {
      for (let i = 0, at = 0; i < r.length; i++) {
        let sum = 0;
        for (let j = 0; j < d; j++, at++) sum += (u[j]! - c[at]!) ** 2;
        r[i] = sum;
      }
    } else {
      gemv(columns(client), u, r, transposed);
      const uu = squaredNorm(u);
      for (let i = 0; i < r.length; i++) r[i] = Math.max(0, uu - 2 * r[i]! + own[i]!);
    }
    return r;
  };
  const clientGradient = (client: number, x: Float64Array, out: Float64Array): void => {
    const u = shifted(x);
    const r = squares(client, u);
    let sum = 0;
    for (let i = 0; i < r.length; i++) sum += r[i]!;
    gemv(kept(client), r, out, transposed);
    const scale = 4 / r.length;
    for (let j = 0; j < d; j++) out[j] = scale * (sum * u[j]! - out[j]!);
  };
  const gradient = (client: number, chosen: Uint32Array, x: Float64Array, out: Float64Array): void => {
    const c = kept(client);
    const scale = 4 / chosen.length;
    if (d === 1) {
      const y = x[0]! - b[0]!;
      let sum = 0;
      for (let k = 0; k < chosen.length; k++) {
        const v = y - c[chosen[k]!]!;
        sum += v * v * v;
      }
      out[0] = scale * sum;
      return;
    }
    const u = shifted(x);
    out.fill(0);
    for (let k = 0; k < chosen.length; k++) {
      const at = chosen[k]! * d;
      let r = 0;
      for (let j = 0; j < d; j++) r += (u[j]! - c[at + j]!) ** 2;
      for (let j = 0; j < d; j++) out[j] = out[j]! + scale * r * (u[j]! - c[at + j]!);
    }
  };
  const all = counts.map((count) => Uint32Array.from({ length: count }, (_, i) => i));
  const whole = (client: number, x: Float64Array, out: Float64Array): void =>
    d < KERNELS ? gradient(client, all[client]!, x, out) : clientGradient(client, x, out);
  const fullGradient = (x: Float64Array, out: Float64Array): void =>
    meanOver(n, out, one, (client, own) => whole(client, x, own));
  const clientHessian = (client: number, x: Float64Array, out: Float64Array): void => {
    const u = shifted(x);
    const r = squares(client, u);
    const c = kept(client);
    const count = r.length;
    out.fill(0);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += r[i]!;
      for (let j = 0; j < d; j++) {
        const v = (8 * (u[j]! - c[i * d + j]!)) / count;
        for (let k = 0; k <= j; k++) out[j * d + k]! += v * (u[k]! - c[i * d + k]!);
      }
    }
    for (let j = 0; j < d; j++) {
      out[j * (d + 1)]! += (4 * sum) / count;
      for (let k = 0; k < j; k++) out[k * d + j] = out[j * d + k]!;
    }
  };
  const oneHessian = new Float64Array(d * d);
  const hessian = (x: Float64Array, out: Float64Array, client?: number): void =>
    client === undefined
      ? meanOver(n, out, oneHessian, (m, own) => clientHessian(m, x, own))
      : clientHessian(client, x, out);
  const clientValue = (client: number, x: Float64Array): number =>
    squaredNorm(squares(client, shifted(x))) / counts[client]!;

  /** x* with ‖x* − a_i‖² and 2⟨x* − a_i, e⟩ → by e: what the gap needs. */
  let rest: { readonly x: Float64Array; readonly radii: readonly Float64Array[]; readonly mean: number } | undefined;
  const atRest = () => {
    if (rest) return rest;
    const x = same(rows, d) ?? newton({ d, fullGradient, hessian }, b).x;
    const radii = all.map((_, m) => squares(m, shifted(x)).slice());
    const mean = radii.reduce((sum, r) => sum + r.reduce((a, v) => a + v, 0) / (n * r.length), 0);
    return (rest = { x, radii, mean });
  };
  const e = new Float64Array(d);
  let constants: { readonly smoothness: Smoothness; readonly mu: number } | undefined;
  const known = () => {
    if (constants) return constants;
    const clouds = centred.map((own) => cloud([own], d));
    const together = cloud(centred, d);
    const L0 = Math.max(...[...clouds, together].map((one) => smallestL0(one, L1)));
    return (constants = { smoothness: { L0, L1 }, mu: 4 * together.trace + 8 * together.low });
  };
  return {
    name: where,
    n,
    d,
    count: (client) => counts[client]!,
    gradient,
    clientGradient: whole,
    value(client, chosen, x) {
      const r = squares(client, shifted(x));
      let sum = 0;
      for (let k = 0; k < chosen.length; k++) sum += r[chosen[k]!]! ** 2;
      return sum / chosen.length;
    },
    gap(x) {
      // With s = 2⟨x* − a, e⟩ + ‖e‖²: ‖x − a‖⁴ − ‖x* − a‖⁴ = 2‖x* − a‖²s + s², and the mean of the part linear in e is 0.
      const { x: best, mean } = atRest();
      for (let j = 0; j < d; j++) e[j] = x[j]! - best[j]!;
      const u = shifted(best);
      const ee = squaredNorm(e);
      const ue = dot(u, e);
      let sum = 0;
      for (let m = 0; m < n; m++) {
        const ce = scratch(m);
        if (d === 1) for (let i = 0, c = kept(m); i < ce.length; i++) ce[i] = c[i]! * e[0]!;
        else gemv(columns(m), e, ce, columns === kept ? {} : transposed);
        let own = 0;
        for (let i = 0; i < ce.length; i++) {
          const s = 2 * (ue - ce[i]!) + ee;
          own += s * s;
        }
        sum += own / (n * ce.length);
      }
      return 2 * mean * ee + sum;
    },
    fullGradient,
    hessian,
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
      return atRest().radii.reduce((sum, r) => sum + squaredNorm(r) / (n * r.length), 0);
    },
    clientInfimum(client) {
      const f = {
        d,
        fullGradient: (x: Float64Array, out: Float64Array) => whole(client, x, out),
        hessian: (x: Float64Array, out: Float64Array) => clientHessian(client, x, out),
      };
      return same([rows[client]!], d) ? 0 : clientValue(client, newton(f, meanOf(rows[client]!, d)).x);
    },
  };
}

/** Rows of d numbers as d rows. */
function transpose(rows: Float64Array, d: number): Float64Array {
  const count = rows.length / d;
  return rows.map((_, k) => rows[(k % count) * d + Math.floor(k / count)]!);
}

/** The one point that all rows are, whose Hessian at its minimum is singular; null where they differ. */
function same(parts: readonly Float64Array[], d: number): Float64Array | null {
  const first = parts[0]!.slice(0, d);
  return parts.every((part) => part.every((a, k) => a === first[k % d])) ? first : null;
}

function meanOf(rows: Float64Array, d: number): Float64Array {
  const mean = new Float64Array(d);
  rows.forEach((a, k) => (mean[k % d]! += a / (rows.length / d)));
  return mean;
}

/** What the constants need of points: tr C, λ_min and λ_max of their covariance C, and ‖m₃‖ = ‖mean ‖c‖²c‖ about their mean. */
interface Cloud {
  readonly trace: number;
  readonly low: number;
  readonly high: number;
  readonly skew: number;
}

function cloud(parts: readonly Float64Array[], d: number): Cloud {
  const means = parts.map((part) => meanOf(part, d));
  const centre = new Float64Array(d).map((_, j) => means.reduce((sum, m) => sum + m[j]! / parts.length, 0));
  const C = new Float64Array(d * d);
  const third = new Float64Array(d);
  const c = new Float64Array(d);
  for (const part of parts) {
    const weight = d / (part.length * parts.length);
    for (let at = 0; at < part.length; at += d) {
      for (let j = 0; j < d; j++) c[j] = part[at + j]! - centre[j]!;
      const r = squaredNorm(c);
      for (let j = 0; j < d; j++) {
        third[j]! += weight * r * c[j]!;
        for (let k = 0; k <= j; k++) C[j * d + k]! += weight * c[j]! * c[k]!;
      }
    }
  }
  const covariance = new Matrix(
    Array.from({ length: d }, (_, j) => Array.from({ length: d }, (_, k) => C[Math.max(j, k) * d + Math.min(j, k)]!)),
  );
  const { realEigenvalues } = new EVD(covariance, { assumeSymmetric: true });
  return {
    trace: covariance.trace(),
    low: Math.max(0, Math.min(...realEigenvalues)),
    high: Math.max(...realEigenvalues),
    skew: Math.sqrt(squaredNorm(third)),
  };
}

/**
 * sup over ρ = ‖x − mean‖ of ‖∇²f‖ − L1‖∇f‖, with ‖∇²f‖ ≤ 12ρ² + 4 tr C + 8λ_max and
 * ‖∇f‖ ≥ 4(ρ³ + (tr C + 2λ_min)ρ − ‖m₃‖): at the root of the bracket, or where the difference is largest beyond it.
 */
function smallestL0({ trace, low, high, skew }: Cloud, L1: number): number {
  const kappa = trace + 2 * low;
  const bracket = (rho: number): number => rho ** 3 + kappa * rho - skew;
  const excess = (rho: number): number => 12 * rho ** 2 - 4 * L1 * Math.max(0, bracket(rho));
  let [from, to] = [0, Math.cbrt(skew)];
  for (let k = 0; k < 100; k++) {
    const middle = (from + to) / 2;
    if (bracket(middle) < 0) from = middle;
    else to = middle;
  }
  const inner = 1 - (L1 ** 2 * kappa) / 3;
  const turning = inner > 0 ? (1 + Math.sqrt(inner)) / L1 : 0;
  return 4 * trace + 8 * high + Math.max(excess(to), excess(Math.max(to, turning)));
}
