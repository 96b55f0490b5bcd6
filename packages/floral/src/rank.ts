/** How many columns the factors of an adaptor have. */
import { invalid } from '@assay-ml/numerics/check';

/**
 * Below 1 a budget ρ: the parameters of an adaptor over those of its kernel. From 1 on the rank itself. `sqrt` and `log` are of
 * the smaller side, `full` is it.
 */
export type Rank = number | 'sqrt' | 'log' | 'full';

/**
 * Which sizes of a convolution enter its budget: those of the factors (`paper`), or twice the channels whatever the kernel
 * (`official`: the authors' code counts the axes of a kernel where its numbers were meant). Equal in dense layers.
 */
export type RankRule = 'paper' | 'official';

/**
 * The rank of an adaptor.
 * @param inputs numbers of one column of the factor on the input's side
 * @param outputs of the one on the output's side
 * @param whole numbers of the kernel
 * @returns at least 1, whatever the budget
 * @throws RangeError for a budget of 0 or less, a rank that is no integer, or another word
 */
export function rankOf(rank: Rank, inputs: number, outputs: number, whole: number, where = 'rankOf'): number {
  const smaller = Math.min(inputs, outputs);
  if (rank === 'full') return smaller;
  if (rank === 'sqrt') return Math.max(1, Math.round(Math.sqrt(smaller)));
  if (rank === 'log') return Math.max(1, Math.round(log2(1 + smaller)));
  if (typeof rank !== 'number' || !(rank > 0) || (rank >= 1 && !Number.isSafeInteger(rank))) {
    throw invalid(where, 'rank', rank, "a budget between 0 and 1, an integer of at least 1, 'sqrt', 'log' or 'full'");
  }
  if (rank < 1) return Math.max(1, Math.floor((rank * whole) / (inputs + outputs)));
  if (rank > smaller) {
    throw invalid(where, 'rank', rank, `at most ${smaller}, the smaller side of a kernel here`, "Take 'full' for it.");
  }
  return rank;
}

/** Exact for what is rounded afterwards: only halves would be in doubt, and none of them is reached by a logarithm of an integer. */
function log2(x: number): number {
  let whole = 0;
  while (2 ** (whole + 1) <= x) whole++;
  // Rounding asks only whether x lies above 2^(whole + ½).
  return x * x >= 2 ** (2 * whole + 1) ? whole + 1 : whole;
}
