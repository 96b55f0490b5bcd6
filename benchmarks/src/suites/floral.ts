/** The kernels of floral, and local steps of a cohort in tensors. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/floral';
import * as onNetworks from '@assay-ml/floral/networks';
import * as networks from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { Benchmark, Peer } from '../benchmark.js';
import { onBackends } from './backends.js';
import { hooks } from './floral-hooks.js';

/** Gradients of one batch of 32 in one form of the forward pass. */
function gradients(name: string, sizes: readonly number[], options: paper.MlpOptions, checksum: number): Benchmark {
  const [B, C] = [32, options.clusters];
  return {
    name: `gradients of ${sizes.join('-')}, ${name}`,
    checksum,
    per: { count: 1, unit: 'batch' },
    prepare() {
      const model = paper.mlp(sizes, options);
      const normal = (at: number, length: number) => stream(1, 'bench').at(at).fillNormal(new Float64Array(length));
      const adaptors = C > 0 ? normal(0, model.layout.adaptorSize) : null;
      const weights = { base: model.start(1), adaptors, pi: C > 0 ? new Float64Array(C).fill(1 / C) : null };
      const rows = Uint32Array.from({ length: B }, (_, i) => i);
      const [x, dy] = [normal(1, B * sizes[0]!), normal(2, B * sizes.at(-1)!)];
      const into = { base: new Float64Array(model.layout.baseSize), adaptors: new Float64Array(model.layout.adaptorSize), pi: new Float64Array(C) }; // prettier-ignore
      return {
        run() {
          for (const g of Object.values(into)) g.fill(0);
          model.forward(0, weights, x, rows);
          model.backward(0, weights, dy, into);
        },
        result: () => into.base,
      };
    },
  };
}

/** The preconditioner on one layer. */
function precondition(inputs: number, outputs: number, rank: number, checksum: number): Benchmark {
  return {
    name: `preconditioner, ${inputs} × ${outputs}, rank ${rank}`,
    checksum,
    per: { count: 1, unit: 'call' },
    prepare() {
      const layout = paper.layoutOf([{ kind: 'dense', name: 'd', inputs, outputs }], { clusters: 4, rank });
      const [adaptors, start] = [0, 1].map((at) => stream(1, 'bench').at(at).fillNormal(new Float64Array(layout.adaptorSize))) as [Float64Array, Float64Array]; // prettier-ignore
      const g = start.slice();
      return {
        run() {
          g.set(start);
          paper.precondition(layout, adaptors, g);
        },
        result: () => g,
      };
    },
  };
}

/** What a batch of 32 becomes under one client's merged model: the work of the base alone; beside it, too, the mixture as it is in training. */
function prediction(sizes: readonly number[], checksum: number): Benchmark {
  return {
    name: `prediction by ${sizes.join('-')}, merged`,
    checksum,
    per: { count: 1, unit: 'batch' },
    peers: [
      { name: 'base alone', runtime: 'here', variant: 'plain', goal: 1.05, otherResult: true },
      { name: 'mixture', runtime: 'here', variant: 'mixture' },
    ],
    prepare(variant) {
      const [B, C] = [32, 4];
      const model = paper.mlp(sizes, { clusters: C });
      const normal = (at: number, length: number) => stream(1, 'bench').at(at).fillNormal(new Float64Array(length));
      const mixed = { base: model.start(1), adaptors: normal(0, model.layout.adaptorSize), pi: new Float64Array(C).fill(1 / C) }; // prettier-ignore
      const alone = { adaptors: null, pi: null };
      const merged = variant === 'plain' ? mixed.base : paper.merge(model.layout, mixed);
      const weights = variant === 'mixture' ? mixed : { base: merged, ...alone };
      const rows = Uint32Array.from({ length: B }, (_, i) => i);
      const x = normal(1, B * sizes[0]!);
      let outputs = new Float64Array(0);
      return {
        run: () => void (outputs = model.forward(0, weights, x, rows) as typeof outputs),
        result: () => outputs,
      };
    },
  };
}

