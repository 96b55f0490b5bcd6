/** Claims about the accuracy that pruned networks reach: C1 to C5, C7 to C9, C11, C12 of spec §6.3, and what stands beside them. */
import type { CellRecord, Claim, Evidence, Tier } from '@assay-ml/claims';
import { spearman } from '@assay-ml/numerics';
import type { Method } from '../methods.js';
import { accuracy, compare, trainings, type Comparison } from '../evidence.js';
import { bars, spread } from './figures.js';
import { experimentsOf, extreme, high, named, side, SPARSITIES, type Setting } from './settings.js';

const ALL = ['quick', 'standard', 'full'] as const;
const NO_PILOT = 'No pilot had the size of the full tier.';
const MIXED = 'The pilot’s seeds contradict each other at standard. No pilot had the size of the full tier.';

/** FTS against another method in each setting. */
const versus = (settings: readonly Setting[], other: Method): Comparison[] =>
  settings.map((setting) => ({ a: side(setting, 'fts'), b: side(setting, other), part: named(setting) }));

const C1: Claim = {
  id: 'fts-prune.C1',
  statement: 'FTS beats random pruning at high sparsity.',
  source: 'paper, Table 1 (ResNet18, CIFAR-10)',
  kind: 'paper',
  experiments: experimentsOf(high),
  tiers: ALL,
  rule: {
    statistic: 'mean-diff',
    min: 0.05,
    unit: 'accuracy',
    words: 'test accuracy of FTS less that of random pruning, mean over seeds, ≥ 0.05 in each setting',
  },
  expect: { quick: 'supported', standard: 'refuted', full: 'report' },
  reason:
    'On VGG-mini at 0.98, with BN and the default initialisation, random pruning keeps up with FTS: no seed of the pilot had a lead of 0.05. No pilot had the size of the full tier.',
  reference: 'Table 1 at 0.99: 84.85 against 78.28; numpy dry run at 0.9: .740 against .331',
  evidence: (records, tier) => compare(records, versus(high(tier), 'random')),
  figure: bars(high, 'Test accuracy of each criterion (mean and range over seeds)'),
};

const C2: Claim = {
  id: 'fts-prune.C2',
  statement: 'FTS beats magnitude pruning at extreme sparsity.',
  source: 'paper, Table 1',
  kind: 'paper',
  experiments: experimentsOf(extreme),
  tiers: ALL,
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'test accuracy of FTS less that of magnitude pruning, mean over seeds, ≥ 0',
  },
  expect: { quick: 'refuted', standard: 'supported', full: 'report' },
  reason:
    'The paper’s win is where magnitude pruning collapses. At 0.9 it empties no layer of this MLP and, with the learning rate that suits dense and random networks best, is ahead in the pilot. At 0.98 it empties three layers of VGG-mini. In place of the spec’s one deviation stands the interval over seeds. No pilot had the size of the full tier.',
  reference: 'Table 1 at 0.99: 84.85 against 71.99; numpy dry run at 0.9: .740 against .608',
  evidence: (records, tier) => compare(records, versus(extreme(tier), 'magnitude')),
};

const C2floor: Claim = {
  id: 'fts-prune.C2floor',
  statement: 'FTS beats magnitude pruning also when no layer may empty: its win is more than magnitude’s collapse.',
  source: 'spec §6.3, C2, read critically',
  kind: 'critique',
  experiments: ['vgg'],
  tiers: ['standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words:
      'with at least 32 weights kept in each layer: test accuracy of FTS less that of magnitude pruning, mean over seeds, ≥ 0',
  },
  expect: 'report',
  reason: 'The paper has no floor; this says what its comparison is made of. The pilot’s seeds contradict each other.',
  evidence: (records, tier) =>
    compare(
      records,
      extreme(tier).map((s) => ({
        a: side(s, 'fts', 'floor'),
        b: side(s, 'magnitude', 'floor'),
        part: `${named(s)}, with a floor`,
      })),
    ),
};

