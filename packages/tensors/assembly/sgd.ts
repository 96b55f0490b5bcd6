/**
 * One step of SGD: d = mask · gradient + decay · θ, v = momentum · velocity + d, θ' = mask · (θ − rate · v). No mask is 0; a
 * decay or momentum of 0 leaves its term out. Each operation rounds as it does by itself.
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
    let v = v128.load(gradient + at);
    if (mask !== 0) v = f32x4.mul(v128.load(mask + at), v);
    if (decay !== 0) v = f32x4.add(v, f32x4.mul(decays, before));
    if (momentum !== 0) v = f32x4.add(f32x4.mul(momenta, v128.load(velocity + at)), v);
    let after = f32x4.sub(before, f32x4.mul(rates, v));
    if (mask !== 0) after = f32x4.mul(v128.load(mask + at), after);
    v128.store(outVelocity + at, v);
    v128.store(outTheta + at, after);
  }
  for (; at < bytes; at += 4) {
    const before = load<f32>(theta + at);
    let v = load<f32>(gradient + at);
    if (mask !== 0) v = load<f32>(mask + at) * v;
    if (decay !== 0) v += decay * before;
    if (momentum !== 0) v = momentum * load<f32>(velocity + at) + v;
    let after = before - rate * v;
    if (mask !== 0) after = load<f32>(mask + at) * after;
    store<f32>(outVelocity + at, v);
    store<f32>(outTheta + at, after);
  }
}
