/** What is known beforehand: tiers, required and forbidden edges, as a mask of allowed edges and a partial order. */
import { faulty } from './check.js';
import { findCycle } from './graph.js';
import { vertex } from './separation.js';

/** Background knowledge; variables are numbered from 0. */
export interface Knowledge {
  /** Variables of earlier tiers are never effects of later ones. Those in no tier are free. */
  readonly tiers?: readonly (readonly number[])[];
  /** Edges [from, to] that the graph must have. */
  readonly required?: readonly (readonly [number, number])[];
  /** Edges [from, to] that it must not have. */
  readonly forbidden?: readonly (readonly [number, number])[];
}

/** Which vertices must come before which. */
export interface Precedence {
  /** How many must come before each vertex. */
  readonly predecessors: Uint32Array;
  /** How many must come after it. */
  readonly successors: Uint32Array;
  /** Takes a vertex that has got its place out of both counts. */
  release(v: number, predecessors: Uint32Array, successors: Uint32Array): void;
}

/** Knowledge made ready for the methods. */
export interface Constraints {
  /** [d, d], 1 where an edge may be. The diagonal is 0. */
  readonly allowed: Uint8Array;
  /** [d, d], 1 where an edge must be. */
  readonly required: Uint8Array;
  readonly precedence: Precedence;
}

/**
 * Checks knowledge and makes it ready.
 * @param names for messages; default x0, x1, …
 * @throws RangeError for numbers that are no variables, edges both required and forbidden, and contradictions, whose cycle is
 *   printed
 */
export function constraintsOf(knowledge: Knowledge, d: number, names?: readonly string[]): Constraints {
  const { tiers = [], required = [], forbidden = [] } = knowledge;
  const name = (v: number) => names?.[v] ?? `x${v}`;
  const variable = (where: string, v: number) => vertex('constraintsOf', where, v, d);
  const allowed = new Uint8Array(d * d).fill(1);
  const must = new Uint8Array(d * d);
  const before = new Float64Array(d * d);
  for (let v = 0; v < d; v++) allowed[v * d + v] = 0;
  const tierOf = new Int32Array(d).fill(-1);
  tiers.forEach((tier, t) => {
    for (const v of tier) {
      if (tierOf[variable('tiers', v)] !== -1) {
        throw faulty(
          'constraintsOf',
          'tiers',
          `two tiers with ${name(v)}`,
          'disjoint',
          'Put each variable into one tier.',
        );
      }
      tierOf[v] = t;
    }
  });
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (tierOf[i]! < 0 || tierOf[j]! < 0 || tierOf[i]! >= tierOf[j]!) continue;
      before[i * d + j] = 1;
      allowed[j * d + i] = 0;
    }
  }
  for (const [i, j] of forbidden) allowed[variable('forbidden', i) * d + variable('forbidden', j)] = 0;
  for (const [i, j] of required) {
    const at = variable('required', i) * d + variable('required', j);
    before[at] = 1;
    allowed[j * d + i] = 0;
    if (forbidden.some(([a, b]) => a === i && b === j)) {
      throw faulty('constraintsOf', 'required', `${name(i)} → ${name(j)}, which is forbidden too`, 'allowed', 'Drop one of the two.'); // prettier-ignore
    }
    must[at] = 1;
  }
  const cycle = findCycle(before, d);
  if (cycle !== null) {
    const path = [...cycle, cycle[0]!].map(name).join(' → ');
    throw faulty('constraintsOf', 'knowledge', `contradictory: ${path}`, 'free of cycles', 'Drop an edge or a tier of that cycle.'); // prettier-ignore
  }
  const predecessors = new Uint32Array(d);
  const successors = new Uint32Array(d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (before[i * d + j] === 0) continue;
      successors[i]!++;
      predecessors[j]!++;
    }
  }
  const release = (v: number, left: Uint32Array, right: Uint32Array) => {
    for (let u = 0; u < d; u++) {
      if (before[v * d + u] !== 0) left[u]!--;
      if (before[u * d + v] !== 0) right[u]!--;
    }
  };
  return { allowed, required: must, precedence: { predecessors, successors, release } };
}
