/**
 * The audit: every operation that training touches, forward and gradient, beside the backend wasm as TensorFlow.js has it
 * and native TensorFlow.
 */
import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as tensors from '@assay-ml/tensors';
import type { Benchmark } from '../benchmark.js';
import { alsoOnBlas, onBackends, tensorWork } from './backends.js';

type Compute = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** Runs a kernel that has no function of its own. */
const kernel = (name: string, inputs: Record<string, tf.Tensor>, attributes: object): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);

/** The value, and the gradients by all inputs for an output gradient that is given first. */
const withGradients =
  (f: (...inputs: tf.Tensor[]) => tf.Tensor): Compute =>
  (dy, ...inputs) =>
    tf.grads(f)(inputs, dy);

/**
 * One line of the audit.
 * @param shapes of the inputs, normal numbers
 * @param compute the timed call
 * @param stock how one writes it without this package, if otherwise
 * @param goal against stock
 * @param blas goal against wasm, of a row with the engine
 */
function operation(
  name: string,
  checksum: number,
  shapes: readonly (readonly number[])[],
  compute: Compute,
  { stock = compute, goal, blas }: { stock?: Compute; goal?: number; blas?: number } = {},
): Benchmark[] {
  const peers = [
    { name: 'stock', runtime: 'stock', variant: 'stock', ...(goal === undefined ? {} : { goal }) },
    NATIVE,
  ] as const;
  const benchmarks = onBackends(
    {
      name,
      checksum,
      precision: 1e-5,
      tolerance: 1e-4,
      per: { count: 1, unit: 'call' },
      prepare(variant) {
        const key = stream(5, 'benchmark', name);
        const inputs = shapes.map((shape, i) => tensors.normal(key.at(i), shape));
        return tensorWork(() => (variant === 'stock' ? stock : compute)(...inputs), inputs);
      },
    },
    { wasm: peers },
  );
  return blas === undefined ? benchmarks : alsoOnBlas(benchmarks, blas, [NATIVE]);
}

const NATIVE = { name: 'native', runtime: 'tensorflow' } as const;

const image = (t: tf.Tensor) => t as tf.Tensor4D;

const IMAGE = [128, 16, 16, 16];
const MAPS = [128, 16, 16, 32];
const LARGE = [128, 32, 32, 16];
const FILTER = [3, 3, 16, 32];
const DEPTHWISE = [3, 3, 32, 1];
const DEEP = [128, 8, 8, 64];
const DEEP_FILTER = [3, 3, 64, 64];
const CONV = { strides: 1, pad: 'same', dataFormat: 'NHWC', dimRoundingMode: undefined };
const DEPTHWISE_CONV = { strides: 1, dilations: 1, pad: 'same', dimRoundingMode: undefined };
const HALF = { filterSize: [2, 2], strides: [2, 2], pad: 'valid', dimRoundingMode: undefined };

/** Batch norm as it is written from `moments`. */
function momentsNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), offset);
}

/** 16 sequences of 64 tokens, 4 heads of 16: all projections, scores, softmax. */
function attention(x: tf.Tensor, ...weights: tf.Tensor[]): tf.Tensor {
  const heads = (w: tf.Tensor) =>
    tf.reshape(tf.transpose(tf.reshape(tf.matMul(x, w), [16, 64, 4, 16]), [0, 2, 1, 3]), [64, 64, 16]);
  const [q, k, v] = weights.map(heads) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / 4));
  const mixed = tf.transpose(tf.reshape(tf.matMul(scores, v), [16, 4, 64, 16]), [0, 2, 1, 3]);
  return tf.matMul(tf.reshape(mixed, [1024, 64]), weights[3]!);
}

/** 32 sequences of 64 tokens of a decoder: width 64, 172 hidden, 4 heads of 16, 512 classes. */
const TOKENS = [2048, 64];
const HIDDEN = [2048, 172];
const HEADS = [32, 64, 4, 16];
const SCORES = [128, 64, 64];

