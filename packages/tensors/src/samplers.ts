/** Tensors of keyed random numbers: the same (seed, names, counter) gives the same numbers on every backend. Seed 0 counts. */
import type { Stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { requireList } from '@assay-ml/numerics/check';

function sizeOf(name: string, shape: readonly number[]): number {
  requireList(name, 'shape', shape, 'Give one number a side.');
  for (const side of shape) {
    if (!Number.isInteger(side) || side < 0) {
      throw new RangeError(`${name}: 'shape' is [${shape}]; must be of integers from 0 on. Give one number a side.`);
    }
  }
  return shape.reduce((size, side) => size * side, 1);
}

function finite(name: string, option: string, value: number, above = -Infinity): void {
  if (!Number.isFinite(value) || value < above) {
    const allowed = above === -Infinity ? 'a finite number' : `a finite number of at least ${above}`;
    throw new RangeError(`${name}: '${option}' is ${value}; must be ${allowed}. Leave it out for the default.`);
  }
}

function tensorOf(values: Float64Array | Float32Array, shape: readonly number[]): tf.Tensor {
  return tf.tensor(Float32Array.from(values), [...shape], 'float32');
}

/**
 * Uniform numbers in [low, high), rounded to float32 (which can round up to high).
 * @param stream takes the next numbers of it, one each
 * @param low default 0
 * @param high default 1; at least low
 * @throws RangeError for sides that are no integers from 0 on, or bounds that are not finite or out of order
 */
export function uniform(stream: Stream, shape: readonly number[], low = 0, high = 1): tf.Tensor {
  const values = new Float64Array(sizeOf('uniform', shape));
  finite('uniform', 'low', low);
  finite('uniform', 'high', high, low);
  stream.fillUniform(values);
  for (let i = 0; i < values.length; i++) values[i] = low + (high - low) * values[i]!;
  return tensorOf(values, shape);
}

/**
 * Normal numbers.
 * @param stream takes the next numbers of it, one each
 * @param mean default 0
 * @param deviation standard deviation, default 1; at least 0
 * @throws RangeError for sides that are no integers from 0 on, or another mean or deviation
 */
export function normal(stream: Stream, shape: readonly number[], mean = 0, deviation = 1): tf.Tensor {
  const values = new Float64Array(sizeOf('normal', shape));
  finite('normal', 'mean', mean);
  finite('normal', 'deviation', deviation, 0);
  stream.fillNormal(values);
  for (let i = 0; i < values.length; i++) values[i] = mean + deviation * values[i]!;
  return tensorOf(values, shape);
}

/**
 * Normal numbers, drawn again where they lie more than two standard deviations from the mean.
 * @param stream takes the next numbers of it, 1.05 each on average
 * @param mean default 0
 * @param deviation standard deviation before truncation, default 1; at least 0
 * @throws RangeError for sides that are no integers from 0 on, or another mean or deviation
 */
export function truncatedNormal(stream: Stream, shape: readonly number[], mean = 0, deviation = 1): tf.Tensor {
  const values = new Float64Array(sizeOf('truncatedNormal', shape));
  finite('truncatedNormal', 'mean', mean);
  finite('truncatedNormal', 'deviation', deviation, 0);
  for (let i = 0; i < values.length; i++) {
    let z;
    do z = stream.normal();
    while (Math.abs(z) > 2);
    values[i] = mean + deviation * z;
  }
  return tensorOf(values, shape);
}

/**
 * Signs: −1 or 1, equally likely.
 * @param stream takes the next numbers of it, one each
 * @throws RangeError for sides that are no integers from 0 on
 */
export function rademacher(stream: Stream, shape: readonly number[]): tf.Tensor {
  const values = stream.fillUniform(new Float64Array(sizeOf('rademacher', shape)));
  for (let i = 0; i < values.length; i++) values[i] = values[i]! < 0.5 ? -1 : 1;
  return tensorOf(values, shape);
}
