import * as tf from '@tensorflow/tfjs-core';

/**
 * Sums of dy by index, over the batches in one go. The stock gradient calls methods that tensors do not have with tfjs-core
 * alone, and knows one batch axis at most.
 */
export const gather: tf.GradConfig = {
  kernelName: tf.GatherV2,
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attributes) => {
    const [x, indices] = saved as [tf.Tensor, tf.Tensor];
    const { axis, batchDims = 0 } = attributes as unknown as { axis: number; batchDims?: number };
    const [at] = tf.util.parseAxisParam(axis, x.shape) as [number];
    const batch = tf.util.sizeFromShape(x.shape.slice(0, batchDims));
    const outer = tf.util.sizeFromShape(x.shape.slice(batchDims, at));
    const inner = tf.util.sizeFromShape(x.shape.slice(at + 1));
    const side = x.shape[at]!;
    const count = tf.util.sizeFromShape(indices.shape.slice(batchDims));
    return {
      x: () => {
        // Each batch has numbers of its own.
        const first = tf.mul(tf.range(0, batch, 1, 'int32'), tf.scalar(side, 'int32'));
        const ids = tf.reshape(tf.add(tf.reshape(indices, [batch, count]), tf.expandDims(first, 1)), [-1]);
        const rows = tf.transpose(tf.reshape(dy as tf.Tensor, [batch, outer, count, inner]), [0, 2, 1, 3]);
        const sums = tf.unsortedSegmentSum(
          tf.reshape(rows, [batch * count, outer, inner]),
          ids as tf.Tensor1D,
          batch * side,
        );
        return tf.reshape(tf.transpose(tf.reshape(sums, [batch, side, outer, inner]), [0, 2, 1, 3]), x.shape);
      },
    };
  },
};
