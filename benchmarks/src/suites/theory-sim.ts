/** One round of each method, and the main experiment of its paper, E1 (spec §6). */
import { freemem } from 'node:os';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as numerics from '@assay-ml/numerics';
import * as sim from '@assay-ml/theory-sim';
import type { Benchmark } from '../benchmark.js';
import { onBlas } from './on-blas.js';
import { theorySimL0l1 } from './theory-sim-l0l1.js';

const METHODS = ['minibatchSgd', 'localSgd', 'scaffold'] as const;
const STEPS = 10;

/** H_i, b_i and λ of quadratic clients by their gradients at 0 and at the unit vectors, ρ sin taken off. */
function probe(problem: sim.Family, rho: number): { H: Float64Array; b: Float64Array } {
  const { n, d } = problem;
  const H = new Float64Array(n * d * d);
  const b = new Float64Array(n * d);
  const unit = new Float64Array(d);
  const sine = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    const own = b.subarray(i * d, (i + 1) * d);
    problem.clientGrad(i, unit, own);
    for (let j = 0; j < d; j++) {
      unit[j] = 1;
      numerics.sin(unit, sine);
      const column = H.subarray((i * d + j) * d, (i * d + j + 1) * d);
      problem.clientGrad(i, unit, column);
      for (let a = 0; a < d; a++) column[a] = column[a]! - own[a]! + rho * sine[a]!;
      unit[j] = 0;
    }
  }
  return { H, b };
}

/** E1: each δ, method and step size of the grid at R = 50; the result is log₁₀‖∇f(x_R)‖², 99 where the run diverged. */
function e1(
  name: string,
  deltas: readonly number[],
  rho: number,
  goals: readonly [number, number],
  checksum: number,
): Benchmark {
  const n = 10;
  const d = 20;
  const grid = sim.defaultGrid();
  return {
    name,
    checksum,
    per: { count: 1, unit: 'table' },
    peers: [
      { name: 'numpy, same loops', runtime: 'python', variant: 'same', goal: goals[0] },
      { name: 'numpy, best', runtime: 'python', variant: 'best', goal: goals[1] },
    ],
    prepare() {
      const problems = deltas.map((delta) => sim.quadratic({ n, d, L: 1, lMin: 1e-3, delta, zeta: 1, rho, seed: 0 }));
      const x0 = new Float64Array(d).fill(3);
      const etas = [...grid].sort((a, b) => a - b);
      const out = new Float64Array(deltas.length * METHODS.length * etas.length);
      const probed = problems.map((problem) => probe(problem, rho));
      const all = (which: 'H' | 'b') => Float64Array.from(probed.flatMap((p) => [...p[which]]));
      return {
        run() {
          let at = 0;
          for (const problem of problems) {
            for (const method of METHODS) {
              const { tried } = sim.tune(method, problem, { grid, K: STEPS, R: 50, x0, onEdge: 'report' });
              for (const { value } of tried) out[at++] = value === null ? 99 : Math.log10(value);
            }
          }
        },
        result: () => out,
        inputs: {
          H: { shape: [deltas.length, n, d, d], values: all('H') },
          b: { shape: [deltas.length, n, d], values: all('b') },
          etas: { shape: [etas.length], values: Float64Array.from(etas) },
          x0: { shape: [d], values: x0 },
          rho,
          K: STEPS,
          R: 50,
        },
      };
    },
  };
}

/** R rounds of one method on family Q. */
function rounds(name: string, method: (typeof METHODS)[number], checksum: number): Benchmark {
  const n = 10;
  const d = 20;
  const R = 100;
  const eta = 0.1;
  return {
    name: `${name}, n = 10, d = 20`,
    checksum,
    per: { count: R, unit: 'round' },
    peers: [{ name: 'numpy, same loops', runtime: 'python', variant: 'same' }],
    prepare() {
      const problem = sim.quadratic({ n, d, L: 1, lMin: 1e-3, delta: 0.1, zeta: 1, seed: 0 });
      const x0 = new Float64Array(d).fill(3);
      let x: Float64Array = x0;
      const { H, b } = probe(problem, 0);
      return {
        run: () => void (x = sim[method](problem, { eta, K: STEPS, R, x0 }).x),
        result: () => x,
        inputs: {
          H: { shape: [n, d, d], values: H },
          b: { shape: [n, d], values: b },
          x0: { shape: [d], values: x0 },
          eta,
          K: STEPS,
          R,
          method: METHODS.indexOf(method),
        },
      };
    },
  };
}

