/**
 * How often one example uses each weight: what FLOPs are counted by. One example runs through the model, and each product
 * with a parameter, or with a part or view of one, is counted, whatever layer it stands in.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { Model } from './model.js';
import { type Attributes, type Inputs, watch } from './watch.js';

/** Kernels whose outputs are the weights or parts of them. */
const VIEWS = new Set<string>([tf.Identity, tf.Cast, tf.Reshape, tf.ExpandDims, tf.Transpose, tf.SplitV, tf.Slice, tf.StridedSlice, tf.Unpack]); // prettier-ignore

const last = ({ shape }: Tensor) => shape.at(-1)!;

/** Uses of each weight by a product, by the product's name: places of its output, or of its input where that is spread. */
const PRODUCTS: Readonly<Record<string, [weight: string, uses: (inputs: Inputs, output: Tensor, attributes: Attributes) => number]>> = {
  [tf.BatchMatMul]: ['b', (_, output) => output.size / last(output)],
  [tf._FusedMatMul]: ['b', (_, output) => output.size / last(output)],
  [tf.Conv2D]: ['filter', (_, output) => output.size / last(output)],
  [tf.FusedConv2D]: ['filter', (_, output) => output.size / last(output)],
  [tf.Conv3D]: ['filter', (_, output) => output.size / last(output)],
  [tf.DepthwiseConv2dNative]: ['filter', (_, output) => output.size / last(output)],
  [tf.FusedDepthwiseConv2D]: ['filter', (_, output) => output.size / last(output)],
  [tf.Conv2DBackpropInput]: ['filter', ({ dy }) => dy!.size / last(dy!)],
  [tf.Conv3DBackpropInputV2]: ['filter', ({ dy }) => dy!.size / last(dy!)],
}; // prettier-ignore

/**
 * Uses of a weight of each parameter, by its name.
 * @param names of the parameters that are asked for
 * @throws RangeError for one of them that something but a product reads, or nothing does, and for a model whose input has a side of no
 * fixed length
 */
export function usesOf(where: string, model: Model, names: ReadonlySet<string>): Map<string, number> {
  const values = model.values();
  /** Which parameter a tensor is, or is a part of. */
  const partOf = new Map(model.parameters.flatMap(({ name }, i) => (names.has(name) ? [[values.parameters[i]!.id, i] as const] : []))); // prettier-ignore
  const counts = new Map<number, number>();
  const misread = new Map<number, string>();
  const note = (name: string, inputs: Inputs, attributes: Attributes, outputs: readonly Tensor[]) => {
    for (const [key, tensor] of Object.entries(inputs)) {
      const place = tensor === undefined ? undefined : partOf.get(tensor.id);
      if (place === undefined) continue;
      const product = PRODUCTS[name];
      if (VIEWS.has(name)) for (const { id } of outputs) partOf.set(id, place);
      else if (product?.[0] === key && attributes['transposeB'] !== true) {
        const share = tensor!.size / values.parameters[place]!.size;
        counts.set(place, (counts.get(place) ?? 0) + share * product[1](inputs, outputs[0]!, attributes));
      } else misread.set(place, name);
    }
  };
  watch(where, model, values, { note });
  return new Map(
    [...names].map((name) => {
      const place = model.parameters.findIndex((parameter) => parameter.name === name);
      const count = counts.get(place);
      const reader = misread.get(place);
      if (count !== undefined && reader === undefined) return [name, count];
      throw new RangeError(
        `${where}: '${name}' is read by ${reader ?? 'no product'}; must be the kernel of a dense, convolutional or recurrent layer where 'flops' is given. Leave it out by isPrunable, or give another amount.`,
      );
    }),
  );
}
