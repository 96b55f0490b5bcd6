/** Clip-LocalGDJ, CLERR, Clipped RR-CLI and what they are compared with, against plain loops and by their identities. */
import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as sim from '../src/index.js';
import {
  all,
  epochFrom,
  fullGradient,
  gradient,
  jumpFrom,
  meanOf,
  norm,
  rowsOf,
  type Order,
} from './l0l1-reference.js';

const ORDERS = ['reshuffle', 'shuffle-once', 'incremental', 'with-replacement'] as const;

/** Six clients of five or more points in three dimensions. */
function clients(seed = 1, n = 6): sim.SmoothFamily {
  const draw = stream(seed, 'clients');
  const points = Array.from({ length: n }, (_, m) =>
    draw
      .at(m)
      .fillNormal(new Float64Array(3 * (5 + (m % 3))))
      .map((v) => v + m / 2),
  );
  return sim.quartic({ d: 3, points });
}

const exact = (samples: sim.Samples): sim.Problem => {
  const problem = sim.minibatch(samples, 1);
  return { ...problem, exact: true, grad: problem.clientGrad! };
};

const close = (a: ArrayLike<number>, b: ArrayLike<number>, within = 1e-10): void => {
  expect(a.length).toBe(b.length);
  for (let j = 0; j < a.length; j++)
    expect(Math.abs(a[j]! - b[j]!)).toBeLessThanOrEqual(within * Math.max(1, Math.abs(b[j]!)));
};

const x0 = [3, -2, 4];
const seed = 5;

describe('unit vectors of spec §3.7', () => {
  // f(x) = 2x₁ + x₂² + 2x₃² at (1, 2, 3): gradient (2, 4, 12), ‖gradient‖ = √164.
  const f: sim.Samples = {
    n: 1,
    d: 3,
    count: () => 1,
    gradient: (_client, _rows, x, out) => void out.set([2, 2 * x[1]!, 4 * x[2]!]),
  };
  const at = { x0: [1, 2, 3], R: 1, batchSize: 1 };

  it('CLERR jumps from the start by the gradient of the path', () => {
    const { x } = sim.clerr(f, { ...at, eta: 0.1, c0: 3.2, c1: 1 });
    close(
      x,
      [1, 2, 3].map((v, j) => v - [2, 4, 12][j]! / (3.2 + Math.sqrt(164))),
      1e-15,
    );
    close(x, [0.875, 1.75, 2.25], 1e-3);
  });

  it('the inner step ends at (0.8, 1.6, 1.8)', () => {
    close(sim.shuffledSgd(f, { ...at, eta: 0.1 }).x, [0.8, 1.6, 1.8], 1e-15);
  });

  it('without inner steps and clipping it is gradient descent, and a huge c0 stays', () => {
    close(sim.clerr(f, { ...at, eta: 0, c0: 1, c1: 0 }).x, [-1, -2, -9], 0);
    close(sim.clerr(f, { ...at, eta: 0, c0: 1e10, c1: 0 }).x, [1, 2, 3], 1e-8);
  });

  it('a hard clip shortens a step to its level', () => {
    const cone: sim.Samples = {
      n: 1,
      d: 4,
      count: () => 1,
      gradient(_client, _rows, x, out) {
        const size = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
        x.forEach((v, j) => (out[j] = (3 * v) / size));
      },
    };
    const run = { x0: [2, 2, 2, 2], R: 1, batchSize: 1, eta: 1 };
    close(sim.shuffledSgd(cone, { ...run, clip: 1 }).x, [1.5, 1.5, 1.5, 1.5], 1e-15);
    // ‖gradient‖ = 3 is below a level of 4: min, not max.
    close(sim.shuffledSgd(cone, { ...run, clip: 4 }).x, [0.5, 0.5, 0.5, 0.5], 1e-15);
  });
});

