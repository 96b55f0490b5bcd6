/**
 * Forward convolutions that stay with the stock kernels: depthwise ones, and those fused with bias and activation, which
 * layers call outside a gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { PartialKernel, WasmBackend } from './heap.js';

interface Attributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  /** Layers leave it null. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Shape4 = [number, number, number, number];

/**
 * The stock kernels count the output's pixels once more, from pads and stride, and their pads of 'same' are an unsigned
 * number. Where their count is not TensorFlow.js's (strides above the kernel with 'same', rounding, dilated kernels with
 * pads in numbers) they write elsewhere or read out of bounds. Cure: they get the image cut and padded to the pixels that
 * the windows cover, and 'valid', for which both counts agree.
 */
function onCoveredImage(kernelName: string, depthwise: boolean): PartialKernel {
  return ({ inputs, attrs, backend }) => {
    const { preluActivationWeights, ...others } = inputs;
    // Given for another activation they keep the stock kernel from computing at all.
    if (preluActivationWeights && (attrs as unknown as { activation: string }).activation !== 'prelu') {
      return tf.engine().runKernel<tf.Tensor>(kernelName, others as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
    }
    const { x, filter } = inputs as { x: tf.Tensor; filter: tf.TensorInfo };
    const { strides, pad, dilations, dimRoundingMode } = attrs as unknown as Attributes;
    const c = tf.backend_util.computeConv2DInfo(
      ...[x.shape as Shape4, filter.shape as Shape4, strides, dilations ?? 1, pad, dimRoundingMode, depthwise],
    );
    if (c.outHeight < 0 || c.outWidth < 0) {
      throw new Error(
        `${kernelName}: the kernel's window is ${c.effectiveFilterHeight}×${c.effectiveFilterWidth} pixels; must fit into the padded image of shape [${x.shape}]. Use 'same' or a smaller dilation.`,
      );
    }
    if (tf.util.sizeFromShape(c.outShape) === 0) return (backend as WasmBackend).makeOutput(c.outShape, 'float32');
    const { top, bottom, left, right } = c.padInfo;
    const down = (c.outHeight - 1) * c.strideHeight + c.effectiveFilterHeight;
    const across = (c.outWidth - 1) * c.strideWidth + c.effectiveFilterWidth;
    const agrees = (side: number, pads: number, covered: number, stride: number) =>
      pad === 'same' ? covered >= side : covered <= side + pads && side + pads < covered + stride;
    if (
      agrees(c.inHeight, top + bottom, down, c.strideHeight) &&
      agrees(c.inWidth, left + right, across, c.strideWidth)
    ) {
      return undefined;
    }
    return tf.tidy(() => {
      const [above, aside] = [Math.min(top, down), Math.min(left, across)];
      const height = Math.min(c.inHeight, down - above);
      const width = Math.min(c.inWidth, across - aside);
      const cut = tf.slice(x, [0, 0, 0, 0], [c.batchSize, height, width, c.inChannels]);
      const image = tf.pad(cut, [
        [0, 0],
        [above, down - above - height],
        [aside, across - aside - width],
        [0, 0],
      ]);
      const covered = { ...attrs, pad: 'valid', dimRoundingMode: undefined } as unknown as tf.NamedAttrMap;
      return tf.engine().runKernel<tf.Tensor>(kernelName, { ...inputs, x: image } as tf.NamedTensorMap, covered);
    });
  };
}

/** Stands before the stock depthwise convolution. */
export const depthwise = onCoveredImage(tf.DepthwiseConv2dNative, true);

/** Stands before the stock fused convolution. */
export const fusedConv2d = onCoveredImage(tf.FusedConv2D, false);

/** Stands before the stock fused depthwise convolution. */
export const fusedDepthwise = onCoveredImage(tf.FusedDepthwiseConv2D, true);
