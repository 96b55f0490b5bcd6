/** Adam (Kingma and Ba 2015). */
import { scalar } from '@assay-ml/numerics';

/** Moments, and the steps done: plain data. */
export type AdamState = { readonly first: Float64Array; readonly second: Float64Array; steps: number };

/** Before the first step. */
export const startAdam = (size: number): AdamState => ({ first: new Float64Array(size), second: new Float64Array(size), steps: 0 }); // prettier-ignore

/** One step against the gradient with β = (0.9, 0.999) and ε = 1e-8, in place on theta and state. */
export function adamStep(theta: Float64Array, gradient: Float64Array, state: AdamState, rate: number): void {
  const { first, second } = state;
  const t = ++state.steps;
  const [b1, b2] = [scalar.pow(0.9, t), scalar.pow(0.999, t)];
  for (let i = 0; i < gradient.length; i++) {
    const g = gradient[i]!;
    first[i] = 0.9 * first[i]! + 0.1 * g;
    second[i] = 0.999 * second[i]! + 0.001 * g * g;
    theta[i]! -= (rate * first[i]!) / (1 - b1) / (Math.sqrt(second[i]! / (1 - b2)) + 1e-8);
  }
}
