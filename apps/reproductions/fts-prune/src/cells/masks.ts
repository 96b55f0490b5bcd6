/**
 * Masks alone, without training: every method on one instance, how alike they are, how dense each layer is, and what
 * emptied. All methods share what they are made of: one pass for gradients of single examples, one for H·g, one for the
 * Hessian's diagonal.
 */
import type { CellContext, Json } from '@assay-ml/claims';
import * as prune from '@assay-ml/fts-prune';
import type { LayerScores, Mask, Model } from '@assay-ml/fts-prune';
import { useBackend, type BackendName } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { instance, type Task } from './instance.js';
import { METHODS, type Method, type WarmUp } from '../methods.js';
import { few, first, maskFor, warmedUp, type Scoring } from './mask.js';

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

/** Examples on which sizes of mask batches are compared: a multiple of 16 and of 256, so that ḡ is the same mean for each. */
const EVEN = 768;

/** Weights whose SNIP and FTS scores are kept for a figure. */
const SCATTER = 200;

export async function run(config: MasksConfig, seed: number, context: CellContext): Promise<Record<string, Json>> {
  const { backend, signal } = context;
  await useBackend(backend.name as BackendName);
  const { methods, sparsities, maskBatches, rate, batch } = config;
  const { train: data, network, weights, scoring } = await instance(config, seed);
  const options = { epochs: 1, rate, batchSize: batch, seed, signal };
  const start = await warmedUp(config, network, weights, data, config.warmUp, options);
  const model = prune.fromNetwork(network, start.weights);

  const all = await scoresOf(model, scoring, methods, seed);
  const batched = await batchedFts(model, first(scoring, EVEN), maskBatches);
  const synflow = new Map<number, Mask>();
  for (const sparsity of methods.includes('synflow') ? sparsities : []) {
    signal.throwIfAborted();
    synflow.set(sparsity, await maskFor(network, start.weights, scoring, 'synflow', seed, { sparsity }));
  }
  tf.dispose([weights, start] as unknown as tf.TensorContainer); // a worker runs many cells

  return {
    data: data.title ?? config.data,
    layers: [...all.values()][0]!.map(({ name }) => name),
    bySparsity: sparsities.map((sparsity) => {
      const masks = new Map<Method, Mask>(
        [...all].map(([method, layers]) => [method, prune.select(layers, { sparsity })]),
      );
      if (synflow.has(sparsity)) masks.set('synflow', synflow.get(sparsity)!);
      const own = [...masks].map(([method, mask]) => ({ method, mask, rows: prune.densities(mask) }));
      return {
        sparsity,
        densities: Object.fromEntries(own.map(({ method, rows }) => [method, rows.map(({ density }) => density)])),
        emptied: Object.fromEntries(
          own.map(({ method, rows }) => [method, rows.filter(({ kept }) => kept === 0).length]),
        ),
        jaccard: Object.fromEntries(
          own.map(({ method, mask }, i) => [
            method,
            Object.fromEntries(own.slice(i).map((other) => [other.method, prune.jaccard(mask, other.mask)])),
          ]),
        ),
        maskBatches: batched.map(({ size, factor, layers, single }) => ({
          size,
          factor,
          jaccard: prune.jaccard(prune.select(layers, { sparsity }), prune.select(single, { sparsity })),
        })),
      };
    }),
    scatter: scatter(all.get('snip')!, all.get('fts')!),
  };
}

const prunable = (model: Model): number[] =>
  model.parameters.flatMap((parameter, i) => (prune.kernels(parameter) ? [i] : []));

/** Scores as layers, from one array for each prunable parameter. */
const layersOf = (model: Model, scores: (k: number) => Float32Array): LayerScores[] =>
  prunable(model).map((index, k) => ({ ...model.parameters[index]!, scores: scores(k) }));

