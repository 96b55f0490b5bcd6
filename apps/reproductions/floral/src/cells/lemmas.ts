/** T4 and T6 in numbers: the error of an aggregated gradient, and how wrong uniform routers are. */
import type { Json } from '@assay-ml/claims';
import { explain } from '@assay-ml/floral';
import { stream } from '@assay-ml/numerics';

export type LemmaConfig = { readonly K: number; readonly C: number; readonly draws: number };

const D = 3;

export function run({ K, C, draws }: LemmaConfig, seed: number): Record<string, Json> {
  const key = stream(seed, 'lemmas', K, C);
  const centres = key.at(0).fillNormal(new Float64Array(C * D));
  const local = key.at(1).fillNormal(new Float64Array(K * D));
  const p = Float64Array.from({ length: K }, (_, k) => (k % C === 0 ? C / K : 0));
  // Of cluster 0, from routers drawn of the simplex.
  const wrong = new Float64Array(K);
  const pi = new Float64Array(C);
  for (let k = 0; k < K; k++) wrong[k] = key.at(2, k).fillDirichlet(1, pi)[0]!;
  const total = wrong.reduce((a, b) => a + b, 0);
  for (let k = 0; k < K; k++) wrong[k]! /= total;
  const off = p.reduce((sum, x, k) => sum + Math.abs(x - wrong[k]!), 0);
  const squares = p.reduce((sum, x) => sum + x * x, 0);
  const z = new Float64Array(K * D);
  const clients = new Float64Array(K);
  let error = 0;
  for (let n = 0; n < draws; n++) {
    key.at(3, n).fillNormal(z);
    const apart = new Float64Array(D);
    for (let k = 0; k < K; k++) {
      let size = 0;
      for (let j = 0; j < D; j++) {
        const f = local[k * D + j]! - centres[j]!;
        const own = local[k * D + j]! - centres[(k % C) * D + j]! - z[k * D + j]!;
        apart[j]! += p[k]! * f - wrong[k]! * own;
        size += own * own;
      }
      clients[k]! += size / draws;
    }
    error += apart.reduce((sum, x) => sum + x * x, 0) / draws;
  }
  // E‖∇f^k‖² ≤ G² of every client, σ² = D.
  const G2 = clients.reduce((a, b) => Math.max(a, b), 0);
  const uniform = Array.from({ length: K }, () => new Float64Array(C).fill(1 / C));
  const truth = Array.from({ length: K }, (_, k) => k % C);
  const even = new Array<number>(K).fill(1);
  const sorted = truth.map((t) => new Float64Array(C).map((_, c) => (c === t ? 1 : 0)));
  return {
    error,
    bound: 2 * D * squares + 2 * G2 * off * off,
    mismatch: explain(uniform, even, truth).mismatch![0]!,
    /** 1 − U_c with U_c = p(c)/π^k_c = 1/C of one-hot truth. */
    remark: 1 - 1 / C,
    effective: explain(sorted, even, truth).effective[0]!,
  };
}
