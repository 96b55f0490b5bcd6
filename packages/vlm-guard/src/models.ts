/** What a world is made of: batched interfaces that any model can stand behind. The package knows no world of its own. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Stream } from '@assay-ml/numerics';
import type { Images } from './images.js';

/** A model that says what it sees, F_θ. */
export interface Victim {
  readonly id: string;
  /** A text for each image: a caption, or what a class name is put into. */
  describe(images: Images, prompt: string, signal?: AbortSignal): Promise<readonly string[]>;
}

/** Which of several mirror images of one text. */
export interface Draw {
  readonly seed: number;
  /** Counts from 0. */
  readonly index: number;
}

/** Text to image, G_ψ. */
export interface Generator {
  readonly id: string;
  /** An image for each text, of one size; different draws of one text are drawn independently. */
  generate(texts: readonly string[], draw: Draw, signal?: AbortSignal): Promise<Images>;
}

/** In place of a generator: what an encoder would see in the mirror image, without one. */
export interface Prototype {
  readonly id: string;
  /** A row for each text, texts × encoder.width. */
  embeddings(texts: readonly string[], encoder: Encoder, signal?: AbortSignal): Promise<Float32Array>;
}

/** Noise on the parameters of an encoder: w ← w + σ·N(0, 1). */
export interface ParameterNoise {
  /** σ. */
  readonly sigma: number;
  /** `absolute`: the same for every tensor, as the authors' code; `relative`: times the tensor's root mean square. */
  readonly scale: 'absolute' | 'relative';
  /** What the noise is drawn from. */
  readonly key: Stream;
}

/** The image tower I_φ of an encoder, with its own preprocessing. */
export interface Encoder {
  readonly id: string;
  /** Length of an embedding. */
  readonly width: number;
  /** A row for each image, images × width; they need not be normalised. */
  embed(images: Images, signal?: AbortSignal): Promise<Float32Array>;
  /** A copy with noise on its parameters, to be released; an encoder without it has no `otu: 'parameters'`. */
  perturbed?(noise: ParameterNoise): Encoder & { release(): void };
}

/** What a black-box attack asks for. */
export interface Scorer {
  /** Logits, a row of as many as there are classes for each image. */
  scores(images: Images, signal?: AbortSignal): Promise<Float32Array>;
}

/** What a white-box attack asks for: logits that TensorFlow.js can differentiate by the images. */
export interface WhiteBox {
  readonly classes: number;
  /** [count, classes], the network in eval mode. */
  logits(x: Tensor4D): Tensor2D;
}

/** An encoder that TensorFlow.js can differentiate by the images. */
export interface WhiteEncoder extends Encoder {
  /** [count, width]. */
  embedding(x: Tensor4D): Tensor2D;
  perturbed?(noise: ParameterNoise): WhiteEncoder & { release(): void };
}
