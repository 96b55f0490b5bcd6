/** From a claim and its records to a verdict. */
import { requireKeys, requireList, requireOptions } from '@assay-ml/numerics/check';
import { LEVEL } from './intervals.js';
import { unitOf } from './statistics.js';
import type { CellRecord, Claim, Expectation, Tier, Verdict } from './types.js';
import { nothing, weigh, type Judgement } from './weigh.js';

/** How every `why` of a claim without its data begins. */
export const DATA_MISSING = 'data missing: ';

/** What `judge` knows besides the records. */
export interface JudgeOptions {
  /** Experiment id → how to get its data (`Plan.missing`). */
  readonly missing?: Readonly<Record<string, string>>;
}

/**
 * Judge one claim. Pure: neither the order of the records nor anything but the arguments matters.
 *
 * `log-ratio` is undefined where a sample is zero: such a claim is `inconclusive` and says how many pairs are concerned,
 * since neither a tie 0/0 nor a ratio to 0 has a logarithm; a negative sample is an error of the claim. `slope` asks the
 * same of x and y, `quantile-ratio` that the quantile of `b` be positive. One block, or blocks that do not differ, have no
 * interval: such a claim is `inconclusive` wherever the interval decides.
 * @param claim what to judge
 * @param records finished cells; those of other experiments are ignored
 * @param tier decides whether the claim runs, and what is expected
 * @throws TypeError when the claim's evidence cannot be: another kind than its rule asks for, samples that are not finite,
 *   negative where only a positive one has a logarithm, two trials of one block; when its rule has no bound, or a unit that
 *   its statistic does not take; and whatever the claim's `evidence` throws
 * @throws RangeError for a quantile, or a bound of a share, outside [0, 1], and for an option that is not known
 */
export function judge(claim: Claim, records: readonly CellRecord[], tier: Tier, options: JudgeOptions = {}): Verdict {
  requireOptions<JudgeOptions>('judge', options, { missing: 1 });
  requireKeys(
    'judge',
    'claim',
    claim,
    ['id', 'rule', 'experiments', 'tiers', 'evidence'],
    'Give a claim of a reproduction.',
  );
  requireList('judge', 'records', records, '[...readRecords(folder).values()] are those of a folder.');
  const { id, statement, source, kind, rule, reason, reference } = claim;
  const verdict = (rest: Judgement): Verdict => ({
    id,
    statement,
    source,
    kind,
    rule,
    expect: expectation(claim, tier),
    ...(reason === undefined ? {} : { reason }),
    ...(reference === undefined ? {} : { reference }),
    level: rule.statistic === 'exact' ? null : LEVEL,
    unit: unitOf(rule),
    blocks: rule.statistic === 'exact' ? null : rest.n,
    ...rest,
  });
  if (!claim.tiers.includes(tier)) {
    const where = claim.tiers.length === 0 ? 'no tier yet' : `tier ${claim.tiers.join(' and ')}`;
    return verdict(nothing('not-run', `runs at ${where}`));
  }
  const absent = claim.experiments.flatMap((e) => options.missing?.[e] ?? []);
  if (absent.length > 0) return verdict(nothing('not-run', DATA_MISSING + [...new Set(absent)].join(' ')));

  const mine = records
    .filter((r) => claim.experiments.includes(r.experiment))
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const failed = mine.filter((r) => r.status === 'failed');
  if (failed.length > 0) {
    const first = failed[0]!.error?.split('\n', 1)[0] ?? 'no message';
    return verdict(
      nothing('inconclusive', `${failed.length} of ${mine.length} cells failed, first ${failed[0]!.id}: ${first}`),
    );
  }
  return verdict(weigh(claim, claim.evidence(mine, tier), tier));
}

/** What a claim is expected to be at a tier; a tier that its `expect` leaves out is only reported. @throws TypeError for arguments of another kind */
export function expectation(claim: Claim, tier: Tier): Expectation {
  requireKeys('expectation', 'claim', claim, ['expect'], 'Give a claim of a reproduction.');
  return typeof claim.expect === 'string' ? claim.expect : (claim.expect[tier] ?? 'report');
}
