/** Training steps: batches of 128, of 32 for the large networks, of sequences for decoders, SGD with momentum and weight decay, as `train` does them. */
import * as tf from '@tensorflow/tfjs-core';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as networks from '@assay-ml/networks';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { alsoOnBlas, examples, joined, onBackends, read, tensorWork } from './backends.js';

const BATCH = 128;
const CLASSES = 10;
const RULE = { rate: 0.01, momentum: 0.9, weightDecay: 5e-4 };

type Forward = (parameters: readonly tf.Tensor[], x: tf.Tensor) => tf.Tensor;

interface Setting {
  readonly stock?: Forward;
  readonly goals?: {
    readonly stock?: number;
    readonly native?: number;
    readonly torch?: number;
    readonly torchOfWasm?: number;
    readonly blas?: number;
    readonly narrow?: number;
    readonly torchOne?: number;
    readonly tensorflowOne?: number;
  };
  readonly batch?: number;
  /** Left out: normal numbers. */
  readonly data?: { readonly x: Float32Array | Int32Array; readonly y: Int32Array };
}

/** Where versions before other optimisers kept it, too: they are timed beside. */
const velocityOf = (state: networks.TrainState): tf.Tensor[] =>
  'optimiser' in state ? state.optimiser.velocity : (state as unknown as networks.SgdState).velocity;

/** `steps` steps on one batch, from the same weights at every call. The result is the velocity of all parameters. */
function training(
  name: string,
  checksum: number,
  network: networks.Network,
  steps: number,
  { stock, goals = {}, batch = BATCH, data = examples(batch, network.inputShape, CLASSES) }: Setting = {},
): Benchmark[] {
  const goal = (value: number | undefined) => (value === undefined ? {} : { goal: value });
  const wasm: Peer[] = [
    ...(stock ? [{ name: 'stock', runtime: 'stock', variant: 'stock', ...goal(goals.stock) } as const] : []),
    { ...NATIVE, ...goal(goals.native) },
    ...(goals.torchOfWasm ? [{ name: 'PyTorch', runtime: 'torch', goal: goals.torchOfWasm } as const] : []),
  ];
  const tensorflow: Peer[] = [{ name: 'PyTorch', runtime: 'torch', ...goal(goals.torch) }];
  const benchmarks = onBackends(
    {
      name,
      checksum,
      precision: 1e-4,
      tolerance: 1e-3,
      per: { count: steps, unit: 'step' },
      async prepare(variant) {
        const weights = networks.initialise(network);
        const { x, y } = data;
        if (variant === 'stock')
          return stockWork(stock!, weights.parameters, x as Float32Array, y, network.inputShape, steps);
        let velocity: tf.Tensor[] = [];
        const values = [...weights.parameters, ...weights.buffers];
        const names = [...network.parameters, ...network.buffers].map((spec) => spec.name);
        const named = await Promise.all(
          values.map(async (t, i) => [names[i]!, { shape: t.shape, values: joined([await t.data()]) }] as const),
        );
        return {
          async run() {
            tf.dispose(velocity);
            const batches = () => Array.from({ length: steps }, () => ({ x, y }));
            const state = await networks.train(network, weights, batches, { epochs: 1, ...RULE });
            tf.dispose(state.weights);
            velocity = velocityOf(state);
          },
          result: () => read(velocity),
          inputs: {
            x: { shape: [batch, ...network.inputShape], values: Float64Array.from(x) },
            y: { shape: [y.length], values: Float64Array.from(y) },
            steps,
            ...RULE,
            ...Object.fromEntries(named),
          },
          free: () => tf.dispose([...values, ...velocity]),
        };
      },
    },
    { wasm, tensorflow },
  );
  if (goals.blas === undefined) return benchmarks;
  const one = (name: string, runtime: Peer['runtime'], value: number | undefined): Peer[] =>
    value === undefined ? [] : [{ name, runtime, goal: value }];
  const others: Peer[] = [
    NATIVE,
    ...one('native, one thread', 'tensorflow-one', goals.tensorflowOne),
    { name: 'PyTorch', runtime: 'torch' },
    ...one('PyTorch, one thread', 'torch-one', goals.torchOne),
  ];
  return alsoOnBlas(benchmarks, goals.blas, others, goals.narrow);
}

const NATIVE = { name: 'native', runtime: 'tensorflow' } as const;

/** One step of a network for which other backends take from 5 seconds to minutes. */
const large = (name: string, checksum: number, network: networks.Network): Benchmark[] =>
  training(name, checksum, network, 1, { batch: 32 }).filter(({ backend }) => backend === 'tensorflow');

/** Steps of a decoder on batches of tokens that go round. */
function decoder(
  checksum: number,
  shape: networks.LlamaOptions,
  batch: number,
  goals: Setting['goals'] = {},
): Benchmark[] {
  const { vocabulary, width, hidden, layers, context } = shape;
  const x = Int32Array.from({ length: batch * context }, (_, k) => (k * k + 7 * k) % vocabulary);
  const y = Int32Array.from({ length: batch * context }, (_, k) => (3 * k) % vocabulary);
  const name = `LLaMA ${width}/${hidden}/${layers}, T ${context}, batch ${batch}, ${vocabulary} classes`;
  return training(name, checksum, networks.llama(shape), 2, { batch, data: { x, y }, goals });
}

