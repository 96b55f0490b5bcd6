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
  // Squares in both layouts: a walk down the columns of one would miss the cache at every step.
  const byRow = new Float64Array(d * d);
  const byColumn = new Float64Array(d * d);
  const r = new Float64Array(d);
  const c = new Float64Array(d);
  const tile = 32;
  for (let top = 0; top < d; top += tile) {
    for (let left = 0; left < d; left += tile) {
      for (let i = top; i < Math.min(d, top + tile); i++) {
        for (let j = left; j < Math.min(d, left + tile); j++) {
          const value = i === j ? 0 : W[i * d + j]! * W[i * d + j]!;
          byRow[i * d + j] = value;
          byColumn[j * d + i] = value;
          r[i]! += value;
          c[j]! += value;
        }
      }
    }
  }
  const before = precedence === undefined ? null : precedence.predecessors.slice();
  const after = precedence === undefined ? null : precedence.successors.slice();
  const order = new Uint32Array(d);
  const alive = Uint32Array.from({ length: d }, (_, v) => v);
  let front = 0;
  let back = d - 1;
  for (let count = d; count > 0; count--) {
    let sink = -1;
    let source = -1;
    for (let k = 0; k < count; k++) {
      const v = alive[k]!;
      if ((after === null || after[v] === 0) && (sink < 0 || r[v]! < r[alive[sink]!]!)) sink = k;
      if ((before === null || before[v] === 0) && (source < 0 || c[v]! < c[alive[source]!]!)) source = k;
    }
    // Ties go to the row branch.
    const last = r[alive[sink]!]! <= c[alive[source]!]!;
    const at = last ? sink : source;
    const v = alive[at]!;
    if (last) order[back--] = v;
    else order[front++] = v;
    alive.copyWithin(at, at + 1, count);
    const outOfV = v * d;
    for (let k = 0; k < count - 1; k++) {
      const u = alive[k]!;
      r[u]! -= byColumn[outOfV + u]!;
      c[u]! -= byRow[outOfV + u]!;
    }
    if (precedence !== undefined) precedence.release(v, before!, after!);
  }
  return order;
}