describe('against plain loops', () => {
  const f = clients();
  const R = 4;
  const batchSize = 2;

  it.each(ORDERS)('SGD by epochs, order %s, clipped or not', (order) => {
    for (const clip of [null, 50] as const) {
      let x: number[] = x0;
      for (let epoch = 0; epoch < R; epoch++) {
        x = meanOf(
          Array.from(
            { length: f.n },
            (_, m) => epochFrom(f, m, rowsOf(f, order, seed, epoch, m), batchSize, x, 1e-3, clip).y,
          ),
        );
      }
      const run = { R, x0, seed, batchSize, order, eta: 1e-3 };
      close(sim.shuffledSgd(f, clip === null ? run : { ...run, clip }).x, x);
    }
  });

  it.each(ORDERS)('CLERR, order %s, both norms, with an inner clip', (order) => {
    for (const start of [false, true]) {
      for (const innerClip of [null, 30] as const) {
        let x: number[] = x0;
        for (let epoch = 0; epoch < R; epoch++) {
          const G = meanOf(
            Array.from(
              { length: f.n },
              (_, m) => epochFrom(f, m, rowsOf(f, order, seed, epoch, m), batchSize, x, 1e-3, innerClip).mean,
            ),
          );
          x = jumpFrom(x, G, 20, 0.5, start ? norm(fullGradient(f, x)) : norm(G));
        }
        const run = { R, x0, seed, batchSize, order, eta: 1e-3, c0: 20, c1: 0.5 };
        const norms = { norm: start ? 'startGradient' : 'pathAverage' } as const;
        close(sim.clerr(f, { ...run, ...norms, ...(innerClip === null ? {} : { innerClip }) }).x, x);
      }
    }
  });

  it('Clip-LocalGDJ, both norms', () => {
    for (const start of [false, true]) {
      let x: number[] = x0;
      for (let round = 0; round < R; round++) {
        const d = Array.from({ length: f.n }, (_, m) => {
          let y = x;
          const path: number[][] = [];
          for (let k = 0; k < 3; k++) {
            const h = gradient(f, m, all(f, m), y);
            path.push(h);
            y = y.map((v, j) => v - 1e-3 * h[j]!);
          }
          return meanOf(path);
        });
        const g = meanOf(d);
        x = jumpFrom(x, g, 20, 0.5, start ? norm(fullGradient(f, x)) : norm(g));
      }
      const run = { R, x0, alpha: 1e-3, tau: 3, c0: 20, c1: 0.5 };
      close(sim.clipLocalGdj(exact(f), { ...run, norm: start ? 'startGradient' : 'pathAverage' }).x, x);
    }
  });

  it.each(ORDERS)('Clipped RR-CLI, order %s, both norms', (order) => {
    for (const start of [false, true]) {
      const C = 2;
      let x: number[] = x0;
      for (let epoch = 0; epoch < R; epoch++) {
        const who = [...stream(seed, f.name, 'clients').at(epoch).permutation(new Uint32Array(f.n))];
        let xr = x;
        const cohorts: number[][] = [];
        for (let r = 0; r < f.n / C; r++) {
          const g = meanOf(
            who
              .slice(r * C, (r + 1) * C)
              .map((m) => epochFrom(f, m, rowsOf(f, order, seed, epoch, m), batchSize, xr, 1e-3, null).mean),
          );
          cohorts.push(g);
          xr = xr.map((v, j) => v - 2e-3 * g[j]!);
        }
        const G = meanOf(cohorts);
        x = jumpFrom(x, G, 20, 0.5, start ? norm(fullGradient(f, x)) : norm(G));
      }
      const run = { R, x0, seed, batchSize, order, alpha: 1e-3, gammaServer: 2e-3, cohort: C, c0: 20, c1: 0.5 };
      close(sim.clippedRrCli(f, { ...run, norm: start ? 'startGradient' : 'pathAverage' }).x, x);
    }
  });

  it('CELGC clips every local step', () => {
    let x: number[] = x0;
    for (let round = 0; round < R; round++) {
      x = meanOf(
        Array.from({ length: f.n }, (_, m) => {
          let y = x;
          for (let k = 0; k < 3; k++) y = jumpFrom(y, gradient(f, m, all(f, m), y), 100, 0.5);
          return y;
        }),
      );
    }
    close(sim.celgc(exact(f), { R, x0, tau: 3, c0: 100, c1: 0.5 }).x, x);
  });

  it('CE-FedAvg divides the cohort’s sum by the number of all clients', () => {
    const M = f.n;
    for (const cohort of [M, 2]) {
      const draw = stream(seed, 'participation');
      let x: number[] = x0;
      for (let round = 0; round < R; round++) {
        const who =
          cohort === M
            ? Array.from({ length: M }, (_, m) => m)
            : [...draw.at(round).choice(M, new Uint32Array(cohort))];
        const sum = [0, 0, 0];
        for (const m of who) {
          let y = x;
          for (let k = 0; k < 3; k++) y = y.map((v, j) => v - 1e-3 * gradient(f, m, all(f, m), y)[j]!);
          const D = x.map((v, j) => (v - y[j]!) / 3);
          const scale = Math.min(1, 0.05 / norm(D));
          D.forEach((v, j) => (sum[j]! += scale * v));
        }
        x = x.map((v, j) => v - (2 * sum[j]!) / M);
      }
      const run = { R, x0, seed, tau: 3, eta: 1e-3, etaServer: 2, clip: 0.05 };
      close(sim.ceFedAvg(exact(f), { ...run, participation: cohort === M ? 'full' : { cohort } }).x, x);
    }
  });
});

