/** Gradients that TensorFlow.js 4.22 lacks or gets wrong. Each is built from operations that can be differentiated again. */
// In Node it is tfjs-layers, not tfjs-core, that registers the gradients of TensorFlow.js.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { type PoolAttributes, poolInfo } from './pool-info.js';

type Attributes = Readonly<Record<string, unknown>>;

function run(kernelName: string, inputs: tf.NamedTensorMap, attributes: Attributes = {}): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(kernelName, inputs, attributes as unknown as tf.NamedAttrMap);
}

/** The gradient by the filter is linear in the image and in dy: its gradients are the other two products of the convolution. */
function filterGradient(kernelName: string, forward: string, backward: string): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['x', 'dy'],
    gradFunc: (ddw, saved, attributes) => {
      const [x, dy] = saved as [tf.Tensor, tf.Tensor];
      const filter = ddw as tf.Tensor;
      const given = attributes as Attributes;
      return {
        x: () => run(backward, { dy, filter }, { ...given, inputShape: x.shape }),
        dy: () => run(forward, { x, filter }, { dataFormat: 'NHWC', dilations: [1, 1], ...given }),
      };
    },
  };
}

/** The depthwise gradient by the image, likewise. (TensorFlow.js has the one of conv2d.) */
const depthwiseInput: tf.GradConfig = {
  kernelName: tf.DepthwiseConv2dNativeBackpropInput,
  inputsToSave: ['dy', 'filter'],
  gradFunc: (ddx, saved, attributes) => {
    const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
    const x = ddx as tf.Tensor;
    const given = attributes as Attributes;
    return {
      dy: () => run(tf.DepthwiseConv2dNative, { x, filter }, { dataFormat: 'NHWC', ...given }),
      filter: () => run(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { ...given, filterShape: filter.shape }),
    };
  },
};

/** EluGrad is dy · min(1, y + 1). */
const elu: tf.GradConfig = {
  kernelName: tf.EluGrad,
  inputsToSave: ['dy', 'y'],
  gradFunc: (ddx, saved) => {
    const [dy, y] = saved as [tf.Tensor, tf.Tensor];
    const dd = ddx as tf.Tensor;
    return {
      dy: () => run(tf.EluGrad, { dy: dd, y }),
      y: () => tf.mul(tf.mul(dd, dy), tf.cast(tf.less(y, 0), 'float32')),
    };
  },
};

/** The gradient of average pooling is linear in dy and knows the image only by its shape. */
const avgPool: tf.GradConfig = {
  kernelName: tf.AvgPoolGrad,
  inputsToSave: ['input'],
  gradFunc: (ddx, [input], attributes) => ({
    dy: () => run(tf.AvgPool, { x: ddx as tf.Tensor }, attributes as Attributes),
    input: () => tf.zerosLike(input!),
  }),
};

/** What `values` has where each window of `image` has its first maximum. */
function takeAtMaximum(values: tf.Tensor4D, image: tf.Tensor4D, output: tf.Tensor, attributes: PoolAttributes) {
  const c = poolInfo(image, attributes);
  const { top, left } = c.padInfo;
  const bottom = Math.max(0, (c.outHeight - 1) * c.strideHeight + c.filterHeight - c.inHeight - top);
  const right = Math.max(0, (c.outWidth - 1) * c.strideWidth + c.filterWidth - c.inWidth - left);
  const borders: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const padded = tf.pad(image, borders, -Infinity);
  const paddedValues = tf.pad(values, borders);
  let taken = tf.zerosLike(output);
  let open = tf.onesLike(output);
  for (let r = 0; r < c.filterHeight; r++) {
    for (let s = 0; s < c.filterWidth; s++) {
      const end = [
        c.batchSize,
        r + (c.outHeight - 1) * c.strideHeight + 1,
        s + (c.outWidth - 1) * c.strideWidth + 1,
        c.inChannels,
      ];
      const tap = (x: tf.Tensor) => tf.stridedSlice(x, [0, r, s, 0], end, [1, c.strideHeight, c.strideWidth, 1]);
      const here = tf.mul(open, tf.cast(tf.equal(tap(padded), output), 'float32'));
      taken = tf.add(taken, tf.mul(here, tap(paddedValues)));
      open = tf.sub(open, here);
    }
  }
  return taken;
}

