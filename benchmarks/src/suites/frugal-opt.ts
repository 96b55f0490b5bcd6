/** The kernels of frugal-opt. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/frugal-opt';
import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { Matrix, SVD } from 'ml-matrix';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { read } from './backends.js';

/** Ten steps of a method on one matrix, all with the same gradient. */
function steps(name: string, side: number, method: () => paper.Method, checksum: number): Benchmark {
  const count = 10;
  return {
    name: `${name}, ${side} × ${side}`,
    checksum,
    per: { count, unit: 'step' },
    prepare() {
      const own = method();
      const [start, g] = [0, 1].map((k) => Float32Array.from(stream(1, 'bench').at(k).fillNormal(new Float64Array(side * side)))); // prettier-ignore
      let x = start!;
      return {
        run() {
          x = start!.slice();
          const point = { x: [x], state: own.init([{ name: 'kernel', shape: [side, side] }], [x]) };
          for (let k = 0; k < count; k++) own.step(point, [g!], point);
        },
        result: () => Float64Array.from(x),
      };
    },
  };
}

const rate = 1e-3;

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

/** One step of the optimiser of TensorFlow.js on a decoder's tensors, beside AdamW's. The result is that of the first step from zeros. */
function decoder(projector: 'columns' | 'rows', checksum: number): Benchmark {
  return {
    name: `FRUGAL ${projector}, a decoder's tensors, wasm`,
    checksum,
    backend: 'wasm',
    precision: 1e-5,
    per: { count: 1, unit: 'step' },
    peers: [{ name: 'own AdamW', runtime: 'here', variant: 'AdamW', otherResult: true, goal: 1 }],
    prepare(variant): Work {
      const key = stream(1, 'benchmark', 'decoder');
      const draw = (i: number, shape: readonly number[]) =>
        tf.tensor(Float32Array.from(key.at(i).fillNormal(new Float64Array(shape.reduce((a, b) => a * b, 1)))), [...shape]); // prettier-ignore
      const optimizer = () =>
        new paper.FrugalOptimizer(variant === 'AdamW' ? paper.adamw({ rate }) : paper.frugal({ rate, projector }));
      const training = () => {
        const turn = made++;
        const variables = DECODER.map(([name, shape]) => tf.tidy(() => tf.variable(tf.zeros([...shape]), true, `${name}#${turn}`))); // prettier-ignore
        const gradients = DECODER.map(([, shape], i) => draw(i, shape));
        const named = variables.map(({ name }, i) => ({ name, tensor: gradients[i]! }));
        const own = optimizer();
        return { variables, step: () => own.applyGradients(named), free: () => (own.dispose(), tf.dispose([variables, gradients])) }; // prettier-ignore
      };
      const { step, free } = training();
      return {
        run: step,
        async result() {
          const first = training();
          first.step();
          const values = await read(first.variables);
          first.free();
          return values;
        },
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
      const inputs = Object.fromEntries(Object.entries({ start, first, second }).map(([key, values]) => [key, { shape: [SIDE, SIDE], values: Float64Array.from(values) }])); // prettier-ignore
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

export const frugalOpt: readonly Benchmark[] = [
  decoder('columns', 0.14809354503108763),
  decoder('rows', 0.1480950133272707),
  steps('AdamW', 512, () => paper.adamw({ rate }), -118.05077589311159),
  steps('columns', 512, () => paper.frugal({ rate, projector: 'columns' }), -118.05077266219695),
  steps('signSGD', 512, () => paper.signSgd({ rate }), -118.05077095034224),
  galore('GaLore step, 512 × 512, rank 128', 1000, -102.1612903906027, [torch('galore-torch', 2.5)]),
  galore('GaLore step with a refresh, 512 × 512, rank 128', 1, -102.42368321981122, [
    { name: 'ml-matrix, the SVD alone', runtime: 'here', variant: 'ml-matrix', otherResult: true, goal: 1 / 30 },
    torch('galore-torch', 1.5),
    torch('torch.linalg.svd alone', 1.2),
    torch('torch.svd_lowrank alone', 3),
  ]),
  steps('GaLore, a refresh in 10', 256, () => paper.galore({ rate, period: 10 }), 22.972530348528693),
];
