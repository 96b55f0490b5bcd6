/** C8: identities of the methods (spec §6, D10), as distances relative to ‖x‖, and permutations that cover everything. */
import type { Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';
import {
  celgc,
  ceFedAvg,
  clerr,
  clipLocalGdj,
  clippedRrCli,
  l0l1Gd,
  nastya,
  quartic,
  type Samples,
} from '@assay-ml/theory-sim';
import { wholeBatches } from './quartics.js';

const apart = (x: Float64Array, y: Float64Array): number =>
  Math.sqrt(x.reduce((sum, v, j) => sum + (v - y[j]!) ** 2, 0)) /
  Math.max(1, Math.sqrt(y.reduce((s, v) => s + v * v, 0)));

export function run(_config: Json, seed: number): Record<string, Json> {
  const d = 5;
  const draw = stream(seed, 'l0l1', 'identities');
  const points = Array.from({ length: 6 }, (_, m) => draw.fillNormal(new Float64Array(d * 12)).map((v) => 2 * v + m));
  const f = quartic({ d, points });
  const problem = wholeBatches(f);
  const x0 = draw.fillNormal(new Float64Array(d)).map((v) => 10 * v);
  const common = { R: 10, x0, seed };
  const batched = { ...common, batchSize: 5 };
  const clip = { c0: 200, c1: 0.5 };
  const gd = l0l1Gd(problem, { ...common, ...clip }).x;
  const plain = l0l1Gd(problem, { ...common, c0: 5000, c1: 0 }).x;
  const cover = everyone(seed);
  return {
    errors: {
      'NASTYA = CLERR with c1 = 0': apart(
        nastya(f, { ...batched, eta: 1e-5, etaOuter: 1 / 4096 }).x,
        clerr(f, { ...batched, eta: 1e-5, c0: 4096, c1: 0 }).x,
      ),
      'Clip-LocalGDJ with τ = 1 = (L0, L1)-GD': apart(
        clipLocalGdj(problem, { ...common, ...clip, alpha: 0.1, tau: 1 }).x,
        gd,
      ),
      'CLERR with one batch = (L0, L1)-GD': apart(clerr(f, { ...common, ...clip, eta: 0.1 }).x, gd),
      'RR-CLI with one cohort, γ_s = 0 = CLERR': apart(
        clippedRrCli(f, { ...batched, ...clip, alpha: 1e-5, gammaServer: 0, cohort: 6 }).x,
        clerr(f, { ...batched, ...clip, eta: 1e-5 }).x,
      ),
      'CELGC with τ = 1, c1 = 0 = gradient descent': apart(
        celgc(problem, { ...common, tau: 1, c0: 5000, c1: 0 }).x,
        plain,
      ),
      'CE-FedAvg with τ = 1, no clip in reach = gradient descent': apart(
        ceFedAvg(problem, { ...common, tau: 1, eta: 1 / 5000, etaServer: 1, clip: 1e9 }).x,
        plain,
      ),
      'clients of a meta-epoch that do not come exactly once': cover.clients,
      'rows of an epoch that do not come exactly once': cover.rows,
    },
  };
}

/** How many clients, and rows of them, a meta-epoch misses or repeats. */
function everyone(seed: number): { readonly clients: number; readonly rows: number } {
  const seen = new Map<string, number>();
  const samples: Samples = {
    n: 12,
    d: 1,
    count: () => 7,
    gradient(client, rows, _x, out) {
      for (const row of rows) seen.set(`${client}/${row}`, (seen.get(`${client}/${row}`) ?? 0) + 1);
      out[0] = 0;
    },
  };
  const run = { R: 1, x0: [0], seed, batchSize: 3, alpha: 1, gammaServer: 1, c0: 1, c1: 1, cohort: 4 };
  clippedRrCli(samples, run);
  const wrong = [...seen.values()].filter((times) => times !== 1).length;
  const clients = new Set([...seen.keys()].map((key) => key.split('/')[0]));
  return { clients: 12 - clients.size, rows: wrong + (12 * 7 - seen.size) };
}
