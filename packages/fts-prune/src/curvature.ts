/** Products with the Hessian of the mean loss, over all data in pieces: exact, not differences of gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import { integer, options as checkOptions } from '@assay-ml/numerics/check';
import { Float64Accumulator, hessianVector, rademacher } from '@assay-ml/tensors';
import type { Batch } from './batch.js';
import { requireData } from './check.js';
import { batchesOf, type Data } from './data.js';
import { type Loss, type LossOptions, lossSum, resolveLoss } from './loss.js';
import type { Model, Values } from './model.js';

/** Options of products with the Hessian. */
export interface CurvatureOptions extends LossOptions {
  /** Examples that go through the model at once. Default 128. */
  readonly batchSize?: number;
}

const CURVATURE_OPTIONS = { loss: 0, temperature: 0, batchSize: 0 };

/** Σ of the losses of a batch as a function of the parameters at `places`, the others as they are. */
const lossOf =
  (model: Model, values: Values, places: readonly number[], batch: Batch, loss: Loss) => (given: readonly Tensor[]) => {
    const parameters = [...values.parameters];
    places.forEach((place, k) => (parameters[place] = given[k]!));
    return lossSum(model, { ...values, parameters }, batch, loss);
  };

/**
 * H·v over all parameters, H the Hessian of the mean loss.
 * @param vectors v, one array for each parameter of the model
 * @returns one array for each parameter
 */
export async function hessianProduct(
  model: Model,
  data: Data,
  vectors: readonly Float64Array[],
  options: CurvatureOptions = {},
  values: Values = model.values(),
): Promise<Float64Array[]> {
  checkOptions<CurvatureOptions>('hessianProduct', options, CURVATURE_OPTIONS);
  requireData('hessianProduct', data);
  const { loss, classes } = resolveLoss('hessianProduct', model, options);
  const places = values.parameters.map((_, i) => i);
  const v = values.parameters.map((parameter, i) => tf.tensor(Float32Array.from(vectors[i]!), parameter.shape));
  const sums = new Float64Accumulator(vectors.map(({ length }) => length));
  try {
    let examples = 0;
    const reading = { inputShape: model.inputShape, classes };
    for await (const batch of batchesOf('hessianProduct', data, reading, options.batchSize ?? 128)) {
      await sums.take(hessianVector(lossOf(model, values, places, batch, loss), values.parameters, v));
      examples += batch.x.shape[0]!;
    }
    return sums.mean(examples);
  } finally {
    tf.dispose(v);
  }
}

/**
 * Hutchinson's estimate of the diagonal of the Hessian of the mean loss: the mean of z ∘ Hz over random signs z. Unbiased;
 * its variance in entry i is Σ_{j≠i} H_ij² a probe. Probes are drawn anew for every piece of the data.
 * @param scored places of the parameters whose diagonal is asked for; z is 0 elsewhere, which changes no mean
 * @param options.probes probes a piece. Default 10, as the paper's second version
 * @param options.seed default 0
 */
export async function hessianDiagonal(
  model: Model,
  data: Data,
  scored: readonly number[],
  options: CurvatureOptions & { probes?: number; seed?: number } = {},
  values: Values = model.values(),
): Promise<Float64Array[]> {
  checkOptions<typeof options>('hessianDiagonal', options, { ...CURVATURE_OPTIONS, probes: 0, seed: 0 });
  requireData('hessianDiagonal', data);
  const { batchSize = 128, probes = 10, seed = 0 } = options;
  const { loss, classes } = resolveLoss('hessianDiagonal', model, options);
  integer('hessianDiagonal', 'probes', probes, 1, 'Leave it out for 10.');
  integer('hessianDiagonal', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const params = scored.map((index) => values.parameters[index]!);
  const sums = new Float64Accumulator(params.map(({ size }) => size));
  const signs = stream(seed, 'hutchinson');
  let examples = 0;
  let piece = 0;
  for await (const batch of batchesOf('hessianDiagonal', data, { inputShape: model.inputShape, classes }, batchSize)) {
    for (let probe = 0; probe < probes; probe++) {
      signs.at(piece, probe);
      const diagonal = tf.tidy(() => {
        const z = params.map(({ shape }) => rademacher(signs, shape));
        const product = hessianVector(lossOf(model, values, scored, batch, loss), params, z);
        return product.map((Hz, k) => tf.mul(z[k]!, Hz));
      });
      await sums.take(diagonal);
    }
    examples += batch.x.shape[0]!;
    piece++;
  }
  return sums.mean(examples * probes);
}
