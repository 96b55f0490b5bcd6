/** C8: how LocalSGD's bias floor and its statistical term scale. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim, Figure } from '@assay-ml/claims';
import type { FloorConfig } from '../cells/bias-floor.js';
import { across, number, paired, parameter, select } from '@assay-ml/claims/evidence';
import { geometricMean } from '../geometric-mean.js';

/** T12's centre and sweeps. */
export const FLOOR: FloorConfig = { delta: 0.05, eta: 0.1, K: 10, zeta: 1 };
export const FLOOR_SWEEPS = {
  delta: [0.01, 0.02, 0.04, 0.08],
  eta: [0.025, 0.05, 0.1, 0.2],
  K: [2, 5, 10, 20],
  zeta: [0.25, 0.5, 1, 2],
} as const;
const SYMBOLS = { delta: 'δ', eta: 'η', K: 'K − 1', zeta: '‖b‖' } as const;

/** T13's numbers of clients. */
export const CLIENTS = [2, 4, 8, 16, 32] as const;

type Swept = keyof typeof FLOOR_SWEEPS;

const norm = (record: CellRecord): number => number(record, 'gradientNorm');

function sweep(records: readonly CellRecord[], key: Swept): CellRecord[] {
  return select(records, 'bias-floor', FLOOR, key).filter((r) =>
    (FLOOR_SWEEPS[key] as readonly number[]).includes(parameter(r, key)),
  );
}

/** K enters as K − 1: one local step has no bias. */
const abscissa = (record: CellRecord, key: Swept): number => parameter(record, key) - (key === 'K' ? 1 : 0);

const timesN = (record: CellRecord): number => parameter(record, 'n') * number(record, 'gradientNorm2');

export const scaling: readonly Claim[] = [
  {
    id: 'local.C8',
    statement: 'The gradient at which LocalSGD comes to rest with a constant step size is proportional to δ.',
    source: 'measured for the specification, C8 (T12)',
    kind: 'beyond',
    experiments: ['bias-floor'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'slope',
      min: 0.9,
      max: 1.1,
      words: 'slope of log ‖∇f(x_∞)‖ on log δ in [0.9, 1.1], δ = 0.01 … 0.08, family W, 400 rounds',
    },
    expect: 'supported',
    reference: { value: 1, words: '0.00257, 0.00514, 0.01031, 0.02076 along δ' },
    evidence: (records) => {
      const points = sweep(records, 'delta').map((r) => ({
        block: String(r.seed),
        x: parameter(r, 'delta'),
        y: norm(r),
      }));
      const missing = FLOOR_SWEEPS.delta.filter((delta) => !points.some(({ x }) => x === delta));
      if (missing.length > 0) throw new TypeError(`evidence: no finished cell at δ = ${missing.join(', ')}.`);
      return { kind: 'points', points };
    },
    figure: (records): Figure | null => {
      const rows = (Object.keys(FLOOR_SWEEPS) as Swept[]).flatMap((key) => {
        const chosen = sweep(records, key);
        return [...new Set(chosen.map((r) => abscissa(r, key)))].map((x) => {
          const norms = chosen.filter((r) => abscissa(r, key) === x).map(norm);
          return { x, y: geometricMean(norms), low: Math.min(...norms), high: Math.max(...norms), facet: SYMBOLS[key] };
        });
      });
      if (rows.length === 0) return null;
      return {
        title: 'Where LocalSGD comes to rest, one factor at a time',
        mark: 'line',
        x: { label: 'the factor', scale: 'log' },
        y: { label: '‖∇f(x_∞)‖', scale: 'log' },
        rows,
      };
    },
  },
  {
    id: 'local.C8n',
    statement: 'The gradient that noise keeps up falls as 1/n: n clients make LocalSGD n times as accurate.',
    source: 'spec C8 (T13); the term √(LΔσ²/(nKR)) of the rates',
    kind: 'paper',
    experiments: ['stationary'],
    tiers: ['quick', 'standard', 'full'],
    rule: {
      statistic: 'log-ratio',
      max: scalar.log10(1.1),
      words:
        'n · E‖∇f‖² differs by at most 10 % between any two of n = 2, 4, 8, 16, 32 (mean log10 ratio ≤ 0.041 both ways)',
    },
    expect: 'supported',
    reference: '0.01012, 0.01030, 0.01036, 0.01025, 0.01021',
    evidence: (records) => {
      const at = (n: number): CellRecord[] => select(records, 'stationary', { n });
      return paired(
        CLIENTS.flatMap((n) =>
          CLIENTS.filter((m) => m !== n).flatMap((m) => across(at(n), timesN, at(m), timesN, `n = ${n} over ${m}`)),
        ),
      );
    },
    figure: (records) => {
      const chosen = select(records, 'stationary');
      if (chosen.length === 0) return null;
      return {
        title: 'n times the stationary ‖∇f‖²',
        mark: 'line',
        x: { label: 'clients n', scale: 'log' },
        y: { label: 'n · E‖∇f‖²' },
        rows: CLIENTS.map((n) => {
          const found = chosen.filter((r) => parameter(r, 'n') === n).map(timesN);
          return { x: n, y: geometricMean(found), low: Math.min(...found), high: Math.max(...found) };
        }),
      };
    },
  },
];
