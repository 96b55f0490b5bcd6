/** LLaMA-style decoders. Parameters have Hugging Face's names, with `kernel`, [in, out], for each `weight` that is [out, in]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { rmsNorm, swiglu } from '@assay-ml/tensors';
import { integer, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';

import { causalAttention } from '../attention.js';
import { Blueprint, type KeyValues, type Layer, type Pass, requireTokens, requireWeights } from '../layers.js';
import type { Network } from '../network.js';

/** What a decoder is built of. */
export interface LlamaOptions {
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Width of a position. */
  readonly width: number;
  /** Width inside the feed-forward layers. */
  readonly hidden: number;
  readonly layers: number;
  /** They divide `width` into even parts. */
  readonly heads: number;
  /** Longest sequence. */
  readonly context: number;
  /** Whether the embedding, transposed, is also the output. Default false. */
  readonly tied?: boolean;
  /** ε of the norms. Default 1e-6. */
  readonly epsilon?: number;
  /** Of rotary positions. Default 10,000. */
  readonly base?: number;
}

/** Keys and values of the tokens that a decoder has read; the tensors are the caller's. */
export type Cache = {
  /** Number of these tokens. */
  readonly length: number;
  readonly past: KeyValues;
};

/** A decoder: a network that gives each position the logits of the token after it. */
export interface Decoder extends Network {
  readonly name: 'llama';
  readonly config: Required<LlamaOptions>;
  /**
   * Logits [B, T, vocabulary] of tokens [B, T] that follow those of a cache, and the cache with them. Call it in `tf.tidy`; the
   * cache that came stays as it is.
   * @param cache of the same batch; null at the start
   * @throws RangeError for more tokens than the context holds, or another number of parameters
   */
  extend(parameters: readonly Tensor[], x: Tensor, cache: Cache | null): { logits: Tensor; cache: Cache };
}

/**
 * Width, feed-forward width, heads and layers of the configurations that FRUGAL's authors train; vocabulary 32,000, untied output,
 * sequences of 256.
 */
export const LLAMA = {
  '9M': [128, 352, 4, 4],
  '60M': [512, 1376, 8, 8],
  '130M': [768, 2048, 12, 12],
  '350M': [1024, 2736, 16, 24],
  '1B': [2048, 5461, 32, 24],
  '3B': [2560, 6848, 32, 32],
  '7B': [4096, 11008, 32, 32],
} as const satisfies Readonly<Record<string, readonly [width: number, hidden: number, heads: number, layers: number]>>;

/** A size. */
export type LlamaName = keyof typeof LLAMA;

/**
 * A decoder as LLaMA: RMSNorm before each part, rotary positions, a gate of SiLU, no bias.
 *
 * It starts normal with deviation 0.02, norms at 1 (`initialise`). Names are Hugging Face's.
 * @param options sizes, or the name of a configuration of {@link LLAMA}
 * @throws RangeError for a name that is none, a size that is no positive integer, or heads that do not divide the width into even parts
 */
export function llama(options: LlamaOptions | LlamaName): Decoder {
  if (typeof options === 'string') {
    const [width, hidden, heads, layers] = LLAMA[oneOf('llama', 'options', options, Object.keys(LLAMA) as LlamaName[])];
    return llama({ vocabulary: 32_000, width, hidden, heads, layers, context: 256 });
  }
  const config = checked(options);
  const { vocabulary, width, hidden, layers, heads, context, tied, epsilon, base } = config;
  const net = new Blueprint();
  const norm = (name: string): Layer => {
    const scale = net.parameter(`${name}.weight`, 'norm-scale', [width], 1);
    return (x, { parameters }) => rmsNorm(x, parameters[scale]!, epsilon);
  };
  const table = net.parameter('model.embed_tokens.weight', 'embedding', [vocabulary, width], 1);
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `model.layers.${layer}`;
    const [q, k, v, o] = ['q', 'k', 'v', 'o'].map((part) => net.product(`${at}.self_attn.${part}_proj`, width, width)) as [Layer, Layer, Layer, Layer]; // prettier-ignore
    const gate = net.product(`${at}.mlp.gate_proj`, width, hidden);
    const up = net.product(`${at}.mlp.up_proj`, width, hidden);
    const down = net.product(`${at}.mlp.down_proj`, hidden, width);
    const before = norm(`${at}.input_layernorm`);
    const between = norm(`${at}.post_attention_layernorm`);
    return (x: Tensor, batch: number, pass: Pass) => {
      const read = before(x, pass);
      const attended = causalAttention(
        [q(read, pass), k(read, pass), v(read, pass)],
        { batch, heads, base, layer },
        pass,
      );
      const middle = tf.add(x, o(attended, pass));
      const again = between(middle, pass);
      return tf.add(middle, down(swiglu(gate(again, pass), up(again, pass)), pass));
    };
  });
  const last = norm('model.norm');
  const output: Layer = tied
    ? (x, { parameters }) => tf.matMul(x, parameters[table]!, false, true)
    : net.product('lm_head', width, vocabulary, 'output');
  const body: Layer = (ids, pass) => {
    const [batch, time] = ids.shape as [number, number];
    let x: Tensor = tf.gather(pass.parameters[table]!, tf.reshape(ids, [-1]));
    for (const block of blocks) x = block(x, batch, pass);
    return tf.reshape(output(last(x, pass), pass), [batch, time, vocabulary]);
  };
  const tokens = { vocabulary, labels: 'position' } as const;
  const network = net.network('llama', [context], vocabulary, body, { tokens, scheme: 'normal' });
  return {
    ...network,
    name: 'llama',
    config,
    extend(parameters, x, cache) {
      const length = cache?.length ?? 0;
      requireTokens('llama', x, context - length);
      requireWeights(network, parameters, []);
      const next: [Tensor, Tensor][] = [];
      const logits = body(x, { parameters, buffers: [], cache: { length, past: cache?.past ?? [], next } });
      return { logits, cache: { length: length + x.shape[1]!, past: next } };
    },
  };
}

function checked(options: LlamaOptions): Required<LlamaOptions> {
  requireOptions<LlamaOptions>('llama', options, { vocabulary: 0, width: 0, hidden: 0, layers: 0, heads: 0, context: 0, tied: 0, epsilon: 0, base: 0 }); // prettier-ignore
  const { vocabulary, width, hidden, layers, heads, context, tied = false, epsilon = 1e-6, base = 10_000 } = options;
  for (const [name, value] of Object.entries({ vocabulary, width, hidden, layers, heads, context })) {
    integer('llama', name, value, 1, 'See LLAMA for usual sizes.');
  }
  if (width % (2 * heads) !== 0) {
    throw invalid('llama', 'heads', heads, `a number that divides width = ${width} into even parts`, 'Rotary positions turn pairs.'); // prettier-ignore
  }
  if (typeof tied !== 'boolean') throw invalid('llama', 'tied', tied, 'true or false', 'Leave it out for false.');
  positive('llama', 'epsilon', epsilon, 'Leave it out for 1e-6.');
  positive('llama', 'base', base, 'Leave it out for 10000.');
  return { vocabulary, width, hidden, layers, heads, context, tied, epsilon, base };
}
