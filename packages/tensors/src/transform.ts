/** The backend cpu's transform of images returns after the first; the others are left as what fills. One at a time. */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

/** Stands before the kernel of the backend cpu if it is registered. */
export function cureTransform(): void {
  if (!tf.getKernel(tf.Transform, 'cpu')) return;
  replace('transform', tf.Transform, 'cpu', (stock) => (call) => {
    const { image, transforms } = call.inputs as { image: tf.Tensor; transforms: tf.Tensor };
    const count = image.shape[0]!;
    if (count === 1) return stock!.kernelFunc(call);
    const attributes = call.attrs as tf.NamedAttrMap;
    return tf.tidy(() => {
      const each = transforms.shape[0] === 1 ? () => transforms : (i: number) => tf.slice(transforms, [i, 0], [1, 8]);
      const images = Array.from({ length: count }, (_, i) => ({
        image: tf.slice(image, [i, 0, 0, 0], [1, -1, -1, -1]),
        transforms: each(i),
      }));
      return tf.concat(images.map((inputs) => tf.engine().runKernel<tf.Tensor>(tf.Transform, inputs, attributes)));
    });
  });
}
