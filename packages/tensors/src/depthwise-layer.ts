/** The layer `depthwiseConv2d` of tfjs-layers 4.22, which drops its `dilationRate`. Cure: it dilates, as Keras does. */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** What the layer keeps. */
interface DepthwiseLayer {
  readonly dilationRate: [number, number];
  readonly kernelSize: [number, number];
  readonly strides: [number, number];
  readonly padding: 'valid' | 'same';
  readonly dataFormat: 'channelsFirst' | 'channelsLast';
  readonly depthwiseKernel: { read(): tf.Tensor4D };
  readonly useBias: boolean;
  readonly bias: { read(): tf.Tensor } | null;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor } | null;
}

type Layer = Pick<layers.Layer, 'call' | 'computeOutputShape'>;

const cured = new WeakSet<object>();

/** Replaces the methods of the layer's class; a second call does nothing. */
export function cureDepthwiseLayer(): void {
  const [found] = tf.serialization.SerializationMap.getMap().classNameMap['DepthwiseConv2D'] ?? [];
  const methods = found?.prototype as unknown as (Layer & ThisType<DepthwiseLayer>) | undefined;
  if (!methods || cured.has(methods)) return;
  const { call, computeOutputShape } = methods;
  const dilates = (layer: DepthwiseLayer) => layer.dilationRate.some((rate) => rate !== 1);
  methods.call = function (this: DepthwiseLayer, inputs, options) {
    if (!dilates(this)) return call.call(this as never, inputs, options);
    return tf.tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const first = this.dataFormat === 'channelsFirst';
      const images = (first ? tf.transpose(x, [0, 2, 3, 1]) : x) as tf.Tensor4D;
      const kernel = this.depthwiseKernel.read();
      let y: tf.Tensor = tf.depthwiseConv2d(images, kernel, this.strides, this.padding, 'NHWC', this.dilationRate);
      if (this.useBias) y = tf.add(y, this.bias!.read());
      if (first) y = tf.transpose(y, [0, 3, 1, 2]);
      return this.activation ? this.activation.apply(y) : y;
    });
  };
  methods.computeOutputShape = function (this: DepthwiseLayer, shape) {
    const reach = this.kernelSize.map((taps, d) => (taps - 1) * this.dilationRate[d]! + 1);
    const dilated: unknown = Object.create(this, { kernelSize: { value: reach } });
    return computeOutputShape.call(dilated as never, shape);
  };
  cured.add(methods);
}
