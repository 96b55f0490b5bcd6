/** Weights that can do anything: those on a path from the input to an output. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

import { flow } from './criteria/synflow.js';
import { asModel } from './from-layers.js';
import { axesOf } from './layout.js';
import { isKept, type Mask, maskOf, maskValues, requireLayout, requireMask } from './mask.js';
import type { Model, Values } from './model.js';

/**
 * The mask without the weights that no path through kept weights leads to, or leads on from: what they compute is constant
 * or unread. Its density is the effective density.
 *
 * Ones flow through the model with kept weights as positive numbers, biases at 0 and normalisations as identities: a
 * weight is on a path if the output's derivative by it is positive. Right for activations that grow with their input and
 * are 0 at 0 (ReLU, linear, tanh, elu, …); others, as sigmoid, make live what is not.
 * @throws RangeError for a mask of another model, or one whose input has a side of no fixed length
 */
export async function effectiveMask(given: Model | LayersModel, mask: Mask): Promise<Mask> {
  const model = asModel('effectiveMask', given);
  requireMask('effectiveMask', mask);
  requireLayout('effectiveMask', mask, model.parameters);
  const layers = new Map(mask.layers.map((layer) => [layer.name, layer]));
  const places = mask.layers.map(({ name }) => model.parameters.findIndex((parameter) => parameter.name === name));
  const flows = tf.tidy(() => {
    const live = model.values();
    const parameters = model.parameters.map(({ name, role, shape, layout }, i): Tensor => {
      const layer = layers.get(name);
      const ones = layer === undefined ? tf.ones([...shape]) : tf.tensor(maskValues(layer), [...shape]);
      if (role === 'bias' || role === 'norm-offset' || role === 'classifier-bias') return tf.zeros([...shape]);
      if (role === 'norm-scale') return ones;
      if (shape.length < 2) return tf.abs(live.parameters[i]!);
      // No output above the largest input: flows of deep models neither overflow nor, but for the rarest paths, vanish.
      const { inner, outputs } = axesOf('effectiveMask', { name, shape, layout: layout ?? 'outputs-last' });
      const inputsOfAnOutput = tf.max(tf.sum(tf.reshape(ones, [-1, outputs, inner]), [0, 2]));
      return tf.div(ones, tf.maximum(inputsOfAnOutput, 1));
    });
    const buffers = model.buffers.map(
      ({ kind }, i): Tensor =>
      kind === 'other' ? live.buffers[i]! : kind === 'mean' ? tf.zerosLike(live.buffers[i]!) : tf.onesLike(live.buffers[i]!), // prettier-ignore
    );
    return flow('effectiveMask', model, { parameters, buffers } satisfies Values, places);
  });
  const positive = await Promise.all(flows.map((tensor) => tensor.data()));
  tf.dispose(flows);
  return maskOf(mask.layers, (layer, i) => isKept(mask.layers[layer]!, i) && positive[layer]![i]! > 0);
}
