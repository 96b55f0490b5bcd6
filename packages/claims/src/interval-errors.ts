/** How many wrong verdicts to expect among many. */
import { LEVEL } from './intervals.js';
import type { Verdict } from './types.js';

/** What a report says once about its verdicts. */
export interface IntervalErrors {
  /** Claims judged by their interval. */
  readonly judged: number;
  /** How many of them to expect wrong at most, were every one exactly at its bound. */
  readonly expected: number;
}

/**
 * Count the claims that were judged by an interval, and how many false verdicts to expect among them at most: an interval
 * leaves out the truth in 2.5 % of all cases on each side, so a claim is called wrong in 2.5 % for each bound of each part.
 * @param verdicts of one report
 */
export function intervalErrors(verdicts: readonly Pick<Verdict, 'judgedBy' | 'rule' | 'parts'>[]): IntervalErrors {
  const judged = verdicts.filter((v) => v.judgedBy === 'interval');
  const sides = judged.map(({ rule, parts }) => {
    const bounds = rule.statistic === 'exact' ? [] : [rule.min, rule.max].filter((bound) => bound !== undefined);
    return bounds.length * (parts?.length ?? 1);
  });
  return { judged: judged.length, expected: sides.reduce((sum, n) => sum + (n * (100 - 100 * LEVEL)) / 200, 0) };
}
