/** The kernels of frugal-opt. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/frugal-opt';
import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { Matrix, SVD } from 'ml-matrix';
import type { Benchmark, Input, Peer, Work } from '../benchmark.js';
import { read } from './backends.js';

const rate = 1e-3;

/** An array as a peer's input. */
const input = (shape: readonly number[], values: ArrayLike<number>): Input => ({ shape, values: Float64Array.from(values) }); // prettier-ignore

const indices = (chosen: Uint32Array) => input([chosen.length], chosen);

/** Which of `of` columns (rows) of tensor i have state: a quarter, by the key of FRUGAL's first refresh. */
const chosenOf = (i: number, of: number) =>
  stream(0, 'frugal', i)
    .at(1)
    .choice(of, new Uint32Array(of / 4))
    .sort();

/** Ten steps of a method on one matrix, by two gradients in turn. The result is how far they went, over the rate. */
function steps(name: string, method: () => paper.Method, checksum: number): Benchmark {
  const [count, side] = [10, 512];
  return {
    name: `${name}, ${side} × ${side}`,
    checksum,
    precision: 1e-5,
    tolerance: 1e-4,
    per: { count, unit: 'step' },
    peers: [{ name: 'PyTorch, one thread', runtime: 'torch-one' }],
    prepare() {
      const own = method();
      const [start, even, odd] = [0, 1, 2].map((k) => Float32Array.from(stream(1, 'bench').at(k).fillNormal(new Float64Array(side * side)))) as [Float32Array, Float32Array, Float32Array]; // prettier-ignore
      let x = start;
      return {
        inputs: {
          start: input([side, side], start),
          even: input([side, side], even),
          odd: input([side, side], odd),
          chosen: indices(chosenOf(0, side)),
        },
        run() {
          x = start.slice();
          const point = { x: [x], state: own.init([{ name: 'kernel', shape: [side, side] }], [x]) };
          for (let k = 0; k < count; k++) own.step(point, [k % 2 === 0 ? even : odd], point);
        },
        result: () => moved(start, x),
      };
    },
  };
}

const moved = (from: Float32Array, to: ArrayLike<number>) => Float64Array.from(from, (value, i) => (to[i]! - value) / rate); // prettier-ignore

/** Tensors of a decoder of width 64 and 172, two layers, 512 classes; kernels are [in, out]. */
const DECODER: readonly (readonly [string, readonly number[]])[] = [
  ['embed_tokens', [512, 64]],
  ...[0, 1].flatMap((l) =>
    Object.entries({
      q: [64, 64],
      k: [64, 64],
      v: [64, 64],
      o: [64, 64],
      gate: [64, 172],
      up: [64, 172],
      down: [172, 64],
      norm1: [64],
      norm2: [64],
    }) // prettier-ignore
      .map(([name, shape]) => [`layer${l}.${name}`, shape] as const),
  ),
  ['norm', [64]],
  ['lm_head', [64, 512]],
];

let made = 0;

/** One step of the optimiser of TensorFlow.js on a decoder's tensors, beside AdamW's. The result is that of two steps from zeros. */
function decoder(projector: 'columns' | 'rows', checksum: number): Benchmark {
  return {
    name: `FRUGAL ${projector}, a decoder's tensors, wasm`,
    checksum,
    backend: 'wasm',
    precision: 1e-5,
    tolerance: 1e-4,
    per: { count: 1, unit: 'step' },
    peers: [
      { name: 'own AdamW', runtime: 'here', variant: 'AdamW', otherResult: true, goal: 1 },
      { name: 'PyTorch, one thread', runtime: 'torch-one', variant: projector },
    ],
    prepare(variant): Work {
      const draw = (k: number) =>
        DECODER.map(([, shape], i) =>
          Float32Array.from(stream(1, 'benchmark', 'decoder').at(k, i).fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1)))),
        ); // prettier-ignore
      const [even, odd] = [draw(0), draw(1)];
      const optimizer = () =>
        new paper.FrugalOptimizer(variant === 'AdamW' ? paper.adamw({ rate }) : paper.frugal({ rate, projector }));
      const training = () => {
        const turn = made++;
        const variables = DECODER.map(([name, shape]) => tf.tidy(() => tf.variable(tf.zeros([...shape]), true, `${name}#${turn}`))); // prettier-ignore
        const given = [even, odd].map((gradients) => variables.map(({ name, shape }, i) => ({ name, tensor: tf.tensor(gradients[i]!, shape) }))); // prettier-ignore
        const own = optimizer();
        return {
          variables,
          step: (which: 0 | 1) => own.applyGradients(given[which]!),
          free: () => (own.dispose(), tf.dispose([variables, given.flat().map(({ tensor }) => tensor)])), // prettier-ignore
        };
      };
      const { step, free } = training();
      return {
        run: () => step(0),
        async result() {
          const first = training();
          first.step(0);
          first.step(1);
          const values = await read(first.variables);
          first.free();
          return values;
        },
        inputs: Object.fromEntries(
          DECODER.flatMap(([name, shape], i) => [
            [`even${i}`, input(shape, even[i]!)],
            [`odd${i}`, input(shape, odd[i]!)],
            ...(name.startsWith('layer') && shape.length === 2 ? [[`chosen${i}`, indices(chosenOf(i, shape[projector === 'rows' ? 0 : 1]!))]] as const : []),
          ]),
        ), // prettier-ignore
        free,
      };
    },
  };
}

