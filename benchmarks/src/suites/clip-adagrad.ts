/** The simulation of many runs, and steps of optimisers on a million weights. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/clip-adagrad';
import { quantile, stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { joined, onBackends, read } from './backends.js';

/** The paper's quadratic at γ = 1/16: its eight methods under the same noise. */
function eightMethods(): paper.Method[] {
  const [gamma, b0, level] = [1 / 16, 3, 0.5];
  return [null, { level }].flatMap((clip) =>
    [1, gamma * gamma].flatMap((eta) => [false, true].map((delay) => paper.compose({ gamma, b0, eta, delay, clip }))),
  );
}

/** 20,000 runs in batches of 1,000, as the reproduction has them. The result is the median error of each method. */
function simulation(steps: number, checksum: number): Benchmark {
  const [batches, runs] = [20, 1000];
  return {
    name: 'eight methods, 20,000 runs of the quadratic',
    checksum,
    // Peers draw their own noise: medians of 20,000 runs.
    tolerance: 0.05,
    per: { count: steps, unit: 'step' },
    peers: [
      { name: 'numpy, batches of 1,000', runtime: 'python', variant: 'same' },
      { name: 'numpy, 20,000 at once', runtime: 'python', variant: 'best', goal: 0.5 },
    ],
    prepare() {
      const methods = eightMethods();
      let ends: Float64Array[][] = [];
      return {
        run() {
          ends = Array.from({ length: batches }, (_, batch) => {
            const noise = { stream: stream(batch, 'benchmark', 'noise'), alpha: 1.5 };
            return [...paper.simulate({ methods, x0: [2], runs, steps, noise })[0]!.x];
          });
        },
        result: () => methods.map((_, k) => quantile(joined(ends.map((x) => x[k]!)).map((x) => x * x), 0.5)), // prettier-ignore
        inputs: { runs: batches * runs, batch: runs, steps },
      };
    },
  };
}

/** One step on a million weights in 20 tensors, guard included, from gradients that are there. */
function step(
  name: string,
  options: paper.OptimizerOptions,
  checksum: number,
  torch: string,
  goal?: number,
): Benchmark[] {
  const [count, size] = [20, 50_000];
  const peers: Peer[] = [{ name: 'tfjs Adam', runtime: 'here', variant: 'adam', otherResult: true, ...(goal === undefined ? {} : { goal }) }]; // prettier-ignore
  return onBackends(
    {
      name: `${name}, 1 M weights in 20 tensors`,
      checksum,
      precision: 1e-4,
      per: { count: 1, unit: 'step' },
      prepare(variant): Work {
        const draw = stream(1, 'benchmark', 'step');
        const make = (what: number) =>
          Array.from({ length: count }, (_, i) => tf.tensor1d(Float32Array.from(draw.at(what, i).fillNormal(new Float64Array(size))))); // prettier-ignore
        const variables = make(0).map((tensor) => tf.variable(tensor));
        const gradients = make(1);
        const named = variables.map((variable, i) => ({ name: variable.name, tensor: gradients[i]! }));
        const optimizer = variant === 'adam' ? tf.train.adam(1e-3) : new paper.ClippedOptimizer(options);
        const last = variables.at(-1)!;
        return {
          async run() {
            optimizer.applyGradients(named);
            const one = tf.tidy(() => tf.slice(last, 0, 1));
            await one.data();
            one.dispose();
          },
          // However often it ran: the first step, of weights that are 0.
          async result() {
            const fresh = gradients.map((gradient) => tf.variable(tf.zerosLike(gradient)));
            const first = new paper.ClippedOptimizer(options);
            first.applyGradients(fresh.map((variable, i) => ({ name: variable.name, tensor: gradients[i]! })));
            const values = await read(fresh);
            first.dispose();
            tf.dispose(fresh);
            return values;
          },
          inputs: { count, size },
          free() {
            optimizer.dispose();
            tf.dispose([...variables, ...gradients]);
          },
        };
      },
    },
    {
      wasm: peers,
      tensorflow: [...peers, { name: `PyTorch ${torch}`, runtime: 'torch', variant: torch, otherResult: true }],
    },
  );
}

/** Plain and clipped. The first step is the same from gradients so long: they are divided by their norm, or by themselves. */
const steps = (name: string, options: paper.OptimizerOptions, checksum: number, torch: string, goal: number) => [
  ...step(name, options, checksum, torch, goal),
  ...step(`Clip-${name}`, { ...options, clip: { level: 1 } }, checksum, torch),
];

export const clipAdagrad: readonly Benchmark[] = [
  simulation(200, 5.3843700787421795),
  ...steps('AdaGrad-Norm', { gamma: 1e-3 }, 0.000139554, 'Adagrad', 0.3),
  ...steps('Adam-Norm', { kind: 'adam', gamma: 1e-3 }, 0.000441308, 'Adam', 0.45),
  ...steps('AdaGrad', { scale: 'coordinate', gamma: 1e-3 }, -0.336712479, 'Adagrad', 0.9),
];
