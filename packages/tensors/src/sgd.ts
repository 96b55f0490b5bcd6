/**
 * SGD with momentum and coupled weight decay, PyTorch's formula (`dampening` 0, no Nesterov):
 *
 *     d = (m ? g : 0) + λ·θ  gradient, masked, and decay
 *     v ← μ·v + d            velocity
 *     θ ← m ? θ − η·v : 0    masked again, so that a pruned weight is zero whatever gradient and velocity held, NaN too
 *
 * On a cured wasm a kernel for each parameter, with the bits that the primitives have there.
 */
import { requireKeys, requireList, requireOptions } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** One for each parameter: 1 where a weight is kept and 0 where it is pruned; null keeps all. */
export type Mask = readonly (Tensor | null)[];

/** The constants of a step. */
export interface SgdOptions {
  /** Learning rate η. */
  readonly rate: number;
  /** μ. */
  readonly momentum: number;
  /** λ. */
  readonly weightDecay: number;
  readonly mask?: Mask | undefined;
}

const NAMES = { rate: 1, momentum: 1, weightDecay: 1, mask: 1 };

/** What SGD changes; lists over the parameters. */
export type SgdState = {
  parameters: Tensor[];
  velocity: Tensor[];
};

/**
 * One step. Nothing is changed in place; call it in `tf.tidy`.
 * @param state parameters θ and velocities v
 * @param gradients of the parameters, in the same order
 * @throws TypeError for arguments of another kind; RangeError for an option that is not known
 */
export function sgd(state: SgdState, gradients: readonly Tensor[], options: SgdOptions): SgdState {
  requireOptions<SgdOptions>('sgd', options, NAMES);
  requireKeys('sgd', 'state', state, ['parameters', 'velocity'], 'Begin with velocities of zeros.');
  const { parameters, velocity } = state;
  requireList('sgd', 'gradients', gradients, 'Give tensors.');
  const { rate, momentum, weightDecay, mask } = options;
  const [eta, mu, lambda] = [tf.scalar(rate), tf.scalar(momentum), tf.scalar(weightDecay)];
  const next = parameters.map((theta, i) => {
    const m = mask?.[i] ?? null;
    const inputs = { theta, velocity: velocity[i]!, gradient: gradients[i]!, ...(m && { mask: m }) };
    if (fits(inputs)) {
      const [moved, v] = tf.engine().runKernel<Tensor[]>('AssaySgd', inputs, { rate, momentum, weightDecay });
      return { theta: moved!, v: v! };
    }
    const kept = (t: Tensor) => (m === null ? t : tf.where(tf.cast(m, 'bool'), t, tf.zerosLike(t)));
    const g = kept(gradients[i]!);
    const d = weightDecay === 0 ? g : tf.add(g, tf.mul(lambda, theta));
    const v = momentum === 0 ? d : tf.add(tf.mul(mu, velocity[i]!), d);
    const moved = tf.sub(theta, tf.mul(eta, v));
    return { theta: kept(moved), v };
  });
  return { parameters: next.map(({ theta }) => theta), velocity: next.map(({ v }) => v) };
}

/** Whether the kernel computes it: on a cured wasm, float32 and of one shape; steps that are differentiated it does not. */
function fits(inputs: Readonly<Record<string, Tensor>>): boolean {
  const { shape } = inputs['theta']!;
  return (
    tf.getKernel('AssaySgd', tf.getBackend()) !== undefined &&
    !tf.engine().isTapeOn() &&
    Object.values(inputs).every((t) => t.dtype === 'float32' && tf.util.arraysEqual(t.shape, shape))
  );
}
