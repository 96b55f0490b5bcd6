/** Inverses of any size. */
import { allocate, invert } from '@assay-ml/numerics';

/** Rows up to which `invert` takes matrices that are not in kernel memory. */
const COPIED = 362;

/**
 * Inverts in place, by way of kernel memory, where alone large matrices can be.
 * @returns log |det M|
 */
export function invertInPlace(d: number, M: Float64Array): number {
  if (d <= COPIED) return invert(d, M);
  const block = allocate(d * d);
  try {
    block.array.set(M);
    const logDeterminant = invert(d, block.array);
    M.set(block.array);
    return logDeterminant;
  } finally {
    block.free();
  }
}
