/**
 * From a claim and its records to a verdict: the rules that hold still.
 *
 * A statistic is computed over all samples; its 95 % interval is a bootstrap over blocks (2000 resamples, draws keyed by
 * claim and part). `supported` needs the rule to hold for the statistic and the whole interval; `refuted` needs it to fail
 * for both; anything else is `inconclusive`. With fewer than five blocks the statistic alone decides, the verdict says so,
 * and the interval is shown, not used.
 */
import { bootstrapInterval, quantile, stream } from '@assay-ml/numerics';

import type { CellRecord, Claim, Evidence, Expectation, Rule, Tier, Verdict } from './types.js';

/** Blocks below which an interval is shown, not used. */
export const ENOUGH_BLOCKS = 5;

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
 * same of x and y, `quantile-ratio` that the quantile of `b` be positive.
 * @param claim what to judge
 * @param records finished cells; those of other experiments are ignored
 * @param tier decides whether the claim runs, and what is expected
 * @throws TypeError when the claim's evidence cannot be: another kind than its rule asks for, samples that are not finite,
 *   negative where only a positive one has a logarithm; and whatever the claim's `evidence` throws
 */
export function judge(claim: Claim, records: readonly CellRecord[], tier: Tier, options: JudgeOptions = {}): Verdict {
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
  return verdict(weigh(claim, claim.evidence(mine, tier)));
}

/** What a claim is expected to be at a tier; a tier that its `expect` leaves out is only reported. */
export function expectation(claim: Claim, tier: Tier): Expectation {
  return typeof claim.expect === 'string' ? claim.expect : (claim.expect[tier] ?? 'report');
}

type Judgement = Pick<Verdict, 'verdict' | 'why' | 'measured' | 'interval' | 'n' | 'excluded'>;
type StatisticRule = Exclude<Rule, { statistic: 'exact' }>;
/** One sample: a pair (a, b) or a point (x, y). */
type Sample = readonly [number, number];
type Block = readonly Sample[];

function nothing(verdict: Verdict['verdict'], why: string): Judgement {
  return { verdict, why, measured: null, interval: null, n: 0 };
}

function weigh(claim: Claim, evidence: Evidence): Judgement {
  const { rule } = claim;
  if (evidence.kind === 'none') return nothing('inconclusive', evidence.why);
  if (rule.statistic === 'exact') {
    if (evidence.kind !== 'exact') throw mismatch(claim, evidence);
    return weighExact(claim, evidence);
  }
  checkRule(claim, rule);
  const wanted = rule.statistic === 'slope' ? 'points' : 'paired';
  if (evidence.kind !== wanted) throw mismatch(claim, evidence);

  const parts = new Map<string, Map<string, Sample[]>>();
  const add = (part: string, block: string, sample: Sample) => {
    if (!sample.every(Number.isFinite)) {
      throw new TypeError(
        `judge: claim '${claim.id}' has the sample (${sample.join(', ')}) in block '${block}'; must be finite numbers.`,
      );
    }
    const blocks = parts.get(part) ?? new Map<string, Sample[]>();
    const samples = blocks.get(block) ?? [];
    samples.push(sample);
    parts.set(part, blocks.set(block, samples));
  };
  if (evidence.kind === 'paired') for (const { part = '', block, a, b } of evidence.pairs) add(part, block, [a, b]);
  else for (const { part = '', block, x, y } of evidence.points) add(part, block, [x, y]);
  if (parts.size === 0) return nothing('inconclusive', 'no samples');

  const judged = [...parts.keys()]
    .sort()
    .map((part) => ({ part, ...weighPart(claim.id, rule, part, sorted(parts.get(part)!)) }));
  // The part that decides is the worst, and of equally bad ones the one furthest from holding.
  const worst = judged.reduce((a, b) =>
    (SEVERITY[b.verdict] - SEVERITY[a.verdict] || a.margin - b.margin) > 0 ? b : a,
  );
  const { part, verdict, why, measured, interval, n } = worst;
  const reasons = why === undefined ? [] : [why];
  if (judged.length > 1) {
    const same = judged.filter((p) => p.verdict === verdict).length;
    reasons.unshift(
      verdict === 'supported'
        ? `holds in all ${judged.length} parts, most narrowly in '${part}'`
        : `${verdict} in ${same} of ${judged.length} parts, decided by '${part}'`,
    );
  }
  const excluded = evidence.kind === 'paired' ? (evidence.excluded ?? 0) : 0;
  if (excluded > 0) reasons.push(`${excluded} left out`);
  return {
    verdict,
    measured,
    interval,
    n,
    ...(reasons.length > 0 ? { why: reasons.join('; ') } : {}),
    ...(excluded > 0 ? { excluded } : {}),
  };
}

const SEVERITY: Readonly<Record<Verdict['verdict'], number>> = {
  supported: 0,
  'not-run': 0,
  inconclusive: 1,
  refuted: 2,
};

function weighExact(claim: Claim, evidence: Extract<Evidence, { kind: 'exact' }>): Judgement {
  const { checks, measured } = evidence;
  if (measured !== null && !Number.isFinite(measured)) {
    throw new TypeError(`judge: claim '${claim.id}' measured ${measured}; must be a finite number or null.`);
  }
  if (checks.length === 0) return nothing('inconclusive', 'no checks');
  const failed = checks.filter((c) => !c.holds).map((c) => c.name);
  const rest = { measured, interval: null, n: checks.length };
  return failed.length === 0
    ? { verdict: 'supported', ...rest }
    : { verdict: 'refuted', why: `fails: ${failed.sort().join(', ')}`, ...rest };
}

