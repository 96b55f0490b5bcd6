import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { evaluate, initialise, mlp, train } from '../src/index.js';
import { blobs, cpu } from './setup.js';

beforeAll(cpu);

it('learns', async () => {
  const data = blobs(200, [8], { classes: 4, gap: 1.5 });
  const net = mlp({ inputs: 8, hidden: [16], classes: 4 });
  const start = initialise(net);
  const before = tf.memory().numTensors;
  const state = await train(net, start, data, { epochs: 5, rate: 0.05, batchSize: 32 });
  console.log(state.losses);
  console.log(await evaluate(net, state.weights, data));
  tf.dispose(state);
  expect(tf.memory().numTensors).toBe(before);
});
