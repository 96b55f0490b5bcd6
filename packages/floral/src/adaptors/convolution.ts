/**
 * How the kernel of a convolution is split into two smaller ones, V on the input and U after it, with the strides, padding and
 * dilation of each axis going with that axis: their composition is the convolution with the composed kernel, exactly.
 */
import { integer, oneOf } from '@assay-ml/numerics/check';

/**
 * | method | V | U |
 * |---|---|---|
 * | `in` | the whole kernel, in → r | 1 × 1, r → out |
 * | `out` | 1 × 1, in → r | the whole kernel, r → out |
 * | `balanced` | `out` where there are more inputs than outputs, else `in` | |
 * | `balanced_2d` | one axis of the kernel, in → r | the other, r → out |
 */
export type ConvMethod = 'in' | 'out' | 'balanced' | 'balanced_2d';

/** The sides of the two factors. */
export interface Sides {
  readonly inputs: number;
  readonly outputs: number;
  readonly inPlaces: number;
  readonly outPlaces: number;
  readonly places: Uint32Array;
}

/**
 * Splits a kernel [height, width, in, out].
 *
 * `balanced_2d` gives V the width of a square kernel. Of another one it gives the longer side to the factor with fewer channels.
 * @throws RangeError for another method or a kernel without numbers
 */
export function convolution(
  { kernel, inputs, outputs }: { kernel: readonly [number, number]; inputs: number; outputs: number },
  method: ConvMethod,
): Sides {
  oneOf('convolution', 'convMethod', method, ['in', 'out', 'balanced', 'balanced_2d']);
  const [height, width] = kernel;
  for (const side of kernel) integer('convolution', 'kernel', side, 1);
  const many = inputs > outputs;
  const whole = Uint32Array.from({ length: height * width }, (_, place) => place);
  const ends = { inputs, outputs };
  if (method === 'balanced_2d') {
    const alongWidth = height === width || width > height !== many;
    const [inPlaces, outPlaces] = alongWidth ? [width, height] : [height, width];
    const places = new Uint32Array(height * width);
    for (let p = 0; p < inPlaces; p++) {
      for (let q = 0; q < outPlaces; q++) places[p * outPlaces + q] = alongWidth ? q * width + p : p * width + q;
    }
    return { ...ends, inPlaces, outPlaces, places };
  }
  return method === 'out' || (method === 'balanced' && many)
    ? { ...ends, inPlaces: 1, outPlaces: height * width, places: whole }
    : { ...ends, inPlaces: height * width, outPlaces: 1, places: whole };
}
