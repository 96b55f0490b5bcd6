import { fraction } from '@assay-ml/numerics/check';

/** @throws RangeError unless 0 ≤ `value` < 1. */
export function sparsity(where: string, value: number): number {
  return fraction(where, 'sparsity', value, 'It is the fraction of prunable weights to remove.');
}
