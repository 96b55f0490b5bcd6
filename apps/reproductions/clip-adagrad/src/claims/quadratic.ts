/** C1, C2, C3, C5, C7: the quadratic with infinite-variance noise. Errors are (x_K)², by quantiles over runs. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim } from '@assay-ml/claims';
import { pairs } from '@assay-ml/claims/evidence';
import { at, batches, curveRows, gammaText, QUADRATIC } from '../evidence.js';

/** Step sizes of the tests, of the paper's {1, 1/2, …, 1/64}. */
export const GAMMAS = [1, 1 / 2, 1 / 16, 1 / 64] as const;
export const K = 10_000;
/** Where clipping in one place, and the twins, are looked at. */
export const PLACES = { gamma: 1 / 16, steps: 5000 } as const;
/** A usual Adam: γ = 1e-3, β₂ = 0.999. */
export const USUAL = { gamma: 1e-3, steps: 5000 } as const;

const tiers = ['quick', 'standard', 'full'] as const;
const eight = (records: readonly CellRecord[], gamma: number) => batches(records, { ...QUADRATIC, set: 'eight', gamma, steps: K, curves: true }); // prettier-ignore
/** log10 of how much larger the quantile of the plain method is than that of the clipped one. */
const gain = (q: number) => (record: CellRecord) =>
  scalar.log10(at(q, 'AdaGrad')(record) / at(q, 'Clip-AdaGrad')(record));

