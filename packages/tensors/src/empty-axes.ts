/**
 * Reductions of no numbers. The backends differ on them in silence: the maximum is NaN on cpu, −∞ on native TensorFlow and
 * what memory held on wasm. Refused by name. (A sum is 0 everywhere.)
 */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

const kernels = [tf.All, tf.Any, tf.ArgMax, tf.ArgMin, tf.Max, tf.Mean, tf.Min, tf.Prod];

/** Stands before the kernels of all backends that are registered. */
export function refuseEmptyAxes(): void {
  for (const backendName of ['cpu', 'wasm', 'tensorflow', 'webgpu']) {
    for (const kernelName of kernels) {
      if (!tf.getKernel(kernelName, backendName)) continue;
      replace('emptyAxes', kernelName, backendName, (stock) => (call) => {
        const { shape } = call.inputs['x']!;
        if (shape.includes(0)) requireNumbers(kernelName, shape, call.attrs ?? {});
        return stock!.kernelFunc(call);
      });
    }
  }
}

function requireNumbers(kernelName: string, shape: number[], attributes: tf.NamedAttrMap): void {
  const given = (attributes['axis'] ?? attributes['reductionIndices']) as unknown as number | number[] | null | undefined;
  const axes = tf.util.parseAxisParam(given ?? [...shape.keys()], shape);
  if (!axes.some((axis) => shape[axis] === 0) || shape.some((side, d) => side === 0 && !axes.includes(d))) return;
  throw new Error(
    `${kernelName}: a tensor of shape [${shape}] has no numbers along axis ${axes}; must have one at least. Leave the empty ones out.`,
  );
}
