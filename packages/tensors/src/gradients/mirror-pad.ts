import * as tf from '@tensorflow/tfjs-core';

/** What was copied to the borders comes back from there, an axis at a time; the stock gradient forgets it. */
export const mirrorPad: tf.GradConfig = {
  kernelName: tf.MirrorPad,
  inputsToSave: ['x'],
  gradFunc: (dy, [x], attributes) => {
    const { paddings, mode } = attributes as unknown as { paddings: [number, number][]; mode: 'reflect' | 'symmetric' };
    // 'reflect' leaves out the pixel at the edge.
    const shift = mode === 'reflect' ? 1 : 0;
    return {
      x: () =>
        paddings.reduce((whole, [before, after], axis) => {
          const side = x!.shape[axis]!;
          const part = (from: number, length: number) =>
            tf.slice(
              whole,
              whole.shape.map((_, d) => (d === axis ? from : 0)),
              whole.shape.map((full, d) => (d === axis ? length : full)),
            );
          const placed = (mirrored: tf.Tensor, from: number) =>
            tf.pad(
              tf.reverse(mirrored, axis),
              whole.shape.map((_, d) => (d === axis ? [from, side - from - mirrored.shape[axis]!] : [0, 0])),
            );
          let sum = part(before, side);
          if (before > 0) sum = tf.add(sum, placed(part(0, before), shift));
          if (after > 0) sum = tf.add(sum, placed(part(before + side, after), side - shift - after));
          return sum;
        }, dy as tf.Tensor),
    };
  },
};
