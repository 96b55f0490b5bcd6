/**
 * Elementary functions of one number beside those of elementary.ts: AssemblyScript's portable code (musl's), a fixed
 * sequence of IEEE operations and therefore the same bits on every engine.
 */
export function powOf(x: f64, y: f64): f64 { return NativeMath.pow(x, y); }
export function expm1Of(x: f64): f64 { return NativeMath.expm1(x); }
export function log1pOf(x: f64): f64 { return NativeMath.log1p(x); }
export function log2Of(x: f64): f64 { return NativeMath.log2(x); }
export function log10Of(x: f64): f64 { return NativeMath.log10(x); }
export function sinhOf(x: f64): f64 { return NativeMath.sinh(x); }
export function coshOf(x: f64): f64 { return NativeMath.cosh(x); }
export function cbrtOf(x: f64): f64 { return NativeMath.cbrt(x); }
export function hypotOf(x: f64, y: f64): f64 { return NativeMath.hypot(x, y); }
