/** ψDAG's step, projection and exact fit, a whole run to the paper's criterion, and one iteration of each baseline. */
import { freemem } from 'node:os';
import * as numerics from '@assay-ml/numerics';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/dag-sa';
import type { Benchmark, Input } from '../benchmark.js';
import { onBlas } from './on-blas.js';

const matrix = (d: number, values: Float64Array): Input => ({ shape: [d, d], values });

/** Steps of stage 1 on rows of a table, 64 at a time, the same rows for everyone. Goals are those of the authors' float64. */
function step(
  d: number,
  steps: number,
  goal: number | null,
  checksum: number,
  precision: paper.Precision = 'float64',
): Benchmark {
  const n = 1000;
  const b = 64;
  const numpy = { name: 'numpy', runtime: 'python', variant: 'float64', ...(goal === null ? {} : { goal }) } as const;
  return {
    name: `step${precision === 'float64' ? '' : ', float32'}, d = ${d}`,
    checksum,
    per: { count: steps, unit: 'step' },
    ...(precision === 'float64'
      ? { peers: [numpy, { name: 'OpenBLAS, 128-bit kernels', runtime: 'python-128', variant: 'float64' }] }
      : {
          precision: 1e-4,
          tolerance: 1e-4,
          peers: [
            { ...numpy, name: 'numpy, float64' },
            { name: 'numpy, float32', runtime: 'python', variant: 'float32' },
          ],
        }),
    prepare() {
      const X = paper.linearSem(paper.simulateDag({ d, degree: 4 }), d).sample(n);
      const draws = numerics.stream(1, 'benchmark').fillUniform(new Float64Array((steps + 1) * b));
      const rows = new Float64Array(b * d);
      const options = { batchSize: b, batches: [steps + 1, 1], radius: 8, centre: false, precision } as const; // stays in stage 1
      let W: Float64Array = X;
      return {
        run() {
          const model = new paper.PsiDag(d, options);
          for (let k = 0; k <= steps; k++) {
            for (let r = 0; r < b; r++) {
              const from = Math.floor(draws[k * b + r]! * n) * d;
              rows.set(X.subarray(from, from + d), r * d);
            }
            model.partialFit(rows);
          }
          W = model.result().W; // of the order 0, 1, …: the upper triangle
          model.free();
        },
        result: () => W,
        inputs: { X: { shape: [n, d], values: X }, draws: { shape: [steps + 1, b], values: draws }, radius: 8 },
      };
    },
  };
}

/** The order of a matrix without zeros. */
function projection(d: number, checksum: number): Benchmark {
  return {
    name: `projection, d = ${d}`,
    checksum,
    per: { count: 1, unit: 'projection' },
    peers: [{ name: 'numpy', runtime: 'python', variant: 'numpy' }],
    prepare() {
      const W = numerics.stream(2, 'benchmark').fillNormal(new Float64Array(d * d));
      let order = new Uint32Array(d);
      return {
        run: () => void (order = paper.projectOrder(W, d)),
        result: () => order,
        inputs: { W: matrix(d, W) },
      };
    },
  };
}

/** Least squares on all predecessors, for all variables of an order. */
function orderFit(d: number, checksum: number, normalEquations: boolean): Benchmark {
  return {
    name: `order fit, d = ${d}`,
    checksum,
    per: { count: 1, unit: 'order' },
    peers: [
      { name: 'numpy, Cholesky and inverse', runtime: 'python', variant: 'numpy', goal: 3 },
      ...(normalEquations
        ? [{ name: 'd normal equations', runtime: 'here', variant: 'normal equations', goal: 1 / 35 } as const]
        : []),
    ],
    prepare(variant) {
      const { covariance } = paper.linearSem(paper.simulateDag({ d, degree: 4 }), d, { deviations: 'unequal' });
      const order = paper.randomOrder(d, 1);
      const parents: number[][] = Array.from({ length: d }, () => []);
      order.forEach((v, k) => (parents[v] = [...order.subarray(0, k)]));
      let W = new Float64Array(0);
      return {
        run:
          variant === 'normal equations'
            ? () => void (W = paper.fitParents(covariance, d, parents))
            : () => void (W = paper.fitOrder(covariance, d, order).W),
        result: () => W,
        inputs: {
          covariance: matrix(d, covariance),
          order: { shape: [d], values: Float64Array.from(order) },
        },
      };
    },
  };
}

/**
 * Fresh rows until the exact loss is within a tenth of the optimum, looked at every hundred steps. ER2, automatic radius.
 * @param rows of a table for peers that learn from one; default none
 */
export function toCriterion(
  d: number,
  checksum: number,
  benchmark: Pick<Benchmark, 'peers' | 'turns' | 'precision'>,
  {
    rows = 0,
    suffix = '',
    precision = 'float64',
  }: { rows?: number; suffix?: string; precision?: paper.Precision } = {},
): Benchmark {
  return {
    name: `to 0.1 f*, d = ${d}${suffix}`,
    checksum,
    per: { count: 1, unit: 'run' },
    ...benchmark,
    prepare() {
      const B = paper.simulateDag({ d, degree: 2 });
      const sem = paper.linearSem(B, d);
      let W: Float64Array = B;
      return {
        run() {
          const model = new paper.PsiDag(d, { batches: [500, 500], epochs: 100, precision });
          const source = sem.source();
          const batch = new Float64Array(64 * d);
          const step = () => {
            source.next(batch);
            model.partialFit(batch);
          };
          step(); // the trial
          do {
            for (let k = 0; k < 100; k++) step();
            W = model.result().W;
          } while (paper.expectedLoss(W, sem.covariance, d) > 1.1 * sem.optimum);
          model.free();
        },
        result: () => W,
        inputs: {
          B: matrix(d, B),
          covariance: matrix(d, sem.covariance),
          ...(rows > 0 ? { X: { shape: [rows, d], values: sem.sample(rows) } } : {}),
        },
      };
    },
  };
}