const SIDE = 512;
/** What such gradients have: few directions hold most of the norm. */
const gradient = (k: number) =>
  Float32Array.from(
    stream(1, 'benchmark', 'galore')
      .at(k)
      .fillNormal(new Float64Array(SIDE * SIDE)),
    (z, i) => z / Math.sqrt(1 + (i % SIDE)),
  );

/** A step of GaLore, rank 128, from where a first one led; with a refresh, warm-started from that step's directions, or without. */
function galore(name: string, period: number, checksum: number, peers: readonly Peer[]): Benchmark {
  return {
    name,
    checksum,
    precision: 1e-5,
    per: { count: 1, unit: 'step' },
    peers,
    prepare(variant): Work {
      const [start, first, second] = [0, 1, 2].map(gradient) as [Float32Array, Float32Array, Float32Array];
      const inputs = Object.fromEntries(Object.entries({ start, first, second }).map(([key, values]) => [key, input([SIDE, SIDE], values)])); // prettier-ignore
      if (variant === 'ml-matrix') {
        const matrix = Matrix.from1DArray(SIDE, SIDE, second);
        return { run: () => void new SVD(matrix), result: () => [] };
      }
      const own = paper.galore({ rate, period });
      const before = { x: [start], state: own.init([{ name: 'kernel', shape: [SIDE, SIDE] }], [start]) };
      own.step(before, [first], before);
      let point = before;
      return {
        inputs,
        // A step copies what it starts from unless it is told not to.
        run: () => void (point = own.step(before, [second]) as typeof before),
        result: () => point.x[0]!,
      };
    },
  };
}

const torch = (variant: string, goal: number) => ({ name: variant, runtime: 'torch-one', variant, otherResult: true, goal }) as const; // prettier-ignore

/** Kernels of a layer of LLaMA 60M. */
const LAYER: readonly paper.Parameter[] = Object.entries({
  ...{ q: [512, 512], k: [512, 512], v: [512, 512], o: [512, 512] },
  ...{ gate: [512, 1376], up: [512, 1376], down: [1376, 512] },
}).map(([name, shape]) => ({ name, shape }));

/** With T = 200 the mean is 1.1 where a step that refreshes all takes 21 plain ones. */
const MEAN = 21;

/** A step of a layer in which all kernels choose their subspaces anew, beside one in which none does: T is set from outside. */
function refreshing(projector: paper.ProjectorName, checksum: number): Benchmark {
  return {
    name: `a refresh of all kernels, a layer of LLaMA 60M, ${projector}`,
    checksum,
    precision: 1e-5,
    per: { count: 1, unit: 'step' },
    peers: [{ name: 'a plain step', runtime: 'here', variant: 'plain', otherResult: true, goal: MEAN }],
    prepare(variant): Work {
      const draw = (k: number) =>
        LAYER.map(({ shape: [a, b] }, i) =>
          Float32Array.from(stream(1, 'benchmark', 'layer').at(k, i).fillNormal(new Float64Array(a! * b!)), (z, j) => z / Math.sqrt(1 + (j % b!))),
        ); // prettier-ignore
      const own = paper.frugal({ rate, projector });
      const [start, first, second] = [0, 1, 2].map(draw) as [Float32Array[], Float32Array[], Float32Array[]];
      const training = () => {
        const x = start.map((values) => values.slice());
        const point = { x, state: own.init(LAYER, x) };
        own.step(point, first, point);
        const step = () => {
          if (variant !== 'plain') point.state.tensors.forEach((tensor) => (tensor.next = 0));
          own.step(point, second, point);
        };
        return { x, step };
      };
      const { step } = training();
      return {
        run: step,
        result() {
          const one = training();
          one.step();
          return one.x.flatMap((values, i) => [...moved(start[i]!, values)]);
        },
      };
    },
  };
}

export const frugalOpt: readonly Benchmark[] = [
  decoder('columns', -0.23659564184740778),
  decoder('rows', 0.027711255025307774),
  steps('AdamW', () => paper.adamw({ rate }), -1163.6565865057348),
  steps('columns', () => paper.frugal({ rate, projector: 'columns' }), -67.78580270495489),
  steps('signSGD', () => paper.signSgd({ rate }), -246.72744610004213),
  galore('GaLore step, 512 × 512, rank 128', 1000, -102.1612903906027, [torch('galore-torch', 2.5)]),
  galore('GaLore step with a refresh, 512 × 512, rank 128', 1, -102.42368321981122, [
    { name: 'ml-matrix, the SVD alone', runtime: 'here', variant: 'ml-matrix', otherResult: true, goal: 1 / 30 },
    torch('galore-torch', 1.5),
    torch('torch.linalg.svd alone', 1.2),
    torch('torch.svd_lowrank alone', 3),
  ]),
  refreshing('columns', 148.48391973272481),
  refreshing('rows', 147.9748243753061),
  refreshing('rand-k', 147.8532413100582),
  refreshing('svd', 334.9388853100594),
  refreshing('random', 296.2786853946406),
];
