/** Matrices whose squares would not be doubles. */

/** √(the smallest normal number / ε), from which on LAPACK does not scale; up to its inverse it does not either. */
const LEAST = 2 ** -485;
/** Brings what is outside well inside. It and its inverse are powers of two, so that nothing is rounded. */
const STEP = 2 ** 700;

/**
 * What to multiply a matrix by before `ml-matrix` takes it apart, which would find infinities, wrong values or no end: it squares
 * entries, and a rounding error of denormal numbers is no smaller than they are.
 * @param largest absolute value of an entry
 */
export function safeFactor(largest: number): number {
  if (largest < LEAST) return STEP;
  return largest > 1 / LEAST ? 1 / STEP : 1;
}
