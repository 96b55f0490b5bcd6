import type { Tensor } from '@tensorflow/tfjs-core';
import { complaint, requireKeys } from '@assay-ml/numerics/check';

import { requireWeights } from './layers.js';
import { checkNetwork, type Network, type ParameterSpec, type Weights } from './network.js';

/** A network of which some parameters are constants. */
export interface Frozen {
  /** The same function, of the parameters that are left: it is trained, evaluated and saved as any other. */
  readonly network: Network;
  /** Of the parameters that are left, and the buffers: the tensors that came. */
  readonly weights: Weights;
  /** Weights of the whole network, from those of what is left. */
  whole(weights: Weights): Weights;
}

/**
 * Makes constants of some parameters: no gradient is computed for them, and no optimiser keeps anything of them.
 * @param network the architecture
 * @param weights their tensors must live as long as the network is used
 * @param frozen which of the parameters are constants
 * @throws RangeError for weights of another network, or where nothing is left to be trained
 */
export function freeze(network: Network, weights: Weights, frozen: (parameter: ParameterSpec) => boolean): Frozen {
  checkNetwork('freeze', network);
  requireKeys('freeze', 'weights', weights, ['parameters', 'buffers'], 'initialise() or loadWeights() makes them.');
  if (typeof frozen !== 'function') throw new TypeError(complaint('freeze', 'frozen', frozen, 'a function of a parameter', "Say ({ role }) => role === 'embedding'.")); // prettier-ignore
  requireWeights(network, weights.parameters, weights.buffers);
  const isLeft = network.parameters.map((parameter) => !frozen(parameter));
  const parameters = network.parameters.filter((_, i) => isLeft[i]);
  if (parameters.length === 0) throw new RangeError(`freeze: all parameters of '${network.name}' are frozen; must be some left. Nothing would be trained.`); // prettier-ignore
  const whole = (given: readonly Tensor[]): Tensor[] => {
    let next = 0;
    return isLeft.map((left, i) => (left ? given[next++]! : weights.parameters[i]!));
  };
  const { name, inputShape, classes, buffers, tokens, scheme } = network;
  const rest: Network = {
    ...{ name, inputShape, classes, parameters, buffers },
    ...(tokens ? { tokens } : {}),
    ...(scheme ? { scheme } : {}),
    forward(given, running, x, sink, dropout) {
      requireWeights(rest, given, running);
      return network.forward(whole(given), running, x, sink, dropout);
    },
  };
  return {
    network: rest,
    weights: { parameters: weights.parameters.filter((_, i) => isLeft[i]), buffers: weights.buffers },
    whole: (given) => ({ parameters: whole(given.parameters), buffers: given.buffers }),
  };
}
