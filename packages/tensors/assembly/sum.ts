/** Sums over rows: in float32 over blocks of rows, in float64 over the blocks. */
import { addWide } from './norm';

/** Rows of a block. */
const ROWS = 128;

/**
 * out ← for each of `count` matrices of rows × width the sums of its columns.
 * @param scratch 12 · width bytes
 */
export function sumRows(count: i32, rows: i32, width: i32, x: usize, out: usize, scratch: usize): void {
  const line = (<usize>width) << 2;
  const whole = line & ~15;
  const block = scratch + 2 * line;
  for (; count > 0; count--) {
    memory.fill(scratch, 0, 2 * line);
    for (let left = rows; left > 0; left -= ROWS) {
      let r = min(ROWS, left);
      memory.fill(block, 0, line);
      for (; r >= 4; r -= 4) {
        addFour(line, whole, x, block);
        x += 4 * line;
      }
      for (; r > 0; r--) {
        addOne(line, whole, x, block);
        x += line;
      }
      for (let at: usize = 0; at < whole; at += 16) addWide(scratch + 2 * at, v128.load(block + at));
      for (let at = whole; at < line; at += 4) {
        store<f64>(scratch + 2 * at, load<f64>(scratch + 2 * at) + <f64>load<f32>(block + at));
      }
    }
    for (let at: usize = 0; at < line; at += 4) store<f32>(out + at, <f32>load<f64>(scratch + 2 * at));
    out += line;
  }
}

// @ts-ignore: decorator
@inline function addFour(line: usize, whole: usize, x: usize, sums: usize): void {
  const x1 = x + line;
  const x2 = x1 + line;
  const x3 = x2 + line;
  for (let at: usize = 0; at < whole; at += 16) {
    const low = f32x4.add(v128.load(x + at), v128.load(x1 + at));
    const high = f32x4.add(v128.load(x2 + at), v128.load(x3 + at));
    v128.store(sums + at, f32x4.add(v128.load(sums + at), f32x4.add(low, high)));
  }
  for (let at = whole; at < line; at += 4) {
    const low = load<f32>(x + at) + load<f32>(x1 + at);
    const high = load<f32>(x2 + at) + load<f32>(x3 + at);
    store<f32>(sums + at, load<f32>(sums + at) + (low + high));
  }
}

// @ts-ignore: decorator
@inline function addOne(line: usize, whole: usize, x: usize, sums: usize): void {
  for (let at: usize = 0; at < whole; at += 16) {
    v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(x + at)));
  }
  for (let at = whole; at < line; at += 4) store<f32>(sums + at, load<f32>(sums + at) + load<f32>(x + at));
}
