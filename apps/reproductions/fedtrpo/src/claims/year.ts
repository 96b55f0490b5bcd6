/** The real year: what rules, plans and a learned policy leave of the optimum in hindsight. */
import type { CellRecord, Claim, Figure } from '@assay-ml/claims';
import { at, list, number, type Pair, paired, select } from '@assay-ml/claims/evidence';
import { PHYSICS, YEAR } from '../plan.js';
import { mean } from './records.js';

const common = { kind: 'beyond', experiments: ['year'], tiers: ['standard'], source: 'our own: CityLearn’s 2022 data as they are' } as const; // prettier-ignore

/** Regrets are shown by blocks of this many of the days that were held out: neighbouring days are not independent. */
const BLOCK = 14;

const of = (records: readonly CellRecord[], controller: string, physics: string) => select(records, 'year', { controller, physics })[0]; // prettier-ignore

/** J of two controllers on the held-out days, in blocks of days. */
function days(records: readonly CellRecord[], better: string, worse: string): Pair[] {
  return PHYSICS.flatMap((physics) => {
    const [a, b] = [better, worse].map((name) => of(records, name, physics));
    if (a === undefined || b === undefined) return [];
    const held = list(a, 'held');
    return Array.from({ length: Math.floor(held.length / BLOCK) }, (_, k) => {
      const part = held.slice(k * BLOCK, (k + 1) * BLOCK);
      const cost = (record: CellRecord) => mean(part.map((d) => list(record, 'days')[d]!));
      return { block: `${physics} ${k}`, a: cost(a), b: cost(b), part: `physics ${physics}` };
    });
  });
}

const lower = (words: string) => ({ statistic: 'mean-diff', max: 0, unit: 'objective of a day, 17 buildings', words }) as const; // prettier-ignore

const week = (records: readonly CellRecord[]): Figure => ({
  title: 'Net consumption of the district in a week, physics 3',
  mark: 'line',
  x: { label: 'hour' },
  y: { label: 'kWh' },
  rows: YEAR.flatMap((name) => {
    const record = of(records, name, '3');
    return record === undefined ? [] : list(record, 'week').map((y, x) => ({ x, y, series: name }));
  }),
});

/** A KPI’s name, short enough to stand around a circle. */
const shortened = (kpi: string) => kpi.replace(/_(total|average|consumption)/g, '').replace('one_minus_load_factor', '1 − load factor').replaceAll('_', ' '); // prettier-ignore

const indicators = (records: readonly CellRecord[]): Figure => ({
  title: 'CityLearn’s indicators over those without a battery',
  mark: 'radar',
  x: { label: 'indicator' },
  y: { label: 'ratio' },
  rows: PHYSICS.flatMap((physics) =>
    YEAR.flatMap((name) => {
      const record = of(records, name, physics);
      if (record === undefined) return [];
      return Object.entries(at(record, 'kpis') as Record<string, number | null>).flatMap(([kpi, ratio]) => (ratio === null ? [] : [{ x: shortened(kpi), y: ratio, series: name, facet: `physics ${physics}` }])); // prettier-ignore
    }),
  ),
  rules: [{ axis: 'y', at: 1, label: 'no battery' }],
});

const regret = (records: readonly CellRecord[]): Figure => ({
  title: 'Regret to the optimum in hindsight by day, physics 3',
  mark: 'dot',
  x: { label: 'day' },
  y: { label: 'objective above the LP’s' },
  rows: YEAR.filter((name) => name !== 'LP').flatMap((name) => {
    const [record, best] = [of(records, name, '3'), of(records, 'LP', '3')];
    if (record === undefined || best === undefined) return [];
    return list(record, 'held').map((day) => ({ x: day, y: list(record, 'days')[day]! - list(best, 'days')[day]!, series: name })); // prettier-ignore
  }),
});

export const yearClaims: readonly Claim[] = [
  {
    ...common,
    id: 'fedtrpo.Y1',
    statement: 'On the real year TRPO, trained on five buildings and two thirds of the days, costs less than the hour rule on the other days.', // prettier-ignore
    rule: lower('objective of TRPO less that of CityLearn’s hour rule, on held-out days, both physics, below 0'),
    expect: 'report',
    reason: 'no pilot has fixed an expectation',
    evidence: (records) => paired(days(records, 'TRPO', 'hour rule')),
    figure: week,
    table: (records) => ({
      title: 'The real year: objective of all days, and of the held-out ones above the optimum in hindsight',
      columns: ['controller', ...PHYSICS.flatMap((physics) => [`physics ${physics}`, 'regret, held-out days'])],
      rows: YEAR.map((name) => [
        name,
        ...PHYSICS.flatMap((physics): (string | number)[] => {
          const [record, best] = [of(records, name, physics), of(records, 'LP', physics)];
          if (record === undefined || best === undefined) return ['–', '–'];
          const above = list(record, 'held').map((d) => list(record, 'days')[d]! - list(best, 'days')[d]!);
          return [number(record, 'objective'), above.reduce((a, b) => a + b, 0)];
        }),
      ]),
    }),
  },
  {
    ...common,
    id: 'fedtrpo.Y2',
    statement: 'It costs less than the persistence rule there.',
    rule: lower('objective of TRPO less that of persistence, on held-out days, both physics, below 0'),
    expect: 'report',
    reason: 'no pilot has fixed an expectation',
    evidence: (records) => paired(days(records, 'TRPO', 'persistence')),
    figure: indicators,
  },
  {
    ...common,
    id: 'fedtrpo.Y3',
    statement: 'Model predictive control with a forecast that needs no foresight costs less than TRPO.',
    rule: lower('objective of MPC with persistent forecasts less that of TRPO, on held-out days, both physics, below 0'), // prettier-ignore
    expect: 'report',
    reason: 'no pilot has fixed an expectation',
    evidence: (records) => paired(days(records, 'MPC, persistent', 'TRPO')),
    figure: regret,
  },
];
