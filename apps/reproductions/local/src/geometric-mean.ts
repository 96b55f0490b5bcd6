/** Geometric mean; how final gradient norms are summarised over seeds in figures. */
export function geometricMean(xs: readonly number[]): number {
  return Math.exp(xs.reduce((sum, x) => sum + Math.log(x), 0) / xs.length);
}
