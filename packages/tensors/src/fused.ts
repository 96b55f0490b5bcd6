/**
 * Operations whose value and gradient are one kernel each, on wasm and wherever else there is one, and primitives elsewhere. The
 * gradient is a closed form: where it is itself differentiated it is put together from primitives, so that the second derivative
 * is right.
 */
import * as tf from '@tensorflow/tfjs-core';
import { cureOnce } from './cure-once.js';
import type { Attributes } from './gradients/run.js';

/** What such an operation is made of. */
interface Operation<Kept extends string> {
  /** Its kernels are `Assay<name>` and `Assay<name>Grad`. */
  readonly name: string;
  /** By which it is differentiated, in the order of the gradients. */
  readonly variables: readonly tf.Tensor[];
  /** The kernel's. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** Those of both kernels. */
  readonly attributes?: Attributes;
  /** The value from primitives. */
  value(): tf.Tensor;
  /** What the gradient needs beside dy: inputs, or the value itself. */
  keep(value: tf.Tensor): Readonly<Record<Kept, tf.Tensor>>;
  /** The gradients by the variables from primitives. */
  gradient(kept: Readonly<Record<Kept | 'dy', tf.Tensor>>): tf.Tensor[];
}

/** Runs it on the backend in use. */
export function fused<Kept extends string>(operation: Operation<Kept>): tf.Tensor {
  cureOnce();
  const { name, variables, inputs, attributes = {} } = operation;
  const own = tf.getKernel(`Assay${name}`, tf.getBackend()) !== undefined;
  const run = (kernel: string, given: Readonly<Record<string, tf.Tensor>>) =>
    tf.engine().runKernel(kernel, given, attributes as unknown as tf.NamedAttrMap) as tf.Tensor | tf.Tensor[];
  const op = tf.customGrad((...args) => {
    const value = own ? (run(`Assay${name}`, inputs) as tf.Tensor) : operation.value();
    const kept = operation.keep(value);
    (args.at(-1) as unknown as tf.GradSaveFunc)(Object.values<tf.Tensor>(kept));
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const all = { dy, ...Object.fromEntries(Object.keys(kept).map((key, i) => [key, saved[i]!])) };
        return own && !tf.engine().isTapeOn()
          ? run(`Assay${name}Grad`, all)
          : operation.gradient(all as Record<Kept | 'dy', tf.Tensor>);
      },
    };
  });
  return op(...variables);
}
