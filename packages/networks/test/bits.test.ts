import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

import { cosineSchedule, initialise, mlp, smallCnn, train, type TrainOptions } from '../src/index.js';
import { blobs, useBackend } from './setup.js';

/**
 * Losses, and the first bytes of the hash of weights and velocities, as the loop of the first release had them on wasm,
 * where neither machine nor engine decides: published evidence rests on these bits.
 */
const FIRST: Readonly<Record<string, readonly [losses: number[], hash: string]>> = {
  mlp: [[1.1629540824890137, 1.0377943706512451, 0.859673216342926], 'dbae44c30c7a5bd4'],
  plain: [[0.7901623606681824, 0.3079671514034271, 0.16173879988491535], 'f90967d48ee96477'],
  smallCnn: [[1.0949717998504638, 0.9435356283187866, 0.5573573315143585], 'bfecd7382385ac78'],
};

it('SGD has the bits of the first release', async () => {
  await useBackend('wasm');
  const runs: Record<string, [ReturnType<typeof mlp>, Partial<TrainOptions>]> = {
    mlp: [mlp({ inputs: 12, hidden: [16, 8], classes: 3 }), { rate: 0.05 }],
    plain: [mlp({ inputs: 12, hidden: [16], classes: 3 }), { rate: 0.1, momentum: 0, weightDecay: 0, seed: 7 }],
    smallCnn: [smallCnn({ inputs: [6, 5, 2], classes: 3 }), { rate: cosineSchedule(0.1, { epochs: 3 }) }],
  };
  const found: Record<string, [number[], string]> = {};
  for (const [name, [network, options]] of Object.entries(runs)) {
    const data = blobs(50, network.inputShape, { classes: 3 });
    const mask = network.parameters.map(({ role, shape }) =>
      role === 'kernel' && name !== 'plain'
        ? tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, (_, k) => Number(k % 3 > 0)), [...shape]) // prettier-ignore
        : null,
    );
    const weights = initialise(network, { seed: 3 });
    const state = await train(network, weights, data, { epochs: 3, batchSize: 16, mask, ...options } as TrainOptions);
    const hash = createHash('sha256');
    for (const t of [...state.weights.parameters, ...state.optimiser.velocity]) hash.update(t.dataSync<'float32'>());
    found[name] = [state.losses, hash.digest('hex').slice(0, 16)];
  }
  expect(found).toEqual(FIRST);
});
