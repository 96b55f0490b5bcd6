/**
 * From evidence to a judgement: the rules that hold still.
 *
 * A statistic is computed over all samples, its 95 % interval over blocks. `supported` needs the rule to hold for the
 * statistic and the whole interval; `refuted` needs it to fail for both; anything else is `inconclusive`. At quick, with fewer
 * than five blocks, the statistic alone decides, the verdict says so, and the interval is shown, not used.
 */
import { quantile, stream } from '@assay-ml/numerics';
import { estimate, type Block, type Sample, type StatisticRule } from './statistics.js';
import type { Claim, Evidence, Rule, Tier, Verdict, VerdictPart } from './types.js';

/** Blocks below which, at quick, an interval is shown, not used. */
export const ENOUGH_BLOCKS = 5;

/** What evidence decides of a verdict. `unit` only where it is not the rule's. */
export type Judgement = Pick<Verdict, 'verdict' | 'why' | 'measured' | 'interval' | 'judgedBy' | 'n'> &
  Partial<Pick<Verdict, 'unit' | 'excluded' | 'parts'>>;

/** A judgement of no numbers. */
export function nothing(verdict: Verdict['verdict'], why: string): Judgement {
  return { verdict, why, measured: null, interval: null, judgedBy: null, n: 0 };
}

/**
 * Hold a claim's evidence to its rule.
 * @throws TypeError, RangeError see `judge`
 */
export function weigh(claim: Claim, evidence: Evidence, tier: Tier): Judgement {
  const { rule } = claim;
  if (evidence.kind === 'none') return nothing('inconclusive', evidence.why);
  if (rule.statistic === 'exact') {
    if (evidence.kind !== 'exact') throw mismatch(claim, evidence);
    return weighExact(claim, evidence);
  }
  checkRule(claim, rule);
  if (evidence.kind === 'exact' || evidence.kind !== kindFor(rule)) throw mismatch(claim, evidence);

  const parts = partsOf(claim, evidence);
  if (parts.size === 0) return nothing('inconclusive', 'no samples');
  const judged = [...parts].map(([part, blocks]) => ({ part, ...weighPart(claim, rule, part, sorted(blocks), tier) }));
  // The part that decides is the worst, and of equally bad ones the one furthest from holding.
  const worst = judged.reduce((a, b) =>
    (SEVERITY[b.verdict] - SEVERITY[a.verdict] || a.margin - b.margin) > 0 ? b : a,
  );
  const { part, verdict, why, measured, interval, judgedBy, n } = worst;
  const reasons = why === undefined ? [] : [why];
  if (judged.length > 1) {
    const same = judged.filter((p) => p.verdict === verdict).length;
    reasons.unshift(
      verdict === 'supported'
        ? `holds in all ${judged.length} parts, most narrowly in '${part}'`
        : `${verdict} in ${same} of ${judged.length} parts, decided by '${part}'`,
    );
  }
  const byMean = judged.filter((p) => p.judgedBy === 'mean').length;
  if (byMean > 0 && judgedBy !== 'mean') {
    reasons.push(`${byMean} of ${judged.length} parts judged by the mean of fewer than ${ENOUGH_BLOCKS} blocks`);
  }
  const excluded = evidence.kind === 'paired' ? (evidence.excluded ?? 0) : 0;
  if (excluded > 0) reasons.push(`${excluded} left out`);
  return {
    verdict,
    measured,
    interval,
    // All parts had to hold: what the weakest of them rests on, all rests on.
    judgedBy: verdict === 'supported' && byMean > 0 ? 'mean' : judgedBy,
    n,
    ...(reasons.length > 0 ? { why: reasons.join('; ') } : {}),
    ...(excluded > 0 ? { excluded } : {}),
    ...(judged.length > 1 ? { parts: judged.map(shown) } : {}),
  };
}

function shown({ part, verdict, measured, interval, n }: VerdictPart): VerdictPart {
  return { part, verdict, measured, interval, n };
}

const SEVERITY: Readonly<Record<VerdictPart['verdict'], number>> = { supported: 0, inconclusive: 1, refuted: 2 };

function weighExact(claim: Claim, evidence: Extract<Evidence, { kind: 'exact' }>): Judgement {
  const { checks, measured, unit } = evidence;
  if (measured !== null && !Number.isFinite(measured)) {
    throw new TypeError(`judge: claim '${claim.id}' measured ${measured}; must be a finite number or null.`);
  }
  if (checks.length === 0) return nothing('inconclusive', 'no checks');
  const failed = checks.filter((c) => !c.holds).map((c) => c.name);
  const rest = {
    measured,
    interval: null,
    judgedBy: 'checks',
    n: checks.length,
    ...(unit === undefined ? {} : { unit }),
  } as const;
  return failed.length === 0
    ? { verdict: 'supported', ...rest }
    : { verdict: 'refuted', why: `fails: ${failed.sort().join(', ')}`, ...rest };
}

type Samples = Exclude<Evidence, { kind: 'exact' } | { kind: 'none' }>;

