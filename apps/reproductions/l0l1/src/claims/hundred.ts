/** C3, C4, C5, C7, C9 and the readings of the quartic in 100 dimensions. */
import type { CellRecord, Claim, Evidence } from '@assay-ml/claims';
import { logLogSlope } from '@assay-ml/numerics';
import { CHECKPOINTS, TARGETS } from '../cells/multi-client.js';
import { gapAt, runsOf, type Run } from '../evidence.js';
import { ALPHAS, alphaRow, FAR, FLOOR_ALPHAS, floorRow, gdRow, HUNDRED } from '../rows.js';

const BASE = { experiments: ['hundred'], tiers: ['quick', 'standard', 'full'] } as const;

const row = (records: readonly CellRecord[], config: object): Run[] => runsOf(records, 'hundred', config);
const at = (run: Run, round: number): number => gapAt(run, CHECKPOINTS, round);
const first = (run: Run, target: (typeof TARGETS)[number]): number | null =>
  run.reached[TARGETS.indexOf(target)] ?? null;

const exact = (checks: readonly (readonly [string, boolean])[], measured: number | null, unit: string): Evidence => ({
  kind: 'exact',
  checks: checks.map(([name, holds]) => ({ name, holds })),
  measured,
  unit,
});

export const hundred: readonly Claim[] = [
  {
    ...BASE,
    id: 'l0l1.C3',
    statement: 'With ten local steps Clip-LocalGDJ converges in a dozen rounds; CELGC and CE-FedAvg do not in 200.',
    source: 'spec C3; the paper’s third set of experiments',
    kind: 'paper',
    rule: {
      statistic: 'exact',
      words:
        'from x_0 = 10·1, authors’ parameters, τ = 10: f − f* ≤ 1e-2 within 12 rounds for Clip-LocalGDJ, never in 200 for the others',
    },
    expect: 'supported',
    reference: '3.7e-3 after 10 rounds; 0.724 and 52.8 after 200',
    evidence(records) {
      const own = first(row(records, HUNDRED['10, Clip-LocalGDJ τ=10']!)[0]!, 1e-2);
      return exact(
        [
          ['Clip-LocalGDJ within 12 rounds', own !== null && own <= 12],
          ['CELGC never', first(row(records, HUNDRED['10, CELGC τ=10']!)[0]!, 1e-2) === null],
          ['CE-FedAvg never', first(row(records, HUNDRED['10, CE-FedAvg τ=10']!)[0]!, 1e-2) === null],
        ],
        own,
        'rounds of Clip-LocalGDJ',
      );
    },
    figure: (records) => ({
      title: 'Ten clients in 100 dimensions from x_0 = 10·1, authors’ best parameters',
      mark: 'line',
      x: { label: 'rounds', scale: 'log' },
      y: { label: 'f − f*', scale: 'log' },
      rows: ['Clip-LocalGDJ τ=1', 'Clip-LocalGDJ τ=10', 'CELGC τ=10', 'CE-FedAvg τ=10'].flatMap((name) => {
        const run = row(records, HUNDRED[`10, ${name}`]!)[0]!;
        return CHECKPOINTS.map((round) => ({ x: round, y: at(run, round), series: name })).filter(({ y }) => y > 1e-12);
      }),
    }),
  },
  {
    ...BASE,
    id: 'l0l1.C4',
    statement: 'Far from the minimum the clip is needed: with the same c0 and c1 = 0 the run diverges.',
    source: 'spec C4',
    kind: 'paper',
    rule: {
      statistic: 'exact',
      words:
        'from x_0 = 100·1, τ = 1: c1 = 0 diverges at c0 = 1e4 and 1e6 and is above 1e6 after 50 rounds at 1e7; c0 = 1e4, c1 = 1e-2 is below 1e-6 after 50',
    },
    expect: 'supported',
    reference: 'c0 = 1e7: 4e8 after 60 rounds; clipped: 6e-4 after 20',
    evidence(records) {
      const clipped = at(row(records, FAR['c0 = 1e4, c1 = 1e-2'])[0]!, 50);
      return exact(
        [
          ['c0 = 1e4, c1 = 0 diverges', row(records, FAR['c0 = 1e4, c1 = 0'])[0]!.diverged !== null],
          ['c0 = 1e6, c1 = 0 diverges', row(records, FAR['c0 = 1e6, c1 = 0'])[0]!.diverged !== null],
          ['c0 = 1e7, c1 = 0 is slow', at(row(records, FAR['c0 = 1e7, c1 = 0'])[0]!, 50) > 1e6],
          ['c0 = 1e4, c1 = 1e-2 converges', clipped < 1e-6],
        ],
        clipped,
        'f − f* of the clipped run after 50 rounds',
      );
    },
  },
  {
    ...BASE,
    id: 'l0l1.C5',
    statement: 'Under partial participation Clipped RR-CLI converges where CE-FedAvg does not.',
    source: 'spec C5; the paper’s fourth set of experiments',
    kind: 'paper',
    rule: {
      statistic: 'exact',
      words: 'every run: RR-CLI ≤ 1e-6 after 150 meta-epochs, CE-FedAvg-PP ≥ 100 after 200, authors’ parameters',
    },
    expect: 'supported',
    reference: '2.6e-8 and 9e2 after 200; a meta-epoch of RR-CLI is five communications',
    evidence(records) {
      const cli = row(records, HUNDRED['1, RR-CLI']!).map((run) => at(run, 150));
      const pp = row(records, HUNDRED['1, CE-FedAvg-PP']!).map((run) => at(run, 200));
      return exact(
        [
          ['RR-CLI ≤ 1e-6', Math.max(...cli) <= 1e-6],
          ['CE-FedAvg-PP ≥ 100', Math.min(...pp) >= 100],
        ],
        Math.max(...cli),
        'largest f − f* of RR-CLI after 150 meta-epochs',
      );
    },
  },
  {
    ...BASE,
    id: 'l0l1.C7',
    statement: 'The floor that local steps leave is proportional to the square of the local step size.',
    source: 'spec C7 (D9)',
    kind: 'beyond',
    rule: {
      statistic: 'exact',
      words: 'slope of log (f − f*) after 200 rounds on log α, α = 1e-8 … 1e-7, τ = 10, in [1.9, 2.1]',
    },
    expect: 'supported',
    reference: '7.46e-5 at 1e-8, 7.44e-3 at 1e-7: slope 2.00',
    evidence(records) {
      const floors = FLOOR_ALPHAS.map((alpha) => at(row(records, floorRow(alpha))[0]!, 200));
      const { value } = logLogSlope([...FLOOR_ALPHAS], floors);
      return exact([['slope in [1.9, 2.1]', value >= 1.9 && value <= 2.1]], value, 'slope');
    },
  },
  {
    ...BASE,
    id: 'l0l1.C9',
    statement: 'Some local step size above the grid’s smallest reaches f − f* ≤ 1 in fewer rounds.',
    source: 'spec C9',
    kind: 'critique',
    rule: {
      statistic: 'exact',
      words:
        'from x_0 = 10·1, τ = 10, c0 = 1e4, c1 = 1e-2: fewer rounds to f − f* ≤ 1 with some α in 1e-9 … 1e-5 than with 1e-10',
    },
    expect: 'supported',
    reference: 'after 5 rounds 10.2 with α = 1e-6 against 90.7 with 1e-10; floor 0.72',
    evidence(records) {
      const rounds = ALPHAS.map((alpha) => first(row(records, alphaRow(alpha))[0]!, 1));
      const [smallest, ...others] = rounds.map((r) => r ?? Infinity);
      const best = Math.min(...others);
      return exact(
        [
          [
            `rounds by α: ${ALPHAS.map((alpha, k) => `${alpha}: ${rounds[k] ?? 'never'}`).join(', ')}`,
            best < smallest!,
          ],
        ],
        Number.isFinite(best) ? best : null,
        'rounds with the best larger α',
      );
    },
    figure: (records) => ({
      title: 'Clip-LocalGDJ with ten local steps, by local step size',
      mark: 'line',
      x: { label: 'rounds', scale: 'log' },
      y: { label: 'f − f*', scale: 'log' },
      rows: ALPHAS.flatMap((alpha) => {
        const run = row(records, alphaRow(alpha))[0]!;
        return CHECKPOINTS.flatMap((round, k) =>
          run.gaps[k] === null ? [] : [{ x: round, y: at(run, round), series: `α = ${alpha}` }],
        );
      }),
    }),
  },
  {
    ...BASE,
    id: 'l0l1.X4',
    statement:
      'The winning Clip-LocalGDJ is clipped gradient descent in disguise: its local steps are too small to matter until the floor.',
    source: 'spec §5.5',
    kind: 'critique',
    rule: {
      statistic: 'exact',
      words:
        'with α = 1e-10, τ = 10, f − f* after 1, 5 and 10 rounds is that of (L0, L1)-GD within 0.1 %, from both starts',
    },
    expect: 'supported',
    evidence(records) {
      const both = [
        { own: HUNDRED['1, Clip-LocalGDJ τ=10']!, gd: gdRow(1, 1e-10), start: 1 },
        { own: HUNDRED['10, Clip-LocalGDJ τ=10']!, gd: gdRow(10, 1e-2), start: 10 },
      ].flatMap(({ own, gd, start }) => {
        const [a, b] = [row(records, own)[0]!, row(records, gd)[0]!];
        return [1, 5, 10].map((round) => ({ start, round, off: Math.abs(at(a, round) / at(b, round) - 1) }));
      });
      return exact(
        both.map(({ start, round, off }) => [`from ${start} after ${round}`, off <= 1e-3]),
        Math.max(...both.map(({ off }) => off)),
        'largest relative difference',
      );
    },
  },
  {
    ...BASE,
    id: 'l0l1.X5',
    statement:
      'With ten local steps the baselines stop where Clip-LocalGDJ stops at their local step size: what the comparison shows is that size.',
    source: 'spec §5.5',
    kind: 'critique',
    rule: {
      statistic: 'exact',
      words:
        'τ = 10, authors’ parameters: f − f* after 200 rounds of CELGC (1/c0 = 1e-6) and CE-FedAvg (1e-8 from 1, 1e-5 from 10) within 2 % of Clip-LocalGDJ’s at the same α; with τ = 1 both end below 1e-6',
    },
    expect: 'supported',
    reference: '0.724, 7.46e-5, 52.8; with τ = 1 about 0',
    evidence(records) {
      const end = (config: object): number => at(row(records, config)[0]!, 200);
      const same = [
        { name: 'CELGC from 1', own: HUNDRED['1, CELGC τ=10']!, jump: alphaRow(1e-6) },
        { name: 'CELGC from 10', own: HUNDRED['10, CELGC τ=10']!, jump: alphaRow(1e-6) },
        { name: 'CE-FedAvg from 1', own: HUNDRED['1, CE-FedAvg τ=10']!, jump: floorRow(1e-8) },
        { name: 'CE-FedAvg from 10', own: HUNDRED['10, CE-FedAvg τ=10']!, jump: alphaRow(1e-5) },
      ].map(({ name, own, jump }) => ({ name, off: Math.abs(end(own) / end(jump) - 1) }));
      return exact(
        [
          ...same.map(({ name, off }) => [`${name}: ${(100 * off).toFixed(2)} %`, off <= 0.02] as const),
          ...(['CELGC', 'CE-FedAvg'] as const).map((name) => [`${name} with τ = 1`, end(HUNDRED[`10, ${name} τ=1`]!) < 1e-6] as const), // prettier-ignore
        ],
        Math.max(...same.map(({ off }) => off)),
        'largest relative difference',
      );
    },
  },
];
