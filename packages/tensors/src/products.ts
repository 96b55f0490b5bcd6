/**
 * Gradients, and products of a function's second derivatives with vectors, none of which ever forms a matrix.
 *
 * All need the cures of {@link cure}: without them TensorFlow.js differentiates twice wrongly, in silence.
 */
import * as tf from '@tensorflow/tfjs-core';
import { requireList } from '@assay-ml/numerics/check';
import { cureOnce } from './cure-once.js';

/**
 * Gradients of `f`, with zeros for the tensors it does not depend on, where `tf.grads` throws. Call it in `tf.tidy`.
 *
 * @param f a scalar, or with `dy` a tensor of any shape
 * @param xs float32 tensors or variables, of which `f` is made
 * @param dy weighs f's outputs; of its shape. Default 1
 * @returns one tensor for each of `xs`
 * @throws TypeError for arguments of another kind
 */
export function gradients(f: () => tf.Tensor, xs: readonly tf.Tensor[], dy?: tf.Tensor): tf.Tensor[] {
  requireList('gradients', 'xs', xs, 'Give tensors.');
  const { grads } = tf.engine().gradients(f, [...xs], dy, true);
  // Typed as present, but absent where f does not depend on x.
  return (grads as (tf.Tensor | undefined)[]).map((gradient, i) => gradient ?? tf.zerosLike(xs[i]!));
}

function dot(a: readonly tf.Tensor[], b: readonly tf.Tensor[]): tf.Scalar {
  return tf.addN(a.map((x, i) => tf.sum<tf.Scalar>(tf.mul(x, b[i]!))));
}

function requireVectors(name: string, params: readonly tf.Tensor[], vectors: readonly tf.Tensor[]): void {
  const shapes = JSON.stringify(vectors.map((vector) => vector.shape));
  const wanted = JSON.stringify(params.map((param) => param.shape));
  if (shapes !== wanted) {
    throw new RangeError(
      `${name}: 'vectors' has shapes ${shapes}; must have those of 'params', ${wanted}. Give one tensor for each parameter.`,
    );
  }
}

function requireScalar(name: string, option: string, value: tf.Tensor): tf.Scalar {
  if (value.size !== 1) {
    throw new RangeError(
      `${name}: '${option}' gave a tensor of shape [${value.shape}]; must give a scalar. Take its sum or mean.`,
    );
  }
  return tf.reshape(value, []);
}

/** One list, or a list of lists. */
type Vectors = readonly tf.Tensor[] | readonly (readonly tf.Tensor[])[];

function isBatch(vectors: Vectors): vectors is readonly (readonly tf.Tensor[])[] {
  return Array.isArray(vectors[0]);
}

/** Runs the product for each list, and gives back as many. */
function forEach<V extends Vectors>(
  name: string,
  params: readonly tf.Tensor[],
  vectors: V,
  product: (list: readonly tf.Tensor[]) => tf.Tensor[],
): V extends readonly tf.Tensor[] ? tf.Tensor[] : tf.Tensor[][] {
  cureOnce();
  const lists: readonly (readonly tf.Tensor[])[] = isBatch(vectors) ? vectors : [vectors as readonly tf.Tensor[]];
  for (const list of lists) requireVectors(name, params, list);
  const products = lists.map((list) => tf.tidy(() => product(list)));
  return (isBatch(vectors) ? products : products[0]) as never;
}

/**
 * ∇²f(params)·v, by differentiating ∇f·v.
 *
 * @param f a scalar, of `params` as they are handed to it; it must be deterministic
 * @param params float32 tensors or variables
 * @param vectors v as one tensor for each parameter, or several such lists
 * @returns one tensor for each parameter, or one list for each list; the caller's to dispose
 * @throws TypeError for arguments of another kind; RangeError if shapes differ from those of `params`, or `f` gives no scalar
 */
