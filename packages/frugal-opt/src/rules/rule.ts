import { update, type UpdateRule } from '@assay-ml/tensors';
import { isSingle, type Matrix, type Numbers } from '../method.js';

/** What a rule is told besides the gradient. */
interface RuleStep {
  /** Counts from 1 at the start, and after a reset. */
  readonly t: number;
  readonly rate: number;
  readonly shape: Matrix;
  /** What weights are multiplied by first: 1 − η·decay. */
  readonly keep: number;
}

/** A state-full rule: Adam, Lion, … */
export interface Rule {
  readonly name: string;
  /** Lengths of what it keeps for a matrix. */
  sizes(shape: Matrix): readonly number[];
  /** The step for a kernel of `@assay-ml/tensors`, where there is one: it computes on Float32Arrays. */
  readonly kernel?: (at: RuleStep) => UpdateRule;
  /** Renews the moments and x ← keep·x + u. */
  step(x: Numbers, moments: readonly Numbers[], g: Numbers, at: RuleStep): void;
}

/** One step of weights, moments and all: by the kernel in float32, by the rule itself in float64. */
export function advance(rule: Rule, x: Numbers, moments: readonly Numbers[], g: Numbers, at: RuleStep): void {
  if (rule.kernel && isSingle(x) && isSingle(g) && moments.every(isSingle)) {
    update(rule.kernel(at), x, moments as [Float32Array], g, at.keep);
  } else rule.step(x, moments, g, at);
}
