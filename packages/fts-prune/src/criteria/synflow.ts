/**
 * SynFlow, synaptic flow (Tanaka, Kunin, Yamins, Ganguli, arXiv 2006.05467): needs no data.
 *
 *     s_i = | θ_i · ∂R/∂θ_i |,   R = Σ outputs for an input of ones, all tensors of the model replaced by absolute values
 *
 * One shot empties layers; the method is its schedule, which keeps (1 − s)^(r/R) of the weights after round r of R = 100.
 * (The paper's second version applies that formula to the sparsity instead: with s = 0.9 its first round removes 99.9 %,
 * and what it "un-prunes" later has score 0.)
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { gradients } from '@assay-ml/tensors';

import type { Model, Values } from '../model.js';

/** A batch of one input of ones. @throws RangeError for a model whose input has a side of no fixed length */
export function onesInput(where: string, { inputShape, name }: Model): Tensor {
  if (inputShape.includes(null)) {
    throw new RangeError(
      `${where}: the input of '${name}' is of shape [${inputShape.map((side) => side ?? 'null').join(', ')}]; must have fixed sides. Build the model for one size.`,
    );
  }
  return tf.ones([1, ...(inputShape as number[])]);
}

/** ∂(Σ outputs for ones)/∂(each parameter at `scored`); zeros where none arrives. Call it in `tf.tidy`. */
export function flow(where: string, model: Model, values: Values, scored: readonly number[]): Tensor[] {
  const x = onesInput(where, model);
  const xs = scored.map((index) => values.parameters[index]!);
  return gradients(() => tf.sum(model.forward(values, x)), xs);
}

/** Scores of the parameters at `scored`. */
export async function synflow(model: Model, values: Values, scored: readonly number[]): Promise<Float32Array[]> {
  const scores = tf.tidy(() => {
    const absolute = { parameters: values.parameters.map((t) => tf.abs(t)), buffers: values.buffers.map((t) => tf.abs(t)) }; // prettier-ignore
    return flow('synflow', model, absolute, scored).map((gradient, k) =>
      tf.abs(tf.mul(gradient, absolute.parameters[scored[k]!]!)),
    );
  });
  const read = await Promise.all(scores.map((score) => score.data<'float32'>()));
  tf.dispose(scores);
  return read;
}
