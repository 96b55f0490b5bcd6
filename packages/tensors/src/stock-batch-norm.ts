/**
 * `tf.batchNorm` without scale or offset, and the layer with `scale: false` or `center: false`. The gradient of TensorFlow.js 4.22
 * saves what is not there, its tape holds it, and the layer in training reads it: a raw TypeError on each backend. Cure: ones and
 * zeros stand in for them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { layers } from '@tensorflow/tfjs-layers';

/** The engine's entry of all operations. */
interface Engine {
  runKernel(kernelName: string, inputs: tf.NamedTensorMap, attributes?: tf.NamedAttrMap): tf.Tensor | tf.Tensor[];
  isTapeOn(): boolean;
}

const repaired = Symbol.for('@assay-ml/tensors: batch normalisation repaired');

/** What the layer keeps: variables that tfjs-layers reads. */
interface BatchNormLayer {
  readonly gamma?: { read(): tf.Tensor };
  readonly beta?: { read(): tf.Tensor };
  readonly movingMean: { read(): tf.Tensor };
}

const cured = new WeakSet<object>();

/** Installs both cures, in the one engine there is and in the layer's class; a second call does nothing. */
export function cureStockBatchNorm(): void {
  cureLayer();
  const engine = tf.engine() as unknown as Engine & { [repaired]?: true };
  if (engine[repaired]) return;
  const stock = engine.runKernel;
  engine.runKernel = function (this: Engine, kernelName, inputs, attributes) {
    if (kernelName !== tf.FusedBatchNorm || !this.isTapeOn()) return stock.call(this, kernelName, inputs, attributes);
    const { scale, offset, mean } = inputs as { scale?: tf.Tensor; offset?: tf.Tensor; mean: tf.Tensor };
    const whole = { ...inputs, scale: scale ?? tf.onesLike(mean), offset: offset ?? tf.zerosLike(mean) };
    return stock.call(this, kernelName, whole, attributes);
  };
  engine[repaired] = true;
}

function cureLayer(): void {
  const [found] = tf.serialization.SerializationMap.getMap().classNameMap['BatchNormalization'] ?? [];
  const methods = found?.prototype as unknown as (Pick<layers.Layer, 'call'> & ThisType<BatchNormLayer>) | undefined;
  if (!methods || cured.has(methods)) return;
  const { call } = methods;
  methods.call = function (this: BatchNormLayer, inputs, options) {
    const { gamma, beta } = this;
    if (!options['training'] || (gamma && beta)) return call.call(this as never, inputs, options);
    return tf.tidy(() => {
      const mean = this.movingMean.read();
      const whole: unknown = Object.create(this, {
        gamma: { value: gamma ?? { read: () => tf.onesLike(mean) } },
        beta: { value: beta ?? { read: () => tf.zerosLike(mean) } },
      });
      return call.call(whole as never, inputs, options);
    });
  };
  cured.add(methods);
}
