/**
 * Graphs as weighted adjacency matrices, flat and row-major: W[i·d + j] ≠ 0 means the edge i → j, so that row i holds what
 * leaves i and column j what enters j.
 */
import { options, requireList } from '@assay-ml/numerics/check';
import { permutation, sized } from './check.js';

/** Places in an order: place[order[k]] = k. @throws TypeError for arguments of another kind */
export function placesOf(order: ArrayLike<number>): Uint32Array {
  requireList('placesOf', 'order', order, 'Give every variable one place.');
  const places = new Uint32Array(order.length);
  for (let k = 0; k < order.length; k++) places[order[k]!] = k;
  return places;
}

/**
 * A topological order of W's graph, sources first, by Kahn; of several vertices that could come next, the smallest.
 * @returns the order, or null if there is a cycle
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function topologicalOrder(W: Float64Array, d: number): Uint32Array<ArrayBuffer> | null {
  sized('topologicalOrder', 'W', W, d);
  const parents = new Uint32Array(d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) if (W[i * d + j] !== 0) parents[j]!++;
  const order = new Uint32Array(d);
  const done = new Uint8Array(d);
  for (let k = 0; k < d; k++) {
    const next = parents.findIndex((count, v) => count === 0 && done[v] === 0);
    if (next < 0) return null;
    order[k] = next;
    done[next] = 1;
    for (let j = 0; j < d; j++) if (W[next * d + j] !== 0) parents[j]!--;
  }
  return order;
}

/**
 * Whether W's graph has no directed cycle. A non-zero diagonal is one.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function isDag(W: Float64Array, d: number): boolean {
  sized('isDag', 'W', W, d);
  return topologicalOrder(W, d) !== null;
}

/**
 * The vertices of a directed cycle in their order, or null.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function findCycle(W: Float64Array, d: number): number[] | null {
  sized('findCycle', 'W', W, d);
  const state = new Uint8Array(d); // 1: on the path, 2: done
  const path: number[] = [];
  const visit = (v: number): number[] | null => {
    state[v] = 1;
    path.push(v);
    for (let j = 0; j < d; j++) {
      if (W[v * d + j] === 0 || state[j] === 2) continue;
      const found = state[j] === 1 ? path.slice(path.indexOf(j)) : visit(j);
      if (found !== null) return found;
    }
    path.pop();
    state[v] = 2;
    return null;
  };
  for (let v = 0; v < d; v++) {
    const found = state[v] === 0 ? visit(v) : null;
    if (found !== null) return found;
  }
  return null;
}

/** Writes a [d, d] matrix with rows and columns in an order to `out`, another array, and returns that. */
export function reorder<T extends Float64Array>(matrix: Float64Array, d: number, order: ArrayLike<number>, out: T): T {
  for (let a = 0; a < d; a++) {
    const from = order[a]! * d;
    for (let b = 0; b < d; b++) out[a * d + b] = matrix[from + order[b]!]!;
  }
  return out;
}

/**
 * Sets all entries to 0 that do not lead forwards in the order, the diagonal too; returns W.
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function keepForward(W: Float64Array, d: number, order: ArrayLike<number>): Float64Array {
  sized('keepForward', 'W', W, d);
  permutation('keepForward', 'order', order, d);
  const place = placesOf(order);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) if (place[i]! >= place[j]!) W[i * d + j] = 0;
  return W;
}

/** What {@link repair} gives. */
export interface Repaired {
  /** [d, d], a DAG. */
  readonly W: Float64Array<ArrayBuffer>;
  /** Edges that were taken away, small ones below the threshold not counted. */
  readonly removed: number;
}

/** Knowledge that {@link repair} keeps to, [d, d] each, as `constraintsOf` says it. */
export interface RepairOptions {
  /** 1 where an edge must be. Default none. */
  readonly required?: Uint8Array | undefined;
  /** 1 where i must come before j. Default nowhere. */
  readonly before?: Uint8Array | undefined;
}

/**
 * Thresholds a matrix and makes it a DAG. Not part of the published loop, whose matrices are DAGs; it is what methods with a
 * soft acyclicity constraint need.
 * @param threshold entries of at most this size become 0
 * @param how `delete`: the smallest edges go until no cycle is left (GOLEM); `insert`: edges come by falling size, each
 *   unless it closes a cycle (`threshold_till_dag` of ψDAG's code)
 * @param known required edges stay, whatever their size, and what is left goes with what must come `before`
 * @throws TypeError for arguments of another kind; RangeError for a matrix that is not [d, d]
 */
export function repair(
  W: Float64Array,
  d: number,
  threshold: number,
  how: 'delete' | 'insert' = 'delete',
  known: RepairOptions = {},
): Repaired {
  options('repair', known, { required: 0, before: 0 });
  sized('repair', 'W', W, d);
  const { required, before } = known;
  const stays = (at: number) => required?.[at] === 1;
  const kept = Float64Array.from(W, (value, at) =>
    (Math.abs(value) > threshold || stays(at)) && at % (d + 1) !== 0 ? value : 0,
  );
  const edges = [...kept.keys()]
    .filter((at) => kept[at] !== 0 && !stays(at))
    .sort((a, b) => Math.abs(kept[a]!) - Math.abs(kept[b]!));
  const fixed = (at: number) => stays(at) || before?.[at] === 1;
  const acyclic = (graph: Float64Array) =>
    isDag(required === undefined && before === undefined ? graph : graph.map((w, at) => (fixed(at) ? 1 : w)), d);
  if (how === 'delete') {
    // Acyclic once few enough are left: bisect on how many of the smallest go.
    const without = (count: number) => {
      const rest = kept.slice();
      for (const at of edges.slice(0, count)) rest[at] = 0;
      return rest;
    };
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (acyclic(without(middle))) high = middle;
      else low = middle + 1;
    }
    return { W: without(low), removed: low };
  }
  const out = kept.map((value, at) => (stays(at) ? value : 0));
  const reach = Array.from({ length: d }, (_, i) => new Set([i])); // what each vertex reaches, itself included
  const join = (i: number, j: number) => {
    for (const from of reach) if (from.has(i)) for (const v of reach[j]!) from.add(v);
  };
  for (let at = 0; at < d * d; at++) if (fixed(at)) join(Math.floor(at / d), at % d);
  let removed = 0;
  for (const at of edges.reverse()) {
    const [i, j] = [Math.floor(at / d), at % d];
    if (reach[j]!.has(i)) {
      removed++;
      continue;
    }
    out[at] = kept[at]!;
    join(i, j);
  }
  return { W: out, removed };
}
