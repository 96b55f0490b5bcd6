/** The kernels of frugal-opt. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/frugal-opt';
import { stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { Benchmark, Work } from '../benchmark.js';
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

export const frugalOpt: readonly Benchmark[] = [
  decoder('columns', 0.14809354503108763),
  decoder('rows', 0.1480950133272707),
  steps('AdamW', 512, () => paper.adamw({ rate }), -118.05077589311159),
  steps('columns', 512, () => paper.frugal({ rate, projector: 'columns' }), -118.05077266219695),
  steps('signSGD', 512, () => paper.signSgd({ rate }), -118.05077095034224),
  steps('GaLore, a refresh in 10', 256, () => paper.galore({ rate, period: 10 }), 22.972530348528693),
];
