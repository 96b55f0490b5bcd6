/** What is known beforehand: tiers, required and forbidden edges, as a mask of allowed edges and a partial order. */
import { options, requireKeys } from '@assay-ml/numerics/check';
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

/** Its names, for checks. */
export const KNOWLEDGE = { tiers: 0, required: 0, forbidden: 0 } satisfies Record<keyof Knowledge, 0>;

/** Which vertices must come before which. */
export interface Precedence {
  /** [d, d], 1 where i must come before j: by tiers, and by required edges. Not closed under transitivity. */
  readonly before: Uint8Array;
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
 * @throws TypeError for arguments of another kind; RangeError for numbers that are no variables, edges both required and forbidden, and contradictions, whose cycle is
 *   printed
 */
export function constraintsOf(knowledge: Knowledge, d: number, names?: readonly string[]): Constraints {
  options('constraintsOf', knowledge, KNOWLEDGE);
  requireKeys('constraintsOf', 'knowledge', knowledge, [], 'Say { forbidden: [[1, 0]] }.');
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
  return { allowed, required: must, precedence: precedenceOf(Uint8Array.from(before), d) };
}

function precedenceOf(before: Uint8Array, d: number): Precedence {
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
  return { before, predecessors, successors, release };
}

/** Knowledge with variable order[k] counted as the k-th. */
export function renumbered({ allowed, required, precedence }: Constraints, order: ArrayLike<number>): Constraints {
  const d = order.length;
  const moved = (mask: Uint8Array) =>
    Uint8Array.from(mask, (_, at) => mask[order[Math.floor(at / d)]! * d + order[at % d]!]!);
  return { allowed: moved(allowed), required: moved(required), precedence: precedenceOf(moved(precedence.before), d) };
}

/** Knowledge for methods whose solution is a matrix, [d, d] each, as `constraintsOf` says it. */
export interface SoftKnowledge {
  /** 0 where no edge may be. Default: anywhere. */
  readonly allowed?: Uint8Array | undefined;
  /** 1 where one must be: no term that favours few edges, no threshold and no repair takes it. Default none. */
  readonly required?: Uint8Array | undefined;
  /** 1 where i must come before j, as if there were an edge: a path from j to i then closes a cycle. Default nowhere. */
  readonly before?: Uint8Array | undefined;
}

/** Whether an edge between two variables may lead from i to j alone, where it need not be. */
export function oneWay({ allowed }: Constraints, d: number, i: number, j: number): boolean {
  return allowed[i * d + j] === 1 && allowed[j * d + i] === 0;
}

/** Options of methods that choose an order variable by variable. */
export interface OrderOptions {
  /** What is known beforehand, by `constraintsOf`: a variable waits for those that must come before it. Default nothing. */
  readonly constraints?: Constraints | undefined;
}

/** Which variables may come next, from the front or from the back, as an order grows. */
export interface Readiness {
  /** Whether nothing that must come before v (after v, from the back) is still without a place. */
  ready(v: number): boolean;
  /** Gives v its place. */
  place(v: number): void;
}

/** @param from the end that the order grows from */
export function readiness(constraints: Constraints | undefined, from: 'front' | 'back'): Readiness {
  if (constraints === undefined) return { ready: () => true, place: () => undefined };
  const { predecessors, successors, release } = constraints.precedence;
  const left = predecessors.slice();
  const right = successors.slice();
  const waits = from === 'front' ? left : right;
  return { ready: (v) => waits[v] === 0, place: (v) => release(v, left, right) };
}

/**
 * The order nearest to one that knows nothing of constraints: variables come as early as they did and as is allowed.
 * @param wish whether a variable should also wait for those that may be its causes and not its effects; where such wishes make a
 *   circle, the variable with the fewest to wait for comes first
 */
export function conform(
  order: ArrayLike<number>,
  d: number,
  constraints: Constraints,
  wish = false,
): Uint32Array<ArrayBuffer> {
  const { ready, place } = readiness(constraints, 'front');
  const wishes = new Uint32Array(d);
  if (wish) for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) wishes[j]! += Number(oneWay(constraints, d, i, j));
  const rest = Array.from(order);
  const out = new Uint32Array(d);
  for (let k = 0; k < d; k++) {
    let at = -1;
    for (let r = 0; r < rest.length; r++) {
      if (ready(rest[r]!) && (at < 0 || wishes[rest[r]!]! < wishes[rest[at]!]!)) at = r;
    }
    const v = rest[at]!;
    out[k] = v;
    rest.splice(at, 1);
    place(v);
    if (wish) for (let j = 0; j < d; j++) wishes[j]! -= Number(oneWay(constraints, d, v, j));
  }
  return out;
}
