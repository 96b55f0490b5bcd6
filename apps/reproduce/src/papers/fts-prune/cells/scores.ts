/** Scores of every method of a table on one instance, and the warm-ups before them. */
import { fromNetwork, prune, score, type LayerScores, type Mask, type ScoreOptions } from '@assay-ml/fts-prune';
import {
  train,
  updateStatistics,
  type Network,
  type TrainOptions,
  type TrainState,
  type Weights,
} from '@assay-ml/networks';
import type { Examples } from '@assay-ml/datasets';

/** Methods with a score of their own, as the tables name them. */
export const METHODS = [
  'random',
  'magnitude',
  'gn',
  'snip',
  'grasp',
  'grasp-original',
  'fd',
  'fp',
  'fts',
  'fts-taylor',
  'fbss',
  'synflow',
  'hd',
  'hp',
  'hts',
] as const;
export type Method = (typeof METHODS)[number];

/** Examples that Hutchinson's criteria see: ten probes for each cost twenty times a gradient (ten a class in the paper's second version). */
const HUTCHINSON = 100;

/** What criteria are scored on: flat inputs, and labels. */
export type Scoring = { readonly x: Float32Array; readonly y: Uint8Array };

type Library = Parameters<typeof score>[2];

/** A method as the library has it: criterion, options, and the examples it sees. */
function library(data: Scoring, method: Method, seed: number): [Library, ScoreOptions, Scoring] {
  switch (method) {
    case 'grasp-original':
      return ['grasp', { seed, graspKeep: 'smallest-minus-thetaHg' }, data];
    case 'fts-taylor':
      return ['fts', { seed, sign: 'taylor' }, data];
    case 'hd':
    case 'hp':
    case 'hts': {
      const size = data.x.length / data.y.length;
      return [method, { seed }, { x: data.x.subarray(0, size * HUTCHINSON), y: data.y.subarray(0, HUTCHINSON) }];
    }
    default:
      return [method, { seed }, data];
  }
}

/** Scores of the prunable weights of a method that scores once; random ones depend on the seed alone. */
export async function scores(
  network: Network,
  weights: Weights,
  data: Scoring,
  method: Exclude<Method, 'synflow'>,
  seed: number,
  more: ScoreOptions = {},
): Promise<LayerScores[]> {
  const [criterion, options, seen] = library(data, method, seed);
  return (await score(fromNetwork(network, weights), seen, criterion, { ...options, ...more })).layers;
}

/** The mask of any method, SynFlow with its hundred rounds. */
export async function maskFor(
  network: Network,
  weights: Weights,
  data: Scoring,
  method: Method,
  seed: number,
  { sparsity, minPerLayer = 0 }: { sparsity: number; minPerLayer?: number },
): Promise<Mask> {
  const [criterion, options, seen] = library(data, method, seed);
  const model = fromNetwork(network, weights);
  return (await prune(model, seen, { ...options, criterion, sparsity, minPerLayer, apply: false })).mask;
}

/** What happens before scoring: nothing, one dense epoch of the training itself, or a pass that renews running statistics. */
export type WarmUp = 'none' | 'epoch' | 'bn-stats';

/** Weights after the warm-up; after an epoch also where the training stands. */
export async function warmedUp(
  network: Network,
  weights: Weights,
  data: Examples,
  kind: WarmUp,
  options: TrainOptions,
): Promise<{ weights: Weights; state?: TrainState }> {
  switch (kind) {
    case 'none':
      return { weights };
    case 'bn-stats':
      return { weights: await updateStatistics(network, weights, data, { seed: options.seed ?? 0 }) };
    case 'epoch': {
      const state = await train(network, weights, data, { ...options, epochs: 1 });
      return { weights: state.weights, state };
    }
  }
}
