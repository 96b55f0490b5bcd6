/** The projectors by name. */
import { invalid, oneOf } from '@assay-ml/numerics/check';
import { columns, permutation, randK, rows } from './coordinates.js';
import { gaussianDirections, randomDirections, type Side, svdDirections } from './directions.js';
import type { Projector, Rounding } from './projector.js';

/** A choice of subspaces. */
export type ProjectorName = 'blocks' | 'columns' | 'rows' | 'rand-k' | 'svd' | 'random' | 'permutation' | 'gaussian';
/** All of them. */
export const PROJECTORS: readonly ProjectorName[] = ['blocks', 'columns', 'rows', 'rand-k', 'svd', 'random', 'permutation', 'gaussian']; // prettier-ignore

/** Projector of a name other than `blocks`. */
export function projectorOf(
  where: string,
  name: Exclude<ProjectorName, 'blocks'>,
  { side, exact, rank }: { side: Side | undefined; exact: boolean; rank: number | null },
  round: Rounding,
): Projector {
  const sided = name === 'svd' || name === 'random';
  if (side !== undefined && !sided) throw invalid(where, 'side', side, `left out with '${name}'`, 'SVD and random directions have sides.'); // prettier-ignore
  if (exact && name !== 'svd') throw invalid(where, 'exact', exact, `left out with '${name}'`, 'It is about the SVD.');
  if (rank !== null && name !== 'gaussian') throw invalid(where, 'rank', rank, `left out with '${name}'`, 'Give rho.');
  oneOf(where, 'side', side ?? 'std', ['std', 'reverse_std', 'left', 'right', 'full']);
  switch (name) {
    case 'columns':
      return columns;
    case 'rows':
      return rows;
    case 'rand-k':
      return randK;
    case 'permutation':
      return permutation(round);
    case 'svd':
      return svdDirections(side ?? 'std', exact, round);
    case 'random':
      return randomDirections(side ?? 'std', round);
    case 'gaussian':
      return gaussianDirections(rank, round);
  }
}
