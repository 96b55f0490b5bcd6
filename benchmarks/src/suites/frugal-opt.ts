/** The kernels of frugal-opt. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/frugal-opt';
import { stream } from '@assay-ml/numerics';
import type { Benchmark } from '../benchmark.js';

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

export const frugalOpt: readonly Benchmark[] = [
  steps('AdamW', 512, () => paper.adamw({ rate }), -118.05077589311159),
  steps('columns', 512, () => paper.frugal({ rate, projector: 'columns' }), -118.05077266219695),
  steps('signSGD', 512, () => paper.signSgd({ rate }), -118.05077095034224),
  steps('GaLore, a refresh in 10', 256, () => paper.galore({ rate, period: 10 }), 22.972530348528693),
];
