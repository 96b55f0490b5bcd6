import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend } from './heap.js';

/** A kernel of so many numbers: the inputs in this order, and as many outputs of their shape. */
function elementwise(
  kernel: 'gelu' | 'geluGradient' | 'swiglu' | 'swigluGradient',
  names: readonly string[],
  outputs: number,
): tf.KernelFunc {
  return ({ inputs, backend: anyBackend }) => {
    const backend = anyBackend as unknown as WasmBackend;
    const given = names.map((name) => inputs[name] as tf.TensorInfo);
    const { shape } = given[0]!;
    const made = Array.from({ length: outputs }, () => backend.makeOutput(shape, 'float32'));
    const addresses = [...given, ...made].map((tensor) => addressOf(backend, tensor));
    kernelsOf(backend)[kernel](tf.util.sizeFromShape(shape), ...addresses);
    return outputs === 1 ? made[0]! : made;
  };
}

/** Inputs gate and up; y. */
export const swiglu = elementwise('swiglu', ['gate', 'up'], 1);

/** Inputs gate, up and the gradient of y; those of gate and up. */
export const swigluGradient = elementwise('swigluGradient', ['gate', 'up', 'dy'], 2);

/** Input x; y. */
export const gelu = elementwise('gelu', ['x'], 1);

/** Inputs x and the gradient of y; that of x. */
export const geluGradient = elementwise('geluGradient', ['x', 'dy'], 1);
