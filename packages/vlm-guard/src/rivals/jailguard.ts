import { type Stream, stream } from '@assay-ml/numerics';
import { integer, requireOptions } from '@assay-ml/numerics/check';
import { checkImages, type Images } from '../images.js';
import { type Answers, type Rival, rowOf } from './rival.js';

/** Writes a changed copy of one image, [height, width, channels]. */
export type Mutation = (image: Float32Array, out: Float32Array, shape: readonly [number, number, number], draw: Stream) => void; // prettier-ignore

/** Normal noise on each value. */
export const noise =
  (deviation: number): Mutation =>
  (image, out, _shape, draw) => {
    for (let k = 0; k < out.length; k++) out[k] = image[k]! + deviation * draw.normal();
  };

/** Each value by one factor of U(1 − spread, 1 + spread). */
export const brightness =
  (spread: number): Mutation =>
  (image, out, _shape, draw) => {
    const factor = 1 + spread * (2 * draw.uniform() - 1);
    for (let k = 0; k < out.length; k++) out[k] = image[k]! * factor;
  };

/** Moves by up to `most` pixels in each direction; the border is repeated. */
export const shift =
  (most: number): Mutation =>
  (image, out, [height, width, channels], draw) => {
    const [down, right] = [draw.integer(2 * most + 1) - most, draw.integer(2 * most + 1) - most];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const from = [
          Math.min(height - 1, Math.max(0, r - down)),
          Math.min(width - 1, Math.max(0, c - right)),
        ] as const;
        for (let k = 0; k < channels; k++) out[(r * width + c) * channels + k] = image[(from[0] * width + from[1]) * channels + k]!; // prettier-ignore
      }
    }
  };

/** Options of {@link jailGuard}. */
export interface JailGuardOptions {
  readonly answers: Answers;
  /** Copies of each image. Default 8, the paper's. */
  readonly copies?: number;
  /** Taken in turn. Default noise of .1 and brightness of ±.2, which leave the answer to a clean image; {@link shift} does not where
   * the victim reads fine patterns. */
  readonly mutations?: readonly Mutation[];
  /** Default 0. */
  readonly seed?: number;
}

/**
 * JailGuard (Zhang et al., 2023): the answers to changed copies of an attacked image disagree. The score is less the largest distance of
 * two answers.
 * @throws RangeError for an option out of range; when it scores, for images outside [0, 1]
 */
export function jailGuard(options: JailGuardOptions): Rival {
  requireOptions<JailGuardOptions>('jailGuard', options, { answers: 1, copies: 1, mutations: 1, seed: 1 });
  const { answers, copies = 8, mutations = [noise(0.1), brightness(0.2)], seed = 0 } = options;
  integer('jailGuard', 'copies', copies, 2, 'Leave it out for 8.');
  integer('jailGuard', 'the number of mutations', mutations.length, 1, 'Leave them out for two.');
  integer('jailGuard', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  return {
    name: 'JailGuard',
    async score(images, signal) {
      checkImages('jailGuard', images);
      const { data, shape } = images;
      const [count, ...one] = shape;
      const size = data.length / count;
      const key = stream(seed, 'rival', 'jailguard');
      const all: Float32Array[] = [];
      for (let copy = 0; copy < copies; copy++) {
        const changed = new Float32Array(data.length);
        for (let i = 0; i < count; i++) {
          mutations[copy % mutations.length]!(data.subarray(i * size, (i + 1) * size), changed.subarray(i * size, (i + 1) * size), one, key.at(copy, i)); // prettier-ignore
        }
        all.push(await answers.rows(clipped(changed, shape), signal));
      }
      return Float64Array.from({ length: count }, (_, i) => {
        let most = 0;
        for (let a = 0; a < copies; a++) {
          for (let b = 0; b < a; b++) {
            most = Math.max(most, answers.distance(rowOf(all[a]!, answers.width, i), rowOf(all[b]!, answers.width, i)));
          }
        }
        return -most;
      });
    },
  };
}

/** Within [0, 1]. */
function clipped(data: Float32Array, shape: Images['shape']): Images {
  data.forEach((value, k) => (data[k] = Math.min(1, Math.max(0, value))));
  return { data, shape };
}
