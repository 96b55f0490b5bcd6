/** Clipping in front of any optimiser. */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { complaint, requireOptions } from '@assay-ml/numerics/check';
import { clipTensors, keeper } from './clip-tensors.js';
import { startOf } from './level.js';
import { checkClip, type Clip } from './method.js';
import type { NamedTensor, Statistics } from './optimizer.js';

/**
 * Makes any optimiser clip its gradients first: in Adam's case both the direction and the accumulator then see the clipped
 * gradient, which is what the theory asks for. Gradients that are not finite become zeros, and are counted.
 * @param optimizer of TensorFlow.js, new or in use; it is changed and given back, with `clipStatistics`
 * @throws RangeError for a level that is missing or not above 0
 * @example
 * model.compile({ optimizer: clip(tf.train.adam(1e-3), { level: 1 }), loss: 'meanSquaredError' });
 */
export function clip<O extends Optimizer>(
  optimizer: O,
  options: Pick<Clip, 'level' | 'mode'>,
): O & { clipStatistics(): Promise<Statistics> } {
  if (typeof (optimizer as Partial<O> | null)?.applyGradients !== 'function') {
    throw new TypeError(complaint('clip', 'optimizer', optimizer, 'an optimiser of TensorFlow.js', 'For instance tf.train.adam(1e-3).')); // prettier-ignore
  }
  requireOptions<Pick<Clip, 'level' | 'mode'>>('clip', options, { level: 1, mode: 1 });
  const full = checkClip('clip', options)!;
  let steps = 0;
  let [level, clipped, skipped] = [startOf(full.level), 0, 0].map((value) => tf.keep(tf.scalar(value))) as [Scalar, Scalar, Scalar]; // prettier-ignore
  const applyGradients = optimizer.applyGradients.bind(optimizer);
  const dispose = optimizer.dispose.bind(optimizer);
  return Object.assign(optimizer, {
    applyGradients(given: tf.NamedTensorMap | NamedTensor[]) {
      const list = Array.isArray(given) ? given : Object.entries(given).map(([name, tensor]) => ({ name, tensor }));
      // In their places: what an optimiser remembers of a variable goes by its place in the list.
      const present = list.filter(({ tensor }) => ((tensor as Tensor | null | undefined) ?? null) !== null);
      if (present.length === 0) {
        applyGradients(list);
        steps++;
        return;
      }
      const before = [level, clipped, skipped];
      tf.tidy(() => {
        const cut = clipTensors(full, steps, level, present.map(({ tensor }) => tensor)); // prettier-ignore
        const keep = keeper(cut.finite);
        const clippedOnes = present.map((_, i) => {
          const [tensor, factor] = [cut.tensors[i]!, cut.factors[i]!];
          const whole = factor ? tf.mul(tensor, factor) : tensor;
          return keep(whole, tf.zerosLike(whole));
        });
        applyGradients(list.map((one) => ({ ...one, tensor: clippedOnes[present.indexOf(one)]! })));
        level = tf.keep(cut.nextLevel ?? tf.clone(level));
        clipped = tf.keep(tf.add(clipped, cut.part));
        skipped = tf.keep(tf.add(skipped, tf.sub(1, tf.cast(cut.finite, 'float32'))));
      });
      tf.dispose(before);
      steps++;
    },
    dispose() {
      tf.dispose([level, clipped, skipped]);
      dispose();
    },
    async clipStatistics(): Promise<Statistics> {
      const [part, left, now] = await Promise.all([clipped, skipped, level].map(async (s) => (await s.data())[0]!));
      return { steps, skipped: left!, clippedFraction: part! / Math.max(1, steps - left!), level: now! };
    },
  });
}
