/**
 * Algorithm 2 in the form of the specification's section 4, in float64: on ½ Σ λ_j x_j², 20 coordinates, λ from 0.1 to L = 1,
 *
 *     m_j ← (1 − b)g_j + b·(m_j if j was in J before, else 0),  u_j = m_j for j in J, else g_j,  x ← x − αu
 *
 * with g = ∇f + noise of total variance σ².
 */
import type { Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';

export type RatesConfig = {
  /** J: nothing (SGD), everything (SGDM), a fresh random quarter or the next quarter every 10 steps. */
  readonly sets: 'none' | 'all' | 'random' | 'cyclic';
  readonly K: number;
  readonly runs: number;
  /** 0: deterministic, with α = (1 − b)/(2L); else α = 1/√K. */
  readonly sigma: number;
};

const [D, B, L, EVERY] = [20, 0.9, 1, 10] as const;

export function run({ sets, K, runs, sigma }: RatesConfig, seed: number): Record<string, Json> {
  const lambda = Float64Array.from({ length: D }, (_, j) => 0.1 + (0.9 * j) / (D - 1));
  const alpha = sigma === 0 ? (1 - B) / (2 * L) : 1 / Math.sqrt(K);
  const draw = stream(seed, 'rates');
  const [noise, chosen] = [new Float64Array(D), new Uint32Array(D / 4)];
  let total = 0;
  for (let r = 0; r < runs; r++) {
    const x = new Float64Array(D).fill(1);
    const m = new Float64Array(D);
    let inside = new Array<boolean>(D).fill(sets === 'all');
    for (let k = 0; k < K; k++) {
      if (k % EVERY === 0 && (sets === 'random' || sets === 'cyclic')) {
        if (sets === 'random') draw.at(1, r, k).choice(D, chosen);
        else for (let c = 0; c < chosen.length; c++) chosen[c] = ((k / EVERY) * chosen.length + c) % D;
        const next = new Array<boolean>(D).fill(false);
        for (const j of chosen) next[j] = true;
        for (let j = 0; j < D; j++) if (!(next[j]! && inside[j]!)) m[j] = 0;
        inside = next;
      }
      if (sigma > 0) draw.at(0, r, k).fillNormal(noise);
      for (let j = 0; j < D; j++) {
        const exact = lambda[j]! * x[j]!;
        total += exact * exact;
        const g = exact + (sigma / Math.sqrt(D)) * noise[j]!;
        if (inside[j]!) m[j] = (1 - B) * g + B * m[j]!;
        x[j]! -= alpha * (inside[j]! ? m[j]! : g);
      }
    }
  }
  const start = lambda.reduce((sum, l) => sum + l / 2, 0);
  return { mean: total / (runs * K), bound: (2 * start) / (alpha * K) + L * alpha * sigma * sigma };
}
