/** Networks of `@assay-ml/networks` as victims and encoders. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Network, Tower, Weights } from '@assay-ml/networks';
import { invalid, requireOptions } from '@assay-ml/numerics/check';
import { normal } from '@assay-ml/tensors';
import { type Images, tensorOf } from './images.js';
import type { ParameterNoise, Scorer, Victim, WhiteBox, WhiteEncoder } from './models.js';

/** Images go through a network so many at a time. */
const BATCH = 512;

/** Options of {@link classifier}. */
export interface ClassifierOptions {
  readonly id: string;
  /** Its images are [height, width, channels]. */
  readonly network: Network;
  /** They live as long as the victim is used. */
  readonly weights: Weights;
  /** One for each class. */
  readonly names: readonly string[];
  /** The text of a class; default its name. Spec 3.4: (name) => `a photo of a ${name}`. */
  readonly template?: (name: string) => string;
}

/**
 * A classifier as a victim: it says the name of the class with the largest logit, and lends itself to every attack.
 * @throws RangeError for another number of names than of classes
 */
export function classifier(options: ClassifierOptions): Victim & WhiteBox & Scorer {
  requireOptions<ClassifierOptions>('classifier', options, { id: 1, network: 1, weights: 1, names: 1, template: 1 });
  const { id, network, weights, names, template = (name) => name } = options;
  const { classes } = network;
  if (names?.length !== classes) throw invalid('classifier', 'names', names, `an array of ${classes} texts`, 'Give one for each class.'); // prettier-ignore
  const logits = (x: Tensor4D) => network.forward(weights.parameters, weights.buffers, x) as Tensor2D;
  const scores = (images: Images, signal?: AbortSignal) => rows(images, classes, logits, signal);
  return {
    id,
    classes,
    logits,
    scores,
    async describe(images, _prompt, signal) {
      return labelsOf(await scores(images, signal), classes).map((label) => template(names[label]!));
    },
  };
}

/** Place of the largest of each row; the first of equal ones. */
export function labelsOf(scores: Float32Array, classes: number): number[] {
  return Array.from({ length: scores.length / classes }, (_, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    return row.reduce((best, value, k) => (value > row[best]! ? k : best), 0);
  });
}

/**
 * A tower as an encoder: the embedding is its last hidden layer.
 * @param options settings
 * @param options.id names it in results
 * @param options.network the architecture
 * @param options.weights they live as long as the encoder is used
 */
export function encoder(options: { id: string; network: Tower; weights: Weights }): WhiteEncoder {
  requireOptions<typeof options>('encoder', options, { id: 1, network: 1, weights: 1 });
  const { id, network, weights } = options;
  const { width } = network;
  const of = (parameters: readonly Tensor[]): WhiteEncoder => {
    const embedding = (x: Tensor4D) => network.embed(parameters, x) as Tensor2D;
    return { id, width, embedding, embed: (images, signal) => rows(images, width, embedding, signal) };
  };
  return {
    ...of(weights.parameters),
    perturbed(noise) {
      const copies = tf.tidy(() => weights.parameters.map((w) => noisy(w, noise)));
      return { ...of(copies), release: () => tf.dispose(copies) };
    },
  };
}

function noisy(w: Tensor, { sigma, scale, key }: ParameterNoise): Tensor {
  const noise = normal(key, w.shape, 0, sigma);
  return tf.add(w, scale === 'absolute' ? noise : tf.mul(noise, tf.sqrt(tf.mean(tf.square(w)))));
}

/** A function of tensors, for a batch of any size. */
async function rows(
  images: Images,
  width: number,
  of: (x: Tensor4D) => Tensor2D,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const [count, ...one] = images.shape;
  const size = one[0] * one[1] * one[2];
  const out = new Float32Array(count * width);
  for (let at = 0; at < count; at += BATCH) {
    signal?.throwIfAborted();
    const end = Math.min(count, at + BATCH);
    const y = tf.tidy(() => of(tensorOf({ data: images.data.subarray(at * size, end * size), shape: [end - at, ...one] }))); // prettier-ignore
    out.set(await y.data<'float32'>(), at * width);
    y.dispose();
  }
  return out;
}
