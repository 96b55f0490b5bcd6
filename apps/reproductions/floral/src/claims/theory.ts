/** T1 to T7: the paper's theory on quadratics, where every constant is known. */
import type { CellRecord, Claim, Figure } from '@assay-ml/claims';
import { exactly, list, number, parameter, select } from '@assay-ml/claims/evidence';
import { scalar } from '@assay-ml/numerics';
import { BETAS, HORIZON, VARIANCES } from '../theory.js';
import { TIERS } from './records.js';

const exact = (words: string) => ({ statistic: 'exact', words }) as const;
const common = { kind: 'paper', experiments: ['quadratics'], tiers: TIERS } as const;
const OTHER =
  'wrongly weighted clients have optima of their own, so that Σ_k (p̂ − p)∇f^k has a mean: its product with w − w* is missing';

type Wrong = 'biased' | 'noisy' | 'routed';
const runs = (records: readonly CellRecord[], wrong: Wrong, beta: number | null, H: number | null = 1) =>
  select(records, 'quadratics', (c) => c['wrong'] === wrong && (beta === null || c['beta'] === beta) && (H === null || c['H'] === H)); // prettier-ignore

/** Checks of every record: name, whether it holds, number. */
const checked = (found: readonly CellRecord[], of: (r: CellRecord) => readonly [string, boolean, number], unit: string) =>
  exactly(found, (r) => { const [name, holds, value] = of(r); return { name: `${name}, seed ${r.seed}`, holds, value }; }, unit); // prettier-ignore

/** Largest of measured error over the theorem's bound. */
const over = (r: CellRecord) => {
  const bound = list(r, 'bound');
  return list(r, 'values').reduce((most, value, i) => Math.max(most, value / bound[i]!), 0);
};

/** Exponent of the error in T, between the first and the last horizon up to 6400. */
const slope = (r: CellRecord) => {
  const [T, values] = [list(r, 'horizons'), list(r, 'values')];
  const last = T.indexOf(6400);
  return scalar.log(values[last]! / values[0]!) / scalar.log(T[last]! / T[0]!);
};

const bounded = (wrong: Wrong) => (records: readonly CellRecord[]) =>
  checked(runs(records, wrong, null), (r) => [`β = ${parameter(r, 'beta')}`, over(r) <= 1, over(r)], 'left side over right'); // prettier-ignore

const steps = (wrong: Wrong) => (records: readonly CellRecord[]) =>
  checked(runs(records, wrong, null), (r) => [`β = ${parameter(r, 'beta')}`, number(r, 'violated') === 0, number(r, 'violated')], 'share of steps beyond the bound'); // prettier-ignore

const slopes = (records: readonly CellRecord[]): Figure => ({
  title: 'Error against the horizon: measured, and the theorem’s bound',
  mark: 'line',
  x: { label: 'T', scale: 'log' },
  y: { label: 'f_c(ŵ_T) − f_c*', scale: 'log' },
  rows: BETAS.flatMap((beta) => {
    const first = runs(records, 'biased', beta)[0];
    if (!first) return [];
    const [values, bound] = [list(first, 'values'), list(first, 'bound')];
    return list(first, 'horizons').flatMap((x, i) => [
      { x, y: values[i]!, series: 'measured', facet: `β = ${beta}` },
      { x, y: bound[i]!, series: 'bound', facet: `β = ${beta}` },
    ]);
  }),
});

