/** First-order gradients of pooling against differences, on every backend. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';
import { backendsPresent, distance, values } from './compare.js';

describe.each(await backendsPresent())('the gradient of average pooling on %s', (backend) => {
  test('divides by the pixels of a window that lie in the image', async () => {
    await useBackend(backend);
    const x = tf.ones([1, 3, 3, 1]) as tf.Tensor4D;
    const gradient = tf.grad((v) => tf.sum(tf.avgPool(v as tf.Tensor4D, 2, 2, 'same')))(x);
    expect([...(await gradient.data())]).toEqual([0.25, 0.25, 0.5, 0.25, 0.25, 0.5, 0.5, 0.5, 1]);
  });

  test.each([
    [2, 1, 'same'],
    [3, 2, 'same'],
    [3, 1, 'valid'],
    [[2, 3], [2, 1], 'same'],
    [3, 2, 1],
  ] as [number, number, 'same'][])(
    'window %j, stride %j, %s: adjoint to the forward pass',
    async (size, stride, pad) => {
      if (backend === 'tensorflow' && typeof pad === 'number') return; // tfjs-node pools without explicit padding only
      await useBackend(backend);
      const x = values('x', [2, 6, 5, 5]) as tf.Tensor4D;
      const y = tf.avgPool(x, size, stride, pad);
      const dy = values('dy', y.shape);
      const dx = tf.grad((v) => tf.sum(tf.mul(tf.avgPool(v as tf.Tensor4D, size, stride, pad), dy)))(x);
      // Pooling is linear: ⟨dy, pool x⟩ = ⟨dx, x⟩.
      const [left, right] = await Promise.all(
        [tf.sum(tf.mul(dy, y)), tf.sum(tf.mul(dx, x))].map((tensor) => tensor.data()),
      );
      expect(distance(right!, left!)).toBeLessThan(1e-5);
    },
  );
});