export function hessianVector<V extends Vectors>(
  f: (params: readonly tf.Tensor[]) => tf.Tensor,
  params: readonly tf.Tensor[],
  vectors: V,
): V extends readonly tf.Tensor[] ? tf.Tensor[] : tf.Tensor[][] {
  requireList('hessianVector', 'params', params, 'Give tensors.');
  requireList('hessianVector', 'vectors', vectors, 'Give tensors.');
  const scalar = () => requireScalar('hessianVector', 'f', f(params));
  return forEach('hessianVector', params, vectors, (v) => gradients(() => dot(gradients(scalar, params), v), params));
}

/**
 * JᵀHJ·v, with J the Jacobian of the outputs by the parameters and H the Hessian of the loss by the outputs: the
 * Gauss-Newton product, and with a log-likelihood of an exponential family the Fisher product.
 *
 * J·v is the derivative by u of (Jᵀu)·v, so only backward passes are used.
 *
 * @param outputs a tensor, of `params` as they are handed to it (logits, say); it must be deterministic
 * @param loss a scalar, of what `outputs` gave
 * @param params float32 tensors or variables
 * @param vectors v as one tensor for each parameter, or several such lists
 * @returns one tensor for each parameter, or one list for each list; the caller's to dispose
 * @throws TypeError for arguments of another kind; RangeError if shapes differ from those of `params`, or `loss` gives no scalar
 */
export function gaussNewtonVector<V extends Vectors>(
  outputs: (params: readonly tf.Tensor[]) => tf.Tensor,
  loss: (outputs: tf.Tensor) => tf.Tensor,
  params: readonly tf.Tensor[],
  vectors: V,
): V extends readonly tf.Tensor[] ? tf.Tensor[] : tf.Tensor[][] {
  requireList('gaussNewtonVector', 'params', params, 'Give tensors.');
  requireList('gaussNewtonVector', 'vectors', vectors, 'Give tensors.');
  return forEach('gaussNewtonVector', params, vectors, (v) => {
    const forward = () => outputs(params);
    const at = forward();
    const u = tf.onesLike(at);
    const [jv] = gradients(() => dot(gradients(forward, params, u), v), [u]);
    const hjv = hessianVector(([z]) => requireScalar('gaussNewtonVector', 'loss', loss(z!)), [at], [jv!]);
    return gradients(forward, params, hjv[0]);
  });
}

/**
 * The gradient of each example's loss, by one backward pass an example: right for every model, and slow. (A model of known
 * layers has faster formulas.)
 *
 * @param loss a scalar, of `params` and of one example: each tensor of `batch` with a first side of 1
 * @param params float32 tensors or variables
 * @param batch tensors with the examples along their first axis
 * @returns for each parameter the gradients, [examples, ...shape]; the caller's to dispose
 * @throws TypeError for arguments of another kind; RangeError if the tensors of `batch` are none or differ in their first side, or `loss` gives no scalar
 */
export function perExampleGradients(
  loss: (params: readonly tf.Tensor[], ...example: tf.Tensor[]) => tf.Tensor,
  params: readonly tf.Tensor[],
  batch: readonly tf.Tensor[],
): tf.Tensor[] {
  requireList('perExampleGradients', 'params', params, 'Give tensors.');
  requireList('perExampleGradients', 'batch', batch, 'Give tensors.');
  cureOnce();
  const examples = batch[0]?.shape[0] ?? 0;
  if (examples === 0 || batch.some((tensor) => tensor.shape[0] !== examples)) {
    const shapes = JSON.stringify(batch.map((tensor) => tensor.shape));
    throw new RangeError(
      `perExampleGradients: 'batch' has shapes ${shapes}; must be tensors with one first side, of at least 1. Put the examples along the first axis.`,
    );
  }
  return tf.tidy(() => {
    const rows = Array.from({ length: examples }, (_, i) =>
      tf.tidy(() => {
        const example = batch.map((tensor) => tf.slice(tensor, [i], [1]));
        return gradients(() => requireScalar('perExampleGradients', 'loss', loss(params, ...example)), params);
      }),
    );
    return params.map((_, p) => tf.stack(rows.map((row) => row[p]!)));
  });
}
