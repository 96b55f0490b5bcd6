/** E1-E6: where the published optima lie on their grids, and what another criterion selects (spec §5.5, C9). */
import type { CellRecord, Claim, Tier } from '@assay-ml/claims';
import type { Edge } from '@assay-ml/theory-sim';
import { GRIDS, type GridName } from '../grids.js';

interface Found {
  readonly best: Readonly<Record<string, number>>;
  readonly value: number;
  readonly edges: Readonly<Record<string, Edge>>;
  readonly tried: readonly {
    readonly point: Readonly<Record<string, number>>;
    readonly value: number | null;
    /** Rounds to f − f* ≤ 1. */
    readonly rounds: number | null;
  }[];
}

function found(records: readonly CellRecord[], name: GridName, tier: Tier): Found {
  const wanted = JSON.stringify(GRIDS[name](tier));
  const record = records.find(
    (r) => r.experiment === 'grids' && r.status === 'done' && JSON.stringify(r.config) === wanted,
  );
  if (!record) throw new TypeError(`evidence: no finished grid '${name}'.`);
  return record.values as unknown as Found;
}

const shown = (best: Readonly<Record<string, number>>): string =>
  Object.entries(best).map(([name, value]) => `${name} ${value}`).join(', '); // prettier-ignore

interface EdgeClaim extends Pick<Claim, 'id' | 'statement' | 'tiers' | 'reference' | 'expect' | 'reason'> {
  readonly grid: GridName;
  readonly axis: string;
  readonly edge: Exclude<Edge, null>;
}

const edgeClaim = ({ grid, axis, edge, ...claim }: EdgeClaim): Claim => ({
  ...claim,
  source: 'spec §5.5',
  kind: 'critique',
  experiments: ['grids'],
  rule: {
    statistic: 'exact',
    words: `best of the grid by the mean f − f* of the last quarter: ${axis} is the ${edge === 'low' ? 'smallest' : 'largest'} tried`,
  },
  evidence(records, tier) {
    const { best, edges, value, tried } = found(records, grid, tier);
    return {
      kind: 'exact',
      checks: [
        { name: `best of ${tried.length}: ${shown(best)}, ${value.toExponential(2)}`, holds: edges[axis] === edge },
      ],
      measured: best[axis]!,
      unit: axis,
    };
  },
});

const ALL = ['quick', 'standard', 'full'] as const;
const LARGE = ['standard', 'full'] as const;

export const grids: readonly Claim[] = [
  edgeClaim({
    id: 'l0l1.E1',
    statement: 'The selected local step size of Clip-LocalGDJ is the smallest of the grid.',
    grid: 'Clip-LocalGDJ',
    axis: 'alpha',
    edge: 'low',
    tiers: ALL,
    expect: 'supported',
    reference: '1e-10, the smallest of the authors’ grid',
  }),
  edgeClaim({
    id: 'l0l1.E2',
    statement: 'The selected server step of CE-FedAvg from x_0 = 1 is the largest of the grid.',
    grid: 'CE-FedAvg',
    axis: 'etaServer',
    edge: 'high',
    tiers: LARGE,
    expect: 'supported',
    reference: '1000, the largest of the authors’ grid',
  }),
  edgeClaim({
    id: 'l0l1.E3',
    statement: 'The selected inner step size of CLERR is the smallest of the grid.',
    grid: 'CLERR',
    axis: 'eta',
    edge: 'low',
    tiers: ALL,
    expect: 'supported',
    reference: '1e-7 published, the only one besides the sensitivity study; the floor falls with its square',
  }),
  edgeClaim({
    id: 'l0l1.E4',
    statement: 'The selected clip level of CLERR is the largest of the grid.',
    grid: 'CLERR',
    axis: 'level',
    edge: 'high',
    tiers: ALL,
    expect: 'report',
    reason: 'Near the floor no jump is clipped, so that levels tie.',
    reference: '1e5, the largest of the authors’ grid',
  }),
  edgeClaim({
    id: 'l0l1.E5',
    statement: 'The selected client step size of Clipped RR-CLI is the smallest of the grid.',
    grid: 'RR-CLI',
    axis: 'alpha',
    edge: 'low',
    tiers: LARGE,
    expect: 'supported',
    reference: '1e-10, the smallest of the authors’ grid',
  }),
  {
    id: 'l0l1.E6',
    statement:
      'Tuned by rounds to f − f* ≤ 1 in place of the last quarter, Clip-LocalGDJ takes a local step size above the smallest.',
    source: 'spec C9, §6 (standard tier)',
    kind: 'critique',
    experiments: ['grids'],
    tiers: ALL,
    rule: {
      statistic: 'exact',
      words: 'τ = 10, from x_0 = 10·1, best c0 and c1 for each α: fewer rounds to f − f* ≤ 1 with some larger α',
    },
    expect: 'supported',
    evidence(records, tier) {
      const { tried } = found(records, 'Clip-LocalGDJ', tier);
      const alphas = [...new Set(tried.map(({ point }) => point['alpha']!))].sort((a, b) => a - b);
      const rounds = alphas.map((alpha) =>
        Math.min(...tried.filter(({ point }) => point['alpha'] === alpha).map((one) => one.rounds ?? Infinity)),
      );
      const best = Math.min(...rounds.slice(1));
      const list = alphas.map((alpha, k) => `${alpha}: ${Number.isFinite(rounds[k]) ? rounds[k] : 'never'}`).join(', ');
      return {
        kind: 'exact',
        checks: [{ name: `rounds by α: ${list}`, holds: best < rounds[0]! }],
        measured: Number.isFinite(best) ? best : null,
        unit: 'rounds with the best larger α',
      };
    },
  },
];
