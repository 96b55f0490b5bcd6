/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the samplers
 * that map one uniform to one number. A stream is the sequence of 64-bit words of the blocks c0 = 0, 1, 2, ... under one
 * key (k0, k1) and one (c1, c2, c3): block b gives word 2b = x0 + 2³²·x1 and word 2b+1 = x2 + 2³²·x3. Its uniforms are
 * u = ⌊word / 2¹¹⌋ · 2⁻⁵³.
 */
import { logNormal, step } from './elementary';

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Where `philox` leaves its four words. */
const block: usize = memory.data(16, 16);

/** Address of the four words that `philox` wrote last. */
export function philoxBlock(): usize {
  return block;
}

/** One block: ten rounds on the counter (c0, c1, c2, c3) under the key (k0, k1). */
export function philox(k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>M0 * <u64>c0;
    const p1 = <u64>M1 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c1 = <u32>p1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  store<u32>(block, c0, 0);
  store<u32>(block, c1, 4);
  store<u32>(block, c2, 8);
  store<u32>(block, c3, 12);
}

/** Two 64-bit words as uniforms: 53 bits converted exactly, high and low half apart, then scaled. */
// @ts-ignore: decorator
@inline function toUniform(words: v128): v128 {
  const k = i64x2.shr_u(words, 11);
  const low = v128.or(v128.and(k, i64x2.splat(0xffffffff)), i64x2.splat(0x4330000000000000)); // 2^52 + low
  const high = v128.or(i64x2.shr_u(k, 32), i64x2.splat(0x4530000000000000)); // 2^84 + 2^32·high
  const both = f64x2.add(f64x2.sub(high, f64x2.splat(19342813118337666422669312.0)), low);
  return f64x2.mul(both, f64x2.splat(1.1102230246251565e-16));
}

/** Four consecutive blocks from c0 on, as eight uniforms at `out`: the same bits as four calls of `philox`. */
// @ts-ignore: decorator
@inline function fourBlocks(k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, out: usize): void {
  let x0 = i32x4.add(i32x4.splat(c0), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(c1);
  let x2 = i32x4.splat(c2);
  let x3 = i32x4.splat(c3);
  let key0 = i32x4.splat(k0);
  let key1 = i32x4.splat(k1);
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < 10; round++) {
    const p0 = i64x2.extmul_low_i32x4_u(x0, m0);
    const q0 = i64x2.extmul_high_i32x4_u(x0, m0);
    const p1 = i64x2.extmul_low_i32x4_u(x2, m1);
    const q1 = i64x2.extmul_high_i32x4_u(x2, m1);
    x0 = v128.xor(v128.xor(v128.shuffle<i32>(p1, q1, 1, 3, 5, 7), x1), key0);
    x2 = v128.xor(v128.xor(v128.shuffle<i32>(p0, q0, 1, 3, 5, 7), x3), key1);
    x1 = v128.shuffle<i32>(p1, q1, 0, 2, 4, 6);
    x3 = v128.shuffle<i32>(p0, q0, 0, 2, 4, 6);
    key0 = i32x4.add(key0, i32x4.splat(W0));
    key1 = i32x4.add(key1, i32x4.splat(W1));
  }
  const even = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5); // words 0 of blocks 0 and 1
  const odd = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5); // words 1 of blocks 0 and 1
  const even2 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const odd2 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(out, toUniform(v128.shuffle<i64>(even, odd, 0, 2)), 0);
  v128.store(out, toUniform(v128.shuffle<i64>(even, odd, 1, 3)), 16);
  v128.store(out, toUniform(v128.shuffle<i64>(even2, odd2, 0, 2)), 32);
  v128.store(out, toUniform(v128.shuffle<i64>(even2, odd2, 1, 3)), 48);
}

/** Eight uniforms of which only some are wanted: at the two ends of a fill. */
const edge: usize = memory.data(64, 16);

