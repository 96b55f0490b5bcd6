/**
 * Elementary functions of one number, with the same bits on every engine: `Math.pow`, `**`, `Math.exp` and their like are
 * approximations that ECMAScript leaves to the engine, and they differ between versions of one engine. Exact everywhere, and
 * therefore not here: + − × ÷, `Math.sqrt`, `x ** 2`, `x ** 0.5`, and 2 to the power of an integer.
 */
import { exports } from './wasm.js';

/** xʸ within 1 ulp; NaN where `**` is NaN. */
export const pow = (x: number, y: number): number => exports.powOf(x, y);

/** exp x within 2 ulp, as of arrays. */
export const exp = (x: number): number => exports.expOf(x);

/** exp x − 1 within 1 ulp, also next to 0. */
export const expm1 = (x: number): number => exports.expm1Of(x);

/** Natural logarithm within 2 ulp, as of arrays. */
export const log = (x: number): number => exports.logOf(x);

/** log(1 + x) within 1 ulp, also next to 0. */
export const log1p = (x: number): number => exports.log1pOf(x);

/** Logarithm to base 2 within 1 ulp; exact for powers of 2. */
export const log2 = (x: number): number => exports.log2Of(x);

/** Logarithm to base 10 within 1 ulp; exact for powers of 10. */
export const log10 = (x: number): number => exports.log10Of(x);

/** sin x within 2 ulp, as of arrays. */
export const sin = (x: number): number => exports.sinOf(x);

/** cos x within 2 ulp, as of arrays. */
export const cos = (x: number): number => exports.cosOf(x);

/** Hyperbolic sine within 2 ulp. */
export const sinh = (x: number): number => exports.sinhOf(x);

/** Hyperbolic cosine within 2 ulp. */
export const cosh = (x: number): number => exports.coshOf(x);

/** Hyperbolic tangent within 2 ulp, as of arrays; never beyond ±1. */
export const tanh = (x: number): number => exports.tanhOf(x);

/** Cube root within 1 ulp. */
export const cbrt = (x: number): number => exports.cbrtOf(x);

/** √(x² + y²) within 1 ulp, without overflow in between. */
export const hypot = (x: number, y: number): number => exports.hypotOf(x, y);
