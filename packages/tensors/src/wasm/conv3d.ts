import * as tf from '@tensorflow/tfjs-core';

/** The gradient of conv3d by its input: for each tap in depth that of conv2d, added up where the tap met the images. */
export const conv3dBackpropInput: tf.KernelFunc = ({ inputs, attrs }) => {
  const { dy, filter } = inputs as { dy: tf.Tensor; filter: tf.Tensor };
  const { strides, pad, inputShape } = attrs as unknown as {
    strides: number | [number, number, number];
    pad: 'same' | 'valid';
    inputShape: [number, number, number, number, number];
  };
  const filterShape = filter.shape as typeof inputShape;
  const c = tf.backend_util.computeConv3DInfo(inputShape, filterShape, strides, 1, pad);
  const { front, top, bottom, left, right } = c.padInfo;
  const attributes = {
    strides: [c.strideHeight, c.strideWidth],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    inputShape: [c.batchSize * c.outDepth, c.inHeight, c.inWidth, c.inChannels],
  } as unknown as tf.NamedAttrMap;
  return tf.tidy(() => {
    const images = tf.reshape(dy, [c.batchSize * c.outDepth, c.outHeight, c.outWidth, c.outChannels]);
    const slabs: tf.Tensor[][] = Array.from({ length: c.inDepth }, () => [
      tf.zeros([c.batchSize, c.inHeight, c.inWidth, c.inChannels]),
    ]);
    for (const [tap, plane] of tf.unstack(filter).entries()) {
      const gradient = tf.engine().runKernel<tf.Tensor>(
        tf.Conv2DBackpropInput,
        { dy: images, filter: plane },
        attributes,
      );
      const byDepth = tf.reshape(gradient, [c.batchSize, c.outDepth, c.inHeight, c.inWidth, c.inChannels]);
      for (const [d, slab] of tf.unstack(byDepth, 1).entries()) {
        slabs[d * c.strideDepth + tap - front]?.push(slab);
      }
    }
    return tf.stack(
      slabs.map((list) => tf.addN(list)),
      1,
    );
  });
};
