/**
 * Logistic regression with a ridge: f_m(x) = (1/N_m) Σ_i log(1 + exp(−y_i⟨a_i, x⟩)) + (λ/2)‖x‖².
 *
 * paper → code: a → `features`, y = ±1 → `labels`, λ → `ridge`. With p = σ(−y⟨a, x⟩): ∇ = −mean y p a, ∇² = mean p(1−p) aaᵀ.
 * One sample without a ridge is (0, ‖a‖)-smooth. A mean of samples is not, as its gradient may vanish where its Hessian does
 * not; its exact pair is (λ_max(mean aaᵀ)/4 + λ, 0), reached at x = 0.
 */
import { exp, gemm, gemv, scalar } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { invalid, nonNegative, nonNegativeInteger } from '../check.js';
import { lanczos } from '../estimate/lanczos.js';
import { newton } from '../newton.js';
import type { Smoothness } from '../theory/l0l1.js';
import { largest, squaredNorm } from '../vectors.js';
import { checkRows, meanOver, stored, type SmoothFamily } from './smooth-family.js';

/** Options of `logistic`. */
export interface LogisticOptions {
  /** Dimension. */
  readonly d: number;
  /** The a_i: one array a client, its rows of d numbers one behind the other. */
  readonly features: readonly ArrayLike<number>[];
  /** y_i, −1 or 1: one array a client. */
  readonly labels: readonly ArrayLike<number>[];
  /** Weight λ ≥ 0 of the ridge. Default 0; data that a plane separates have no minimiser then. */
  readonly ridge?: number;
}

/** Logistic regression with its constants. */
export interface LogisticFamily extends SmoothFamily {
  /** (0, ‖a‖) of one sample's loss without the ridge. */
  sampleSmoothness(client: number, row: number): Smoothness;
}

/** Products of the largest-eigenvalue search. */
const LANCZOS_STEPS = 60;

/**
 * Logistic regression. `smoothness` is exact with L1 = 0 (to the 60 steps of the Lanczos method beyond d = 60); `mu` is λ.
 * @throws RangeError naming the option that is wrong
 */
