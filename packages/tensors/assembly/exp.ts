/** The exponential function, by the polynomial of Cephes' `expf` (S. L. Moshier): within 1e-7 of itself, four at a time. */

/**
 * exp of four numbers. NaN stays, what is too large is ∞; what is too small for a normal number loses digits, as it must.
 */
// @ts-ignore: decorator
@inline export function exp4(x: v128): v128 {
  // Beyond these the result is ∞ and 0, and n stays small enough for its halves to be exponents.
  // (`pmin` and `pmax` are one instruction, and keep a NaN that comes first.)
  x = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  // 1.5 · 2²³ more leaves the nearest whole number in the last bits: two instructions, where rounding and converting take many.
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), f32x4.splat(12582912));
  const n = f32x4.sub(shifted, f32x4.splat(12582912));
  // x − n·ln 2, with ln 2 in two parts of which the first times n is exact.
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.12194440e-4)),
  );
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  // 2ⁿ in two factors: one alone is no normal number at either end.
  const whole = i32x4.sub(shifted, i32x4.splat(0x4b400000));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, power(half)), power(i32x4.sub(whole, half)));
}

/** 2ⁿ of four whole numbers from −126 to 127. */
// @ts-ignore: decorator
@inline function power(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** exp of one number: the bits that it has among four. */
// @ts-ignore: decorator
@inline export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** out ← exp x. */
export function exp(n: i32, x: usize, out: usize): void {
  for (; n >= 4; n -= 4) {
    v128.store(out, exp4(v128.load(x)));
    x += 16;
    out += 16;
  }
  for (; n > 0; n--) {
    store<f32>(out, exp1(load<f32>(x)));
    x += 4;
    out += 4;
  }
}
