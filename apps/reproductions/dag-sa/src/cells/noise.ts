/** C10: other laws of the noise, centred as our code does it and not, as the authors' does. All have variance 1. */
import type { Json } from '@assay-ml/claims';
import { expectedLoss, linearSem, oracleRadius, psiDag, simulateDag, type NoiseKind } from '@assay-ml/dag-sa';

export type NoiseConfig = {
  readonly d: number;
  readonly degree: number;
  readonly epochs: number;
  readonly steps: number;
};

export function run({ d, degree, epochs, steps }: NoiseConfig, seed: number): Record<string, Json> {
  const B = simulateDag({ d, degree, seed });
  const options = { radius: oracleRadius(B), epochs, batches: [steps, steps] as const };
  const gap = (noise: NoiseKind, centred: boolean): number => {
    const data = linearSem(B, d, { noise, centred, seed });
    const truth = linearSem(B, d, { noise, seed });
    // Judged without the mean's part, which is no matter of structure.
    const { W } = psiDag(data.source(), { ...options, centre: centred });
    return expectedLoss(W, truth.covariance, d) - truth.optimum;
  };
  return {
    gaussian: gap('gaussian', true),
    exponential: { centred: gap('exponential', true), raw: gap('exponential', false) },
    gumbel: { centred: gap('gumbel', true), raw: gap('gumbel', false) },
  };
}