/** Blocks and the samples inside them in one order, whatever order the evidence came in. */
function sorted(blocks: ReadonlyMap<string, readonly Sample[]>): Block[] {
  return [...blocks.keys()].sort().map((key) => [...blocks.get(key)!].sort((p, q) => p[0] - q[0] || p[1] - q[1]));
}

function weighPart(
  id: string,
  rule: StatisticRule,
  part: string,
  blocks: readonly Block[],
): Judgement & { margin: number } {
  const n = blocks.length;
  const undefinedWhy = undefinedBecause(id, rule, blocks.flat());
  if (undefinedWhy !== null) return { ...nothing('inconclusive', undefinedWhy), n, margin: Number.NEGATIVE_INFINITY };
  const statistic = STATISTICS[rule.statistic](rule.quantile ?? Number.NaN);
  const measured = statistic(blocks);
  const interval = n < 2 ? null : bootstrapInterval(blocks, statistic, stream(0, 'bootstrap', `${id}/${part}`));
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule;
  const margin = Math.min(measured - min, max - measured);
  const holds = margin >= 0;
  const base = { measured, interval, n, margin };
  if (n < ENOUGH_BLOCKS) {
    return {
      verdict: holds ? 'supported' : 'refuted',
      why: `n = ${n}: judged by the mean, the interval is shown, not used`,
      ...base,
    };
  }
  if (interval === null) return { verdict: 'inconclusive', why: 'too few different blocks for an interval', ...base };
  const [low, high] = interval;
  if (holds && low >= min && high <= max) return { verdict: 'supported', ...base };
  if (!holds && (high < min || low > max)) return { verdict: 'refuted', ...base };
  const opposite = holds ? 'does not exclude the opposite' : 'does not exclude that the rule holds';
  return { verdict: 'inconclusive', why: `the interval ${opposite}`, ...base };
}

/** Why a statistic has no value on these samples, or `null`. */
function undefinedBecause(id: string, rule: StatisticRule, samples: readonly Sample[]): string | null {
  const { statistic } = rule;
  if (statistic === 'mean-diff') return null;
  const negative = samples.find((s) => s[0] < 0 || s[1] < 0);
  if (negative !== undefined && statistic !== 'quantile-ratio') {
    throw new TypeError(
      `judge: claim '${id}' has the sample (${negative.join(', ')}); '${statistic}' needs samples ≥ 0.`,
    );
  }
  if (statistic === 'quantile-ratio') {
    const q = quantile(
      samples.map((s) => s[1]),
      rule.quantile!,
    );
    return q > 0 ? null : `the ratio is undefined: the quantile of the second samples is ${q}`;
  }
  const zero = samples.filter((s) => s[0] === 0 || s[1] === 0);
  if (zero.length > 0) {
    const ties = zero.filter((s) => s[0] === 0 && s[1] === 0).length;
    return `the logarithm is undefined: ${zero.length} of ${samples.length} samples have a zero (${ties} have two)`;
  }
  if (statistic === 'slope' && new Set(samples.map((s) => s[0])).size < 2) return 'a slope needs two different x';
  return null;
}

const STATISTICS: Readonly<Record<StatisticRule['statistic'], (q: number) => (blocks: readonly Block[]) => number>> = {
  'mean-diff': () => (blocks) => mean(blocks, ([a, b]) => a - b),
  'log-ratio': () => (blocks) => mean(blocks, ([a, b]) => Math.log10(a / b)),
  'quantile-ratio': (q) => (blocks) => {
    const samples = blocks.flat();
    return (
      quantile(
        samples.map((s) => s[0]),
        q,
      ) /
      quantile(
        samples.map((s) => s[1]),
        q,
      )
    );
  },
  slope: () => (blocks) => {
    const mx = mean(blocks, ([x]) => Math.log10(x));
    const my = mean(blocks, ([, y]) => Math.log10(y));
    const centred = (of: (dx: number, dy: number) => number) =>
      mean(blocks, ([x, y]) => of(Math.log10(x) - mx, Math.log10(y) - my));
    return centred((dx, dy) => dx * dy) / centred((dx) => dx * dx);
  },
};

/** Mean about the first value, so that equal values have exactly themselves as their mean. */
function mean(blocks: readonly Block[], of: (sample: Sample) => number): number {
  const origin = of(blocks[0]![0]!);
  let sum = 0;
  let count = 0;
  for (const block of blocks) {
    for (const sample of block) sum += of(sample) - origin;
    count += block.length;
  }
  return origin + sum / count;
}

function checkRule({ id }: Claim, { statistic, min, max, quantile: q }: StatisticRule): void {
  if (min === undefined && max === undefined) {
    throw new TypeError(`judge: the rule of claim '${id}' has neither 'min' nor 'max'; must have one of them.`);
  }
  if (statistic === 'quantile-ratio' && !(q !== undefined && q >= 0 && q <= 1)) {
    throw new RangeError(`judge: the 'quantile' of claim '${id}' is ${q}; must be in [0, 1].`);
  }
}

function mismatch({ id, rule }: Claim, { kind }: Evidence): TypeError {
  const wanted = { exact: 'exact', slope: 'points' }[rule.statistic as string] ?? 'paired';
  return new TypeError(`judge: claim '${id}' has evidence '${kind}'; its rule '${rule.statistic}' needs '${wanted}'.`);
}
