/** Claims that masks alone decide: which layers empty (C6, C7), and what the size of mask batches does (C10). */
import type { CellRecord, Claim, Figure, Tier } from '@assay-ml/claims';
import { number } from '@assay-ml/claims/evidence';
import { likeness, maskRows, trainings, type MaskRow } from '../evidence.js';
import type { Method } from '../methods.js';
import { SPARSITIES } from './settings.js';

const COLLAPSING = [0.95, 0.98, 0.99];

const emptied = (rows: readonly MaskRow[], method: Method): number[] => {
  if (rows.length === 0) throw new TypeError(`evidence: no mask cell for '${method}'.`);
  return rows.map((row) => row.emptied[method]!);
};

const C6: Claim = {
  id: 'fts-prune.C6',
  statement: 'Without a warm-up, FD and magnitude pruning empty whole layers of a plain deep net at 0.95 and above.',
  source: 'paper, abstract: layer collapse',
  kind: 'paper',
  experiments: ['mlp-masks', 'masks-cifar-10'],
  tiers: ['quick', 'standard'],
  rule: {
    statistic: 'exact',
    words:
      'at each sparsity from 0.95, layers of the plain net (MLP; VGG-mini at standard) without a weight, summed over seeds, are at least one, for FD and for magnitude',
  },
  expect: 'report',
  reason:
    'The rule was first written for each seed; FD then failed at 0.95 on seed 0 of the quick tier, and the sum over seeds, the spec’s count, was taken: so it is only reported. At 0.95 FD empties a layer of VGG-mini at one seed of the pilot’s three: three other seeds may have none.',
  reference: 'numpy dry run at 0.95, two seeds: magnitude 4 emptied layers, FD 2',
  evidence: (records, tier) => {
    const { experiment, network } = where(tier);
    const checks = COLLAPSING.flatMap((s) =>
      (['fd', 'magnitude'] as const).map((method) => {
        const counts = emptied(maskRows(records, experiment, s, { network, warmUp: 'none' }), method);
        const sum = counts.reduce((a, b) => a + b);
        return { name: `${method} at ${s}`, holds: sum > 0, sum };
      }),
    );
    return {
      kind: 'exact',
      checks: checks.map(({ name, holds }) => ({ name, holds })),
      measured: Math.min(...checks.map(({ sum }) => sum)),
      unit: 'layers',
    };
  },
};

const C7masks: Claim = {
  id: 'fts-prune.C7masks',
  statement: 'One warm-up epoch removes the collapse of FD.',
  source: 'paper, abstract',
  kind: 'paper',
  experiments: ['mlp-masks', 'vgg'],
  tiers: ['quick', 'standard'],
  rule: {
    statistic: 'exact',
    words:
      'after one dense epoch FD empties no layer: of the MLP at each sparsity from 0.9 to 0.99 (quick), of VGG-mini at 0.98 (standard), at each seed',
  },
  expect: { quick: 'supported', standard: 'refuted' },
  reason: 'At every seed of the pilot FD empties two layers of VGG-mini after the epoch, and one or none before it.',
  reference: 'numpy dry run: none of either seed at any sparsity',
  evidence: (records, tier) => {
    const trained = (): number[] =>
      trainings(records, { experiment: 'vgg', method: 'fd', sparsity: 0.98, warmUp: 'epoch' }).map((r) =>
        number(r, 'emptied'),
      );
    const checks = (tier === 'quick' ? [0.9, ...COLLAPSING] : [0.98]).map((s) => {
      const counts =
        tier === 'quick' ? emptied(maskRows(records, 'mlp-masks', s, { warmUp: 'epoch' }), 'fd') : trained();
      if (counts.length === 0) throw new TypeError(`evidence: no cell at ${s}.`);
      return { name: `at ${s}`, holds: counts.every((n) => n === 0), most: Math.max(...counts) };
    });
    return {
      kind: 'exact',
      checks: checks.map(({ name, holds }) => ({ name, holds })),
      measured: Math.max(...checks.map(({ most }) => most)),
      unit: 'layers',
    };
  },
};

const MASKS = ['masks-cifar-10', 'masks-fashion-mnist'] as const;

