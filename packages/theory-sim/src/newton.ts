/** Reference solutions by Newton's method. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { checkObject, vector } from './check.js';
import { watched } from './watched.js';
import { squaredNorm } from './vectors.js';

/** A function by its exact derivatives. */
export interface TwiceDifferentiable {
  readonly d: number;
  /** Writes ∇f(x) to `out` [d]. */
  fullGradient(x: Float64Array, out: Float64Array): void;
  /** Writes ∇²f(x) to `out` [d·d]. */
  hessian(x: Float64Array, out: Float64Array): void;
}

/** Where Newton's method came to rest. */
export interface NewtonResult {
  readonly x: Float64Array;
  /** ‖∇f(x)‖; what rounding leaves of it. */
  readonly gradientNorm: number;
  readonly steps: number;
}

/**
 * Minimises a strictly convex f: Newton steps, halved until ‖∇f‖ falls, until no step makes it fall any more.
 * @param start [d]
 * @throws RangeError when f is not convex at a point of the way, or 200 steps are not enough
 */
export function newton(f: TwiceDifferentiable, start: ArrayLike<number>): NewtonResult {
  const where = 'newton';
  checkObject(where, 'f', f);
  const { d } = f;
  const x = vector(where, 'start', start, d);
  const gradient = watched('newton: f.fullGradient', 1, (_, at, out) => f.fullGradient(at, out));
  const curvature = watched('newton: f.hessian', 1, (_, at, out) => f.hessian(at, out));
  const next = new Float64Array(d);
  const g = new Float64Array(d);
  const hessian = new Float64Array(d * d);
  const normAt = (point: Float64Array): number => {
    gradient(0, point, g);
    return Math.sqrt(squaredNorm(g));
  };
  let norm = normAt(x);
  for (let steps = 0; steps < 200; steps++) {
    if (norm === 0) return { x, gradientNorm: norm, steps };
    gradient(0, x, g);
    curvature(0, x, hessian);
    const step = solve(where, hessian, g, d);
    let rate = 1;
    let found = Infinity;
    // The gradient of a convex function falls along the Newton direction; 40 halvings are beyond rounding.
    for (; rate > 2 ** -40; rate /= 2) {
      for (let j = 0; j < d; j++) next[j] = x[j]! - rate * step[j]!;
      found = normAt(next);
      if (found < norm) break;
    }
    if (!(found < norm)) return { x, gradientNorm: norm, steps };
    x.set(next);
    norm = found;
  }
  throw new RangeError(`${where}: ‖∇f‖ is ${norm} after 200 steps; must be at rest. Start nearer to the minimum.`);
}

function solve(where: string, hessian: Float64Array, g: Float64Array, d: number): number[] {
  // Its lower triangle: sums in another order make the halves differ in the last bits.
  const rows = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => hessian[Math.max(i, j) * d + Math.min(i, j)]!),
  );
  const matrix = new Matrix(rows);
  const right = Matrix.columnVector(Array.from(g));
  const cholesky = new CholeskyDecomposition(matrix);
  if (cholesky.isPositiveDefinite()) return cholesky.solve(right).to1DArray();
  throw new RangeError(
    `${where}: the Hessian is not positive definite; must be. Add a ridge, or start nearer to the minimum.`,
  );
}