/** The same network, the thin products of its dense layers merged into kernels. */
const mergedOf = (network: networks.Network): networks.Network => ({
  ...network,
  cohort: (parameters, x, lowRank) =>
    network.cohort!(
      parameters.map((w, i) => {
        const addend = lowRank?.get(i);
        return addend
          ? tf.add(w, tf.matMul(addend.v, tf.mul(tf.transpose(addend.scale, [0, 2, 1]), addend.u), true))
          : w;
      }),
      x,
    ),
});

// A rate of 1: what a base has moved is its gradient.
const [CLUSTERS, BUDGET, RATE] = [4, 0.1, 1];

interface Goals {
  readonly hooks?: number;
  readonly plain?: number;
  readonly merged?: number;
  readonly unconditioned?: number;
}

/**
 * One local step of each of S clients on a batch of its own. The result is the gradient of the base, the mean over clients. Beside it:
 * adaptors as hooks, client by client, on the same backend; the base alone; merged; without the preconditioner; and PyTorch, hooks and
 * products of the whole cohort.
 */
function steps(
  name: string,
  checksum: number,
  network: networks.Network,
  [S, B]: readonly [number, number],
  epsilon: number | null,
  goals: { readonly wasm: Goals; readonly tensorflow: Goals; readonly torch?: number; readonly bmm?: number },
): Benchmark[] {
  const here = ({ hooks, plain, merged, unconditioned }: Goals): Peer[] => [
    ...(hooks ? [{ name: 'hooks, client by client', runtime: 'here', variant: 'hooks', goal: hooks } as const] : []),
    ...(plain ? [{ name: 'base alone', runtime: 'here', variant: 'plain', goal: plain, otherResult: true } as const] : []), // prettier-ignore
    ...(merged ? [{ name: 'merged', runtime: 'here', variant: 'merged', goal: merged } as const] : []),
    ...(unconditioned ? [{ name: 'without preconditioner', runtime: 'here', variant: 'unconditioned', goal: unconditioned } as const] : []), // prettier-ignore
  ];
  const torch: Peer[] = [
    ...(goals.torch ? [{ name: 'PyTorch, hooks', runtime: 'torch-one', variant: 'hooks', goal: goals.torch } as const] : []), // prettier-ignore
    ...(goals.bmm ? [{ name: 'PyTorch, one batch', runtime: 'torch-one', variant: 'batched', goal: goals.bmm } as const] : []), // prettier-ignore
  ];
  return onBackends(
    {
      name,
      checksum,
      precision: 1e-3,
      tolerance: 1e-3,
      per: { count: S, unit: 'step' },
      prepare(variant) {
        const clusters = variant === 'plain' ? 0 : CLUSTERS;
        const model = onNetworks.floralNetwork(variant === 'merged' ? mergedOf(network) : network, { clusters, rank: BUDGET }); // prettier-ignore
        const { layout, inputs, outputs } = model;
        const normal = (at: number, length: number) => stream(1, 'bench').at(at).fillNormal(new Float64Array(length));
        const base = model.start(1);
        const adaptors = normal(0, layout.adaptorSize).map((a) => 0.1 * a);
        const x = normal(1, S * B * inputs).map(Math.fround);
        const y = Float64Array.from({ length: S * B }, (_, i) => i % outputs);
        const data = Array.from({ length: S }, (_, s) => ({ x: x.subarray(s * B * inputs, (s + 1) * B * inputs), y: y.subarray(s * B, (s + 1) * B) })); // prettier-ignore
        const mean = new Float64Array(layout.baseSize);
        const shared = { base, adaptors: clusters === 0 ? new Float64Array(0) : adaptors };
        const method = clusters === 0 ? paper.fedAvg() : paper.floralMethod(clusters);
        const training = paper.trainingOf({
          rate: RATE,
          batch: B,
          shuffle: false,
          precondition: variant === 'unconditioned' ? null : epsilon,
        });
        const router = paper.routerOf({ noise: 0, clamp: 0 }, Math.max(1, clusters));
        const round = { problem: { model, loss: 'cross-entropy' }, method, training, router, seed: 1, round: 0 } as const; // prettier-ignore
        const add = (own: ArrayLike<number>, s: number) => {
          for (let i = 0; i < mean.length; i++) mean[i] = (s === 0 ? 0 : mean[i]!) + (base[i]! - own[i]!) / S;
        };
        const hooked = variant === 'hooks' ? hooks(network, layout, base, adaptors, RATE) : null;
        return {
          run() {
            if (hooked) return data.forEach((own, s) => add(hooked.step(own, B), s));
            // As in a round of `train`: of updates only the sums are asked for.
            const members = data.map((own, client): paper.Member => ({ client, data: own, examples: B, local: shared, theta: new Float64Array(clusters), anchor: base, shares: null, moments: { first: new Float64Array(0), second: new Float64Array(0), step: 0 } })); // prettier-ignore
            const sums = paper.emptySums(layout, method, shared);
            model.cohort!.add(round, members, 0, sums);
            for (let i = 0; i < mean.length; i++) mean[i] = base[i]! - sums.base[i]! / sums.weight;
          },
          result: () => mean,
          inputs: {
            x: { shape: [S, B, ...network.inputShape], values: x },
            y: { shape: [S, B], values: y },
            rate: RATE,
            epsilon: epsilon ?? 0,
            ...Object.fromEntries(layout.base.map(({ start, size, shape }, i) => [`base${i}`, { shape, values: base.subarray(start, start + size) }])), // prettier-ignore
            ...Object.fromEntries(layout.parts.map(({ start, length }, i) => [`part${i}`, { shape: [CLUSTERS, length], values: adaptors.subarray(start, start + CLUSTERS * length) }])), // prettier-ignore
          },
          free: () => hooked?.free(),
        };
      },
    },
    { wasm: here(goals.wasm), tensorflow: [...here(goals.tensorflow), ...torch] },
  ).filter(({ backend }) => backend === 'wasm' || backend === 'tensorflow');
}

