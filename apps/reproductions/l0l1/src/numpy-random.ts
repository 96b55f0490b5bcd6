/** The legacy generator of NumPy, so that the quartics are those of the authors and f* agrees to the last digits. */
import { mersenneTwister } from '@assay-ml/numerics';

/**
 * `count` numbers of `RandomState(seed).uniform(-10, 10)`.
 * @param seed an integer from 0 to 2³² − 1
 */
export function numpyUniform(seed: number, count: number): Float64Array {
  const uniform = mersenneTwister(seed);
  return Float64Array.from({ length: count }, () => -10 + 20 * uniform());
}
