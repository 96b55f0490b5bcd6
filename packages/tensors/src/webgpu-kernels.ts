/** Stock kernels of the backend webgpu that are wrong in silence. */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';
import { einsum } from './wasm/einsum.js';
import { refuseEmpty } from './webgpu-empty.js';

interface Call {
  readonly inputs: tf.NamedTensorMap;
  readonly attrs: Readonly<Record<string, unknown>>;
  /** What the stock kernel gives. */
  readonly stock: () => tf.TensorInfo;
}
type First = (call: Call) => tf.TensorInfo | undefined;

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

/** A sum over no numbers is zero; stock divides by their count. */
const sum: First = ({ inputs, attrs }) => {
  const x = inputs['x']!;
  if (x.size > 0) return undefined;
  const axes = tf.util.parseAxisParam((attrs['axis'] ?? [...x.shape.keys()]) as number[], x.shape);
  const shape = attrs['keepDims']
    ? x.shape.map((side, d) => (axes.includes(d) ? 1 : side))
    : x.shape.filter((_, d) => !axes.includes(d));
  return tf.zeros(shape, tf.sumOutType(x.dtype));
};

/** A product forgets to keep the sides that it reduced. */
const prod: First = ({ inputs, attrs }) => {
  if (attrs['keepDims'] !== true) return undefined;
  const x = inputs['x']!;
  const axes = tf.util.parseAxisParam((attrs['axis'] ?? [...x.shape.keys()]) as number[], x.shape);
  const shape = x.shape.map((side, d) => (axes.includes(d) ? 1 : side));
  return tf.tidy(() => tf.reshape(run(tf.Prod, { x }, { ...attrs, keepDims: false }), shape));
};

/** Products of nothing, through the products of this package. */
const einsumOfNothing: First = ({ inputs, attrs }) =>
  Object.values(inputs).some(({ size }) => size === 0)
    ? (einsum({ inputs, attrs: attrs as tf.NamedAttrMap, backend: tf.backend() }) as tf.Tensor)
    : undefined;

/**
 * From 2000 terms on the kernel may add them in parts, and then reads a transposed second factor by fours along the wrong
 * axis: it is transposed before.
 */
const longProduct =
  (kernelName: string): First =>
  ({ inputs, attrs }) => {
    const b = inputs['b']!;
    if (attrs['transposeB'] !== true || b.shape.at(-1)! < 2000) return undefined;
    const last = b.rank - 1;
    const axes = [...Array.from({ length: last - 1 }, (_, d) => d), last, last - 1];
    return tf.tidy(() => run(kernelName, { ...inputs, b: tf.transpose(b, axes) }, { ...attrs, transposeB: false }));
  };

/** An empty inner side gives zeros, not what memory held. */
const matMul: First = (call) => {
  const { inputs, attrs } = call;
  const [a, b] = [inputs['a']!, inputs['b']!];
  if (a.size > 0 && b.size > 0) return longProduct(tf.BatchMatMul)(call);
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tf.zeros([...outer, a.shape.at(attrs['transposeA'] ? -1 : -2)!, b.shape.at(attrs['transposeB'] ? -2 : -1)!]);
};

/** Of no images, no image. */
const conv: First = ({ inputs, attrs }) => {
  const { x, filter } = inputs as { x: tf.Tensor; filter: tf.Tensor };
  if (x.size > 0) return undefined;
  const { outShape } = tf.backend_util.computeConv2DInfo(
    ...([
      x.shape,
      filter.shape,
      attrs['strides'],
      attrs['dilations'],
      attrs['pad'],
      attrs['dimRoundingMode'],
    ] as unknown as Parameters<typeof tf.backend_util.computeConv2DInfo>),
  );
  return outShape.includes(0) ? tf.zeros(outShape) : undefined;
};

/** A gradient by what no image met is zero; the stock kernel leaves what memory held. */
const unmet =
  (shape: 'filterShape' | 'inputShape'): First =>
  ({ inputs, attrs }) =>
    Object.values(inputs).some(({ size }) => size === 0) ? tf.zeros(attrs[shape] as number[]) : undefined;

/** Whole numbers are summed as the bits of floats. */
const segmentSum: First = ({ inputs, attrs }) => {
  const x = inputs['x']!;
  if (x.size === 0) return tf.zeros([attrs['numSegments'] as number, ...x.shape.slice(1)], x.dtype);
  if (x.dtype === 'float32') return undefined;
  return tf.tidy(() => tf.cast(run(tf.UnsortedSegmentSum, { ...inputs, x: tf.cast(x, 'float32') }, attrs), x.dtype));
};

/** The parts of complex numbers that were reshaped have the shape of before. */
const part: First = ({ inputs, stock }) => ({ ...stock(), shape: inputs['input']!.shape });
const complexOf = (compute: (part: (x: tf.Tensor) => tf.Tensor) => tf.Tensor) =>
  tf.tidy(() => tf.complex(compute(tf.real), compute(tf.imag)));

