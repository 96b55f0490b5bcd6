import * as tf from '@tensorflow/tfjs-core';
import { scalar, stream } from '@assay-ml/numerics';
import { atLeast, complaint, integer, invalid, requireKeys, requireOptions } from '@assay-ml/numerics/check';

import { eventLoop } from './event-loop.js';
import type { Cache, Decoder } from './nets/llama.js';
import type { Weights } from './network.js';

/** Options of `generate`. */
export interface GenerateOptions {
  /** Number of tokens to draw. */
  readonly tokens: number;
  /** Logits are divided by it: 0 takes the likeliest token each time. Default 1. */
  readonly temperature?: number;
  /** Draws among so many of the likeliest. Default: all. */
  readonly topK?: number;
  /** A token's draw depends on seed and position alone. Default 0. */
  readonly seed?: number;
  /** Looked at before each token. */
  readonly signal?: AbortSignal;
}

/**
 * Goes on with a text, token by token. Keys and values of what was read are kept, so that a token costs one position.
 * @param decoder `llama()`, or another decoder
 * @param weights its weights
 * @param prompt ids to go on from, at least one
 * @returns the tokens that were drawn, without the prompt
 * @throws RangeError for an id outside the vocabulary, more tokens than the context holds, or options that do not fit
 */
export async function generate(
  decoder: Decoder,
  weights: Weights,
  prompt: ArrayLike<number>,
  options: GenerateOptions,
): Promise<Int32Array> {
  requireOptions<GenerateOptions>('generate', options, { tokens: 0, temperature: 0, topK: 0, seed: 0, signal: 0 });
  if (typeof (decoder as Partial<Decoder> | null)?.extend !== 'function') throw new TypeError(complaint('generate', 'decoder', decoder, 'a decoder', 'llama() makes one.')); // prettier-ignore
  requireKeys('generate', 'weights', weights, ['parameters', 'buffers'], 'initialise() or loadWeights() makes them.');
  const { vocabulary } = decoder.config;
  const { tokens, temperature = 1, topK = vocabulary, seed = 0, signal } = options;
  check(decoder, prompt, options);
  const draws = stream(seed, 'generate');
  const drawn = new Int32Array(tokens);
  let cache: Cache | null = null;
  let next = Int32Array.from(prompt);
  try {
    for (let i = 0; i < tokens; i++) {
      signal?.throwIfAborted();
      const before: Cache | null = cache;
      const step = tf.tidy(() => {
        const { logits, cache: grown } = decoder.extend(weights.parameters, tf.tensor2d(next, [1, next.length], 'int32'), before); // prettier-ignore
        const last = tf.reshape(tf.slice(logits, [0, next.length - 1, 0], [1, 1, vocabulary]), [-1]);
        return { last, cache: grown } as unknown as tf.TensorContainer;
      }) as unknown as { last: tf.Tensor; cache: Cache };
      tf.dispose(before as unknown as tf.TensorContainer);
      cache = step.cache;
      const logits = await step.last.data<'float32'>();
      step.last.dispose();
      drawn[i] = draw(logits, temperature, topK, draws.at(prompt.length + i).uniform());
      next = drawn.slice(i, i + 1);
      await eventLoop();
    }
  } finally {
    tf.dispose(cache as unknown as tf.TensorContainer);
  }
  return drawn;
}

function check(
  { name, config: { vocabulary, context } }: Decoder,
  prompt: ArrayLike<number>,
  { tokens, temperature = 1, topK = 1, seed = 0 }: GenerateOptions,
): void {
  integer('generate', 'tokens', tokens, 1, 'It is how many are drawn.');
  atLeast('generate', 'temperature', temperature, 0, 'Leave it out for 1.');
  integer('generate', 'topK', topK, 1, 'Leave it out for all.');
  integer('generate', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  if (!(prompt?.length >= 1)) throw invalid('generate', 'prompt', prompt, 'ids, at least one', 'Begin with one that begins a text.'); // prettier-ignore
  if (prompt.length + tokens > context) {
    throw invalid('generate', 'tokens', tokens, `at most ${context - prompt.length} after ${prompt.length} of the prompt`, `'${name}' has a context of ${context}.`); // prettier-ignore
  }
  const wrong = Array.from(prompt).findIndex((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (wrong >= 0) {
    throw invalid('generate', `prompt[${wrong}]`, prompt[wrong], `from 0 to ${vocabulary - 1}, inside the vocabulary`, 'Encode the text with the vocabulary that the network was built for.'); // prettier-ignore
  }
}

/** The token at quantile u of the softmax of the likeliest logits, in the order of their ids. */
function draw(logits: Float32Array, temperature: number, topK: number, u: number): number {
  const likeliest = logits.reduce((best, value, id) => (value > logits[best]! ? id : best), 0);
  if (temperature === 0) return likeliest;
  const ids = Array.from(logits.keys());
  const among = topK >= ids.length ? ids : ids.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK).sort((a, b) => a - b); // prettier-ignore
  const weights = among.map((id) => scalar.exp((logits[id]! - logits[likeliest]!) / temperature));
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [k, id] of among.entries()) {
    left -= weights[k]!;
    if (left < 0) return id;
  }
  // Rounding may leave a little of the last one.
  return among.at(-1)!;
}
