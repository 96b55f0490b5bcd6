/**
 * R²-sortnregress (Reisach, Tami, Seiler, Chambaz, Weichwald, NeurIPS 2023): variables sorted by how much of them all others
 * explain, R²_j = 1 − 1/(Σ_jj Θ_jj), which no rescaling of the data changes.
 */
import { options as known } from '@assay-ml/numerics/check';
import { square } from '../check.js';
import { precision } from '../exact.js';
import { type OrderOptions } from '../knowledge.js';
import { sortedBy } from './sortnregress.js';

/** R² of each variable on all others, [d]. @throws RangeError for a singular Σ */
export function r2Scores(covariance: Float64Array, d: number): Float64Array<ArrayBuffer> {
  square('r2Scores', 'covariance', covariance, d);
  const theta = precision('r2Scores', covariance, d);
  return Float64Array.from({ length: d }, (_, j) => 1 - 1 / (covariance[j * (d + 1)]! * theta[j * (d + 1)]!));
}

/** Variables by rising R²; ties by number, up to rounding. @throws RangeError for a singular Σ */
export function r2Order(covariance: Float64Array, d: number, options: OrderOptions = {}): Uint32Array<ArrayBuffer> {
  known('r2Order', options, { constraints: 0 });
  return sortedBy(r2Scores(covariance, d), options);
}