const concat: First = ({ inputs, attrs }) => {
  const list = Object.values(inputs);
  if (list[0]!.dtype !== 'complex64') return undefined;
  return complexOf((of) => tf.concat(list.map(of), attrs['axis'] as number));
};

/** Truth values are stored as whole numbers, whose bits kernels compiled for floats read. */
const cast: First = ({ inputs, attrs }) => {
  const x = inputs['x']!;
  if (x.dtype === 'complex64' && attrs['dtype'] !== 'complex64') {
    return tf.tidy(() => tf.cast(tf.real(x), attrs['dtype'] as tf.DataType));
  }
  if (x.dtype !== 'bool' || attrs['dtype'] !== 'float32') return undefined;
  if (x.size === 0) return tf.zeros(x.shape);
  return tf.tidy(() => tf.where(x, tf.scalar(1), tf.scalar(0)));
};

/** A truth value stays true, as on cpu; stock makes −1 of it, which is read as 255. */
const neg: First = ({ inputs }) => (inputs['x']!.dtype === 'bool' ? tf.clone(inputs['x']!) : undefined);

/** One transform for all images is read beyond its end from the second on. */
const transform: First = ({ inputs, attrs }) => {
  const { image, transforms } = inputs as { image: tf.Tensor; transforms: tf.Tensor };
  const count = image.shape[0]!;
  if (transforms.shape[0] === count) return undefined;
  return tf.tidy(() => run(tf.Transform, { image, transforms: tf.tile(transforms, [count, 1]) }, attrs));
};

/**
 * Every row is counted in bins of its own, all of them one list: stock takes the sizes of its input for those of the
 * output. What is in no bin is left out; stock looks for negative numbers elsewhere in memory. Weights that are no floats are
 * added as the bits of floats, and a binary output does not compile.
 */
const bincount: First = ({ inputs, attrs }) => {
  const { x, weights } = inputs as { x: tf.Tensor; weights: tf.Tensor };
  const {
    size,
    binaryOutput = false,
    ready = false,
  } = attrs as {
    size: number;
    binaryOutput?: boolean;
    ready?: boolean;
  };
  if (ready) return undefined;
  return tf.tidy(() => {
    const rows = x.rank === 2 ? x.shape[0]! : 1;
    const binned = tf.logicalAnd(tf.greaterEqual(x, tf.scalar(0, 'int32')), tf.less(x, tf.scalar(size, 'int32')));
    const first = tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(size, 'int32'));
    const own = tf.add(x, x.rank === 2 ? tf.expandDims(first, 1) : first);
    const places = tf.reshape(tf.where(binned, own, tf.scalar(rows * size, 'int32')), [-1]);
    const weight = binaryOutput ? tf.tensor1d([]) : tf.reshape(tf.cast(weights, 'float32'), [weights.size]);
    const sums = run(tf.Bincount, { x: places, weights: weight }, { size: rows * size, ready: true });
    const counts = tf.reshape(sums, x.rank === 2 ? [rows, size] : [size]);
    return tf.cast(binaryOutput ? tf.minimum(counts, 1) : counts, weights.dtype);
  });
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
  [tf.Bincount]: bincount,
  [tf.Cast]: cast,
  [tf.Concat]: concat,
  [tf.Conv2D]: conv,
  [tf.Conv2DBackpropFilter]: unmet('filterShape'),
  [tf.Conv2DBackpropInput]: unmet('inputShape'),
  [tf.Conv3DBackpropFilterV2]: unmet('filterShape'),
  [tf.Conv3DBackpropInputV2]: unmet('inputShape'),
  [tf.Cumprod]: cumulative(tf.Cumprod),
  [tf.Cumsum]: cumulative(tf.Cumsum),
  [tf.DenseBincount]: bincount,
  [tf.DepthwiseConv2dNativeBackpropFilter]: unmet('filterShape'),
  [tf.DepthwiseConv2dNativeBackpropInput]: unmet('inputShape'),
  [tf.Einsum]: einsumOfNothing,
  [tf.FusedConv2D]: conv,
  [tf._FusedMatMul]: longProduct(tf._FusedMatMul),
  [tf.Imag]: part,
  [tf.Neg]: neg,
  [tf.Pow]: pow,
  [tf.Prod]: prod,
  [tf.Real]: part,
  [tf.Sum]: sum,
  [tf.Transform]: transform,
  [tf.UnsortedSegmentSum]: segmentSum,
};

/** Stands before the stock kernels if they are registered. */
export function cureWebgpu(): void {
  for (const { kernelName } of tf.getKernelsForBackend('webgpu')) {
    const first = firsts[kernelName];
    replace('webgpu', kernelName, 'webgpu', (before) => (call) => {
      const inputs = call.inputs as tf.NamedTensorMap;
      const attrs = (call.attrs ?? {}) as unknown as Readonly<Record<string, unknown>>;
      refuseEmpty(kernelName, call.backend);
      const stock = () => before!.kernelFunc(call) as tf.TensorInfo;
      return first?.({ inputs, attrs, stock }) ?? stock();
    });
  }
}
