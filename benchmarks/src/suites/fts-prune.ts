/**
 * Scores by every criterion, the exact Fisher diagonal of single examples, the choice of the largest, and what a network
 * gains whose dead filters are removed.
 */
import * as tf from '@tensorflow/tfjs-core';
// By name at each use: when an older version is timed, what it lacks is missed by its benchmark alone.
import * as pruning from '@assay-ml/fts-prune';
import * as networks from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import type { Benchmark, Peer, Work } from '../benchmark.js';
import { examples, joined, onBackends, read, tensorWork } from './backends.js';

const CLASSES = 10;
const mlp = () => networks.mlp({ inputs: 64, hidden: [256, 256, 256], classes: CLASSES });
const vgg = () => networks.vggMini({ inputs: [16, 16, 3], classes: CLASSES });

/** One criterion on VGG-mini: 128 examples, each a mask batch. */
function criterion(name: pruning.Criterion, checksum: number): Benchmark[] {
  const native: Peer = { name: 'native', runtime: 'tensorflow' };
  return onBackends(
    {
      name: `score by ${name}`,
      checksum,
      precision: 1e-3,
      tolerance: 1e-3,
      per: { count: 1, unit: 'score' },
      prepare() {
        const network = vgg();
        const weights = networks.initialise(network);
        const model = pruning.fromNetwork(network, weights);
        const data = examples(128, network.inputShape, CLASSES);
        let layers: pruning.LayerScores[] = [];
        return {
          async run() {
            ({ layers } = await pruning.score(model, data, name, { probes: 1 }));
          },
          result: () => joined(layers.map(({ scores }) => scores)),
          free: () => tf.dispose(weights),
        };
      },
    },
    { wasm: [native] },
  );
}

/** F̂ of all kernels over `count` single examples. */
function fisher(
  name: string,
  checksum: number,
  network: networks.Network,
  count: number,
  peers: { wasm: readonly Peer[]; tensorflow: readonly Peer[] },
): Benchmark[] {
  return onBackends(
    {
      name,
      checksum,
      precision: 1e-4,
      tolerance: 1e-3,
      per: { count: 1, unit: 'pass' },
      async prepare(variant): Promise<Work> {
        const weights = networks.initialise(network);
        const model = pruning.fromNetwork(network, weights);
        const { x, y } = examples(count, network.inputShape, CLASSES);
        const isKernel = (i: number) => pruning.kernels(model.parameters[i]!);
        const all = model.parameters.map((_, i) => i);
        // The plain pass differentiates by all parameters, as training does.
        const scored = variant === 'plain' ? all : all.filter(isKernel);
        const squares = variant !== 'plain';
        let result: readonly Float64Array[] = [];
        const values = [...weights.parameters, ...weights.buffers];
        const names = [...network.parameters, ...network.buffers].map((spec) => spec.name);
        const named = await Promise.all(
          values.map(async (t, i) => [names[i]!, { shape: t.shape, values: joined([await t.data()]) }] as const),
        );
        return {
          async run() {
            const found = await pruning.gradientStatistics(model, { x, y }, scored, { squares });
            result = squares ? found.square : found.mean;
          },
          result: () => joined(result),
          inputs: {
            x: { shape: [count, ...network.inputShape], values: Float64Array.from(x) },
            y: { shape: [count], values: Float64Array.from(y) },
            ...Object.fromEntries(named),
          },
          free: () => tf.dispose(weights),
        };
      },
    },
    peers,
  );
}

const plain = (goal?: number): Peer => ({
  name: 'own forward and backward',
  runtime: 'here',
  variant: 'plain',
  otherResult: true,
  ...(goal === undefined ? {} : { goal }),
});
const torch = (name: string, variant: string, goal?: number): Peer => ({
  name: `PyTorch, ${name}`,
  runtime: 'torch',
  variant,
  ...(goal === undefined ? {} : { goal }),
});
const native: Peer = { name: 'native', runtime: 'tensorflow' };

/** The mask of the largest tenth of 2·10⁷ scores; the peer sorts them and looks the threshold up. */
const topK: Benchmark = {
  name: 'top-k of 2·10⁷',
  checksum: 63727864.35106781,
  per: { count: 1, unit: 'mask' },
  peers: [{ name: 'Float32Array sort', runtime: 'here', variant: 'sort', goal: 1 / 15 }],
  prepare(variant) {
    const count = 2e7;
    const scores = Float32Array.from(stream(5, 'benchmark', 'scores').fillUniform(new Float64Array(count)));
    const sparsity = 0.9;
    if (variant === 'sort') {
      const kept = pruning.keptCount(count, sparsity);
      let threshold = 0;
      const copy = new Float32Array(count);
      return {
        run() {
          copy.set(scores);
          threshold = copy.sort()[count - kept]!;
        },
        result() {
          let ties = kept;
          for (const score of scores) if (score > threshold) ties--;
          const bits = new Uint8Array(count / 8);
          scores.forEach((score, i) => {
            if (score > threshold || (score === threshold && ties-- > 0)) bits[i >> 3]! |= 1 << (i & 7);
          });
          return bits;
        },
      };
    }
    let mask: pruning.Mask = { layers: [] };
    return {
      run: () => void (mask = pruning.select([{ name: 'all', shape: [count], scores }], { sparsity })),
      result: () => mask.layers[0]!.bits,
    };
  },
};