/** Part → block → samples, parts in the order in which the evidence names them first. */
function partsOf({ id }: Claim, evidence: Samples): Map<string, Map<string, Sample[]>> {
  const parts = new Map<string, Map<string, Sample[]>>();
  const where = (part: string, block: string) => `block '${block}'${part === '' ? '' : ` of part '${part}'`}`;
  const blocksOf = (part: string) => {
    const blocks = parts.get(part) ?? new Map<string, Sample[]>();
    parts.set(part, blocks);
    return blocks;
  };
  const add = (part: string, block: string, sample: Sample) => {
    if (!sample.every(Number.isFinite)) {
      throw new TypeError(
        `judge: claim '${id}' has the sample (${sample.join(', ')}) in ${where(part, block)}; must be finite numbers.`,
      );
    }
    const blocks = blocksOf(part);
    const samples = blocks.get(block);
    if (samples === undefined) blocks.set(block, [sample]);
    else samples.push(sample);
  };
  switch (evidence.kind) {
    case 'paired':
      for (const { part = '', block, a, b } of evidence.pairs) add(part, block, [a, b]);
      break;
    case 'points':
      for (const { part = '', block, x, y } of evidence.points) add(part, block, [x, y]);
      break;
    case 'share':
      for (const { part = '', block, holds } of evidence.trials) {
        if (typeof holds !== 'boolean') {
          throw new TypeError(
            `judge: claim '${id}' has the trial ${String(holds)} in ${where(part, block)}; must be true or false.`,
          );
        }
        if (parts.get(part)?.has(block)) {
          throw new TypeError(
            `judge: claim '${id}' has two trials in ${where(part, block)}; must have one a block. Name independent draws apart.`,
          );
        }
        add(part, block, [holds ? 1 : 0, 0]);
      }
  }
  return parts;
}

/** Blocks and the samples inside them in one order, whatever order the evidence came in. */
function sorted(blocks: ReadonlyMap<string, readonly Sample[]>): Block[] {
  return [...blocks.keys()].sort().map((key) => [...blocks.get(key)!].sort((p, q) => p[0] - q[0] || p[1] - q[1]));
}

interface PartJudgement extends Omit<VerdictPart, 'part'> {
  readonly why?: string;
  readonly judgedBy: Verdict['judgedBy'];
  /** How far inside its rule the statistic lies. */
  readonly margin: number;
}

function weighPart(
  { id }: Claim,
  rule: StatisticRule,
  part: string,
  blocks: readonly Block[],
  tier: Tier,
): PartJudgement {
  const n = blocks.length;
  const open = (why: string) => ({ verdict: 'inconclusive', judgedBy: null, why }) as const;
  const undefinedWhy = undefinedBecause(id, rule, blocks.flat());
  if (undefinedWhy !== null) {
    return { ...open(undefinedWhy), measured: null, interval: null, n, margin: Number.NEGATIVE_INFINITY };
  }
  const estimated = estimate(rule, blocks, stream(0, 'bootstrap', `${id}/${part}`));
  const { measured, interval } = estimated;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = rule;
  const margin = Math.min(measured - min, max - measured);
  const holds = margin >= 0;
  const base = { measured, interval, n, margin };
  if (tier === 'quick' && n < ENOUGH_BLOCKS) {
    return {
      ...base,
      verdict: holds ? 'supported' : 'refuted',
      judgedBy: 'mean',
      why: `n = ${n}: judged by the mean, ${interval === null ? 'it has no interval' : 'the interval is shown, not used'}`,
    };
  }
  if (estimated.interval === null) {
    return {
      ...base,
      ...open(n === 1 ? 'one block has no interval: it takes two drawn independently' : estimated.why),
    };
  }
  const [low, high] = estimated.interval;
  const judgedBy = 'interval';
  if (holds && low >= min && high <= max) return { ...base, verdict: 'supported', judgedBy };
  if (!holds && (high < min || low > max)) return { ...base, verdict: 'refuted', judgedBy };
  const opposite = holds ? 'does not exclude the opposite' : 'does not exclude that the rule holds';
  return { ...base, verdict: 'inconclusive', judgedBy, why: `the interval ${opposite}` };
}

/** Why a statistic has no value on these samples, or `null`. */
function undefinedBecause(id: string, rule: StatisticRule, samples: readonly Sample[]): string | null {
  const { statistic } = rule;
  if (statistic === 'mean-diff' || statistic === 'share') return null;
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

function checkRule({ id }: Claim, { statistic, min, max, quantile: q, unit }: StatisticRule): void {
  if (Number.isNaN(min) || Number.isNaN(max) || (min ?? -Infinity) > (max ?? Infinity)) {
    throw new RangeError(
      `judge: the rule of claim '${id}' allows ${min} to ${max}; must be numbers, the first at most the second.`,
    );
  }
  if (min === undefined && max === undefined) {
    throw new TypeError(`judge: the rule of claim '${id}' has neither 'min' nor 'max'; must have one of them.`);
  }
  if (statistic === 'quantile-ratio' && !(q !== undefined && q >= 0 && q <= 1)) {
    throw new RangeError(`judge: the 'quantile' of claim '${id}' is ${q}; must be in [0, 1].`);
  }
  if (statistic === 'share') {
    for (const [bound, value] of Object.entries({ min, max })) {
      if (value !== undefined && !(value >= 0 && value <= 1)) {
        throw new RangeError(`judge: the '${bound}' of claim '${id}' is ${value}; a share's must be in [0, 1].`);
      }
    }
  }
  if (unit !== undefined && statistic !== 'mean-diff') {
    throw new TypeError(
      `judge: the rule of claim '${id}' has the 'unit' ${JSON.stringify(unit)}; '${statistic}' has its own, 'mean-diff' alone takes one. Leave it out.`,
    );
  }
}

function mismatch({ id, rule }: Claim, { kind }: Evidence): TypeError {
  return new TypeError(
    `judge: claim '${id}' has evidence '${kind}'; its rule '${rule.statistic}' needs '${kindFor(rule)}'.`,
  );
}

function kindFor({ statistic }: Rule): Evidence['kind'] {
  return statistic === 'exact' || statistic === 'share' ? statistic : statistic === 'slope' ? 'points' : 'paired';
}