const C3: Claim = {
  id: 'fts-prune.C3',
  statement: 'FTS is at least as good as SNIP, within noise.',
  source: 'paper, Table 1',
  kind: 'paper',
  experiments: experimentsOf(high),
  tiers: ALL,
  rule: {
    statistic: 'mean-diff',
    min: -0.02,
    unit: 'accuracy',
    words: 'test accuracy of FTS less that of SNIP, mean over seeds, ≥ −0.02',
  },
  expect: 'report',
  reason:
    'At quick two seeds are at −0.0195, so near the bound that another order of a sum decides. With the default initialisation both criteria keep nearly the same weights; where they do, nothing is compared. In place of the spec’s larger of one deviation and 0.02 stands 0.02.',
  reference: 'Table 1: +0.20, +0.19, +0.16, −0.02, +0.31 points, inside one deviation in four of five rows',
  evidence: (records, tier) => compare(records, versus(high(tier), 'snip')),
};

const C4: Claim = {
  id: 'fts-prune.C4',
  statement: 'FTS beats its two pieces alone, the gradient norm and the Fisher diagonal, at extreme sparsity.',
  source: 'paper, Table 1',
  kind: 'paper',
  experiments: experimentsOf(extreme),
  tiers: ['standard', 'full'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'test accuracy of FTS less that of GN, and of FD, mean over seeds, ≥ 0',
  },
  expect: { standard: 'report', full: 'report' },
  reason: MIXED,
  reference: 'Table 1 at 0.99: 84.85 against 83.47 and 82.13',
  evidence: (records, tier) =>
    compare(
      records,
      extreme(tier).flatMap((s) =>
        (['gn', 'fd'] as const).map((m) => ({
          a: side(s, 'fts'),
          b: side(s, m),
          part: `${m.toUpperCase()}, ${named(s)}`,
        })),
      ),
    ),
};

const C5: Claim = {
  id: 'fts-prune.C5',
  statement: 'FBSS ranks almost like random: at most 0.1 better than random pruning, and far below FTS.',
  source: 'paper, Table 1',
  kind: 'paper',
  experiments: experimentsOf(extreme),
  tiers: ALL,
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'random + 0.10 − FBSS ≥ 0, and FTS − FBSS − 0.05 ≥ 0, of test accuracies, means over seeds',
  },
  expect: { quick: 'supported', standard: 'report', full: 'report' },
  reason: MIXED,
  reference: 'Table 1 at 0.99: FBSS 77.60, random 78.28, FTS 84.85',
  evidence: (records, tier) =>
    compare(
      records,
      extreme(tier).flatMap((s) => [
        { a: side(s, 'random'), b: side(s, 'fbss'), margin: -0.1, part: `no better than random, ${named(s)}` },
        { a: side(s, 'fts'), b: side(s, 'fbss'), margin: 0.05, part: `far below FTS, ${named(s)}` },
      ]),
    ),
};

const DATA_DEPENDENT = ['snip', 'fd', 'fp', 'fts'] as const;
const warm = (tier: Tier): Setting[] => extreme(tier).map((s) => ({ ...s, warmUp: 'epoch' }));

const C7: Claim = {
  id: 'fts-prune.C7',
  statement: 'Pruning after one ordinary epoch raises every data-dependent criterion.',
  source: 'paper, abstract',
  kind: 'paper',
  experiments: ['mlp', 'vgg'],
  tiers: ['quick', 'standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'test accuracy with one warm-up epoch less that without, mean over seeds, ≥ 0 for SNIP, FD, FP and FTS each',
  },
  expect: { quick: 'supported', standard: 'refuted' },
  reason:
    'On VGG-mini an epoch raises the scores of the first layers so much that the last ones keep a few weights or none: in the pilot nothing pruned then learnt.',
  reference: 'numpy dry run at 0.9: SNIP .741 → .842, FD .137 → .896, FP .828 → .895, FTS .740 → .841',
  evidence: (records, tier) =>
    compare(
      records,
      warm(tier).flatMap((s) =>
        DATA_DEPENDENT.map((m) => ({
          a: side(s, m),
          b: side({ ...s, warmUp: 'none' }, m),
          part: `${m.toUpperCase()}, ${named({ ...s, warmUp: 'none' })}`,
        })),
      ),
    ),
};

const at = (experiment: string, sparsity: number, warmUp: Setting['warmUp'] = 'none'): Setting => ({
  experiment,
  sparsity,
  warmUp,
});

