/**
 * sinh, cosh and tanh of whole arrays, two lanes at a time. Those of sinh and cosh are the operations of the portable scalar code
 * (musl's) in its order, so that a value has the bits that it has alone; where that code branches, both results are computed and
 * one is taken. tanh is what these lanes say, alone as well.
 */
import { coshOf, sinhOf } from './scalar';

// @ts-ignore: decorator
@inline function real(value: f64): v128 { return f64x2.splat(value); }
// @ts-ignore: decorator
@inline function fromBits(word: u64): f64 { return reinterpret<f64>(word); }
/** a + z·b. */
// @ts-ignore: decorator
@inline function step(a: v128, z: v128, b: v128): v128 { return f64x2.add(a, f64x2.mul(z, b)); }

/** From here on the scalar code takes other ways: where exp x − 1 is x itself, and where 2^k drowns the rest. */
const LEAST: f64 = 1.4901161193847656e-8; // 2^-26
const MOST: f64 = 13.0; // k stays below 20

/** Where k of the reduced range becomes 1, and where it is computed: the scalar code compares upper halves. */
const ONE_FROM: f64 = reinterpret<f64>(0x3fd62e4300000000);
const MANY_FROM: f64 = reinterpret<f64>(0x3ff0a2b200000000);
/** Where cosh x is taken from exp x. */
const COSH_FROM: f64 = reinterpret<f64>(0x3fe62e4200000000);

/** exp a − 1 for LEAST ≤ a ≤ MOST. */
// @ts-ignore: decorator
@inline function expm1Middle(a: v128): v128 {
  const many = f64x2.ge(a, real(MANY_FROM));
  const one = f64x2.ge(a, real(ONE_FROM));
  const counted = f64x2.trunc(step(real(0.5), a, real(fromBits(0x3ff71547652b82fe))));
  const k = v128.bitselect(counted, v128.and(real(1), one), many);
  const high = f64x2.sub(a, f64x2.mul(k, real(fromBits(0x3fe62e42fee00000))));
  const low = f64x2.mul(k, real(fromBits(0x3dea39ef35793c76)));
  const x = f64x2.sub(high, low);
  const c = f64x2.sub(f64x2.sub(high, x), low);
  const half = f64x2.mul(real(0.5), x);
  const square = f64x2.mul(x, half);
  const fourth = f64x2.mul(square, square);
  const first = step(real(1), square, real(fromBits(0xbfa11111111110f4)));
  const second = step(real(fromBits(0x3f5a01a019fe5585)), square, real(fromBits(0xbf14ce199eaadbb7)));
  const third = step(real(fromBits(0x3ed0cfca86e65239)), square, real(fromBits(0xbe8afdb76e09c32d)));
  const r = f64x2.add(first, f64x2.mul(fourth, f64x2.add(second, f64x2.mul(fourth, third))));
  const t = f64x2.sub(real(3), f64x2.mul(r, half));
  const e = f64x2.mul(square, f64x2.div(f64x2.sub(r, t), f64x2.sub(real(6), f64x2.mul(x, t))));
  // k = 0.
  const whole = f64x2.sub(x, f64x2.sub(f64x2.mul(x, e), square));
  const rest = f64x2.sub(f64x2.sub(f64x2.mul(x, f64x2.sub(e, c)), c), square);
  // k = 1.
  const below = f64x2.mul(real(-2), f64x2.sub(rest, f64x2.add(x, real(0.5))));
  const above = step(real(1), real(2), f64x2.sub(x, rest));
  const single = v128.bitselect(below, above, f64x2.lt(x, real(-0.25)));
  // k > 1: 2^k and 2^-k by their exponents.
  const exponent = i64x2.shl(f64x2.add(k, real(6755399441055744.0)), 52); // 1.5·2^52 + k has k in its low bits
  const bias = i64x2.splat(0x3ff0000000000000);
  const y = f64x2.sub(f64x2.sub(real(1), i64x2.sub(bias, exponent)), rest);
  const scaled = f64x2.mul(f64x2.add(x, y), i64x2.add(bias, exponent));
  const more = v128.bitselect(scaled, single, f64x2.gt(k, real(1)));
  return v128.bitselect(more, whole, one);
}

