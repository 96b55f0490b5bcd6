/**
 * The audit: every operation that training touches, forward and gradient, beside the backend wasm as TensorFlow.js has it
 * and native TensorFlow.
 */
import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as tensors from '@assay-ml/tensors';
import type { Benchmark, Work } from '../benchmark.js';
import { alsoOnBlas, onBackends, read, tensorWork } from './backends.js';

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

/** What a step in place changes. */
interface Updated {
  readonly parameters: readonly tf.Variable[];
  readonly first: readonly tf.Variable[];
  readonly second: readonly tf.Variable[];
}

/** Weights of a step in place, 2²⁰ in 16 tensors. */
const [UPDATED, EACH] = [16, 65_536];

/** One step of 2²⁰ weights in place, from gradients that are there. The result is that of the first step from zeros. */
function inPlace(
  name: string,
  checksum: number,
  step: (state: Updated, gradients: readonly tf.Tensor[], t: number) => void,
  goals: { readonly tfjs?: number; readonly torch: number },
): Benchmark[] {
  const torch = {
    name: `PyTorch ${name}`,
    runtime: 'torch',
    variant: name,
    otherResult: true,
    goal: goals.torch,
  } as const;
  const stock = { name: `tfjs ${name}`, runtime: 'here', variant: 'tfjs', otherResult: true, goal: goals.tfjs ?? 1 } as const; // prettier-ignore
  return onBackends(
    {
      name: `${name} update, 2²⁰ weights in 16 tensors`,
      checksum,
      precision: 1e-5,
      per: { count: 1, unit: 'step' },
      prepare(variant): Work {
        const key = stream(5, 'benchmark', 'update');
        const gradients = Array.from({ length: UPDATED }, (_, i) => tensors.normal(key.at(i), [EACH]));
        const zeros = () =>
          gradients.map((gradient) => {
            const values = tf.zerosLike(gradient);
            const variable = tf.variable(values);
            values.dispose();
            return variable;
          });
        const made = (): Updated => ({ parameters: zeros(), first: zeros(), second: zeros() });
        const free = ({ parameters, first, second }: Updated) => tf.dispose([...parameters, ...first, ...second]);
        const state = made();
        const named = state.parameters.map((variable, i) => ({ name: variable.name, tensor: gradients[i]! }));
        const optimizer = variant === 'tfjs' ? tf.train.adam(1e-3) : null;
        let t = 0;
        return {
          async run() {
            if (optimizer) optimizer.applyGradients(named);
            else step(state, gradients, ++t);
            const one = tf.tidy(() => tf.slice(state.parameters.at(-1)!, 0, 1));
            await one.data();
            one.dispose();
          },
          async result() {
            const fresh = made();
            step(fresh, gradients, 1);
            const values = await read(fresh.parameters);
            free(fresh);
            return values;
          },
          inputs: { count: UPDATED, size: EACH },
          free() {
            optimizer?.dispose();
            free(state);
            tf.dispose(gradients);
          },
        };
      },
    },
    { wasm: goals.tfjs === undefined ? [torch] : [stock, torch] },
  );
}

export const tensorsSuite: readonly Benchmark[] = [
  ...inPlace('Adam', -0.5794817137094259, (state, gradients, t) => tensors.adam(state, gradients, { rate: 1e-3, t }), { tfjs: 1 / 8, torch: 0.5 }), // prettier-ignore
  ...inPlace('sign', -0.5795437239042397, (state, gradients) => tensors.sign(state, gradients, { rate: 1e-3 }), {
    torch: 1.2,
  }),
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
  ...operation('attention block and its gradients', -319935.25130385277, [[1024, 64], [1024, 64], [64, 64], [64, 64], [64, 64], [64, 64]], withGradients(attention), { goal: 1 / 3 }), // prettier-ignore
];
