import type { Tensor } from '@tensorflow/tfjs-core';

/** Labelled examples as tensors, [B, …] both. */
export interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
