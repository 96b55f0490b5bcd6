/**
 * Elementary functions, two lanes at a time. Every lane is a fixed sequence of IEEE operations on that lane alone, so a
 * value does not depend on its neighbours, on the engine, or on whether it came alone or in bulk.
 */

// @ts-ignore: decorator
@inline function bits(word: i64): v128 { return i64x2.splat(word); }
// @ts-ignore: decorator
@inline function real(value: f64): v128 { return f64x2.splat(value); }
/** a + z·b. */
// @ts-ignore: decorator
@inline export function step(a: v128, z: v128, b: v128): v128 { return f64x2.add(a, f64x2.mul(z, b)); }

/**
 * log of two positive normal finite numbers: x = 2^k·m with m in [√½, √2), then the rational-free series of fdlibm in
 * s = (m−1)/(m+1). Error below 1 ulp; log 1 = 0.
 */
// @ts-ignore: decorator
@inline export function logNormal(x: v128): v128 {
  const t = i64x2.add(x, bits(0x3ff0000000000000 - 0x3fe6a09e00000000));
  // The biased exponent as a double: put it under the exponent of 2^52 and subtract.
  const k = f64x2.sub(
    v128.or(i64x2.shr_u(t, 52), bits(0x4330000000000000)),
    real(4503599627370496.0 + 1023.0),
  );
  const m = i64x2.add(v128.and(t, bits(0x000fffffffffffff)), bits(0x3fe6a09e00000000));
  const f = f64x2.sub(m, real(1));
  const half = f64x2.mul(f64x2.mul(real(0.5), f), f);
  const s = f64x2.div(f, f64x2.add(real(2), f));
  const z = f64x2.mul(s, s);
  const w = f64x2.mul(z, z);
  let even = step(real(2.222219843214978396e-1), w, real(1.531383769920937332e-1));
  even = f64x2.mul(w, step(real(3.999999999940941908e-1), w, even));
  let odd = step(real(1.818357216161805012e-1), w, real(1.479819860511658591e-1));
  odd = step(real(2.857142874366239149e-1), w, odd);
  odd = f64x2.mul(z, step(real(6.66666666666673513e-1), w, odd));
  const tail = f64x2.mul(s, f64x2.add(half, f64x2.add(odd, even)));
  const low = f64x2.sub(step(tail, k, real(1.90821492927058770002e-10)), half);
  return f64x2.add(f64x2.add(low, f), f64x2.mul(k, real(6.93147180369123816490e-1)));
}

/** log x of any number: what `logNormal` cannot take goes to the portable scalar code. */
export function logOf(x: f64): f64 {
  return x >= 2.2250738585072014e-308 && x < Infinity ? f64x2.extract_lane(logNormal(real(x)), 0) : NativeMath.log(x);
}

/**
 * exp for −708 ≤ x ≤ 709: x = k·log 2 + r with |r| ≤ ½ log 2, the Taylor polynomial of degree 13 in r (its rest is below
 * 5e-18), and k added to the exponent's bits. Error below 1 ulp; exp 0 = 1.
 */
// @ts-ignore: decorator
@inline function expMiddle(x: v128): v128 {
  const magic = real(6755399441055744.0); // 1.5·2^52: adding it rounds to the nearest integer, which lands in the low bits
  const t = step(magic, x, real(1.44269504088896338700));
  const k = f64x2.sub(t, magic);
  const high = f64x2.sub(x, f64x2.mul(k, real(6.93147180369123816490e-1)));
  const low = f64x2.mul(k, real(1.90821492927058770002e-10));
  const r = f64x2.sub(high, low);
  const z = f64x2.mul(r, r);
  const w = f64x2.mul(z, z);
  const a = step(real(1.0 / 2), r, real(1.0 / 6));
  const b = step(real(1.0 / 24), r, real(1.0 / 120));
  const c = step(real(1.0 / 720), r, real(1.0 / 5040));
  const d = step(real(1.0 / 40320), r, real(1.0 / 362880));
  const e = step(real(1.0 / 3628800), r, real(1.0 / 39916800));
  const f = step(real(1.0 / 479001600), r, real(1.0 / 6227020800));
  const p = step(step(a, z, b), w, step(step(c, z, d), w, step(e, z, f)));
  const y = f64x2.add(real(1), f64x2.add(high, f64x2.sub(f64x2.mul(z, p), low)));
  return i64x2.add(y, i64x2.shl(t, 52));
}

/** exp x of any number. */
export function expOf(x: f64): f64 {
  return x >= -708.0 && x <= 709.0 ? f64x2.extract_lane(expMiddle(real(x)), 0) : NativeMath.exp(x);
}

// sin and cos: x = n·π + r with |r| ≤ π/2, n an integer for sin and a half-integer for cos, and sin r by an odd polynomial
// of degree 17 (interpolated at Chebyshev nodes; its error, 2e-17, is below the rounding). π is taken off in parts of 31,
// 31, 31 and 53 bits, so that the first three times n are exact for |n| < 2^21 and r keeps its digits next to multiples
// of π. Larger arguments go to the portable scalar code, which reduces to some 96 bits; below 2^22 it is
// wrong (it reads before its table).
const TRIG_LIMIT: f64 = 4194304.0;

