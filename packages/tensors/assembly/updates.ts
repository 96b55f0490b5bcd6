/**
 * Steps of optimisers, written over weights and moments: x ← keep·x − u(g). Each operation rounds as it does by itself, and a
 * number comes out the same whether it is one of four or alone. Rules and their constants a to d:
 *
 *   0 Adam      m += a(g − m), v += b(g² − v), u = c·m/(√v + d)
 *   1 Lion      u = c·sign(m + a(g − m)), m += b(g − m)
 *   2 momentum  m ← a·m + b·g, u = c·m
 *   3 Nesterov  m ← a·m + b·g, u = c(g + a·m)
 *
 * Adam alone reads v.
 */
const ADAM = 0;
const LION = 1;
const MOMENTUM = 2;
const NESTEROV = 3;

// @ts-ignore: decorator
@inline function get(at: usize, one: bool): v128 {
  return one ? v128.load32_zero(at) : v128.load(at);
}

// @ts-ignore: decorator
@inline function put(at: usize, value: v128, one: bool): void {
  if (one) v128.store32_lane(at, value, 0);
  else v128.store(at, value);
}

/** size·sign(x), and 0 where x is 0 or NaN. */
// @ts-ignore: decorator
@inline function signed(x: v128, size: v128): v128 {
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), size), v128.and(f32x4.lt(x, zero), size));
}

/** Renews the moments and returns u; `rule` and `one` are constants where it is inlined. */
// @ts-ignore: decorator
@inline function lost(
  rule: i32, g: v128, m: usize, v: usize, one: bool, a: v128, b: v128, c: v128, d: v128,
): v128 {
  const old = get(m, one);
  if (rule === ADAM) {
    const first = f32x4.add(old, f32x4.mul(a, f32x4.sub(g, old)));
    const before = get(v, one);
    const second = f32x4.add(before, f32x4.mul(b, f32x4.sub(f32x4.mul(g, g), before)));
    put(m, first, one);
    put(v, second, one);
    return f32x4.div(f32x4.mul(c, first), f32x4.add(f32x4.sqrt(second), d));
  }
  if (rule === LION) {
    const change = f32x4.sub(g, old);
    put(m, f32x4.add(old, f32x4.mul(b, change)), one);
    return signed(f32x4.add(old, f32x4.mul(a, change)), c);
  }
  const buffer = f32x4.add(f32x4.mul(a, old), f32x4.mul(b, g));
  put(m, buffer, one);
  return f32x4.mul(c, rule === NESTEROV ? f32x4.add(g, f32x4.mul(a, buffer)) : buffer);
}

// @ts-ignore: decorator
@inline function whole(
  rule: i32, n: i32, x: usize, g: usize, m: usize, v: usize, a: f32, b: f32, c: f32, d: f32, keep: f32,
): void {
  const as = f32x4.splat(a);
  const bs = f32x4.splat(b);
  const cs = f32x4.splat(c);
  const ds = f32x4.splat(d);
  const kept = f32x4.splat(keep);
  const bytes = (<usize>n) << 2;
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const u = lost(rule, v128.load(g + at), m + at, v + at, false, as, bs, cs, ds);
    v128.store(x + at, f32x4.sub(f32x4.mul(kept, v128.load(x + at)), u));
  }
  for (; at < bytes; at += 4) {
    const u = lost(rule, v128.load32_zero(g + at), m + at, v + at, true, as, bs, cs, ds);
    v128.store32_lane(x + at, f32x4.sub(f32x4.mul(kept, v128.load32_zero(x + at)), u), 0);
  }
}

/** One step of n weights. */
export function update(
  rule: i32, n: i32, x: usize, g: usize, m: usize, v: usize, a: f32, b: f32, c: f32, d: f32, keep: f32,
): void {
  if (rule === ADAM) whole(ADAM, n, x, g, m, v, a, b, c, d, keep);
  else if (rule === LION) whole(LION, n, x, g, m, v, a, b, c, d, keep);
  else if (rule === MOMENTUM) whole(MOMENTUM, n, x, g, m, v, a, b, c, d, keep);
  else whole(NESTEROV, n, x, g, m, v, a, b, c, d, keep);
}

// @ts-ignore: decorator
@inline function signOne(x: usize, g: usize, rate: v128, keep: v128, one: bool): void {
  put(x, f32x4.sub(f32x4.mul(keep, get(x, one)), signed(get(g, one), rate)), one);
}

/** x ← keep·x − rate·sign(g) of n weights. */
export function signUpdate(n: i32, x: usize, g: usize, rate: f32, keep: f32): void {
  const rates = f32x4.splat(rate);
  const kept = f32x4.splat(keep);
  for (; n >= 8; n -= 8) {
    signOne(x, g, rates, kept, false);
    signOne(x + 16, g + 16, rates, kept, false);
    x += 32;
    g += 32;
  }
  for (; n > 0; n--) {
    signOne(x, g, rates, kept, true);
    x += 4;
    g += 4;
  }
}

// @ts-ignore: decorator
@inline function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 1));
}

// @ts-ignore: decorator
@inline function addWide(sums: v128, x: v128): v128 {
  return f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(x), high(x)));
}

// @ts-ignore: decorator
@inline function addSquares(sums: v128, x: v128): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const up = high(x);
  return f64x2.add(sums, f64x2.add(f64x2.mul(low, low), f64x2.mul(up, up)));
}

