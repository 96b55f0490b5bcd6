/**
 * Attributes that a schema leaves out are drawn. CityLearn restarts its generator at every draw, so one uniform u sets all of a
 * device's: U(a, b) = a + (b − a)·u, u being the first double of MT19937 with this seed.
 */
import { md5 } from 'js-md5';

/**
 * The seed of a device: the first nine digits of (random_seed + 1)·Σ of the running md5 of its names, as integers.
 * @param names building, building type, device, device type
 */
export function deviceSeed(randomSeed: number, names: readonly string[]): number {
  const sum = names.reduce((total, _, k) => total + BigInt(`0x${md5(names.slice(0, k + 1).join(''))}`), 0n);
  return Number((sum * BigInt(randomSeed + 1)).toString().slice(0, 9));
}
