/** How heavy the tails of gradient noise are, and where to clip. */
import { quantile } from '@assay-ml/numerics';
import { complaint, inside, invalid, oneOf, requireList, requireOptions } from '@assay-ml/numerics/check';
import type { Clip } from './method.js';

/** Numbers of {@link tails}. */
export interface Tails {
  /**
   * ρ_mR: the part of the norms above q₃ + 1.5(q₃ − q₁), q₁ and q₃ their quartiles, over that of a normal variable, 0.0035.
   * About 1 for light tails.
   */
  readonly mild: number;
  /** ρ_eR: the part above q₃ + 3(q₃ − q₁) over 1.2e-6. 0 for light tails; it takes about a million norms to be told from 0 there. */
  readonly extreme: number;
  /** How many norms. */
  readonly count: number;
}

/**
 * Tail diagnostics of the norms of gradient noise, ‖g_batch − g_full‖ over many batches at one point.
 * @param norms at least 4 finite numbers; `noiseNorms` makes them
 * @throws TypeError for arguments of another kind; RangeError for fewer, or one that is not finite
 */
export function tails(norms: ArrayLike<number>): Tails {
  requireList('tails', 'norms', norms, 'noiseNorms() makes them.');
  if (norms.length < 4) {
    throw invalid(
      'tails',
      'norms',
      norms,
      'an array of at least 4 numbers',
      'Draw more batches; the paper draws 1,000.',
    );
  }
  const [q1, q3] = [quantile(norms, 0.25), quantile(norms, 0.75)];
  const above = (bound: number) => Array.from(norms).filter((norm) => norm > bound).length / norms.length;
  return {
    mild: above(q3 + 1.5 * (q3 - q1)) / 0.0035,
    extreme: above(q3 + 3 * (q3 - q1)) / 1.2e-6,
    count: norms.length,
  };
}

/** A gradient: one array a parameter, as `update` takes it. */
export type Gradient = readonly ArrayLike<number>[];

/**
 * ‖g − centre‖ of each gradient of a stream.
 * @param gradients any iterable; one is held at a time
 * @param centre the gradient on all data; left out: 0
 * @throws RangeError for a gradient of another shape than `centre`, or one that is not finite
 */
export function noiseNorms(gradients: Iterable<Gradient>, centre?: Gradient): Float64Array {
  if (typeof (gradients as Partial<Iterable<Gradient>> | null)?.[Symbol.iterator] !== 'function') throw new TypeError(complaint('noiseNorms', 'gradients', gradients, 'gradients, one after the other', 'Give a list, or a generator.')); // prettier-ignore
  const norms: number[] = [];
  for (const gradient of gradients) {
    let square = 0;
    gradient.forEach((tensor, i) => {
      const mean = centre?.[i];
      if (centre && mean?.length !== tensor.length) {
        throw new RangeError(`noiseNorms: 'gradients[${norms.length}][${i}]' is of length ${tensor.length}; must be of that of centre, ${mean?.length}. Give gradients of one model.`); // prettier-ignore
      }
      for (let j = 0; j < tensor.length; j++) square += (tensor[j]! - (mean ? mean[j]! : 0)) ** 2;
    });
    if (!Number.isFinite(square)) {
      throw invalid(
        'noiseNorms',
        `gradients[${norms.length}]`,
        square,
        'of a finite norm',
        'Leave out batches that overflow.',
      );
    }
    norms.push(Math.sqrt(square));
  }
  return Float64Array.from(norms);
}

/**
 * A clip level: the quantile of what a clip of this mode compares with it, over some gradients of the start of a training.
 * @param gradients at least one
 * @param options settings
 * @param options.quantile default 0.9: clips one step (tensor, coordinate) in ten (our choice; tune around it)
 * @param options.mode as in `Clip`, default `norm`
 * @throws TypeError for a gradient that is no list; RangeError without gradients, or if the level would be 0 or not finite
 * @example
 * const level = suggestClipLevel(firstGradients);
 */
export function suggestClipLevel(
  gradients: Iterable<Gradient>,
  options: { readonly quantile?: number; readonly mode?: Required<Clip>['mode'] } = {},
): number {
  const where = 'suggestClipLevel';
  requireOptions(where, options, { quantile: 1, mode: 1 });
  const { quantile: q = 0.9, mode = 'norm' } = options;
  oneOf(where, 'mode', mode, ['norm', 'tensor', 'coordinate']);
  inside(where, 'quantile', q, 'Leave it out for 0.9.');
  const compared: number[] = [];
  for (const gradient of gradients) {
    if (!Array.isArray(gradient)) throw new TypeError(complaint(where, 'gradients', gradient, 'lists of tensors, each an array', 'One list a gradient.')); // prettier-ignore
    if (mode === 'coordinate') {
      for (const tensor of gradient) for (let j = 0; j < tensor.length; j++) compared.push(Math.abs(tensor[j]!));
    } else for (const part of mode === 'tensor' ? gradient.map((tensor) => [tensor]) : [gradient]) compared.push(noiseNorms([part])[0]!); // prettier-ignore
  }
  if (compared.length === 0) throw invalid(where, 'gradients', [], 'at least one', 'Take those of the first batches.');
  const level = quantile(compared, q);
  if (!(level > 0))
    throw invalid(where, 'gradients', level, `of a positive quantile ${q}`, 'Most are 0: raise the quantile.');
  return level;
}
