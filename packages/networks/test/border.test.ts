import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import * as networks from '../src/index.js';

beforeAll(() => useBackend('wasm'));

const network = networks.mlp({ inputs: 2, hidden: [3], classes: 2 });
const weights = () => networks.initialise(network);
const decoder = networks.llama({ vocabulary: 5, width: 4, hidden: 4, layers: 1, heads: 1, context: 4 });
const data = { x: new Float32Array(8), y: new Uint8Array(4), shape: [2], count: 4 };
const image = { inputs: [32, 32, 1] as [number, number, number], classes: 2 };

/** Calls that go through, by function. */
const calls: Record<string, [object, (options: never) => unknown]> = {
  mlp: [{ inputs: 2, hidden: [], classes: 2 }, (o) => networks.mlp(o)],
  smallCnn: [image, (o) => networks.smallCnn(o)],
  vggMini: [image, (o) => networks.vggMini(o)],
  vgg19: [image, (o) => networks.vgg19(o)],
  resnetMini: [image, (o) => networks.resnetMini(o)],
  resnet18: [image, (o) => networks.resnet18(o)],
  llama: [{ vocabulary: 5, width: 4, hidden: 4, layers: 1, heads: 1, context: 4 }, (o) => networks.llama(o)],
  bert: [{ vocabulary: 5, width: 4, hidden: 4, layers: 1, heads: 1, context: 4 }, (o) => networks.bert(o)],
  generate: [{ tokens: 1 }, (o) => networks.generate(decoder, networks.initialise(decoder), [1], o)],
  loadHuggingFace: [{}, async (o) => { const { bytes, config } = await networks.saveHuggingFace(decoder, networks.initialise(decoder)); return networks.loadHuggingFace(bytes, config, o); }], // prettier-ignore
  initialise: [{}, (o) => networks.initialise(network, o)],
  stepSchedule: [{ at: [1] }, (o) => networks.stepSchedule(1, o)],
  cosineSchedule: [{ epochs: 2 }, (o) => networks.cosineSchedule(1, o)],
  train: [{ epochs: 1, rate: 0.1, batchSize: 4 }, (o) => networks.train(network, weights(), data, o)],
  evaluate: [{}, (o) => networks.evaluate(network, weights(), data, o)],
  updateStatistics: [{}, (o) => networks.updateStatistics(network, weights(), data, o)],
  decodeSafetensors: [{ omit: [] }, (o) => networks.decodeSafetensors(networks.encodeSafetensors({}), o)],
};

describe('an option that is not known is refused by name', () => {
  it.each(Object.entries(calls))('%s', async (where, [options, call]) => {
    await call(options as never);
    await expect(Promise.resolve().then(() => call({ ...options, sede: 1 } as never))).rejects.toThrow(
      new RegExp(`^${where}: 'sede' is no option; must be one of .+\\. Did you mean '.+'\\?$`),
    );
  });
});

