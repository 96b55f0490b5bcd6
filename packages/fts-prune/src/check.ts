import { complaint, fraction } from '@assay-ml/numerics/check';
import type { Data } from './data.js';

/** @throws RangeError unless 0 ≤ `value` < 1. */
export function sparsity(where: string, value: number): number {
  return fraction(where, 'sparsity', value, 'It is the fraction of prunable weights to remove.');
}

/** @throws TypeError for what is neither null nor examples nor an iterator of them */
export function requireData(where: string, data: Data | null): void {
  if (data === null || typeof data === 'function') return;
  const isObject = typeof data === 'object';
  if (isObject && ('x' in data ? 'y' in data : Symbol.asyncIterator in data || Symbol.iterator in data)) return;
  const came = isObject && 'dataId' in data ? 'a tensor' : data;
  throw new TypeError(complaint(where, 'data', came, 'examples { x, y } or an iterator of them', 'Give inputs with their labels; null for criteria that need none.')); // prettier-ignore
}