export const theoryClaims: readonly Claim[] = [
  {
    ...common,
    id: 'floral.T1',
    statement:
      'Where the mismatch decays, E f_c(ŵ_T) − f_c* is below the theorem’s bound: groups with optima of their own.',
    source: 'spec T1; Theorem B.10 of the paper',
    rule: exact(`left side over right at most 1 at every horizon up to ${HORIZON}, for each β`),
    expect: 'refuted',
    reason: OTHER,
    evidence: bounded('biased'),
    figure: slopes,
  },
  {
    ...common,
    id: 'floral.T1-noisy',
    statement: 'The same where wrongly weighted clients share the optimum and are only noisier.',
    source: 'spec T1; Theorem B.10 of the paper',
    rule: exact(`left side over right at most 1 at every horizon up to ${HORIZON}, for each β`),
    expect: 'supported',
    evidence: bounded('noisy'),
  },
  {
    ...common,
    id: 'floral.T1-rate',
    statement: 'On quadratics of groups with optima of their own the error falls like T^−β, not T^−(1 + β).',
    source: 'our own; the paper’s Theorem B.10 says −(1 + β)',
    kind: 'beyond',
    rule: exact('exponent between T = 400 and 6400 within 0.1 of −β, for each β; without noise there is no chance'),
    expect: 'supported',
    evidence: (records) =>
      checked(
        runs(records, 'biased', null),
        (r) => {
          const off = Math.abs(slope(r) + parameter(r, 'beta'));
          return [`β = ${parameter(r, 'beta')}: ${slope(r).toFixed(3)}`, off <= 0.1, off];
        },
        'distance from −β',
      ),
  },
  {
    ...common,
    id: 'floral.T1-sigma',
    statement: 'The error of gradient noise falls like 1/T.',
    source: 'spec §4; Theorem B.10 of the paper, first term',
    experiments: ['variance'],
    rule: { statistic: 'slope', min: -1.15, max: -0.85, words: 'slope of log error on log T in [−1.15, −0.85], runs that start at the optimum' }, // prettier-ignore
    expect: 'supported',
    evidence(records) {
      const found = select(records, 'variance', (c) => (c['horizons'] as unknown as number[]).length > 1);
      if (found.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      return {
        kind: 'points',
        points: found.flatMap((r) => {
          const T = (r.config as unknown as { horizons: number[] }).horizons;
          return list(r, 'adaptor').map((y, i) => ({ block: String(r.seed), x: T[i]!, y }));
        }),
      };
    },
  },
  {
    ...common,
    id: 'floral.T2',
    statement: 'With routers ∝ exp(−η_t f_c) the error is below the theorem’s bound, whatever the mismatch.',
    source: 'spec T2; Theorem B.9 of the paper',
    rule: exact(`left side over right at most 1 at every horizon up to ${HORIZON}`),
    expect: 'report',
    reason: 'with η_t → 0 such routers become uniform; how far the bound carries on these horizons is shown',
    evidence: (records) =>
      checked(runs(records, 'routed', null), (r) => ['routed', over(r) <= 1, over(r)], 'left side over right'),
  },
  {
    ...common,
    id: 'floral.T3',
    statement: 'Every step descends as the lemma says: groups with optima of their own.',
    source: 'spec T3; Lemma B.4 of the paper',
    rule: exact('no step and cluster beyond the bound, for each β, H = 1 and σ = 0'),
    expect: 'refuted',
    reason: OTHER,
    evidence: steps('biased'),
  },
  {
    ...common,
    id: 'floral.T3-noisy',
    statement: 'The same where wrongly weighted clients are only noisier.',
    source: 'spec T3; Lemma B.4 of the paper',
    rule: exact('no step and cluster beyond the bound, in the mean over its noise, for each β'),
    expect: 'supported',
    evidence: steps('noisy'),
  },
  {
    ...common,
    id: 'floral.T4',
    statement: 'The error of an aggregated gradient is at most 2σ²‖p_c‖² + 2G²‖δ‖₁².',
    source: 'spec T4; Lemma B.2 of the paper',
    experiments: ['lemmas'],
    rule: exact('mean over draws at most the bound'),
    expect: 'supported',
    evidence: (records) =>
      checked(select(records, 'lemmas'), (r) => {
        const ratio = number(r, 'error') / number(r, 'bound');
        return [`K = ${parameter(r, 'K')}, C = ${parameter(r, 'C')}`, ratio <= 1, ratio];
      }, 'left side over right'), // prettier-ignore
  },
  {
    ...common,
    id: 'floral.T5',
    statement: 'Local models drift by at most 4η²H²G².',
    source: 'spec T5; Lemma B.3 of the paper',
    rule: exact(
      'squared distance of every local model from the mean over the bound at most 1, at every step with H = 5',
    ),
    expect: 'supported',
    evidence: (records) =>
      checked(runs(records, 'biased', null, 5), (r) => [`β = ${parameter(r, 'beta')}`, number(r, 'drift') <= 1, number(r, 'drift')], 'left side over right'), // prettier-ignore
  },
  {
    ...common,
    id: 'floral.T6',
    statement: 'Uniform routers give ‖δ_0‖₁ ≤ 1 − U_c.',
    source: 'spec T6; Remark B.11 of the paper',
    experiments: ['lemmas'],
    rule: exact('‖δ_0‖₁ at most 1 − 1/C with balanced groups'),
    expect: 'refuted',
    reason: 'it is 2(1 − 1/C): what is missing at a cluster’s own clients is too much at the others',
    evidence: (records) =>
      checked(select(records, 'lemmas'), (r) => {
        const ratio = number(r, 'mismatch') / number(r, 'remark');
        return [`K = ${parameter(r, 'K')}, C = ${parameter(r, 'C')}`, ratio <= 1, ratio];
      }, 'left side over right'), // prettier-ignore
  },
  {
    ...common,
    id: 'floral.T7',
    statement: 'With balanced groups ‖δ_0‖₁² = 4(C − 1)²/C², and one-hot routers average K/C clients an adaptor.',
    source: 'spec T6 and T7; Remarks C.4 and C.5 of the paper',
    experiments: ['lemmas'],
    rule: exact('both to 1e-9'),
    expect: 'supported',
    evidence: (records) =>
      checked(select(records, 'lemmas'), (r) => {
        const [K, C] = [parameter(r, 'K'), parameter(r, 'C')];
        const off = Math.max(Math.abs(number(r, 'mismatch') ** 2 - (4 * (C - 1) ** 2) / C ** 2), Math.abs(number(r, 'effective') - K / C)); // prettier-ignore
        return [`K = ${K}, C = ${C}`, off <= 1e-9, off];
      }, 'largest difference'), // prettier-ignore
  },
  {
    ...common,
    id: 'floral.T7-floor',
    statement: 'Noise of the base falls with K, that of an adaptor with K/C.',
    source: 'spec T7; Remarks C.4 and C.5 of the paper',
    experiments: ['variance'],
    rule: exact(`error times K (base) and K/C (adaptor) within 20 % of its mean over ${VARIANCES.length} pairs of K and C, in the mean over seeds`), // prettier-ignore
    expect: 'supported',
    evidence(records) {
      const value = (K: number, C: number, part: string) => {
        const found = select(records, 'variance', (c) => c['K'] === K && c['C'] === C && (c['horizons'] as unknown as number[]).length === 1); // prettier-ignore
        return found.reduce((sum, r) => sum + list(r, part)[0]! / found.length, 0);
      };
      if (select(records, 'variance').length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
      const off = (['base', 'adaptor'] as const).flatMap((part) => {
        const all = VARIANCES.map(([K, C]) => value(K, C, part) * (part === 'base' ? K : K / C));
        const mean = all.reduce((a, b) => a + b, 0) / all.length;
        return all.map((x, i) => ({ name: `${part}, K = ${VARIANCES[i]![0]}, C = ${VARIANCES[i]![1]}`, value: Math.abs(x / mean - 1) })); // prettier-ignore
      });
      return {
        kind: 'exact',
        checks: off.map(({ name, value: x }) => ({ name, holds: x <= 0.2 })),
        measured: Math.max(...off.map(({ value: x }) => x)),
        unit: 'distance from the mean, relative',
      };
    },
  },
];
