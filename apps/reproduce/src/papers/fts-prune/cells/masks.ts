/** Masks alone, without training: every method on one instance, how alike they are, how dense each layer is, and what emptied. */
import type { CellContext, Json } from '@assay-ml/claims';
import { densities, jaccard, select, type LayerScores, type Mask } from '@assay-ml/fts-prune';
import { useBackend, type BackendName } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { instance, type Task } from './instance.js';
import { maskFor, METHODS, scores, warmedUp, type Method, type WarmUp } from './scores.js';

export type MasksConfig = Task & {
  readonly warmUp: WarmUp;
  readonly methods: readonly Method[];
  readonly sparsities: readonly number[];
  /** Sizes N of mask batches for FTS with and without the factor N; none: left out. */
  readonly maskBatches: readonly (number | 'all')[];
  /** Learning rate and batch of the warm-up epoch. */
  readonly rate: number;
  readonly batch: number;
};

/** Weights whose SNIP and FTS scores are kept for a figure. */
const SCATTER = 200;

export async function run(config: MasksConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  const { backend, signal } = context;
  await useBackend(backend.name as BackendName);
  const { methods, sparsities, maskBatches, rate, batch } = config;
  const { train: data, network, weights, scoring } = await instance(config, seed);
  const options = { epochs: 1, rate, batchSize: batch, seed, signal };
  const start = await warmedUp(network, weights, data, config.warmUp, options);
  const warm = start.weights;

  const all = new Map<Method, LayerScores[]>();
  for (const method of METHODS) {
    signal.throwIfAborted();
    if (method !== 'synflow' && methods.includes(method)) {
      all.set(method, await scores(network, warm, scoring, method, seed));
    }
  }
  const batched: { size: number | 'all'; factor: boolean; layers: LayerScores[] }[] = [];
  for (const size of maskBatches) {
    for (const factor of [true, false]) {
      batched.push({
        size,
        factor,
        layers: await scores(network, warm, scoring, 'fts', seed, { maskBatch: size, batchFactor: factor }),
      });
    }
  }
  const synflow = new Map<number, Mask>();
  if (methods.includes('synflow')) {
    for (const sparsity of sparsities) {
      synflow.set(sparsity, await maskFor(network, warm, scoring, 'synflow', seed, { sparsity }));
    }
  }
  tf.dispose([weights, start] as unknown as tf.TensorContainer); // a worker runs many cells

  return {
    data: data.title ?? config.data,
    layers: all
      .values()
      .next()
      .value!.map(({ name }) => name),
    bySparsity: sparsities.map((sparsity) => {
      const masks = new Map<Method, Mask>([...all].map(([method, layers]) => [method, select(layers, { sparsity })]));
      if (synflow.has(sparsity)) masks.set('synflow', synflow.get(sparsity)!);
      const own = [...masks];
      return {
        sparsity,
        densities: Object.fromEntries(own.map(([method, mask]) => [method, densities(mask).map((row) => row.density)])),
        emptied: Object.fromEntries(
          own.map(([method, mask]) => [method, densities(mask).filter((row) => row.kept === 0).length]),
        ),
        jaccard: Object.fromEntries(
          own.map(([a, mask], i) => [
            a,
            Object.fromEntries(own.slice(i).map(([b, other]) => [b, jaccard(mask, other)])),
          ]),
        ),
        // Against N = 1, whose squares are those of single examples.
        maskBatches: batched.map(({ size, factor, layers }) => ({
          size,
          factor,
          jaccard: jaccard(select(layers, { sparsity }), masks.get('fts')!),
        })),
      };
    }),
    scatter: scatter(all.get('snip'), all.get('fts')),
  };
}

/** Pairs of scores at evenly spaced weights of all layers. */
function scatter(snip: LayerScores[] | undefined, fts: LayerScores[] | undefined): [number, number][] {
  if (snip === undefined || fts === undefined) return [];
  const flat = (layers: LayerScores[]): number[] => layers.flatMap(({ scores: own }) => [...own]);
  const [x, y] = [flat(snip), flat(fts)];
  const every = Math.max(1, Math.floor(x.length / SCATTER));
  return Array.from({ length: Math.min(SCATTER, x.length) }, (_, i) => [x[i * every]!, y[i * every]!]);
}
