import * as tf from '@tensorflow/tfjs-core';
import { convolve, gradientByFilter, gradientByImage } from './conv-blas.js';
import { addressOf, kernelsOf, type WasmBackend, withScratch } from './heap.js';

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dilations?: [number, number] | number;
  readonly filterShape: [number, number, number, number];
  readonly inputShape: [number, number, number, number];
}

type Shape4 = [number, number, number, number];

function infoOf(
  name: string,
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: ConvAttributes,
) {
  const { strides, pad, dataFormat = 'NHWC', dimRoundingMode, dilations = 1 } = attributes;
  if (dataFormat !== 'NHWC') {
    throw new Error(`${name}: 'dataFormat' is ${dataFormat}; must be NHWC on wasm. Transpose the images.`);
  }
  return tf.backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
}

/** TensorFlow.js has no gradient of a dilated convolution; the kernels take each tap from the pixel next to the last one's. */
function gradientInfoOf(x: readonly number[], filter: readonly number[], attributes: ConvAttributes) {
  const c = infoOf('conv2d gradient', x, filter, attributes);
  if (c.dilationHeight === 1 && c.dilationWidth === 1) return c;
  throw new Error(
    `conv2d gradient: 'dilations' is [${c.dilationHeight}, ${c.dilationWidth}]; must be 1 on wasm. Fill the filter up with zeros.`,
  );
}

const up8 = (n: number) => 8 * Math.ceil(n / 8);

/** Scratch of `conv` beside the packed filter. */
const places = (depth: number, taps: number) => 4 * (depth + 64 * taps + 64);

/** The convolution itself. */
export const conv2d: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, filter } = inputs as { x: tf.TensorInfo; filter: tf.TensorInfo };
  const c = infoOf('conv2d', x.shape, filter.shape, attrs as unknown as ConvAttributes);
  const out = backend.makeOutput(c.outShape, 'float32');
  if (tf.util.sizeFromShape(c.outShape) === 0) return out;
  if (convolve(backend, c, addressOf(backend, x), addressOf(backend, filter), addressOf(backend, out))) return out;
  const taps = c.filterHeight * c.filterWidth;
  const packed = 4 * taps * c.inChannels * up8(c.outChannels);
  const tap = 4 * c.inChannels * c.outChannels;
  const { packFilter, conv } = kernelsOf(backend);
  withScratch(backend, packed + places(c.inChannels, taps), (scratch) => {
    packFilter(
      ...[c.filterHeight, c.filterWidth, c.inChannels, c.outChannels, addressOf(backend, filter)],
      ...[tap * c.filterWidth, tap, 4 * c.outChannels, 4, scratch],
    );
    conv(
      ...[c.batchSize, c.inHeight, c.inWidth, c.inChannels, addressOf(backend, x)],
      ...[c.outHeight, c.outWidth, 0, 0, 1, 1, c.outHeight, c.outWidth, c.outChannels, addressOf(backend, out)],
      ...[c.filterHeight, c.filterWidth, scratch, c.strideHeight, c.strideWidth, c.dilationHeight, c.dilationWidth],
      ...[c.padInfo.top, c.padInfo.left, scratch + packed],
    );
  });
  return out;
};

/**
 * Along one axis, the image's pixels p, p + stride, … of each phase p, and the taps that reach them: those with
 * tap ≡ p + pad (mod stride), the last one first.
 */
function phasesOf(side: number, stride: number, pad: number, taps: number) {
  return Array.from({ length: Math.min(stride, side) }, (_, p) => {
    const first = (p + pad) % stride;
    const count = Math.max(0, Math.ceil((taps - first) / stride));
    const before = count - 1 - (p + pad - first) / stride;
    return { p, pixels: Math.ceil((side - p) / stride), count, last: first + (count - 1) * stride, before };
  });
}

/** The gradient by the image: for each phase of the stride the convolution of dy with the taps that reach it, reversed. */
export const conv2dBackpropInput: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
  const attributes = attrs as unknown as ConvAttributes;
  const c = gradientInfoOf(attributes.inputShape, filter.shape, attributes);
  const out = backend.makeOutput(c.inShape, 'float32');
  if (tf.util.sizeFromShape(c.inShape) === 0) return out;
  if (gradientByImage(backend, c, addressOf(backend, dy), addressOf(backend, filter), addressOf(backend, out)))
    return out;
  const taps = c.filterHeight * c.filterWidth;
  const packed = 4 * taps * c.outChannels * up8(c.inChannels);
  const tap = 4 * c.inChannels * c.outChannels;
  const { packFilter, conv } = kernelsOf(backend);
  withScratch(backend, packed + places(c.outChannels, taps), (scratch) => {
    for (const down of phasesOf(c.inHeight, c.strideHeight, c.padInfo.top, c.filterHeight)) {
      for (const across of phasesOf(c.inWidth, c.strideWidth, c.padInfo.left, c.filterWidth)) {
        packFilter(
          ...[down.count, across.count, c.outChannels, c.inChannels],
          addressOf(backend, filter) + tap * (down.last * c.filterWidth + across.last),
          ...[-tap * c.strideHeight * c.filterWidth, -tap * c.strideWidth, 4, 4 * c.outChannels, scratch],
        );
        conv(
          ...[c.batchSize, c.outHeight, c.outWidth, c.outChannels, addressOf(backend, dy)],
          ...[down.pixels, across.pixels, down.p, across.p, c.strideHeight, c.strideWidth],
          ...[c.inHeight, c.inWidth, c.inChannels, addressOf(backend, out)],
          ...[down.count, across.count, scratch, 1, 1, 1, 1, down.before, across.before, scratch + packed],
        );
      }
    }
  });
  return out;
};

/** The gradient by the filter, which the backend lacks. */
export const conv2dBackpropFilter: tf.KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as unknown as WasmBackend;
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const attributes = attrs as unknown as ConvAttributes;
  const c = gradientInfoOf(x.shape, attributes.filterShape, attributes);
  const out = backend.makeOutput(c.filterShape, 'float32');
  if (tf.util.sizeFromShape(c.filterShape) === 0) return out;
  if (tf.util.sizeFromShape(c.outShape) === 0) {
    backend.wasm.HEAPU8.fill(
      0,
      addressOf(backend, out),
      addressOf(backend, out) + 4 * tf.util.sizeFromShape(out.shape),
    );
    return out;
  }
  if (gradientByFilter(backend, c, addressOf(backend, x), addressOf(backend, dy), addressOf(backend, out))) return out;
  const taps = c.filterHeight * c.filterWidth;
  const { convFilter, filterLines } = kernelsOf(backend);
  const pixels = c.outWidth * filterLines(c.outHeight, c.outWidth);
  const bytes = 4 * up8(c.outChannels) * (pixels + 4 * taps * Math.ceil(c.inChannels / 4));
  withScratch(backend, bytes, (scratch) => {
    convFilter(
      ...[c.batchSize, c.inHeight, c.inWidth, c.inChannels, addressOf(backend, x)],
      ...[c.outHeight, c.outWidth, c.outChannels, addressOf(backend, dy)],
      ...[c.filterHeight, c.filterWidth, c.strideHeight, c.strideWidth, c.padInfo.top, c.padInfo.left],
      ...[addressOf(backend, out), scratch],
    );
  });
  return out;
};
