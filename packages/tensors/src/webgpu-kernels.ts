/** Stock kernels of the backend webgpu that are wrong in silence. */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

type First = (call: { inputs: tf.NamedTensorMap; attrs: Readonly<Record<string, unknown>> }) => tf.Tensor | undefined;

const run = (kernelName: string, inputs: tf.NamedTensorMap, attributes: object) =>
  tf.engine().runKernel<tf.Tensor>(kernelName, inputs, attributes as tf.NamedAttrMap);

/** Sums and products from the end begin anywhere: turned round twice. */
const cumulative =
  (kernelName: string): First =>
  ({ inputs, attrs }) => {
    if (attrs['reverse'] !== true) return undefined;
    const axis = attrs['axis'] as number;
    return tf.tidy(() =>
      tf.reverse(run(kernelName, { x: tf.reverse(inputs['x']!, axis) }, { ...attrs, reverse: false }), axis),
    );
  };

/** The place in a list comes as a list of one. */
const place =
  (kernelName: string): First =>
  ({ inputs, attrs }) => {
    const x = inputs['x']!;
    if (x.rank !== 1) return undefined;
    return tf.tidy(() => tf.reshape(run(kernelName, { x: tf.expandDims(x, 0) }, { ...attrs, axis: 1 }), []));
  };

/** A product forgets to keep the sides that it reduced. */
const prod: First = ({ inputs, attrs }) => {
  if (attrs['keepDims'] !== true) return undefined;
  const x = inputs['x']!;
  const axes = tf.util.parseAxisParam((attrs['axis'] ?? [...x.shape.keys()]) as number[], x.shape);
  const shape = x.shape.map((side, d) => (axes.includes(d) ? 1 : side));
  return tf.tidy(() => tf.reshape(run(tf.Prod, { x }, { ...attrs, keepDims: false }), shape));
};

/** An empty inner side gives zeros, not what memory held. */
const matMul: First = ({ inputs, attrs }) => {
  const [a, b] = [inputs['a']!, inputs['b']!];
  if (a.size > 0 && b.size > 0) return undefined;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tf.zeros([...outer, a.shape.at(attrs['transposeA'] ? -1 : -2)!, b.shape.at(attrs['transposeB'] ? -2 : -1)!]);
};

/** Filters as large as the image become a product of matrices that reads elsewhere. */
const conv =
  (name: string): First =>
  ({ inputs, attrs }) => {
    const [, height, width] = inputs['x']!.shape;
    const [down, across] = inputs['filter']!.shape;
    if (attrs['pad'] === 'same' || height !== down || width !== across || height! * width! === 1) return undefined;
    throw new Error(
      `${name}: the filter has the image's size, [${height}, ${width}]; must be smaller on webgpu, whose kernel is wrong there. Use tf.matMul.`,
    );
  };

/** Whole numbers are summed as the bits of floats. */
const segmentSum: First = ({ inputs, attrs }) => {
  const x = inputs['x']!;
  if (x.dtype === 'float32') return undefined;
  return tf.tidy(() => tf.cast(run(tf.UnsortedSegmentSum, { ...inputs, x: tf.cast(x, 'float32') }, attrs), x.dtype));
};

/** A line alone gains an axis. */
const fourier =
  (name: string): First =>
  ({ inputs }) => {
    if (inputs['input']!.rank !== 1) return undefined;
    throw new Error(`${name}: the input has one axis; must have two at least on webgpu. Use tf.expandDims.`);
  };

/** Truth values are stored as whole numbers, whose bits kernels compiled for floats read. */
const cast: First = ({ inputs, attrs }) => {
  const x = inputs['x']!;
  if (x.dtype !== 'bool' || attrs['dtype'] !== 'float32') return undefined;
  return tf.tidy(() => tf.where(x, tf.scalar(1), tf.scalar(0)));
};

const refuse =
  (message: string): First =>
  () => {
    throw new Error(message);
  };

/** Powers of whole numbers are rounded down from floats. */
const pow: First = ({ inputs, attrs }) => {
  const [a, b] = [inputs['a']!, inputs['b']!];
  if (a.dtype !== 'int32' || b.dtype !== 'int32') return undefined;
  return tf.tidy(() =>
    tf.cast(tf.round(run(tf.Pow, { a: tf.cast(a, 'float32'), b: tf.cast(b, 'float32') }, attrs)), 'int32'),
  );
};

const firsts: Readonly<Record<string, First>> = {
  [tf.ArgMax]: place(tf.ArgMax),
  [tf.ArgMin]: place(tf.ArgMin),
  [tf.BatchMatMul]: matMul,
  [tf.Cast]: cast,
  [tf.Conv2D]: conv('conv2d'),
  [tf.Cumprod]: cumulative(tf.Cumprod),
  [tf.Cumsum]: cumulative(tf.Cumsum),
  [tf.DenseBincount]: refuse('denseBincount: the kernel of the backend webgpu adds wrongly. Take another backend.'),
  [tf.FFT]: fourier('fft'),
  [tf.FusedConv2D]: conv('fused.conv2d'),
  [tf.IFFT]: fourier('ifft'),
  [tf.Pow]: pow,
  [tf.Prod]: prod,
  [tf.Transform]: refuse('transform: the kernel of the backend webgpu is wrong. Take another backend.'),
  [tf.UnsortedSegmentSum]: segmentSum,
};

/** Stands before the stock kernels if they are registered. */
export function cureWebgpu(): void {
  for (const [kernelName, first] of Object.entries(firsts)) {
    if (!tf.getKernel(kernelName, 'webgpu')) continue;
    replace('webgpu', kernelName, 'webgpu', (stock) => (call) => {
      const inputs = call.inputs as tf.NamedTensorMap;
      const attrs = (call.attrs ?? {}) as unknown as Readonly<Record<string, unknown>>;
      return first({ inputs, attrs }) ?? stock!.kernelFunc(call);
    });
  }
}
