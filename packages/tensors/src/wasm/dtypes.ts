/** Stock kernels of wasm that read or name numbers of one type as those of another, or lose a shape. */
import * as tf from '@tensorflow/tfjs-core';
import type { PartialKernel } from './heap.js';

/** A number is true where it is not 0; the stock kernel keeps its last byte. */
export const cast: PartialKernel = ({ inputs, attrs }) => {
  const x = inputs['x'] as tf.Tensor;
  if ((attrs as unknown as { dtype: string }).dtype !== 'bool' || x.dtype === 'bool' || x.dtype === 'string')
    return undefined;
  return tf.notEqual(x, tf.scalar(0, x.dtype as 'int32'));
};

/** Whole numbers are clipped as floats; the stock kernel reads their bits so. */
export const clip: PartialKernel = ({ inputs, attrs }) => {
  const x = inputs['x'] as tf.Tensor;
  if (x.dtype === 'float32') return undefined;
  const { clipValueMin, clipValueMax } = attrs as unknown as { clipValueMin: number; clipValueMax: number };
  return tf.tidy(() => tf.cast(tf.clipByValue(tf.cast(x, 'float32'), clipValueMin, clipValueMax), x.dtype));
};

/** Both operands as float32 and of one shape; the stock kernel does not broadcast. */
export const prelu: PartialKernel = ({ inputs }) => {
  const { x, alpha } = inputs as { x: tf.Tensor; alpha: tf.Tensor };
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, alpha.shape);
  const whole = (tensor: tf.Tensor) => tf.util.arraysEqual(tensor.shape, shape) && tensor.dtype === 'float32';
  if (whole(x) && (whole(alpha) || alpha.size === 1)) return undefined;
  return tf.tidy(() => {
    const [a, b] = [x, alpha].map((tensor) => tf.broadcastTo(tf.cast(tensor, 'float32'), shape)) as [
      tf.Tensor,
      tf.Tensor,
    ];
    return tf.sub(tf.relu(a), tf.mul(b, tf.relu(tf.neg(a))));
  });
};

/** Slices of whole numbers keep their type; the stock kernel calls them float32. */
export const stridedSlice: PartialKernel = ({ inputs, attrs }) => {
  const x = inputs['x'] as tf.Tensor;
  if (x.dtype === 'float32') return undefined;
  const run = (part: tf.Tensor) =>
    tf.engine().runKernel<tf.Tensor>(tf.StridedSlice, { x: part }, attrs as tf.NamedAttrMap);
  if (x.dtype !== 'int32') {
    throw new Error(
      `stridedSlice: the numbers are ${x.dtype}; must be float32 or int32 on wasm. Cast them with tf.cast.`,
    );
  }
  // In halves of 16 bits, which float32 holds.
  return tf.tidy(() => {
    const high = tf.floorDiv(x, tf.scalar(65536, 'int32'));
    const low = tf.sub(x, tf.mul(high, tf.scalar(65536, 'int32')));
    const [upper, lower] = [high, low].map((half) => tf.cast(run(tf.cast(half, 'float32')), 'int32')) as [
      tf.Tensor,
      tf.Tensor,
    ];
    return tf.add(tf.mul(upper, tf.scalar(65536, 'int32')), lower);
  });
};

/** Batches are told apart by their numbers; the stock kernel reads elsewhere. Of nothing it loses the shape. */
export const gather: PartialKernel = ({ inputs, attrs }) => {
  const { x, indices } = inputs as { x: tf.Tensor; indices: tf.Tensor };
  const { axis, batchDims = 0 } = attrs as unknown as { axis: number; batchDims?: number };
  const [at] = tf.util.parseAxisParam(axis, x.shape) as [number];
  const shape = [...x.shape.slice(0, at), ...indices.shape.slice(batchDims), ...x.shape.slice(at + 1)];
  if (tf.util.sizeFromShape(shape) === 0) return tf.tensor([], shape, x.dtype);
  if (batchDims === 0) return undefined;
  const side = x.shape[at]!;
  const [batch, outer, inner] = [x.shape.slice(0, batchDims), x.shape.slice(batchDims, at), x.shape.slice(at + 1)].map(
    (sides) => tf.util.sizeFromShape(sides),
  ) as [number, number, number];
  return tf.tidy(() => {
    const first = tf.expandDims(tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(side, 'int32')), 1);
    const ids = tf.add(tf.reshape(indices, [batch, -1]), first);
    const rows = tf.transpose(tf.reshape(x, [batch, outer, side, inner]), [0, 2, 1, 3]);
    const taken = tf.gather(tf.reshape(rows, [batch * side, outer, inner]), ids);
    return tf.reshape(tf.transpose(taken, [0, 2, 1, 3]), shape);
  });
};
