/**
 * The projection onto an order (spec §3.3; `projection_order1` of the authors' code): vertices with little outgoing mass go to
 * the end, those with little incoming mass to the front, O(d²).
 *
 * r_i = Σ_k W_ik², c_i = Σ_k W_ki², both over vertices that have no place yet.
 */
import { allocate } from '@assay-ml/numerics';
import { invalid } from '@assay-ml/numerics/check';
import type { Precedence } from './knowledge.js';
import { takeOut } from './kernels.js';

/**
 * An order of the vertices, sources first. For the matrix of a DAG it is a topological order.
 * @param W [d, d]; the diagonal is not read
 * @param precedence vertices that must come before others; default none
 * @throws RangeError for an entry whose square is not finite
 */
export function projectOrder(W: Float64Array, d: number, precedence?: Precedence): Uint32Array<ArrayBuffer> {
  const even = d + (d % 2);
  const squares = allocate(d * even);
  const state = allocate(5 * even + 4);
  try {
    // Squares once more, transposed: a walk down the columns of W itself would miss the cache at every step.
    const byColumn = squares.array;
    const part = (k: number) => state.array.subarray(k * even, (k + 1) * even);
    const [r, c, row, noSink, noSource] = [part(0), part(1), part(2), part(3), part(4)];
    const found = state.array.subarray(5 * even);
    const tile = 32;
    for (let top = 0; top < d; top += tile) {
      const bottom = Math.min(d, top + tile);
      for (let left = 0; left < d; left += tile) {
        const right = Math.min(d, left + tile);
        for (let i = top; i < bottom; i++) {
          let sum = 0;
          for (let j = left; j < right; j++) {
            const value = i === j ? 0 : W[i * d + j]! * W[i * d + j]!;
            byColumn[j * even + i] = value;
            sum += value;
            c[j]! += value;
          }
          r[i]! += sum;
        }
      }
    }
    const bad = r.findIndex((sum) => !Number.isFinite(sum));
    if (bad >= 0) {
      throw invalid('projectOrder', `sum of squares of row ${bad} of W`, r[bad], 'finite', 'Leave NaN, infinite and huge weights out.'); // prettier-ignore
    }
    // Placed vertices have infinite sums, as has what fills the last vector up.
    if (even > d) r[d] = c[d] = Infinity;
    const before = precedence?.predecessors.slice();
    const after = precedence?.successors.slice();
    const order = new Uint32Array(d);
    let front = 0;
    let back = d - 1;
    let column = row.byteOffset; // zeros: at first nothing is taken out
    while (front <= back) {
      if (before !== undefined && after !== undefined) {
        for (let v = 0; v < d; v++) {
          noSink[v] = after[v] === 0 ? 0 : Infinity;
          noSource[v] = before[v] === 0 ? 0 : Infinity;
        }
      }
      takeOut(even, r.byteOffset, c.byteOffset, column, row.byteOffset, noSink.byteOffset, noSource.byteOffset, found.byteOffset); // prettier-ignore
      const [sink, source, leastOut, leastIn] = found as unknown as readonly [number, number, number, number];
      // Ties go to the row branch.
      const last = leastOut <= leastIn;
      const removed = last ? sink : source;
      if (last) order[back--] = removed;
      else order[front++] = removed;
      r[removed] = c[removed] = Infinity;
      if (before !== undefined && after !== undefined) precedence?.release(removed, before, after);
      row.set(W.subarray(removed * d, (removed + 1) * d));
      column = byColumn.byteOffset + removed * even * 8;
    }
    return order;
  } finally {
    squares.free();
    state.free();
  }
}
