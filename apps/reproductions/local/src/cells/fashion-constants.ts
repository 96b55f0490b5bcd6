/**
 * What the theory predicts on one partition of Fashion-MNIST: its constants estimated on a quarter of the images, and the
 * advice that follows from them.
 *
 * Estimated without the regulariser: it is the same for each client, so ζ, ζ̄ and δ do not hold it, and it adds at most 2λ
 * to L and 5λ to M. Known, not estimated: ρ = λ/2, since the loss is flat along a shift that all classes share, and Δ = log 10,
 * the loss at 0, as no loss is below 0. σ is that of the minibatches at 0.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';
import { advise, estimateConstants, type Problem } from '@assay-ml/theory-sim';
import { instance, type Partition } from './fashion-data.js';
import { K, LAMBDAS, R } from './fashion.js';

export type FashionConstantsConfig = {
  readonly partition: Partition;
  /** Points at which constants are looked for. */
  readonly points: number;
  /** Images of each client, a divisor of 2,000. */
  readonly images: number;
};

/** Radius of the ball around 0 that is searched: tuned runs end about that far from 0. */
const RADIUS = 4;
/** Lanczos steps of each search for the largest curvature. */
const DIRECTIONS = 6;
/** Minibatches of each client whose spread gives σ. */
const DRAWS = 20;

export async function run(
  { partition, points, images }: FashionConstantsConfig,
  seed: number,
  { signal }: CellContext,
): Promise<Record<string, Json>> {
  const { problem } = await instance(partition, 0, seed, images);
  const { n, d } = problem;
  const centre = new Float64Array(d);
  const estimates = estimateConstants(problem, {
    ball: { centre, radius: RADIUS },
    points,
    starts: 1,
    steps: 0,
    directions: DIRECTIONS,
    seed,
    signal,
  });
  const sigma = noiseLevel(problem, centre, seed);
  const Delta = problem.value!(centre);
  const advice = LAMBDAS.map((lambda) => {
    const { winner, candidates, lead, rateCase, methods, text } = advise(
      { ...estimates, rho: lambda / 2, sigma, Delta },
      { K, R, n },
    );
    const rates = Object.fromEntries(methods.map(({ method, rate }) => [method, rate]));
    return [String(lambda), { winner, candidates, lead, rateCase, rates, text }];
  });
  return {
    constants: {
      ...Object.fromEntries(Object.entries(estimates).map(([name, { value }]) => [name, value])),
      sigma,
      Delta,
    },
    advice: Object.fromEntries(advice) as Json,
  };
}

/** Root of the largest mean ‖g_i − ∇f_i‖² of a client at x. */
function noiseLevel(problem: Problem, x: Float64Array, seed: number): number {
  const { n, d } = problem;
  const exact = new Float64Array(d);
  const drawn = new Float64Array(d);
  const noise = stream(seed, 'fashion-mnist', 'sigma');
  let variance = 0;
  for (let client = 0; client < n; client++) {
    problem.clientGrad!(client, x, exact);
    let sum = 0;
    for (let k = 0; k < DRAWS; k++) {
      problem.grad(client, x, drawn, noise.at(0, client, k));
      for (let j = 0; j < d; j++) sum += (drawn[j]! - exact[j]!) ** 2;
    }
    variance = Math.max(variance, sum / DRAWS);
  }
  return Math.sqrt(variance);
}
