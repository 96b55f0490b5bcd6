/**
 * C7, first half: how much of T5-T8 LocalSGD uses on a random instance of family W (spec §4.2), at the largest step size the
 * bounds allow. A ratio above 1 would violate a bound.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import { scalar, stream } from '@assay-ml/numerics';
import {
  averagedGradientBound,
  bounded,
  driftBound,
  localSgd,
  noise,
  stepsizeCap,
  type Similarity,
} from '@assay-ml/theory-sim';

/** Rounds, and runs over which an expectation is taken. */
export type BoundsConfig = { readonly R: number; readonly runs: number };

/** Which bound is which lemma of the spec. */
export const LEMMAS: Record<Similarity, { readonly drift: string; readonly gradient: string }> = {
  uniform: { drift: 'T5', gradient: 'T8' },
  averaged: { drift: 'T6', gradient: 'T7' },
};

export function run({ R, runs }: BoundsConfig, seed: number, { signal }: CellContext): Record<string, Json> {
  // The ranges of the spec's measured table; each on a log scale where it spans decades.
  const draw = stream(seed, 'bounds', 'instance');
  const between = (low: number, high: number): number => low + (high - low) * draw.uniform();
  const n = 8;
  const d = 10;
  const K = 5 + draw.integer(16);
  const delta = scalar.pow(10, between(-2, scalar.log10(0.5)));
  const instance = bounded({ n, d, delta, zeta: between(0.5, 3), rho: between(0, 0.3), seed });
  const sigma = between(0, 0.5);
  const problem = noise(instance, { kind: 'gaussian', sigma });
  const x0 = new Float64Array(d).fill(3);
  const constants = { ...instance.constants, sigma, Delta: instance.value(x0) - instance.infimum };

  const ratios: Record<string, number> = {};
  for (const similarity of ['uniform', 'averaged'] as const) {
    const eta = stepsizeCap(similarity, constants, K);
    const drift = new Float64Array(R);
    let gradient = 0;
    for (let k = 0; k < runs; k++) {
      const result = localSgd(problem, {
        eta,
        K,
        R,
        x0,
        seed: seed * runs + k,
        averaged: true,
        onRound: ({ round, maxDrift }) => (drift[round] = drift[round]! + maxDrift / runs),
        signal,
      });
      gradient += result.averagedGradientNorm2! / runs;
    }
    const { drift: first, gradient: second } = LEMMAS[similarity];
    // The mean of a round's largest Ξ is at least the largest mean: the stricter reading.
    ratios[first] = Math.max(...drift) / driftBound(similarity, constants, { eta, K });
    ratios[second] = gradient / averagedGradientBound(similarity, constants, { eta, K, R, n });
  }
  return { K, delta, rho: instance.constants.rho, sigma, ratios };
}