/**
 * VGG-mini without half of its filters, 128 examples forward or one training step; the peer is the same network with these
 * filters at zero.
 */
function shrunk(what: 'forward' | 'training step', checksum: number): Benchmark[] {
  const masked: Peer = { name: 'zeros left in', runtime: 'here', variant: 'masked' };
  return onBackends(
    {
      name: `VGG-mini 32 × 32, half the filters removed, ${what}`,
      checksum,
      precision: 1e-3,
      tolerance: 1e-3,
      per: { count: 1, unit: what === 'forward' ? 'batch' : 'step' },
      async prepare(variant): Promise<Work> {
        const network = networks.vggMini({ inputs: [32, 32, 3], classes: CLASSES });
        const weights = networks.initialise(network);
        const model = pruning.fromNetwork(network, weights);
        const { mask } = await pruning.prune(model, null, { criterion: 'magnitude', sparsity: 0.5, scope: 'layer', filters: 'mean' }); // prettier-ignore
        const shrunken = await pruning.shrinkNetwork(network, weights, mask);
        const dense = { network, weights: model.values(), mask };
        const own = variant === 'masked' ? dense : shrunken;
        const { x, y } = examples(128, network.inputShape, CLASSES);
        if (what === 'forward') {
          const images = tf.tensor(x, [128, ...network.inputShape]);
          const { parameters, buffers } = own.weights;
          return tensorWork(
            () => own.network.forward(parameters, buffers, images),
            [images, ...parameters, ...buffers],
          );
        }
        const ones = pruning.maskTensors(pruning.fromNetwork(own.network, own.weights), own.mask);
        let biases: tf.Tensor[] = []; // the classifier's, as many in both
        return {
          async run() {
            tf.dispose(biases);
            const state = await networks.train(own.network, own.weights, () => [{ x, y }], { epochs: 1, rate: 0.01, mask: ones }); // prettier-ignore
            tf.dispose(state.optimiser.velocity);
            biases = [state.weights.parameters.at(-1)!];
            tf.dispose([...state.weights.parameters.filter((t) => t !== biases[0]), ...state.weights.buffers]);
          },
          result: () => read(biases),
          free: () =>
            tf.dispose([...biases, ...own.weights.parameters, ...own.weights.buffers, ...ones.flatMap((t) => t ?? [])]),
        };
      },
    },
    { wasm: [masked], tensorflow: [masked] },
  );
}

export const ftsPrune: readonly Benchmark[] = [
  ...fisher('Fisher, MLP, 2000 examples', 2.3262937552065175, mlp(), 2000, {
    wasm: [plain(), native],
    tensorflow: [torch('loop', 'loop', 1 / 15), torch('same formula', 'formula', 1.5), torch('vmap', 'vmap'), plain()],
  }),
  ...fisher('Fisher, VGG-mini 16 × 16, 2000 examples', 0.026619951333851304, vgg(), 2000, {
    wasm: [plain(4), native],
    tensorflow: [
      torch('loop', 'loop', 1 / 2),
      torch('vmap', 'vmap', 1.7),
      torch('same formula', 'formula'),
      plain(2.5),
    ],
  }),
  topK,
  ...shrunk('forward', -7.624963680082341),
  ...shrunk('training step', 0.010919820405902676),
  ...criterion('magnitude', 1907.1400547255391),
  ...criterion('random', 35955.894485657715),
  ...criterion('synflow', 13298370.043348312),
  ...criterion('gn', 1.0998873124470496),
  ...criterion('snip', 0.03303476103674585),
  ...criterion('grasp', -0.00041203665458521433),
  ...criterion('fd', 0.026603764838339636),
  ...criterion('fp', 0.000014717361896560933),
  ...criterion('fts', 0.03303526767250231),
  ...criterion('fbss', 146.93211089399176),
  ...criterion('hd', 0.0007238899760096198),
  ...criterion('hp', 7.280454790253188e-7),
  ...criterion('hts', 0.0002904710820289932),
];
