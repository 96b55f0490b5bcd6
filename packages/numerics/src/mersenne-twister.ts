/**
 * MT19937 as NumPy's `RandomState(seed)` starts and reads it, to draw what published code drew. New work takes `stream`: these numbers
 * depend on all that was drawn before.
 */
import { invalid } from './check.js';

const LENGTH = 624;

/**
 * The sequence of `numpy.random.RandomState(seed).random_sample()`: MT19937, Knuth's initialiser, 53 bits a number.
 * @param seed an integer from 0 to 2³² − 1
 * @returns each call gives the next number in [0, 1)
 * @throws RangeError for another seed
 */
export function mersenneTwister(seed: number): () => number {
  if (!(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw invalid('mersenneTwister', 'seed', seed, 'an integer from 0 to 2³² − 1');
  }
  const next = words(seed);
  return () => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
}

function words(seed: number): () => number {
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
