/** The loop that FGSM, BIM, PGD, MI, DI and TI share: x ← Π(x + α·sign(d)), in an ℓ∞ ball and in [0, 1]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { atLeast, integer, oneOf, positive } from '@assay-ml/numerics/check';
import { type Images, tensorOf } from '../images.js';
import type { WhiteBox } from '../models.js';
import { account, ascent, type Attacked, checkGoal, type Goal, gradientWarnings, reached } from './attack.js';

/** Options that all iterated attacks have. */
export interface LinfOptions {
  /** Radius ε of the ball, in the units of the images. */
  readonly epsilon: number;
  /** Steps, K. Default 40. */
  readonly steps?: number;
  /** Step size α. Default ε/8. */
  readonly step?: number;
  /** Where pixels are clamped to [0, 1]: in the loop, or, as AttackVLM's code, at the end alone. Default `loop`. */
  readonly clamp?: 'loop' | 'end';
  /** Leaves an image as it is once the attack has succeeded on it. Default false: later steps make the victim surer. */
  readonly earlyStop?: boolean;
  /** Looked at before each step. */
  readonly signal?: AbortSignal;
}

/** The names of {@link LinfOptions}. */
export const LINF = { epsilon: 1, steps: 1, step: 1, clamp: 1, earlyStop: 1, signal: 1 };

/** Where an attack differs from BIM. */
interface Variant {
  /** What is climbed, in place of the loss. */
  readonly gradient?: (x: Tensor4D, labels: Tensor1D, k: number) => Tensor4D;
  /** Where it starts; projected before the first step. */
  readonly start?: (x: Tensor4D) => Tensor4D;
  /** The direction from the gradient and the direction before. */
  readonly direction?: (g: Tensor4D, before: Tensor4D | null) => Tensor4D;
}

/** @throws RangeError for an option out of range */
function checkLinf(where: string, options: LinfOptions): Required<Omit<LinfOptions, 'signal'>> {
  const { epsilon, steps = 40, step = epsilon / 8, clamp = 'loop', earlyStop = false } = options;
  atLeast(where, 'epsilon', epsilon, 0, 'Images are in [0, 1]: 8/255 is usual.');
  integer(where, 'steps', steps, 1, 'Leave it out for 40.');
  if (epsilon > 0) positive(where, 'step', step, 'Leave it out for epsilon / 8.');
  oneOf(where, 'clamp', clamp, ['loop', 'end']);
  return { epsilon, steps, step, clamp, earlyStop };
}

/** One run of the loop. */
export async function iterate(
  where: string,
  model: WhiteBox,
  images: Images,
  goal: Goal,
  options: LinfOptions,
  { start, gradient = (x, labels) => ascent(model, x, labels, goal.targeted), direction = (g) => g }: Variant = {},
): Promise<Attacked> {
  checkGoal(where, images, goal, model.classes);
  const { epsilon, steps, step, clamp, earlyStop } = checkLinf(where, options);
  const [count] = images.shape;
  const clean = tensorOf(images);
  const labels = tf.tensor1d(Array.from(goal.labels), 'int32');
  const project = (x: Tensor4D): Tensor4D => {
    const near = tf.minimum(tf.maximum(x, tf.sub(clean, epsilon)), tf.add(clean, epsilon)) as Tensor4D;
    return clamp === 'loop' ? tf.clipByValue(near, 0, 1) : near;
  };
  let x = tf.tidy(() => (start ? project(start(clean)) : tf.clone(clean)));
  let d: Tensor4D | null = null;
  const queries = new Int32Array(count);
  const warnings: string[] = [];
  let open: Uint8Array | null = null;
  try {
    for (let k = 0; k < steps; k++) {
      options.signal?.throwIfAborted();
      if (earlyStop) {
        const z = tf.tidy(() => model.logits(x));
        open = Uint8Array.from(reached(await z.data<'float32'>(), model.classes, goal), (done) => (done ? 0 : 1));
        z.dispose();
        if (!open.includes(1)) break;
      }
      const next: Tensor4D[] = tf.tidy(() => {
        const g = gradient(x, labels, k);
        const along = direction(g, d);
        const moved = project(tf.add(x, tf.mul(tf.sign(along), step)));
        const mask = open && tf.tensor4d(open, [count, 1, 1, 1], 'bool');
        return [mask ? tf.where(mask, moved, x) : moved, along, ...(k === 0 ? [tf.clone(g)] : [])];
      });
      tf.dispose([x, ...(d ? [d] : [])]);
      [x, d] = next as [Tensor4D, Tensor4D];
      if (k === 0) {
        warnings.push(...gradientWarnings(await next[2]!.data<'float32'>(), count));
        next[2]!.dispose();
      }
      queries.forEach((n, i) => (queries[i] = n + (open?.[i] === 0 ? 0 : 1) + (earlyStop ? 1 : 0)));
    }
    const last = tf.tidy(() => (clamp === 'end' ? tf.clipByValue(x, 0, 1) : tf.clone(x)));
    const data = (await last.data<'float32'>()).slice();
    last.dispose();
    return await account(model, images, data, goal, queries, warnings);
  } finally {
    tf.dispose([clean, labels, x, ...(d ? [d] : [])]);
  }
}
