/** Adaptors as hooks on tensors, client by client: what the cohort in one batch is compared with. */
import type * as paper from '@assay-ml/floral';
import type * as networks from '@assay-ml/networks';
import * as tf from '@tensorflow/tfjs-core';
import { joined } from './backends.js';

/** Adaptors as the authors attach them: beside each layer C small ones, whose outputs are mixed and added. Perceptrons and `cifarCnn`. */
export function hooks(
  network: networks.Network,
  layout: paper.Layout,
  base: Float64Array,
  adaptors: Float64Array,
  rate: number,
) {
  // prettier-ignore
  const tensor = (from: Float64Array, start: number, shape: readonly number[]) => tf.tensor(Float32Array.from(from.subarray(start, start + tf.util.sizeFromShape([...shape]))), [...shape]); // prettier-ignore
  const factors = layout.adaptors.filter((block): block is paper.FactorBlock => block.kind === 'factors');
  const weights = layout.base.map(({ start, shape }) => tensor(base, start, shape));
  const of = (c: number) =>
    factors.flatMap(({ v, u, rank, target, inPlaces, outPlaces, inputs, outputs }) => {
      const [V, U] = [tensor(adaptors, v.start + c * v.length, [rank, inPlaces, inputs]), tensor(adaptors, u.start + c * u.length, [rank, outPlaces, outputs])]; // prettier-ignore
      const bias = layout.adaptors.find((block) => block.kind === 'vector' && block.target.layer === target.layer) as paper.VectorBlock; // prettier-ignore
      return [V, U, tensor(adaptors, bias.part.start + c * outputs, [outputs])];
    });
  const own = Array.from({ length: layout.clusters }, (_, c) => of(c));
  const theta = tf.zeros([layout.clusters]);
  const xs = [...weights, ...own.flat(), theta];
  const layer = (x: tf.Tensor, l: number, given: readonly tf.Tensor[]) => {
    const { places } = factors[l]!;
    const [w, b] = [given[2 * l]!, given[2 * l + 1]!];
    const pi = tf.unstack(tf.softmax(given.at(-1)! as tf.Tensor1D));
    const conv = (image: tf.Tensor, kernel: tf.Tensor) => tf.conv2d(image as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'valid'); // prettier-ignore
    let y = tf.add(places.length > 1 ? conv(x, w) : tf.matMul(x, w), b);
    for (let c = 0; c < layout.clusters; c++) {
      const [v, u, shift] = given.slice(weights.length + (c * factors.length + l) * 3) as [tf.Tensor, tf.Tensor, tf.Tensor]; // prettier-ignore
      const z =
        places.length > 1
          ? conv(conv(x, tf.expandDims(tf.transpose(v, [1, 2, 0]), 0)), tf.expandDims(tf.transpose(u, [1, 0, 2]), 1))
          : tf.matMul(tf.matMul(x, tf.squeeze(v, [1]), false, true), tf.squeeze(u, [1]));
      y = tf.add(y, tf.mul(pi[c]!, tf.add(z, shift)));
    }
    return y;
  };
  const forward = (x: tf.Tensor, given: readonly tf.Tensor[]) =>
    factors.reduce((h, { places }, l) => {
      const y = layer(places.length === 1 && h.rank > 2 ? tf.reshape(h, [h.shape[0]!, -1]) : h, l, given);
      if (l === factors.length - 1) return y;
      const positive = tf.relu(y);
      return places.length > 1 ? tf.maxPool(positive as tf.Tensor4D, l === 0 ? 2 : 3, l === 0 ? 2 : 3, 'valid') : positive; // prettier-ignore
    }, x);
  return {
    step({ x, y }: paper.ClientData, B: number): Float64Array {
      const stepped = tf.tidy(() => {
        const images = tf.tensor(Float32Array.from(x), [B, ...network.inputShape]);
        const labels = tf.oneHot(tf.tensor1d(Array.from(y), 'int32'), network.classes);
        const loss = (...given: tf.Tensor[]) => tf.losses.softmaxCrossEntropy(labels, forward(images, given)) as tf.Scalar; // prettier-ignore
        const g = tf.grads(loss)(xs);
        return xs.map((t, i) => tf.sub(t, tf.mul(g[i]!, rate)));
      });
      const own = joined(stepped.slice(0, weights.length).map((t) => t.dataSync<'float32'>()));
      tf.dispose(stepped);
      return own;
    },
    free: () => tf.dispose(xs),
  };
}
