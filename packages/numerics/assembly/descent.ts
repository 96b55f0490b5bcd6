/**
 * Gradient descent on many quadratics with sines, fused: per step and vector one product, one pass over the vector, and no
 * call from outside. One vector makes all its steps before the next, so that its matrix stays in the cache.
 */
import { gemvColumns, gemvRows } from './blas';
import { sin } from './elementary';
import { scratch } from './scratch';

// How the matrices lie.
const DIAGONAL = 0; // one diagonal for all
const ROWS = 1; // count matrices, summed along rows
// 2: count symmetric matrices, summed along columns

/**
 * For each of `count` vectors y_i of d ≤ 2048 elements, `steps` times y_i ← y_i − η (A_i y_i + b_i − ρ sin y_i + s_i);
 * s = 0: no s_i.
 */
export function descend(
  count: i32, d: i32, form: i32, steps: i32, eta: f64, rho: f64, a: usize, b: usize, s: usize, y: usize,
): void {
  const product = scratch();
  const sines = product + 16384;
  const bytes = (<usize>d) << 3;
  const even = (<usize>(d & ~1)) << 3;
  const scale = f64x2.splat(eta);
  const weight = f64x2.splat(rho);
  for (; count > 0; count--) {
    for (let k = 0; k < steps; k++) {
      if (form !== DIAGONAL) {
        if (form === ROWS) gemvRows(d, d, 1, a, bytes, y, 0, product);
        else gemvColumns(d, d, 1, a, bytes, y, 0, product);
      }
      if (rho !== 0) sin(d, y, sines);
      let j: usize = 0;
      for (; j < even; j += 16) {
        const point = v128.load(y + j);
        let g = form === DIAGONAL ? f64x2.mul(v128.load(a + j), point) : v128.load(product + j);
        g = f64x2.add(g, v128.load(b + j));
        if (rho !== 0) g = f64x2.sub(g, f64x2.mul(weight, v128.load(sines + j)));
        if (s !== 0) g = f64x2.add(g, v128.load(s + j));
        v128.store(y + j, f64x2.sub(point, f64x2.mul(scale, g)));
      }
      if (j < bytes) {
        const point = load<f64>(y + j);
        let g = form === DIAGONAL ? load<f64>(a + j) * point : load<f64>(product + j);
        g += load<f64>(b + j);
        if (rho !== 0) g -= rho * load<f64>(sines + j);
        if (s !== 0) g += load<f64>(s + j);
        store<f64>(y + j, point - eta * g);
      }
    }
    if (form !== DIAGONAL) a += bytes * d;
    b += bytes;
    if (s !== 0) s += bytes;
    y += bytes;
  }
}