/** Is a lane outside what the vector code takes? NaN is. */
// @ts-ignore: decorator
@inline function far(a: v128): bool {
  return !i64x2.all_true(v128.and(f64x2.ge(a, real(LEAST)), f64x2.le(a, real(MOST))));
}

// @ts-ignore: decorator
@inline function sinhMiddle(x: v128, a: v128): v128 {
  const t = expm1Middle(a);
  const small = f64x2.lt(a, real(1));
  const quotient = f64x2.div(v128.bitselect(f64x2.mul(t, t), t, small), f64x2.add(t, real(1)));
  const sum = v128.bitselect(f64x2.sub(f64x2.mul(real(2), t), quotient), f64x2.add(t, quotient), small);
  return f64x2.mul(v128.bitselect(x, real(0.5), real(-0.0)), sum);
}

// @ts-ignore: decorator
@inline function coshMiddle(a: v128): v128 {
  const t = expm1Middle(a);
  const near = f64x2.add(real(1), f64x2.div(f64x2.mul(t, t), step(real(2), real(2), t)));
  const far = f64x2.ge(a, real(COSH_FROM));
  if (!v128.any_true(far)) return near;
  const power = f64x2.replace_lane(
    real(NativeMath.exp(f64x2.extract_lane(a, 0))),
    1,
    NativeMath.exp(f64x2.extract_lane(a, 1)),
  );
  return v128.bitselect(f64x2.mul(real(0.5), f64x2.add(power, f64x2.div(real(1), power))), near, far);
}

/** out[i] = sinh x[i] for n numbers; out may be x. */
export function sinh(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    const size = f64x2.abs(value);
    if (far(size)) {
      const second = sinhOf(f64x2.extract_lane(value, 1));
      store<f64>(out, sinhOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, sinhMiddle(value, size));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, sinhOf(load<f64>(x)));
}

/** out[i] = cosh x[i] for n numbers; out may be x. */
export function cosh(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    const size = f64x2.abs(value);
    if (far(size)) {
      const second = coshOf(f64x2.extract_lane(value, 1));
      store<f64>(out, coshOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, coshMiddle(size));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, coshOf(load<f64>(x)));
}

/** From here on tanh x is 1 in doubles. */
const TANH_ONE: f64 = 19.0625;

/**
 * tanh x = t/(t + 2) with t = exp 2|x| − 1, of any number: there is no branch to take. What `expm1Middle` loses beyond its range
 * is lost in t + 2 as well, and below it t is 2|x| to the last bit but one, which the quotient does not see. NaN stays.
 */
// @ts-ignore: decorator
@inline function tanhAll(x: v128): v128 {
  // Of these operands pmin is min, NaN included, and one instruction.
  const t = expm1Middle(f64x2.mul(real(2), f64x2.pmin(f64x2.abs(x), real(TANH_ONE))));
  return v128.bitselect(x, f64x2.div(t, f64x2.add(t, real(2))), real(-0.0));
}

/** tanh x of any number. */
export function tanhOf(x: f64): f64 { return f64x2.extract_lane(tanhAll(real(x)), 0); }

/** out[i] = tanh x[i] for n numbers; out may be x. Four pairs at a time share the constants, which cost as much as the arithmetic. */
export function tanh(n: i32, x: usize, out: usize): void {
  for (; n >= 8; n -= 8) {
    const first = tanhAll(v128.load(x));
    const second = tanhAll(v128.load(x, 16));
    const third = tanhAll(v128.load(x, 32));
    const fourth = tanhAll(v128.load(x, 48));
    v128.store(out, first);
    v128.store(out, second, 16);
    v128.store(out, third, 32);
    v128.store(out, fourth, 48);
    x += 64;
    out += 64;
  }
  for (; n >= 2; n -= 2) {
    v128.store(out, tanhAll(v128.load(x)));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, tanhOf(load<f64>(x)));
}

/** delta[i] ← delta[i]·(1 − h[i]²) for n numbers. */
export function tanhBackward(n: i32, h: usize, delta: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(h);
    v128.store(delta, f64x2.mul(v128.load(delta), f64x2.sub(real(1), f64x2.mul(value, value))));
    h += 16;
    delta += 16;
  }
  if (n > 0) store<f64>(delta, load<f64>(delta) * (1 - load<f64>(h) * load<f64>(h)));
}