/** Scores of every method that scores once, in the order of the table. */
async function scoresOf(
  model: Model,
  data: Scoring,
  methods: readonly Method[],
  seed: number,
): Promise<Map<Method, LayerScores[]>> {
  const scored = prunable(model);
  const { parameters } = model.values();
  const theta = await Promise.all(scored.map((index) => parameters[index]!.data<'float32'>()));
  const loss = prune.crossEntropy();
  const everywhere = parameters.map((_, i) => i);
  const statistics = await prune.gradientStatistics(model, data, scored, { loss, squares: true });
  const evidence = (k: number): prune.Evidence => ({
    theta: theta[k]!,
    mean: statistics.mean[k]!,
    square: statistics.square[k]!,
    batchSize: 1,
  });
  const wants = (...names: Method[]): boolean => names.some((name) => methods.includes(name));
  let product: readonly Float64Array[] = [];
  if (wants('grasp', 'grasp-original')) {
    const { mean } = await prune.gradientStatistics(model, data, everywhere, { loss, squares: false });
    product = await prune.hessianProduct(model, data, mean, { loss });
  }
  let diagonal: readonly Float64Array[] = [];
  let cooled: readonly Float64Array[] = [];
  if (wants('hd', 'hp', 'hts')) {
    const cold = prune.crossEntropy(prune.HUTCHINSON_TEMPERATURE);
    diagonal = await prune.hessianDiagonal(model, few(data), scored, { loss: cold, seed });
    cooled = (await prune.gradientStatistics(model, few(data), scored, { loss: cold, squares: false })).mean;
  }
  const Hg = (k: number): Float64Array => product[scored[k]!]!;
  const by: Record<Exclude<Method, 'synflow'>, (k: number) => Float32Array> = {
    random: (k) => prune.random(theta[k]!.length, seed, model.parameters[scored[k]!]!.name),
    magnitude: (k) => prune.magnitude(theta[k]!),
    gn: (k) => prune.gradNorm(evidence(k)),
    snip: (k) => prune.snip(evidence(k)),
    grasp: (k) => prune.grasp(theta[k]!, Hg(k), 'largest-minus-thetaHg'),
    'grasp-original': (k) => prune.grasp(theta[k]!, Hg(k), 'smallest-minus-thetaHg'),
    fd: (k) => prune.fisherDiagonal(evidence(k)),
    fp: (k) => prune.fisherPruning(evidence(k)),
    fts: (k) => prune.fts(evidence(k)),
    'fts-taylor': (k) => prune.fts(evidence(k), { sign: 'taylor' }),
    fbss: (k) => prune.fbss(evidence(k)),
    hd: (k) => prune.hutchinsonDiagonal(diagonal[k]!),
    hp: (k) => prune.hutchinsonPruning(theta[k]!, diagonal[k]!),
    hts: (k) => prune.hutchinsonTaylor(theta[k]!, cooled[k]!, diagonal[k]!),
  };
  return new Map(
    METHODS.flatMap((method) =>
      method !== 'synflow' && methods.includes(method) ? [[method, layersOf(model, by[method])] as const] : [],
    ),
  );
}

/** FTS from mask batches of several sizes, with the factor N and without; `single` is N = 1, with squares of single examples. */
async function batchedFts(
  model: Model,
  data: Scoring,
  sizes: readonly (number | 'all')[],
): Promise<{ size: number | 'all'; factor: boolean; layers: LayerScores[]; single: LayerScores[] }[]> {
  const scored = prunable(model);
  const { parameters } = model.values();
  const theta = await Promise.all(scored.map((index) => parameters[index]!.data<'float32'>()));
  const scores = async (maskBatch: number | 'all'): Promise<(factor: boolean) => LayerScores[]> => {
    const options = { loss: prune.crossEntropy(), maskBatch, squares: true };
    const { mean, square, batchSize } = await prune.gradientStatistics(model, data, scored, options);
    return (batchFactor) =>
      layersOf(model, (k) =>
        prune.fts({ theta: theta[k]!, mean: mean[k]!, square: square[k]!, batchSize }, { batchFactor }),
      );
  };
  if (sizes.length === 0) return [];
  const single = (await scores(1))(true);
  const results = [];
  for (const size of sizes) {
    const own = await scores(size);
    for (const factor of [true, false]) results.push({ size, factor, layers: own(factor), single });
  }
  return results;
}

/** Pairs of scores at evenly spaced weights of all layers. */
function scatter(snip: LayerScores[], fts: LayerScores[]): [number, number][] {
  const flat = (layers: LayerScores[]): number[] => layers.flatMap(({ scores }) => [...scores]);
  const [x, y] = [flat(snip), flat(fts)];
  const every = Math.max(1, Math.floor(x.length / SCATTER));
  return Array.from({ length: Math.min(SCATTER, x.length) }, (_, i) => [x[i * every]!, y[i * every]!]);
}