export const quadratic: readonly Claim[] = [
  {
    id: 'clip-adagrad.C1a',
    statement: 'Clipped AdaGrad beats unclipped at every tested step size: its 90 % quantile is at most a fifth.',
    source: 'Figures 1, 4-6; spec C1',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: {
      statistic: 'log-ratio',
      min: scalar.log10(5),
      words:
        'the 90 % quantile of (x_K)² of AdaGrad is at least 5 times that of Clip-AdaGrad at γ = 1, 1/2, 1/16, 1/64',
    },
    expect: 'supported',
    reference: '12.9, 13.3, 501, 29.6 times',
    evidence: (records) => ({
      kind: 'paired',
      pairs: GAMMAS.flatMap((gamma) => pairs(eight(records, gamma), at(0.9, 'AdaGrad'), at(0.9, 'Clip-AdaGrad'), `γ = ${gammaText(gamma)}`)), // prettier-ignore
    }),
    figure: (records) => ({
      title: 'Median of (x_k)² and its 10 to 90 % band over runs',
      mark: 'line',
      x: { label: 'step k', scale: 'log' },
      y: { label: '(x_k)²', scale: 'log' },
      rows: GAMMAS.flatMap((gamma) => curveRows(eight(records, gamma), ['AdaGrad', 'AdaGradD', 'Clip-AdaGrad', 'Clip-AdaGradD'], `γ = ${gammaText(gamma)}`)), // prettier-ignore
    }),
  },
  {
    id: 'clip-adagrad.C1b',
    statement: 'The gain of clipping grows from the median to the 90 % and to the 99 % quantile, at every step size.',
    source: 'the paper’s reading of its figures; spec C1',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: {
      statistic: 'mean-diff',
      min: 0,
      unit: 'log10 of a ratio',
      words: 'log10 of the ratio of quantiles is larger at 90 % than at 50 %, and at 99 % than at 90 %, at every γ',
    },
    expect: 'refuted',
    reason:
      'at γ = 1/16 AdaGrad has not converged, so that its median is as bad as its tail: the ratio is largest at the median',
    reference: '846, 500, 579 at γ = 1/16',
    evidence: (records) => ({
      kind: 'paired',
      pairs: GAMMAS.flatMap((gamma) =>
        ([[0.5, 0.9], [0.9, 0.99]] as const).flatMap(([low, high]) => pairs(eight(records, gamma), gain(high), gain(low), `γ = ${gammaText(gamma)}, ${high * 100} % against ${low * 100} %`)),
      ), // prettier-ignore
    }),
  },
  {
    id: 'clip-adagrad.C2',
    statement: 'AdaGradD is the most fragile: its 99 % quantile is more than 50 times that of AdaGrad at γ = 1.',
    source: 'Figures 1, 4-6 and Theorem 1’s remark on delay; spec C2',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: {
      statistic: 'log-ratio',
      min: scalar.log10(50),
      words: 'the 99 % quantile of AdaGradD is over 50 times AdaGrad’s',
    },
    expect: 'supported',
    reference: { value: scalar.log10(1100), words: 'about 1,100 times' },
    evidence: (records) => ({
      kind: 'paired',
      pairs: pairs(eight(records, 1), at(0.99, 'AdaGradD'), at(0.99, 'AdaGrad'), 'γ = 1'),
    }),
  },
  {
    id: 'clip-adagrad.C3',
    statement: 'With clipping delay is harmless: quantiles of Clip-AdaGrad and Clip-AdaGradD agree within 2 %.',
    source: 'Theorems 2 to 4 hold for both; spec C3 (b₀ = 3, K = 10,000, the same noise)',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: {
      statistic: 'log-ratio',
      min: -scalar.log10(1.02),
      max: scalar.log10(1.02),
      words:
        'the 50, 90 and 99 % quantiles of Clip-AdaGradD over those of Clip-AdaGrad lie within a factor of 1.02 at every γ',
    },
    expect: 'supported',
    evidence: (records) => ({
      kind: 'paired',
      pairs: GAMMAS.flatMap((gamma) => [0.5, 0.9, 0.99].flatMap((q) => pairs(eight(records, gamma), at(q, 'Clip-AdaGradD'), at(q, 'Clip-AdaGrad'), `γ = ${gammaText(gamma)}, ${q * 100} %`))), // prettier-ignore
    }),
  },
  {
    id: 'clip-adagrad.C5',
    statement: 'Both places must be clipped: the direction alone or the accumulator alone is ten times worse.',
    source: 'Algorithm 2; spec C5',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: {
      statistic: 'log-ratio',
      max: -1,
      words: 'the 90 % quantile with both clipped is below a tenth of that with either alone (γ = 1/16, K = 5,000)',
    },
    expect: 'supported',
    reference: '1.1e-3 against 2.7 (direction only) and 0.32 (accumulator only)',
    evidence: (records) => ({
      kind: 'paired',
      pairs: ['direction only', 'accumulator only'].flatMap((name) => pairs(batches(records, { ...QUADRATIC, ...PLACES, set: 'places' }), at(0.9, 'Clip-AdaGrad'), at(0.9, name), name)), // prettier-ignore
    }),
  },
  {
    id: 'clip-adagrad.C7',
    statement: 'Clipping helps M-AdaGrad and Adam-Norm as much, with β₂ = 1 − 1/K and with the usual β₂ = 0.999.',
    source: 'Theorems 2 to 4; β₂ = 0.999 is not covered by them; spec C7',
    kind: 'paper',
    experiments: ['runs'],
    tiers,
    rule: { statistic: 'log-ratio', min: scalar.log10(5), words: 'the 90 % quantile of each is at least 5 times that of its clipped form' }, // prettier-ignore
    expect: 'supported',
    reference: '0.74 against 1.1e-3, 0.65 against 1.3e-3, 1.46 against 0.157',
    evidence: (records) => {
      const twins = batches(records, { ...QUADRATIC, ...PLACES, set: 'twins' });
      const usual = batches(records, { ...QUADRATIC, ...USUAL, set: 'usual' });
      return {
        kind: 'paired',
        pairs: [
          ...pairs(twins, at(0.9, 'M-AdaGrad'), at(0.9, 'Clip-M-AdaGrad'), 'M-AdaGrad, β₁ = 0.9'),
          ...pairs(twins, at(0.9, 'Adam'), at(0.9, 'Clip-Adam'), 'Adam, β₂ = 1 − 1/K'),
          ...pairs(usual, at(0.9, 'Adam'), at(0.9, 'Clip-Adam'), 'Adam, β₂ = 0.999'),
        ],
      };
    },
  },
];
