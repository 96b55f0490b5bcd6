/** The legacy generator of NumPy, so that the quartics are those of the authors and f* agrees to the last digits. */

/**
 * `count` numbers uniform in [−10, 10): MT19937 seeded by Knuth's initialiser with `seed`, 53 bits a number.
 * @param seed an integer from 0 to 2³² − 1
 */
export function numpyUniform(seed: number, count: number): Float64Array {
  const words = mersenneTwister(seed);
  return Float64Array.from({ length: count }, () => {
    const high = words() >>> 5;
    const low = words() >>> 6;
    return -10 + (20 * (high * 67108864 + low)) / 9007199254740992;
  });
}

const LENGTH = 624;

function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(LENGTH);
  state[0] = seed;
  for (let i = 1; i < LENGTH; i++) {
    const before = state[i - 1]! ^ (state[i - 1]! >>> 30);
    state[i] = Math.imul(1812433253, before) + i;
  }
  let at = LENGTH;
  return () => {
    if (at === LENGTH) {
      for (let i = 0; i < LENGTH; i++) {
        const y = (state[i]! & 0x80000000) | (state[(i + 1) % LENGTH]! & 0x7fffffff);
        state[i] = state[(i + 397) % LENGTH]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let y = state[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}
