import * as tf from '@tensorflow/tfjs-core';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

interface DepthwiseAttributes {
  readonly strides: [number, number] | number;
  readonly dilations?: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly inputShape: [number, number, number, number];
  readonly filterShape: [number, number, number, number];
}

function infoOf(inputShape: readonly number[], filterShape: readonly number[], attributes: DepthwiseAttributes) {
  const { strides, dilations = 1, pad, dimRoundingMode } = attributes;
  const [image, filter] = [inputShape, filterShape] as [
    [number, number, number, number],
    [number, number, number, number],
  ];
  return tf.backend_util.computeConv2DInfo(image, filter, strides, dilations, pad, dimRoundingMode, true);
}

const steps = (c: tf.backend_util.Conv2DInfo) => [
  ...[c.filterHeight, c.filterWidth, c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth],
  ...[c.padInfo.top, c.padInfo.left],
];

/** The gradient of a depthwise convolution by the image, which the backend lacks. */
export const depthwiseInput: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
  const attributes = attrs as unknown as DepthwiseAttributes;
  const c = infoOf(attributes.inputShape, filter.shape, attributes);
  const out = backend.makeOutput(c.inShape, 'float32');
  kernelsOf(backend).depthwiseInput(
    ...[c.batchSize, c.inHeight, c.inWidth, c.inChannels, filter.shape[3]!],
    ...[
      c.outHeight,
      c.outWidth,
      addressOf(backend, dy),
      ...steps(c),
      addressOf(backend, filter),
      addressOf(backend, out),
    ],
  );
  return out;
};

/** The gradient of a depthwise convolution by the filter, which the backend lacks. */
export const depthwiseFilter: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const attributes = attrs as unknown as DepthwiseAttributes;
  const c = infoOf(x.shape, attributes.filterShape, attributes);
  const out = backend.makeOutput(attributes.filterShape, 'float32');
  withScratch(backend, 4 * tf.util.sizeFromShape(attributes.filterShape), (scratch) => {
    kernelsOf(backend).depthwiseFilter(
      ...[c.batchSize, c.inHeight, c.inWidth, c.inChannels, attributes.filterShape[3], addressOf(backend, x)],
      ...[c.outHeight, c.outWidth, addressOf(backend, dy), ...steps(c), addressOf(backend, out), scratch],
    );
  });
  return out;
};
