/** One plain model for one mixture, and back. */
import { requireOptions } from '@assay-ml/numerics/check';
import { addFactors } from './adaptors/factors.js';
import { addVectors } from './adaptors/vector.js';
import type { Layout } from './layout.js';
import { checkProbability } from './router.js';

/** What is merged. */
export interface Mixed {
  readonly base: Float64Array;
  readonly adaptors: Float64Array;
  /** [C] */
  readonly pi: ArrayLike<number>;
}

/**
 * The base with a mixture of adaptors inside: a model of its own, as fast as the base.
 * @returns [P], new
 * @throws RangeError for arrays of another layout, or a π that is no probability (within 1e-6)
 */
export function merge(layout: Layout, mixed: Mixed): Float64Array {
  return merged('merge', layout, mixed, 1);
}

/**
 * The base of a merged model; exact up to rounding with the adaptors and π that it was merged with.
 * @param mixed `base` is the merged one
 * @returns [P], new
 * @throws RangeError as merge
 */
export function unmerge(layout: Layout, mixed: Mixed): Float64Array {
  return merged('unmerge', layout, mixed, -1);
}

function merged(where: string, layout: Layout, mixed: Mixed, sign: 1 | -1): Float64Array {
  requireOptions<Mixed>(where, mixed, { base: 1, adaptors: 1, pi: 1 }, 'mixed');
  const { base, adaptors, pi } = mixed;
  if (base.length !== layout.baseSize || adaptors.length !== layout.adaptorSize) {
    throw new RangeError(`${where}: 'base' and 'adaptors' are of lengths ${base.length} and ${adaptors.length}; must be ${layout.baseSize} and ${layout.adaptorSize}. They are of another model.`); // prettier-ignore
  }
  checkProbability(where, 'pi', pi, layout.clusters);
  const out = base.slice();
  const signed = Array.from(pi, (p) => sign * p);
  for (const block of layout.adaptors) {
    if (block.kind === 'vector') addVectors(block, adaptors, signed, out, block.target.start);
    else addFactors(block, adaptors, signed, out, block.target.start);
  }
  return out;
}
