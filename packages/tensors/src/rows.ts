/** Checks of tensors whose rows lie along the last axis. */
import type * as tf from '@tensorflow/tfjs-core';
import { requireKeys } from '@assay-ml/numerics/check';

/** @throws TypeError unless it is a tensor. */
export function requireTensor(where: string, name: string, value: unknown): void {
  requireKeys(where, name, value, ['dataId', 'shape', 'dtype'], 'tf.tensor() makes a tensor of an array.');
}

/** @throws TypeError for what is no tensor; RangeError unless the numbers are float32. */
export function requireFloat32(where: string, tensors: Readonly<Record<string, tf.Tensor>>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    requireTensor(where, name, tensor);
    const { dtype } = tensor;
    if (dtype !== 'float32') {
      throw new RangeError(`${where}: '${name}' is ${dtype}; must be float32. Cast it with tf.cast.`);
    }
  }
}

/** @throws RangeError unless there is a last axis and something along it. */
export function requireRows(where: string, name: string, { shape }: tf.Tensor): void {
  if (shape.length === 0 || shape.at(-1) === 0) {
    throw new RangeError(
      `${where}: '${name}' has shape [${shape}]; must have at least one axis, and a number along the last. Put the numbers of a row there.`,
    );
  }
}

/** @throws RangeError unless each vector has one number for each place of a row of x. */
export function requireVectors(where: string, x: tf.Tensor, vectors: Readonly<Record<string, tf.Tensor>>): void {
  const width = x.shape.at(-1)!;
  for (const [name, { shape }] of Object.entries(vectors)) {
    if (shape.length !== 1 || shape[0] !== width) {
      throw new RangeError(
        `${where}: '${name}' has shape [${shape}]; must be [${width}], one number for each place along the last axis of x.`,
      );
    }
  }
}

/** All axes but the last. */
export const outerAxes = (x: tf.Tensor): number[] => x.shape.slice(0, -1).map((_, axis) => axis);
