/** What the engine computes for a model's forward pass: nothing is asked of the model itself. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import { onesInput } from './criteria/synflow.js';
import type { Model, Values } from './model.js';

/** Inputs of a kernel by their names in TensorFlow.js. */
export type Inputs = Readonly<Record<string, Tensor | undefined>>;
/** What else a kernel is given. */
export type Attributes = Readonly<Record<string, unknown>>;
type Engine = { runKernel(name: string, inputs: Inputs, attributes?: Attributes): Tensor | Tensor[] };

/** Who is told of a pass. */
interface Watcher {
  /** The example, before the pass. */
  start?(x: Tensor): void;
  /** Each kernel that the engine ran; of kernels that run others, the outer one alone. */
  note(name: string, inputs: Inputs, attributes: Attributes, outputs: readonly Tensor[]): void;
  /** What came out, still on the backend. */
  end?(output: Tensor): void;
}

/**
 * Runs one example, of ones, through a model.
 * @throws RangeError for a model whose input has a side of no fixed length
 */
export function watch(where: string, model: Model, values: Values, watcher: Watcher): void {
  const x = onesInput(where, model);
  const engine = tf.engine() as unknown as Engine;
  const run = engine.runKernel;
  let inside = false;
  engine.runKernel = (name, inputs, attributes = {}) => {
    if (inside) return run.call(engine, name, inputs, attributes);
    inside = true;
    try {
      const outputs = run.call(engine, name, inputs, attributes);
      watcher.note(name, inputs, attributes, [outputs].flat());
      return outputs;
    } finally {
      inside = false;
    }
  };
  try {
    watcher.start?.(x);
    tf.tidy(() => {
      const output = model.forward(values, x);
      watcher.end?.(output);
    });
  } finally {
    engine.runKernel = run;
    x.dispose();
  }
}
