const ADAM: i32 = 1;
const SGD: i32 = 2;
const DELAY: i32 = 4;
const CLIP_DIRECTION: i32 = 8;
const CLIP_ACCUMULATOR: i32 = 16;

/**
 * One step of `runs` runs (an even number) in d dimensions, one b a run. All pointers are to [d][runs], but `acc` [runs].
 * @param grad exact gradients; may be x
 * @param noise added to them
 * @param m momenta; 0 where there is none
 * @param acc b²
 * @param gamma γ_t, bias correction included
 * @param level L_t, read where something is clipped
 */
export function advance(
  runs: i32, d: i32, flags: i32, grad: usize, noise: usize, x: usize, m: usize, acc: usize,
  gamma: f64, level: f64, beta1: f64, beta2: f64, eta: f64, eps: f64,
): void {
  const keep = flags & ADAM ? beta2 : 1.0;
  const weight = flags & ADAM ? (1.0 - beta2) * eta : eta;
  const both = CLIP_DIRECTION | CLIP_ACCUMULATOR;
  const clip = flags & both;
  if (d === 1 && m === 0 && !(flags & SGD) && (clip === 0 || clip === both)) {
    // The four loops of the paper's quadratic: all that is decided is decided outside of them.
    if (clip) {
      if (flags & DELAY) line(runs, true, true, grad, noise, x, acc, gamma, level, keep, weight, eps);
      else line(runs, true, false, grad, noise, x, acc, gamma, level, keep, weight, eps);
    } else if (flags & DELAY) line(runs, false, true, grad, noise, x, acc, gamma, level, keep, weight, eps);
    else line(runs, false, false, grad, noise, x, acc, gamma, level, keep, weight, eps);
    return;
  }
  const row = (<usize>runs) << 3;
  const one = f64x2.splat(1);
  for (let r: usize = 0; r < row; r += 16) {
    let square = f64x2.splat(0);
    for (let j = 0, at = r; j < d; j++, at += row) {
      const g = gradient(grad, noise, at);
      square = f64x2.add(square, f64x2.mul(g, g));
    }
    // All bits set where the gradient is finite; elsewhere nothing moves.
    const finite = f64x2.eq(f64x2.sub(square, square), f64x2.splat(0));
    const factor = clip ? clipFactor(square, level) : one;
    let step = f64x2.splat(gamma);
    if (!(flags & SGD)) {
      const old = v128.load(acc + r);
      const entering = flags & CLIP_ACCUMULATOR ? f64x2.mul(f64x2.mul(factor, factor), square) : square;
      const renewed = renew(old, entering, keep, weight);
      step = f64x2.div(step, denominator(flags & DELAY ? old : renewed, eps));
      v128.store(acc + r, v128.bitselect(renewed, old, finite));
    }
    const scale = flags & CLIP_DIRECTION ? factor : one;
    for (let j = 0, at = r; j < d; j++, at += row) {
      let direction = f64x2.mul(scale, gradient(grad, noise, at));
      if (m !== 0) {
        const before = v128.load(m + at);
        direction = f64x2.add(f64x2.mul(f64x2.splat(beta1), before), f64x2.mul(f64x2.splat(1.0 - beta1), direction));
        v128.store(m + at, v128.bitselect(direction, before, finite));
      }
      const old = v128.load(x + at);
      v128.store(x + at, v128.bitselect(f64x2.sub(old, f64x2.mul(step, direction)), old, finite));
    }
  }
}

// @ts-ignore: decorator
@inline function gradient(grad: usize, noise: usize, at: usize): v128 {
  return f64x2.add(v128.load(grad + at), v128.load(noise + at));
}

/** min(1, L/‖g‖): pmin(a, b) is b < a ? b : a. */
// @ts-ignore: decorator
@inline function clipFactor(square: v128, level: f64): v128 {
  return f64x2.pmin(f64x2.splat(1), f64x2.div(f64x2.splat(level), f64x2.sqrt(square)));
}

// @ts-ignore: decorator
@inline function renew(old: v128, entering: v128, keep: f64, weight: f64): v128 {
  return f64x2.add(f64x2.mul(f64x2.splat(keep), old), f64x2.mul(f64x2.splat(weight), entering));
}

/** b + ε. A b² that has decayed to nothing counts as the smallest normal number: 0/0 moves nothing. */
// @ts-ignore: decorator
@inline function denominator(square: v128, eps: f64): v128 {
  return f64x2.add(f64x2.sqrt(f64x2.pmax(square, f64x2.splat(2.2250738585072014e-308))), f64x2.splat(eps));
}

/** `advance` in one dimension without momentum. Clipping a norm is clamping there, which saves a division. */
// @ts-ignore: decorator
@inline function line(
  runs: i32, clip: bool, delay: bool, grad: usize, noise: usize, x: usize, acc: usize,
  gamma: f64, level: f64, keep: f64, weight: f64, eps: f64,
): void {
  for (let at: usize = 0, end = (<usize>runs) << 3; at < end; at += 16) {
    let g = gradient(grad, noise, at);
    const square = f64x2.mul(g, g);
    let entering = square;
    if (clip) {
      g = f64x2.pmax(f64x2.splat(-level), f64x2.pmin(f64x2.splat(level), g));
      entering = f64x2.mul(g, g);
    }
    const old = v128.load(acc + at);
    const renewed = renew(old, entering, keep, weight);
    const step = f64x2.div(f64x2.splat(gamma), denominator(delay ? old : renewed, eps));
    const from = v128.load(x + at);
    const to = f64x2.sub(from, f64x2.mul(step, g));
    if (!v128.any_true(f64x2.sub(square, square))) {
      v128.store(acc + at, renewed);
      v128.store(x + at, to);
    } else {
      const finite = f64x2.eq(f64x2.sub(square, square), f64x2.splat(0));
      v128.store(acc + at, v128.bitselect(renewed, old, finite));
      v128.store(x + at, v128.bitselect(to, from, finite));
    }
  }
}
