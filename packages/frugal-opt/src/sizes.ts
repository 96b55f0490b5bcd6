import { invalid } from '@assay-ml/numerics/check';
import { matrixOf, type Parameter } from './method.js';
import type { Settings } from './options.js';

/**
 * Columns, rows, entries or directions of a tensor at density rho.
 * @throws RangeError where rho > 0 leaves none
 */
export function countOf({ projector }: Pick<Settings, 'projector'>, { name, shape }: Parameter, rho: number): number {
  const matrix = matrixOf(shape);
  const count = projector!.count(matrix, rho);
  if (count > 0 || rho === 0) return count;
  // Counts grow with rho: the least one that leaves a count is found by bisection.
  let [low, high] = [rho, 1];
  if (projector!.count(matrix, 1) === 0) throw invalid('frugal', 'rho', rho, `0 with '${name}' of [${shape.join(', ')}]`, `${projector!.name} cannot split it: put it into a group of its own.`); // prettier-ignore
  for (let k = 0; k < 40; k++) {
    const middle = (low + high) / 2;
    if (projector!.count(matrix, middle) > 0) high = middle;
    else low = middle;
  }
  throw invalid('frugal', 'rho', rho, `at least ${Number(high.toPrecision(6))} for '${name}' of [${shape.join(', ')}]`, `${projector!.name} would leave it nothing with state.`); // prettier-ignore
}
