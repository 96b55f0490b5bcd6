import * as tf from '@tensorflow/tfjs-core';

/** For each number of the last axis the product of the others. */
function productOfOthers(x: tf.Tensor): tf.Tensor {
  const side = x.shape.at(-1)!;
  if (!tf.engine().isTapeOn()) {
    return tf.mul(tf.cumprod(x, x.rank - 1, true, false), tf.cumprod(x, x.rank - 1, true, true));
  }
  // cumprod has no gradient: each product by itself, of a row whose own number is 1.
  const eye = tf.eye(side);
  return tf.prod(tf.add(tf.mul(tf.expandDims(x, -2), tf.sub(1, eye)), eye), -1);
}

/** The stock gradient calls methods that tensors do not have with tfjs-core alone, and cannot be differentiated again. */
export const prod: tf.GradConfig = {
  kernelName: tf.Prod,
  inputsToSave: ['x'],
  gradFunc: (dy, [saved], attributes) => {
    const x = saved!;
    const given = attributes['axis'] as unknown as number | number[] | null | undefined;
    const all = tf.util.parseAxisParam(given ?? [...x.shape.keys()], x.shape);
    const kept = x.shape.map((_, d) => d).filter((d) => !all.includes(d));
    const order = [...kept, ...all];
    return {
      x: () => {
        const arranged = tf.transpose(x, order);
        const outer = kept.map((d) => x.shape[d]!);
        const others = productOfOthers(
          tf.reshape(arranged, [...outer, tf.util.sizeFromShape(all.map((d) => x.shape[d]!))]),
        );
        const product = tf.mul(others, tf.reshape(dy as tf.Tensor, [...outer, 1]));
        return tf.transpose(tf.reshape(product, arranged.shape), tf.backend_util.getUndoAxesPermutation(order));
      },
    };
  },
};