/** x − n·π, rounded once: what the second subtraction drops goes into the third. */
// @ts-ignore: decorator
@inline function reduce(x: v128, n: v128): v128 {
  const first = f64x2.sub(x, f64x2.mul(n, real(3.1415926534682512)));
  const part = f64x2.mul(n, real(1.21542009963449e-10));
  const second = f64x2.sub(first, part);
  const dropped = f64x2.sub(f64x2.sub(first, second), part);
  const third = f64x2.sub(second, f64x2.sub(f64x2.mul(n, real(1.6667485819354316e-19)), dropped));
  return f64x2.sub(third, f64x2.mul(n, real(1.7687441132271401e-28)));
}

/**
 * sin r for |r| ≤ π/2: r − r³/8 + r³·p(r²). The eighth is exact and leaves a p near −1/24, whose rounding then hardly
 * counts: within 1.8 ulp, and never beyond ±1.
 */
// @ts-ignore: decorator
@inline function sinReduced(r: v128): v128 {
  const z = f64x2.mul(r, r);
  const w = f64x2.mul(z, z);
  const a = step(real(0.125 - 0.16666666666666666), z, real(0.008333333333333316));
  const b = step(real(-0.00019841269841254966), z, real(2.7557319219160833e-6));
  const c = step(real(-2.505210761669045e-8), z, real(1.6058977292642743e-10));
  const d = step(real(-7.643969663988074e-13), z, real(2.7314368769379893e-15));
  const p = step(step(a, w, b), f64x2.mul(w, w), step(c, w, d));
  const cube = f64x2.mul(r, z);
  return f64x2.add(r, f64x2.sub(f64x2.mul(cube, p), f64x2.mul(cube, real(0.125))));
}

/** sin for |x| ≤ TRIG_LIMIT. */
// @ts-ignore: decorator
@inline function sinMiddle(x: v128): v128 {
  const magic = real(6755399441055744.0);
  const t = step(magic, x, real(0.3183098861837907));
  const r = reduce(x, f64x2.sub(t, magic));
  return v128.xor(sinReduced(r), i64x2.shl(t, 63));
}

/** cos for |x| ≤ TRIG_LIMIT: cos x = (−1)^m sin r with r = x − (m − ½)·π. */
// @ts-ignore: decorator
@inline function cosMiddle(x: v128): v128 {
  const magic = real(6755399441055744.0);
  const t = f64x2.add(step(real(0.5), f64x2.abs(x), real(0.3183098861837907)), magic);
  const r = reduce(f64x2.abs(x), f64x2.sub(f64x2.sub(t, magic), real(0.5)));
  return v128.xor(sinReduced(r), i64x2.shl(t, 63));
}

/** Is a lane outside what the vector code of sin and cos takes? NaN is. */
// @ts-ignore: decorator
@inline function farTrig(x: v128): bool {
  return !i64x2.all_true(f64x2.le(f64x2.abs(x), real(TRIG_LIMIT)));
}

// @ts-ignore: decorator
@inline function farExp(x: v128): bool {
  return !i64x2.all_true(v128.and(f64x2.ge(x, real(-708)), f64x2.le(x, real(709))));
}

// @ts-ignore: decorator
@inline function farLog(x: v128): bool {
  return !i64x2.all_true(v128.and(f64x2.ge(x, real(2.2250738585072014e-308)), f64x2.lt(x, real(Infinity))));
}

/** sin x of any number. */
export function sinOf(x: f64): f64 {
  return abs(x) <= TRIG_LIMIT ? f64x2.extract_lane(sinMiddle(real(x)), 0) : NativeMath.sin(x);
}

/** cos x of any number. */
export function cosOf(x: f64): f64 {
  return abs(x) <= TRIG_LIMIT ? f64x2.extract_lane(cosMiddle(real(x)), 0) : NativeMath.cos(x);
}

/** out[i] = sin x[i] for n numbers; out may be x. */
export function sin(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    if (farTrig(value)) {
      const second = sinOf(f64x2.extract_lane(value, 1));
      store<f64>(out, sinOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, sinMiddle(value));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, sinOf(load<f64>(x)));
}

/** out[i] = cos x[i] for n numbers; out may be x. */
export function cos(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    if (farTrig(value)) {
      const second = cosOf(f64x2.extract_lane(value, 1));
      store<f64>(out, cosOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, cosMiddle(value));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, cosOf(load<f64>(x)));
}

/** out[i] = exp x[i] for n numbers; out may be x. */
export function exp(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    if (farExp(value)) {
      const second = expOf(f64x2.extract_lane(value, 1));
      store<f64>(out, expOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, expMiddle(value));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, expOf(load<f64>(x)));
}

/** out[i] = log x[i] for n numbers; out may be x. */
export function log(n: i32, x: usize, out: usize): void {
  for (; n >= 2; n -= 2) {
    const value = v128.load(x);
    if (farLog(value)) {
      const second = logOf(f64x2.extract_lane(value, 1));
      store<f64>(out, logOf(f64x2.extract_lane(value, 0)));
      store<f64>(out, second, 8);
    } else v128.store(out, logNormal(value));
    x += 16;
    out += 16;
  }
  if (n > 0) store<f64>(out, logOf(load<f64>(x)));
}
