/** Gradients that TensorFlow.js 4.22 lacks. Each is built from operations that can be differentiated again. */
// In Node it is tfjs-layers, not tfjs-core, that registers the gradients of TensorFlow.js.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The filter gradient is linear in the image and in dy, so its own gradients are the other two products of the convolution. */
const convFilter: tf.GradConfig = {
  kernelName: tf.Conv2DBackpropFilter,
  inputsToSave: ['x', 'dy'],
  gradFunc: (ddw, [x, dy], attributes) => {
    const { strides, pad, dataFormat = 'NHWC', dimRoundingMode } = attributes as unknown as ConvAttributes;
    const filter = ddw as tf.Tensor4D;
    const image = x as tf.Tensor4D;
    return {
      x: () =>
        tf.engine().runKernel(tf.Conv2DBackpropInput, { dy: dy!, filter }, {
          strides,
          pad,
          dataFormat,
          dimRoundingMode,
          inputShape: image.shape,
        } as unknown as tf.NamedAttrMap) as tf.Tensor,
      dy: () => tf.conv2d(image, filter, strides, pad, dataFormat, 1, dimRoundingMode),
    };
  },
};

/** Registers what is missing. */
export function registerGradients(): void {
  for (const gradient of [convFilter]) {
    if (!tf.getGradient(gradient.kernelName)) tf.registerGradient(gradient);
  }
}
