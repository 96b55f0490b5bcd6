/** C6: SCAFFOLD's speed-up from local steps, and where it saturates. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { across, number, paired, parameter, select } from '@assay-ml/claims/evidence';

/** Local steps K of the sweep. */
export const LOCAL_STEPS = [1, 2, 4, 8, 16, 32] as const;
/** δ of T14's table. */
export const ROUNDS_DELTAS = [0.01, 0.1, 0.5] as const;

const at = (records: readonly CellRecord[], delta: number, K: number) =>
  select(records, 'rounds-to-accuracy', { delta, K });
/** How far from half the rounds a doubling of K may end: rounds are whole numbers. */
const SLOWER = (r: CellRecord): number => 0.6 * rounds(r) + 1;
const FASTER = (r: CellRecord): number => 0.4 * rounds(r) - 1;
const rounds = (r: CellRecord): number => {
  const { reached } = r.values['scaffold'] as { reached: boolean };
  if (!reached) throw new TypeError(`evidence: in cell ${r.id} SCAFFOLD did not reach the accuracy. Raise the cap.`);
  return number(r, 'scaffold', 'rounds');
};

export const roundsToAccuracy: readonly Claim[] = [
  {
    id: 'local.C6two',
    statement: 'At δ = 0.01 a second local step halves SCAFFOLD’s rounds.',
    source: 'the first doubling of C6',
    kind: 'beyond',
    experiments: ['rounds-to-accuracy'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'exact',
      words: 'rounds at K = 2 within 20 % plus one round of half the rounds at K = 1 on every instance (δ = 0.01)',
    },
    expect: 'supported',
    reference: '184 and 92 rounds, at every seed',
    evidence: (records) => {
      const both = across(at(records, 0.01, 2), rounds, at(records, 0.01, 1), rounds);
      const least = at(records, 0.01, 1).map(FASTER);
      const most = at(records, 0.01, 1).map(SLOWER);
      return {
        kind: 'exact',
        checks: both.map(({ block, a, b }, k) => ({
          name: `seed ${block}: ${b} to ${a}`,
          holds: a <= most[k]! && a >= least[k]!,
        })),
        measured: Math.max(...both.map(({ a }) => a)),
        unit: 'rounds at K = 2, at most',
      };
    },
  },
  {
    id: 'local.C6',
    statement:
      'At δ = 0.01 SCAFFOLD needs half the rounds with each further doubling of K up to 8; beyond a K that falls with δ, more local steps gain little or nothing.',
    source: 'the shape of the rate (L/K + δ)Δ/R of Karimireddy et al. 2020 for δ-similar quadratics; spec C6 (T14)',
    kind: 'beyond',
    experiments: ['rounds-to-accuracy'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'rounds',
      words:
        'means over instances: rounds at 2K within 20 % plus one round of half the rounds at K (K = 2, 4; δ = 0.01; K = 1, where nothing is random, is C6two); at most 25 % fewer rounds from K = 16 to 32 at δ = 0.01, and from K = 8 to 32 at δ = 0.1 and 0.5 (excess over the bound, in rounds, ≤ 0)',
    },
    expect: 'supported',
    reference: 'δ = 0.01: 184, 92, 46, 23, 14, 14 rounds for K = 1 … 32; MbSGD 184',
    evidence: (records) =>
      paired([
        ...[2, 4].flatMap((K) => [
          ...across(at(records, 0.01, 2 * K), rounds, at(records, 0.01, K), SLOWER, `K = ${K} → ${2 * K}, not slower`),
          ...across(at(records, 0.01, K), FASTER, at(records, 0.01, 2 * K), rounds, `K = ${K} → ${2 * K}, not faster`),
        ]),
        ...across(
          at(records, 0.01, 16),
          (r) => 0.75 * rounds(r),
          at(records, 0.01, 32),
          rounds,
          'K = 16 → 32 at δ = 0.01',
        ),
        ...[0.1, 0.5].flatMap((delta) =>
          across(
            at(records, delta, 8),
            (r) => 0.75 * rounds(r),
            at(records, delta, 32),
            rounds,
            `K = 8 → 32 at δ = ${delta}`,
          ),
        ),
      ]),
    figure: (records) => {
      const chosen = select(records, 'rounds-to-accuracy');
      if (chosen.length === 0) return null;
      const gain = (r: CellRecord) => number(r, 'minibatchSgd', 'rounds') / rounds(r);
      return {
        title: 'SCAFFOLD’s gain over MbSGD in rounds, against min(K, L/δ)',
        mark: 'line',
        x: { label: 'local steps K', scale: 'log' },
        y: { label: 'MbSGD rounds / SCAFFOLD rounds', scale: 'log' },
        rows: ROUNDS_DELTAS.flatMap((delta) =>
          LOCAL_STEPS.flatMap((K) => {
            const gains = chosen.filter((r) => parameter(r, 'delta') === delta && parameter(r, 'K') === K).map(gain);
            if (gains.length === 0) return [];
            const mean = gains.reduce((s, g) => s + g, 0) / gains.length;
            return [
              { x: K, y: mean, low: Math.min(...gains), high: Math.max(...gains), series: `δ = ${delta}` },
              { x: K, y: Math.min(K, 1 / delta), series: `min(K, L/δ), δ = ${delta}` },
            ];
          }),
        ),
      };
    },
  },
];
