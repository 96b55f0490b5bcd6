/** C1: gradient descent with η = 1/L on ½ Σ_j λ_j x_j², where L = 1 and μ = 1/κ. */
import type { Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';
import { gradientDescent } from '@assay-ml/fedtrpo';

/** `d` coordinates, condition number `kappa`, `T` steps. */
export type DescentConfig = { readonly d: number; readonly kappa: number; readonly T: number };

export function run({ d, kappa, T }: DescentConfig, seed: number): Record<string, Json> {
  // The key holds what defines the instance, never a method or its hyper-parameters.
  const draw = stream(seed, 'descent', d, kappa);
  const mu = 1 / kappa;
  const lambda = draw.at(0).fillUniform(new Float64Array(d));
  for (let j = 0; j < d; j++) lambda[j] = j === 0 ? mu : j === 1 ? 1 : mu + (1 - mu) * lambda[j]!;
  const x0 = draw.at(1).fillNormal(new Float64Array(d));
  const x = gradientDescent(
    (at, out) => {
      for (let j = 0; j < d; j++) out[j] = lambda[j]! * at[j]!;
    },
    { x0, eta: 1, steps: T },
  );
  return { distance: Math.hypot(...x), bound: (1 - mu) ** T * Math.hypot(...x0) };
}