const tokens = () => tf.cast(tf.floor(tf.mul(tf.range(0, 2048), 0.25)), 'int32') as tf.Tensor1D;

/** How one writes a decoder's parts from operations of TensorFlow.js. */
const plain = {
  crossEntropy: (z: tf.Tensor) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(tokens(), 512), z, undefined, undefined, tf.Reduction.NONE),
  rmsNorm: (x: tf.Tensor, scale: tf.Tensor) =>
    tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-6))), scale),
  layerNorm(x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), offset);
  },
  rotary(x: tf.Tensor) {
    const frequencies = tf.pow(10_000, tf.div(tf.range(0, 8), -8));
    const angles = tf.mul(tf.reshape(tf.range(0, 64), [64, 1, 1]), frequencies);
    const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
    const [low, high] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor];
    return tf.concat([tf.sub(tf.mul(low, cos), tf.mul(high, sin)), tf.add(tf.mul(high, cos), tf.mul(low, sin))], -1);
  },
  swiglu: (gate: tf.Tensor, up: tf.Tensor) => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
  gelu: (x: tf.Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2)))),
  causalSoftmax(scores: tf.Tensor) {
    const places = tf.range(0, 64);
    const hidden = tf.greater(tf.expandDims(places, 0), tf.expandDims(places, 1));
    return tf.softmax(tf.add(scores, tf.mul(tf.cast(hidden, 'float32'), -1e9)));
  },
};

const labels = () => tf.fill([1024, 1024], 1 / 1024);
const rows = () => tf.cast(tf.floor(tf.mul(tf.range(0, 2048), 0.37)), 'int32') as tf.Tensor1D;

/** Parameters, velocities and gradients of a step. */
const STEP = Array.from({ length: 60 }, () => [64, 64]);

/** SGD as it is written from primitives. */
const plainSgd: typeof tensors.sgd = ({ parameters, velocity }, gradients, { rate, momentum, weightDecay }) => {
  const [eta, mu, lambda] = [tf.scalar(rate), tf.scalar(momentum), tf.scalar(weightDecay)];
  const v = velocity.map((own, i) => tf.add(tf.mul(mu, own), tf.add(gradients[i]!, tf.mul(lambda, parameters[i]!))));
  return { parameters: parameters.map((theta, i) => tf.sub(theta, tf.mul(eta, v[i]!))), velocity: v };
};

const sgdStep =
  (sgd: typeof tensors.sgd): Compute =>
  (...list) => {
    const state = { parameters: list.slice(0, 20), velocity: list.slice(20, 40) };
    const next = sgd(state, list.slice(40), { rate: 0.1, momentum: 0.9, weightDecay: 5e-4 });
    return [...next.parameters, ...next.velocity];
  };

