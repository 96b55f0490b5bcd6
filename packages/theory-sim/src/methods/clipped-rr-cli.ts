/**
 * Clipped RR-CLI: regularised client participation, reshuffled cohorts and a clipped jump (spec of (L0, L1), §3.4).
 *
 *   meta-epoch:  x_r ← x;  for each cohort r of a random order of the clients, each client once:
 *     clients:   y ← x_r, an epoch y ← y − α h;  g_m = mean gradient along it
 *     server:    g_r = (1/C) Σ g_m,   x_r ← x_r − γ_s g_r,   G += g_r/(M/C)
 *   then from its start:  x ← x − G/(c0 + c1‖G‖)
 *
 * paper → code: α → `alpha`, γ_s → `gammaServer`, C → `cohort`, M → `samples.n`, T → `R`. A meta-epoch is M/C
 * communications: `rounds` counts the former, `ledger.rounds` the latter.
 */
import { aggregate, chargeRound } from '@assay-ml/federated';
import { stream } from '@assay-ml/numerics';
import { invalid, nonNegative, oneOf, positiveInteger, type Names } from '../check.js';
import type { Samples } from '../minibatch.js';
import { checkClip, smoothClip, type ClipConstants } from './clipping.js';
import { drive } from './drive.js';
import { epoch, walker } from './local-path.js';
import {
  chargeStart,
  checkEpochs,
  EPOCH_NAMES,
  jump,
  NORMS,
  type EpochOptions,
  type NormOf,
  type PathResult,
} from './path-rounds.js';
import { recorder } from './recorder.js';
import { applyUpdate } from './server-step.js';

/** Options of `clippedRrCli`. */
export interface ClippedRrCliOptions extends EpochOptions, ClipConstants {
  /** Client step size α ≥ 0. */
  readonly alpha: number;
  /** Step size γ_s ≥ 0 of the server between cohorts. */
  readonly gammaServer: number;
  /** Clients of a cohort, a divisor of the number of clients. */
  readonly cohort: number;
  /** Whose norm clips the jump. Default 'pathAverage', the authors' code; 'startGradient' takes one exchange more. */
  readonly norm?: NormOf;
}

const NAMES: Names<ClippedRrCliOptions> = {
  ...EPOCH_NAMES,
  c0: 1,
  c1: 1,
  alpha: 1,
  gammaServer: 1,
  cohort: 1,
  norm: 1,
};

/**
 * Runs Clipped RR-CLI for R meta-epochs.
 * @throws RangeError or TypeError naming the option that is wrong, or the meta-epoch, client and batch of a gradient that is NaN
 */
export function clippedRrCli(samples: Samples, options: ClippedRrCliOptions): PathResult {
  const where = 'clippedRrCli';
  const checked = checkEpochs(where, samples, options, NAMES);
  const { n, d } = samples;
  const alpha = nonNegative(where, 'alpha', options.alpha);
  const gamma = nonNegative(where, 'gammaServer', options.gammaServer);
  const cohort = positiveInteger(where, 'cohort', options.cohort);
  if (n % cohort !== 0) {
    throw invalid(where, 'cohort', cohort, `a divisor of the number of clients, ${n}`, 'Each takes part once in a meta-epoch.'); // prettier-ignore
  }
  const norm = oneOf(where, 'norm', options.norm ?? 'pathAverage', NORMS);
  const server = jump(checked, smoothClip(checkClip(where, options)), norm);
  const { state, seed } = checked;
  const measured = recorder(checked);
  const walk = walker(
    checked,
    epoch(checked, samples, checked.batchSize, options.order ?? 'reshuffle'),
    () => alpha,
    null,
  );
  const key = stream(seed, samples.name ?? 'problem', 'clients');
  const order = new Uint32Array(n);
  const groups = Array.from({ length: n / cohort }, (_, r) => order.subarray(r * cohort, (r + 1) * cohort));
  // The points of the clients in the order in which they came.
  const points = new Float64Array(n * d);
  const paths = new Float64Array(cohort * d);
  const rows = Array.from({ length: n }, (_, k) => points.subarray(k * d, (k + 1) * d));
  const means = Array.from({ length: cohort }, (_, s) => paths.subarray(s * d, (s + 1) * d));
  const xr = new Float64Array(d);
  const g = new Float64Array(d);
  const G = new Float64Array(d);
  const calls = new Uint32Array(groups.length);
  const result = drive(
    checked,
    {
      propose(round, next) {
        key.at(round).permutation(order);
        xr.set(state.x);
        G.fill(0);
        groups.forEach((clients, r) => {
          calls[r] = 0;
          clients.forEach((client, s) => {
            const y = rows[r * cohort + s]!;
            y.set(xr);
            calls[r]! += walk(round, client, y, means[s]!);
          });
          aggregate(paths, clients, g);
          for (let j = 0; j < d; j++) {
            xr[j] = xr[j]! - gamma * g[j]!;
            G[j] = G[j]! + g[j]! / groups.length;
          }
        });
        if (options.serverUpdate) {
          next.set(state.x);
          applyUpdate(options.serverUpdate, next, G, round);
        } else server(state.x, G, next);
      },
      // Every gradient was looked at when it came.
      blame: () => undefined,
      commit() {
        for (const made of calls) chargeRound(state.ledger, cohort, d, d, made);
        if (norm === 'startGradient') chargeStart(checked);
      },
      measure: (round) => measured!.round(round, state.x, points, order),
      free: () => undefined,
    },
    measured,
  );
  return { ...result, exchangesPerRound: groups.length + (norm === 'startGradient' ? 1 : 0) };
}
