/**
 * Structural intervention distance (Peters, Bühlmann, Neural Computation 2015): in how many ordered pairs (i, j) the effect of i
 * on j, computed from the learnt graph by adjusting for i's parents there, is wrong in the true one.
 *
 * Adjustment sets are judged by the criterion of Shpitser, VanderWeele and Robins (2010): no descendants of what lies on a
 * causal path, and no open path that is not causal.
 */
import { faulty, square } from './check.js';
import { isDag } from './graph.js';

/** reach[i][j] = 1 where a directed path leads from i to j, i itself included. */
function descendants(W: Float64Array, d: number): Uint8Array[] {
  return Array.from({ length: d }, (_, i) => {
    const seen = new Uint8Array(d);
    const stack = [i];
    seen[i] = 1;
    while (stack.length > 0) {
      const v = stack.pop()!;
      for (let j = 0; j < d; j++) {
        if (W[v * d + j] === 0 || seen[j] === 1) continue;
        seen[j] = 1;
        stack.push(j);
      }
    }
    return seen;
  });
}

/**
 * @param predicted [d, d]; @param actual [d, d]
 * @returns an integer from 0 to d(d − 1)
 * @throws RangeError if one of the graphs has a cycle
 */
export function sid(predicted: Float64Array, actual: Float64Array, d: number): number {
  for (const [name, W] of [
    ['predicted', predicted],
    ['actual', actual],
  ] as const) {
    square('sid', name, W, d);
    if (!isDag(W, d)) throw faulty('sid', name, 'a graph with a cycle', 'a DAG', 'repair() makes one.');
  }
  const reach = descendants(actual, d);
  let wrong = 0;
  for (let i = 0; i < d; i++) {
    const adjust = new Uint8Array(d);
    for (let k = 0; k < d; k++) adjust[k] = Number(predicted[k * d + i] !== 0);
    for (let j = 0; j < d; j++) {
      if (i === j) continue;
      if (adjust[j] === 1) wrong += reach[i]![j]!;
      else if (!valid(i, j, adjust)) wrong++;
    }
  }
  return wrong;

  function valid(i: number, j: number, adjust: Uint8Array): boolean {
    const causal = (v: number) => v !== i && reach[i]![v] === 1 && reach[v]![j] === 1;
    for (let v = 0; v < d; v++) {
      if (causal(v)) for (let z = 0; z < d; z++) if (adjust[z] === 1 && reach[v]![z] === 1) return false;
    }
    // d-separation of i and j without the first edges of causal paths: a walk over (vertex, how it was entered).
    const opens = (v: number) => adjust.some((used, z) => used === 1 && reach[v]![z] === 1);
    const seen = new Uint8Array(2 * d); // 0: entered from a child, 1: from a parent
    const stack = [2 * i];
    seen[2 * i] = 1;
    const enter = (v: number, fromParent: number) => {
      if (seen[2 * v + fromParent] === 1) return;
      seen[2 * v + fromParent] = 1;
      stack.push(2 * v + fromParent);
    };
    while (stack.length > 0) {
      const state = stack.pop()!;
      const v = state >> 1;
      if (v === j) return false;
      const toChildren = adjust[v] === 0;
      const toParents = state % 2 === 0 ? toChildren : opens(v);
      for (let u = 0; u < d; u++) {
        if (toChildren && actual[v * d + u] !== 0 && !(v === i && causal(u))) enter(u, 1);
        if (toParents && actual[u * d + v] !== 0) enter(u, 0);
      }
    }
    return true;
  }
}
