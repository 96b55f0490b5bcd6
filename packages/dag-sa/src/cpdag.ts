/** The equivalence class of a DAG as a partially directed graph: v-structures, then Meek's rules. */
import { faulty } from './check.js';
import { isDag } from './graph.js';

/**
 * [d, d], 1 at (i, j) alone for an edge i → j of every DAG of the class, at (i, j) and (j, i) for one whose direction is open.
 * @throws RangeError if the graph has a cycle
 */
export function cpdag(W: Float64Array, d: number): Uint8Array {
  if (!isDag(W, d))
    throw faulty('cpdag', 'W', 'a graph with a cycle', 'a DAG', 'findCycle() shows it; repair() cuts it.');
  const P = new Uint8Array(d * d);
  const has = (i: number, j: number) => P[i * d + j] === 1;
  const adjacent = (i: number, j: number) => has(i, j) || has(j, i);
  const directed = (i: number, j: number) => has(i, j) && !has(j, i);
  const open = (i: number, j: number) => has(i, j) && has(j, i);
  for (let at = 0; at < d * d; at++) if (W[at] !== 0) P[at] = P[(at % d) * d + Math.floor(at / d)] = 1;
  const direct: [number, number][] = [];
  for (let j = 0; j < d; j++) {
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < a; b++) {
        if (W[a * d + j] !== 0 && W[b * d + j] !== 0 && !adjacent(a, b)) direct.push([a, j], [b, j]);
      }
    }
  }
  for (const [i, j] of direct) P[j * d + i] = 0;
  const vertices = Array.from({ length: d }, (_, v) => v);
  const forced = (i: number, j: number): boolean =>
    vertices.some((k) => directed(k, i) && !adjacent(k, j)) ||
    vertices.some((k) => directed(i, k) && directed(k, j)) ||
    vertices.some(
      (k) =>
        open(i, k) && directed(k, j) && vertices.some((l) => l < k && open(i, l) && directed(l, j) && !adjacent(k, l)),
    );
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        if (!open(i, j) || !forced(i, j)) continue;
        P[j * d + i] = 0;
        changed = true;
      }
    }
  }
  return P;
}
