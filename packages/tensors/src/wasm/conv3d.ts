/** Gradients of conv3d by those of conv2d, a tap in depth at a time: the stock kernels are wrong for two channels and more. */
import * as tf from '@tensorflow/tfjs-core';

interface Attributes {
  readonly strides: number | [number, number, number];
  readonly pad: 'same' | 'valid';
  readonly inputShape: Shape5;
  readonly filterShape: Shape5;
}

type Shape5 = [number, number, number, number, number];

/** Sizes, and the attributes of the images' convolution. */
function planesOf(inputShape: Shape5, filterShape: Shape5, { strides, pad }: Attributes) {
  const c = tf.backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad);
  const { top, bottom, left, right } = c.padInfo;
  const attributes = {
    strides: [c.strideHeight, c.strideWidth],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dataFormat: 'NHWC',
  };
  return { c, attributes, front: c.padInfo.front };
}

/** The gradient by the input: each tap's is added where the tap met the images. */
export const conv3dBackpropInput: tf.KernelFunc = ({ inputs, attrs }) => {
  const { dy, filter } = inputs as { dy: tf.Tensor; filter: tf.Tensor };
  const given = attrs as unknown as Attributes;
  const { c, attributes, front } = planesOf(given.inputShape, filter.shape as Shape5, given);
  const inputShape = [c.batchSize * c.outDepth, c.inHeight, c.inWidth, c.inChannels];
  return tf.tidy(() => {
    const images = tf.reshape(dy, [c.batchSize * c.outDepth, c.outHeight, c.outWidth, c.outChannels]);
    const slabs: tf.Tensor[][] = Array.from({ length: c.inDepth }, () => [
      tf.zeros([c.batchSize, c.inHeight, c.inWidth, c.inChannels]),
    ]);
    for (const [tap, plane] of tf.unstack(filter).entries()) {
      const gradient = tf.engine().runKernel<tf.Tensor>(tf.Conv2DBackpropInput, { dy: images, filter: plane }, {
        ...attributes,
        inputShape,
      } as never);
      const byDepth = tf.reshape(gradient, [c.batchSize, c.outDepth, c.inHeight, c.inWidth, c.inChannels]);
      for (const [d, slab] of tf.unstack(byDepth, 1).entries()) slabs[d * c.strideDepth + tap - front]?.push(slab);
    }
    return tf.stack(
      slabs.map((list) => tf.addN(list)),
      1,
    );
  });
};

/** The gradient by the filter: each tap's over the images that it met. */
export const conv3dBackpropFilter: tf.KernelFunc = ({ inputs, attrs }) => {
  const { x, dy } = inputs as { x: tf.Tensor; dy: tf.Tensor };
  const given = attrs as unknown as Attributes;
  const { c, attributes, front } = planesOf(x.shape as Shape5, given.filterShape, given);
  const filterShape = [c.filterHeight, c.filterWidth, c.inChannels, c.outChannels];
  return tf.tidy(() => {
    const [images, slopes] = [tf.unstack(x, 1), tf.unstack(dy, 1)];
    return tf.stack(
      Array.from({ length: c.filterDepth }, (_, tap) => {
        const met = slopes.flatMap((slope, d) => {
          const image = images[d * c.strideDepth + tap - front];
          return image ? [{ image, slope }] : [];
        });
        if (met.length === 0) return tf.zeros(filterShape);
        const joined = { x: tf.concat(met.map(({ image }) => image)), dy: tf.concat(met.map(({ slope }) => slope)) };
        return tf
          .engine()
          .runKernel<tf.Tensor>(tf.Conv2DBackpropFilter, joined, { ...attributes, filterShape } as never);
      }),
    );
  });
};
