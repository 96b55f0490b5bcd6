/**
 * The forward pass of M models with adaptors on tensors, [M, …] each, in one of two exact forms a layer: merged, W + Σ π_c V_c U_cᵀ with
 * the kernels of a convolution composed in one product, or factored, x W + ((x [V_1 … V_C]) · π) [U_1 … U_C]ᵀ in two thin products.
 */
import type { LowRank, Network } from '@assay-ml/networks';
import type { Stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { FactorBlock, Layout } from '../layout.js';

/** The values of M models. */
export interface Values {
  /** A tensor [M, …shape] a variable. */
  readonly base: readonly tf.Tensor[];
  /** A tensor a part of the layout: factors [M, C·r, places·channels], vectors [M, C, size]. None: the base alone. */
  readonly parts: readonly tf.Tensor[];
  /** [M, C]; null: the base alone. */
  readonly pi: tf.Tensor | null;
}

/** The tensor's shape of each part of the layout, without M. */
export function partShapes({ adaptors, clusters }: Layout): number[][] {
  return adaptors.flatMap((block) =>
    block.kind === 'vector'
      ? [[clusters, block.part.length]]
      : [block.v, block.u].map(({ length }) => [clusters * block.rank, length / block.rank]),
  );
}

/** π, r times each: [M, C] to [M, C·r]. */
function repeated(pi: tf.Tensor, rank: number): tf.Tensor {
  const [M, C] = pi.shape as [number, number];
  return rank === 1 ? pi : tf.reshape(tf.tile(tf.reshape(pi, [M, C, 1]), [1, 1, rank]), [M, C * rank]);
}

/** Σ_c π_c V_c U_cᵀ at each place of the kernel, [M, …shape]. */
export function composed(block: FactorBlock, v: tf.Tensor, u: tf.Tensor, pi: tf.Tensor): tf.Tensor {
  const { inPlaces, outPlaces, inputs, outputs, places, target, rank } = block;
  const M = v.shape[0]!;
  const products = tf.matMul(v, tf.mul(u, tf.expandDims(repeated(pi, rank), 2)), true);
  if (places.length === 1) return tf.reshape(products, [M, ...target.shape]);
  // Places of V are rows of the kernel, or its columns: the second one tells.
  const rows = outPlaces === 1 || places[1] === 1;
  const byPlace = tf.transpose(
    tf.reshape(products, [M, inPlaces, inputs, outPlaces, outputs]),
    rows ? [0, 1, 3, 2, 4] : [0, 3, 1, 2, 4],
  );
  return tf.reshape(byPlace, [M, ...target.shape]);
}

/** [M, …] as M tensors. */
const apart = (t: tf.Tensor): tf.Tensor[] =>
  // Of one tensor unstack has no gradient.
  t.shape[0] === 1 ? [tf.reshape(t, t.shape.slice(1))] : tf.unstack(t);

/**
 * Logits [M, B, outputs].
 * @param x [M, B, …]
 * @param dropout what a model's dropout draws from; null: nothing is dropped
 */
export function logits(
  network: Network,
  layout: Layout,
  { base, parts, pi }: Values,
  x: tf.Tensor,
  dropout: ((model: number) => Stream) | null = null,
): tf.Tensor {
  const [M, B] = x.shape as [number, number];
  const whole = [...base];
  const lowRank = new Map<number, LowRank>();
  let next = 0;
  if (pi !== null) {
    for (const block of layout.adaptors) {
      const i = layout.base.indexOf(block.target);
      if (block.kind === 'vector') {
        const mixed = tf.matMul(tf.expandDims(pi, 1), parts[next++]!);
        whole[i] = tf.add(whole[i]!, tf.reshape(mixed, whole[i]!.shape));
        continue;
      }
      const [v, u] = [parts[next++]!, parts[next++]!];
      const { inputs: n, outputs: m, rank, places } = block;
      if (network.cohort && places.length === 1 && B * (m + n) < m * n) {
        lowRank.set(i, { v, scale: tf.expandDims(repeated(pi, rank), 1), u });
      } else whole[i] = tf.add(whole[i]!, composed(block, v, u, pi));
    }
  }
  if (network.cohort) return network.cohort(whole, x, lowRank);
  const each = whole.map(apart);
  const images = apart(x);
  return tf.stack(Array.from({ length: M }, (_, s) => network.forward(each.map((list) => list[s]!), [], images[s]!, undefined, dropout?.(s)))); // prettier-ignore
}
