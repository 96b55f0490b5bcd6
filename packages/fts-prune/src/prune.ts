/** The one call: warm up, score, choose, apply. */
import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';

import { applyMask, masked } from './apply.js';
import { requireData, sparsity as checkSparsity } from './check.js';
import type { Data } from './data.js';
import { asModel } from './from-layers.js';
import type { LayerScores } from './layer-scores.js';
import { collapseWarnings, densities, type Density, isKept, type Mask, totals } from './mask.js';
import type { Model } from './model.js';
import {
  type Criterion,
  dataFree,
  requireScorable,
  SCORE_OPTIONS,
  scoreAt,
  type ScoreOptions,
  type Scores,
} from './score.js';
import { requireSelectable, select, SELECT_OPTIONS, type SelectOptions } from './select.js';
import type { GradientPath } from './statistics.js';
import { tieWarnings } from './ties.js';
import { usesOf } from './uses.js';
import { type WarmUp, warmUp } from './warm-up.js';

/** Options of {@link prune}. */
export interface PruneOptions extends ScoreOptions, SelectOptions {
  /** Default `fts`. */
  readonly criterion?: Criterion;
  /**
   * Score and prune this often, keeping (1 − sparsity)^(r/rounds) of the weights after round r; weights that are out stay
   * out. Default 1, and 100 for SynFlow. More than one need `sparsity`.
   */
  readonly rounds?: number;
  /** What happens before scoring. Default: nothing, as in the paper's main results. */
  readonly warmUp?: WarmUp;
  /** Whether pruned weights are set to zero in the model. Default true. */
  readonly apply?: boolean;
}

const PRUNE_OPTIONS = { ...SCORE_OPTIONS, ...SELECT_OPTIONS, criterion: 0, rounds: 0, warmUp: 0, apply: 0 };

/** What was pruned, for people and logs; plain JSON. */
export interface PruneReport {
  readonly criterion: Criterion;
  /** Of the prunable weights, after rounding to whole weights. */
  readonly sparsity: number;
  readonly kept: number;
  readonly count: number;
  /** Kept weights over all parameters of the model, pruned or not. */
  readonly wholeDensity: number;
  readonly layers: readonly Density[];
  /** How gradients of single examples were found. */
  readonly paths: readonly GradientPath[];
  /** What should worry you; empty if nothing does. */
  readonly warnings: readonly string[];
}

/** What {@link prune} gives. */
export interface Pruned {
  readonly mask: Mask;
  /** Of the last round. */
  readonly scores: readonly LayerScores[];
  readonly report: PruneReport;
}

/**
 * Prunes a model before (or after, or while) it is trained.
 *
 * @param given a stock `tf.LayersModel`, or a model from `fromNetwork`. Pruned weights are set to zero in it
 * @param data what to score on; null for `random`, `magnitude` and `synflow`
 * @throws RangeError for wrong options, a model without prunable weights, labels out of range, fewer examples than a mask
 * batch, or scores that are not finite. The model is then as it was, but for a warm-up: wrong options are refused before
 * one begins, data is checked as it is read
 */
export async function prune(given: Model | LayersModel, data: Data | null, options: PruneOptions): Promise<Pruned> {
  requireOptions<PruneOptions>('prune', options, PRUNE_OPTIONS);
  const model = asModel('prune', given);
  requireData('prune', data);
  const { criterion = 'fts', sparsity, apply = true } = options;
  const { rounds = criterion === 'synflow' ? 100 : 1 } = options;
  const other = (['pattern', 'flops', 'bytes'] as const).find((name) => options[name] !== undefined);
  if (other === undefined || sparsity !== undefined) checkSparsity('prune', sparsity!);
  integer('prune', 'rounds', rounds, 1, 'Leave it out for the default.');
  if (rounds > 1 && other !== undefined) {
    throw invalid('prune', 'rounds', rounds, `1 beside '${other}'`, "Steps on the way are known for 'sparsity' alone.");
  }
  const scored = requireScorable(model, data, criterion, options);
  const tensors = scored.map((index) => model.parameters[index]!);
  requireSelectable(tensors, options);
  const uses = options.flops === undefined ? null : usesOf('prune', model, new Set(tensors.map(({ name }) => name)));
  if (options.warmUp !== undefined) {
    // Where scoring knows the labels; elsewhere they are the user's.
    const classes = dataFree.includes(criterion) || options.loss !== undefined ? null : model.classes;
    await warmUp(model, data, classes, options.warmUp);
  }

  const rules = Object.fromEntries(Object.entries(options).filter(([name]) => name in SELECT_OPTIONS)) as SelectOptions;
  let mask: Mask | null = null;
  let scores: Scores | null = null;
  let ties: string[] = [];
  for (let round = 1; round <= rounds; round++) {
    const values = model.values();
    const before = mask;
    const current = before === null ? values : tf.tidy(() => masked(model, values, before));
    try {
      scores = await scoreAt(model, data, criterion, options, current);
    } finally {
      if (current !== values) tf.dispose(current);
    }
    if (before !== null) keepOut(scores.layers, before);
    const { layers: own } = scores;
    const layers = uses === null ? own : own.map((layer) => ({ ...layer, uses: uses.get(layer.name)! }));
    const target = round === rounds ? sparsity : 1 - scalar.pow(1 - sparsity!, round / rounds);
    mask = select(layers, target === undefined ? rules : { ...rules, sparsity: target });
    // The first tie tells enough: a model that has one in round 1 has them in most of a hundred rounds.
    if (ties.length > 0) continue;
    ties = tieWarnings(layers, mask, rules);
    if (rounds > 1) ties = ties.map((tie) => `in round ${round} of ${rounds} ${tie}`);
  }
  if (apply) applyMask(model, mask!);
  return { mask: mask!, scores: scores!.layers, report: report(model, criterion, mask!, scores!.paths, ties) };
}

/** Gives weights that are out a score below all others. */
function keepOut(layers: readonly LayerScores[], mask: Mask): void {
  layers.forEach(({ scores }, k) => {
    const layer = mask.layers[k]!;
    for (let i = 0; i < scores.length; i++) if (!isKept(layer, i)) scores[i] = LOWEST;
  });
}

/** The lowest finite float32. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

function report(
  model: Model,
  criterion: Criterion,
  mask: Mask,
  paths: readonly GradientPath[],
  ties: readonly string[],
): PruneReport {
  // prettier-ignore
  const { kept, count, sparsity } = totals(mask);
  const whole = model.parameters.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  return {
    criterion,
    sparsity,
    kept,
    count,
    wholeDensity: (whole - count + kept) / whole,
    layers: densities(mask),
    paths,
    warnings: [...(model.warnings ?? []), ...collapseWarnings(mask), ...ties],
  };
}
