import { complaint, requireOptions } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link leakGuard}. */
export interface LeakGuardOptions {
  /** What is guarded, for the message. Default: 'the function'. */
  readonly name?: string;
  /** How many tensors may stay behind, those that are returned not counted. Default 0. */
  readonly allow?: number;
}

/**
 * Runs a function and throws if it leaves tensors behind that it does not return: in a test, or around every few steps of
 * a long run. Whatever else makes or disposes tensors while an asynchronous function runs is counted, too.
 *
 * @param run synchronous or asynchronous. Tensors in what it returns (alone, in arrays, in plain objects) are no leak
 * @returns what `run` returned
 * @throws Error with the number of tensors and bytes, if more stayed than allowed. What `run` throws passes through
 */
export function leakGuard<T>(run: () => T, options: LeakGuardOptions = {}): T {
  requireOptions<LeakGuardOptions>('leakGuard', options, { name: 1, allow: 1 });
  if (typeof run !== 'function') throw new TypeError(complaint('leakGuard', 'run', run, 'a function'));
  const { name = 'the function', allow = 0 } = options;
  if (!Number.isInteger(allow) || allow < 0) {
    throw new RangeError(`leakGuard: 'allow' is ${allow}; must be an integer from 0 on. Leave it out for 0.`);
  }
  const before = tf.memory();
  const [tensorsBefore, bytesBefore] = [before.numTensors, before.numBytes];
  const check = (result: unknown): void => {
    const { numTensors, numBytes } = tf.memory();
    const returned = new Set(tensorsIn(result));
    const tensors = numTensors - tensorsBefore - returned.size;
    if (tensors <= allow) return;
    let bytes = numBytes - bytesBefore;
    for (const tensor of returned) bytes -= tensor.size * tf.util.bytesPerElement(tensor.dtype);
    throw new Error(
      `leakGuard: ${name} left ${tensors} tensors (${bytes} bytes) behind; must be at most ${allow}. Dispose them, or wrap synchronous code in tf.tidy.`,
    );
  };
  const result = run();
  if (result instanceof Promise) {
    return result.then((value: unknown) => {
      check(value);
      return value;
    }) as T;
  }
  check(result);
  return result;
}

function tensorsIn(value: unknown): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.values(value).flatMap(tensorsIn);
  }
  return [];
}
