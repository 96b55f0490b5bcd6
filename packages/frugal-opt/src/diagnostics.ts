/** What a training's state tells about its subspaces. */
import { gemm, svd } from '@assay-ml/numerics';
import { inside, invalid } from '@assay-ml/numerics/check';
import type { Kept, Matrix, Numbers, State } from './method.js';

/**
 * Mean squared cosine between two subspaces, ‖Q₁Q₂ᵀ‖²/r: 1 where they are the same, r/n in the mean of random ones.
 * @param first r orthonormal rows of length n, as `state.tensors[i].basis[0]`
 * @param second as many
 * @throws RangeError for arrays of different lengths, or no multiple of n
 */
export function overlap(first: Numbers, second: Numbers, n: number): number {
  if (first.length !== second.length || first.length === 0 || first.length % n !== 0) {
    throw invalid('overlap', 'second', second, `r rows of length ${n}, as many as the first's ${first.length / n}`, 'Take two bases of one tensor.'); // prettier-ignore
  }
  const r = first.length / n;
  const products = new Float64Array(r * r);
  gemm(r, r, n, Float64Array.from(first), Float64Array.from(second), products, { transposeB: true });
  return products.reduce((sum, value) => sum + value * value, 0) / r;
}

/**
 * Numerical rank of what an update has come to: singular values above `tolerance` times the largest.
 * @param shape rows and columns
 * @param tolerance default 1e-6, what float32 leaves
 * @throws RangeError for a change that is not finite
 */
export function rankOf(shape: Matrix, change: Numbers, tolerance = 1e-6): number {
  inside('rankOf', 'tolerance', tolerance, 'Leave it out for 1e-6.');
  const { values } = svd(shape[0], shape[1], Float64Array.from(change));
  return values[0] === 0 ? 0 : values.filter((value) => value > tolerance * values[0]!).length;
}

/** What the state takes and does, by tensor. */
export interface TensorReport {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of moments and of the free rule's numbers. */
  readonly stateBytes: number;
  /** Of stored directions. */
  readonly projectorBytes: number;
  /** ‖P g‖²/‖g‖² in the last step. */
  readonly energy: number;
  /** Refreshes, and those that fell back to a random subspace. */
  readonly refreshes: number;
  readonly fallbacks: number;
}

/** Bytes and statistics of each tensor of a state. */
export function report({ parameters, tensors }: State): TensorReport[] {
  const bytes = (list: readonly Kept[]) => list.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return tensors.map(({ moments, extra, basis, energy, refreshes, fallbacks }, i) => ({
    name: parameters[i]!.name,
    shape: parameters[i]!.shape,
    stateBytes: bytes(moments) + bytes(extra),
    projectorBytes: bytes(basis),
    energy,
    refreshes,
    fallbacks,
  }));
}
