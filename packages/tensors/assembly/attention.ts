/** What attention does to queries, keys and scores. */
import { exp1, exp4 } from './exp';
import { both, largest, wide } from './rows';

/**
 * y ← softmax of each row of x over the keys it sees, 0 for the others. Of `count` matrices of queries × keys, row i sees the keys
 * up to i + keys − queries.
 */
export function causalSoftmax(count: i32, queries: i32, keys: i32, x: usize, y: usize): void {
  const line = (<usize>keys) << 2;
  for (; count > 0; count--) {
    for (let seen = keys - queries + 1; seen <= keys; seen++) {
      const end = (<usize>seen) << 2;
      const top = largest(seen, x);
      const top4 = f32x4.splat(top);
      let exps = f64x2.splat(0);
      let at: usize = 0;
      for (; at + 16 <= end; at += 16) {
        const e = exp4(f32x4.sub(v128.load(x + at), top4));
        v128.store(y + at, e);
        exps = f64x2.add(exps, wide(e));
      }
      let total = both(exps);
      for (; at < end; at += 4) {
        const e = exp1(load<f32>(x + at) - top);
        store<f32>(y + at, e);
        total += <f64>e;
      }
      const share = <f32>(1 / total);
      const share4 = f32x4.splat(share);
      for (at = 0; at + 16 <= end; at += 16) v128.store(y + at, f32x4.mul(share4, v128.load(y + at)));
      for (; at < end; at += 4) store<f32>(y + at, share * load<f32>(y + at));
      clear(y, at, line);
      x += line;
      y += line;
    }
  }
}

/** Zeros in a row from `at` to `line`. A call of memory.fill takes longer than a short row. */
// @ts-ignore: decorator
@inline function clear(row: usize, at: usize, line: usize): void {
  for (; at + 16 <= line; at += 16) v128.store(row + at, f32x4.splat(0));
  for (; at < line; at += 4) store<f32>(row + at, 0);
}

/** dx ← y · (dy − Σ y · dy) over the keys that a row sees, 0 for the others. */
export function causalSoftmaxGradient(count: i32, queries: i32, keys: i32, y: usize, dy: usize, dx: usize): void {
  const line = (<usize>keys) << 2;
  for (; count > 0; count--) {
    for (let seen = keys - queries + 1; seen <= keys; seen++) {
      const end = (<usize>seen) << 2;
      let sums = f64x2.splat(0);
      let at: usize = 0;
      for (; at + 16 <= end; at += 16) sums = f64x2.add(sums, wide(f32x4.mul(v128.load(y + at), v128.load(dy + at))));
      let sum = both(sums);
      for (; at < end; at += 4) sum += <f64>(load<f32>(y + at) * load<f32>(dy + at));
      const level = <f32>sum;
      const level4 = f32x4.splat(level);
      for (at = 0; at + 16 <= end; at += 16) {
        v128.store(dx + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dy + at), level4)));
      }
      for (; at < end; at += 4) store<f32>(dx + at, load<f32>(y + at) * (load<f32>(dy + at) - level));
      clear(dx, at, line);
      y += line;
      dy += line;
      dx += line;
    }
  }
}

/**
 * y ← x with its pairs turned. x is of `batch` × `time` × `heads` rows of two halves; number i of either is a pair.
 * @param angles `half` cosines and `half` sines for each time
 * @param direction 1, or −1 to turn back
 */
export function rotary(
  batch: i32,
  time: i32,
  heads: i32,
  half: i32,
  x: usize,
  angles: usize,
  direction: f32,
  y: usize,
): void {
  const side = (<usize>half) << 2;
  const direction4 = f32x4.splat(direction);
  for (; batch > 0; batch--) {
    let cosines = angles;
    for (let t = time; t > 0; t--) {
      const sines = cosines + side;
      for (let h = heads; h > 0; h--) {
        let at: usize = 0;
        for (; at + 16 <= side; at += 16) {
          const cos = v128.load(cosines + at);
          const sin = f32x4.mul(v128.load(sines + at), direction4);
          const low = v128.load(x + at);
          const high = v128.load(x + side + at);
          v128.store(y + at, f32x4.sub(f32x4.mul(low, cos), f32x4.mul(high, sin)));
          v128.store(y + side + at, f32x4.add(f32x4.mul(high, cos), f32x4.mul(low, sin)));
        }
        for (; at < side; at += 4) {
          const cos = load<f32>(cosines + at);
          const sin = load<f32>(sines + at) * direction;
          const low = load<f32>(x + at);
          const high = load<f32>(x + side + at);
          store<f32>(y + at, low * cos - high * sin);
          store<f32>(y + side + at, high * cos + low * sin);
        }
        x += 2 * side;
        y += 2 * side;
      }
      cosines += 2 * side;
    }
  }
}
