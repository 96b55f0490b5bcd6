/** Gradient descent, x_{t+1} = x_t − η ∇f(x_t). */
import { axpy } from '@assay-ml/numerics';

/** Writes ∇f(x) into `out`; both are [d], and `x` must not be changed. */
export type Gradient = (x: Float64Array, out: Float64Array) => void;

/** Options of `gradientDescent`. */
export interface GradientDescentOptions {
  /** Where to start, [d]; it is not changed. */
  readonly x0: ArrayLike<number>;
  /** Step size η > 0; up to 1/L the objective never grows where ∇f is L-Lipschitz. */
  readonly eta: number;
  /** Number of steps T ≥ 1. */
  readonly steps: number;
}

/**
 * T steps of gradient descent.
 * @returns x_T, [d]
 * @throws RangeError for an option out of range, or once a coordinate is no longer finite
 */
export function gradientDescent(grad: Gradient, { x0, eta, steps }: GradientDescentOptions): Float64Array {
  if (!(eta > 0 && eta < Infinity)) {
    throw new RangeError(`gradientDescent: 'eta' is ${eta}; must be a positive number, e.g. 1/L.`);
  }
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new RangeError(`gradientDescent: 'steps' is ${steps}; must be a positive integer.`);
  }
  const x = Float64Array.from(x0);
  const g = new Float64Array(x.length);
  for (let t = 0; t < steps; t++) {
    grad(x, g);
    axpy(-eta, g, x);
  }
  const bad = x.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    throw new RangeError(`gradientDescent: 'x[${bad}]' became ${x[bad]}; must stay finite. Lower 'eta' = ${eta}.`);
  }
  return x;
}
