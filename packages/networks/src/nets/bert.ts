/** BERT's encoders. Parameters have Hugging Face's names, with `kernel`, [in, out], for each `weight` that is [out, in]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import { gelu } from '@assay-ml/tensors';
import { integer, invalid, oneOf, positive, requireOptions } from '@assay-ml/numerics/check';

import { fullAttention } from '../attention.js';
import { Blueprint, type Layer, type Pass } from '../layers.js';
import type { Network } from '../network.js';

const POOLINGS = ['mean', 'cls', 'pooler'] as const;

/** How a sequence becomes one vector. */
export type Pooling = (typeof POOLINGS)[number];

/** What an encoder is built of. */
export interface BertOptions {
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Width of a position. */
  readonly width: number;
  /** Width inside the feed-forward layers. */
  readonly hidden: number;
  readonly layers: number;
  /** They divide `width`. */
  readonly heads: number;
  /** Longest sequence. */
  readonly context: number;
  /** Kinds of segments that have an embedding. Default 2. */
  readonly segments?: number;
  /** Id after whose first occurrence the second segment begins, BERT's `[SEP]`. Default null: all is of the first. */
  readonly separator?: number | null;
  /** Id that fills short sequences up; nothing is read from there. Default 0. */
  readonly padding?: number;
  /** ε of the norms. Default 1e-12. */
  readonly epsilon?: number;
  /** `mean` of all positions (default), the first position's vector (`cls`), or tanh of a dense layer of that (`pooler`). */
  readonly pooling?: Pooling;
  /** Number of logits of a dense layer on top. Default null: none, and the pooled vector is the output. */
  readonly classes?: number | null;
}

/** An encoder: a network that gives each sequence one vector, or its logits. */
export interface Encoder extends Network {
  readonly name: 'bert';
  readonly config: Required<BertOptions>;
}

/**
 * An encoder as BERT: word, position and segment embeddings, then layers whose parts are each followed by a layer norm of the sum
 * with what went in, and GELU by the error function. No dropout.
 *
 * It starts normal with deviation 0.02, biases at 0, norms at the identity (`initialise`). Names are Hugging Face's, the
 * head's `classifier`.
 * @throws RangeError for a size that is no positive integer, heads that do not divide the width, or an id outside the vocabulary
 */
export function bert(options: BertOptions): Encoder {
  const config = checked(options);
  const { vocabulary, width, hidden, layers, heads, context, segments, separator, padding, epsilon, pooling, classes } = config; // prettier-ignore
  const net = new Blueprint();
  const norm = (name: string): Layer => net.layerNorm(name, width, epsilon);
  const words = net.embedding('embeddings.word_embeddings', vocabulary, width);
  const places = net.parameter('embeddings.position_embeddings.weight', 'embedding', [context, width], 1);
  const kinds = net.embedding('embeddings.token_type_embeddings', segments, width);
  const first = norm('embeddings.LayerNorm');
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = `encoder.layer.${layer}`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) => net.dense(`${at}.attention.self.${part}`, width, width)) as [Layer, Layer, Layer]; // prettier-ignore
    const o = net.dense(`${at}.attention.output.dense`, width, width);
    const between = norm(`${at}.attention.output.LayerNorm`);
    const up = net.dense(`${at}.intermediate.dense`, width, hidden);
    const down = net.dense(`${at}.output.dense`, hidden, width);
    const after = norm(`${at}.output.LayerNorm`);
    return (x: Tensor, batch: number, veil: Tensor, pass: Pass) => {
      const attended = fullAttention([q(x, pass), k(x, pass), v(x, pass)], { batch, heads }, veil);
      const middle = between(tf.add(x, o(attended, pass)), pass);
      return after(tf.add(middle, down(gelu(up(middle, pass)), pass)), pass);
    };
  });
  const dense = pooling === 'pooler' ? net.dense('pooler.dense', width, width) : null;
  const head = classes === null ? null : net.classifier(width, classes);

  const body: Layer = (ids, pass) => {
    const [batch, time] = ids.shape as [number, number];
    const embedded = tf.add(
      tf.add(words(ids, pass), kinds(segmentsOf(ids, separator), pass)),
      tf.slice(pass.parameters[places]!, [0, 0], [time, width]),
    );
    const seen = tf.cast(tf.notEqual(ids, tf.scalar(padding, 'int32')), 'float32');
    // Added to scores, it leaves exactly nothing of what it hides.
    const veil = tf.mul(tf.sub(1, tf.reshape(seen, [batch, 1, 1, time])), -1e9);
    let x = first(tf.reshape(embedded, [batch * time, width]), pass);
    for (const block of blocks) x = block(x, batch, veil, pass);
    const positions: Tensor3D = tf.reshape(x, [batch, time, width]);
    const pooled = pooling === 'mean' ? meanOf(positions, seen) : tf.reshape(tf.slice(positions, [0, 0, 0], [batch, 1, width]), [batch, width]); // prettier-ignore
    const vector = dense ? tf.tanh(dense(pooled, pass)) : pooled;
    return head ? head(vector, pass) : vector;
  };
  const tokens = { vocabulary, labels: 'sequence' } as const;
  const network = net.network('bert', [context], classes ?? width, body, { tokens, scheme: 'normal' });
  return { ...network, name: 'bert', config };
}

/** 0 up to the first separator, 1 after it. */
function segmentsOf(ids: Tensor, separator: number | null): Tensor {
  if (separator === null) return tf.zerosLike(ids);
  const isSeparator = tf.cast(tf.equal(ids, tf.scalar(separator, 'int32')), 'int32');
  return tf.minimum(tf.cumsum(isSeparator, 1, true), tf.scalar(1, 'int32'));
}

/** Mean of the positions that are seen; 0 where none is. */
function meanOf(positions: Tensor3D, seen: Tensor): Tensor {
  const total = tf.sum(tf.mul(positions, tf.expandDims(seen, 2)), 1);
  return tf.div(total, tf.maximum(tf.sum(seen, 1, true), 1));
}

function checked(options: BertOptions): Required<BertOptions> {
  requireOptions<BertOptions>('bert', options, { vocabulary: 0, width: 0, hidden: 0, layers: 0, heads: 0, context: 0, segments: 0, separator: 0, padding: 0, epsilon: 0, pooling: 0, classes: 0 }); // prettier-ignore
  const { vocabulary, width, hidden, layers, heads, context, segments = 2, separator = null, padding = 0 } = options;
  const { epsilon = 1e-12, pooling = 'mean', classes = null } = options;
  for (const [name, value] of Object.entries({ vocabulary, width, hidden, layers, heads, context, segments })) {
    integer('bert', name, value, 1, 'Its config.json has it.');
  }
  if (width % heads !== 0) throw invalid('bert', 'heads', heads, `a divisor of width = ${width}`, 'Each has an equal part.'); // prettier-ignore
  for (const [name, id] of Object.entries({ padding, ...(separator === null ? {} : { separator }) })) {
    integer('bert', name, id, 0, 'It is an id.');
    if (id >= vocabulary) throw invalid('bert', name, id, `below vocabulary = ${vocabulary}`, 'It is an id.');
  }
  if (separator !== null && segments < 2) throw invalid('bert', 'separator', separator, 'null where there is one kind of segment', 'Leave it out.'); // prettier-ignore
  positive('bert', 'epsilon', epsilon, 'Leave it out for 1e-12.');
  oneOf('bert', 'pooling', pooling, POOLINGS);
  if (classes !== null) integer('bert', 'classes', classes, 1, 'Leave it out for no head.');
  return { vocabulary, width, hidden, layers, heads, context, segments, separator, padding, epsilon, pooling, classes };
}
