import * as tf from '@tensorflow/tfjs-core';

/** Equal extrema share dy equally, so that its sum is kept; the stock gradient gives all of it to each of them. */
function shared(kernelName: string, axesOf: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes) => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor];
      const axes = tf.util.parseAxisParam(attributes[axesOf] as unknown as number | number[], x.shape);
      const kept = tf.backend_util.expandShapeToKeepDim(
        x.shape.filter((_, d) => !axes.includes(d)),
        axes,
      );
      return {
        x: () => {
          const reached = tf.cast(tf.equal(x, tf.reshape(y, kept)), 'float32');
          return tf.mul(tf.div(tf.reshape(dy as tf.Tensor, kept), tf.sum(reached, axes, true)), reached);
        },
      };
    },
  };
}

/** Of the largest numbers along axes. */
export const max = shared(tf.Max, 'reductionIndices');

/** Of the smallest. */
export const min = shared(tf.Min, 'axis');
