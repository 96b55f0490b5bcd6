/** Random crops and mirror images, example by example or a batch at a time. */
import type { Stream } from '@assay-ml/numerics';
import { requireOptions } from '@assay-ml/numerics/check';

import { checkedIndex, imageShape, type Examples } from './examples.js';

/**
 * Writes a changed copy of one example. Networks of this project take it as `augment`.
 * @param example one example, to read only
 * @param out as many zeros, to be filled
 * @param shape shape of both
 * @param key random stream of this example in this epoch
 */
export type Augment = (example: Float32Array, out: Float32Array, shape: readonly number[], key: Stream) => void;

/**
 * A crop as large as the image from the image padded with zeros, then, half of the time, its mirror image: three draws,
 * rows to shift by, columns, and whether to mirror. Zero is the mean where images are normalised first, as they should be.
 * @param options `pad`: zeros on each side, default 4, CIFAR's; `flip`: mirror left to right, default true
 * @throws RangeError when `pad` is no integer ≥ 0; when used: for examples that are no images, or no larger than `pad`
 */
export function cropFlip(options: { readonly pad?: number; readonly flip?: boolean } = {}): Augment {
  requireOptions('cropFlip', options, { pad: 1, flip: 1 });
  const { pad = 4, flip = true } = options;
  if (!Number.isSafeInteger(pad) || pad < 0) {
    throw new RangeError(`cropFlip: 'pad' is ${pad}; must be an integer ≥ 0.`);
  }
  return (example, out, shape, key) => {
    const [rows, columns, channels] = imageShape('cropFlip', shape);
    if (pad >= Math.min(rows, columns)) {
      throw new RangeError(`cropFlip: 'pad' is ${pad}; must be below the sides of the images, ${rows} and ${columns}.`);
    }
    const down = key.integer(2 * pad + 1) - pad; // out[r][c] = example[r + down][c + right]
    const right = key.integer(2 * pad + 1) - pad;
    const mirrored = key.integer(2) === 1 && flip;
    const width = columns * channels;
    const first = Math.max(0, -right); // columns of `out` that show the image
    const last = Math.min(columns, columns - right);
    for (let r = Math.max(0, -down); r < Math.min(rows, rows - down); r++) {
      const from = (r + down) * width + right * channels;
      const to = r * width;
      if (!mirrored) {
        out.set(example.subarray(from + first * channels, from + last * channels), to + first * channels);
        continue;
      }
      for (let c = first; c < last; c++) {
        const mirror = to + (columns - 1 - c) * channels;
        for (let k = 0; k < channels; k++) out[mirror + k] = example[from + c * channels + k]!;
      }
    }
  };
}

/**
 * Writes chosen examples, changed, one after the other into an array of yours.
 * @param data examples
 * @param indices which, in this order
 * @param out [indices.length, …shape]; overwritten
 * @param options `augment`: e.g. `cropFlip()`; `stream`: its randomness, e.g. `stream(seed, 'augment')`; `epoch`: default 0.
 *   An example's change depends on the stream's key, the epoch and its own index, not on the batch it is in
 * @returns out
 * @throws RangeError when `out` has another length, or for an index outside 0 … count − 1
 */
export function augmentBatch(
  data: Examples,
  indices: ArrayLike<number>,
  out: Float32Array,
  options: { readonly augment: Augment; readonly stream: Stream; readonly epoch?: number },
): Float32Array {
  requireOptions('augmentBatch', options, { augment: 1, stream: 1, epoch: 1 });
  const { augment, stream, epoch = 0 } = options;
  const size = data.x.length / data.count;
  if (out.length !== indices.length * size) {
    throw new RangeError(
      `augmentBatch: 'out' is of length ${out.length}; must be ${indices.length} examples of ${size} numbers, ${indices.length * size}.`,
    );
  }
  out.fill(0);
  for (let i = 0; i < indices.length; i++) {
    const index = checkedIndex('augmentBatch', indices, i, data.count);
    const example = data.x.subarray(index * size, (index + 1) * size);
    augment(example, out.subarray(i * size, (i + 1) * size), data.shape, stream.at(epoch, index));
  }
  return out;
}
