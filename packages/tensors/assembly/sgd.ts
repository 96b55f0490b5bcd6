/**
 * One step of SGD: d = gradient + decay · θ, v = momentum · velocity + d, θ' = θ − rate · v. Where the mask is 0 the
 * gradient and θ' are 0, whatever they would be. No mask is address 0; a decay or momentum of 0 leaves its term out. Each
 * operation rounds as it does by itself.
 */
export function sgd(
  n: i32, theta: usize, velocity: usize, gradient: usize, mask: usize, rate: f32, momentum: f32, decay: f32,
  outTheta: usize, outVelocity: usize,
): void {
  const bytes = (<usize>n) << 2;
  const rates = f32x4.splat(rate);
  const momenta = f32x4.splat(momentum);
  const decays = f32x4.splat(decay);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const before = v128.load(theta + at);
    let kept = i32x4.splat(-1);
    if (mask !== 0) kept = f32x4.ne(v128.load(mask + at), f32x4.splat(0));
    let v = v128.and(v128.load(gradient + at), kept);
    if (decay !== 0) v = f32x4.add(v, f32x4.mul(decays, before));
    if (momentum !== 0) v = f32x4.add(f32x4.mul(momenta, v128.load(velocity + at)), v);
    v128.store(outVelocity + at, v);
    v128.store(outTheta + at, v128.and(f32x4.sub(before, f32x4.mul(rates, v)), kept));
  }
  for (; at < bytes; at += 4) {
    const before = load<f32>(theta + at);
    let v = load<f32>(gradient + at);
    if (mask !== 0 && load<f32>(mask + at) === 0) v = 0;
    if (decay !== 0) v += decay * before;
    if (momentum !== 0) v = momentum * load<f32>(velocity + at) + v;
    let after = before - rate * v;
    if (mask !== 0 && load<f32>(mask + at) === 0) after = 0;
    store<f32>(outVelocity + at, v);
    store<f32>(outTheta + at, after);
  }
}
