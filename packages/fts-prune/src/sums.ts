import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Float64 sums of float32 tensors, which are read and disposed of. */
export class Sums {
  readonly sums: Float64Array[];

  /** Zeros. */
  constructor(sizes: readonly number[]) {
    this.sums = sizes.map((size) => new Float64Array(size));
  }

  /** Adds tensors to the sums at these places, and disposes of them. */
  async add(tensors: readonly Tensor[], places: readonly number[]): Promise<void> {
    const values = await Promise.all(tensors.map((tensor) => tensor.data()));
    tf.dispose([...tensors]);
    values.forEach((value, k) => {
      const sum = this.sums[places[k]!]!;
      for (let i = 0; i < value.length; i++) sum[i]! += value[i]!;
    });
  }

  /** The sums divided by a count. */
  over(count: number): Float64Array[] {
    for (const sum of this.sums) for (let i = 0; i < sum.length; i++) sum[i]! /= count;
    return this.sums;
  }
}
