import * as tf from '@tensorflow/tfjs-core';
import { scalar } from '@assay-ml/numerics';
import { atLeast, integer, positive, requireOptions } from '@assay-ml/numerics/check';
import { adamRule, update } from '@assay-ml/tensors';
import { type Images, tensorOf } from '../images.js';
import type { WhiteBox } from '../models.js';
import { account, type Attacked, checkGoal, type Goal, gradientWarnings, margins } from './attack.js';
import { searchWeights } from './weights.js';

/** Options of {@link cw}. */
export interface CwOptions {
  /** κ: by how much the label must be ahead. Default 0. */
  readonly confidence?: number;
  /** Of Adam. Default 0.01. */
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
 * C&W in ℓ₂ (Carlini and Wagner, S&P 2017): x′ = ½(tanh w + 1) minimises ‖x′ − x‖² + c·max(margin, −κ) by Adam, and c, for each
 * image by itself, is the least that succeeds. Of all successes the nearest is kept; where there is none, the image stays.
 * @param images in [0, 1]
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function cw(model: WhiteBox, images: Images, goal: Goal, options: CwOptions = {}): Promise<Attacked> {
  requireOptions<CwOptions>('cw', options, { confidence: 1, rate: 1, steps: 1, searches: 1, weight: 1, signal: 1 });
  const { confidence = 0, rate = 0.01, steps = 1000, searches = 9, weight = 1e-3, signal } = options;
  checkGoal('cw', images, goal, model.classes);
  atLeast('cw', 'confidence', confidence, 0, 'Leave it out for 0.');
  positive('cw', 'rate', rate, 'Leave it out for 0.01.');
  integer('cw', 'steps', steps, 1, 'Leave it out for 1000.');
  integer('cw', 'searches', searches, 1, 'Leave it out for 9.');
  positive('cw', 'weight', weight, 'Leave it out for 1e-3.');
  const { shape } = images;
  const [count] = shape;
  const clean = tensorOf(images);
  const labels = tf.tensor1d(Array.from(goal.labels), 'int32');
  /** tanh⁻¹(2x − 1), a little inside. */
  const start = images.data.map((value) => {
    const t = (2 * value - 1) * (1 - 1e-6);
    return 0.5 * scalar.log((1 + t) / (1 - t));
  });
  const search = searchWeights(images, weight);
  const warnings: string[] = [];
  const queries = new Int32Array(count);
  try {
    for (let s = 0; s < searches; s++) {
      const [w, first, second] = [start.slice(), new Float32Array(start.length), new Float32Array(start.length)];
      const c = tf.tensor1d(search.weights);
      try {
        for (let k = 1; k <= steps; k++) {
          signal?.throwIfAborted();
          const out = tf.tidy(() => {
            const at = (v: tf.Tensor) => tf.mul(0.5, tf.add(tf.tanh(v), 1)) as tf.Tensor4D;
            let kept: { x: tf.Tensor4D; ahead: tf.Tensor1D; square: tf.Tensor1D } | null = null;
            const f = (v: tf.Tensor) => {
              const x = at(v);
              const behind = margins(model.logits(x), labels);
              const ahead = (goal.targeted ? behind : tf.neg(behind)) as tf.Tensor1D;
              const square = tf.sum(tf.square(tf.sub(x, clean)), [1, 2, 3]) as tf.Tensor1D;
              kept = { x: tf.keep(x), ahead: tf.keep(ahead), square: tf.keep(square) };
              return tf.sum(tf.add(square, tf.mul(c, tf.maximum(ahead, -confidence))));
            };
            const g = tf.grad(f)(tf.tensor4d(w, [...shape]));
            return { g, ...kept! };
          });
          const [g, x, ahead, square] = await Promise.all([out.g, out.x, out.ahead, out.square].map((t) => t.data<'float32'>())); // prettier-ignore
          tf.dispose(out);
          if (s === 0 && k === 1) warnings.push(...gradientWarnings(g!, count));
          search.offer(
            x!,
            square!,
            Uint8Array.from(ahead!, (m) => (m < 0 && m <= -confidence ? 1 : 0)),
          );
          update(adamRule({ rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, t: k }), w, [first, second], g!);
        }
      } finally {
        c.dispose();
      }
      queries.forEach((n, i) => (queries[i] = n + steps));
      search.next();
    }
    return await account(model, images, search.best, goal, queries, warnings);
  } finally {
    tf.dispose([clean, labels]);
  }
}
