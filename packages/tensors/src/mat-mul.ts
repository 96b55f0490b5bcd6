/** Matrix products whose batches broadcast against each other, which cpu and webgpu repeat in the wrong order. */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

/** Replaces the kernel on the backends whose kernels are registered. */
export function cureMatMul(): void {
  for (const backendName of ['cpu', 'webgpu']) {
    if (!tf.getKernel(tf.BatchMatMul, backendName)) continue;
    replace('matMul', tf.BatchMatMul, backendName, (stock) => (call) => {
      const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
      const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      const count = tf.util.sizeFromShape(outer);
      const plain = ({ shape }: tf.Tensor) => [1, count].includes(tf.util.sizeFromShape(shape.slice(0, -2)));
      if (plain(a) && plain(b)) return stock!.kernelFunc(call);
      return tf.tidy(() => {
        const [left, right] = [a, b].map((tensor) => tf.broadcastTo(tensor, [...outer, ...tensor.shape.slice(-2)]));
        return tf.engine().runKernel<tf.Tensor>(tf.BatchMatMul, { a: left!, b: right! }, call.attrs as tf.NamedAttrMap);
      });
    });
  }
}
