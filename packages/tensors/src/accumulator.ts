import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { integer, invalid } from '@assay-ml/numerics/check';

/**
 * Float64 sums of many float32 tensors: gradients over a data set, say, or their squares. A float32 sum of n like numbers is
 * off by up to n·6e-8 of itself; this one is as good as its terms.
 */
export class Float64Accumulator {
  /** The sums so far, one array a place. */
  readonly sums: readonly Float64Array[];

  /**
   * Zeros.
   * @param sizes entries of each sum
   */
  constructor(sizes: readonly number[]) {
    this.sums = sizes.map((size, k) => new Float64Array(integer('Float64Accumulator', `sizes[${k}]`, size, 0)));
  }

  /**
   * Adds tensors to the sums at these places, and disposes of them. All are read before any is added, so that a failed read
   * adds nothing.
   * @param places default: the first, the second, …
   * @throws RangeError for a tensor of another size than its sum
   */
  async take(tensors: readonly Tensor[], places: readonly number[] = [...tensors.keys()]): Promise<void> {
    try {
      tensors.forEach(({ size, shape }, k) => {
        const sum = this.sums[places[k]!];
        if (sum?.length === size) return;
        const allowed = sum ? `of ${sum.length} entries` : `of a sum's size, and there are ${this.sums.length} sums`;
        throw invalid(
          'Float64Accumulator.take',
          `tensors[${k}]`,
          shape,
          allowed,
          'Use one accumulator for each model.',
        );
      });
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      values.forEach((value, k) => {
        const sum = this.sums[places[k]!]!;
        for (let i = 0; i < value.length; i++) sum[i]! += value[i]!;
      });
    } finally {
      tf.dispose([...tensors]);
    }
  }

  /**
   * The sums divided by a number of terms.
   * @throws RangeError unless it is a positive integer
   */
  mean(count: number): Float64Array[] {
    integer('Float64Accumulator.mean', 'count', count, 1, 'Add something first.');
    return this.sums.map((sum) => sum.map((value) => value / count));
  }
}
