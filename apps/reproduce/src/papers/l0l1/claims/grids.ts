/** E1-E4: where the published optima lie on their grids (spec §5.5). */
import type { CellRecord, Claim, Json, Tier } from '@assay-ml/claims';
import type { Edge } from '@assay-ml/theory-sim';
import { GRIDS, type GridName } from '../grids.js';

interface Found {
  readonly best: Readonly<Record<string, number>>;
  readonly value: number;
  readonly edges: Readonly<Record<string, Edge>>;
  readonly points: number;
}

function found(records: readonly CellRecord[], name: GridName, tier: Tier): Found {
  const wanted = JSON.stringify(GRIDS[name](tier));
  const record = records.find(
    (r) => r.experiment === 'grids' && r.status === 'done' && JSON.stringify(r.config) === wanted,
  );
  if (!record) throw new TypeError(`evidence: no finished grid '${name}'.`);
  const { best, value, edges, tried } = record.values as unknown as Found & { readonly tried: readonly Json[] };
  return { best, value, edges, points: tried.length };
}

const shown = (best: Readonly<Record<string, number>>): string =>
  Object.entries(best).map(([name, value]) => `${name} ${value}`).join(', '); // prettier-ignore

const edgeClaim = (
  id: string,
  name: GridName,
  axis: string,
  edge: Exclude<Edge, null>,
  statement: string,
  tiers: readonly Tier[],
  reference: string,
): Claim => ({
  id,
  statement,
  source: 'spec §5.5',
  kind: 'critique',
  experiments: ['grids'],
  tiers,
  rule: {
    statistic: 'exact',
    words: `best of the grid by the mean f − f* of the last quarter: ${axis} is the ${edge === 'low' ? 'smallest' : 'largest'} tried`,
  },
  expect: 'report',
  reason: 'A reading of grids, which are ours in extent.',
  reference,
  evidence(records, tier) {
    const { best, edges, value, points } = found(records, name, tier);
    return {
      kind: 'exact',
      checks: [{ name: `best of ${points}: ${shown(best)}, ${value.toExponential(2)}`, holds: edges[axis] === edge }],
      measured: best[axis]!,
      unit: axis,
    };
  },
});

const ALL = ['quick', 'standard', 'full'] as const;
const LARGE = ['standard', 'full'] as const;

export const grids: readonly Claim[] = [
  edgeClaim(
    'l0l1.E1',
    'Clip-LocalGDJ',
    'alpha',
    'low',
    'The selected local step size of Clip-LocalGDJ is the smallest of the grid.',
    ALL,
    '1e-10, the smallest of the authors’ grid',
  ),
  edgeClaim(
    'l0l1.E2',
    'CE-FedAvg',
    'etaServer',
    'high',
    'The selected server step of CE-FedAvg from x_0 = 1 is the largest of the grid.',
    LARGE,
    '1000, the largest of the authors’ grid',
  ),
  edgeClaim(
    'l0l1.E3',
    'CLERR',
    'eta',
    'low',
    'The selected inner step size of CLERR is the smallest of the grid.',
    ALL,
    '1e-7 published, the only one besides the sensitivity study; the floor falls with its square',
  ),
  edgeClaim(
    'l0l1.E4',
    'CLERR',
    'level',
    'high',
    'The selected clip level of CLERR is the largest of the grid.',
    ALL,
    '1e5, the largest of the authors’ grid',
  ),
];
