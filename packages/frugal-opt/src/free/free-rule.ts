import type { Matrix, Numbers } from '../method.js';

/** What a state-free rule is told. */
interface FreeStep {
  /** η times the scales of projected tensors and of the state-free part. */
  readonly rate: number;
  readonly shape: Matrix;
  /** The projected gradient and its state-full update by rate 1; empty where nothing is projected. */
  readonly projected: Numbers;
  readonly update: Numbers;
  readonly projectedShape: Matrix;
  /** Numbers that the rule keeps from step to step. */
  readonly extra: readonly Numbers[];
}

/** A rule for what has no state. */
export interface FreeRule {
  readonly name: string;
  /** Lengths of the numbers it keeps for a tensor; nearly always none. */
  readonly keeps: readonly number[];
  /** It is handed the whole gradient, and its update is all there is: APOLLO. */
  readonly whole?: boolean;
  /** Adds the update to `out`. */
  step(residual: Numbers, out: Numbers, at: FreeStep): void;
}
