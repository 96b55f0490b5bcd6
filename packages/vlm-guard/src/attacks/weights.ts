/** The bisection over the weight c of C&W and EAD, for each image by itself, and the nearest success so far. */
import type { Images } from '../images.js';

/** Where the search stands. */
interface WeightSearch {
  /** c of each image. */
  readonly weights: Float32Array;
  /** The nearest success of each image, or the image. */
  readonly best: Float32Array;
  /** Candidates with their distances, and which of them succeed. */
  offer(x: Float32Array, distance: Float32Array, success: Uint8Array): void;
  /** Smaller weights where one succeeded, larger elsewhere: tenfold until one does. */
  next(): void;
}

/** Starts a search from one weight. */
export function searchWeights(images: Images, weight: number): WeightSearch {
  const [count] = images.shape;
  const size = images.data.length / count;
  const weights = new Float32Array(count).fill(weight);
  const [low, high] = [new Float64Array(count), new Float64Array(count).fill(Infinity)];
  const best = images.data.slice();
  const nearest = new Float64Array(count).fill(Infinity);
  const found = new Uint8Array(count);
  return {
    weights,
    best,
    offer(x, distance, success) {
      for (let i = 0; i < count; i++) {
        if (success[i] !== 1) continue;
        found[i] = 1;
        if (!(distance[i]! < nearest[i]!)) continue;
        nearest[i] = distance[i]!;
        best.set(x.subarray(i * size, (i + 1) * size), i * size);
      }
    },
    next() {
      for (let i = 0; i < count; i++) {
        if (found[i] === 1) high[i] = weights[i]!;
        else low[i] = weights[i]!;
        weights[i] = high[i] === Infinity ? weights[i]! * 10 : (low[i]! + high[i]!) / 2;
      }
      found.fill(0);
    },
  };
}
