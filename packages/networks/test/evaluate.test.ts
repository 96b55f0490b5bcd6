import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { evaluate, initialise, mlp, updateStatistics, vggMini } from '../src/index.js';
import { BACKENDS, blobs, useBackend } from './setup.js';

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('counts hits and averages losses, whatever the batches', async () => {
    // Logits are the inputs themselves.
    const net = mlp({ inputs: 3, hidden: [], classes: 3 });
    const weights = { parameters: [tf.eye(3), tf.zeros([3])], buffers: [] };
    const x = Float32Array.of(2, 0, 1, 0, 5, 0, 1, 3, 2, 0, 0, 4, -1, -2, -3);
    const y = Int32Array.of(0, 1, 0, 2, 2); // right, right, wrong, right, wrong
    const loss = [0, 1, 2, 3, 4].reduce((sum, i) => {
      const z = x.subarray(3 * i, 3 * i + 3);
      return sum + (Math.log(z.reduce((total, v) => total + Math.exp(v), 0)) - z[y[i]!]!) / 5;
    }, 0);
    for (const batchSize of [1, 2, 5, 256]) {
      const seen = await evaluate(net, weights, { x, y, shape: [3], count: 5 }, { batchSize });
      expect(seen.accuracy).toBe(0.6);
      expect(seen.count).toBe(5);
      expect(seen.loss).toBeCloseTo(loss, 6);
    }
  });
});

it('renews statistics alone, pass by pass', async () => {
  await useBackend('wasm'); // convolutions in plain JavaScript are slow
  const net = vggMini({ inputs: [8, 8, 1], classes: 2 });
  const weights = initialise(net);
  const images = blobs(10, [8, 8, 1], { gap: 1 });
  const before = weights.buffers.map((t) => t.dataSync().slice());
  const renewed = await leakGuard(() => updateStatistics(net, weights, images, { passes: 3, batchSize: 10 }));
  expect(weights.buffers.map((t) => t.dataSync())).toEqual(before);
  expect(renewed.parameters.map((t) => t.dataSync())).toEqual(weights.parameters.map((t) => t.dataSync()));
  const { mean, variance } = tf.tidy(() => {
    const conv = tf.conv2d(tf.tensor4d(images.x, [10, 8, 8, 1]), weights.parameters[0] as tf.Tensor4D, 1, 'same');
    return tf.moments(conv, [0, 1, 2]);
  });
  // Three times 0.9·b + 0.1·s: what is left of the start is 0.9³.
  const left = 0.9 ** 3;
  const [means, variances] = [mean.dataSync(), variance.dataSync()];
  renewed.buffers[0]!.dataSync().forEach((m, c) => expect(m).toBeCloseTo((1 - left) * means[c]!, 5));
  renewed.buffers[1]!.dataSync().forEach((v, c) => {
    expect(v).toBeCloseTo(left + ((1 - left) * variances[c]! * 640) / 639, 5);
  });
  tf.dispose(renewed);
  const control = new AbortController();
  setTimeout(() => control.abort(new Error('enough')), 20);
  const endless = { passes: 1e6, signal: control.signal };
  await leakGuard(async () => {
    await expect(updateStatistics(net, weights, images, endless)).rejects.toThrow('enough');
  });
});

it('refuses what it cannot read, and losses that are not finite', async () => {
  const net = mlp({ inputs: 3, hidden: [], classes: 2 });
  const weights = initialise(net);
  const data = blobs(4, [3]);
  await expect(evaluate(net, weights, data, { batchSize: 0 })).rejects.toThrow(
    new RangeError("evaluate: 'batchSize' is 0; must be an integer of at least 1. Leave it out for 256."),
  );
  await expect(evaluate(net, weights, { ...data, shape: [4] })).rejects.toThrow(
    new RangeError("evaluate: 'data.shape' is [4]; must be [3] for 'mlp'. Build the network for the shape of one example."), // prettier-ignore
  );
  await expect(evaluate(net, weights, { ...data, x: data.x.fill(NaN) })).rejects.toThrow(
    new RangeError('evaluate: the loss is NaN; must be finite. Look for NaN in weights and data.'),
  );
  await expect(updateStatistics(net, weights, data, { passes: 0 })).rejects.toThrow(
    new RangeError("updateStatistics: 'passes' is 0; must be an integer of at least 1. Leave it out for one."),
  );
  await expect(updateStatistics(net, weights, data, { batchSize: 0 })).rejects.toThrow(
    new RangeError("updateStatistics: 'batchSize' is 0; must be an integer of at least 1. Leave it out for 128."),
  );
});