/** Accuracy lost to FTS at one sparsity and at another, by seed. */
function gap(records: readonly CellRecord[], tier: Tier): Evidence {
  const place = (sparsity: number): Setting =>
    tier === 'full' ? { ...extreme(tier)[0]!, sparsity } : at('vgg', sparsity);
  const lead = (sparsity: number): { seed: number; lead: number }[] => {
    const [grasp, fts] = (['grasp', 'fts'] as const).map((m) => trainings(records, side(place(sparsity), m)));
    if (grasp!.length === 0 || grasp!.length !== fts!.length)
      throw new TypeError(`evidence: GraSP and FTS at ${sparsity} must have the same seeds.`);
    return grasp!.map((r, k) => ({ seed: r.seed, lead: accuracy(r) - accuracy(fts![k]!) }));
  };
  const [late, early] = [lead(0.99), lead(0.8)];
  return { kind: 'paired', pairs: late.map(({ seed, lead: a }, k) => ({ block: String(seed), a, b: early[k]!.lead })) };
}

const C8: Claim = {
  id: 'fts-prune.C8',
  statement: 'GraSP, with the sign of the original code, is weak at moderate sparsity and recovers at 0.99.',
  source: 'paper, Table 1',
  kind: 'paper',
  experiments: ['vgg', 'paper-cifar-10'],
  tiers: ['standard', 'full'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'lead of GraSP over FTS at 0.99 less that at 0.8, mean over seeds, ≥ 0',
  },
  expect: { standard: 'report', full: 'report' },
  reason:
    'The spec compares ranks; a lead over FTS says by how much. At 0.99 the small nets keep some 700 weights; a lead there is as much about chance as about GraSP.',
  reference: 'Table 1: −3.76 points at 0.8, −0.29 at 0.99',
  evidence: gap,
};

const C8sign: Claim = {
  id: 'fts-prune.C8sign',
  statement: 'GraSP with its authors’ own sign beats the reversed sign of the FTS code.',
  source: 'spec §3.4',
  kind: 'critique',
  experiments: ['vgg', 'masks-cifar-10'],
  tiers: ['standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'test accuracy with the smallest −θ∘Hg kept less that with the largest, at 0.98, mean over seeds, ≥ 0',
  },
  expect: 'refuted',
  reason: 'Neither paper compares the two; in the pilot the reversed sign was ahead at every seed.',
  evidence: (records) => {
    const s = at('vgg', 0.98);
    return compare(records, [{ a: side(s, 'grasp-original'), b: side(s, 'grasp'), part: named(s) }]);
  },
};

const C9: Claim = {
  id: 'fts-prune.C9',
  statement: 'A pass that only renews BN statistics already helps at extreme sparsity.',
  source: 'paper, second version',
  kind: 'paper',
  experiments: ['vgg'],
  tiers: ['standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: 'test accuracy with the pass less that without, mean over seeds, ≥ 0 for FTS and HTS each',
  },
  expect: 'refuted',
  reason: 'In the pilot the pass lowered the accuracy of HTS at every seed.',
  evidence: (records) => {
    const s = at('vgg', 0.98);
    return compare(
      records,
      (['fts', 'hts'] as const).map((m) => ({
        a: side({ ...s, warmUp: 'bn-stats' }, m),
        b: side(s, m),
        part: m.toUpperCase(),
      })),
    );
  },
};

/** Sweeps in which a method's accuracy should fall. */
const sweeps = (tier: Tier): { setting: Setting; methods: Method[]; sparsities: readonly number[] }[] =>
  tier === 'quick'
    ? [{ setting: at('mlp', 0, 'epoch'), methods: ['random', 'snip', 'fts'], sparsities: [0.9, 0.98] }]
    : [
        {
          setting: tier === 'full' ? extreme(tier)[0]! : at('vgg', 0),
          methods: ['random', 'fts'],
          sparsities: SPARSITIES,
        },
      ];

