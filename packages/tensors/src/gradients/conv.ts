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

/** What a convolution joins: each of the three is a product of the other two. */
type Joined = Readonly<Record<'x' | 'filter' | 'dy', tf.Tensor>>;

/** The product that gives one of them. */
function product(of: keyof Joined, { x, filter, dy }: Joined, kind: Products, given: Attributes): tf.Tensor {
  if (of === 'dy') return run(kind.forward, { x, filter }, given);
  if (of === 'x') return run(kind.byInput, { dy, filter }, { ...given, inputShape: x.shape });
  return run(kind.byFilter, { x, dy }, { ...given, filterShape: filter.shape });
}

/**
 * The gradient of the kernel that gives `out`, by its two inputs. What comes for the gradient stands where `out` stood. Of the
 * forward kernel it is the gradient proper; the stock one forgets how the output's size was rounded.
 */
function gradientOf(kernelName: string, out: keyof Joined, kind: Products): tf.GradConfig {
  const inputs = (['x', 'dy', 'filter'] as const).filter((name) => name !== out);
  return {
    kernelName,
    inputsToSave: [...inputs],
    gradFunc: (dys, saved, attributes) => {
      const given = completed(attributes, kind.defaults);
      const dilations = [given['dilations']].flat() as number[];
      if (out === 'dy' && dilations.some((dilation) => dilation !== 1)) {
        throw new Error(
          `${kind.name}: 'dilations' is [${dilations}]; TensorFlow.js has no gradient for dilation rates greater than 1. Fill the filter up with zeros.`,
        );
      }
      const joined = { [inputs[0]!]: saved[0], [inputs[1]!]: saved[1], [out]: dys } as unknown as Joined;
      return Object.fromEntries(inputs.map((name) => [name, () => product(name, joined, kind, given)]));
    },
  };
}

/** Of conv2d, depthwiseConv2d and conv3d. */
export const convolutions = [conv2d, depthwise, conv3d].flatMap((kind) => [
  gradientOf(kind.forward, 'dy', kind),
  gradientOf(kind.byFilter, 'filter', kind),
  gradientOf(kind.byInput, 'x', kind),
]);