export const tensorsSuite: readonly Benchmark[] = [
  ...operation('matMul 128 × 256 × 256', 4934.8568649240215, [[128, 256], [256, 256]], (a, b) => tf.matMul(a!, b!), { blas: 0.33 }), // prettier-ignore
  ...operation('matMul 128 × 256 × 256, B transposed', -1045.341616299725, [[128, 256], [256, 256]], (a, b) => tf.matMul(a!, b!, false, true), { blas: 0.33 }), // prettier-ignore
  ...operation('matMul 256 × 128 × 256, A transposed', 2124.2434132371627, [[128, 256], [128, 256]], (a, b) => tf.matMul(a!, b!, true), { blas: 0.33 }), // prettier-ignore
  ...operation('matMul 64 × (64 × 64 × 16)', 751.9693018865935, [[64, 64, 64], [64, 64, 16]], (a, b) => tf.matMul(a!, b!), { blas: 0.45 }), // prettier-ignore
  ...operation('conv2d 3 × 3, 16 to 32 channels', 11318.884069110665, [IMAGE, FILTER], (x, w) =>
    tf.conv2d(image(x!), image(w!), 1, 'same'),
  ),
  ...operation('conv2d, gradient by the image', -3667.9214540707085, [MAPS, FILTER], (dy, filter) =>
    kernel(tf.Conv2DBackpropInput, { dy: dy!, filter: filter! }, { ...CONV, inputShape: IMAGE }),
  ),
  ...operation('conv2d, gradient by the filter', -19207.463199683905, [IMAGE, MAPS], (x, dy) =>
    kernel(tf.Conv2DBackpropFilter, { x: x!, dy: dy! }, { ...CONV, filterShape: FILTER }),
  ),
  ...operation('conv2d 3 × 3, 64 to 64 channels at 8 × 8', 16254.870296430694, [DEEP, DEEP_FILTER], (x, w) => tf.conv2d(image(x!), image(w!), 1, 'same'), { blas: 0.4 }), // prettier-ignore
  ...operation('conv2d at 8 × 8, gradient by the image', -9432.50953031865, [DEEP, DEEP_FILTER], (dy, filter) => kernel(tf.Conv2DBackpropInput, { dy: dy!, filter: filter! }, { ...CONV, inputShape: DEEP }), { blas: 0.4 }), // prettier-ignore
  ...operation('conv2d at 8 × 8, gradient by the filter', -27797.292018633874, [DEEP, DEEP], (x, dy) => kernel(tf.Conv2DBackpropFilter, { x: x!, dy: dy! }, { ...CONV, filterShape: DEEP_FILTER }), { blas: 0.4 }), // prettier-ignore
  ...operation('depthwise 3 × 3, 32 channels', 3789.9252538448345, [MAPS, DEPTHWISE], (x, w) =>
    tf.depthwiseConv2d(image(x!), image(w!), 1, 'same'),
  ),
  ...operation('depthwise, gradient by the image', 3056.9352108156336, [MAPS, DEPTHWISE], (dy, filter) =>
    kernel(
      tf.DepthwiseConv2dNativeBackpropInput,
      { dy: dy!, filter: filter! },
      { ...DEPTHWISE_CONV, inputShape: MAPS },
    ),
  ),
  ...operation('depthwise, gradient by the filter', 2529.43759393378, [MAPS, MAPS], (x, dy) =>
    kernel(tf.DepthwiseConv2dNativeBackpropFilter, { x: x!, dy: dy! }, { ...DEPTHWISE_CONV, filterShape: DEPTHWISE }),
  ),
  ...operation('maxPool 2 × 2', 540669.0388033215, [LARGE], (x) => tf.maxPool(image(x!), 2, 2, 'valid')),
  ...operation('maxPool 2 × 2 and its gradient', -604.6617979283466, [IMAGE, LARGE], withGradients((x) => tf.maxPool(image(x), 2, 2, 'valid'))), // prettier-ignore
  ...operation('avgPool 2 × 2', 72.89866994312348, [LARGE], (x) => tf.avgPool(image(x!), 2, 2, 'valid')),
  ...operation('avgPool, gradient', 314.7357301934572, [IMAGE, LARGE], (dy, input) =>
    kernel(tf.AvgPoolGrad, { dy: dy!, input: input! }, HALF),
  ),
  ...operation('batch norm and its gradients', -56.6839224112379, [MAPS, MAPS, [32], [32]], withGradients((x, scale, offset) => tensors.batchNorm(x, scale, offset, 'batch').y), { stock: withGradients(momentsNorm) }), // prettier-ignore
  ...operation('relu and its gradient', -287.8876046679036, [MAPS, MAPS], withGradients(tf.relu)),
  ...operation(
    'softmax cross-entropy and its gradient, 1024 × 1024',
    -0.5173026789365454,
    [[1024], [1024, 1024]],
    withGradients((z) => tensors.softmaxCrossEntropy(labels(), z)),
    {
      // prettier-ignore
      stock: withGradients((z) => tf.losses.softmaxCrossEntropy(labels(), z, undefined, undefined, tf.Reduction.NONE)),
    },
  ),
  ...operation(
    'sum over images and its gradient',
    100162.41184990706,
    [[32], MAPS],
    withGradients((x) => tf.sum(x, [0, 1, 2])),
  ),
  ...operation(
    'mean over pixels and its gradient',
    26.05724063345256,
    [[128, 32], MAPS],
    withGradients((x) => tf.mean(x, [1, 2])),
  ),
  ...operation(
    'bias and its gradient',
    598.2707429757755,
    [MAPS, MAPS, [32]],
    withGradients((x, bias) => tf.add(x, bias)),
  ),
  ...operation('exp, a million numbers', 1727715.2362693623, [[1024, 1024]], (x) => tf.exp(x!)),
  ...operation('split in four along the last axis, 2048 × 256', -360.9965449937288, [[2048, 256]], (x) => tf.split(x!, 4, -1)), // prettier-ignore
  ...operation('concat of four along the last axis, 2048 × 64', 1086.9837752485446, [[2048, 64], [2048, 64], [2048, 64], [2048, 64]], (...xs) => tf.concat(xs, -1)), // prettier-ignore
  ...operation('sum over rows, 2048 × 512', 766.1066339391691, [[2048, 512]], (x) => tf.sum(x!, 0)),
  ...operation('SGD step, 20 parameters of 64 × 64', 273.38674406613916, STEP, sgdStep(tensors.sgd), {
    stock: sgdStep(plainSgd),
  }),
  ...operation('gather and its gradient, 2048 of 1000 × 64', -757.0106092095403, [[2048, 64], [1000, 64]], withGradients((x) => tf.gather(x, rows()))), // prettier-ignore
  ...operation('einsum bthd,bshd->bhts', 243.61774785561477, [[16, 64, 4, 16], [16, 64, 4, 16]], (a, b) => tf.einsum('bthd,bshd->bhts', a!, b!)), // prettier-ignore
  ...operation('cross-entropy of 512 classes and its gradient, 2048 tokens', -1.34407068535, [[2048], [2048, 512]], withGradients((z) => tensors.crossEntropy(tokens(), z)), { stock: withGradients(plain.crossEntropy) }), // prettier-ignore
  ...operation('RMSNorm and its gradients, 2048 × 64', 563.1638674, [TOKENS, TOKENS, [64]], withGradients((x, scale) => tensors.rmsNorm(x, scale)), { stock: withGradients(plain.rmsNorm) }), // prettier-ignore
  ...operation('layer norm and its gradients, 2048 × 64', 1155.20813624, [TOKENS, TOKENS, [64], [64]], withGradients((x, scale, offset) => tensors.layerNorm(x, scale, offset)), { stock: withGradients(plain.layerNorm) }), // prettier-ignore
  ...operation('RoPE and its gradient, 32 × 64 × 4 × 16', -405.09569402, [HEADS, HEADS], withGradients((x) => tensors.rotary(x)), { stock: withGradients(plain.rotary) }), // prettier-ignore
  ...operation('SwiGLU and its gradients, 2048 × 172', 412.886380308, [HIDDEN, HIDDEN, HIDDEN], withGradients((gate, up) => tensors.swiglu(gate, up)), { stock: withGradients(plain.swiglu) }), // prettier-ignore
  ...operation('GELU and its gradient, 2048 × 172', 733.260676989, [HIDDEN, HIDDEN], withGradients((x) => tensors.gelu(x)), { stock: withGradients(plain.gelu) }), // prettier-ignore
  ...operation('causal softmax and its gradient, 128 × 64 × 64', 3.31015804547, [SCORES, SCORES], withGradients((x) => tensors.causalSoftmax(x)), { stock: withGradients(plain.causalSoftmax) }), // prettier-ignore
  ...operation('attention block and its gradients', -319935.25130385277, [[1024, 64], [1024, 64], [64, 64], [64, 64], [64, 64], [64, 64]], withGradients(attention), { goal: 1 / 3 }), // prettier-ignore
];
