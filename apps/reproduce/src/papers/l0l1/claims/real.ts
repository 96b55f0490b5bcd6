/** R1-R3: the methods on real data, tuned over the same values. Reported; a pilot decides what is expected. */
import type { CellRecord, Claim, Evidence } from '@assay-ml/claims';
import type { LogisticMethod } from '../cells/logistic.js';

const TIERS = ['standard', 'full'] as const;

/** f − f* of a method's best, by seed; a run that diverged has none. */
function values(records: readonly CellRecord[], experiment: string, method: LogisticMethod): (number | null)[] {
  const record = records.find(
    (r) => r.experiment === experiment && r.status === 'done' && (r.config as { method: string }).method === method,
  );
  if (!record) throw new TypeError(`evidence: no finished cell of ${experiment} with ${method}.`);
  return record.values['values'] as (number | null)[];
}

const DATA = ['shirts', 'penguins'] as const;

const compared = (records: readonly CellRecord[], first: LogisticMethod, second: LogisticMethod): Evidence => {
  let excluded = 0;
  const pairs = DATA.flatMap((data) => {
    const others = values(records, data, second);
    return values(records, data, first).flatMap((a, k) => {
      const b = others[k] ?? null;
      if (a === null || b === null) {
        excluded++;
        return [];
      }
      return [{ block: `${data} ${k}`, a, b, part: data }];
    });
  });
  return { kind: 'paired', pairs, excluded };
};

const claim = (id: string, statement: string, first: LogisticMethod, second: LogisticMethod): Claim => ({
  id,
  statement,
  source: 'our experiment; spec §6, standard tier',
  kind: 'beyond',
  experiments: [...DATA],
  tiers: TIERS,
  rule: {
    statistic: 'log-ratio',
    max: 0,
    words: `mean f − f* of the last quarter of 50 rounds, ${first} over ${second}, each the best of its grid (mean log10 ratio ≤ 0)`,
  },
  expect: 'report',
  evidence: (records) => compared(records, first, second),
});

export const real: readonly Claim[] = [
  claim('l0l1.R1', 'On non-IID logistic regression CLERR ends below clipped reshuffled SGD.', 'CLERR', 'CRR'),
  claim('l0l1.R2', 'On non-IID logistic regression Clip-LocalGDJ ends below CE-FedAvg.', 'Clip-LocalGDJ', 'CE-FedAvg'),
  {
    id: 'l0l1.R3',
    statement: 'On a small network the clipped jump of CLERR tests better than NASTYA’s constant one.',
    source: 'the paper’s second set of experiments, small, and with what its code got wrong put right',
    kind: 'paper',
    experiments: ['cifar'],
    tiers: TIERS,
    rule: {
      statistic: 'mean-diff',
      min: 0,
      words: 'test accuracy, CLERR less NASTYA, each the best of its grid (≥ 0)',
    },
    expect: 'report',
    reason: 'The published curves cannot be had from the published code (spec §3.6).',
    evidence(records) {
      const of = (method: string): (number | null)[] => {
        const record = records.find((r) => r.status === 'done' && (r.config as { method: string }).method === method);
        if (!record) throw new TypeError(`evidence: no finished cell of cifar with ${method}.`);
        return (record.values['reports'] as { accuracy: number | null }[]).map(({ accuracy }) => accuracy);
      };
      const [clerr, nastya] = [of('CLERR'), of('NASTYA')];
      const pairs = clerr.flatMap((a, k) => {
        const b = nastya[k] ?? null;
        return a === null || b === null ? [] : [{ block: String(k), a, b }];
      });
      return { kind: 'paired', pairs, excluded: clerr.length - pairs.length };
    },
  },
];