const C10: Claim = {
  id: 'fts-prune.C10',
  statement:
    'The size N of mask batches barely matters when FTS keeps the factor N, and matters more when it drops it.',
  source: 'spec §6.3, C10 (the paper’s ablation was not found)',
  kind: 'paper',
  experiments: MASKS,
  tiers: ['standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'Jaccard index',
    words:
      'likeness (Jaccard) of FTS masks at N and at 1 with the factor less that without, mean over nets, sparsities and seeds, ≥ 0 for N = 16, N = 256 and one batch of all',
  },
  expect: 'report',
  reason:
    'No figures of the paper to hold it to. In place of the spec’s spread of accuracies stands the likeness of masks, which needs no training.',
  evidence: (records) => {
    // A block is a seed: nets share its split of the images, data sets its first weights, and sparsities its scores.
    const pairs = MASKS.flatMap((experiment) =>
      SPARSITIES.flatMap((s) =>
        maskRows(records, experiment, s, { warmUp: 'none' }).flatMap((row) =>
          ([16, 256, 'all'] as const).map((size) => {
            const of = (factor: boolean): number =>
              row.maskBatches.find((b) => b.size === size && b.factor === factor)!.jaccard;
            return { block: String(row.record.seed), a: of(true), b: of(false), part: `N = ${size}` };
          }),
        ),
      ),
    );
    if (pairs.length === 0) throw new TypeError('evidence: no mask cell.');
    return { kind: 'paired', pairs };
  },
};

const where = (tier: Tier): { experiment: string; sparsity: number; network: string; warmUp: string } =>
  tier === 'quick'
    ? { experiment: 'mlp-masks', sparsity: 0.9, network: 'mlp', warmUp: 'none' }
    : { experiment: 'masks-cifar-10', sparsity: 0.98, network: 'vgg-mini', warmUp: 'none' };

const C3masks: Claim = {
  id: 'fts-prune.C3masks',
  statement: 'FTS and SNIP keep nearly the same weights before training.',
  source: 'spec §6.3, C3, and §6.4',
  kind: 'critique',
  experiments: ['mlp-masks', ...MASKS],
  tiers: ['quick', 'standard'],
  rule: {
    statistic: 'exact',
    words: 'likeness (Jaccard) of the masks of FTS and SNIP is at least 0.9 at each seed, without a warm-up',
  },
  expect: { quick: 'supported', standard: 'supported' },
  reference: 'numpy dry run, MLP: .958, .947, .940, .934 at 0.9, 0.95, 0.98, 0.99; VGG-mini at 16×16: ≥ .995',
  evidence: (records, tier) => {
    const { experiment, sparsity, network, warmUp } = where(tier);
    const values = maskRows(records, experiment, sparsity, { network, warmUp }).map((row) =>
      likeness(row, 'fts', 'snip'),
    );
    if (values.length === 0) throw new TypeError('evidence: no mask cell.');
    return {
      kind: 'exact',
      checks: values.map((j, k) => ({ name: `seed ${k}`, holds: j >= 0.9 })),
      measured: Math.min(...values),
      unit: 'Jaccard index, at least',
    };
  },
  figure: heat,
};

/** Likeness of every two methods' masks, mean over seeds. */
function heat(records: readonly CellRecord[], tier: Tier): Figure | null {
  const { experiment, sparsity, network, warmUp } = where(tier);
  const rows = maskRows(records, experiment, sparsity, { network, warmUp });
  if (rows.length === 0) return null;
  const methods = Object.keys(rows[0]!.emptied) as Method[];
  return {
    title: `Likeness of masks (Jaccard), ${network} at ${sparsity}`,
    mark: 'heat',
    x: { label: 'criterion', scale: 'point' },
    y: { label: 'criterion', scale: 'point' },
    color: { label: 'Jaccard index' },
    rows: methods.flatMap((a) =>
      methods.map((b) => ({
        x: a,
        y: b,
        value: rows.reduce((sum, row) => sum + likeness(row, a, b), 0) / rows.length,
      })),
    ),
  };
}

export const maskClaims: readonly Claim[] = [C6, C7masks, C10, C3masks];

/** Density of each layer, and the scores of SNIP and FTS side by side. */
export function maskFigures(records: readonly CellRecord[], tier: Tier): Figure[] {
  const { experiment, sparsity, network, warmUp } = where(tier);
  const rows = maskRows(records, experiment, sparsity, { network, warmUp });
  if (rows.length === 0) return [];
  const { record, densities } = rows[0]!;
  const layers = record.values['layers'] as string[];
  const shown = ['random', 'magnitude', 'snip', 'fp', 'fts', 'synflow'].filter((method) => method in densities);
  return [
    {
      title: `Density of each layer, ${network} at ${sparsity}, seed ${record.seed}`,
      mark: 'line',
      x: { label: 'layer', scale: 'point' },
      y: { label: 'density, share of weights kept' },
      rows: shown.flatMap((series) => densities[series]!.map((y, k) => ({ x: layers[k]!, y, series }))),
    },
    {
      title: `Scores of SNIP and FTS, ${network}, seed ${record.seed}`,
      mark: 'dot',
      x: { label: 'score of SNIP, share of all', scale: 'log' },
      y: { label: 'score of FTS, share of all', scale: 'log' },
      rows: (record.values['scatter'] as [number, number][])
        .filter(([x, y]) => x > 0 && y > 0)
        .map(([x, y]) => ({ x, y })),
    },
  ];
}
