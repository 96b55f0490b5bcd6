import { createHash } from 'node:crypto';

/** A keyed stream by the contract of `numerics`, simple: sha256 of key and counter words seeds a 32-bit generator (mulberry32). */
export function stream(seed: number, ...names: (string | number)[]) {
  let state = 0;
  const rekey = (...words: number[]): void => {
    state = createHash('sha256')
      .update(JSON.stringify([seed, names, words]))
      .digest()
      .readUInt32LE(0);
  };
  rekey(0, 0, 0);
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  /** Logarithm of a Gamma(alpha) variate (Marsaglia and Tsang 2000), which does not underflow at small alpha. */
  const logGamma = (alpha: number): number => {
    if (alpha < 1) return logGamma(alpha + 1) + Math.log(1 - uniform()) / alpha;
    const d = alpha - 1 / 3;
    for (;;) {
      const x = normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(1 - uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
    }
  };
  const self = {
    uniform,
    at(a = 0, b = 0, c = 0) {
      rekey(a, b, c);
      return self;
    },
    permutation(out: Uint32Array) {
      for (let i = 0; i < out.length; i++) {
        const j = Math.floor(uniform() * (i + 1));
        out[i] = out[j]!;
        out[j] = i;
      }
      return out;
    },
    fillDirichlet(alpha: number, out: Float64Array) {
      for (let i = 0; i < out.length; i++) out[i] = logGamma(alpha);
      const largest = Math.max(...out);
      let whole = 0;
      for (let i = 0; i < out.length; i++) whole += out[i] = Math.exp(out[i]! - largest);
      for (let i = 0; i < out.length; i++) out[i]! /= whole;
      return out;
    },
  };
  return self;
}
