/** Descendants and d-separation: what intervention distance and adjustment sets rest on. */
import { integer, invalid } from '@assay-ml/numerics/check';
import { faulty, square } from './check.js';
import { isDag } from './graph.js';

/** @throws RangeError unless `v` is one of the d variables. */
export function vertex(where: string, name: string, v: number, d: number): number {
  integer(where, name, v, 0, 'Number variables from 0.');
  if (v >= d) throw invalid(where, name, v, `below d = ${d}`, 'Number variables from 0.');
  return v;
}

/** @throws RangeError unless W is the finite [d, d] matrix of a DAG. */
export function acyclic(where: string, name: string, W: Float64Array, d: number): void {
  square(where, name, W, d);
  if (!isDag(W, d)) throw faulty(where, name, 'a graph with a cycle', 'a DAG', 'repair() makes one.');
}

/** [d], 1 for i and for all that a directed path leads to from i. */
export function descendantsOf(W: Float64Array, d: number, i: number): Uint8Array {
  return walked(d, [i], (v, u) => W[v * d + u] !== 0);
}

/** [d], 1 for the vertices and for all from which a directed path leads to one of them. */
export function ancestorsOf(W: Float64Array, d: number, vertices: readonly number[]): Uint8Array {
  return walked(d, vertices, (v, u) => W[u * d + v] !== 0);
}

function walked(d: number, from: readonly number[], joined: (v: number, u: number) => boolean): Uint8Array {
  const seen = new Uint8Array(d);
  const stack = [...from];
  for (const v of stack) seen[v] = 1;
  while (stack.length > 0) {
    const v = stack.pop()!;
    for (let u = 0; u < d; u++) {
      if (seen[u] === 1 || !joined(v, u)) continue;
      seen[u] = 1;
      stack.push(u);
    }
  }
  return seen;
}

/**
 * Whether x and y are d-separated by a set: no path between them is open (Pearl, Causality, 2009, §1.2.3). A walk over vertices
 * and the way they were entered, O(d²).
 * @param W a DAG, [d, d]
 * @param given variables other than x and y
 * @throws RangeError for a graph with a cycle, and for numbers that are no variables or not different ones
 */
export function dSeparated(W: Float64Array, d: number, x: number, y: number, given: readonly number[]): boolean {
  acyclic('dSeparated', 'W', W, d);
  vertex('dSeparated', 'x', x, d);
  if (vertex('dSeparated', 'y', y, d) === x) throw invalid('dSeparated', 'y', y, 'another variable than x');
  for (const v of given) {
    vertex('dSeparated', 'given', v, d);
    if (v === x || v === y) throw invalid('dSeparated', 'given', given, 'without x and y', 'Leave both out.');
  }
  return separated(W, d, x, y, given);
}

/** {@link dSeparated} without its checks. */
export function separated(W: Float64Array, d: number, x: number, y: number, given: readonly number[]): boolean {
  const blocked = new Uint8Array(d);
  for (const v of given) blocked[v] = 1;
  const opened = ancestorsOf(W, d, given); // colliders that the set opens
  const seen = new Uint8Array(2 * d); // 0: entered from a child, 1: from a parent
  const stack = [2 * x];
  seen[2 * x] = 1;
  const enter = (v: number, fromParent: number) => {
    if (seen[2 * v + fromParent] === 1) return;
    seen[2 * v + fromParent] = 1;
    stack.push(2 * v + fromParent);
  };
  while (stack.length > 0) {
    const state = stack.pop()!;
    const v = state >> 1;
    if (v === y) return false;
    const toChildren = blocked[v] === 0;
    const toParents = state % 2 === 0 ? toChildren : opened[v] === 1;
    for (let u = 0; u < d; u++) {
      if (toChildren && W[v * d + u] !== 0) enter(u, 1);
      if (toParents && W[u * d + v] !== 0) enter(u, 0);
    }
  }
  return true;
}
