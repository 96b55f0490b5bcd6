/** MiniLM as published: the meaning of three sentences. */
import { allMiniLM, locate, readTokenizer } from '@assay-ml/datasets';
import { loadHuggingFace } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

// 91 MB that no repository holds: `downloadDataset('all-MiniLM-L6-v2')` gets them.
it.skipIf(locate('all-MiniLM-L6-v2') === null)(
  'two sentences of cats are close, one of stocks is far from both (skipped where all-MiniLM-L6-v2 is not on this machine)',
  async () => {
    await useBackend('wasm');
    const before = tf.memory().numTensors;
    const { weights: file, tokenizer, config } = await allMiniLM();
    const texts = ['The cat sat on the mat.', 'A kitten is sitting on the rug.', 'Stock prices fell sharply today.'];
    const { ids, count, length } = (await readTokenizer(tokenizer)).batch(texts);
    const { network, weights } = loadHuggingFace(file, config, { omit: ['pooler.'] });
    const [cat, kitten, stocks] = tf.tidy(() => {
      const vectors = network.forward(weights.parameters, [], tf.tensor2d(ids, [count, length], 'int32'));
      return tf.div(vectors, tf.norm(vectors, 2, 1, true)).arraySync() as [number[], number[], number[]];
    });
    tf.dispose(weights as never);
    const cosine = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    expect(cosine(cat, kitten)).toBeCloseTo(0.6232, 4);
    expect(cosine(cat, stocks)).toBeCloseTo(0.0598, 4);
    expect(cosine(kitten, stocks)).toBeCloseTo(0.072, 4);
    expect(tf.memory().numTensors).toBe(before);
  },
  120_000,
);
