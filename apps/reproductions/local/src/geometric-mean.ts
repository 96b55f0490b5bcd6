/** Geometric mean; how final gradient norms are summarised over seeds in figures. */
import { scalar } from '@assay-ml/numerics';
export function geometricMean(xs: readonly number[]): number {
  return scalar.exp(xs.reduce((sum, x) => sum + scalar.log(x), 0) / xs.length);
}
