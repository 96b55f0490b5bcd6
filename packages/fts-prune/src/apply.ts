/** Masks on the weights of a model. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

import { asModel } from './from-layers.js';
import { isKept, type Mask, maskValues, requireLayout, requireMask } from './mask.js';
import type { Model, Values } from './model.js';

/**
 * A mask as tensors of 0 and 1, one for each parameter of a model; null keeps a parameter whole. This is what
 * `train(…, { mask })` of `@assay-ml/networks` takes. The caller disposes of them.
 * @throws RangeError for a mask of another model
 */
export function maskTensors(given: Model | LayersModel, mask: Mask): (Tensor | null)[] {
  const model = asModel('maskTensors', given);
  requireMask('maskTensors', mask);
  requireLayout('maskTensors', mask, model.parameters);
  const layers = new Map(mask.layers.map((layer) => [layer.name, layer]));
  return model.parameters.map(({ name, shape }) => {
    const layer = layers.get(name);
    return layer === undefined ? null : tf.tensor(maskValues(layer), [...shape]);
  });
}

/** A tensor where it is kept, and 0 elsewhere, whatever was there: 0·NaN and 0·∞ are NaN. */
export function keepWhere(kept: Tensor, tensor: Tensor): Tensor {
  return tf.where(kept, tensor, tf.zerosLike(tensor));
}

/** The tensors with the mask applied, new ones; call it in `tf.tidy`. */
export function masked(model: Model, values: Values, mask: Mask): Values {
  const parameters = maskTensors(model, mask).map((ones, i) =>
    ones === null ? tf.clone(values.parameters[i]!) : keepWhere(tf.cast(ones, 'bool'), values.parameters[i]!),
  );
  return { parameters, buffers: values.buffers.map((t) => tf.clone(t)) };
}

/**
 * Sets the pruned weights of a model to zero.
 * @throws RangeError for a mask of another model
 */
export function applyMask(given: Model | LayersModel, mask: Mask): void {
  const model = asModel('applyMask', given);
  requireMask('applyMask', mask);
  requireLayout('applyMask', mask, model.parameters);
  tf.tidy(() => model.write(masked(model, model.values(), mask)));
}

/**
 * Checks that every pruned weight of a model is zero.
 * @throws Error with the layers where it is not so, and how many weights came back
 */
export async function assertMaskInvariant(given: Model | LayersModel, mask: Mask): Promise<void> {
  const model = asModel('assertMaskInvariant', given);
  requireMask('assertMaskInvariant', mask);
  requireLayout('assertMaskInvariant', mask, model.parameters);
  const { parameters } = model.values();
  const broken: string[] = [];
  for (const layer of mask.layers) {
    const index = model.parameters.findIndex(({ name }) => name === layer.name);
    const weights = await parameters[index]!.data();
    let revived = 0;
    for (let i = 0; i < weights.length; i++) if (weights[i] !== 0 && !isKept(layer, i)) revived++;
    if (revived > 0) broken.push(`${revived} of ${weights.length - layer.kept} in '${layer.name}'`);
  }
  if (broken.length === 0) return;
  throw new Error(
    `assertMaskInvariant: pruned weights are not zero: ${broken.join(', ')}; must all be 0. Train with maskOptimizer or train({ mask }): momentum from before the mask revives weights.`,
  );
}
