/**
 * Gradient descent on many quadratics with sines, fused: per step and vector one product, one pass over the vector, and no
 * call from outside. One vector makes all its steps before the next, so that its matrix stays in the cache.
 */
import { gemvColumns, gemvRows } from './blas';
import { sin } from './elementary';
import { scratch, SCRATCH_BYTES } from './scratch';

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
  const g = scratch();
  const sines = g + SCRATCH_BYTES / 2;
  const bytes = (<usize>d) << 3;
  for (; count > 0; count--) {
    for (let k = 0; k < steps; k++) {
      if (form === DIAGONAL) multiply(bytes, a, y, g);
      else if (form === ROWS) gemvRows(d, d, 1, a, bytes, y, 0, g);
      else gemvColumns(d, d, 1, a, bytes, y, 0, g);
      // The last summand goes with the step.
      let last = b;
      if (rho !== 0 || s !== 0) {
        add(bytes, b, g);
        last = s;
      }
      if (rho !== 0) {
        sin(d, y, sines);
        subtract(bytes, rho, sines, g);
      }
      advance(bytes, eta, g, last, y);
    }
    if (form !== DIAGONAL) a += bytes * d;
    b += bytes;
    if (s !== 0) s += bytes;
    y += bytes;
  }
}

// Passes over one vector. All but the last write to scratch memory alone and may touch the number behind the last one.
// They are exported to stay functions of their own: with few values at hand their loops keep them in registers.

/** out ← a∘x. */
export function multiply(bytes: usize, a: usize, x: usize, out: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, f64x2.mul(v128.load(a + j), v128.load(x + j)));
}

/** out ← out + x. */
export function add(bytes: usize, x: usize, out: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, f64x2.add(v128.load(out + j), v128.load(x + j)));
}

/** out ← out − αx. */
export function subtract(bytes: usize, alpha: f64, x: usize, out: usize): void {
  const scale = f64x2.splat(alpha);
  for (let j: usize = 0; j < bytes; j += 16) {
    v128.store(out + j, f64x2.sub(v128.load(out + j), f64x2.mul(scale, v128.load(x + j))));
  }
}

/** y ← y − η (g + s); s = 0: nothing. */
export function advance(bytes: usize, eta: f64, g: usize, s: usize, y: usize): void {
  const scale = f64x2.splat(eta);
  const even = bytes & ~15;
  if (s !== 0) {
    for (let j: usize = 0; j < even; j += 16) {
      const sum = f64x2.add(v128.load(g + j), v128.load(s + j));
      v128.store(y + j, f64x2.sub(v128.load(y + j), f64x2.mul(scale, sum)));
    }
  } else {
    for (let j: usize = 0; j < even; j += 16) {
      v128.store(y + j, f64x2.sub(v128.load(y + j), f64x2.mul(scale, v128.load(g + j))));
    }
  }
  if (even < bytes) {
    const sum = s === 0 ? load<f64>(g + even) : load<f64>(g + even) + load<f64>(s + even);
    store<f64>(y + even, load<f64>(y + even) - eta * sum);
  }
}
