import * as tf from '@tensorflow/tfjs-core';
import { type Attributes, run } from './run.js';

/**
 * Resizing is linear in each column and each row of pixels, by matrices that the kernel itself gives for unit images. The
 * stock gradients know nothing of half-pixel centres, and never end where a side of one pixel has its corners aligned.
 */
function resize(kernelName: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['images'],
    gradFunc: (dys, [images], attributes) => {
      const dy = dys as tf.Tensor;
      const [batch, height, width, depth] = images!.shape as [number, number, number, number];
      const [newHeight, newWidth] = dy.shape.slice(1) as [number, number];
      /** [from, to] along one side. */
      const matrix = (from: number, to: number) => {
        const unit = tf.reshape(tf.eye(from), [1, from, 1, from]);
        const given = { ...(attributes as unknown as Attributes), size: [to, 1] };
        return tf.transpose(tf.reshape(tf.cast(run(kernelName, { images: unit }, given), 'float32'), [to, from]));
      };
      return {
        images: () => {
          const rows = tf.matMul(
            matrix(height, newHeight),
            tf.reshape(tf.transpose(dy, [1, 0, 2, 3]), [newHeight, -1]),
          );
          const byColumn = tf.transpose(tf.reshape(rows, [height, batch, newWidth, depth]), [2, 1, 0, 3]);
          const columns = tf.matMul(matrix(width, newWidth), tf.reshape(byColumn, [newWidth, -1]));
          return tf.transpose(tf.reshape(columns, [width, batch, height, depth]), [1, 2, 0, 3]);
        },
      };
    },
  };
}

/** Of both ways. */
export const resizes = [resize(tf.ResizeBilinear), resize(tf.ResizeNearestNeighbor)];