describe('identities', () => {
  const f = clients(2);
  const rounds = { R: 6, x0, seed };
  const run = { ...rounds, batchSize: 2 };

  it('NASTYA is CLERR with c1 = 0 (C8)', () => {
    const nastya = sim.nastya(f, { ...run, eta: 1e-3, etaOuter: 1 / 64 });
    expect(nastya.x).toEqual(sim.clerr(f, { ...run, eta: 1e-3, c0: 64, c1: 0 }).x);
  });

  it('Clip-LocalGDJ with τ = 1 is (L0, L1)-GD, whatever α (D10)', () => {
    const gd = sim.l0l1Gd(exact(f), { ...rounds, c0: 20, c1: 0.5 }).x;
    for (const alpha of [0, 1e-10, 0.1]) {
      expect(sim.clipLocalGdj(exact(f), { ...rounds, alpha, tau: 1, c0: 20, c1: 0.5 }).x).toEqual(gd);
    }
    close(sim.clerr(f, { R: 6, x0, eta: 1, c0: 20, c1: 0.5 }).x, gd, 1e-14);
  });

  it('with τ = 1 the baselines are gradient descent, clipped by client (D10)', () => {
    const one = sim.quartic({ d: 3, points: [[1, 2, 3, 0, 1, 0, 2, 2, 2]] });
    const gd = sim.l0l1Gd(exact(one), { ...rounds, c0: 100, c1: 0.5 }).x;
    close(sim.celgc(exact(one), { ...rounds, tau: 1, c0: 100, c1: 0.5 }).x, gd, 1e-14);
    const free = sim.l0l1Gd(exact(f), { ...rounds, c0: 2000, c1: 0 }).x;
    close(sim.ceFedAvg(exact(f), { ...rounds, tau: 1, eta: 1 / 2000, etaServer: 1, clip: 1e9 }).x, free, 1e-13);
    close(sim.celgc(exact(f), { ...rounds, tau: 1, c0: 2000, c1: 0 }).x, free, 1e-13);
  });

  it('RR-CLI of one cohort with γ_s = 0 is CLERR over all clients (C8)', () => {
    const cli = sim.clippedRrCli(f, { ...run, alpha: 1e-3, gammaServer: 0, cohort: f.n, c0: 20, c1: 0.5 });
    close(cli.x, sim.clerr(f, { ...run, eta: 1e-3, c0: 20, c1: 0.5 }).x, 1e-13);
  });

  it('a clipped update serves the methods of the first paper, too', () => {
    // LocalSGD's pseudo-gradient is ηK times the mean gradient of its paths.
    const [eta, K] = [1e-3, 3];
    const serverUpdate = sim.clippedUpdate({ c0: 20 * eta * K, c1: 0.5 });
    const local = sim.localSgd(exact(f), { R: 6, x0, eta, K, serverUpdate });
    const weighted = sim.clipLocalGdj(exact(f), { R: 6, x0, alpha: eta, tau: K, c0: 20, c1: 0.5 * eta * K });
    // g' = ηK g: g'/(c0' + c1'‖g'‖) = g/(c0'/(ηK) + c1'‖g‖).
    close(local.x, sim.clipLocalGdj(exact(f), { R: 6, x0, alpha: eta, tau: K, c0: 20, c1: 0.5 }).x, 1e-10);
    expect(Math.abs(local.x[0]! - weighted.x[0]!)).toBeGreaterThan(1e-3);
  });

  it('a caller’s server step replaces the jump', () => {
    const serverUpdate = sim.clippedUpdate({ c0: 20, c1: 0.5 });
    const own = { ...run, eta: 1e-3, c0: 1, c1: 0 };
    close(sim.clerr(f, { ...own, serverUpdate }).x, sim.clerr(f, { ...own, c0: 20, c1: 0.5 }).x, 1e-15);
    const cli = { ...run, alpha: 1e-3, gammaServer: 1e-3, cohort: 2, c0: 1, c1: 0 };
    close(sim.clippedRrCli(f, { ...cli, serverUpdate }).x, sim.clippedRrCli(f, { ...cli, c0: 20, c1: 0.5 }).x, 1e-15);
  });
});

