/** C1 to C3, C5 and C9: FRUGAL, its projectors and its competitors at shared rates. */
import type { CellRecord, Claim, Figure, Tier } from '@assay-ml/claims';
import { number, paired } from '@assay-ml/claims/evidence';
import { allRatesOf, FURTHER, MAIN_NAMES, mainOf, type MainName, PROJECTORS, RATES, ratesOf } from '../plan.js';
import { compared, losses, trainings, TRAININGS } from './losses.js';

const TIERS = ['quick', 'standard', 'full'] as const;
const of = (records: readonly CellRecord[], tier: Tier, names: readonly MainName[], rate: number) =>
  Object.fromEntries(names.map((name) => [name, losses(records, tier, name, rate)])) as Record<MainName, Map<number, number>>; // prettier-ignore
const at = (rate: number) => `rate ${rate}`;
const common = { kind: 'paper', experiments: TRAININGS, tiers: TIERS } as const;
const below = (words: string) => ({ statistic: 'mean-diff', max: 0, unit: 'test loss', words }) as const;

/** Mean losses along the training, with the range over seeds. */
function curves(records: readonly CellRecord[], tier: Tier): Figure {
  return {
    title: 'Test loss along the training: mean and range over seeds',
    mark: 'line',
    x: { label: 'step' },
    y: { label: 'test loss' },
    rows: ratesOf(tier).flatMap((rate) =>
      MAIN_NAMES.flatMap((series) => {
        const found = trainings(records, tier, mainOf(tier)[series], rate).map(
          (r) => r.values['curve'] as unknown as [number, number][],
        );
        return (found[0] ?? []).map(([x], k) => {
          const all = found.map((curve) => curve[k]![1]);
          const y = all.reduce((a, b) => a + b, 0) / all.length;
          return { x, y, low: Math.min(...all), high: Math.max(...all), series, facet: at(rate) };
        });
      }),
    ),
  };
}

export const main: readonly Claim[] = [
  {
    ...common,
    id: 'frugal-opt.C1',
    statement: 'FRUGAL with a quarter of the state is close to AdamW: within a quarter of what GaLore loses to it.',
    source: 'spec C1; Table 2 of the paper, whose figures were not found',
    rule: below('(FRUGAL − AdamW) − ¼(GaLore − AdamW) at most 0, for each projector at each shared rate'),
    expect: { quick: 'supported', standard: 'refuted' },
    evidence: (records, tier) =>
      paired(
        ratesOf(tier).flatMap((rate) =>
          PROJECTORS.flatMap((name) =>
            compared(
              of(records, tier, [name, 'AdamW', 'GaLore'], rate),
              (l) => [l[name] - l.AdamW, (l.GaLore - l.AdamW) / 4],
              `${name}, ${at(rate)}`,
            ),
          ),
        ),
      ),
    figure: curves,
  },
  {
    ...common,
    id: 'frugal-opt.C2',
    statement: 'At equal state FRUGAL ends below GaLore and BAdam.',
    source: 'spec C2; Table 2 of the paper',
    rule: below(
      'FRUGAL − baseline at most 0, for each projector, baseline and shared rate; BAdam’s unit is a layer: a quarter of the residual network, half of the decoder',
    ),
    expect: { quick: 'supported', standard: 'supported' },
    evidence: (records, tier) =>
      paired(
        ratesOf(tier).flatMap((rate) =>
          PROJECTORS.flatMap((name) =>
            (['GaLore', 'BAdam'] as const).flatMap((baseline) =>
              compared(of(records, tier, [name, baseline], rate), (l) => [l[name], l[baseline]], `${name} and ${baseline}, ${at(rate)}`),
            ),
          ),
        ),
      ), // prettier-ignore
    figure: (records, tier) => ({
      title: 'Test loss against the rate: where each method is best, which no claim reads',
      mark: 'dot',
      x: { label: 'rate', scale: 'log' },
      y: { label: 'test loss' },
      rows: allRatesOf(tier).flatMap((rate) =>
        MAIN_NAMES.flatMap((series) => [...losses(records, tier, series, rate).values()].map((y) => ({ x: rate, y, series }))),
      ),
    }), // prettier-ignore
  },
  {
    ...common,
    id: 'frugal-opt.C3',
    statement:
      'Without any state for kernels it still ends below GaLore and BAdam, and little above FRUGAL with a quarter.',
    source: 'spec C3; Table 2 of the paper',
    rule: below(
      'rho 0 below both baselines; rho 0 − columns in [0, ¼(GaLore − AdamW)], each end a part, at the paper’s rate',
    ),
    expect: { quick: 'supported', standard: 'supported' },
    evidence(records, tier) {
      const l = of(records, tier, ['rho 0', 'columns', 'GaLore', 'BAdam', 'AdamW'], RATES[0]);
      return paired([
        ...compared(l, (x) => [x['rho 0'], x.GaLore], 'below GaLore'),
        ...compared(l, (x) => [x['rho 0'], x.BAdam], 'below BAdam'),
        ...compared(l, (x) => [x.columns, x['rho 0']], 'not below rho .25'),
        ...compared(l, (x) => [x['rho 0'] - x.columns, (x.GaLore - x.AdamW) / 4], 'within a quarter of the gap'),
      ]);
    },
  },
  {
    ...common,
    id: 'frugal-opt.C5',
    statement:
      'With the residual the choice of projector is secondary: its spread is below a third of what GaLore loses to AdamW.',
    source: 'spec C5; Table 15 of the paper [review]',
    rule: below(
      'largest − smallest loss of blocks, columns and SVD, less ⅓(GaLore − AdamW), at most 0, at the paper’s rate',
    ),
    expect: { quick: 'supported' },
    evidence: (records, tier) =>
      paired(
        compared(
          of(records, tier, [...PROJECTORS, 'GaLore', 'AdamW'], RATES[0]),
          (l) => {
            const three = PROJECTORS.map((name) => l[name]);
            return [Math.max(...three) - Math.min(...three), (l.GaLore - l.AdamW) / 3];
          },
          'spread',
        ),
      ),
  },
  {
    ...common,
    id: 'frugal-opt.C9',
    statement: 'Without the residual, a random subspace overtakes SVD late in training.',
    source: 'spec C9; Table 1 of the paper [review]',
    rule: below('GaLore with random directions − GaLore with SVD at most 0, at the paper’s rate'),
    expect: 'report',
    reason: 'it depends on the task and on how late late is: the specification asks only which way it goes',
    evidence: (records, tier) =>
      paired(
        compared(
          of(records, tier, ['GaLore, random', 'GaLore'], RATES[0]),
          (l) => [l['GaLore, random'], l.GaLore],
          'random and SVD',
        ),
      ),
    figure: (records, tier) => ({
      title: 'Test loss against bytes of state',
      mark: 'dot',
      x: { label: 'state of the kernels, bytes' },
      y: { label: 'test loss' },
      rows: Object.entries({ ...mainOf(tier), ...(tier === 'quick' ? {} : FURTHER) }).flatMap(([series, method]) =>
        trainings(records, tier, method, RATES[0]).map((r) => ({
          x: number(r, 'stateBytes', 'linear') + number(r, 'projectorBytes'),
          y: number(r, 'loss'),
          series,
        })),
      ),
    }),
  },
];
