/** C8, C10 and T8 to T11: what holds to rounding. */
import type { CellRecord, Claim, Evidence, Json } from '@assay-ml/claims';
import { at, number, select } from '@assay-ml/claims/evidence';
import { TIERS } from './records.js';

const common = { kind: 'paper', experiments: ['exact'], tiers: TIERS, expect: 'supported' } as const;
const exact = (words: string) => ({ statistic: 'exact', words }) as const;

/** Checks of every record: a name, whether it holds, and its number. */
function checks(
  records: readonly CellRecord[],
  of: (record: CellRecord) => readonly (readonly [string, boolean, number])[],
  unit: string,
): Evidence {
  // prettier-ignore
  const all = select(records, 'exact').flatMap((record) => of(record).map(([name, holds, value]) => ({ name: `${name}, seed ${record.seed}`, holds, value }))); // prettier-ignore
  if (all.length === 0) return { kind: 'none', why: 'no finished cell of its experiment' };
  return { kind: 'exact', checks: all, measured: Math.max(...all.map(({ value }) => value)), unit };
}

const small = (record: CellRecord, most: number, ...path: string[]): readonly [string, boolean, number] => {
  const value = number(record, ...path);
  return [path.at(-1)!, value <= most, value];
};

/** The paper's sizes of one adaptor, layer by layer. */
const SIZES: Json = {
  mnist: { '0.01': [1184, 220], '0.1': [14_960, 220] },
  cifar: { '0.01': [207, 352, 1152, 84], '0.1': [207, 1216, 6592, 84] },
};

export const exactClaims: readonly Claim[] = [
  {
    ...common,
    id: 'floral.C8',
    statement: 'An adaptor has r(m + n) numbers a layer and a bias; its budget is exceeded where the rank is 1 alone.',
    source: 'spec C8 and §3.8',
    rule: exact('sizes of the paper’s MNIST and CIFAR-10 models at budgets of 1 and 10 % are those of its code; no rank above 1 takes more than its budget'), // prettier-ignore
    evidence: (records) =>
      checks(
        records,
        (r) => [
          ['MNIST', JSON.stringify(at(r, 'sizes', 'mnist')) === JSON.stringify((SIZES as { mnist: Json }).mnist), 0],
          ['CIFAR-10', JSON.stringify(at(r, 'sizes', 'cifar')) === JSON.stringify((SIZES as { cifar: Json }).cifar), 0],
          ['budget', number(r, 'sizes', 'over') <= 1, number(r, 'sizes', 'over')],
        ],
        'largest share of a budget',
      ),
  },
  {
    ...common,
    id: 'floral.C10',
    statement:
      'Adaptors are averaged with p(k|c), which with one-hot routers is FedAvg of each cluster; no router leaves its client.',
    source: 'spec C10 and §3.10',
    rule: exact('the specification’s two clients, and four of one-hot routers, to 1e-14; an update has base, adaptors, π and counts alone'), // prettier-ignore
    evidence: (records) =>
      checks(
        records,
        (r) => [
          ...(['base', 'worked', 'oneHot'] as const).map((name) => small(r, 1e-14, 'aggregation', name)),
          ['sent', String(at(r, 'aggregation', 'sent')) === 'adaptors,base,client,examples,pi', 0],
        ],
        'largest relative difference',
      ),
  },
  {
    ...common,
    id: 'floral.T8',
    statement: 'The router’s gradient is π_c⟨∇f, w_c − ŵ⟩, exponential weights minimise loss and entropy, and near uniform logits one step is that to second order.', // prettier-ignore
    source: 'spec T8',
    rule: exact(
      'against finite differences to 1e-7, the formula to 1e-12, 200 other points of the simplex, and an order of at least 1.9',
    ),
    evidence: (records) =>
      checks(
        records,
        (r) => [
          small(r, 1e-7, 'T8', 'gradient'),
          small(r, 1e-12, 'T8', 'formula'),
          ['no point below', number(r, 'T8', 'least') >= -1e-12, 0],
          ['order', number(r, 'T8', 'order') >= 1.9, 0],
        ],
        'largest relative difference',
      ),
  },
  {
    ...common,
    id: 'floral.T9',
    statement: 'For convex losses the mixture’s loss is not above the mixture of losses.',
    source: 'spec T9',
    rule: exact('largest difference over 50 random linear models at most 1e-12'),
    evidence: (records) =>
      checks(records, (r) => [small(r, 1e-12, 'T9', 'most')], 'mixture’s loss less mixture of losses'),
  },
  {
    ...common,
    id: 'floral.T10',
    statement:
      'Preconditioned, a step moves the product by −η(P_U G + G P_V), however its size is split among the factors.',
    source: 'spec T10',
    rule: exact('relative differences at most 1e-5 (steps of 1e-6) and 1e-7 (factors scaled by 10)'),
    evidence: (records) =>
      checks(
        records,
        (r) => [small(r, 1e-5, 'T10', 'moved'), small(r, 1e-7, 'T10', 'scaled')],
        'largest relative difference',
      ),
  },
  {
    ...common,
    id: 'floral.T11',
    statement: 'With adaptors of zeros that stay FLoRAL is FedAvg, and a merged base predicts what its mixture does.',
    source: 'spec T11',
    rule: exact('shared bases after five rounds bit for bit, predictions to 1e-10'),
    evidence: (records) =>
      checks(
        records,
        (r) => [small(r, 0, 'T11', 'frozen'), small(r, 1e-10, 'T11', 'merged')],
        'largest relative difference',
      ),
  },
];
