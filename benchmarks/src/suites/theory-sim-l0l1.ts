/** The two quartics of the paper on (L0, L1)-smoothness (spec §5.1, §5.3), on points of our own. */
import { once as answerTo } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as numerics from '@assay-ml/numerics';
import * as sim from '@assay-ml/theory-sim';
import type { Benchmark } from '../benchmark.js';

const SEEDS = 10;
const EPOCHS = 100;
const ROWS = 1000;
const BATCH = 32;
const JUMP = { c0: 500, c1: 5e-3 };

/** What a row of the table runs: an order, and which of the three updates with which numbers (see the peer). */
const TABLE = [
  { order: 'shuffle-once', eta: 1e-7 },
  { order: 'reshuffle', eta: 1e-7 },
  { order: 'shuffle-once', eta: 1e-7, etaOuter: 1e-6 },
  { order: 'shuffle-once', eta: 1e-4, clip: 1e4 },
  { order: 'reshuffle', eta: 1e-4, clip: 1e4 },
  { order: 'shuffle-once', eta: 1e-7, ...JUMP },
  { order: 'reshuffle', eta: 1e-7, ...JUMP },
  { order: 'shuffle-once', eta: 1e-9, ...JUMP },
] as const satisfies readonly {
  order: sim.Order;
  eta: number;
  etaOuter?: number;
  clip?: number;
  c0?: number;
  c1?: number;
}[];

/** Eight methods, ten seeds, a hundred epochs: x at the end and log10 (f − f*) after five epochs; f − f* is taken after each. */
const quarticTable: Benchmark = {
  name: 'quartic table, one dimension',
  checksum: 1288.6865627859595,
  per: { count: TABLE.length * SEEDS * EPOCHS, unit: 'epoch' },
  peers: [
    { name: 'numpy, same loops', runtime: 'python', variant: 'same', goal: 1 / 12 },
    { name: 'numpy, best', runtime: 'python', variant: 'best', goal: 1 / 2 },
  ],
  prepare() {
    const a = numerics.stream(0, 'benchmark', 'points').fillUniform(new Float64Array(ROWS));
    for (let i = 0; i < ROWS; i++) a[i] = 20 * a[i]! - 10;
    const family = sim.quartic({ d: 1, points: [a] });
    const out = new Float64Array(TABLE.length * SEEDS * 2);
    const curve = new Float64Array(EPOCHS);
    const onPoint = (x: Readonly<Float64Array>, epoch: number): void =>
      void (curve[epoch] = family.gap(x as Float64Array));
    const once = (row: (typeof TABLE)[number], seed: number): sim.PathResult => {
      const options = { ...row, R: EPOCHS, x0: [1000], batchSize: BATCH, seed, onPoint };
      if ('etaOuter' in options) return sim.nastya(family, options);
      return 'c0' in options ? sim.clerr(family, options) : sim.shuffledSgd(family, options);
    };
    const key = (seed: number) => numerics.stream(seed, family.name, 'order');
    const orders = new Float64Array(SEEDS * EPOCHS * ROWS);
    const order = new Uint32Array(ROWS);
    for (let seed = 0; seed < SEEDS; seed++) {
      for (let epoch = 0; epoch < EPOCHS; epoch++) {
        orders.set(key(seed).at(epoch).permutation(order), (seed * EPOCHS + epoch) * ROWS);
      }
    }
    const column = (of: (row: { eta: number; etaOuter?: number; clip?: number; c0?: number }) => number) => ({
      shape: [TABLE.length],
      values: Float64Array.from(TABLE, of),
    });
    return {
      run() {
        let at = 0;
        for (const row of TABLE) {
          for (let seed = 0; seed < SEEDS; seed++) {
            out[at++] = once(row, seed).x[0]!;
            out[at++] = Math.log10(curve[4]!);
          }
        }
      },
      result: () => out,
      inputs: {
        a: { shape: [ROWS], values: a },
        orders: { shape: [SEEDS, EPOCHS, ROWS], values: orders },
        once: {
          shape: [TABLE.length],
          values: Float64Array.from(TABLE, ({ order }) => Number(order === 'shuffle-once')),
        },
        eta: column(({ eta }) => eta),
        outer: column(({ etaOuter = 0 }) => etaOuter),
        clip: column(({ clip = 0 }) => clip),
        jump: column(({ c0 = 0 }) => Number(c0 > 0)),
        ...JUMP,
        batch: BATCH,
        best: family.minimiser[0]!,
      },
    };
  },
};

/** Clip-LocalGDJ with ten clients of a hundred points in 100 dimensions: 200 rounds of ten local steps. */
export const quarticClients: Benchmark = {
  name: 'quartic, ten clients, d = 100',
  checksum: -4.411850298817535,
  per: { count: 200 * 10, unit: 'local step of ten clients' },
  // The second peer shows what of the gain is the polynomial, and what the kernels.
  peers: [
    { name: 'numpy, expanded square', runtime: 'python', variant: 'best', goal: 0.8 },
    { name: 'numpy, moments', runtime: 'python', variant: 'moments' },
  ],
  prepare() {
    const [n, d, R, tau] = [10, 100, 200, 10];
    const points = Array.from({ length: n }, (_, m) => {
      const own = numerics
        .stream(1, 'benchmark', 'points')
        .at(m)
        .fillUniform(new Float64Array(100 * d));
      return own.map((u) => (20 * u - 10) * (1 + m / 20));
    });
    const family = sim.quartic({ d, points });
    const minibatch = sim.minibatch(family, 1);
    const problem: sim.Problem = {
      ...minibatch,
      exact: true,
      grad: (client, x, out) => family.clientGradient(client, x, out),
    };
    const constants = { alpha: 1e-8, c0: 2e4, c1: 1e-2 };
    const x0 = new Float64Array(d).fill(10);
    let x: Float64Array = x0;
    return {
      run: () => void (x = sim.clipLocalGdj(problem, { ...constants, tau, R, x0 }).x),
      result: () => x,
      inputs: {
        points: { shape: [n, 100, d], values: Float64Array.from(points.flatMap((own) => [...own])) },
        x0: { shape: [d], values: x0 },
        ...constants,
        tau,
        R,
      },
    };
  },
};

/** The same run in each of two workers, as reproductions compute their cells; the peer makes two runs, too. */
const quarticWorkers: Benchmark = {
  name: 'quartic, ten clients, d = 100, two workers',
  checksum: 2 * quarticClients.checksum,
  per: { count: 2 * quarticClients.per.count, unit: quarticClients.per.unit },
  peers: [{ name: 'numpy, expanded square', runtime: 'python', variant: 'twice', goal: 0.5 }],
  async prepare() {
    const { inputs } = await quarticClients.prepare();
    const workers = [0, 1].map(() => new Worker(new URL('../quartic-worker.js', import.meta.url)));
    let sum = new Float64Array();
    return {
      async run() {
        const [x, y] = await Promise.all(
          workers.map(async (worker) => {
            worker.postMessage(null);
            return ((await answerTo(worker, 'message')) as [Float64Array])[0];
          }),
        );
        sum = x!.map((value, i) => value + y![i]!);
      },
      result: () => sum,
      inputs: inputs!,
      free: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
    };
  },
};

export const theorySimL0l1: readonly Benchmark[] = [quarticTable, quarticClients, quarticWorkers];
