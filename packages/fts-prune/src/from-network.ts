import * as tf from '@tensorflow/tfjs-core';
import { type Network, updateStatistics, type Weights } from '@assay-ml/networks';
import { invalid } from '@assay-ml/numerics/check';

import type { Model } from './model.js';

/**
 * A network of `@assay-ml/networks` with its weights, to be scored and pruned.
 *
 * The given tensors stay as they are: pruning replaces what `values()` gives by tensors of the model's own. Read the
 * pruned weights there.
 * @throws RangeError when there are not as many tensors as the network has
 */
export function fromNetwork(network: Network, weights: Weights): Model {
  const wanted = [network.parameters.length, network.buffers.length];
  const given = [weights.parameters.length, weights.buffers.length];
  if (given.join() !== wanted.join()) {
    throw invalid('fromNetwork', 'weights', given, `${wanted[0]} parameters and ${wanted[1]} buffers for '${network.name}'`, 'Take them from initialise() or loadWeights().'); // prettier-ignore
  }
  let values = weights;
  const write = (next: Weights) => {
    const copy = (tensor: tf.Tensor) => tf.keep(tf.clone(tensor));
    const copies = { parameters: next.parameters.map(copy), buffers: next.buffers.map(copy) };
    if (values !== weights) tf.dispose(values);
    values = copies;
  };
  return {
    name: network.name,
    inputShape: network.inputShape,
    classes: network.classes,
    parameters: network.parameters,
    buffers: network.buffers.map(({ name, initial }) => ({ name, kind: initial === 0 ? 'mean' : 'variance' })),
    values: () => values,
    write,
    forward: ({ parameters, buffers }, x) => network.forward(parameters, buffers, x),
    async updateStatistics(batches, passes) {
      async function* inputs() {
        for await (const { x } of batches()) {
          yield { x: (await x.data()) as Float32Array, y: new Int32Array(x.shape[0]!) };
        }
      }
      const next = await updateStatistics(network, values, inputs, { passes });
      write(next);
      tf.dispose(next);
    },
  };
}