const C11: Claim = {
  id: 'fts-prune.C11',
  statement: 'The more is pruned, the lower the accuracy.',
  source: 'spec §6.3, C11: sanity',
  kind: 'beyond',
  experiments: ['mlp', 'vgg', 'paper-cifar-10'],
  tiers: ALL,
  rule: {
    statistic: 'exact',
    words: 'Spearman’s rank correlation of sparsity and test accuracy is negative for each method, over all seeds',
  },
  expect: { quick: 'supported', standard: 'supported', full: 'report' },
  reason: NO_PILOT,
  evidence: (records, tier) => {
    const rows = sweeps(tier).flatMap(({ setting, methods, sparsities }) =>
      methods.map((method) => {
        const points = sparsities.flatMap((s) =>
          trainings(records, side({ ...setting, sparsity: s }, method)).map((r) => [s, accuracy(r)] as const),
        );
        if (points.length < 2) throw new TypeError(`evidence: too few cells for '${method}'.`);
        return {
          method,
          rho: spearman(
            points.map(([s]) => s),
            points.map(([, y]) => y),
          ),
        };
      }),
    );
    return {
      kind: 'exact',
      checks: rows.map(({ method, rho }) => ({ name: method, holds: rho < 0 })),
      measured: Math.max(...rows.map(({ rho }) => rho)),
      unit: 'rank correlation, at most',
    };
  },
  figure: (records, tier) => {
    const rows = sweeps(tier).flatMap(({ setting, methods, sparsities }) =>
      [...new Set<Method>([...methods, 'fp', 'snip', 'synflow', 'magnitude', 'grasp'])].flatMap((series) =>
        sparsities.flatMap((x) => {
          const range = spread(records, side({ ...setting, sparsity: x }, series));
          return range === null ? [] : [{ x, ...range, series }];
        }),
      ),
    );
    return rows.length === 0
      ? null
      : {
          title: 'Test accuracy over sparsity (mean and range over seeds)',
          mark: 'line',
          x: { label: 'sparsity, share of weights removed', scale: 'point' },
          y: { label: 'test accuracy, share' },
          rows,
        };
  },
};

const C12: Claim = {
  id: 'fts-prune.C12',
  statement: 'Only the densities of the layers matter: a mask shuffled within its layers keeps FTS’s accuracy.',
  source: 'Frankle et al., arXiv 2009.08576 (spec §6.3, C12)',
  kind: 'critique',
  experiments: ['vgg'],
  tiers: ['standard'],
  rule: {
    statistic: 'mean-diff',
    min: -0.02,
    unit: 'accuracy',
    words: 'test accuracy of the shuffled mask less that of FTS, mean over seeds, ≥ −0.02',
  },
  expect: 'supported',
  reason:
    'Not a claim of the paper; it says how much of FTS is which weights and how much is how many of each layer. In the pilot the shuffled masks were ahead at every seed.',
  evidence: (records) => {
    const s = at('vgg', 0.98);
    return compare(records, [{ a: side(s, 'fts', 'shuffled'), b: side(s, 'fts'), part: named(s) }]);
  },
};

/** FTS beside a method that the paper does not set out to beat, or beats by less than noise. */
const beside = (id: string, method: Method, statement: string, reference: string): Claim => ({
  id: `fts-prune.${id}`,
  statement,
  source: 'spec §6.4: not a pass-or-fail check',
  kind: 'critique',
  experiments: experimentsOf(high),
  tiers: ['quick', 'standard'],
  rule: {
    statistic: 'mean-diff',
    min: 0,
    unit: 'accuracy',
    words: `test accuracy of FTS less that of ${method === 'fp' ? 'FP' : 'SynFlow'}, mean over seeds, ≥ 0 in each setting`,
  },
  expect: 'report',
  reason: 'Prototypes saw the opposite on an MLP; it belongs next to the wins.',
  reference,
  evidence: (records, tier) =>
    compare(
      records,
      versus(
        high(tier).filter(({ experiment, warmUp }) => experiment !== 'mlp' || warmUp === 'none'),
        method,
      ),
    ),
});

export const trainingClaims: readonly Claim[] = [
  C1,
  C2,
  C2floor,
  C3,
  C4,
  C5,
  C7,
  C8,
  C8sign,
  C9,
  C11,
  C12,
  beside(
    'FP',
    'fp',
    'FTS beats FP, its second-order term alone.',
    'numpy dry run at 0.9: .740 against .828; Table 1 at 0.99: 84.85 against 83.74',
  ),
  beside('SynFlow', 'synflow', 'FTS beats SynFlow, which sees no data.', 'numpy dry run at 0.9: .740 against .837'),
];
