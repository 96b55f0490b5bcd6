import { checkObject, invalid, positive, positiveInteger } from '../check.js';
import type { Constants } from '../problem.js';

/** What a run may spend. */
export interface Budget {
  /** Local steps, gradients of a client in a round. */
  readonly K: number;
  /** Communication rounds. */
  readonly R: number;
  /** Clients. */
  readonly n: number;
}

/** @throws RangeError unless K, R and n are positive integers. */
export function checkBudget(where: string, budget: Budget): void {
  checkObject(where, 'budget', budget);
  const { K, R, n } = budget;
  positiveInteger(where, 'K', K);
  positiveInteger(where, 'R', R);
  positiveInteger(where, 'n', n);
}

/** The constants every problem has; Δ depends on the starting point. */
const names = ['L', 'zeta', 'zetaBar', 'delta', 'rho', 'M', 'sigma'] as const;

/**
 * Checks constants: numbers ≥ 0, `Infinity` for what is not bounded; L finite and positive; Δ, where given, positive.
 * @param needed the names that must be there
 * @throws RangeError naming the constant
 */
export function checkConstants(
  where: string,
  constants: Partial<Constants>,
  needed: readonly (keyof Constants)[] = names,
): void {
  checkObject(where, 'constants', constants);
  for (const name of needed) {
    const value = constants[name];
    if (typeof value !== 'number' || !(value >= 0)) {
      throw invalid(where, `constants.${name}`, value, 'a number ≥ 0, or Infinity');
    }
    if (name === 'L') positive(where, 'constants.L', value);
  }
  if (constants.Delta !== undefined && !(typeof constants.Delta === 'number' && constants.Delta > 0)) {
    throw invalid(where, 'constants.Delta', constants.Delta, 'a number > 0, or Infinity');
  }
}

/** Δ of the constants. @throws RangeError where it was left out. */
export function gap(where: string, { Delta }: { readonly Delta?: number }): number {
  if (Delta === undefined) {
    throw invalid(
      where,
      'constants.Delta',
      Delta,
      'given here',
      'It depends on the starting point: for a family, problem.value(x0) - problem.infimum.',
    );
  }
  return Delta;
}