describe('orders', () => {
  /** Records the rows of every batch. */
  function recorded(order: Order, R: number, batchSize = 3): number[][][] {
    const seen: number[][][] = [];
    const samples: sim.Samples = {
      n: 1,
      d: 1,
      count: () => 8,
      gradient(_client, rows, _x, out) {
        seen.at(-1)!.push([...rows]);
        out[0] = 0;
      },
      clientGradient: (_client, _x, out) => void (out[0] = 0),
    };
    sim.shuffledSgd(
      { ...samples },
      { R, x0: [0], order, batchSize, eta: 1, onPoint: () => void seen.push([]), ...start(seen) },
    );
    return seen.slice(0, R);
  }
  const start = (seen: number[][][]): object => (seen.push([]), {});

  it('every row comes exactly once an epoch, in batches whose last may be smaller', () => {
    for (const order of ['reshuffle', 'shuffle-once', 'incremental'] as const) {
      for (const epoch of recorded(order, 5)) {
        expect(epoch.map((batch) => batch.length)).toEqual([3, 3, 2]);
        expect(epoch.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      }
    }
  });

  it('true reshuffling draws anew each epoch, shuffle-once once, incremental never', () => {
    const flat = (order: Order) => recorded(order, 6).map((epoch) => epoch.flat().join(''));
    expect(new Set(flat('reshuffle')).size).toBe(6);
    expect(new Set(flat('shuffle-once')).size).toBe(1);
    expect(flat('shuffle-once')[0]).not.toBe('01234567');
    expect(new Set(flat('incremental'))).toEqual(new Set(['01234567']));
  });

  it('with replacement rows repeat, each as likely', () => {
    const rows = recorded('with-replacement', 4000).flat(2);
    expect(rows).toHaveLength(32_000);
    const counts = Array.from({ length: 8 }, (_, r) => rows.filter((row) => row === r).length);
    // 4000 expected, deviation 59: 6 of them.
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(360);
  });

  it('every client takes part exactly once in a meta-epoch', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 3, 4, 6, 12), fc.nat(1000), (cohort, key) => {
        const seen: number[] = [];
        const samples: sim.Samples = {
          n: 12,
          d: 1,
          count: () => 1,
          gradient: (_client, _rows, _x, out) => void (out[0] = 0),
          clientGradient: (client, _x, out) => void (seen.push(client), (out[0] = 0)),
        };
        const run = { R: 1, x0: [0], seed: key, alpha: 1, gammaServer: 1, cohort, c0: 1, c1: 1 };
        const { ledger, rounds, exchangesPerRound } = sim.clippedRrCli(samples, run);
        expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, m) => m));
        expect([rounds, ledger.rounds, exchangesPerRound]).toEqual([1, 12 / cohort, 12 / cohort]);
      }),
      { numRuns: 50 },
    );
  });

  it('two step sizes meet the same orders', () => {
    const f = clients();
    const first = sim.clerr(f, { R: 1, x0, batchSize: 1, eta: 0, c0: 20, c1: 0.5 }).x;
    close(sim.clerr(f, { R: 1, x0, batchSize: 1, eta: 1e-12, c0: 20, c1: 0.5 }).x, first, 1e-9);
  });
});

