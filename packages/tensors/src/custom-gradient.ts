/**
 * Custom gradients that are differentiated again. What such a function saves in between (`tf.losses.softmaxCrossEntropy` its
 * log softmax, say) is a constant to TensorFlow.js 4.22: second derivatives are silently wrong. Cure: a gradient that is
 * itself recorded computes the function anew from its inputs, so that what it saves depends on them.
 */
import * as tf from '@tensorflow/tfjs-core';

type CustomFunction = (...args: unknown[]) => {
  readonly value: tf.Tensor;
  readonly gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
};

/** The engine's entry of `tf.customGrad`. */
interface Engine {
  customGrad(f: CustomFunction): (...inputs: tf.Tensor[]) => tf.Tensor;
  nextTensorId(): number;
}

const repaired = Symbol.for('@assay-ml/tensors: custom gradients repaired');

/** Installs the cure in the one engine there is; a second call does nothing. */
export function repairCustomGradients(): void {
  const engine = tf.engine() as unknown as Engine & { [repaired]?: true };
  if (engine[repaired]) return;
  const stock = engine.customGrad;
  engine.customGrad = function (this: Engine, f: CustomFunction) {
    const cured: CustomFunction = (...args) => {
      const inputs = args.slice(0, -1) as tf.Tensor[];
      const save = args.at(-1) as tf.GradSaveFunc;
      const first = engine.nextTensorId();
      let kept: tf.Tensor[] = [];
      const { value, gradFunc } = f(...inputs, (tensors: tf.Tensor[]) => {
        kept = tensors;
        save([...tensors, ...inputs]);
      });
      // What was there before (inputs, labels) needs no second run.
      const known = kept.every((tensor) => tensor === value || tensor.id < first);
      return {
        value,
        gradFunc: (dy, saved) => {
          if (known || !tf.engine().isTapeOn()) return gradFunc(dy, saved.slice(0, kept.length));
          let anew: tf.Tensor[] = [];
          const again = f(...saved.slice(kept.length), (tensors: tf.Tensor[]) => (anew = tensors));
          return again.gradFunc(dy, anew);
        },
      };
    };
    return stock.call(this, cured);
  };
  engine[repaired] = true;
}
