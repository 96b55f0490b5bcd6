import type { Kept, Numbers } from '../method.js';

/** How moments are kept from step to step in fewer bits. A step reads them, computes in the weights' precision and writes again. */
export interface Precision {
  readonly name: 'bf16' | 'int8';
  /** Arrays a moment takes. */
  readonly arrays: number;
  /** Bytes of n numbers. */
  bytes(n: number): number;
  /** Arrays that keep n zeros. */
  zeros(n: number): Kept[];
  /**
   * Writes numbers, each to one of its two neighbours, up as often as it lies near the upper: right in the mean, so that changes
   * smaller than a step of the code are not lost.
   * @param nonNegative second moments; those that are not 0 stay so
   * @param uniform a number in (0, 1) for each
   */
  write(values: Numbers, nonNegative: boolean, uniform: Float64Array, into: readonly Kept[]): void;
  read(from: readonly Kept[], nonNegative: boolean, out: Numbers): void;
}
