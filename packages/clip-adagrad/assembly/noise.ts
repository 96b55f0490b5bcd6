/** Heavy-tailed noise from uniforms, by the inverse of its distribution function. */
import { exp, logNormal } from '../../numerics/assembly/elementary';

/** Doubles of one piece, so that a piece stays in the first cache. */
const PIECE = 512;
/** |v|^(−1/α) of one piece. */
const size: usize = memory.data(8 * 512, 16);

/**
 * Symmetric Pareto numbers at `out` from n uniforms u at `out`: with v = 2u − 1 + 2⁻⁵³, sign(v)·(|v|^(−1/α) − 1). The same
 * operations as `fillPareto` of @assay-ml/numerics.
 */
export function fillPareto(n: i32, alpha: f64, out: usize): void {
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    power(m, alpha, out);
    for (let i = 0; i < m; i += 2) {
      const at = out + ((<usize>i) << 3);
      const sign = v128.and(centred(v128.load(at)), i64x2.splat(0x8000000000000000));
      v128.store(at, v128.or(f64x2.sub(v128.load(size + ((<usize>i) << 3)), f64x2.splat(1)), sign));
    }
    out += 8 * PIECE;
  }
}

/** One-sided Pareto numbers less their mean: |v|^(−1/α) − 1 − 1/(α − 1). */
export function fillSkewed(n: i32, alpha: f64, out: usize): void {
  const mean = 1.0 / (alpha - 1.0);
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    power(m, alpha, out);
    for (let i = 0; i < m; i += 2) {
      const at = (<usize>i) << 3;
      const value = f64x2.sub(v128.load(size + at), f64x2.splat(1));
      v128.store(out + at, f64x2.sub(value, f64x2.splat(mean)));
    }
    out += 8 * PIECE;
  }
}

// @ts-ignore: decorator
@inline function centred(u: v128): v128 {
  return f64x2.add(f64x2.sub(f64x2.mul(f64x2.splat(2), u), f64x2.splat(1)), f64x2.splat(1.1102230246251565e-16));
}

/** |v|^(−1/α) of n uniforms at `u`, n even, to `size`. No |v| is below 2⁻⁵³. */
function power(n: i32, alpha: f64, u: usize): void {
  const divisor = f64x2.splat(-alpha);
  for (let at: usize = 0, end = (<usize>n) << 3; at < end; at += 16) {
    v128.store(size + at, f64x2.div(logNormal(f64x2.abs(centred(v128.load(u + at)))), divisor));
  }
  exp(n, size, size);
}