const paperNet = [784, 200, 10];

export const floral: readonly Benchmark[] = [
  gradients('base alone', paperNet, { clusters: 0 }, -214.37639060293026),
  gradients('factored', paperNet, { clusters: 4, form: 'factored' }, 5735.885516553211),
  gradients('merged', paperNet, { clusters: 4, form: 'merged' }, 5735.885516553205),
  precondition(784, 200, 15, -7.306319957327265),
  prediction(paperNet, 16322.689498358435),
  ...steps(
    'steps of 30 clients, MLP 784-200-10, batch 32',
    0.2464076,
    networks.mlp({ inputs: 784, hidden: [200], classes: 10 }),
    [30, 32],
    null,
    {
      wasm: { hooks: 0.42, plain: 1.8, merged: 0.55 },
      tensorflow: { hooks: 1 / 8, plain: 2.2, merged: 0.65 },
      bmm: 1,
    },
  ),
  ...steps(
    'steps of 30 clients, MLP 784-200-10, batch 32, preconditioned',
    0.2464076,
    networks.mlp({ inputs: 784, hidden: [200], classes: 10 }),
    [30, 32],
    1e-5,
    {
      // A quarter of the step.
      wasm: { unconditioned: 1.25 },
      tensorflow: { unconditioned: 1.25 },
      torch: 1 / 4,
    },
  ),
  ...steps('step of cifarCnn 32 × 32, batch 64', 18.0896573, networks.cifarCnn({ classes: 10 }), [1, 64], null, {
    wasm: { hooks: 0.5, plain: 1.4 },
    tensorflow: { hooks: 0.5, plain: 1.35 },
    torch: 0.45,
  }),
];
