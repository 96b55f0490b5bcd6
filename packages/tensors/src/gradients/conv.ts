/** Gradients of convolutions, and their own gradients: all three products are linear in each of their two inputs. */
import * as tf from '@tensorflow/tfjs-core';
import { type Attributes, run } from './run.js';

/** The products of one kind of convolution, and what the forward one needs beside their common attributes. */
interface Products {
  readonly name: string;
  readonly forward: string;
  readonly byInput: string;
  readonly byFilter: string;
  readonly defaults: Attributes;
}

const conv2d: Products = {
  name: 'conv2d',
  forward: tf.Conv2D,
  byInput: tf.Conv2DBackpropInput,
  byFilter: tf.Conv2DBackpropFilter,
  defaults: { dataFormat: 'NHWC', dilations: [1, 1] },
};
const depthwise: Products = {
  name: 'depthwiseConv2d',
  forward: tf.DepthwiseConv2dNative,
  byInput: tf.DepthwiseConv2dNativeBackpropInput,
  byFilter: tf.DepthwiseConv2dNativeBackpropFilter,
  defaults: { dataFormat: 'NHWC', dilations: [1, 1] },
};
const conv3d: Products = {
  name: 'conv3d',
  forward: tf.Conv3D,
  byInput: tf.Conv3DBackpropInputV2,
  byFilter: tf.Conv3DBackpropFilterV2,
  defaults: { dataFormat: 'NDHWC', dilations: [1, 1, 1] },
};

/** Layers leave dilations null. */
function completed(attributes: Attributes, defaults: Attributes): Attributes {
  return { ...defaults, ...attributes, dilations: attributes['dilations'] ?? defaults['dilations'] };
}

/** The gradient proper. The stock one forgets how the output's size was rounded. */
function ofForward({ name, forward, byInput, byFilter, defaults }: Products): tf.GradConfig {
  return {
    kernelName: forward,
    inputsToSave: ['x', 'filter'],
    gradFunc: (dys, saved, attributes) => {
      const [x, filter] = saved as [tf.Tensor, tf.Tensor];
      const dy = dys as tf.Tensor;
      const given = completed(attributes, defaults);
      const dilations = [given['dilations']].flat() as number[];
      if (dilations.some((dilation) => dilation !== 1)) {
        throw new Error(
          `${name}: 'dilations' is [${dilations}]; TensorFlow.js has no gradient for dilation rates greater than 1. Fill the filter up with zeros.`,
        );
      }
      return {
        x: () => run(byInput, { dy, filter }, { ...given, inputShape: x.shape }),
        filter: () => run(byFilter, { x, dy }, { ...given, filterShape: filter.shape }),
      };
    },
  };
}

/** That of the gradient by the filter. */
function ofFilter({ forward, byInput, byFilter, defaults }: Products): tf.GradConfig {
  return {
    kernelName: byFilter,
    inputsToSave: ['x', 'dy'],
    gradFunc: (ddw, saved, attributes) => {
      const [x, dy] = saved as [tf.Tensor, tf.Tensor];
      const filter = ddw as tf.Tensor;
      const given = completed(attributes, defaults);
      return {
        x: () => run(byInput, { dy, filter }, { ...given, inputShape: x.shape }),
        dy: () => run(forward, { x, filter }, given),
      };
    },
  };
}

/** That of the gradient by the image. */
function ofInput({ forward, byInput, byFilter, defaults }: Products): tf.GradConfig {
  return {
    kernelName: byInput,
    inputsToSave: ['dy', 'filter'],
    gradFunc: (ddx, saved, attributes) => {
      const [dy, filter] = saved as [tf.Tensor, tf.Tensor];
      const x = ddx as tf.Tensor;
      const given = completed(attributes, defaults);
      return {
        dy: () => run(forward, { x, filter }, given),
        filter: () => run(byFilter, { x, dy }, { ...given, filterShape: filter.shape }),
      };
    },
  };
}

/** Of conv2d, depthwiseConv2d and conv3d. */
export const convolutions = [conv2d, depthwise, conv3d].flatMap((products) => [
  ofForward(products),
  ofFilter(products),
  ofInput(products),
]);
