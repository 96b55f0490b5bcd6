import { leakGuard } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';

import { freeze, initialise, mlp, train, vggMini } from '../src/index.js';
import { blobs, useBackend } from './setup.js';

beforeAll(async () => void (await useBackend('cpu')));

const net = mlp({ inputs: 8, hidden: [6], classes: 3 });
const data = blobs(30, [8], { classes: 3 });
const options = { epochs: 2, rate: 0.1, batchSize: 10, momentum: 0, weightDecay: 0 };

it('trains what is left as the whole network would with the rest held', async () => {
  const weights = initialise(net);
  const frozen = freeze(net, weights, ({ name }) => name === 'dense1.kernel');
  expect(frozen.network.parameters.map(({ name }) => name)).toEqual(['dense1.bias', 'classifier.kernel', 'classifier.bias']); // prettier-ignore
  const state = await train(frozen.network, frozen.weights, data, options);
  const { parameters } = frozen.whole(state.weights);
  expect(parameters[0]).toBe(weights.parameters[0]);
  // An optimiser that moves all but the first.
  const held = await train(net, weights, data, {
    epochs: 2,
    batchSize: 10,
    optimiser: {
      tag: 'held',
      values: 'tensors',
      init: () => ({}),
      step: ({ x, state: none }, g) => ({ x: x.map((t, i) => (i === 0 ? t : tf.sub(t, tf.mul(0.1, g[i]!)))), state: none }), // prettier-ignore
    },
  });
  parameters.forEach((t, i) => expect(t.dataSync()).toEqual(held.weights.parameters[i]!.dataSync()));
  tf.dispose([state, held.weights]);
  await leakGuard(async () => tf.dispose(await train(frozen.network, frozen.weights, data, options)));
});

it('keeps buffers, and refuses what makes no sense', () => {
  const vgg = vggMini({ inputs: [8, 8, 1], classes: 2 });
  const weights = initialise(vgg);
  const { network, whole, weights: left } = freeze(vgg, weights, ({ role }) => role === 'kernel');
  const x = tf.ones([2, 8, 8, 1]);
  expect(network.forward(left.parameters, left.buffers, x).dataSync()).toEqual(vgg.forward(weights.parameters, weights.buffers, x).dataSync()); // prettier-ignore
  expect(whole(left)).toEqual(weights);
  expect(() => network.forward(weights.parameters, left.buffers, x)).toThrow(`forward: ${weights.parameters.length} parameters and 12 buffers came; must be ${left.parameters.length} and 12 for 'vggMini'.`); // prettier-ignore
  expect(() => freeze(vgg, { ...weights, buffers: [] }, () => false)).toThrow('0 buffers came; must be');
  expect(() => freeze(net, initialise(net), () => true)).toThrow(new RangeError("freeze: all parameters of 'mlp' are frozen; must be some left. Nothing would be trained.")); // prettier-ignore
  expect(() => freeze(net, initialise(net), 'kernel' as never)).toThrow("freeze: 'frozen' is 'kernel'; must be a function of a parameter."); // prettier-ignore
});