/** The n uniforms from number `odd` (0 or 1) of block c0 on, to `out`. */
export function fillUniform(
  k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, odd: i32, n: i32, out: usize,
): void {
  if (odd && n > 0) {
    fourBlocks(k0, k1, c0, c1, c2, c3, edge);
    store<f64>(out, load<f64>(edge, 8));
    out += 8;
    n -= 1;
    c0 += 1;
  }
  for (; n >= 8; n -= 8) {
    fourBlocks(k0, k1, c0, c1, c2, c3, out);
    out += 64;
    c0 += 4;
  }
  if (n > 0) {
    fourBlocks(k0, k1, c0, c1, c2, c3, edge);
    for (let i = 0; i < n; i++) store<f64>(out + ((<usize>i) << 3), load<f64>(edge + ((<usize>i) << 3)));
  }
}

// The normal quantile of M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988): relative error 1e-16.

/** Φ⁻¹(½ + q) for |q| ≤ 0.425. */
// @ts-ignore: decorator
@inline function central(q: v128): v128 {
  const r = f64x2.sub(f64x2.splat(0.180625), f64x2.mul(q, q));
  let p = step(f64x2.splat(3.3430575583588128105e4), r, f64x2.splat(2.5090809287301226727e3));
  p = step(f64x2.splat(6.7265770927008700853e4), r, p);
  p = step(f64x2.splat(4.5921953931549871457e4), r, p);
  p = step(f64x2.splat(1.3731693765509461125e4), r, p);
  p = step(f64x2.splat(1.9715909503065514427e3), r, p);
  p = step(f64x2.splat(1.3314166789178437745e2), r, p);
  p = step(f64x2.splat(3.387132872796366608), r, p);
  let d = step(f64x2.splat(2.8729085735721942674e4), r, f64x2.splat(5.226495278852854561e3));
  d = step(f64x2.splat(3.930789580009271061e4), r, d);
  d = step(f64x2.splat(2.1213794301586595867e4), r, d);
  d = step(f64x2.splat(5.3941960214247511077e3), r, d);
  d = step(f64x2.splat(6.8718700749205790830e2), r, d);
  d = step(f64x2.splat(4.2313330701600911252e1), r, d);
  d = step(f64x2.splat(1), r, d);
  return f64x2.mul(q, f64x2.div(p, d));
}

/** The size of Φ⁻¹(½ + q) for 0.425 < |q|, from r = √(−log(½ − |q|)) ≤ 5. */
// @ts-ignore: decorator
@inline function outer(root: v128): v128 {
  const r = f64x2.sub(root, f64x2.splat(1.6));
  let p = step(f64x2.splat(2.27238449892691845833e-2), r, f64x2.splat(7.74545014278341407640e-4));
  p = step(f64x2.splat(2.41780725177450611770e-1), r, p);
  p = step(f64x2.splat(1.27045825245236838258), r, p);
  p = step(f64x2.splat(3.64784832476320460504), r, p);
  p = step(f64x2.splat(5.76949722146069140550), r, p);
  p = step(f64x2.splat(4.63033784615654529590), r, p);
  p = step(f64x2.splat(1.42343711074968357734), r, p);
  let d = step(f64x2.splat(5.47593808499534494600e-4), r, f64x2.splat(1.05075007164441684324e-9));
  d = step(f64x2.splat(1.51986665636164571966e-2), r, d);
  d = step(f64x2.splat(1.48103976427480074590e-1), r, d);
  d = step(f64x2.splat(6.89767334985100004550e-1), r, d);
  d = step(f64x2.splat(1.67638483018380384940), r, d);
  d = step(f64x2.splat(2.05319162663775882187), r, d);
  d = step(f64x2.splat(1), r, d);
  return f64x2.div(p, d);
}

