/** The kernels of fedtrpo. */
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as paper from '@assay-ml/fedtrpo';
import type { Benchmark } from '../benchmark.js';

/** A hundred steps on ½ Σ_j λ_j x_j² with λ_j = (j + 1)/d. */
function descent(d: number, checksum: number): Benchmark {
  const steps = 100;
  return {
    name: `gradient descent, d = ${d}`,
    checksum,
    per: { count: steps, unit: 'step' },
    prepare() {
      const x0 = new Float64Array(d).fill(1);
      const grad: paper.Gradient = (x, out) => {
        for (let j = 0; j < d; j++) out[j] = ((j + 1) / d) * x[j]!;
      };
      let x: Float64Array = x0;
      return {
        run: () => void (x = paper.gradientDescent(grad, { x0, eta: 1, steps })),
        result: () => x,
      };
    },
  };
}

export const fedtrpo: readonly Benchmark[] = [descent(1000, 8.98555171581388)];
