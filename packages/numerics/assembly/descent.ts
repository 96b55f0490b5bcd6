/**
 * Gradient descent on many quadratics with sines, fused: per step and vector one product, one pass over the vector, and no
 * call from outside. One vector makes all its steps before the next, so that its matrix stays in the cache.
 */
import { FAR, gemvColumns, gemvRows, panel20 } from './gemv';
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
      else columns(d, bytes, a, y, g);
      if (rho !== 0) {
        add(bytes, b, g);
        sin(d, y, sines);
        subtract(bytes, rho, sines, g);
        if (s !== 0) advance(bytes, eta, g, s, y);
        else advanceAlong(bytes, eta, g, y);
      } else if (s !== 0) advanceBoth(bytes, eta, g, b, s, y);
      else advance(bytes, eta, g, b, y);
    }
    if (form !== DIAGONAL) a += bytes * d;
    b += bytes;
    if (s !== 0) s += bytes;
    y += bytes;
  }
}

/** g ← A y, summed along the columns: gemvColumns without its scaling, as far as it works in panels. */
// @ts-ignore: decorator
@inline function columns(d: i32, bytes: usize, a: usize, y: usize, g: usize): void {
  let left = d;
  if (bytes * d <= FAR) {
    for (; left >= 20; left -= 20) {
      panel20(d, a, bytes, y, g);
      a += 160;
      g += 160;
    }
  }
  if (left > 0) gemvColumns(d, left, 1, a, bytes, y, 0, g);
}

// Passes over one vector. Those before the step write to scratch memory alone and may touch the number behind the last.

/** out ← a∘x. */
// @ts-ignore: decorator
@inline function multiply(bytes: usize, a: usize, x: usize, out: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, f64x2.mul(v128.load(a + j), v128.load(x + j)));
}

/** out ← out + x. */
// @ts-ignore: decorator
@inline function add(bytes: usize, x: usize, out: usize): void {
  for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, f64x2.add(v128.load(out + j), v128.load(x + j)));
}

/** out ← out − αx. */
// @ts-ignore: decorator
@inline function subtract(bytes: usize, alpha: f64, x: usize, out: usize): void {
  const scale = f64x2.splat(alpha);
  for (let j: usize = 0; j < bytes; j += 16) {
    v128.store(out + j, f64x2.sub(v128.load(out + j), f64x2.mul(scale, v128.load(x + j))));
  }
}

/** y ← y − ηg. */
// @ts-ignore: decorator
@inline function advanceAlong(bytes: usize, eta: f64, g: usize, y: usize): void {
  const scale = f64x2.splat(eta);
  const even = bytes & ~15;
  for (let j: usize = 0; j < even; j += 16) step(v128.load(g + j), scale, y + j);
  if (even < bytes) lastStep(load<f64>(g + even), eta, y + even);
}

/** y ← y − η (g + b). */
// @ts-ignore: decorator
@inline function advance(bytes: usize, eta: f64, g: usize, b: usize, y: usize): void {
  const scale = f64x2.splat(eta);
  const even = bytes & ~15;
  for (let j: usize = 0; j < even; j += 16) step(f64x2.add(v128.load(g + j), v128.load(b + j)), scale, y + j);
  if (even < bytes) lastStep(load<f64>(g + even) + load<f64>(b + even), eta, y + even);
}

/** y ← y − η ((g + b) + s). */
// @ts-ignore: decorator
@inline function advanceBoth(bytes: usize, eta: f64, g: usize, b: usize, s: usize, y: usize): void {
  const scale = f64x2.splat(eta);
  const even = bytes & ~15;
  for (let j: usize = 0; j < even; j += 16) {
    step(f64x2.add(f64x2.add(v128.load(g + j), v128.load(b + j)), v128.load(s + j)), scale, y + j);
  }
  if (even < bytes) lastStep(load<f64>(g + even) + load<f64>(b + even) + load<f64>(s + even), eta, y + even);
}

// @ts-ignore: decorator
@inline function step(g: v128, eta: v128, y: usize): void {
  v128.store(y, f64x2.sub(v128.load(y), f64x2.mul(eta, g)));
}

// @ts-ignore: decorator
@inline function lastStep(g: f64, eta: f64, y: usize): void {
  store<f64>(y, load<f64>(y) - eta * g);
}
