/** C1, C4b, C11 and T1 to T8: what can be checked to rounding. */
import type { CellRecord, Claim } from '@assay-ml/claims';
import { exactly, number, select } from '@assay-ml/claims/evidence';

const TIERS = ['quick', 'standard', 'full'] as const;
const common = { tiers: TIERS, expect: 'supported' } as const;

/** A check a record: the largest of some numbers is at most a bound. */
const atMost = (experiment: string, bound: number, of: (record: CellRecord) => number, unit: string) => ({
  experiments: [experiment],
  evidence: (records: readonly CellRecord[]) =>
    exactly(
      select(records, experiment),
      (record) => {
        const value = of(record);
        const { shifted } = record.config as { shifted?: boolean };
        return { name: `seed ${record.seed}${shifted ? ', shifted' : ''}`, holds: value <= bound, value };
      },
      unit,
    ),
});

const exact = (words: string) => ({ statistic: 'exact', words }) as const;

export const exactClaims: readonly Claim[] = [
  {
    ...common,
    ...atMost(
      'exact',
      1e-8,
      (r) => Math.max(number(r, 'schedule'), number(r, 'greedy'), number(r, 'lp')),
      'objective of a day',
    ),
    id: 'fedtrpo.C1',
    statement:
      'The optimum of net-zero data is 0: the stored schedule and one hour of foresight reach it, and a linear program finds it.',
    source: 'spec C1; §3 of the paper',
    kind: 'paper',
    rule: exact('objective of every day and building at most 1e-8, on 100 days, own and new buildings'),
  },
  {
    ...common,
    ...atMost('steps', 1e-9, (r) => Math.max(number(r, 'scales', 'TRPO', 'exact'), number(r, 'scales', 'PPO', 'exact')), 'relative difference of parameters'), // prettier-ignore
    id: 'fedtrpo.C4b',
    statement: 'With standardised returns and advantages neither method sees the scale of the rewards.',
    source: 'our own: true by construction',
    kind: 'beyond',
    rule: exact(
      'parameters after three iterations with rewards × 1/8 and × 8, which round nothing, equal those with × 1 to 1e-9',
    ),
    table: (records) => ({
      title: 'Relative difference of parameters after three iterations with rewards multiplied',
      columns: ['seed', 'TRPO, × 1/8 and 8', 'PPO', 'TRPO, × 0.1 and 10', 'PPO'],
      rows: select(records, 'steps').map((r) => [r.seed, ...['exact', 'rounded'].flatMap((how) => ['TRPO', 'PPO'].map((method) => number(r, 'scales', method, how)))]), // prettier-ignore
    }),
  },
  {
    ...common,
    ...atMost('exact', 1e-8, (r) => number(r, 'greedyShown'), 'objective of a day'),
    id: 'fedtrpo.C11',
    statement: 'Where an observation shows the hour that the next action acts on, a one-line rule without foresight is optimal.', // prettier-ignore
    source: 'our own: the timing of CityLearn 3',
    kind: 'beyond',
    rule: exact('objective of the greedy rule in timing 3 at most 1e-8 on every day and building'),
  },
  {
    ...common,
    ...atMost('exact', 1e-9, (r) => number(r, 'scheduleNet'), 'kWh'),
    id: 'fedtrpo.T1',
    statement: 'With the stored schedule no building imports or exports, mixtures of buildings neither.',
    source: 'spec T1',
    kind: 'paper',
    rule: exact('|net| of every hour at most 1e-9'),
  },
  {
    ...common,
    ...atMost('exact', 1e-9, (r) => -number(r, 'least'), 'objective of a day, negative'),
    id: 'fedtrpo.T2',
    statement: 'No controller ends a day below 0.',
    source: 'spec T2',
    kind: 'paper',
    rule: exact('objective of persistence and of random actions at least −1e-9 on every day and building'),
  },
  {
    ...common,
    ...atMost('exact', 1e-9, (r) => number(r, 'greedy'), 'objective of a day'),
    id: 'fedtrpo.T3',
    statement: 'One hour of foresight is enough: the task is to predict PV and load of the next hour.',
    source: 'spec T3',
    kind: 'paper',
    rule: exact('objective of the greedy rule at most 1e-9 on every day and building'),
  },
  {
    ...common,
    ...atMost('steps', 1, (r) => Math.max(number(r, 'product') / 1e-4, number(r, 'solved') / 1e-8, -number(r, 'curvature')), 'of the bound'), // prettier-ignore
    id: 'fedtrpo.T4',
    statement: 'Products with Fisher’s matrix are derivatives of the KL’s gradient, conjugate gradients solve with it, it is never negative.', // prettier-ignore
    source: 'spec T4',
    kind: 'paper',
    rule: exact('relative error at most 1e-4 against finite differences, residual at most 1e-8, on 44 parameters'),
  },
  {
    ...common,
    ...atMost('steps', 1.5, (r) => Math.max(...['0.001', '0.01', '0.02'].map((delta) => (number(r, 'kl', delta, 'worst') > 0 ? number(r, 'kl', delta, 'most') : Infinity))), 'mean KL over δ'), // prettier-ignore
    id: 'fedtrpo.T5',
    statement: 'An accepted step of TRPO keeps its KL near δ and lowers the surrogate, for δ up to 0.02.',
    source: 'spec T5',
    kind: 'paper',
    rule: exact('mean KL at most 1.5 δ and improvement above 0, on twenty batches for each of three δ'),
    table: (records) => ({
      title: 'Mean KL of accepted steps over δ: the largest of twenty batches',
      columns: ['seed', ...['0.001', '0.01', '0.02', '0.1'].map((delta) => `δ = ${delta}`)],
      rows: select(records, 'steps').map((r) => [r.seed, ...['0.001', '0.01', '0.02', '0.1'].map((delta) => number(r, 'kl', delta, 'most'))]), // prettier-ignore
    }),
  },
  {
    ...common,
    ...atMost('steps', 1e-10, (r) => (number(r, 'drifted') > 1e-6 ? Math.max(number(r, 'averaged'), number(r, 'weighted')) : Infinity), 'relative difference of parameters'), // prettier-ignore
    id: 'fedtrpo.T6',
    statement: 'Averaging one plain gradient step by samples is the step along the pooled gradient; with three steps it is not.', // prettier-ignore
    source: 'spec T6',
    kind: 'paper',
    rule: exact('parameters equal to 1e-10 with equal and with unequal batches; with E = 3 they differ by more than 1e-6'), // prettier-ignore
  },
  {
    ...common,
    ...atMost('steps', 1e-12, (r) => Math.max(number(r, 'monteCarlo'), number(r, 'oneStep')), 'relative difference'),
    id: 'fedtrpo.T7',
    statement: 'GAE(1, 1) is the Monte-Carlo return less V, GAE(γ, 0) the error of one step.',
    source: 'spec T7',
    kind: 'paper',
    rule: exact('relative difference at most 1e-12'),
  },
  {
    ...common,
    ...atMost('exact', 1e-9, (r) => Math.max(-number(r, 'leastSoc'), number(r, 'mostSoc') - 1, -number(r, 'loss')), 'kWh, or part of the capacity'), // prettier-ignore
    id: 'fedtrpo.T8',
    statement: 'A lossy battery never makes energy, and its state of charge stays in [0, 1], in both physics.',
    source: 'spec T8; an issue of CityLearn had states above 1',
    kind: 'paper',
    rule: exact('loss of every hour at least −1e-9 kWh, state of charge within 1e-9 of [0, 1], 30 days of random actions'), // prettier-ignore
  },
];