describe('what a run says', () => {
  const f = clients();
  const n = f.n;
  const d = 3;

  it('counts rounds, floats and gradients, with the exchange more of the theory variants', () => {
    const run = { R: 5, x0, batchSize: 2, c0: 20, c1: 0.5 };
    // Clients of 5, 6 and 7 rows, two each: 3, 3 and 4 batches.
    const batches = 2 * (3 + 3 + 4);
    const count = (result: sim.PathResult) => ({
      ...result.ledger,
      per: result.exchangesPerRound,
      epochs: result.rounds,
    });
    const practical = {
      rounds: 5,
      floatsUp: 5 * n * d,
      floatsDown: 5 * n * d,
      gradientCalls: 5 * batches,
      per: 1,
      epochs: 5,
    };
    const theory = { ...practical, rounds: 10, floatsUp: 10 * n * d, gradientCalls: 5 * (batches + n), per: 2 };
    expect(count(sim.clerr(f, { ...run, eta: 1e-3 }))).toEqual(practical);
    expect(count(sim.clerr(f, { ...run, eta: 1e-3, norm: 'startGradient' }))).toEqual(theory);
    const gdj = { R: 5, x0, alpha: 1e-3, tau: 4, c0: 20, c1: 0.5 };
    expect(count(sim.clipLocalGdj(exact(f), gdj))).toEqual({ ...practical, gradientCalls: 5 * 4 * n });
    expect(count(sim.clipLocalGdj(exact(f), { ...gdj, norm: 'startGradient' }))).toEqual({
      ...theory,
      gradientCalls: 5 * (4 * n + n),
    });
    const cli = { ...run, alpha: 1e-3, gammaServer: 1e-3, cohort: 2 };
    expect(count(sim.clippedRrCli(f, cli))).toEqual({ ...practical, rounds: 15, per: 3 });
    expect(count(sim.clippedRrCli(f, { ...cli, norm: 'startGradient' }))).toEqual({
      ...theory,
      rounds: 20,
      per: 4,
    });
  });

  it('resumes bit for bit', () => {
    const runs: ((options: { R: number; state?: sim.RunState }) => sim.PathResult)[] = [
      (o) => sim.clerr(f, { ...o, x0, seed, batchSize: 2, eta: 1e-3, c0: 20, c1: 0.5 }),
      (o) => sim.shuffledSgd(f, { ...o, x0, seed, batchSize: 2, eta: 1e-3, order: 'with-replacement' }),
      (o) => sim.shuffledSgd(f, { ...o, x0, seed, batchSize: 2, eta: 1e-3, order: 'shuffle-once' }),
      (o) =>
        sim.clippedRrCli(f, {
          ...o,
          x0,
          seed,
          batchSize: 2,
          alpha: 1e-3,
          gammaServer: 1e-3,
          cohort: 3,
          c0: 20,
          c1: 0.5,
        }),
      (o) => sim.ceFedAvg(sim.minibatch(f, 3), { ...o, x0, seed, tau: 2, eta: 1e-3, etaServer: 2, clip: 1, participation: { cohort: 2 } }), // prettier-ignore
    ];
    for (const run of runs) {
      const whole = run({ R: 7 });
      const half = run({ R: 3 });
      const resumed = run({ R: 7, state: half.state });
      expect(resumed.x).toEqual(whole.x);
      expect(resumed.ledger).toEqual(whole.ledger);
    }
    const state = sim.clerr(f, { R: 1, x0, eta: 0, c0: 20, c1: 0.5 }).state;
    expect(() => sim.nastya(f, { R: 2, x0, eta: 0, etaOuter: 1, state })).toThrow(
      new RangeError(
        "nastya: 'state.method' is 'clerr'; must be 'nastya'. Resume with the method and problem of the first run.",
      ),
    );
  });

  it('measures: gaps, drift and bias at the clients’ last points', () => {
    const { history } = sim.clipLocalGdj(exact(f), { R: 2, x0, alpha: 1e-3, tau: 3, c0: 20, c1: 0.5, metrics: true });
    expect(history).toHaveLength(2);
    const points: number[] = [];
    sim.clipLocalGdj(exact(f), { R: 2, x0, alpha: 1e-3, tau: 3, c0: 20, c1: 0.5, onPoint: (x) => points.push(f.gap(Float64Array.from(x))) }); // prettier-ignore
    expect(history!.map(({ gap }) => gap)).toEqual(points);
    expect(history![0]!.drift).toBeGreaterThan(0);
    expect(history![0]!.bias).toBeGreaterThan(0);
    const still = sim.l0l1Gd(exact(f), { R: 1, x0, c0: 20, c1: 0.5, metrics: true }).history![0]!;
    expect(still.drift).toBeLessThan(1e-20);
  });

  it('weights move the mean', () => {
    const run = { R: 1, x0, eta: 0, c0: 20, c1: 0 };
    const weights = [1, 0.001, 0.001, 0.001, 0.001, 0.001];
    const first = gradient(f, 0, all(f, 0), x0);
    const moved = sim.clerr(f, { ...run, weights }).x;
    expect(norm(first.map((g, j) => x0[j]! - g / 20 - moved[j]!))).toBeLessThan(
      norm(first.map((g, j) => x0[j]! - g / 20 - sim.clerr(f, run).x[j]!)) / 10,
    );
  });

  it('ends as diverged, with the epoch, where a quartic overflows', () => {
    const far = { x0: [1000, 1000, 1000], R: 50 };
    for (const result of [
      sim.shuffledSgd(f, { ...far, batchSize: 1, eta: 1e-3 }),
      sim.nastya(f, { ...far, batchSize: 1, eta: 1e-12, etaOuter: 1e-2 }),
      sim.l0l1Gd(exact(f), { ...far, c0: 1, c1: 0 }),
    ]) {
      expect(result.diverged).toMatchObject({ round: expect.any(Number) as number });
      expect(result.diverged!.reason).toMatch(/^‖x‖ is (NaN, not finite|.+, above .+)$/);
      expect(result.rounds).toBe(result.diverged!.round);
      expect(result.x.every(Number.isFinite)).toBe(true);
    }
  });

  it('names the epoch, client and batch of a gradient that is NaN at a moderate point', () => {
    const broken: sim.Samples = { ...f, gradient: (client, _rows, _x, out) => void out.fill(client === 1 ? NaN : 1) };
    expect(() => sim.clerr(broken, { R: 2, x0, batchSize: 1, eta: 0, c0: 1, c1: 0 })).toThrow(
      new RangeError(
        "clerr: the gradient of client 1 is NaN in round 0, local step 0; must be a number at a finite point. Check the problem's grad.",
      ),
    );
  });
});

