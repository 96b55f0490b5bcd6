/**
 * Batch normalisation over all axes but the last, with its true gradient: through the batch's mean and variance, by the
 * closed formula
 *
 *   dx = s/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)),   x̂ = (x − μ)/σ,   σ² = variance + ε.
 *
 * Forward and gradient are one kernel each. A gradient that is itself differentiated is put together from primitives.
 */
import * as tf from '@tensorflow/tfjs-core';
import { complaint } from '@assay-ml/numerics/check';
import { cureOnce } from './cure-once.js';
import { nativeForward, nativeGradient } from './native-batch-norm.js';
import { batchNormForward, batchNormGradient } from './wasm/norm.js';

/** Statistics to normalise with. */
export interface Statistics {
  /** Means of the channels, [C]. */
  readonly mean: tf.Tensor;
  /** Variances of the channels, [C], those of the population (divided by n). */
  readonly variance: tf.Tensor;
}

/** What {@link batchNorm} gives. */
export interface Normalised extends Statistics {
  /** The normalised tensor, of the shape of x. */
  readonly y: tf.Tensor;
}

const FORWARD = 'AssayBatchNorm';
const GRADIENT = 'AssayBatchNormGrad';

const axesOf = (x: tf.Tensor) => x.shape.slice(0, -1).map((_, axis) => axis);

interface Saved extends Statistics {
  readonly x: tf.Tensor;
  readonly scale: tf.Tensor;
  readonly dy: tf.Tensor;
  readonly dMean: tf.Tensor;
  readonly dVariance: tf.Tensor;
}

/** y, mean and variance from primitives. */
function forward(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor, epsilon: number): tf.Tensor[] {
  const mean = tf.mean(x, axesOf(x));
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), axesOf(x));
  const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  return [tf.add(tf.mul(centred, factor), offset), mean, variance];
}

/** The gradients by x, scale and offset from primitives. */
function gradient({ x, scale, mean, variance, dy, dMean, dVariance }: Saved, epsilon: number): tf.Tensor[] {
  const axes = axesOf(x);
  const n = x.size / mean.size;
  const inverse = tf.rsqrt(tf.add(variance, epsilon));
  const centred = tf.sub(x, mean);
  const dOffset = tf.sum(dy, axes);
  const dScale = tf.mul(tf.sum(tf.mul(dy, centred), axes), inverse);
  const factor = tf.mul(scale, inverse);
  const slope = tf.div(tf.sub(tf.mul(2, dVariance), tf.mul(tf.mul(factor, inverse), dScale)), n);
  const level = tf.div(tf.sub(dMean, tf.mul(factor, dOffset)), n);
  const dx = tf.add(tf.mul(dy, factor), tf.add(tf.mul(centred, slope), level));
  return [dx, dScale, dOffset];
}

/** The two kernels of a backend: its own, or those from primitives. */
function kernelsOf(backendName: string): [tf.KernelFunc, tf.KernelFunc] {
  if (backendName === 'wasm') return [batchNormForward, batchNormGradient];
  if (backendName === 'tensorflow') return [nativeForward, nativeGradient];
  return [
    ({ inputs, attrs }) => {
      const { x, scale, offset } = inputs as unknown as Record<'x' | 'scale' | 'offset', tf.Tensor>;
      return tf.tidy(() => forward(x, scale, offset, attrs!['epsilon'] as number));
    },
    ({ inputs, attrs }) => tf.tidy(() => gradient(inputs as unknown as Saved, attrs!['epsilon'] as number)),
  ];
}

