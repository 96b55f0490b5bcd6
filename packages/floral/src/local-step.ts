/** The steps that clients take on their own. */
import { scalar } from '@assay-ml/numerics';

/** Moments of a client's optimiser; a type, so that it may be part of a saved state. */
export type Moments = { readonly first: Float64Array; readonly second: Float64Array; step: number };

/** Of momentum. */
export const MOMENTUM = 0.9;
/** Of Adam. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/** Moments of zeros; SGD has none. */
export function emptyMoments(optimizer: 'sgd' | 'momentum' | 'adam', size: number): Moments {
  return {
    first: new Float64Array(optimizer === 'sgd' ? 0 : size),
    second: new Float64Array(optimizer === 'adam' ? size : 0),
    step: 0,
  };
}

/**
 * x ← x − η d in place: d the gradient (`sgd`), m ← 0.9 m + g (`momentum`), or Adam's with β 0.9, 0.999 and ε 1e-8.
 * @param at where the moments of x begin
 */
export function step(
  optimizer: 'sgd' | 'momentum' | 'adam',
  x: Float64Array,
  gradient: Float64Array,
  rate: number,
  moments: Moments,
  at: number,
): void {
  const { first, second, step: t } = moments;
  const { beta1, beta2, epsilon } = ADAM;
  if (optimizer === 'sgd') {
    for (let i = 0; i < x.length; i++) x[i]! -= rate * gradient[i]!;
  } else if (optimizer === 'momentum') {
    for (let i = 0; i < x.length; i++) x[i]! -= rate * (first[at + i] = MOMENTUM * first[at + i]! + gradient[i]!);
  } else {
    const [unbias1, unbias2] = [1 - scalar.pow(beta1, t), 1 - scalar.pow(beta2, t)];
    for (let i = 0; i < x.length; i++) {
      const g = gradient[i]!;
      const m = (first[at + i] = beta1 * first[at + i]! + (1 - beta1) * g);
      const v = (second[at + i] = beta2 * second[at + i]! + (1 - beta2) * g * g);
      x[i]! -= (rate * (m / unbias1)) / (Math.sqrt(v / unbias2) + epsilon);
    }
  }
}
