import * as tf from '@tensorflow/tfjs-core';

const cured = Symbol.for('@assay-ml/tensors: cured');

type Cured = tf.KernelFunc & { [cured]?: true };

/** Puts another function in a kernel's place; `make` gets the one that was there. */
function replace(kernelName: string, make: (stock: tf.KernelFunc) => tf.KernelFunc): void {
  const old = tf.getKernel(kernelName, 'wasm');
  if ((old?.kernelFunc as Cured | undefined)?.[cured]) return;
  const missing: tf.KernelFunc = () => {
    throw new Error(`${kernelName}: the backend wasm has no such kernel.`);
  };
  const kernelFunc: Cured = make(old?.kernelFunc ?? missing);
  kernelFunc[cured] = true;
  if (old) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ ...old, kernelName, backendName: 'wasm', kernelFunc });
}

/** Cures the backend `wasm`, if its kernels are registered. */
export function cureWasm(): void {
  if (tf.getKernelsForBackend('wasm').length === 0) return;
  replace(
    tf.BatchMatMul,
    (stock) =>
      ({ inputs, attrs, backend }) =>
        tf.tidy(() => {
          const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
          const flip = (t: tf.Tensor, yes: boolean) => {
            const axes = t.shape.map((_, i) => i);
            return yes ? tf.transpose(t, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]) : t;
          };
          const a = flip(inputs['a'] as tf.Tensor, transposeA);
          const b = flip(inputs['b'] as tf.Tensor, transposeB);
          return stock({ inputs: { a, b }, attrs: { transposeA: false, transposeB: false }, backend }) as tf.Tensor;
        }),
  );
  replace(
    tf.Conv2DBackpropFilter,
    () =>
      ({ inputs, attrs }) =>
        tf.tidy(() => {
          const x = inputs['x'] as tf.Tensor4D;
          const dy = inputs['dy'] as tf.Tensor4D;
          const a = attrs as unknown as {
            strides: [number, number];
            pad: 'same' | 'valid' | number;
            dimRoundingMode?: 'floor';
            filterShape: [number, number, number, number];
          };
          const c = tf.backend_util.computeConv2DInfo(
            x.shape,
            a.filterShape,
            a.strides,
            1,
            a.pad,
            a.dimRoundingMode,
            false,
          );
          const p = c.padInfo;
          const image = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
            [0, 0],
            [p.top, p.bottom],
            [p.left, p.right],
            [0, 0],
          ]) as tf.Tensor4D;
          const filter = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
          const full = tf.conv2d(image, filter, 1, 'valid', 'NHWC', [c.strideHeight, c.strideWidth]);
          return tf.transpose(tf.slice(full, [0, 0, 0, 0], [-1, c.filterHeight, c.filterWidth, -1]), [1, 2, 0, 3]);
        }),
  );
}