/** The same for 5 < r, met once in 70 billion draws. */
function extreme(root: f64): f64 {
  const r = root - 5.0;
  let p = 2.71155556874348757815e-5 + r * 2.01033439929228813265e-7;
  p = 1.24266094738807843860e-3 + r * p;
  p = 2.65321895265761230930e-2 + r * p;
  p = 2.96560571828504891230e-1 + r * p;
  p = 1.78482653991729133580 + r * p;
  p = 5.46378491116411436990 + r * p;
  p = 6.65790464350110377720 + r * p;
  let d = 1.42151175831644588870e-7 + r * 2.04426310338993978564e-15;
  d = 1.84631831751005468180e-5 + r * d;
  d = 7.86869131145613259100e-4 + r * d;
  d = 1.48753612908506148525e-2 + r * d;
  d = 1.36929880922735805310e-1 + r * d;
  d = 5.99832206555887937690e-1 + r * d;
  d = 1.0 + r * d;
  return p / d;
}

/** Φ⁻¹(½ + q) for two q beyond the central range. */
// @ts-ignore: decorator
@inline function beyond(q: v128): v128 {
  const root = f64x2.sqrt(f64x2.neg(logNormal(f64x2.sub(f64x2.splat(0.5), f64x2.abs(q)))));
  let size = outer(root);
  const far = i64x2.bitmask(f64x2.gt(root, f64x2.splat(5)));
  if (far & 1) size = f64x2.replace_lane(size, 0, extreme(f64x2.extract_lane(root, 0)));
  if (far & 2) size = f64x2.replace_lane(size, 1, extreme(f64x2.extract_lane(root, 1)));
  return v128.or(size, v128.and(q, i64x2.splat(0x8000000000000000)));
}

/** q = u − ½ + 2⁻⁵⁴: exact, symmetric around 0, never 0 or ±½. */
// @ts-ignore: decorator
@inline function centred(u: v128): v128 {
  return f64x2.add(f64x2.sub(u, f64x2.splat(0.5)), f64x2.splat(5.551115123125783e-17));
}

const PIECE = 512;
/** Where the draws of one piece that lie beyond the central range are put by: q, and the byte offset of the result. */
const putBy: usize = memory.data(8 * 514, 16);
const putByAt: usize = memory.data(4 * 514, 16);

/** Turns n ≤ PIECE uniforms at `x` into normals. */
function normalPiece(n: i32, x: usize): void {
  let count: usize = 0;
  for (let i = 0; i < n; i += 2) {
    const at = (<usize>i) << 3;
    const last = i + 1 === n;
    const q = centred(last ? v128.load64_splat(x + at) : v128.load(x + at));
    const z = central(q);
    if (last) v128.store64_lane(x + at, z, 0);
    else v128.store(x + at, z);
    const out = i64x2.bitmask(f64x2.gt(f64x2.abs(q), f64x2.splat(0.425)));
    // Without a branch: which lanes are beyond is a coin that no predictor learns.
    v128.store64_lane(putBy + (count << 3), q, 0);
    store<u32>(putByAt + (count << 2), <u32>at);
    count += out & 1;
    if (last) break;
    v128.store64_lane(putBy + (count << 3), q, 1);
    store<u32>(putByAt + (count << 2), <u32>at + 8);
    count += out >> 1;
  }
  for (let i: usize = 0; i < count; i += 2) {
    const last = i + 1 === count;
    const z = beyond(last ? v128.load64_splat(putBy + (i << 3)) : v128.load(putBy + (i << 3)));
    v128.store64_lane(x + load<u32>(putByAt + (i << 2)), z, 0);
    if (!last) v128.store64_lane(x + load<u32>(putByAt + (i << 2), 4), z, 1);
  }
}

