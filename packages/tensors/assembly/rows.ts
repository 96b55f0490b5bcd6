/** Sums over rows, in float64. */

/** The largest of a row; that of some of its numbers if one is NaN, as a sum over them tells. */
// @ts-ignore: decorator
@inline export function largest(width: i32, z: usize): f32 {
  let top = f32x4.splat(-Infinity);
  for (; width >= 4; width -= 4) {
    top = f32x4.pmax(v128.load(z), top);
    z += 16;
  }
  for (; width > 0; width--) {
    top = f32x4.pmax(v128.load32_splat(z), top);
    z += 4;
  }
  return max(
    max(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
}

/** Four floats as two doubles: the sums of first and third, of second and fourth. */
// @ts-ignore: decorator
@inline export function wide(s: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(s), f64x2.promote_low_f32x4(v128.shuffle<f64>(s, s, 1, 1)));
}

// @ts-ignore: decorator
@inline export function both(s: v128): f64 {
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

/** The first of four floats. */
// @ts-ignore: decorator
@inline export function first(s: v128): f32 {
  return f32x4.extract_lane(s, 0);
}
