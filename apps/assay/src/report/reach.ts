/** Which stretch of a statistic's axis is worth showing. */

/**
 * Ends of an axis that shows every measured value and every limit of the rule. An interval may widen it by once their
 * spread on either side: that of few blocks would otherwise squash what it surrounds.
 * @param measured at least one finite value
 * @param limits of the rule
 * @param intervals around the values
 */
export function reach(
  measured: readonly number[],
  limits: readonly number[],
  intervals: readonly (readonly [number, number])[],
): [low: number, high: number] {
  const core = [...measured, ...limits];
  const [low, high] = [Math.min(...core), Math.max(...core)];
  const spread = high > low ? high - low : Math.max(...intervals.map(([a, b]) => b - a), 0) || Math.abs(high) || 1;
  const ends = [
    Math.max(low - spread, Math.min(low, ...intervals.map(([a]) => a))),
    Math.min(high + spread, Math.max(high, ...intervals.map(([, b]) => b))),
  ] as const;
  const room = 0.05 * (ends[1] > ends[0] ? ends[1] - ends[0] : spread);
  return [ends[0] - room, ends[1] + room];
}