/** Registers kernels and gradient for the backend in use. */
function register(): void {
  const backendName = tf.getBackend();
  if (tf.getKernel(FORWARD, backendName)) return;
  const [forwardKernel, gradientKernel] = kernelsOf(backendName);
  tf.registerKernel({ kernelName: FORWARD, backendName, kernelFunc: forwardKernel });
  tf.registerKernel({ kernelName: GRADIENT, backendName, kernelFunc: gradientKernel });
  if (tf.getGradient(FORWARD)) return;
  tf.registerGradient({
    kernelName: FORWARD,
    inputsToSave: ['x', 'scale'],
    // Mean, variance, and what native TensorFlow adds.
    outputsToSave: [false, true, true, true, true, true],
    gradFunc: (dys, saved, attributes) => {
      const [dy, dMean, dVariance] = dys as tf.Tensor[] as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [x, scale, mean, variance, ...reserved] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const given = { x, scale, mean, variance, dy, dMean, dVariance };
      const more = Object.fromEntries(reserved.map((tensor, i) => [`reserved${i}`, tensor]));
      const { epsilon } = attributes as unknown as { epsilon: number };
      const [dx, dScale, dOffset] = tf.engine().isTapeOn()
        ? gradient(given, epsilon)
        : tf.engine().runKernel<tf.Tensor[]>(GRADIENT, { ...given, ...more }, { epsilon });
      return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
    },
  });
}

const STAND_INS: Readonly<Record<string, string>> = {
  scale: 'Without a scale pass tf.ones([C]).',
  offset: 'Without an offset pass tf.zeros([C]).',
};

function requireTensor(option: string, value: tf.Tensor, allowed: string): void {
  if (!(value instanceof tf.Tensor))
    throw new TypeError(complaint('batchNorm', option, value, allowed, STAND_INS[option]));
}

/**
 * y = scale · (x − mean)/√(variance + ε) + offset, a channel along the last axis.
 *
 * @param x float32, at least two axes, channels last
 * @param scale [C]
 * @param offset [C]
 * @param statistics those to use (eval mode), or 'batch': those of x itself (train mode), through which the gradient
 *   goes. They come out beside y, for running averages; the variance is divided by n, not n − 1
 * @param epsilon added to the variance; default 1e-5, PyTorch's
 * @returns y and the statistics used
 * @throws TypeError for what is no tensor or no statistics
 * @throws RangeError if x has fewer than two axes or no elements, a shape is not [C], or epsilon is not above 0
 */
export function batchNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  statistics: Statistics | 'batch',
  epsilon = 1e-5,
): Normalised {
  requireTensor('x', x, 'a tensor');
  const channels = x.shape.at(-1);
  if (x.rank < 2 || x.size === 0) {
    throw new RangeError(
      `batchNorm: 'x' has shape [${x.shape}]; must have at least two axes and one element. Channels come last.`,
    );
  }
  if (statistics !== 'batch' && (typeof statistics !== 'object' || statistics === null)) {
    throw new TypeError(complaint('batchNorm', 'statistics', statistics, "'batch' or { mean, variance }"));
  }
  const vectors = {
    scale,
    offset,
    ...(statistics === 'batch' ? {} : { mean: statistics.mean, variance: statistics.variance }),
  };
  for (const [option, vector] of Object.entries(vectors)) {
    requireTensor(option, vector, `a tensor [${channels}]`);
    if (vector.rank !== 1 || vector.size !== channels) {
      throw new RangeError(
        `batchNorm: '${option}' has shape [${vector.shape}]; must be [${channels}], one number a channel. Channels come last in x.`,
      );
    }
  }
  if (!(epsilon > 0 && epsilon < Infinity)) {
    throw new RangeError(`batchNorm: 'epsilon' is ${epsilon}; must be a finite number above 0. Leave it out for 1e-5.`);
  }
  cureOnce();
  if (statistics !== 'batch') {
    const { mean, variance } = statistics;
    const factor = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
    return { y: tf.add(tf.mul(tf.sub(x, mean), factor), offset), mean, variance };
  }
  register();
  const outputs = tf.engine().runKernel<tf.Tensor[]>(FORWARD, { x, scale, offset }, { epsilon });
  const [y, mean, variance, ...reserved] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor];
  tf.dispose(reserved);
  return { y, mean, variance };
}