/** The same on TensorFlow.js alone. Where its backend has no gradient by the filter, that is nine transposed products. */
function stockWork(
  forward: Forward,
  start: tf.Tensor[],
  x: Float32Array,
  y: Int32Array,
  shape: readonly number[],
  steps: number,
): Work {
  if (!tf.getKernel(tf.Conv2DBackpropFilter, 'wasm')) {
    tf.registerKernel({ kernelName: tf.Conv2DBackpropFilter, backendName: 'wasm', kernelFunc: nineProducts });
  }
  const batch = tf.tensor(x, [BATCH, ...shape]);
  const labels = tf.cast(tf.oneHot(tf.tensor1d(y, 'int32'), CLASSES), 'float32');
  const loss = (...parameters: tf.Tensor[]) =>
    tf.losses.softmaxCrossEntropy(labels, forward(parameters, batch)) as tf.Scalar;
  const step = (state: networks.SgdState) => networks.sgd(state, tf.grads(loss)(state.parameters), RULE);
  return tensorWork(() => {
    let state: networks.SgdState = { parameters: start, velocity: start.map((t) => tf.zerosLike(t)) };
    for (let i = 0; i < steps; i++) state = tf.tidy(() => step(state));
    return state.velocity;
  }, [...start, batch, labels]);
}

/** A convolution's gradient by its filter, stride 1 and padding 'same': one product for each of its pixels. */
const nineProducts: tf.KernelFunc = ({ inputs, attrs }) =>
  tf.tidy(() => {
    const [x, dy] = [inputs['x'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D];
    const [height, width, channels, outputs] = attrs!['filterShape'] as [number, number, number, number];
    const [count, rows, columns] = x.shape;
    const [top, left] = [(height - 1) / 2, (width - 1) / 2];
    const padded = tf.pad(x, [[0, 0], [top, top], [left, left], [0, 0]]); // prettier-ignore
    const deltas = tf.reshape(dy, [-1, outputs]);
    const products = [];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const pixels = tf.slice(padded, [0, i, j, 0], [count, rows, columns, channels]);
        products.push(tf.matMul(tf.reshape(pixels, [-1, channels]), deltas, true));
      }
    }
    return tf.reshape(tf.stack(products), [height, width, channels, outputs]);
  });

const stockMlp: Forward = (p, x) => {
  let value = x;
  for (let i = 0; i < p.length; i += 2) {
    value = tf.add(tf.matMul(value, p[i]!), p[i + 1]!);
    if (i + 2 < p.length) value = tf.relu(value);
  }
  return value;
};

const stockVgg: Forward = (p, x) => {
  let value = x;
  for (let layer = 0; layer < 6; layer++) {
    const [kernel, scale, offset] = p.slice(3 * layer, 3 * layer + 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const product = tf.conv2d(value as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same');
    const { mean, variance } = tf.moments(product, [0, 1, 2]);
    const normal = tf.mul(tf.sub(product, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    value = tf.relu(tf.add(tf.mul(normal, scale), offset));
    if (layer % 2 === 1) value = tf.maxPool(value as tf.Tensor4D, 2, 2, 'valid');
  }
  return tf.add(tf.matMul(tf.mean(value, [1, 2]), p[18]!), p[19]!);
};

const image = (side: number) => ({ inputs: [side, side, 3] as const, classes: CLASSES });

export const networksSuite: readonly Benchmark[] = [
  ...training(
    'MLP 64-256³-10',
    3.069794838409085,
    networks.mlp({ inputs: 64, hidden: [256, 256, 256], classes: CLASSES }),
    8,
    {
      stock: stockMlp,
      goals: { stock: 1 / 5, native: 1.3, blas: 0.4, narrow: 0.6, torchOne: 1.75, tensorflowOne: 0.6 },
    },
  ),
  ...training('smallCnn 16 × 16', 28.572779994125774, networks.smallCnn(image(16)), 4),
  ...training('VGG-mini 16 × 16', -2.135676974927363, networks.vggMini(image(16)), 2, { goals: { blas: 0.57, tensorflowOne: 1 } }), // prettier-ignore
  ...training('VGG-mini 32 × 32', -0.07676328371189861, networks.vggMini(image(32)), 1, {
    stock: stockVgg,
    goals: { stock: 1 / 4, native: 3.5, torch: 2.5, blas: 0.57, narrow: 0.75, torchOne: 1.3, tensorflowOne: 1.15 },
  }),
  ...training('ResNet-mini 32 × 32', 0.3586523019111962, networks.resnetMini(image(32)), 1, { goals: { blas: 0.57, tensorflowOne: 1.3 } }), // prettier-ignore
  ...decoder(-1.361081552365749, { vocabulary: 512, width: 64, hidden: 172, layers: 2, heads: 4, context: 64 }, 32, {
    native: 1.4,
    torch: 1.5,
    torchOfWasm: 2.1,
    blas: 0.47,
    tensorflowOne: 1.1,
  }),
  ...decoder(2.2842863612774993, { vocabulary: 65, width: 48, hidden: 128, layers: 2, heads: 4, context: 32 }, 16, {
    torch: 2.5,
    blas: 0.47,
  }),
  ...large('ResNet18 32 × 32, batch 32', 223.13802783519694, networks.resnet18({ classes: CLASSES })),
  ...large('VGG19 32 × 32, batch 32', -479.38659511817616, networks.vgg19({ classes: CLASSES })),
];
