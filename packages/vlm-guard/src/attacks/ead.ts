import * as tf from '@tensorflow/tfjs-core';
import { atLeast, integer, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';
import { type Images, tensorOf } from '../images.js';
import type { WhiteBox } from '../models.js';
import { account, type Attacked, checkGoal, type Goal, gradientWarnings, margins } from './attack.js';
import { searchWeights } from './weights.js';

/** Options of {@link ead}. */
export interface EadOptions {
  /** Of ‖x′ − x‖₁, β. Default 1e-3. */
  readonly beta?: number;
  /** What makes a success the nearest: ‖δ‖₁, or ‖δ‖² + β‖δ‖₁. Default `en`. */
  readonly rule?: 'en' | 'l1';
  /** κ: by how much the label must be ahead. Default 0. */
  readonly confidence?: number;
  /** Of the first step; it falls with the root of what is left. Default 0.01. */
  readonly rate?: number;
  /** For each weight. Default 1000. */
  readonly steps?: number;
  /** Weights c that are tried, by bisection. Default 9. */
  readonly searches?: number;
  /** The first c. Default 1e-3. */
  readonly weight?: number;
  /** Looked at before each step. */
  readonly signal?: AbortSignal;
}

/**
 * EAD (Chen et al., AAAI 2018): c·max(margin, −κ) + ‖x′ − x‖² + β‖x′ − x‖₁ by FISTA: x_{k+1} = S_β(y_k − α_k ∇g(y_k)),
 * y_{k+1} = x_{k+1} + k/(k + 3)·(x_{k+1} − x_k), where S_β keeps a pixel that moved by at most β, and moves others by β less, within [0, 1].
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function ead(model: WhiteBox, images: Images, goal: Goal, options: EadOptions = {}): Promise<Attacked> {
  requireOptions<EadOptions>('ead', options, { beta: 1, rule: 1, confidence: 1, rate: 1, steps: 1, searches: 1, weight: 1, signal: 1 }); // prettier-ignore
  const { beta = 1e-3, rule = 'en', confidence = 0, rate = 0.01, steps = 1000, searches = 9, weight = 1e-3, signal } = options; // prettier-ignore
  checkGoal('ead', images, goal, model.classes);
  atLeast('ead', 'beta', beta, 0, 'Leave it out for 1e-3.');
  oneOf('ead', 'rule', rule, ['en', 'l1']);
  atLeast('ead', 'confidence', confidence, 0, 'Leave it out for 0.');
  positive('ead', 'rate', rate, 'Leave it out for 0.01.');
  integer('ead', 'steps', steps, 1, 'Leave it out for 1000.');
  integer('ead', 'searches', searches, 1, 'Leave it out for 9.');
  positive('ead', 'weight', weight, 'Leave it out for 1e-3.');
  const [count] = images.shape;
  const clean = tensorOf(images);
  const labels = tf.tensor1d(Array.from(goal.labels), 'int32');
  const ahead = (x: tf.Tensor4D) => {
    const behind = margins(model.logits(x), labels);
    return (goal.targeted ? behind : tf.neg(behind)) as tf.Tensor1D;
  };
  const search = searchWeights(images, weight);
  const warnings: string[] = [];
  const queries = new Int32Array(count);
  try {
    for (let s = 0; s < searches; s++) {
      const c = tf.tensor1d(search.weights);
      let [x, y] = [tf.clone(clean), tf.clone(clean)];
      try {
        for (let k = 0; k < steps; k++) {
          signal?.throwIfAborted();
          const out = tf.tidy(() => {
            const smooth = (at: tf.Tensor) =>
              tf.sum(
                tf.add(
                  tf.mul(c, tf.maximum(ahead(at as tf.Tensor4D), -confidence)),
                  tf.sum(tf.square(tf.sub(at, clean)), [1, 2, 3]),
                ),
              );
            const g = tf.grad(smooth)(y);
            const z = tf.sub(y, tf.mul(g, rate * Math.sqrt(1 - k / steps)));
            const moved = tf.sub(z, clean);
            const shrunk = tf.where(tf.greater(moved, 0), tf.minimum(tf.sub(z, beta), 1), tf.maximum(tf.add(z, beta), 0)); // prettier-ignore
            const next = tf.where(tf.lessEqual(tf.abs(moved), beta), clean, shrunk) as tf.Tensor4D;
            const further = tf.add(next, tf.mul(tf.sub(next, x), k / (k + 3))) as tf.Tensor4D;
            const change = tf.sub(next, clean);
            const l1 = tf.sum(tf.abs(change), [1, 2, 3]);
            const distance = rule === 'l1' ? l1 : tf.add(tf.sum(tf.square(change), [1, 2, 3]), tf.mul(l1, beta));
            return { g, next, further, distance, margin: ahead(next) };
          });
          tf.dispose([x, y]);
          [x, y] = [out.next, out.further];
          const [values, distance, margin] = await Promise.all([x, out.distance, out.margin].map((t) => t.data<'float32'>())); // prettier-ignore
          if (s === 0 && k === 0) warnings.push(...gradientWarnings(await out.g.data<'float32'>(), count));
          tf.dispose([out.g, out.distance, out.margin]);
          search.offer(
            values!,
            distance!,
            Uint8Array.from(margin!, (m) => (m < 0 && m <= -confidence ? 1 : 0)),
          );
        }
      } finally {
        tf.dispose([c, x, y]);
      }
      queries.forEach((n, i) => (queries[i] = n + 2 * steps));
      search.next();
    }
    return await account(model, images, search.best, goal, queries, warnings);
  } finally {
    tf.dispose([clean, labels]);
  }
}