describe('drift monitor', () => {
  const f = clients();
  const problem = exact(f);
  const constants = { L0: 100, L1: 0.5 };
  const run = { R: 3, x0, alpha: 1e-2, tau: 3, c0: 20, c1: 0.5 };

  it('reports α·τ·max a_m and the cosine with the start gradient', () => {
    const seen: sim.Drift[] = [];
    sim.clipLocalGdj(problem, { ...run, R: 1, drift: { ...constants, onDrift: (drift) => void seen.push(drift) } });
    const norms = Array.from({ length: f.n }, (_, m) => norm(gradient(f, m, all(f, m), x0)));
    expect(seen).toHaveLength(1);
    expect(seen[0]!.alpha).toBe(1e-2);
    expect(seen[0]!.ratio).toBeCloseTo(1e-2 * 3 * (100 + 0.5 * Math.max(...norms)), 8);
    expect(seen[0]!.cosine).toBeLessThan(1);
    const still: sim.Drift[] = [];
    sim.clipLocalGdj(problem, {
      ...run,
      R: 1,
      alpha: 0,
      drift: { ...constants, onDrift: (drift) => void still.push(drift) },
    });
    expect(still[0]).toEqual({ alpha: 0, ratio: 0, cosine: expect.closeTo(1, 12) as number });
  });

  it('lowers α to where D4 holds', () => {
    const seen: sim.Drift[] = [];
    const kept = sim.clipLocalGdj(problem, { ...run, drift: { ...constants, reduce: true, onDrift: (drift) => void seen.push(drift) } }); // prettier-ignore
    expect(seen).toHaveLength(3);
    for (const { ratio, alpha } of seen) {
      expect(ratio).toBeLessThanOrEqual(0.25 * (1 + 1e-12));
      expect(alpha).toBeLessThan(1e-2);
    }
    expect(kept.diverged).toBeNull();
  });

  it('refuses constants that are no constants', () => {
    expect(() => sim.clipLocalGdj(problem, { ...run, drift: { L0: -1, L1: 0 } })).toThrow(
      new RangeError(
        "clipLocalGdj: 'drift.L0' is -1; must be a finite number ≥ 0. smoothnessEstimator() finds lower bounds along a run.",
      ),
    );
  });
});

