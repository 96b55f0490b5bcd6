/** Inverses of small symmetric positive definite matrices, many at a time. */
import { invert } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { cureOnce } from './cure-once.js';
import { float32, type NodeBackend } from './native-operation.js';
import { requireFloat32 } from './rows.js';

/** Rows at most: larger matrices are better factored one by one. */
const MOST_ROWS = 64;

/**
 * The inverse of each matrix of a batch, without a gradient: differentiating through it throws. On cpu and wasm it is computed in float64 and rounded, on native
 * TensorFlow by its own operation, elsewhere from primitives; nothing is read back.
 *
 * @param a [..., n, n], float32, each symmetric and positive definite: that is not checked, and a singular or not finite one
 *   becomes NaN, or infinite where primitives divide by zero
 * @returns of the shape of a
 * @throws RangeError for another type, or other shapes than squares with n from 1 to 64
 * @example
 * const gram = tf.matMul(v, v, false, true); // [S, r, r]
 * const step = tf.matMul(inverseSpd(tf.add(gram, tf.mul(1e-5, tf.eye(r)))), gradient);
 */
export function inverseSpd(a: tf.Tensor): tf.Tensor {
  requireFloat32('inverseSpd', { a });
  const [n, columns] = [a.shape.at(-2) ?? 0, a.shape.at(-1) ?? 0];
  if (n !== columns || n < 1 || n > MOST_ROWS) {
    throw new RangeError(
      `inverseSpd: 'a' has shape [${a.shape}]; must be [..., n, n] with n from 1 to ${MOST_ROWS}. Factor larger matrices by cholesky of numerics.`,
    );
  }
  cureOnce();
  if (!tf.getKernel(NAME, tf.getBackend())) return tf.tidy(() => byElimination(a));
  return tf.engine().runKernel(NAME, { a }) as tf.Tensor;
}

const NAME = 'AssayInverseSpd';

/** Gauss and Jordan without pivoting, a step of the whole batch at a time: pivots of positive definite matrices are positive. */
function byElimination(a: tf.Tensor): tf.Tensor {
  const n = a.shape.at(-1)!;
  const flat = tf.reshape(a, [-1, n, n]) as tf.Tensor3D;
  const S = flat.shape[0];
  const unit = tf.eye(n);
  let both = tf.concat([flat, tf.tile(tf.reshape(unit, [1, n, n]), [S, 1, 1])], 2);
  for (let i = 0; i < n; i++) {
    const row = tf.slice(both, [0, i, 0], [S, 1, 2 * n]);
    const scaled = tf.div(row, tf.slice(both, [0, i, i], [S, 1, 1]));
    // Of row i itself all but the scaled row is taken away.
    const factors = tf.sub(tf.slice(both, [0, 0, i], [S, n, 1]), tf.reshape(tf.slice(unit, [0, i], [n, 1]), [1, n, 1]));
    both = tf.sub(both, tf.matMul(factors, scaled));
  }
  return tf.reshape(tf.slice(both, [0, 0, n], [S, n, n]), a.shape);
}

/** On arrays, whose numbers the backends cpu and wasm have at hand. */
const onArrays: tf.KernelFunc = ({ inputs, backend: anyBackend }) => {
  const backend = anyBackend as tf.KernelBackend;
  const a = inputs['a'] as tf.TensorInfo;
  const n = a.shape.at(-1)!;
  const from = backend.readSync(a.dataId) as Float32Array;
  const out = new Float32Array(from.length);
  const block = new Float64Array(n * n);
  for (let at = 0; at < out.length; at += n * n) {
    for (let i = 0; i < n * n; i++) block[i] = from[at + i]!;
    // A logarithm of −Infinity says that it is singular or not finite.
    out.set(invert(n, block) > -Infinity ? block : block.fill(NaN), at);
  }
  return { dataId: backend.write(out, a.shape, 'float32'), shape: a.shape, dtype: 'float32' };
};

const onNative: tf.KernelFunc = ({ inputs, backend }) => {
  const native = backend as NodeBackend;
  const adjoint = { name: 'adjoint', type: native.binding.TF_ATTR_BOOL, value: false };
  return native.executeSingleOutput('MatrixInverse', [float32('T', native), adjoint], [inputs['a'] as tf.Tensor]);
};

/** Registers the kernels for the backends cpu, wasm and tensorflow, there or not. */
export function registerInverse(): void {
  for (const [backendName, kernelFunc] of [
    ['cpu', onArrays],
    ['wasm', onArrays],
    ['tensorflow', onNative],
  ] as const) {
    // prettier-ignore
    if (!tf.getKernel(NAME, backendName)) tf.registerKernel({ kernelName: NAME, backendName, kernelFunc });
  }
}
