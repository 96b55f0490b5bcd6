/**
 * Shapes of native TensorFlow's convolutions and pools. It knows no rounding of an output's size but down, and tfjs-node
 * drops the option: refused by name. Of no images it loses the channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

type Info = (inputs: tf.NamedTensorInfoMap, attributes: Readonly<Record<string, unknown>>) => number[];

const conv =
  (depthwise: boolean): Info =>
  ({ x, filter }, { strides, dilations, pad, dimRoundingMode }) =>
    tf.backend_util.computeConv2DInfo(
      ...([x!.shape, filter!.shape, strides, dilations ?? 1, pad, dimRoundingMode, depthwise] as unknown as Parameters<
        typeof tf.backend_util.computeConv2DInfo
      >),
    ).outShape;
const pool: Info = ({ x }, { filterSize, strides, pad, dimRoundingMode }) =>
  tf.backend_util.computePool2DInfo(
    ...([x!.shape, filterSize, strides, 1, pad, dimRoundingMode] as unknown as Parameters<
      typeof tf.backend_util.computePool2DInfo
    >),
  ).outShape;
const pool3d: Info = ({ x }, { filterSize, strides, pad, dimRoundingMode }) =>
  tf.backend_util.computePool3DInfo(
    ...([x!.shape, filterSize, strides, 1, pad, dimRoundingMode] as unknown as Parameters<
      typeof tf.backend_util.computePool3DInfo
    >),
  ).outShape;

const shapes: Readonly<Record<string, Info>> = {
  [tf.Conv2D]: conv(false),
  [tf.DepthwiseConv2dNative]: conv(true),
  [tf.FusedConv2D]: conv(false),
  [tf.FusedDepthwiseConv2D]: conv(true),
  [tf.MaxPool]: pool,
  [tf.AvgPool]: pool,
  [tf.MaxPool3D]: pool3d,
  [tf.AvgPool3D]: pool3d,
};

/** Stands before the kernels of the backend `tensorflow` if they are registered. */
export function cureNativeShapes(): void {
  for (const [kernelName, shapeOf] of Object.entries(shapes)) {
    if (!tf.getKernel(kernelName, 'tensorflow')) continue;
    replace('nativeShapes', kernelName, 'tensorflow', (stock) => (call) => {
      const attributes = (call.attrs ?? {}) as unknown as Readonly<Record<string, unknown>>;
      const mode = attributes['dimRoundingMode'];
      if (mode === 'ceil' || mode === 'round') {
        const [asked, down] = [mode, 'floor'].map((dimRoundingMode) =>
          String(shapeOf(call.inputs, { ...attributes, dimRoundingMode })),
        );
        if (asked !== down) {
          throw new Error(
            `${kernelName}: 'dimRoundingMode' is ${mode}, for an output of shape [${asked}]; native TensorFlow can only give [${down}]. Pad the input, or take another backend.`,
          );
        }
      }
      const shape = shapeOf(call.inputs, attributes);
      return shape.includes(0) ? tf.zeros(shape) : stock!.kernelFunc(call);
    });
  }
}
