/** The gates of transformers' feed-forward layers: four numbers at a time, and those that are left with the same bits. */
import { exp4 } from './exp';
import { first } from './rows';

// @ts-ignore: decorator
@inline function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

// @ts-ignore: decorator
@inline function swiglu4(gate: v128, up: v128): v128 {
  return f32x4.mul(f32x4.mul(gate, sigmoid4(gate)), up);
}

/** y ← gate · sigmoid(gate) · up. */
export function swiglu(n: i32, gate: usize, up: usize, y: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(y, swiglu4(v128.load(gate), v128.load(up)));
    gate += 16;
    up += 16;
    y += 16;
  }
  for (; n > 0; n--) {
    store<f32>(y, first(swiglu4(v128.load32_splat(gate), v128.load32_splat(up))));
    gate += 4;
    up += 4;
    y += 4;
  }
}

// @ts-ignore: decorator
@inline function silu4Slope(gate: v128, open: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.mul(open, f32x4.add(one, f32x4.mul(gate, f32x4.sub(one, open))));
}

/** With s = sigmoid(gate): dGate ← dy · up · s · (1 + gate · (1 − s)), dUp ← dy · gate · s. */
export function swigluGradient(n: i32, gate: usize, up: usize, dy: usize, dGate: usize, dUp: usize): void {
  for (; n >= 4; n -= 4) {
    const g = v128.load(gate);
    const given = v128.load(dy);
    const open = sigmoid4(g);
    v128.store(dGate, f32x4.mul(f32x4.mul(given, v128.load(up)), silu4Slope(g, open)));
    v128.store(dUp, f32x4.mul(given, f32x4.mul(g, open)));
    gate += 16;
    up += 16;
    dy += 16;
    dGate += 16;
    dUp += 16;
  }
  for (; n > 0; n--) {
    const g = v128.load32_splat(gate);
    const given = v128.load32_splat(dy);
    const open = sigmoid4(g);
    store<f32>(dGate, first(f32x4.mul(f32x4.mul(given, v128.load32_splat(up)), silu4Slope(g, open))));
    store<f32>(dUp, first(f32x4.mul(given, f32x4.mul(g, open))));
    gate += 4;
    up += 4;
    dy += 4;
    dGate += 4;
    dUp += 4;
  }
}

/**
 * Φ(x), the distribution function of the normal distribution, with e = exp(−x²/2): below 0 it is e · t · P(t), t = 1/(1 + |x|/4), with
 * a polynomial P through Chebyshev's points of t from 0 to 1, within 3e-8 of itself before rounding.
 */
// @ts-ignore: decorator
@inline function normal4(x: v128, e: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.abs(x), f32x4.splat(0.25))));
  let p = f32x4.splat(2.081488789e-2);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-8.538922767e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.037988534e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-3.974685936e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(6.827399350e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(5.744625895e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(8.188963164e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(9.343951472e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(9.973739677e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(9.973556104e-2));
  const tail = f32x4.mul(f32x4.mul(p, t), e);
  return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
}

/** exp(−x²/2). */
// @ts-ignore: decorator
@inline function bell4(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}

/** y ← x · Φ(x). */
export function gelu(n: i32, x: usize, y: usize): void {
  for (; n >= 4; n -= 4) {
    const value = v128.load(x);
    v128.store(y, f32x4.mul(value, normal4(value, bell4(value))));
    x += 16;
    y += 16;
  }
  for (; n > 0; n--) {
    const value = v128.load32_splat(x);
    store<f32>(y, first(f32x4.mul(value, normal4(value, bell4(value)))));
    x += 4;
    y += 4;
  }
}

/** Φ(x) + x · φ(x). */
// @ts-ignore: decorator
@inline function geluSlope4(x: v128): v128 {
  const e = bell4(x);
  return f32x4.add(normal4(x, e), f32x4.mul(f32x4.mul(x, e), f32x4.splat(0.39894228040143268)));
}

/** dx ← dy · (Φ(x) + x · φ(x)). */
export function geluGradient(n: i32, x: usize, dy: usize, dx: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(dx, f32x4.mul(v128.load(dy), geluSlope4(v128.load(x))));
    x += 16;
    dy += 16;
    dx += 16;
  }
  for (; n > 0; n--) {
    store<f32>(dx, load<f32>(dy) * first(geluSlope4(v128.load32_splat(x))));
    x += 4;
    dy += 4;
    dx += 4;
  }
}
