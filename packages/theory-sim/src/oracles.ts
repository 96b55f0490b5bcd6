import type { Stream } from '@assay-ml/numerics';
import { checkProblem, invalid } from './check.js';
import type { Problem } from './problem.js';

/** A problem whose gradients come as new arrays of d numbers: `Problem` without `out`. */
export interface ReturningProblem extends Pick<Problem, 'name' | 'n' | 'd' | 'value' | 'exact' | 'constants'> {
  /** Stochastic gradient g_i(x; ξ) of one client; see `Problem.grad`. */
  grad(client: number, x: Float64Array, noise: Stream): ArrayLike<number>;
  /** Exact ∇f_i(x). */
  clientGrad?(client: number, x: Float64Array): ArrayLike<number>;
  /** Exact ∇f(x). */
  fullGrad?(x: Float64Array): ArrayLike<number>;
}

/**
 * A `Problem` from oracles that return arrays. Writing into `out` is the native form and saves an array a call.
 * @throws TypeError or RangeError when `n`, `d` or `grad` is wrong; when called, RangeError for an array of another length than d
 * @example
 * const problem = fromReturning({ n: 2, d: 1, exact: true, grad: (client, x) => [x[0] - client] });
 */
export function fromReturning(problem: ReturningProblem): Problem {
  const where = 'fromReturning';
  checkProblem(where, problem);
  const { grad, clientGrad, fullGrad, ...rest } = problem;
  const write = (name: string, gradient: ArrayLike<number>, out: Float64Array): void => {
    if (gradient?.length !== out.length) throw invalid(where, name, gradient, `an array of ${out.length} numbers`);
    out.set(gradient);
  };
  return {
    ...rest,
    grad: (client, x, out, noise) => write(`grad(${client}, …)`, grad.call(problem, client, x, noise), out),
    ...(clientGrad
      ? { clientGrad: (client, x, out) => write(`clientGrad(${client}, …)`, clientGrad.call(problem, client, x), out) }
      : {}),
    ...(fullGrad ? { fullGrad: (x, out) => write('fullGrad(…)', fullGrad.call(problem, x), out) } : {}),
  };
}
