/** The kernels of `inverseSpd`. */
import { invert } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import { float32, type NodeBackend } from './native-operation.js';

/** A is [..., n, n]; so is the result. */
export const NAME = 'AssayInverseSpd';

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