/** −log(1 − u) for n uniforms at `x`. */
function exponentialPiece(n: i32, x: usize): void {
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const at = x + ((<usize>i) << 3);
    v128.store(at, f64x2.sub(f64x2.splat(0), logNormal(f64x2.sub(f64x2.splat(1), v128.load(at)))));
  }
  if (i < n) {
    const at = x + ((<usize>i) << 3);
    v128.store64_lane(at, f64x2.sub(f64x2.splat(0), logNormal(f64x2.sub(f64x2.splat(1), v128.load64_splat(at)))), 0);
  }
}

/** −log E for n uniforms at `x`, E = −log(1 − u), or 2⁻⁵⁴ where u = 0. */
function gumbelPiece(n: i32, x: usize): void {
  exponentialPiece(n, x);
  const least = f64x2.splat(5.551115123125783e-17);
  for (let i = 0; i < n; i += 2) {
    const at = x + ((<usize>i) << 3);
    const last = i + 1 === n;
    const z = f64x2.neg(logNormal(f64x2.max(least, last ? v128.load64_splat(at) : v128.load(at))));
    if (last) v128.store64_lane(at, z, 0);
    else v128.store(at, z);
  }
}

/** −sign(q) log(1 − 2|q|) for n uniforms at `x`, q = u − ½ + 2⁻⁵⁴. */
function laplacePiece(n: i32, x: usize): void {
  for (let i = 0; i < n; i += 2) {
    const at = x + ((<usize>i) << 3);
    const last = i + 1 === n;
    const q = centred(last ? v128.load64_splat(at) : v128.load(at));
    const size = f64x2.abs(logNormal(f64x2.sub(f64x2.splat(1), f64x2.mul(f64x2.splat(2), f64x2.abs(q)))));
    const z = v128.or(size, v128.and(q, i64x2.splat(0x8000000000000000)));
    if (last) v128.store64_lane(at, z, 0);
    else v128.store(at, z);
  }
}

/** Normals from the uniforms that `fillUniform` would give: zᵢ = Φ⁻¹(uᵢ + 2⁻⁵⁴). */
export function fillNormal(
  k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, odd: i32, n: i32, out: usize,
): void {
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    fillUniform(k0, k1, c0, c1, c2, c3, odd, m, out);
    normalPiece(m, out);
    c0 += PIECE / 2;
    out += 8 * PIECE;
  }
}

/** Exponentials from the uniforms that `fillUniform` would give: −log(1 − uᵢ). */
export function fillExponential(
  k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, odd: i32, n: i32, out: usize,
): void {
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    fillUniform(k0, k1, c0, c1, c2, c3, odd, m, out);
    exponentialPiece(m, out);
    c0 += PIECE / 2;
    out += 8 * PIECE;
  }
}

/** Gumbel numbers from the uniforms that `fillUniform` would give. */
export function fillGumbel(
  k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, odd: i32, n: i32, out: usize,
): void {
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    fillUniform(k0, k1, c0, c1, c2, c3, odd, m, out);
    gumbelPiece(m, out);
    c0 += PIECE / 2;
    out += 8 * PIECE;
  }
}

/** Laplace numbers from the uniforms that `fillUniform` would give. */
export function fillLaplace(
  k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32, odd: i32, n: i32, out: usize,
): void {
  for (; n > 0; n -= PIECE) {
    const m = min(n, PIECE);
    fillUniform(k0, k1, c0, c1, c2, c3, odd, m, out);
    laplacePiece(m, out);
    c0 += PIECE / 2;
    out += 8 * PIECE;
  }
}

/** Φ⁻¹(u + 2⁻⁵⁴) of one uniform: the same bits as in a fill. */
export function normalOf(u: f64): f64 {
  const q = centred(f64x2.splat(u));
  return f64x2.extract_lane(abs(f64x2.extract_lane(q, 0)) > 0.425 ? beyond(q) : central(q), 0);
}

/** −log(1 − u) of one uniform: the same bits as in a fill. */
export function exponentialOf(u: f64): f64 {
  return 0.0 - f64x2.extract_lane(logNormal(f64x2.splat(1.0 - u)), 0);
}
