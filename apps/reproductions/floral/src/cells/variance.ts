/**
 * What averaging does to gradient noise on quadratics, μ = 1: K clients in C balanced groups with one-hot routers, noise of variance σ² = 1
 * in every gradient, runs that start at the optimum; a shared base averages all K, an adaptor K/C.
 */
import type { Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';

export type VarianceConfig = {
  readonly K: number;
  readonly C: number;
  readonly horizons: readonly number[];
  readonly runs: number;
};

const [D, S] = [4, 16];

export function run({ K, C, horizons, runs }: VarianceConfig, seed: number): Record<string, Json> {
  const T = Math.max(...horizons);
  const of = (part: string, clients: number, count: number) => {
    const noise = stream(seed, 'variance', part, K, C);
    // The mean of so many independent normal numbers, one draw of its law.
    const scale = Math.sqrt(1 / (D * clients));
    const values = horizons.map(() => 0);
    const draws = new Float64Array(T);
    for (let r = 0; r < count; r++) {
      for (let j = 0; j < D; j++) {
        noise.at(r, j).fillNormal(draws);
        let [w, sum, weight] = [0, 0, 0];
        for (let t = 0; t < T; t++) {
          const square = (t + S) ** 2;
          sum += square * w;
          weight += square;
          w -= (w + scale * draws[t]!) / (t + S);
          const h = horizons.indexOf(t + 1);
          if (h >= 0) values[h]! += (0.5 * (sum / weight) ** 2) / count;
        }
      }
    }
    return values;
  };
  // As many draws for each: clusters of one run are independent.
  return { adaptor: of('adaptor', K / C, runs), base: of('base', K, runs) };
}
