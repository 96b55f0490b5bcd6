import { stream } from '@assay-ml/numerics';
import { atLeast, integer, invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Images } from '../images.js';
import type { Prototype, WhiteBox, WhiteEncoder } from '../models.js';
import { ascent, type Attacked, type Goal } from './attack.js';
import { iterate, LINF, type LinfOptions } from './linf.js';

/** Options of {@link adaptive}. */
export interface AdaptiveOptions extends LinfOptions {
  /** λ: how much the similarity weighs. 0 is BIM. */
  readonly lambda: number;
  /** The encoders that the attacker knows, at least one. */
  readonly encoders: readonly WhiteEncoder[];
  /** A_φ: what each encoder would see in mirror images of the targets, a prototype of the attacker's own draws, say. */
  readonly adapter: Prototype;
  /** The text that is to come out of each image. */
  readonly texts: readonly string[];
  /** One-time use that the attacker averages over, EoT. Default none. */
  readonly otu?: { readonly sigma: number; readonly scale: 'absolute' | 'relative'; readonly samples: number };
  /** Of that noise. Default 0. */
  readonly seed?: number;
}

/**
 * The adaptive attack, spec 3.7: up −CE(target) + λ·mean_φ cos(I_φ(x + δ), A_φ(t)), in the ball, from the image itself. The generator is
 * passed over (BPDA): A_φ stands for it. Both gradients are divided by the mean of their sizes in each image before they are mixed.
 * @param images in [0, 1]
 * @param goal targets
 * @param options `epsilon`, `lambda`, `encoders`, `adapter`, `texts`; step ε/10 by default
 * @throws RangeError for images, labels or an option that do not fit
 */
export async function adaptive(
  model: WhiteBox,
  images: Images,
  goal: Goal,
  options: AdaptiveOptions,
): Promise<Attacked> {
  requireOptions<AdaptiveOptions>('adaptive', options, { ...LINF, lambda: 1, encoders: 1, adapter: 1, texts: 1, otu: 1, seed: 1 }); // prettier-ignore
  const { lambda, encoders, adapter, texts, otu, seed = 0, ...rest } = options;
  atLeast('adaptive', 'lambda', lambda, 0, 'With 0 it is BIM.');
  if (!Array.isArray(encoders) || encoders.length === 0) throw invalid('adaptive', 'encoders', encoders, 'an array of at least one', 'Give those that the attacker knows.'); // prettier-ignore
  if (texts?.length !== images?.shape?.[0]) throw invalid('adaptive', 'texts', texts, `of length ${images?.shape?.[0]}`, 'Give the targeted text of each image.'); // prettier-ignore
  if (otu) {
    requireOptions<typeof otu>('adaptive', otu, { sigma: 1, scale: 1, samples: 1 }, 'otu');
    atLeast('adaptive', 'otu.sigma', otu.sigma, 0, 'It is that of the defence.');
    oneOf('adaptive', 'otu.scale', otu.scale, ['absolute', 'relative']);
    integer('adaptive', 'otu.samples', otu.samples, 1, 'Leave otu out for none.');
  }
  const fixed = otu && encoders.find(({ perturbed }: WhiteEncoder) => perturbed === undefined);
  if (fixed) throw invalid('adaptive', 'otu', otu, `left out with encoder '${fixed.id}'`, 'It has no parameters that can be perturbed.'); // prettier-ignore
  integer('adaptive', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const targets: Tensor2D[] = [];
  for (const encoder of encoders) {
    const rows = await adapter.embeddings(texts, encoder, rest.signal);
    targets.push(tf.tidy(() => unit(tf.tensor2d(rows, [texts.length, encoder.width]))));
  }
  const key = stream(seed, 'attack', 'adaptive');
  /** Σ over images of the mean cosine. */
  const similarity = (x: Tensor4D, k: number) => {
    const terms = encoders.flatMap((encoder: WhiteEncoder, e) =>
      Array.from({ length: otu?.samples ?? 1 }, (_, m) => {
        const seen = otu ? encoder.perturbed!({ sigma: otu.sigma, scale: otu.scale, key: key.at(k, e, m) }) : encoder;
        return tf.sum(tf.mul(unit(seen.embedding(x)), targets[e]!));
      }),
    );
    return tf.div(tf.addN(terms), terms.length);
  };
  try {
    return await iterate(
      'adaptive',
      model,
      images,
      goal,
      { step: rest.epsilon / 10, ...rest },
      {
        gradient(x, labels, k) {
          const attack = ascent(model, x, labels, goal.targeted);
          if (lambda === 0) return attack;
          const alike = tf.grad((at) => similarity(at as Tensor4D, k))(x) as Tensor4D;
          return tf.add(even(attack), tf.mul(even(alike), lambda));
        },
      },
    );
  } finally {
    tf.dispose(targets);
  }
}

/** Rows of length 1. */
const unit = (z: Tensor2D): Tensor2D => tf.div(z, tf.maximum(tf.norm(z, 2, 1, true), 1e-12));

/** Each image's gradient by the mean of its sizes. */
const even = (g: Tensor4D): Tensor4D => tf.div(g, tf.maximum(tf.mean(tf.abs(g), [1, 2, 3], true), 1e-30));
