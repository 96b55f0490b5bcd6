/** The kernels of fedtrpo: the microgrid, products with Fisher's matrix, and whole iterations. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/fedtrpo';
import { scalar, stream } from '@assay-ml/numerics';
import { gaussNewtonVector } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { microgrid } from './fedtrpo-microgrid.js';

const INPUTS = 19;

/** Inputs, parameters and a direction. */
function instance(rows: number, units: number) {
  const actor = paper.actorOf(paper.mlp(INPUTS, [units, units], 1));
  const normal = (at: number, length: number) => stream(1, 'bench').at(at).fillNormal(new Float64Array(length));
  return { actor, theta: paper.startActor(actor, stream(1, 'theta')), x: normal(0, INPUTS * rows), v: normal(1, actor.size) }; // prettier-ignore
}

/** The same product by the tensors of this project, in float32: the means' part alone, since their loss knows no log σ. */
function gaussNewton(rows: number, units: number): Work {
  const { actor, theta, x, v } = instance(rows, units);
  const precision = scalar.exp(-2 * theta[actor.network.size]!);
  const split = (flat: Float64Array) =>
    actor.network.layers.flatMap(({ blocks: [block] }): tf.Tensor[] => {
      const { inputs, outputs, weights, biases } = block!;
      return [
        tf.tensor2d(Float32Array.from(flat.subarray(weights, biases)), [inputs, outputs]),
        tf.tensor1d(Float32Array.from(flat.subarray(biases, biases + outputs))),
      ];
    });
  const [params, along] = [split(theta), split(v)];
  const input = tf.tensor2d(Float32Array.from(x), [rows, INPUTS]);
  const layer = (h: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.add(tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D), b);
  const outputs = ([w1, b1, w2, b2, w3, b3]: readonly tf.Tensor[]) => layer(tf.tanh(layer(tf.tanh(layer(input, w1!, b1!)), w2!, b2!)), w3!, b3!); // prettier-ignore
  const loss = (out: tf.Tensor) => tf.mul(tf.sum(tf.square(out)), precision / 2 / rows);
  let found = new Float32Array(0);
  return {
    async run() {
      const product = tf.tidy(() => tf.concat(gaussNewtonVector(outputs, loss, params, along).map((part) => tf.reshape(part, [-1])))); // prettier-ignore
      found = Float32Array.from(await product.data());
      product.dispose();
    },
    result: () => found,
    free: () => tf.dispose([...params, ...along, input]),
  };
}

/** (F + 0.1)·v of a policy of two hidden layers. */
function fisher(
  rows: number,
  units: number,
  goals: { readonly torch: number; readonly tensors?: number },
  checksum: number,
): Benchmark {
  // prettier-ignore
  const own: Peer[] = goals.tensors === undefined ? [] : [{ name: 'tensors, wasm', runtime: 'wasm', variant: 'gauss-newton', otherResult: true, goal: goals.tensors }]; // prettier-ignore
  return {
    name: `Fisher product, ${rows} rows, ${INPUTS}-${units}-${units}-1`,
    checksum,
    per: { count: 1, unit: 'product' },
    peers: [{ name: 'torch, double backward', runtime: 'torch-one', goal: goals.torch }, ...own],
    prepare(variant) {
      if (variant === 'gauss-newton') return gaussNewton(rows, units);
      const { actor, theta, x, v } = instance(rows, units);
      const tape = paper.tapeFor(actor.network, rows);
      paper.forward(actor.network, theta, x, tape);
      const out = new Float64Array(actor.size);
      return {
        run: () => void paper.fisherProduct(actor, theta, v, 0.1, tape, out),
        result: () => out,
        inputs: {
          x: { shape: [rows, INPUTS], values: x },
          theta: { shape: [actor.size], values: theta },
          v: { shape: [actor.size], values: v },
          units,
        },
      };
    },
  };
}

/** Whole trainings on a made-up week: rollouts, advantages, policy step and critic. */
function training(method: paper.Method, checksum: number): Benchmark {
  const iterations = 2;
  return {
    name: `${method.name.toUpperCase()} iteration, 2 buildings, 16 episodes, 32 × 32`,
    checksum,
    // Conjugate gradients and Adam enlarge what a library rounds in another way.
    precision: 1e-6,
    per: { count: iterations, unit: 'iteration' },
    prepare() {
      const { train } = paper.netZero(paper.syntheticDistrict({ seed: 1, days: 7 }), { seed: 1 });
      let theta = new Float64Array(0);
      return {
        run: () => void (theta = Float64Array.from(paper.train(train, { method, iterations, starts: [24], seed: 1 }).general!.theta)), // prettier-ignore
        result: () => theta,
      };
    },
  };
}

/** A policy step and a critic's fit on one batch: 1,840 rows of noise, of which 80 trajectories are made. */
function trpoUpdate(checksum: number): Benchmark {
  const [rows, units, steps] = [1840, 32, 23];
  return {
    name: `TRPO update, ${rows} rows, ${INPUTS}-${units}-${units}-1, critic fitted 15 times`,
    checksum,
    // Conjugate gradients and Adam enlarge what a library rounds in another way.
    precision: 1e-6,
    per: { count: 1, unit: 'update' },
    peers: [{ name: 'sb3-contrib 2.0.0, float32', runtime: 'torch-one', otherResult: true, goal: 0.5 }],
    prepare() {
      const { actor, theta: start, x } = instance(rows, units);
      const normal = (at: number) => stream(1, 'bench').at(at).fillNormal(new Float64Array(rows));
      const [actions, rewards] = [normal(2), normal(3)] as const;
      const criticNetwork = paper.mlp(INPUTS, [units, units], 1);
      const tape = paper.tapeFor(actor.network, rows);
      const tapes = paper.tapesOf(criticNetwork);
      const [advantages, returns, logDensities] = [0, 1, 2].map(() => new Float64Array(rows)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
      paper.evaluateActor(actor, start, x, actions, tape, logDensities);
      let theta = start;
      return {
        run() {
          theta = start.slice();
          const critic = paper.startCritic(criticNetwork, stream(1, 'critic'), true);
          const values = paper.valuesOf(criticNetwork, critic, x, tapes(rows));
          paper.gae(rewards, values, steps, 1, 0.97, advantages, returns);
          paper.standardise(advantages);
          paper.trpoStep(actor, theta, { rows, observations: x, actions, logDensities, advantages }, tape, { delta: 0.01 }); // prettier-ignore
          paper.fitCritic(criticNetwork, critic, x, returns, stream(1, 'minibatches'), tapes, {});
        },
        result: () => theta,
        inputs: {
          x: { shape: [rows, INPUTS], values: x },
          actions: { shape: [rows], values: actions },
          rewards: { shape: [rows], values: rewards },
          units,
          steps,
        },
      };
    },
  };
}

export const fedtrpo: readonly Benchmark[] = [
  ...microgrid,
  fisher(1840, 32, { torch: 0.45, tensors: 1 / 6 }, -5.009298647338622),
  fisher(9200, 64, { torch: 0.45, tensors: 1 / 3 }, 4.231471454714358),
  fisher(12_000, 256, { torch: 1 }, 12.709367836040048),
  trpoUpdate(-2.2798715775388323),
  training({ name: 'trpo' }, -14.690187868783948),
  training({ name: 'ppo' }, -12.070398074346878),
];
