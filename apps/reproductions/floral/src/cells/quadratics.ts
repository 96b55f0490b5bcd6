/**
 * The theory's setting on quadratics, μ = L = 1: clients f^k(w) = ½‖w − m_{c(k)}‖², K of them in C balanced groups, η_t = 1/(t + s),
 * averages every H steps with p̂(k|c), outputs weighted by (t + s)².
 */
import type { Json } from '@assay-ml/claims';
import { scalar, stream } from '@assay-ml/numerics';

/** What wrongly weighted clients do to a cluster's model: pull to their own optimum, or only add noise to its gradient. */
export type QuadraticConfig = {
  readonly wrong: 'biased' | 'noisy' | 'routed';
  /** The mismatch decays as λ_t² = (t + s)^−β; not read where routers follow the losses. */
  readonly beta: number;
  readonly H: number;
  readonly T: number;
};

const [K, C, D] = [16, 4, 4];
const S = 16;
/** Of the noise of clients that are only noisy, per coordinate. */
const NOISE = 1;
/** Runs of noise. */
const RUNS = 2;
/** Horizons at which the output is looked at, beside T. */
const HORIZONS = [400, 800, 1600, 3200, 6400];

export function run({ wrong, beta, H, T }: QuadraticConfig, seed: number): Record<string, Json> {
  const centres = stream(seed, 'centres').fillNormal(new Float64Array(C * D));
  const horizons = [...HORIZONS.filter((h) => h < T), T];
  const runs = wrong === 'noisy' ? RUNS : 1;
  // G²: gradients between any two optima are the largest that a start among them meets; noise adds its variance.
  let G2 = 0;
  for (let c = 0; c < C; c++) for (let e = 0; e < C; e++) G2 = Math.max(G2, distance(centres, c * D, centres, e * D));
  if (wrong === 'noisy') G2 += NOISE * NOISE * D;
  // T2 asks for more, U_c being 1/4.
  const s = wrong === 'routed' ? Math.max(S, Math.ceil(64 * G2)) : S;
  const values = horizons.map(() => 0);
  let [violated, steps, drift] = [0, 0, 0];
  const noise = stream(seed, 'noise');
  const draws = new Float64Array(C * D);
  for (let r = 0; r < runs; r++) {
    // Where all routers are uniform everything is in the mean of the optima.
    const start = new Float64Array(D);
    for (let c = 0; c < C; c++) for (let j = 0; j < D; j++) start[j]! += centres[c * D + j]! / C;
    const w = new Float64Array(C * K * D);
    for (let at = 0; at < w.length; at++) w[at] = start[at % D]!;
    const [mean, sum] = [new Float64Array(C * D), new Float64Array(C * D)];
    let weight = 0;
    const [p, before, next] = [new Float64Array(C * K), new Float64Array(C), new Float64Array(D)];
    for (let t = 0; t < T; t++) {
      const eta = 1 / (t + s);
      if (t % H === 0) weights(p, wrong === 'routed' ? null : scalar.pow(t + s, -beta / 2), w, centres, eta);
      average(p, w, mean);
      const square = (t + s) ** 2;
      weight += square;
      for (let at = 0; at < sum.length; at++) sum[at]! += square * mean[at]!;
      if (H > 1) {
        for (let c = 0; c < C; c++) for (let k = 0; k < K; k++) drift = Math.max(drift, distance(mean, c * D, w, (c * K + k) * D) / (4 * eta * eta * H * H * G2)); // prettier-ignore
      }
      if (wrong === 'noisy') noise.at(r, t).fillNormal(draws);
      for (let c = 0; c < C; c++) before[c] = distance(mean, c * D, centres, c * D);
      for (let c = 0; c < C; c++) {
        let squares = 0;
        for (let k = 0; k < K; k++) if (k % C !== c) squares += p[c * K + k]! ** 2;
        for (let k = 0; k < K; k++) {
          const at = (c * K + k) * D;
          const target = wrong === 'noisy' ? c : k % C;
          for (let j = 0; j < D; j++) {
            // With H = 1 the sum of the clients' noise is all that the mean sees: one draw of its law, added to each.
            const noisy = wrong === 'noisy' ? NOISE * Math.sqrt(squares) * draws[c * D + j]! : 0;
            w[at + j]! -= eta * (w[at + j]! - centres[target * D + j]! + noisy);
          }
        }
        if (H > 1 || wrong === 'routed') continue;
        // T3, in the mean over this step's noise: all local models are the mean, and σ = 0.
        let [after, drifted] = [0, 0];
        for (let k = 0; k < K; k++) drifted += (4 * eta * right(c, k) - p[c * K + k]!) * 0.5 * before[c]!;
        if (wrong === 'noisy') after = (1 - eta) ** 2 * before[c]! + (eta * NOISE) ** 2 * D * squares;
        else {
          next.fill(0);
          for (let k = 0; k < K; k++) for (let j = 0; j < D; j++) next[j]! += p[c * K + k]! * w[(c * K + k) * D + j]!;
          after = distance(next, 0, centres, c * D);
        }
        let off = 0;
        for (let k = 0; k < K; k++) off += Math.abs(p[c * K + k]! - right(c, k));
        const bound =
          (1 - eta) * before[c]! + 4 * eta * eta * G2 * off * off + 8 * eta * eta * eta * G2 + eta * drifted;
        steps++;
        if (after > bound * (1 + 1e-12)) violated++;
      }
      if ((t + 1) % H === 0) {
        average(p, w, mean);
        for (let c = 0; c < C; c++)
          for (let k = 0; k < K; k++) w.set(mean.subarray(c * D, (c + 1) * D), (c * K + k) * D);
      }
      const h = horizons.indexOf(t + 1);
      if (h < 0) continue;
      for (let c = 0; c < C; c++) values[h]! += (0.5 * distance(sum.map((x) => x / weight), c * D, centres, c * D)) / (C * runs); // prettier-ignore
    }
  }
  const delta = 2 * (1 - 1 / C);
  const bound = horizons.map((t) =>
    wrong === 'routed'
      ? 32 * G2 * scalar.log(K * C) * (1 / t + (2 * s - 1) / t ** 2) + (18 * H * H * G2) / t ** 2 + (24 * (s - 1) * s * s * G2) / (t * t * t) // prettier-ignore
      : (48 * G2 * delta * delta) / scalar.pow(t, 1 + beta) +
        (24 * G2 * (s - 1 + 2 * delta * delta * scalar.pow(s, -beta)) * s * s) / (t * t * t) +
        (48 * H * H * G2) / t ** 2,
  );
  return { horizons, values, bound, violated: steps === 0 ? 0 : violated / steps, drift };
}