/** The gradient of max pooling is linear in dy; where the maxima are does not change with the image. */
const maxPool: tf.GradConfig = {
  kernelName: tf.MaxPoolGrad,
  inputsToSave: ['input', 'output'],
  gradFunc: (ddx, saved, attributes) => {
    const [input, output] = saved as [tf.Tensor4D, tf.Tensor];
    return {
      dy: () => takeAtMaximum(ddx as tf.Tensor4D, input, output, attributes as unknown as PoolAttributes),
      input: () => tf.zerosLike(input),
      output: () => tf.zerosLike(output),
    };
  },
};

/** Sums over the repetitions, an axis at a time. The stock gradient slices out each of them: seconds for a broadcast image. */
const tile: tf.GradConfig = {
  kernelName: tf.Tile,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes) => {
    const { reps } = attributes as unknown as { reps: number[] };
    return {
      x: () => {
        let sum = dy as tf.Tensor;
        const { shape } = x!;
        let before = 1;
        for (const [axis, side] of shape.entries()) {
          if (reps[axis] !== 1) sum = tf.sum(tf.reshape(sum, [before, reps[axis]!, -1]), 1);
          before *= side;
        }
        return tf.reshape(sum, shape);
      },
    };
  },
};

/** One pass on wasm and native; a gradient that is itself differentiated needs no kernel of its own. */
const relu: tf.GradConfig = {
  kernelName: tf.Relu,
  inputsToSave: ['x'],
  gradFunc: (dys, [x]) => {
    const dy = dys as tf.Tensor;
    const fast = ['wasm', 'tensorflow'].includes(tf.getBackend()) && !tf.engine().isTapeOn();
    return {
      x: () => (fast ? run('AssayReluGrad', { dy, x: x! }) : tf.mul(dy, tf.cast(tf.step(x!), 'float32'))),
    };
  },
};

/** A product of Einstein's notation is linear in each operand; axes that one alone had summed are spread again. */
const einsum: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dys, saved, attributes) => {
    const dy = dys as tf.Tensor;
    const equation = (attributes['equation'] as string).replace(/\s/g, '');
    const [left, out] = equation.split('->') as [string, string];
    const terms = left.split(',');
    return Object.fromEntries(
      terms.map((term, t) => [
        String(t),
        () => {
          const others = terms.flatMap((label, u) => (u === t ? [] : [{ label, tensor: saved[u]! }]));
          const known = [...term].filter((axis) => [out, ...others.map(({ label }) => label)].join('').includes(axis));
          const product = tf.einsum(
            `${[out, ...others.map(({ label }) => label)].join(',')}->${known.join('')}`,
            ...[dy, ...others.map(({ tensor }) => tensor)],
          );
          const { shape } = saved[t]!;
          const spread = [...term].map((axis, d) => (known.includes(axis) ? shape[d]! : 1));
          return tf.broadcastTo(tf.reshape(product, spread), shape);
        },
      ]),
    );
  },
};

const gradients = [
  filterGradient(tf.Conv2DBackpropFilter, tf.Conv2D, tf.Conv2DBackpropInput),
  filterGradient(
    tf.DepthwiseConv2dNativeBackpropFilter,
    tf.DepthwiseConv2dNative,
    tf.DepthwiseConv2dNativeBackpropInput,
  ),
  depthwiseInput,
  einsum,
  elu,
  avgPool,
  maxPool,
  relu,
  tile,
];

/** Registers them, in place of the stock ones where there are any. */
export function registerGradients(): void {
  for (const gradient of gradients) {
    const stock = tf.getGradient(gradient.kernelName);
    if (stock === gradient) continue;
    if (stock) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}
