/** Gradients that TensorFlow.js 4.22 lacks or gets wrong. Each is built from operations that can be differentiated again. */
// In Node it is tfjs-layers, not tfjs-core, that registers the gradients of TensorFlow.js.
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { convolutions } from './gradients/conv.js';
import { max, min } from './gradients/extremum.js';
import { gather } from './gradients/gather.js';
import { mirrorPad } from './gradients/mirror-pad.js';
import { pools } from './gradients/pool.js';
import { pow } from './gradients/pow.js';
import { prod } from './gradients/prod.js';
import { resizes } from './gradients/resize.js';
import { run } from './gradients/run.js';

/** EluGrad is dy · min(1, y + 1). */
const elu: tf.GradConfig = {
  kernelName: tf.EluGrad,
  inputsToSave: ['dy', 'y'],
  gradFunc: (ddx, saved) => {
    const [dy, y] = saved as [tf.Tensor, tf.Tensor];
    const dd = ddx as tf.Tensor;
    return {
      dy: () => run(tf.EluGrad, { dy: dd, y }),
      y: () => tf.mul(tf.mul(dd, dy), tf.cast(tf.less(y, 0), 'float32')),
    };
  },
};

/** Sums over the repetitions, an axis at a time. The stock gradient slices out each of them: seconds for a broadcast image. */
const tile: tf.GradConfig = {
  kernelName: tf.Tile,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes) => {
    const { reps } = attributes as unknown as { reps: number[] };
    return {
      x: () => {
        let sum = dy as tf.Tensor;
        const { shape } = x!;
        let before = 1;
        for (const [axis, side] of shape.entries()) {
          if (reps[axis] !== 1) sum = tf.sum(tf.reshape(sum, [before, reps[axis]!, -1]), 1);
          before *= side;
        }
        return tf.reshape(sum, shape);
      },
    };
  },
};

/** One pass on wasm and native; a gradient that is itself differentiated needs no kernel of its own. */
const relu: tf.GradConfig = {
  kernelName: tf.Relu,
  inputsToSave: ['x'],
  gradFunc: (dys, [x]) => {
    const dy = dys as tf.Tensor;
    const fast = ['wasm', 'tensorflow'].includes(tf.getBackend()) && !tf.engine().isTapeOn();
    return {
      x: () => (fast ? run('AssayReluGrad', { dy, x: x! }) : tf.mul(dy, tf.cast(tf.step(x!), 'float32'))),
    };
  },
};

/** A product of Einstein's notation is linear in each operand; axes that one alone had summed are spread again. */
const einsum: tf.GradConfig = {
  kernelName: tf.Einsum,
  saveAllInputs: true,
  gradFunc: (dys, saved, attributes) => {
    const dy = dys as tf.Tensor;
    const equation = (attributes['equation'] as string).replace(/\s/g, '');
    const [left, out] = equation.split('->') as [string, string];
    const terms = left.split(',');
    return Object.fromEntries(
      terms.map((term, t) => [
        String(t),
        () => {
          const others = terms.flatMap((label, u) => (u === t ? [] : [{ label, tensor: saved[u]! }]));
          const known = [...term].filter((axis) => [out, ...others.map(({ label }) => label)].join('').includes(axis));
          const axes = known.join('');
          // What einsum of cpu gives back for 'i->i' is the operand itself, whose gradient would count twice.
          const product =
            others.length === 0 && axes === out
              ? dy
              : tf.einsum(
                  `${[out, ...others.map(({ label }) => label)].join(',')}->${axes}`,
                  ...[dy, ...others.map(({ tensor }) => tensor)],
                );
          const { shape } = saved[t]!;
          const spread = [...term].map((axis, d) => (known.includes(axis) ? shape[d]! : 1));
          return tf.broadcastTo(tf.reshape(product, spread), shape);
        },
      ]),
    );
  },
};

/** A step function; the stock gradient is that of the quotient. */
const floorDiv: tf.GradConfig = {
  kernelName: tf.FloorDiv,
  inputsToSave: ['a', 'b'],
  gradFunc: (_, [a, b]) => ({ a: () => tf.zerosLike(a!), b: () => tf.zerosLike(b!) }),
};

const gradients = [
  ...convolutions,
  ...pools,
  ...resizes,
  einsum,
  elu,
  floorDiv,
  gather,
  max,
  min,
  mirrorPad,
  pow,
  prod,
  relu,
  tile,
];

/** Registers them, in place of the stock ones where there are any. */
export function registerGradients(): void {
  for (const gradient of gradients) {
    const stock = tf.getGradient(gradient.kernelName);
    if (stock === gradient) continue;
    if (stock) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}
