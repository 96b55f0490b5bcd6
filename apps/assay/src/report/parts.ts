/** Verdicts of several parts. */
import type { Rule, Verdict, VerdictPart } from '@assay-ml/claims';

/** A claim whose verdict names its parts. */
export type Divided = Verdict & {
  readonly rule: Exclude<Rule, { readonly statistic: 'exact' }>;
  readonly parts: readonly VerdictPart[];
};

/** Whether a claim has parts to show beside each other. */
export const isDivided = (verdict: Verdict): verdict is Divided =>
  verdict.rule.statistic !== 'exact' && verdict.parts !== undefined;

const ORDER: readonly VerdictPart['verdict'][] = ['refuted', 'inconclusive', 'supported'];

/** Refuted parts first, then inconclusive, then supported ones; of equal verdicts the one furthest from holding. */
export function worstFirst({ parts, rule: { min = -Infinity, max = Infinity } }: Divided): VerdictPart[] {
  const margin = ({ measured }: VerdictPart): number =>
    measured === null ? Number.MIN_SAFE_INTEGER : Math.min(measured - min, max - measured);
  return [...parts].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || margin(a) - margin(b));
}