export function logistic(options: LogisticOptions): LogisticFamily {
  const where = 'logistic';
  requireOptions<LogisticOptions>(where, options, { d: 1, features: 1, labels: 1, ridge: 1 });
  const { d, features, labels, ridge = 0 } = options;
  const rows = checkRows(where, 'features', features, d);
  const n = rows.length;
  nonNegative(where, 'ridge', ridge);
  if (labels?.length !== n) throw invalid(where, 'labels', labels, `an array of ${n} arrays`, 'Give one a client.');
  const signs = rows.map((own, client) => {
    const y = Float64Array.from(labels[client]!);
    if (y.length * d !== own.length) throw invalid(where, `labels[${client}]`, y, `of ${own.length / d} labels`);
    const wrong = y.findIndex((v) => v !== 1 && v !== -1);
    if (wrong >= 0) throw invalid(where, `labels[${client}][${wrong}]`, y[wrong], '-1 or 1');
    return y;
  });
  const kept = stored(rows);
  const margins = stored(signs.map((y) => new Float64Array(y.length)));
  const one = new Float64Array(d);
  const transposed = { transpose: true };

  /** y_i⟨a_i, x⟩ of a client's rows: an array that the next call changes. */
  const marginsOf = (client: number, x: Float64Array): Float64Array => {
    const z = margins(client);
    const y = signs[client]!;
    gemv(kept(client), x, z);
    for (let i = 0; i < z.length; i++) z[i] = z[i]! * y[i]!;
    return z;
  };
  const clientGradient = (client: number, x: Float64Array, out: Float64Array): void => {
    const z = marginsOf(client, x);
    const y = signs[client]!;
    exp(z, z);
    for (let i = 0; i < z.length; i++) z[i] = (-y[i]! * (1 / (1 + z[i]!))) / z.length; // σ(−z)
    gemv(kept(client), z, out, transposed);
    for (let j = 0; j < d; j++) out[j] = out[j]! + ridge * x[j]!;
  };
  const fullGradient = (x: Float64Array, out: Float64Array): void =>
    meanOver(n, out, one, (client, own) => clientGradient(client, x, own));
  const clientHessian = (client: number, x: Float64Array, out: Float64Array): void => {
    const z = marginsOf(client, x);
    const a = kept(client);
    const scaled = a.slice();
    for (let i = 0; i < z.length; i++) {
      const weight = (sigma(-z[i]!) * sigma(z[i]!)) / z.length;
      for (let j = 0; j < d; j++) scaled[i * d + j]! *= weight;
    }
    gemm(d, d, z.length, scaled, a, out, { transposeA: true });
    for (let j = 0; j < d; j++) out[j * (d + 1)]! += ridge;
  };
  const clientValue = (client: number, x: Float64Array): number => {
    const z = marginsOf(client, x);
    let sum = 0;
    for (let i = 0; i < z.length; i++) sum += softplus(-z[i]!);
    return sum / z.length + (ridge / 2) * squaredNorm(x);
  };
  /** λ_max of mean aaᵀ over some clients. */
  const curvature = (clients: readonly number[]): number => {
    const start = new Float64Array(d).map((_, j) => 1 + (j % 7) / 7);
    const own = new Float64Array(d);
    const pairs = lanczos(
      (p, out) =>
        meanOver(clients.length, out, own, (k, part) => {
          const client = clients[k]!;
          const z = margins(client);
          gemv(kept(client), p, z);
          for (let i = 0; i < z.length; i++) z[i] = z[i]! / z.length;
          gemv(kept(client), z, part, transposed);
        }),
      start,
      Math.min(d, LANCZOS_STEPS),
    );
    return Math.max(...pairs.map(({ value }) => value));
  };
  const everyone = rows.map((_, client) => client);
  let smoothness: Smoothness | undefined;
  let rest: { readonly x: Float64Array; readonly z: readonly Float64Array[]; readonly p: readonly Float64Array[] } | undefined; // prettier-ignore
  const oneHessian = new Float64Array(d * d);
  const hessian = (x: Float64Array, out: Float64Array, client?: number): void =>
    client === undefined
      ? meanOver(n, out, oneHessian, (m, own) => clientHessian(m, x, own))
      : clientHessian(client, x, out);
  const atRest = () => {
    if (rest) return rest;
    const { x } = newton({ d, fullGradient, hessian }, new Float64Array(d));
    const z = everyone.map((client) => marginsOf(client, x).slice());
    return (rest = { x, z, p: z.map((own) => own.map((margin) => sigma(-margin))) });
  };
  const e = new Float64Array(d);
  return {
    name: where,
    n,
    d,
    count: (client) => signs[client]!.length,
    gradient(client, chosen, x, out) {
      const a = kept(client);
      const y = signs[client]!;
      for (let j = 0; j < d; j++) out[j] = ridge * x[j]!;
      for (let k = 0; k < chosen.length; k++) {
        const row = chosen[k]!;
        const at = row * d;
        let z = 0;
        for (let j = 0; j < d; j++) z += a[at + j]! * x[j]!;
        const weight = (-y[row]! * sigma(-y[row]! * z)) / chosen.length;
        for (let j = 0; j < d; j++) out[j] = out[j]! + weight * a[at + j]!;
      }
    },
    clientGradient,
    value(client, chosen, x) {
      const z = marginsOf(client, x);
      let sum = 0;
      for (let k = 0; k < chosen.length; k++) sum += softplus(-z[chosen[k]!]!);
      return sum / chosen.length + (ridge / 2) * squaredNorm(x);
    },
    gap(x) {
      const { x: best, z, p } = atRest();
      for (let j = 0; j < d; j++) e[j] = x[j]! - best[j]!;
      let sum = 0;
      for (let m = 0; m < n; m++) {
        const delta = marginsOf(m, e);
        let own = 0;
        for (let i = 0; i < delta.length; i++) own += divergence(z[m]![i]!, p[m]![i]!, delta[i]!);
        sum += own / (n * delta.length);
      }
      return sum + (ridge / 2) * squaredNorm(e);
    },
    fullGradient,
    hessian,
    get smoothness() {
      smoothness ??= {
        L0: Math.max(largest(everyone.map((client) => curvature([client]))), curvature(everyone)) / 4 + ridge,
        L1: 0,
      };
      return smoothness;
    },
    mu: ridge,
    get minimiser() {
      return atRest().x.slice();
    },
    get infimum() {
      const { x } = atRest();
      return everyone.reduce((sum, client) => sum + clientValue(client, x) / n, 0);
    },
    clientInfimum(client) {
      const { x } = newton(
        {
          d,
          fullGradient: (at, out) => clientGradient(client, at, out),
          hessian: (at, out) => clientHessian(client, at, out),
        },
        new Float64Array(d),
      );
      return clientValue(client, x);
    },
    sampleSmoothness(client, row) {
      nonNegativeInteger('sampleSmoothness', 'row', row);
      return { L0: 0, L1: Math.sqrt(squaredNorm(kept(client).subarray(row * d, (row + 1) * d))) };
    },
  };
}

/** 1/(1 + e^{−t}). */
function sigma(t: number): number {
  return 1 / (1 + scalar.exp(-t));
}

/** log(1 + e^t). */
function softplus(t: number): number {
  return t > 0 ? t + scalar.log1p(scalar.exp(-t)) : scalar.log1p(scalar.exp(t));
}

/** φ(z + δ) − φ(z) − φ′(z)δ ≥ 0 of φ(z) = log(1 + e^{−z}), with p = σ(−z). */
function divergence(z: number, p: number, delta: number): number {
  // The terms cancel near δ = 0; the series is right to 1e-11 there.
  if (Math.abs(delta) < 1e-3) {
    const q = p * sigma(z);
    const third = (-(1 - 2 * p) * delta) / 6;
    const fourth = (((1 - 2 * p) ** 2 - 2 * q) * delta * delta) / 24;
    return q * delta * delta * (1 / 2 + third + fourth);
  }
  const change = delta > -30 ? scalar.log1p(p * scalar.expm1(-delta)) : softplus(-(z + delta)) - softplus(-z);
  return change + p * delta;
}
