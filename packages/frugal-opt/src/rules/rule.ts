import type { Matrix, Numbers } from '../method.js';

/** What a rule is told besides the gradient. */
interface RuleStep {
  /** Counts from 1 at the start, and after a reset. */
  readonly t: number;
  readonly rate: number;
  readonly shape: Matrix;
}

/** A state-full rule: Adam, Lion, … */
export interface Rule {
  readonly name: string;
  /** Lengths of what it keeps for a matrix. */
  sizes(shape: Matrix): readonly number[];
  /** Renews the moments and writes the update, which is added to the weights, to `out`. */
  step(moments: readonly Numbers[], g: Numbers, out: Numbers, at: RuleStep): void;
}