/** p(k|c) of one-hot routers. */
const right = (c: number, k: number) => (k % C === c ? C / K : 0);

/** p̂(k|c) of routers (1 − λ) one-hot + λ/C, or of weights ∝ exp(−η f^k(w_c)). */
function weights(p: Float64Array, lambda: number | null, w: Float64Array, centres: Float64Array, eta: number): void {
  if (lambda !== null) {
    for (let c = 0; c < C; c++) for (let k = 0; k < K; k++) p[c * K + k] = (1 - lambda) * right(c, k) + lambda / K;
    return;
  }
  for (let k = 0; k < K; k++) {
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const loss = 0.5 * distance(w, (c * K + k) * D, centres, (k % C) * D);
      sum += p[c * K + k] = scalar.exp(-eta * loss);
    }
    for (let c = 0; c < C; c++) p[c * K + k]! /= sum;
  }
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let k = 0; k < K; k++) sum += p[c * K + k]!;
    for (let k = 0; k < K; k++) p[c * K + k]! /= sum;
  }
}

function average(p: Float64Array, w: Float64Array, out: Float64Array): void {
  out.fill(0);
  for (let c = 0; c < C; c++) {
    for (let k = 0; k < K; k++) for (let j = 0; j < D; j++) out[c * D + j]! += p[c * K + k]! * w[(c * K + k) * D + j]!;
  }
}

/** ‖x − y‖². */
function distance(x: Float64Array, xAt: number, y: Float64Array, yAt: number): number {
  let sum = 0;
  for (let j = 0; j < D; j++) sum += (x[xAt + j]! - y[yAt + j]!) ** 2;
  return sum;
}
