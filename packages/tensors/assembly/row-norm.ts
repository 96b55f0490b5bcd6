/**
 * Normalisation of rows by their root mean square, or by mean and variance. Sums over a row run in float64, those of the gradients
 * by scale and offset in float32 over blocks of rows and in float64 over the blocks.
 */
import { addWide } from './norm';
import { both, wide } from './rows';

/** Rows of a block. */
const ROWS = 128;

/** y ← scale · x / √(mean(x²) + ε), row by row. */
export function rmsNorm(rows: i32, width: i32, x: usize, scale: usize, epsilon: f64, y: usize): void {
  const line = (<usize>width) << 2;
  for (; rows > 0; rows--) {
    let squares = f64x2.splat(0);
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      const value = v128.load(x + at);
      squares = f64x2.add(squares, wide(f32x4.mul(value, value)));
    }
    let square = both(squares);
    for (; at < line; at += 4) square += <f64>(load<f32>(x + at) * load<f32>(x + at));
    const factor = <f32>(1 / sqrt<f64>(square / <f64>width + epsilon));
    const factor4 = f32x4.splat(factor);
    for (at = 0; at + 16 <= line; at += 16) {
      v128.store(y + at, f32x4.mul(f32x4.mul(v128.load(x + at), factor4), v128.load(scale + at)));
    }
    for (; at < line; at += 4) store<f32>(y + at, load<f32>(x + at) * factor * load<f32>(scale + at));
    x += line;
    y += line;
  }
}

/**
 * With 1/r the root mean square of a row and s = scale · dy: dx ← r · s − x · r³ · mean(s · x), row by row, and
 * dScale ← Σ dy · x · r over the rows.
 * @param scratch 12 · width bytes
 */
export function rmsNormGradient(
  rows: i32, width: i32, x: usize, scale: usize, dy: usize, epsilon: f64, dx: usize, dScale: usize, scratch: usize,
): void {
  const line = (<usize>width) << 2;
  const block = scratch + 2 * line;
  memory.fill(scratch, 0, 2 * line);
  for (; rows > 0; rows -= ROWS) {
    memory.fill(block, 0, line);
    for (let left = min(ROWS, rows); left > 0; left--) {
      let squares = f64x2.splat(0);
      let products = squares;
      let at: usize = 0;
      for (; at + 16 <= line; at += 16) {
        const value = v128.load(x + at);
        const slope = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
        squares = f64x2.add(squares, wide(f32x4.mul(value, value)));
        products = f64x2.add(products, wide(f32x4.mul(slope, value)));
      }
      let square = both(squares);
      let product = both(products);
      for (; at < line; at += 4) {
        const value = load<f32>(x + at);
        square += <f64>(value * value);
        product += <f64>(load<f32>(dy + at) * load<f32>(scale + at) * value);
      }
      const inverse = 1 / sqrt<f64>(square / <f64>width + epsilon);
      const factor = <f32>inverse;
      const along = <f32>(inverse * inverse * inverse * (product / <f64>width));
      const factor4 = f32x4.splat(factor);
      const along4 = f32x4.splat(along);
      for (at = 0; at + 16 <= line; at += 16) {
        const value = v128.load(x + at);
        const slope = f32x4.mul(v128.load(dy + at), factor4);
        v128.store(dx + at, f32x4.sub(f32x4.mul(slope, v128.load(scale + at)), f32x4.mul(value, along4)));
        v128.store(block + at, f32x4.add(v128.load(block + at), f32x4.mul(slope, value)));
      }
      for (; at < line; at += 4) {
        const value = load<f32>(x + at);
        const slope = load<f32>(dy + at) * factor;
        store<f32>(dx + at, slope * load<f32>(scale + at) - value * along);
        store<f32>(block + at, load<f32>(block + at) + slope * value);
      }
      x += line;
      dy += line;
      dx += line;
    }
    addBlock(line, block, scratch);
  }
  for (let at: usize = 0; at < line; at += 4) store<f32>(dScale + at, <f32>load<f64>(scratch + 2 * at));
}

/** Adds a row of floats to one of doubles. */
// @ts-ignore: decorator
@inline function addBlock(line: usize, block: usize, sums: usize): void {
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) addWide(sums + 2 * at, v128.load(block + at));
  for (; at < line; at += 4) store<f64>(sums + 2 * at, load<f64>(sums + 2 * at) + <f64>load<f32>(block + at));
}

/** The sum of a row. */
// @ts-ignore: decorator
@inline function sumOf(line: usize, x: usize): f64 {
  let sums = f64x2.splat(0);
  let at: usize = 0;
  for (; at + 16 <= line; at += 16) sums = f64x2.add(sums, wide(v128.load(x + at)));
  let sum = both(sums);
  for (; at < line; at += 4) sum += <f64>load<f32>(x + at);
  return sum;
}

/**
 * y ← scale · (x − mean)/√(variance + ε) + offset, row by row. The mean is taken away in two parts, so that far from zero its
 * rounding does not count.
 */