describe('bad input', () => {
  const f = clients();
  const plain = { R: 1, x0, eta: 1 };
  const clipped = { R: 1, x0, c0: 1, c1: 1 };
  const ok = { ...plain, ...clipped };
  const messages: [string, () => unknown, string][] = [
    [
      'a level of 0',
      () => sim.shuffledSgd(f, { ...plain, clip: 0 }),
      "shuffledSgd: 'clip' is 0; must be a finite number > 0. Choose the norm above which a step is shortened.",
    ],
    ['clipping without a level', () => sim.shuffledSgd(f, { ...plain, clip: undefined as never }), "shuffledSgd: 'clip' is undefined; must be a finite number > 0. Choose the norm above which a step is shortened."], // prettier-ignore
    ['no level for CE-FedAvg', () => sim.ceFedAvg(exact(f), { ...plain, tau: 1, etaServer: 1 } as never), "ceFedAvg: 'clip' is undefined; must be a finite number > 0. Choose the norm above which a step is shortened."], // prettier-ignore
    ['a cohort that does not divide', () => sim.clippedRrCli(f, { ...clipped, alpha: 1, gammaServer: 1, cohort: 4 }), "clippedRrCli: 'cohort' is 4; must be a divisor of the number of clients, 6. Each takes part once in a meta-epoch."], // prettier-ignore
    [
      'c0 of 0',
      () => sim.clerr(f, { ...ok, c0: 0 }),
      "clerr: 'c0' is 0; must be a finite number > 0. clipConstants() makes c0 and c1 of a step size and a clip level.",
    ],
    [
      'c1 below 0',
      () => sim.l0l1Gd(exact(f), { ...clipped, c1: -1 }),
      "l0l1Gd: 'c1' is -1; must be a finite number ≥ 0. Use 0 for no clipping.",
    ],
    ['another order', () => sim.clerr(f, { ...ok, order: 'random' as never }), "clerr: 'order' is 'random'; must be 'reshuffle' or 'shuffle-once' or 'incremental' or 'with-replacement'. Leave it out for 'reshuffle'."], // prettier-ignore
    ['a batch of 0', () => sim.nastya(f, { ...plain, etaOuter: 1, batchSize: 0 }), "nastya: 'batchSize' is 0; must be an integer of at least 1. Leave it out for all rows of a client."], // prettier-ignore
    [
      'an outer step of 0',
      () => sim.nastya(f, { ...plain, etaOuter: 0 }),
      "nastya: 'etaOuter' is 0; must be a finite number > 0. gridSearch() finds one.",
    ],
    [
      'no τ',
      () => sim.celgc(exact(f), { ...clipped } as never),
      "celgc: 'tau' is undefined; must be an integer of at least 1. Count the steps of a client in a round.",
    ],
    ['another norm', () => sim.clerr(f, { ...ok, norm: 'last' as never }), "clerr: 'norm' is 'last'; must be 'pathAverage' or 'startGradient'. Leave it out for 'pathAverage'."], // prettier-ignore
    ['a noisy problem with the theory’s norm', () => sim.clipLocalGdj({ n: 1, d: 1, grad: () => undefined }, { ...clipped, x0: [1], alpha: 1, tau: 1, norm: 'startGradient' }), "clipLocalGdj: 'norm' is 'startGradient'; must be 'pathAverage' for a problem without exact gradients. Add 'clientGrad' or 'fullGrad'."], // prettier-ignore
    [
      'a clip level of 0',
      () => sim.clipConstants(1, 0),
      "clipConstants: 'level' is 0; must be a finite number > 0. Choose the norm above which a step is shortened.",
    ],
    ['clip constants of nothing', () => sim.clippedUpdate({ c0: NaN, c1: 0 }), "clippedUpdate: 'c0' is NaN; must be a finite number > 0. clipConstants() makes c0 and c1 of a step size and a clip level."], // prettier-ignore
  ];
  it.each(messages)('%s', (_name, call, message) => {
    expect(call).toThrow(new RangeError(message));
  });

  it('(step size, level) to constants', () => {
    expect(sim.clipConstants(1e-3, 1e5)).toEqual({ c0: 500, c1: 0.005 });
  });
});
