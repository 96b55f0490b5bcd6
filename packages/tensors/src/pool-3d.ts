/**
 * Pooling over volumes, by pooling over images twice: height and width, then depth. A maximum of maxima is one, and so is a
 * mean of means of windows of one size. The stock gradient of the average divides by the whole window at borders (cpu,
 * wasm, webgpu); wasm's maximum starts from the smallest positive number.
 */
import * as tf from '@tensorflow/tfjs-core';
import { replace } from './replace.js';

interface Attributes {
  readonly filterSize: number | [number, number, number];
  readonly strides: number | [number, number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Both stages: shapes that make images of volumes, and the attributes of their pooling. */
function stagesOf(shape: readonly number[], { filterSize, strides, pad, dimRoundingMode }: Attributes) {
  const c = tf.backend_util.computePool3DInfo(
    ...[shape as [number, number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode],
  );
  const { batchSize, inDepth, inHeight, inWidth, inChannels, outDepth, outHeight, outWidth } = c;
  const { top, left, front } = c.padInfo;
  /** Pads behind that give just the windows there are. */
  const behind = (before: number, windows: number, stride: number, taps: number, side: number) =>
    Math.max(0, (windows - 1) * stride + taps - side - before);
  const stage = (
    filter: [number, number],
    steps: [number, number],
    down: [number, number],
    across: [number, number],
  ) => ({
    filterSize: filter,
    strides: steps,
    pad: [[0, 0], down, across, [0, 0]],
  });
  const bottom = behind(top, outHeight, c.strideHeight, c.filterHeight, inHeight);
  const right = behind(left, outWidth, c.strideWidth, c.filterWidth, inWidth);
  const back = behind(front, outDepth, c.strideDepth, c.filterDepth, inDepth);
  return {
    planes: [batchSize * inDepth, inHeight, inWidth, inChannels],
    columns: [batchSize, inDepth, outHeight * outWidth, inChannels],
    outShape: [batchSize, outDepth, outHeight, outWidth, inChannels],
    outColumns: [batchSize, outDepth, outHeight * outWidth, inChannels],
    outPlanes: [batchSize * inDepth, outHeight, outWidth, inChannels],
    first: stage([c.filterHeight, c.filterWidth], [c.strideHeight, c.strideWidth], [top, bottom], [left, right]),
    second: stage([c.filterDepth, 1], [c.strideDepth, 1], [front, back], [0, 0]),
  };
}

const run = (kernelName: string, inputs: tf.NamedTensorMap, attributes: object) =>
  tf.engine().runKernel<tf.Tensor>(kernelName, inputs, attributes as tf.NamedAttrMap);

const maxPool: tf.KernelFunc = ({ inputs, attrs }) => {
  const x = inputs['x'] as tf.Tensor;
  const stages = stagesOf(x.shape, attrs as unknown as Attributes);
  return tf.tidy(() => {
    const planes = run(tf.MaxPool, { x: tf.reshape(x, stages.planes) }, stages.first);
    return tf.reshape(run(tf.MaxPool, { x: tf.reshape(planes, stages.columns) }, stages.second), stages.outShape);
  });
};

const maxPoolGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
  const stages = stagesOf(input.shape, attrs as unknown as Attributes);
  return tf.tidy(() => {
    const x = tf.reshape(input, stages.planes);
    const planes = run(tf.MaxPool, { x }, stages.first);
    const columns = tf.reshape(planes, stages.columns);
    const output = run(tf.MaxPool, { x: columns }, stages.second);
    const slopes = run(
      ...[tf.MaxPoolGrad, { dy: tf.reshape(dy, stages.outColumns), input: columns, output }, stages.second],
    );
    const slope = tf.reshape(slopes, stages.outPlanes);
    return tf.reshape(run(tf.MaxPoolGrad, { dy: slope, input: x, output: planes }, stages.first), input.shape);
  });
};

const avgPoolGradient: tf.KernelFunc = ({ inputs, attrs }) => {
  const { dy, input } = inputs as { dy: tf.Tensor; input: tf.Tensor };
  const stages = stagesOf(input.shape, attrs as unknown as Attributes);
  return tf.tidy(() => {
    // Of the images only the shape is asked.
    const columns = run(
      ...[tf.AvgPoolGrad, { dy: tf.reshape(dy, stages.outColumns), input: tf.zeros(stages.columns) }, stages.second],
    );
    const slope = tf.reshape(columns, stages.outPlanes);
    return tf.reshape(
      run(tf.AvgPoolGrad, { dy: slope, input: tf.reshape(input, stages.planes) }, stages.first),
      input.shape,
    );
  });
};

/** Replaces the kernels on the backends that are registered. */
export function curePool3d(): void {
  for (const backendName of ['cpu', 'wasm', 'webgpu', 'webgl']) {
    if (!tf.getKernel(tf.AvgPool3DGrad, backendName)) continue;
    replace('pool3d', tf.AvgPool3DGrad, backendName, () => avgPoolGradient);
    if (backendName === 'wasm') replace('pool3d', tf.MaxPool3D, backendName, () => maxPool);
    // That of webgpu counts from the wrong border.
    if (backendName === 'wasm' || backendName === 'webgpu')
      replace('pool3d', tf.MaxPool3DGrad, backendName, () => maxPoolGradient);
  }
}