export function layerNorm(
  rows: i32, width: i32, x: usize, scale: usize, offset: usize, epsilon: f64, y: usize,
): void {
  const line = (<usize>width) << 2;
  for (; rows > 0; rows--) {
    const mean = sumOf(line, x) / <f64>width;
    const near = <f32>mean;
    const rest = <f32>(mean - <f64>near);
    const near4 = f32x4.splat(near);
    const rest4 = f32x4.splat(rest);
    let squares = f64x2.splat(0);
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      const centred = f32x4.sub(f32x4.sub(v128.load(x + at), near4), rest4);
      v128.store(y + at, centred);
      squares = f64x2.add(squares, wide(f32x4.mul(centred, centred)));
    }
    let square = both(squares);
    for (; at < line; at += 4) {
      const centred = load<f32>(x + at) - near - rest;
      store<f32>(y + at, centred);
      square += <f64>(centred * centred);
    }
    const factor = <f32>(1 / sqrt<f64>(square / <f64>width + epsilon));
    const factor4 = f32x4.splat(factor);
    for (at = 0; at + 16 <= line; at += 16) {
      const unit = f32x4.mul(v128.load(y + at), factor4);
      v128.store(y + at, f32x4.add(f32x4.mul(unit, v128.load(scale + at)), v128.load(offset + at)));
    }
    for (; at < line; at += 4) {
      store<f32>(y + at, load<f32>(y + at) * factor * load<f32>(scale + at) + load<f32>(offset + at));
    }
    x += line;
    y += line;
  }
}

/**
 * With 1/r the deviation of a row, c = x − mean and s = scale · dy: dx ← r · (s − mean(s)) − c · r³ · mean(s · c), row by row,
 * dScale ← Σ dy · c · r and dOffset ← Σ dy over the rows.
 * @param scratch 24 · width bytes
 */
export function layerNormGradient(
  rows: i32, width: i32, x: usize, scale: usize, dy: usize, epsilon: f64, dx: usize, dScale: usize, dOffset: usize,
  scratch: usize,
): void {
  const line = (<usize>width) << 2;
  const offsets = scratch + 2 * line;
  const block = scratch + 4 * line;
  const offsetBlock = scratch + 5 * line;
  memory.fill(scratch, 0, 4 * line);
  for (; rows > 0; rows -= ROWS) {
    memory.fill(block, 0, 2 * line);
    for (let left = min(ROWS, rows); left > 0; left--) {
      const mean = sumOf(line, x) / <f64>width;
      const near = <f32>mean;
      const rest = <f32>(mean - <f64>near);
      const near4 = f32x4.splat(near);
      const rest4 = f32x4.splat(rest);
      let squares = f64x2.splat(0);
      let slopes = squares;
      let products = squares;
      let at: usize = 0;
      for (; at + 16 <= line; at += 16) {
        const centred = f32x4.sub(f32x4.sub(v128.load(x + at), near4), rest4);
        const slope = f32x4.mul(v128.load(dy + at), v128.load(scale + at));
        squares = f64x2.add(squares, wide(f32x4.mul(centred, centred)));
        slopes = f64x2.add(slopes, wide(slope));
        products = f64x2.add(products, wide(f32x4.mul(slope, centred)));
      }
      let square = both(squares);
      let total = both(slopes);
      let product = both(products);
      for (; at < line; at += 4) {
        const centred = load<f32>(x + at) - near - rest;
        const slope = load<f32>(dy + at) * load<f32>(scale + at);
        square += <f64>(centred * centred);
        total += <f64>slope;
        product += <f64>(slope * centred);
      }
      const inverse = 1 / sqrt<f64>(square / <f64>width + epsilon);
      const factor = <f32>inverse;
      const level = <f32>(total / <f64>width);
      const along = <f32>(inverse * inverse * inverse * (product / <f64>width));
      const factor4 = f32x4.splat(factor);
      const level4 = f32x4.splat(level);
      const along4 = f32x4.splat(along);
      for (at = 0; at + 16 <= line; at += 16) {
        const centred = f32x4.sub(f32x4.sub(v128.load(x + at), near4), rest4);
        const given = v128.load(dy + at);
        const slope = f32x4.sub(f32x4.mul(given, v128.load(scale + at)), level4);
        v128.store(dx + at, f32x4.sub(f32x4.mul(slope, factor4), f32x4.mul(centred, along4)));
        const unit = f32x4.mul(centred, factor4);
        v128.store(block + at, f32x4.add(v128.load(block + at), f32x4.mul(given, unit)));
        v128.store(offsetBlock + at, f32x4.add(v128.load(offsetBlock + at), given));
      }
      for (; at < line; at += 4) {
        const centred = load<f32>(x + at) - near - rest;
        const given = load<f32>(dy + at);
        const slope = given * load<f32>(scale + at) - level;
        store<f32>(dx + at, slope * factor - centred * along);
        store<f32>(block + at, load<f32>(block + at) + given * (centred * factor));
        store<f32>(offsetBlock + at, load<f32>(offsetBlock + at) + given);
      }
      x += line;
      dy += line;
      dx += line;
    }
    addBlock(line, block, scratch);
    addBlock(line, offsetBlock, offsets);
  }
  for (let at: usize = 0; at < line; at += 4) {
    store<f32>(dScale + at, <f32>load<f64>(scratch + 2 * at));
    store<f32>(dOffset + at, <f32>load<f64>(offsets + 2 * at));
  }
}
