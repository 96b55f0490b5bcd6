/** C4, C6, C7 and C10: rho, T, which parts are state-free, and the scale of the state-free rule, on columns. */
import type { CellRecord, Claim, Figure, Tier } from '@assay-ml/claims';
import { paired } from '@assay-ml/claims/evidence';
import type { MethodConfig } from '../methods.js';
import { atDensity, atPeriod, atScale, DENSITIES, mainOf, PARTS, periodsOf, RATES, SCALES, without } from '../plan.js';
import { compared, losses, TRAININGS } from './losses.js';

const rate = RATES[0];
const common = { kind: 'paper', experiments: TRAININGS } as const;
const of = (records: readonly CellRecord[], tier: Tier, methods: Readonly<Record<string, MethodConfig>>) =>
  Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, losses(records, tier, method, rate)]));

/** A sweep's losses, a dot a seed. */
function sweep(title: string, label: string, scale: 'linear' | 'log', rows: Figure['rows']): Figure {
  return { title, mark: 'dot', x: { label, scale }, y: { label: 'test loss' }, rows };
}
const dots = (x: number, found: ReadonlyMap<number, number>, series: string) =>
  [...found.values()].map((y) => ({ x, y, series }));

export const sweeps: readonly Claim[] = [
  {
    ...common,
    tiers: ['quick', 'standard', 'full'],
    id: 'frugal-opt.C4',
    statement: 'More state is better: the loss falls as rho grows.',
    source: 'spec C4',
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'test loss',
      words:
        'loss at a rho − loss at the next smaller one at most 0, for each pair; rho 1 also resets every T steps and is not AdamW',
    },
    expect: { standard: 'supported' },
    reason: 'at quick two seeds differ by less than 0.0001 between rho 0 and 0.0625: on the bound',
    evidence(records, tier) {
      const columns = of(records, tier, Object.fromEntries(DENSITIES.map((rho) => [`rho ${rho}`, rho === 0 ? mainOf(tier)['rho 0'] : atDensity(rho)]))); // prettier-ignore
      return paired(DENSITIES.slice(1).flatMap((rho, k) => compared(columns, (l) => [l[`rho ${rho}`]!, l[`rho ${DENSITIES[k]!}`]!], `rho ${DENSITIES[k]!} to ${rho}`))); // prettier-ignore
    },
    figure: (records, tier) =>
      sweep('Columns: test loss against rho', 'rho', 'linear', [
        ...DENSITIES.flatMap((rho) => dots(rho, losses(records, tier, rho === 0 ? mainOf(tier)['rho 0'] : atDensity(rho), rate), 'columns')),
        ...dots(1, losses(records, tier, 'AdamW', rate), 'AdamW, no resets'),
      ]), // prettier-ignore
  },
  {
    ...common,
    tiers: ['quick', 'standard', 'full'],
    id: 'frugal-opt.C6',
    statement: 'T = 1, which is signSGD, is the worst; from T = 50 on T hardly matters.',
    source: 'spec C6',
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'test loss',
      words:
        'loss at T − loss at T = 1 at most 0 for each larger T; at standard also the spread over T ≥ 50 less ⅓(GaLore − AdamW)',
    },
    expect: { quick: 'supported' },
    evidence(records, tier) {
      const periods = periodsOf(tier);
      const columns = of(records, tier, { GaLore: mainOf(tier).GaLore, AdamW: mainOf(tier).AdamW, ...Object.fromEntries(periods.map((T) => [`T ${T}`, atPeriod(T)])) }); // prettier-ignore
      const moderate = periods.filter((T) => T >= 50).map((T) => `T ${T}`);
      return paired([
        ...periods.filter((T) => T !== 1).flatMap((T) => compared(columns, (l) => [l[`T ${T}`]!, l['T 1']!], `T ${T}`)),
        ...(moderate.length < 2
          ? []
          : compared(
              columns,
              (l) => [
                Math.max(...moderate.map((T) => l[T]!)) - Math.min(...moderate.map((T) => l[T]!)),
                (l['GaLore']! - l['AdamW']!) / 3,
              ],
              'flat from T 50 on',
            )),
      ]);
    },
    figure: (records, tier) =>
      sweep(
        'Columns: test loss against T',
        'steps between refreshes',
        'log',
        periodsOf(tier).flatMap((T) => dots(T, losses(records, tier, atPeriod(T), rate), 'columns')),
      ),
  },
  {
    ...common,
    tiers: ['standard', 'full'],
    id: 'frugal-opt.C7',
    statement: 'Making the output layer state-free hurts more than making the embeddings or the norms state-free.',
    source: 'spec C7: a hypothesis; the direction of Table 3 was not found',
    rule: {
      statistic: 'mean-diff',
      max: 0,
      unit: 'test loss',
      words: 'loss with embeddings, and with norms, state-free − loss with the output state-free at most 0, at rho 0',
    },
    expect: 'report',
    reason: 'the direction of the paper was not found, and pilots of a decoder found the embeddings the sensitive part',
    evidence(records, tier) {
      const l = of(records, tier, Object.fromEntries(PARTS.map((part) => [part, without(part)])));
      return paired(PARTS.filter((part) => part !== 'output').flatMap((part) => compared(l, (x) => [x[part]!, x['output']!], `${part} and output`))); // prettier-ignore
    },
  },
  {
    ...common,
    tiers: ['standard', 'full'],
    id: 'frugal-opt.C10',
    statement: 'Plain SGD as the state-free rule needs a far larger scale than signSGD.',
    source: 'spec C10',
    rule: {
      statistic: 'log-ratio',
      max: -1,
      words: 'best scale of sign over best scale of SGD at most a tenth, each the best of its grid on the seed',
    },
    expect: { standard: 'supported' },
    evidence(records, tier) {
      const named = { sign: SCALES.sign.map((s) => [s, atScale('sign', s)] as const), sgd: SCALES.sgd.map((s) => [s, atScale('sgd', s)] as const) }; // prettier-ignore
      const columns = of(records, tier, Object.fromEntries([...named.sign, ...named.sgd].map(([s, method]) => [`${method['free'] ?? 'sign'} ${s}`, method]))); // prettier-ignore
      const best = (rule: 'sign' | 'sgd', l: Readonly<Record<string, number>>) =>
        named[rule].map(([s]) => s).reduce((a, b) => (l[`${rule} ${b}`]! < l[`${rule} ${a}`]! ? b : a));
      return paired(compared(columns, (l) => [best('sign', l), best('sgd', l)], 'best scales'));
    },
    figure: (records, tier) =>
      sweep(
        'Columns: test loss against the scale of the state-free rule',
        'freeScale',
        'log',
        (['sign', 'sgd'] as const).flatMap((rule) =>
          SCALES[rule].flatMap((s) => dots(s, losses(records, tier, atScale(rule, s), rate), rule)),
        ),
      ),
  },
];
