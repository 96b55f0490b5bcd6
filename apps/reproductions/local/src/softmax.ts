/**
 * Softmax regression with a weakly convex regulariser, the problem of the experiment on real images:
 *
 *   f_i(w) = (1/N_i) Σ_s (log Σ_c exp⟨w_c, x_s⟩ − ⟨w_{y_s}, x_s⟩) + λ Σ_j w_j²/(1 + w_j²)
 *
 * The model w holds one row of p weights a class: d = classes · p. Features x_s: the pixels in [0, 1] less the mean image,
 * then a constant 1, so p = pixels + 1; the last weight of a row is the class's intercept, regularised like the others.
 * Images stay bytes: products are with the raw pixels, and `linearModel` carries scale and mean over to the weights.
 * The regulariser's second derivative is least at w_j = ±1, where it is −λ/2: f is λ/2-weakly convex, convex for λ = 0.
 */
import type { LabelledImages } from '@assay-ml/datasets';
import { allocate, exp, gemm, log } from '@assay-ml/numerics';
import type { Samples } from '@assay-ml/theory-sim';

/** Images that pass through the kernels at once: 64 × 785 features are 400 kB, which stay in a core's own cache. */
const BLOCK = 64;

/** Images are the rows of the second factor; further blocks are added to the first. */
const BY_IMAGE = { transposeB: true };
const OVERWRITE = { beta: 0 };
const ADD = { beta: 1 };

/** What `softmax` takes besides images. */
export interface SoftmaxOptions {
  /** Subtracted from the pixels [pixels]: see `meanImage`. */
  readonly mean: Float64Array;
  /** Which images each client holds, by index. */
  readonly clients: readonly Uint32Array[];
  /** Weight λ ≥ 0 of the regulariser. */
  readonly lambda: number;
}

/** The problem above as the clients' data; `minibatch` of theory-sim makes a `Problem` of it. */
export function softmax(data: LabelledImages, { mean, clients, lambda }: SoftmaxOptions): Samples {
  const { labels, classes } = data;
  const linear = linearModel(data, mean);
  const d = classes * linear.width;
  const chosen = new Uint32Array(BLOCK);
  const raw = allocate(d);
  /** Calls `visit` with each block of the rows and its scores under w. */
  const blocks = (
    client: number,
    rows: Uint32Array,
    w: Float64Array,
    visit: (images: Uint32Array, z: Float64Array, start: number) => void,
  ): void => {
    const images = clients[client]!;
    linear.use(w);
    for (let start = 0; start < rows.length; start += BLOCK) {
      const size = Math.min(BLOCK, rows.length - start);
      for (let s = 0; s < size; s++) chosen[s] = images[rows[start + s]!]!;
      const block = chosen.subarray(0, size);
      visit(block, linear.scores(block), start);
    }
  };
  return {
    name: 'fashion-mnist',
    n: clients.length,
    d,
    count: (client) => clients[client]!.length,
    gradient(client, rows, w, out) {
      blocks(client, rows, w, (images, z, start) => {
        const size = images.length;
        normalise(z, size);
        // From probabilities p to ∂f_i/∂⟨w_c, x_s⟩ = (p_c − [c = y_s]) / rows.
        for (let s = 0; s < size; s++) z[labels[images[s]!]! * size + s]! -= 1;
        for (let k = 0; k < z.length; k++) z[k]! /= rows.length;
        gemm(classes, linear.width, size, z, linear.features(size), raw.array, start === 0 ? OVERWRITE : ADD);
      });
      linear.pullBack(raw.array, out);
      for (let j = 0; j < d; j++) {
        const q = 1 + w[j]! * w[j]!;
        out[j]! += (2 * lambda * w[j]!) / (q * q);
      }
    },
    value(client, rows, w) {
      let loss = 0;
      blocks(client, rows, w, (images, z) => {
        const size = images.length;
        for (let s = 0; s < size; s++) loss -= z[labels[images[s]!]! * size + s]!;
        loss += normalise(z, size);
      });
      let penalty = 0;
      for (let j = 0; j < d; j++) penalty += (w[j]! * w[j]!) / (1 + w[j]! * w[j]!);
      return loss / rows.length + lambda * penalty;
    },
  };
}

