/**
 * Separable hyperbolic cosines (spec of (L0, L1), C6): f(x) = (1/n) Σ_m (1/N_m) Σ_i Σ_j cosh(w_j(x_j − a_{mij})).
 *
 * A mean of shifted cosines is one again: mean cosh(w(x − a)) = A cosh(w(x − z)), A² = mean e^{wa} · mean e^{−wa} and
 * z = log(mean e^{wa}/mean e^{−wa})/(2w). Since cosh ≤ 1 + |sinh|, L0 = max A_j w_j² and L1 = max w_j are exact.
 */
import { allocate, cosh as coshOf, scalar, sinh } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';
import { positive, vector } from '../check.js';
import { largest } from '../vectors.js';
import { meanOver, checkRows, type SmoothFamily } from './smooth-family.js';

/** Options of `cosh`. */
export interface CoshOptions {
  /** Dimension. */
  readonly d: number;
  /** Frequencies w_j > 0 [d]. */
  readonly w: ArrayLike<number>;
  /** The shifts a_{mi}: one array a client, rows of d numbers. Default: one client with one row of zeros. */
  readonly points?: readonly ArrayLike<number>[];
}

/**
 * A sum of cosines with exact constants: the smallest L0 for L1 = max w_j (no pair with a smaller L1 exists where that
 * frequency alone grows), over f and every f_m. `mu` = min A_j w_j².
 * @throws RangeError naming the option that is wrong
 */
export function cosh(options: CoshOptions): SmoothFamily {
  const where = 'cosh';
  requireOptions<CoshOptions>(where, options, { d: 1, w: 1, points: 1 });
  const { d } = options;
  const rows = checkRows(where, 'points', options.points ?? [new Float64Array(d)], d);
  const w = vector(where, 'w', options.w, d);
  w.forEach((frequency, j) => positive(where, `w[${j}]`, frequency));
  const n = rows.length;
  const counts = rows.map((own) => own.length / d);
  const clients = rows.map((own) => merge([own], w));
  const all = merge(rows, w);
  const one = new Float64Array(d);
  const block = allocate(d);
  /** w(x − a), a from `start` on, where the kernels read and write it; until the next call. */
  const shifted = (x: Float64Array, a: Float64Array, start = 0): Float64Array => {
    const { array } = block;
    for (let j = 0; j < d; j++) array[j] = w[j]! * (x[j]! - a[start + j]!);
    return array;
  };
  const derivative = ({ A, z }: Merged, x: Float64Array, out: Float64Array): void => {
    const t = shifted(x, z);
    sinh(t, t);
    for (let j = 0; j < d; j++) out[j] = A[j]! * w[j]! * t[j]!;
  };
  return {
    name: where,
    n,
    d,
    count: (client) => counts[client]!,
    gradient(client, chosen, x, out) {
      const own = rows[client]!;
      out.fill(0);
      for (const row of chosen) {
        const t = shifted(x, own, row * d);
        sinh(t, t);
        for (let j = 0; j < d; j++) out[j] = out[j]! + (w[j]! * t[j]!) / chosen.length;
      }
    },
    clientGradient: (client, x, out) => derivative(clients[client]!, x, out),
    value(client, chosen, x) {
      const own = rows[client]!;
      let sum = 0;
      for (const row of chosen) {
        const t = shifted(x, own, row * d);
        coshOf(t, t);
        for (let j = 0; j < d; j++) sum += t[j]!;
      }
      return sum / chosen.length;
    },
    // cosh t − 1 = 2 sinh²(t/2).
    gap: (x) => all.A.reduce((sum, A, j) => sum + 2 * A * scalar.sinh((w[j]! * (x[j]! - all.z[j]!)) / 2) ** 2, 0),
    fullGradient: (x, out) => meanOver(n, out, one, (client, own) => derivative(clients[client]!, x, own)),
    hessian(x, out, client) {
      const { A, z } = client === undefined ? all : clients[client]!;
      out.fill(0);
      const t = shifted(x, z);
      coshOf(t, t);
      for (let j = 0; j < d; j++) out[j * (d + 1)] = A[j]! * w[j]! ** 2 * t[j]!;
    },
    smoothness: {
      L0: largest([...clients, all].map(({ A }) => largest(A.map((a, j) => a * w[j]! ** 2)))),
      L1: w.reduce((a, b) => Math.max(a, b)),
    },
    mu: all.A.reduce((least, a, j) => Math.min(least, a * w[j]! ** 2), Infinity),
    minimiser: all.z,
    infimum: all.A.reduce((sum, a) => sum + a, 0),
    clientInfimum: (client) => clients[client]!.A.reduce((sum, a) => sum + a, 0),
  };
}

/** A and z of each coordinate. */
interface Merged {
  readonly A: Float64Array;
  readonly z: Float64Array;
}

function merge(parts: readonly Float64Array[], w: Float64Array): Merged {
  const d = w.length;
  const up = new Float64Array(d);
  const down = new Float64Array(d);
  for (const part of parts) {
    const weight = d / (part.length * parts.length);
    part.forEach((a, k) => {
      const j = k % d;
      up[j]! += weight * scalar.exp(w[j]! * a);
      down[j]! += weight * scalar.exp(-w[j]! * a);
    });
  }
  return {
    A: up.map((value, j) => Math.sqrt(value) * Math.sqrt(down[j]!)),
    z: up.map((value, j) => (scalar.log(value) - scalar.log(down[j]!)) / (2 * w[j]!)),
  };
}
