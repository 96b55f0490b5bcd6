/** What scoring and selecting take at once: not more for more examples, and little beside the scores. */
import { initialise, mlp, type Network, vggMini } from '@assay-ml/networks';
import { median, stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Criterion, fromNetwork, score, type ScoreOptions, select } from '../src/index.js';

const CLASSES = 4;

describe('scoring takes as much for 4n examples as for n', () => {
  beforeAll(async () => void (await useBackend('wasm')));

  /** The most bytes in tensors after any operation, beyond those before. */
  async function peak(network: Network, criterion: Criterion, count: number, options: ScoreOptions): Promise<number> {
    const weights = initialise(network, { seed: 5 });
    const values = count * tf.util.sizeFromShape([...network.inputShape]);
    const x = Float32Array.from(stream(3, 'memory.test').fillNormal(new Float64Array(values)));
    const y = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
    const before = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(async () => {
      await score(fromNetwork(network, weights), { x, y }, criterion, options);
      return [];
    });
    tf.dispose(weights);
    return peakBytes - before;
  }

  const dense = mlp({ inputs: 12, hidden: [16, 16], classes: CLASSES });
  const images = vggMini({ inputs: [8, 8, 3], classes: CLASSES });
  it.each<[string, Network, Criterion, number, ScoreOptions]>([
    ['single examples', images, 'fts', 32, { batchSize: 16 }],
    ['single examples in batches of the default size', dense, 'fts', 4096, {}],
    ['mask batches', images, 'fts', 32, { batchSize: 16, maskBatch: 16 }],
    ['one gradient over all data', images, 'fp', 32, { batchSize: 16, maskBatch: 'all' }],
    ['gradients alone', images, 'snip', 32, { batchSize: 16 }],
    ['a product with the Hessian', images, 'grasp', 32, { batchSize: 16 }],
    ['probes of the Hessian', images, 'hts', 32, { batchSize: 16, probes: 1 }],
  ])('%s', async (_, network, criterion, count, options) => {
    const once = await peak(network, criterion, count, options);
    expect(once).toBeGreaterThan(0);
    expect(await peak(network, criterion, 4 * count, options)).toBe(once);
  });
});

it('select takes the mask and at most a tenth of the scores', () => {
  const count = 2_000_000;
  const scores = Float32Array.from(stream(3, 'memory.test').fillUniform(new Float64Array(count)));
  const layers = [{ name: 'all', shape: [count], scores }];
  const bytes = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  // What the collector and the compiler do meanwhile shows in a few calls, hence the median.
  const taken = median(
    Array.from({ length: 9 }, () => {
      const before = bytes();
      const mask = select(layers, { sparsity: 0.9, minPerLayer: 1 });
      expect(mask.layers[0]!.kept).toBe(count / 10);
      return bytes() - before;
    }),
  );
  expect(taken).toBeGreaterThan(count / 8);
  expect(taken).toBeLessThan(count / 8 + 0.1 * scores.byteLength);
});
