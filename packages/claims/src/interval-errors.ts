/** How many wrong verdicts to expect among many. */
import { requireList } from '@assay-ml/numerics/check';
import { LEVEL } from './intervals.js';
import type { Verdict } from './types.js';

/** What a report says once about its verdicts. */
export interface IntervalErrors {
  /** Claims judged by their interval. */
  readonly judged: number;
  /** How many of them to expect called supported or refuted wrongly, were every one at its bound and its blocks normal. */
  readonly expected: number;
}

/**
 * Count the claims that were judged by an interval, and how many false verdicts to expect among them. An interval over normal
 * blocks leaves out the truth in 2.5 % of all cases on each side; over skewed ones in more, as the README's table shows. A claim is wrongly supported only where its false part is, so in
 * 2.5 % whatever the number of parts; it is wrongly refuted where any part is, so in up to 2.5 % for each. `inconclusive` says
 * nothing false.
 * @param verdicts of one report
 * @throws TypeError for arguments of another kind
 */
export function intervalErrors(verdicts: readonly Pick<Verdict, 'verdict' | 'judgedBy' | 'parts'>[]): IntervalErrors {
  requireList('intervalErrors', 'verdicts', verdicts, 'Give the judged claims.');
  const judged = verdicts.filter((v) => v.judgedBy === 'interval');
  const chances = judged.map(({ verdict, parts }) => {
    if (verdict === 'supported') return 1;
    return verdict === 'refuted' ? (parts?.length ?? 1) : 0;
  });
  return { judged: judged.length, expected: chances.reduce((sum, n) => sum + n, 0) * ((100 - 100 * LEVEL) / 200) };
}
