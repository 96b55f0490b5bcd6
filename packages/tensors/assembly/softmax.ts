/** Softmax cross-entropy of rows: exponentials in float32, sums over a row in float64. */
import { exp1, exp4 } from './exp';
import { both, largest, wide } from './rows';

/**
 * For each row of logits z with its largest taken away: Σ exp z, Σ labels and Σ labels · z, three doubles a row at `sums`.
 * The loss is log(Σ exp z) · Σ labels − Σ labels · z.
 */
export function crossEntropySums(rows: i32, width: i32, labels: usize, z: usize, sums: usize): void {
  for (; rows > 0; rows--) {
    const top = largest(width, z);
    const top4 = f32x4.splat(top);
    let exps = f64x2.splat(0);
    let weights = exps;
    let products = exps;
    let n = width;
    for (; n >= 4; n -= 4) {
      const away = f32x4.sub(v128.load(z), top4);
      const weight = v128.load(labels);
      exps = f64x2.add(exps, wide(exp4(away)));
      weights = f64x2.add(weights, wide(weight));
      products = f64x2.add(products, wide(f32x4.mul(weight, away)));
      z += 16;
      labels += 16;
    }
    let exponentials = both(exps);
    let weight = both(weights);
    let product = both(products);
    for (; n > 0; n--) {
      const away = load<f32>(z) - top;
      exponentials += <f64>exp1(away);
      weight += <f64>load<f32>(labels);
      product += <f64>(load<f32>(labels) * away);
      z += 4;
      labels += 4;
    }
    store<f64>(sums, exponentials);
    store<f64>(sums, weight, 8);
    store<f64>(sums, product, 16);
    sums += 24;
  }
}

/** dz ← dy · (Σ labels · softmax z − labels), row by row. */
export function crossEntropyGradient(rows: i32, width: i32, labels: usize, z: usize, dy: usize, dz: usize): void {
  for (; rows > 0; rows--) {
    const top = largest(width, z);
    const top4 = f32x4.splat(top);
    let exps = f64x2.splat(0);
    let weights = exps;
    let n = width;
    let at: usize = 0;
    for (; n >= 4; n -= 4) {
      const e = exp4(f32x4.sub(v128.load(z + at), top4));
      v128.store(dz + at, e);
      exps = f64x2.add(exps, wide(e));
      weights = f64x2.add(weights, wide(v128.load(labels + at)));
      at += 16;
    }
    let exponentials = both(exps);
    let weight = both(weights);
    for (; n > 0; n--) {
      const e = exp1(load<f32>(z + at) - top);
      store<f32>(dz + at, e);
      exponentials += <f64>e;
      weight += <f64>load<f32>(labels + at);
      at += 4;
    }
    const factor = load<f32>(dy);
    const share = <f32>(weight / exponentials);
    const factor4 = f32x4.splat(factor);
    const share4 = f32x4.splat(share);
    n = width;
    at = 0;
    for (; n >= 4; n -= 4) {
      const slope = f32x4.sub(f32x4.mul(share4, v128.load(dz + at)), v128.load(labels + at));
      v128.store(dz + at, f32x4.mul(factor4, slope));
      at += 16;
    }
    for (; n > 0; n--) {
      store<f32>(dz + at, factor * (share * load<f32>(dz + at) - load<f32>(labels + at)));
      at += 4;
    }
    z += at;
    labels += at;
    dz += at;
    dy += 4;
  }
}