it.each<[() => unknown, string]>([
  [() => networks.train({} as never, weights(), data, { epochs: 1, rate: 1 }), "train: 'network' is an object; must be a network."],
  [() => networks.train(network, weights(), data, undefined as never), "train: 'options' is undefined; must be an object."],
  [() => networks.train(network, weights(), tf.ones([4, 2]) as never, { epochs: 1, rate: 1 }), "train: 'data' is an object; must be a data set { x, y, shape, count }, or batches."],
  [() => networks.evaluate(network, weights(), 'x.npy' as never), "evaluate: 'data' is 'x.npy'; must be a data set"],
  [() => networks.evaluate(network, weights(), { ...data, x: [1, 2, 3, 4, 5, 6, 7, 8] } as never), "evaluate: 'data.x' is [1, 2, 3, 4, 5, 6, 7, 8]; must be a typed array. Make it by Float32Array.from"],
  [() => networks.evaluate(network, weights(), { ...data, y: [0, 1, 0, 1] } as never), "evaluate: 'data.y' is [0, 1, 0, 1]; must be a typed array. Make it by Uint8Array.from"],
  [() => networks.evaluate(network, weights(), { ...data, x: tf.ones([4, 2]) } as never), "evaluate: 'data.x' is an object; must be a typed array."],
  [() => networks.evaluate(network, weights(), (() => [{ x: [[1, 2]], y: [0] }]) as never), "evaluate: 'batch 0.x' is [1,2]; must be a typed array."],
  [() => networks.evaluate(network, null as never, data), "evaluate: 'weights' is null; must be an object with parameters, buffers. initialise() or loadWeights() makes them."],
  [() => networks.evaluate(network, { parameters: [[1, 2]], buffers: [] } as never, data), "forward: 'parameters' is [1, 2]; must be tensors. initialise() or loadWeights() makes them"],
  [() => networks.evaluate(network, { parameters: 'w', buffers: [] } as never, data), "forward: 'parameters' is 'w'; must be a list of tensors."],
  [() => networks.evaluate(network, { ...weights(), buffers: null } as never, data), "forward: 'buffers' is null; must be a list of tensors."],
  [() => networks.train(network, {} as never, data, { epochs: 1, rate: 1 }), "train: 'weights' is an object; must be an object with parameters, buffers."],
  [() => networks.updateStatistics(network, 3 as never, data), "updateStatistics: 'weights' is 3; must be an object with parameters, buffers."],
  [() => networks.freeze(network, 'w' as never, () => true), "freeze: 'weights' is 'w'; must be an object with parameters, buffers."],
  [() => networks.generate(decoder, null as never, [1], { tokens: 1 }), "generate: 'weights' is null; must be an object with parameters, buffers."],
  [() => networks.rateAt({} as never, 1), "rateAt: 'rate' is an object; must be an object with kind, peak, warmUp, total. Say 1e-3."],
  [() => networks.encodeSafetensors(null as never), "encodeSafetensors: 'entries' is null; must be an object. Give tensors by their names."],
  [() => networks.initialise('mlp' as never), "initialise: 'network' is 'mlp'; must be a network."],
  [() => networks.mlp({ inputs: 2, hidden: 3 as never, classes: 2 }), "mlp: 'hidden' is 3; must be an array of widths."],
  [() => networks.smallCnn(undefined as never), "smallCnn: 'options' is undefined; must be an object."],
  [() => networks.stepSchedule(1, { at: 3 as never }), "stepSchedule: 'at' is 3; must be an array of epochs."],
  [() => networks.train(network, weights(), data, { epochs: 1, rate: 1, batchSize: 4, checkpoint: { every: 1, sve: 0 } as never }), "train: 'sve' is no option; must be one of every, save. Did you mean 'save'?"],
  [() => networks.train(network, weights(), data, { epochs: 1, rate: 1, batchSize: 4, checkpoint: { every: 1, save: 's' as never } }), "train: 'checkpoint.save' is 's'; must be a function."],
  [() => networks.saveWeights('mlp' as never, weights()), "saveWeights: 'network' is 'mlp'; must be a network."],
  [() => networks.saveWeights(network, {} as never), "saveWeights: 'weights' is an object; must be 4 parameters and 0 buffers for"],
  [() => networks.saveState(network, null as never), "saveState: 'state.weights' is undefined; must be 4 parameters"],
  [() => networks.loadWeights(network, 'w.safetensors' as never), "loadWeights: 'bytes' is 'w.safetensors'; must be a Uint8Array. Read the file whole."],
  [() => networks.loadHuggingFace('m' as never, {}), "loadHuggingFace: 'bytes' is 'm'; must be a Uint8Array. Read the file whole."],
  [() => networks.loadHuggingFace(new Uint8Array(9), null as never), "loadHuggingFace: 'config' is null; must be an object. Parse config.json."],
  [() => networks.saveHuggingFace(network as never, weights()), "saveHuggingFace: 'network' is an object; must be a decoder or an encoder."],
  [() => networks.huggingFaceShapes(network as never), "huggingFaceShapes: 'network' is an object; must be a decoder or an encoder."],
  [() => networks.generate(network as never, weights(), [1], { tokens: 1 }), "generate: 'decoder' is an object; must be a decoder. llama() makes one."],
  [() => networks.loadState({} as never, new Uint8Array(9)), "loadState: 'network' is an object; must be a network."],
])('what is of another kind is refused by name: %s', async (call, message) => {
  await expect(Promise.resolve().then(call)).rejects.toThrow(message);
}); // prettier-ignore

it('a mask is installed over weights that are NaN or infinite', async () => {
  const start = weights();
  start.parameters[0] = tf.tensor2d([NaN, Infinity, 1, 1, 1, 1], [2, 3]);
  const mask = network.parameters.map((_, i) => (i === 0 ? tf.tensor2d([0, 0, 1, 1, 1, 1], [2, 3]) : null));
  const { weights: after } = await networks.train(network, start, data, { epochs: 1, rate: 0.1, batchSize: 4, mask });
  expect([...(await after.parameters[0]!.data())].slice(0, 2)).toEqual([0, 0]);
});