/** Share of images whose largest score is that of their label; of equal scores the first class counts. */
export function accuracy(data: LabelledImages, mean: Float64Array, w: Float64Array): number {
  const { labels, classes, count } = data;
  const linear = linearModel(data, mean);
  linear.use(w);
  let right = 0;
  for (let start = 0; start < count; start += BLOCK) {
    const images = Uint32Array.from({ length: Math.min(BLOCK, count - start) }, (_, s) => start + s);
    const z = linear.scores(images);
    for (let s = 0; s < images.length; s++) {
      let best = 0;
      for (let c = 1; c < classes; c++) if (z[c * images.length + s]! > z[best * images.length + s]!) best = c;
      if (best === labels[images[s]!]!) right++;
    }
  }
  return right / count;
}

/** Mean of each pixel over all images, in [0, 1]: [pixels]. */
export function meanImage({ images, count, rows, columns }: LabelledImages): Float64Array {
  const mean = new Float64Array(rows * columns);
  for (let at = 0; at < images.length; at += mean.length) {
    for (let j = 0; j < mean.length; j++) mean[j]! += images[at + j]!;
  }
  return mean.map((sum) => sum / (255 * count));
}

/**
 * Scores ⟨w_c, x_s⟩ of up to BLOCK images at a time, from rows of raw pixels and a constant 1: with b_c the intercept,
 * ⟨w_c, pixels/255 − mean⟩ + b_c = ⟨w_c/255, pixels⟩ + (b_c − ⟨w_c, mean⟩), so that no image is changed.
 */
function linearModel({ images, rows, columns, classes }: LabelledImages, mean: Float64Array) {
  const pixels = rows * columns;
  const width = pixels + 1;
  const x = allocate(BLOCK * width);
  const z = allocate(BLOCK * classes);
  const weights = allocate(classes * width);
  for (let at = pixels; at < x.length; at += width) x.array[at] = 1;
  const features = (size: number): Float64Array => x.array.subarray(0, size * width);
  return {
    /** Features of an image, the constant included. */
    width,
    /** The rows of the block last scored, [size, width]. */
    features,
    /** Takes up the model `w` [classes, width]. */
    use(w: Float64Array): void {
      const scaled = weights.array;
      for (let c = 0; c < classes * width; c += width) {
        let shift = 0;
        for (let j = 0; j < pixels; j++) {
          scaled[c + j] = w[c + j]! / 255;
          shift += w[c + j]! * mean[j]!;
        }
        scaled[c + pixels] = w[c + pixels]! - shift;
      }
    },
    /** Scores of the chosen images: [classes, size], valid until the next call. */
    scores(chosen: Uint32Array): Float64Array {
      const size = chosen.length;
      const block = x.array;
      for (let s = 0; s < size; s++) {
        const from = chosen[s]! * pixels;
        block.set(images.subarray(from, from + pixels), s * width);
      }
      return gemm(classes, size, width, weights.array, features(size), z.array.subarray(0, classes * size), BY_IMAGE);
    },
    /** Turns a gradient in the weights of the raw pixels into one in w. */
    pullBack(raw: Float64Array, out: Float64Array): void {
      for (let c = 0; c < classes * width; c += width) {
        const constant = raw[c + pixels]!;
        for (let j = 0; j < pixels; j++) out[c + j] = raw[c + j]! / 255 - constant * mean[j]!;
        out[c + pixels] = constant;
      }
    },
  };
}

const sums = new Float64Array(BLOCK);

/** Turns the scores [classes, size] of each image into probabilities, in place; returns the sum over images of log Σ_c exp z_c. */
function normalise(z: Float64Array, size: number): number {
  let total = 0;
  for (let s = 0; s < size; s++) {
    let largest = -Infinity;
    for (let k = s; k < z.length; k += size) largest = Math.max(largest, z[k]!);
    for (let k = s; k < z.length; k += size) z[k]! -= largest;
    total += largest;
  }
  exp(z, z);
  const each = sums.subarray(0, size).fill(0);
  for (let k = 0; k < z.length; k++) each[k % size]! += z[k]!;
  for (let k = 0; k < z.length; k++) z[k]! /= each[k % size]!;
  for (const logarithm of log(each, each)) total += logarithm;
  return total;
}
