/** Criteria side by side: what each keeps of each layer, what is left without a path, how alike the masks are. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { invalid, requireOptions } from '@assay-ml/numerics/check';

import { requireData } from './check.js';
import type { Data } from './data.js';
import { asModel } from './from-layers.js';
import { densities, type Density, jaccard, type Mask, totals } from './mask.js';
import type { Model } from './model.js';
import { effectiveMask } from './paths.js';
import { prune, type Pruned } from './prune.js';
import {
  criteria as allCriteria,
  type Criterion,
  dataFree,
  requireScorable,
  SCORE_OPTIONS,
  scoreAt,
  type ScoreOptions,
} from './score.js';
import { requireSelectable, select, type SelectOptions } from './select.js';
import { tieWarnings } from './ties.js';

/** Options of {@link compare}. */
export interface CompareOptions extends ScoreOptions, Pick<SelectOptions, 'scope' | 'minPerLayer' | 'filters'> {
  /** Default: all, or without data those that need none. */
  readonly criteria?: readonly Criterion[];
  /** Each from 0 to below 1. */
  readonly sparsities: readonly number[];
  /** What a mask is worth, say the accuracy after training with it: called for one cell after the other. */
  readonly evaluate?: (mask: Mask, cell: { criterion: Criterion; sparsity: number }) => number | Promise<number>;
}

const COMPARE_OPTIONS = { ...SCORE_OPTIONS, scope: 0, minPerLayer: 0, filters: 0, criteria: 0, sparsities: 0, evaluate: 0 }; // prettier-ignore

/** One criterion at one sparsity. */
export interface ComparisonRow {
  readonly criterion: Criterion;
  /** As asked for. */
  readonly sparsity: number;
  readonly mask: Mask;
  readonly kept: number;
  readonly count: number;
  readonly layers: readonly Density[];
  /** Names of layers that keep nothing. */
  readonly emptied: readonly string[];
  /** Where order decided in place of scores (`tieWarnings`). */
  readonly ties: readonly string[];
  /** Kept weights on a path from input to output (`effectiveMask`), over all prunable ones. */
  readonly effectiveDensity: number;
  /** What `evaluate` gave; null without it. */
  readonly value: number | null;
}

/** What {@link compare} gives. */
export interface Comparison {
  /** For each sparsity, in order, each criterion, in order. */
  readonly rows: readonly ComparisonRow[];
  /** For each sparsity the Jaccard index of each two criteria's masks, in the order of `criteria`. */
  readonly likeness: readonly { readonly sparsity: number; readonly jaccard: readonly (readonly number[])[] }[];
  readonly criteria: readonly Criterion[];
}

/**
 * Prunes a model by several criteria to several sparsities, and changes nothing in it. Each criterion scores once, but for
 * SynFlow, which has its 100 rounds for each sparsity.
 * @param given a stock `tf.LayersModel`, or a model from `fromNetwork`
 * @param data what to score on, as in `prune`; of an iterator give the function that starts one, as each criterion reads it.
 * Null for criteria that need none
 * @throws RangeError as `prune` does, before anything is scored where options are wrong; for no criteria, no sparsities, or
 * one of them twice
 */
export async function compare(
  given: Model | LayersModel,
  data: Data | null,
  options: CompareOptions,
): Promise<Comparison> {
  requireOptions<CompareOptions>('compare', options, COMPARE_OPTIONS);
  const model = asModel('compare', given);
  requireData('compare', data);
  const { criteria = data === null ? dataFree : allCriteria, sparsities, evaluate } = options;
  distinct('criteria', criteria, 'Leave it out for all that the data allow.');
  distinct('sparsities', sparsities, 'As [0.8, 0.9, 0.95].');
  for (const criterion of criteria) {
    const scored = requireScorable(model, data, criterion, options);
    const tensors = scored.map((index) => model.parameters[index]!);
    for (const sparsity of sparsities) requireSelectable(tensors, { ...options, sparsity });
  }

  const masks = new Map<Criterion, Chosen[]>();
  for (const criterion of criteria) masks.set(criterion, await masksOf(model, data, criterion, options));
  const rows: ComparisonRow[] = [];
  for (const [s, sparsity] of sparsities.entries()) {
    for (const criterion of criteria) {
      const { mask, scores } = masks.get(criterion)![s]!;
      const layers = densities(mask);
      const { kept, count } = totals(mask);
      rows.push({
        criterion,
        sparsity,
        mask,
        kept,
        count,
        layers,
        emptied: layers.filter((layer) => layer.kept === 0).map(({ name }) => name),
        ties: tieWarnings(scores, mask, rulesOf(options)),
        effectiveDensity: totals(await effectiveMask(model, mask)).kept / count,
        value: evaluate === undefined ? null : await evaluate(mask, { criterion, sparsity }),
      });
    }
  }
  const likeness = sparsities.map((sparsity, s) => {
    const own = criteria.map((criterion) => masks.get(criterion)![s]!.mask);
    return { sparsity, jaccard: own.map((a) => own.map((b) => jaccard(a, b))) };
  });
  return { rows, likeness, criteria };
}

/** A mask, and the scores that it was chosen by. */
type Chosen = Pick<Pruned, 'mask' | 'scores'>;

/** What of the options selecting is told. */
const rulesOf = ({ scope, minPerLayer, filters }: CompareOptions) => ({
  ...(scope && { scope }), ...(minPerLayer && { minPerLayer }), ...(filters && { filters }),
}); // prettier-ignore

/** The masks of one criterion, one for each sparsity. */
async function masksOf(
  model: Model,
  data: Data | null,
  criterion: Criterion,
  options: CompareOptions,
): Promise<Chosen[]> {
  const masks: Chosen[] = [];
  if (criterion === 'synflow') {
    const own = Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'criteria' && name !== 'sparsities' && name !== 'evaluate')) as ScoreOptions; // prettier-ignore
    for (const sparsity of options.sparsities) {
      masks.push(await prune(model, null, { ...own, criterion, sparsity, apply: false }));
    }
    return masks;
  }
  const { layers } = await scoreAt(model, data, criterion, options);
  const rules = rulesOf(options);
  return options.sparsities.map((sparsity) => ({ scores: layers, mask: select(layers, { ...rules, sparsity }) }));
}

function distinct(name: string, values: readonly (string | number)[], todo: string): void {
  if (values.length > 0 && new Set(values).size === values.length) return;
  throw invalid('compare', name, values, 'at least one, none of them twice', todo);
}
