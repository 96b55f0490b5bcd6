/**
 * Random pruning: the floor under every criterion.
 *
 *     s_i ~ uniform(0, 1)
 */
import { stream } from '@assay-ml/numerics';

/**
 * Independent uniform scores. Each parameter has its own stream, keyed by seed and name.
 * @param count number of weights
 */
export function random(count: number, seed: number, name: string): Float32Array {
  return Float32Array.from(stream(seed, 'random pruning', name).fillUniform(new Float64Array(count)));
}
