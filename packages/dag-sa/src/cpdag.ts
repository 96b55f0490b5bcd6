/**
 * Equivalence classes of DAGs as partially directed graphs: v-structures, then Meek's rules, and what background knowledge adds
 * (Meek, "Causal inference and causal explanation with background knowledge", UAI 1995).
 */
import { options as known } from '@assay-ml/numerics/check';
import { faulty, sized } from './check.js';
import { isDag } from './graph.js';
import { type OrderOptions } from './knowledge.js';

const has = (P: Uint8Array, d: number, i: number, j: number) => P[i * d + j] === 1;
const adjacent = (P: Uint8Array, d: number, i: number, j: number) => has(P, d, i, j) || has(P, d, j, i);
const directed = (P: Uint8Array, d: number, i: number, j: number) => has(P, d, i, j) && !has(P, d, j, i);

/** Whether the pattern has an edge between i and j whose direction is open. */
function isOpen(P: Uint8Array, d: number, i: number, j: number): boolean {
  return has(P, d, i, j) && has(P, d, j, i);
}

/** Directs, in place, what Meek's four rules direct; returns the pattern. */
function closed(P: Uint8Array, d: number): Uint8Array {
  const vertices = Array.from({ length: d }, (_, v) => v);
  const forced = (i: number, j: number): boolean =>
    vertices.some((k) => directed(P, d, k, i) && !adjacent(P, d, k, j)) ||
    vertices.some((k) => directed(P, d, i, k) && directed(P, d, k, j)) ||
    vertices.some(
      (k) =>
        isOpen(P, d, i, k) &&
        directed(P, d, k, j) &&
        vertices.some((l) => l < k && isOpen(P, d, i, l) && directed(P, d, l, j) && !adjacent(P, d, k, l)),
    ) ||
    // Needed beside knowledge alone: i — k → l → j with i and l adjacent, k and j not.
    vertices.some(
      (l) =>
        directed(P, d, l, j) &&
        adjacent(P, d, i, l) &&
        vertices.some((k) => isOpen(P, d, i, k) && directed(P, d, k, l) && !adjacent(P, d, k, j)),
    );
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        if (!isOpen(P, d, i, j) || !forced(i, j)) continue;
        P[j * d + i] = 0;
        changed = true;
      }
    }
  }
  return P;
}

/**
 * The class of a DAG.
 * @param options settings
 * @param options.constraints what is known, which the DAG keeps to: it directs edges that the class leaves open, and others by these.
 *   What tiers say of pairs without an edge, where some variables are in no tier, directs nothing
 * @returns [d, d], 1 at (i, j) alone for an edge i → j of every DAG of the class, at (i, j) and (j, i) for one whose direction is open
 * @throws TypeError for arguments of another kind; RangeError if the graph has a cycle
 */
export function cpdag(W: Float64Array, d: number, options: OrderOptions = {}): Uint8Array {
  known('cpdag', options, { constraints: 0 });
  sized('cpdag', 'W', W, d);
  if (!isDag(W, d))
    throw faulty('cpdag', 'W', 'a graph with a cycle', 'a DAG', 'findCycle() shows it; repair() cuts it.');
  const P = new Uint8Array(d * d);
  const direct: [number, number][] = [];
  for (let at = 0; at < d * d; at++) if (W[at] !== 0) P[at] = P[(at % d) * d + Math.floor(at / d)] = 1;
  for (let j = 0; j < d; j++) {
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < a; b++) {
        if (W[a * d + j] !== 0 && W[b * d + j] !== 0 && !adjacent(P, d, a, b)) direct.push([a, j], [b, j]);
      }
    }
  }
  for (const [i, j] of direct) P[j * d + i] = 0;
  closed(P, d);
  const { constraints } = options;
  if (constraints === undefined) return P;
  for (let at = 0; at < d * d; at++) if (constraints.allowed[at] === 0) P[at] = 0;
  return closed(P, d);
}

/**
 * DAGs of a class, one for each way in which the open edges at some variables can be directed: all that interventions on these can tell
 * apart, as DAGs of a class with the same parents of x give the same effects of x.
 * @param P the class, by {@link cpdag}
 * @param at the variables
 * @param most how many may come
 * @returns [d, d] each, 1 for an edge; null if there are more
 */
export function members(P: Uint8Array, d: number, at: readonly number[], most: number): Uint8Array[] | null {
  const found: Uint8Array[] = [];
  const visit = (pattern: Uint8Array): boolean => {
    const near = at.flatMap((v) => Array.from({ length: d }, (_, u) => v * d + u));
    const next = near.find((k) => isOpen(pattern, d, Math.floor(k / d), k % d));
    if (next === undefined) {
      found.push(whole(pattern, d));
      return found.length <= most;
    }
    const [i, j] = [Math.floor(next / d), next % d];
    return [[i, j] as const, [j, i] as const].every(([from, to]) => {
      const one = pattern.slice();
      one[to * d + from] = 0;
      return visit(closed(one, d));
    });
  };
  return visit(P) ? found : null;
}

/** A DAG of a class: its open edges directed one by one, with what follows from each. */
function whole(pattern: Uint8Array, d: number): Uint8Array {
  const P = pattern.slice();
  for (let k = 0; k < d * d; k++) {
    if (!isOpen(P, d, Math.floor(k / d), k % d)) continue;
    P[(k % d) * d + Math.floor(k / d)] = 0;
    closed(P, d);
  }
  return P;
}