/** EqVar or a sort by variance, and the fit: what the run above is to be compared with. */
function simple(
  name: string,
  order: (S: Float64Array, d: number) => Uint32Array,
  d: number,
  checksum: number,
): Benchmark {
  return {
    name: `${name}, d = ${d}`,
    checksum,
    per: { count: 1, unit: 'run' },
    prepare() {
      const { covariance } = paper.linearSem(paper.simulateDag({ d, degree: 2 }), d);
      let W = new Float64Array(0);
      return {
        run: () => void (W = paper.fitOrder(covariance, d, order(covariance, d)).W),
        result: () => W,
      };
    },
  };
}

type Objective = (W: Float64Array, S: Float64Array, d: number, G: Float64Array) => number;
const objectives: Record<'NOTEARS' | 'GOLEM-EV' | 'DAGMA', Objective> = {
  NOTEARS: (W, S, d, G) => paper.leastSquares(W, S, d, G) + paper.exponentialAcyclicity(W, d, G),
  'GOLEM-EV': (W, S, d, G) => paper.golemObjective(W, S, d, G).value,
  DAGMA: (W, S, d, G) => paper.leastSquares(W, S, d, G) + paper.logDetAcyclicity(W, d, 1, G),
};

/** Value and gradient of a baseline's objective. */
function objective(name: keyof typeof objectives, d: number, checksum: number): Benchmark {
  return {
    name: `${name} objective, d = ${d}`,
    checksum,
    per: { count: 10, unit: 'evaluation' },
    peers: [{ name: 'numpy', runtime: 'python', variant: name }],
    prepare() {
      const { covariance } = paper.linearSem(paper.simulateDag({ d, degree: 4 }), d);
      const W = numerics.stream(3, 'benchmark').fillNormal(new Float64Array(d * d));
      for (let at = 0; at < d * d; at++) W[at] = at % (d + 1) === 0 ? 0 : (0.3 * W[at]!) / Math.sqrt(d);
      const G = new Float64Array(d * d);
      let value = 0;
      return {
        run() {
          for (let k = 0; k < 10; k++) value = objectives[name](W, covariance, d, G);
        },
        result: () => [value],
        inputs: { W: matrix(d, W), covariance: matrix(d, covariance) },
      };
    },
  };
}

/** Steps of which each ends a stage, so that all variables are put into another order, beside as many that do not. */
function switches(d: number, steps: number, checksum: number): Benchmark {
  const b = 64;
  return {
    name: `step and switch of stage, d = ${d}`,
    checksum,
    per: { count: steps, unit: 'step' },
    turns: 2,
    peers: [{ name: 'its step, 2 turns', runtime: 'here', variant: 'steps', otherResult: true, goal: 5 }],
    skip() {
      const free = freemem() / 2 ** 30;
      return free < 6 ? `${free.toFixed(1)} GB of memory are free; it needs 6` : null;
    },
    prepare(variant) {
      const rows = numerics.stream(6, 'benchmark').fillNormal(new Float64Array(b * d));
      const batches = variant === 'steps' ? ([steps + 1, 1] as const) : ([1, 1] as const);
      let model: paper.PsiDag | null = null;
      return {
        run() {
          model?.free();
          model = new paper.PsiDag(d, { batchSize: b, batches, epochs: steps, radius: 8, centre: false });
          for (let k = 0; k <= steps; k++) model.partialFit(rows);
        },
        result: () => Float64Array.from(model!.result().order),
        free: () => model?.free(),
      };
    },
  };
}

const criterion = { runtime: 'python', otherResult: true } as const;
const againstNumpy = { peers: [{ ...criterion, name: 'numpy', variant: 'float64', goal: 1 }] } as const;
const float32 = {
  precision: 1e-3,
  peers: [
    { ...criterion, name: 'numpy, float64', variant: 'float64' },
    { ...criterion, name: 'numpy, float32', variant: 'float32' },
  ],
} as const;

export const dagSa: readonly Benchmark[] = [
  step(10, 500, 1, 0.6639246587181062),
  step(100, 100, 1, 5.162522846390495),
  step(1000, 40, 1.5, 5.5605496502489355),
  step(100, 100, null, 5.162522846390495, 'float32'),
  step(1000, 40, null, 5.5605496502489355, 'float32'),
  switches(5000, 4, 12495095.961152148),
  projection(1000, 499661.6460988226),
  projection(3000, 4510172.918218605),
  orderFit(300, -4.803550226623232, true),
  orderFit(1000, 23.282042926569467, false),
  toCriterion(100, 6.309817950717778, againstNumpy),
  toCriterion(500, -2.0561969246077267, againstNumpy),
  toCriterion(500, -2.0561969246077267, float32, { suffix: ', float32', precision: 'float32' }),
  onBlas(step(100, 100, 1.2, 5.162522846390495)),
  onBlas(step(1000, 40, 1.2, 5.5605496502489355)),
  onBlas(step(1000, 40, 0.5, 5.5605496502489355, 'float32')),
  onBlas(toCriterion(100, 6.309817950717778, againstNumpy)),
  onBlas(toCriterion(500, -2.0561969246077267, { peers: [{ ...againstNumpy.peers[0], goal: 1.1 }] })),
  simple('sortnregress', paper.varianceOrder, 100, 7.781003302051995),
  simple('EqVar', paper.eqVarTopDown, 100, 5.934820177847998),
  objective('NOTEARS', 50, 29.449119316082957),
  objective('GOLEM-EV', 50, 60.4744361942862),
  objective('DAGMA', 50, 29.44918212550987),
];
