/** Cross-entropy of softmax from class numbers, which lie in [0, width): exponentials in float32, sums over a row in float64. */
import { exp1, exp4 } from './exp';
import { both, largest, wide } from './rows';

/**
 * For each row of logits z with its largest taken away: Σ exp z and z of the row's class, two doubles a row at `sums`. The loss
 * is log(Σ exp z) − z of the class.
 */
export function classEntropySums(rows: i32, width: i32, classes: usize, z: usize, sums: usize): void {
  const line = (<usize>width) << 2;
  for (; rows > 0; rows--) {
    const top = largest(width, z);
    const top4 = f32x4.splat(top);
    let exps = f64x2.splat(0);
    let n = width;
    let at = z;
    for (; n >= 4; n -= 4) {
      exps = f64x2.add(exps, wide(exp4(f32x4.sub(v128.load(at), top4))));
      at += 16;
    }
    let exponentials = both(exps);
    for (; n > 0; n--) {
      exponentials += <f64>exp1(load<f32>(at) - top);
      at += 4;
    }
    store<f64>(sums, exponentials);
    store<f64>(sums, <f64>(load<f32>(z + ((<usize>load<i32>(classes)) << 2)) - top), 8);
    z += line;
    classes += 4;
    sums += 16;
  }
}

/** dz ← dy · (softmax z − 1 at the class), row by row. */
export function classEntropyGradient(rows: i32, width: i32, classes: usize, z: usize, dy: usize, dz: usize): void {
  const line = (<usize>width) << 2;
  for (; rows > 0; rows--) {
    const top = largest(width, z);
    const top4 = f32x4.splat(top);
    let exps = f64x2.splat(0);
    let at: usize = 0;
    for (; at + 16 <= line; at += 16) {
      const e = exp4(f32x4.sub(v128.load(z + at), top4));
      v128.store(dz + at, e);
      exps = f64x2.add(exps, wide(e));
    }
    let exponentials = both(exps);
    for (; at < line; at += 4) {
      const e = exp1(load<f32>(z + at) - top);
      store<f32>(dz + at, e);
      exponentials += <f64>e;
    }
    const factor = load<f32>(dy);
    const own = dz + ((<usize>load<i32>(classes)) << 2);
    const slope = factor * (<f32>(<f64>load<f32>(own) / exponentials) - 1);
    const share = <f32>(<f64>factor / exponentials);
    const share4 = f32x4.splat(share);
    for (at = 0; at + 16 <= line; at += 16) v128.store(dz + at, f32x4.mul(share4, v128.load(dz + at)));
    for (; at < line; at += 4) store<f32>(dz + at, share * load<f32>(dz + at));
    store<f32>(own, slope);
    z += line;
    dz += line;
    dy += 4;
    classes += 4;
  }
}