// @ts-ignore: decorator
@inline function sumOf(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

// @ts-ignore: decorator
@inline function columnsOf(
  rule: i32, rows: i32, columns: i32, count: i32, places: usize, rates: usize, x: usize, g: usize, m: usize, v: usize,
  a: f32, b: f32, c: f32, d: f32, keep: f32, total: f64,
): f64 {
  const as = f32x4.splat(a);
  const bs = f32x4.splat(b);
  const cs = f32x4.splat(c);
  const ds = f32x4.splat(d);
  const kept = f32x4.splat(keep);
  const line = (<usize>columns) << 2;
  const chosen = (<usize>count) << 2;
  for (; rows > 0; rows--) {
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) signOne(x + at, g + at, v128.load(rates + at), kept, false);
    for (; at < line; at += 4) signOne(x + at, g + at, v128.load32_zero(rates + at), kept, true);
    let sums = f32x4.splat(0);
    let k: usize = 0;
    for (; k + 16 <= chosen; k += 16) {
      const p0 = <usize>load<u32>(places + k);
      const p1 = <usize>load<u32>(places + k + 4);
      const p2 = <usize>load<u32>(places + k + 8);
      const p3 = <usize>load<u32>(places + k + 12);
      let own = v128.load32_zero(g + p0);
      own = v128.load32_lane(g + p1, own, 1);
      own = v128.load32_lane(g + p2, own, 2);
      own = v128.load32_lane(g + p3, own, 3);
      sums = f32x4.add(sums, f32x4.mul(own, own));
      const u = lost(rule, own, m + k, v + k, false, as, bs, cs, ds);
      store<f32>(x + p0, load<f32>(x + p0) - f32x4.extract_lane(u, 0));
      store<f32>(x + p1, load<f32>(x + p1) - f32x4.extract_lane(u, 1));
      store<f32>(x + p2, load<f32>(x + p2) - f32x4.extract_lane(u, 2));
      store<f32>(x + p3, load<f32>(x + p3) - f32x4.extract_lane(u, 3));
    }
    for (; k < chosen; k += 4) {
      const p = <usize>load<u32>(places + k);
      const own = v128.load32_zero(g + p);
      sums = f32x4.add(sums, f32x4.mul(own, own));
      const u = lost(rule, own, m + k, v + k, true, as, bs, cs, ds);
      store<f32>(x + p, load<f32>(x + p) - f32x4.extract_lane(u, 0));
    }
    total += sumOf(addWide(f64x2.splat(0), sums));
    x += line;
    g += line;
    m += chosen;
    v += chosen;
  }
  return total;
}

/**
 * One step of a matrix of which some columns have moments: x ← keep·x − rate·sign(g) by the column's rate, which is 0 for the
 * chosen ones, and those then by the rule. Moments are rows × count.
 * @param places bytes before each chosen column in a row, u32
 * @param rates one for each column
 * @returns total + Σ g² over the chosen columns, in float32 within a row
 */
export function updateColumns(
  rule: i32, rows: i32, columns: i32, count: i32, places: usize, rates: usize, x: usize, g: usize, m: usize, v: usize,
  a: f32, b: f32, c: f32, d: f32, keep: f32, total: f64,
): f64 {
  if (rule === ADAM) return columnsOf(ADAM, rows, columns, count, places, rates, x, g, m, v, a, b, c, d, keep, total);
  if (rule === LION) return columnsOf(LION, rows, columns, count, places, rates, x, g, m, v, a, b, c, d, keep, total);
  if (rule === MOMENTUM) return columnsOf(MOMENTUM, rows, columns, count, places, rates, x, g, m, v, a, b, c, d, keep, total);
  return columnsOf(NESTEROV, rows, columns, count, places, rates, x, g, m, v, a, b, c, d, keep, total);
}

/**
 * The same with rows: where `chosen` (u32, one a row) is not 0 the rule, elsewhere x ← keep·x − rate·sign(g). Moments are those of
 * the chosen rows, one after the other.
 */
export function updateRows(
  rule: i32, rows: i32, columns: i32, chosen: usize, rate: f32, x: usize, g: usize, m: usize, v: usize,
  a: f32, b: f32, c: f32, d: f32, keep: f32, total: f64,
): f64 {
  const line = (<usize>columns) << 2;
  for (; rows > 0; rows--) {
    if (load<u32>(chosen) !== 0) {
      total = squares(columns, g, total);
      update(rule, columns, x, g, m, v, a, b, c, d, keep);
      m += line;
      v += line;
    } else signUpdate(columns, x, g, rate, keep);
    chosen += 4;
    x += line;
    g += line;
  }
  return total;
}

/** Bytes of a block of squares. */
const BLOCK: usize = 4096;

/** total + Σ x², in float64, block by block of 1024. */
export function squares(n: i32, x: usize, total: f64): f64 {
  const end = x + ((<usize>n) << 2);
  while (x < end) {
    const stop = min(end, x + BLOCK);
    let sums = f64x2.splat(0);
    let others = f64x2.splat(0);
    for (; x + 32 <= stop; x += 32) {
      sums = addSquares(sums, v128.load(x));
      others = addSquares(others, v128.load(x + 16));
    }
    for (; x < stop; x += 4) sums = addSquares(sums, v128.load32_zero(x));
    total += sumOf(f64x2.add(sums, others));
  }
  return total;
}
