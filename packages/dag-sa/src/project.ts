/**
 * The projection onto an order (spec §3.3; `projection_order1` of the authors' code): vertices with little outgoing mass go to
 * the end, those with little incoming mass to the front, O(d²).
 *
 * r_i = Σ_k W_ik², c_i = Σ_k W_ki², both over vertices that have no place yet.
 */
import type { Precedence } from './knowledge.js';

/**
 * An order of the vertices, sources first. For the matrix of a DAG it is a topological order.
 * @param W [d, d]; the diagonal is not read
 * @param precedence vertices that must come before others; default none
 */
export function projectOrder(W: Float64Array, d: number, precedence?: Precedence): Uint32Array<ArrayBuffer> {
  // Squares once more, transposed: a walk down the columns of W itself would miss the cache at every step.
  const byColumn = new Float64Array(d * d);
  const r = new Float64Array(d);
  const c = new Float64Array(d);
  const tile = 32;
  for (let top = 0; top < d; top += tile) {
    const bottom = Math.min(d, top + tile);
    for (let left = 0; left < d; left += tile) {
      const right = Math.min(d, left + tile);
      for (let i = top; i < bottom; i++) {
        let sum = 0;
        for (let j = left; j < right; j++) {
          const value = i === j ? 0 : W[i * d + j]! * W[i * d + j]!;
          byColumn[j * d + i] = value;
          sum += value;
          c[j]! += value;
        }
        r[i]! += sum;
      }
    }
  }
  const before = precedence?.predecessors.slice() ?? new Uint32Array(d);
  const after = precedence?.successors.slice() ?? new Uint32Array(d);
  const order = new Uint32Array(d);
  let front = 0;
  let back = d - 1;
  let removed = -1;
  while (front <= back) {
    // One pass takes the last vertex out of the sums and finds the next candidates; placed vertices have infinite sums.
    let sink = -1;
    let source = -1;
    let leastOut = Infinity;
    let leastIn = Infinity;
    const row = removed * d;
    for (let u = 0; u < d; u++) {
      let out = r[u]!;
      let into = c[u]!;
      if (removed >= 0) {
        out -= byColumn[row + u]!;
        into -= W[row + u]! * W[row + u]!;
        r[u] = out;
        c[u] = into;
      }
      if (out < leastOut && after[u] === 0) {
        leastOut = out;
        sink = u;
      }
      if (into < leastIn && before[u] === 0) {
        leastIn = into;
        source = u;
      }
    }
    // Ties go to the row branch.
    const last = leastOut <= leastIn;
    removed = last ? sink : source;
    if (last) order[back--] = removed;
    else order[front++] = removed;
    r[removed] = c[removed] = Infinity;
    precedence?.release(removed, before, after);
  }
  return order;
}
