/** The kernels of floral. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/floral';
import { stream } from '@assay-ml/numerics';
import type { Benchmark } from '../benchmark.js';

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

const paperNet = [784, 200, 10];

export const floral: readonly Benchmark[] = [
  gradients('base alone', paperNet, { clusters: 0 }, -214.37639060293026),
  gradients('factored', paperNet, { clusters: 4, form: 'factored' }, 5735.885516553211),
  gradients('merged', paperNet, { clusters: 4, form: 'merged' }, 5735.885516553205),
  precondition(784, 200, 15, -7.306319957327265),
];
