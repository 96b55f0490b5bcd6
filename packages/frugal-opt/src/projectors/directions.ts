/**
 * Orthonormal directions: Q has r rows, and a right projection is g·Qᵀ of a × r, a left one Q·g of r × b, both sides give
 * r × r. They are the strongest of the current gradient (SVD, as GaLore), or random.
 */
import { gemm, type Stream } from '@assay-ml/numerics';
import type { Matrix, Numbers } from '../method.js';
import { exactRows, flipped, randomRows, strongestRows } from '../subspace.js';
import type { Projector, Rounding } from './projector.js';

/** Which side is projected: `std` the longer one's columns or rows, so that the basis is small; `reverse_std` the other. */
export type Side = 'std' | 'reverse_std' | 'left' | 'right' | 'full';

const sideOf = (side: Side, [a, b]: Matrix): 'left' | 'right' | 'full' =>
  side === 'std' ? (a >= b ? 'right' : 'left') : side === 'reverse_std' ? (a >= b ? 'left' : 'right') : side;

/** Length of the directions of each basis. */
const lengths = (side: Side, matrix: Matrix): readonly number[] =>
  ({ left: [matrix[0]], right: [matrix[1]], full: [matrix[0], matrix[1]] })[sideOf(side, matrix)];

type Find = (
  matrix: Matrix,
  g: Float64Array,
  r: number,
  start: Float64Array | null,
  draw: Stream,
) => Float64Array | null;

const asDouble = (values: Numbers) => (values instanceof Float64Array ? values : Float64Array.from(values));

function directions(name: string, side: Side, round: Rounding, find: Find): Projector {
  return {
    name: side === 'std' ? name : `${name} ${side}`,
    count: (matrix, rho) => round(Math.min(...lengths(side, matrix)) * rho),
    shape: (matrix, r) =>
      (({ left: [r, matrix[1]], right: [matrix[0], r], full: [r, r] }) as const)[sideOf(side, matrix)],
    stores: (matrix, r) => lengths(side, matrix).map((n) => n * r),
    refresh({ matrix, count, g, draw, basis }) {
      const values = asDouble(g);
      let fallback = false;
      const where = sideOf(side, matrix);
      const found = lengths(side, matrix).map((n, k) => {
        const [turned, own] = where === 'left' || (where === 'full' && k === 0) ? flipped(matrix, values) : [matrix, values]; // prettier-ignore
        const last = basis[k];
        const start = last?.length === n * count ? Float64Array.from(last) : null;
        const rows = find(turned, own, count, start, draw);
        fallback ||= rows === null;
        return rows ?? randomRows(count, n, draw);
      });
      return { basis: found, fallback };
    },
    of(matrix, r, basis) {
      const [a, b] = matrix;
      const where = sideOf(side, matrix);
      const q = basis.map(asDouble);
      const run = (m: number, n: number, k: number, x: Float64Array, y: Float64Array, how: object) =>
        gemm(m, n, k, x, y, new Float64Array(m * n), how);
      return {
        shape: this.shape(matrix, r),
        down(g, out) {
          const values = asDouble(g);
          if (where === 'right') out.set(run(a, r, b, values, q[0]!, { transposeB: true }));
          else {
            const left = run(r, b, a, q[0]!, values, {});
            out.set(where === 'left' ? left : run(r, r, b, left, q[1]!, { transposeB: true }));
          }
        },
        up(p, out) {
          const values = asDouble(p);
          if (where === 'right') out.set(run(a, b, r, values, q[0]!, {}));
          else {
            const right = where === 'left' ? values : run(r, b, r, values, q[1]!, {});
            out.set(run(a, b, r, q[0]!, right, { transposeA: true }));
          }
        },
      };
    },
  };
}

/** The strongest directions of the gradient at the refresh. */
export function svdDirections(side: Side, exact: boolean, round: Rounding): Projector {
  return directions('svd', side, round, exact ? exactRows : strongestRows);
}

/** Random semi-orthogonal directions. */
export function randomDirections(side: Side, round: Rounding): Projector {
  return directions('random', side, round, ([, n], _g, r, _start, draw) => randomRows(r, n, draw));
}

/** Rows of normal numbers of variance 1/r, not orthogonal: what APOLLO measures norms by. `rank` null: from rho. */
export function gaussianDirections(rank: number | null, round: Rounding): Projector {
  const made = directions('gaussian', 'std', round, ([, n], _g, r, _start, draw) => {
    const q = draw.fillNormal(new Float64Array(r * n));
    return q.map((value) => value / Math.sqrt(r));
  });
  return rank === null ? made : { ...made, name: `gaussian ${rank}`, count: () => rank };
}
