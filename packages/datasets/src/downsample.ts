import { requireKeys } from '@assay-ml/numerics/check';
import { imageShape, type Examples } from './examples.js';

/**
 * Images made smaller by the mean of each area: 32×32 to 16×16, or 28×28 to 14×14, by a factor of 2.
 * @param data images
 * @param factor side of the area that becomes one pixel; must divide rows and columns
 * @returns new examples; `data` stays as it is
 * @throws TypeError for arguments of another kind; RangeError for another factor, or examples that are no images
 */
export function downsample(data: Examples, factor: number): Examples {
  requireKeys('downsample', 'data', data, ['x', 'y', 'shape', 'count'], 'examples() makes them of images.');
  const [rows, columns, channels] = imageShape('downsample', data.shape);
  if (!Number.isSafeInteger(factor) || factor < 1 || rows % factor !== 0 || columns % factor !== 0) {
    throw new RangeError(
      `downsample: 'factor' is ${factor}; must be a positive integer that divides ${rows} and ${columns}, the sides of the images.`,
    );
  }
  if (factor === 1) return { ...data, x: data.x.slice() };
  const shape = [rows / factor, columns / factor, channels];
  const x = new Float32Array(data.x.length / factor ** 2);
  const width = columns * channels; // of a row of pixels
  let to = 0;
  for (let top = 0; top < data.x.length; top += factor * width) {
    for (let left = 0; left < width; left += factor * channels) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let r = 0; r < factor; r++) {
          for (let k = 0; k < factor; k++) sum += data.x[top + r * width + left + k * channels + c]!;
        }
        x[to++] = sum / factor ** 2;
      }
    }
  }
  return { ...data, x, shape };
}