/** One round of a local method on a hundred dense quadratics of d = 1000: 800 MB of matrices, 400 packed, read ten times. */
function largeRound(name: string, method: 'localSgd' | 'scaffold', checksum: number): Benchmark {
  const n = 100;
  const d = 1000;
  const eta = 0.1;
  return {
    name: `${name}, n = ${n}, d = ${d}`,
    checksum,
    per: { count: 1, unit: 'round' },
    peers: [{ name: 'numpy, better order', runtime: 'python', variant: 'best', goal: 1 }],
    skip() {
      const free = freemem() / 2 ** 30;
      return free < 4 ? `${free.toFixed(1)} GB of memory are free; it needs 4` : null;
    },
    prepare() {
      const { problem, matrices, packed, linear } = denseQuadratics(n, d);
      const x0 = new Float64Array(d).fill(3);
      let x: Float64Array = x0;
      return {
        run: () => void (x = sim[method](problem, { eta, K: STEPS, R: 1, x0 }).x),
        result: () => x,
        inputs: {
          H: { shape: [n, d, d], values: matrices.array },
          b: { shape: [n, d], values: linear.array },
          x0: { shape: [d], values: x0 },
          eta,
          K: STEPS,
          method: METHODS.indexOf(method),
        },
        free() {
          matrices.free();
          packed.free();
          linear.free();
        },
      };
    },
  };
}

/** Quadratics with ½ on the diagonal and small symmetric noise, as a problem of a user who has the matrices and packs them. */
function denseQuadratics(n: number, d: number) {
  const size = (d * (d + 1)) / 2;
  const matrices = numerics.allocate(n * d * d);
  const packed = numerics.allocate(n * size);
  const linear = numerics.allocate(n * d);
  const key = numerics.stream(4, 'benchmark', 'hessian');
  // Read anew at each use: memory that grew leaves old views empty.
  const of = (block: numerics.Block, i: number, length: number) => block.array.subarray(i * length, (i + 1) * length);
  for (let i = 0; i < n; i++) {
    const own = of(matrices, i, d * d);
    key.at(i).fillUniform(own);
    for (let r = 0; r < d; r++) {
      for (let s = 0; s < r; s++) own[s * d + r] = own[r * d + s] = (own[r * d + s]! - 0.5) / d;
      own[r * d + r] = 0.5;
    }
    numerics.packSymmetric(own, d, of(packed, i, size));
  }
  key.at(n).fillNormal(linear.array);
  const add = { beta: 1 };
  const problem: sim.Problem = {
    n,
    d,
    exact: true,
    grad(client, x, out) {
      out.set(of(linear, client, d));
      numerics.spmv(of(packed, client, size), x, out, add);
    },
  };
  return { problem, matrices, packed, linear };
}

/** An objective written as text, of 22 terms in 20 variables. */
const TEXT: sim.Expressions = (() => {
  const variables = Array.from({ length: 20 }, (_, i) => `x${i}`);
  const terms = variables.map((x, i) => `a*(${x} - ${i / 10})^2/(1 + ${x}^2)`);
  const clients = [[...terms, 'sin(x0*x1)', 'log(1 + exp(-x2 + x3))'].join(' + ')];
  return { variables, clients, parameters: { a: 0.5 } };
})();

/** Building the problem from its text, derivatives included, or its gradient; the result is the gradient at a point. */
function expressions(what: 'build' | 'gradient', count: number, checksum: number): Benchmark {
  return {
    name: `fromExpressions, d = 20, 22 terms, ${what}`,
    checksum,
    per: { count, unit: what === 'build' ? 'problem' : 'gradient' },
    async prepare() {
      let problem = await sim.fromExpressions(TEXT);
      const d = TEXT.variables.length;
      const x = numerics.stream(5, 'benchmark').fillNormal(new Float64Array(d));
      const out = new Float64Array(d);
      const gradient = () => problem.grad(0, x, out, numerics.stream(0));
      return {
        async run() {
          if (what === 'build') problem = await sim.fromExpressions(TEXT);
          else for (let k = 0; k < count; k++) gradient();
        },
        result() {
          gradient();
          return out;
        },
      };
    },
  };
}

export const theorySim: readonly Benchmark[] = [
  rounds('minibatch SGD', 'minibatchSgd', 33.3743094340966),
  rounds('LocalSGD', 'localSgd', 15.784007844786505),
  rounds('SCAFFOLD', 'scaffold', 15.102847655765462),
  e1('E1, quadratic rows', [0, 0.01, 0.03, 0.1, 0.3, 1], 0, [1 / 8, 1], 4360.65719912687),
  e1('E1, rows with ρ = 0.05', [0, 0.01, 0.1, 0.3, 1], 0.05, [1 / 3, 1.5], 3808.2510614599537),
  largeRound('LocalSGD', 'localSgd', 1798.9916461403127),
  largeRound('SCAFFOLD', 'scaffold', 1798.9916461403127),
  onBlas(largeRound('LocalSGD', 'localSgd', 1798.9916461403127)),
  onBlas(largeRound('SCAFFOLD', 'scaffold', 1798.9916461403127)),
  expressions('build', 1, -6.593221302469589),
  expressions('gradient', 100, -6.593221302469589),
  ...theorySimL0l1,
];
