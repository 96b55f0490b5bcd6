/** One method on one table: its order or its soft solution, and the edges that stay, under what is known. */
import { boss } from './boss.js';
import { dagma } from './baselines/dagma.js';
import { directLingam } from './baselines/direct-lingam.js';
import { eqVarBottomUp, eqVarTopDown } from './baselines/eqvar.js';
import { golem } from './baselines/golem.js';
import { nocurl } from './baselines/nocurl.js';
import { notears } from './baselines/notears.js';
import { r2Order } from './baselines/r2-sort.js';
import { randomOrder } from './baselines/random-order.js';
import { varianceOrder } from './baselines/sortnregress.js';
import { fitParents } from './exact.js';
import { placesOf, reorder, repair, topologicalOrder } from './graph.js';
import { type Constraints, renumbered, type SoftKnowledge } from './knowledge.js';
import { searchOrder } from './order-search.js';
import { psiDag, type PsiDagOptions } from './psi-dag.js';
import { reconciled } from './reconcile.js';
import { rowSource } from './sources.js';
import { adaptiveLasso, bicPrune } from './sparsify.js';

/** Methods of `fit`. */
export const methods = [
  'psi-dag', 'order-search', 'boss', 'eqvar-td', 'eqvar-bu', 'sortnregress', 'r2-sort', 'random-order', 'direct-lingam',
  'notears', 'golem-ev', 'golem-nv', 'dagma', 'nocurl',
] as const; // prettier-ignore
/** Name of a method. */
export type Method = (typeof methods)[number];
/** Which edges of an order stay. */
export type Sparsify = 'bic' | 'threshold' | 'lasso' | 'none';

/** Methods that go by the rows, not by the covariance alone. */
export const fromRows: readonly Method[] = ['psi-dag', 'order-search', 'direct-lingam'];

/** A table as methods see it. */
export interface Data {
  /** [n, d], centred; for {@link fromRows}, and where n ≤ d. */
  readonly rows: Float64Array | null;
  /** Σ, [d, d]. */
  readonly covariance: Float64Array<ArrayBuffer>;
}

/** What a method is to do. */
export interface Settings {
  readonly method: Method;
  readonly sparsify: Sparsify;
  readonly threshold: number;
  readonly seed: number;
  readonly n: number;
  readonly d: number;
  readonly constraints: Constraints | undefined;
  readonly psiDag: Omit<PsiDagOptions, 'constraints' | 'covariance' | 'centre'>;
  /** [d]: the variables in an order that the order of columns has no part in. Of equal choices the first in it counts. */
  readonly canon: Uint32Array;
}

/** A graph. */
export interface Learnt {
  /** [d, d], a DAG. */
  readonly W: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array<ArrayBuffer>;
  /** Edges taken away to make a soft solution acyclic. */
  readonly removed: number;
}

/** Σ is checked by the caller. */
export function learn(data: Data, settings: Settings): Learnt {
  const { method, threshold, n, d, constraints } = settings;
  const { covariance } = data;
  const known: SoftKnowledge = {
    allowed: constraints?.allowed,
    required: constraints?.required,
    before: constraints?.precedence.before,
  };
  const soft = softSolution(method, covariance, d, known);
  if (soft !== null) {
    const { required, before } = known;
    const { W, removed } = repair(soft, d, threshold, 'delete', { required, before });
    // Its weights are small by its L1 term, and not what its edges are worth: they are always fitted anew.
    const order = topologicalOrder(
      W.map((w, at) => (before?.[at] === 1 ? 1 : w)),
      d,
    )!;
    const parents = chosenParents(order, settings, (i, j) => W[i * d + j] !== 0);
    return { W: fitParents(covariance, d, parents), order, removed };
  }
  if (method === 'boss') {
    const found = bestOrder(covariance, settings);
    // Its parents are those of the best BIC already.
    if (settings.sparsify === 'bic') return { ...found, removed: 0 };
    return { W: edgesOfOrder(found.order, data, settings), order: found.order, removed: 0 };
  }
  const own = orderOf(data, settings);
  const order = constraints === undefined || n <= d ? own : reconciled(own, covariance, d, n, constraints);
  return { W: edgesOfOrder(order, data, settings), order, removed: 0 };
}

function softSolution(method: Method, covariance: Float64Array, d: number, known: SoftKnowledge): Float64Array | null {
  switch (method) {
    case 'notears':
      return notears(covariance, d, known).W;
    case 'golem-ev':
      return golem(covariance, d, known).W;
    case 'golem-nv':
      return golem(covariance, d, { ...known, variances: 'NV', start: golem(covariance, d, known).W }).W;
    case 'dagma':
      return dagma(covariance, d, known).W;
    case 'nocurl':
      return nocurl(covariance, d, known).W;
    default:
      return null;
  }
}

function orderOf(data: Data, settings: Settings): Uint32Array<ArrayBuffer> {
  const { method, n, d, seed, canon } = settings;
  if (method === 'psi-dag') return stochastic(data, settings).order;
  if (method === 'order-search') {
    return searchOrder(data.covariance, d, stochastic(data, settings).order, withKnowledge(settings.constraints)).order;
  }
  // The others meet ties: they see the columns in an order of its own.
  const known = withKnowledge(settings.constraints && renumbered(settings.constraints, canon));
  const covariance = reorder(data.covariance, d, canon, new Float64Array(d * d));
  const orders = {
    'eqvar-td': () => eqVarTopDown(covariance, d, known),
    'eqvar-bu': () => eqVarBottomUp(covariance, d, known),
    sortnregress: () => varianceOrder(covariance, d, known),
    'r2-sort': () => r2Order(covariance, d, known),
    'random-order': () => randomOrder(d, seed, known),
    'direct-lingam': () => directLingam(data.rows!.map((_, at) => data.rows![at - (at % d) + canon[at % d]!]!), n, d, known), // prettier-ignore
  };
  return orders[method as keyof typeof orders]().map((k) => canon[k]!);
}

const withKnowledge = (constraints: Constraints | undefined) => (constraints === undefined ? {} : { constraints });

/** From a random order: directions that the class leaves open differ from seed to seed, as a bootstrap should see them. */
function bestOrder(covariance: Float64Array, { n, d, seed, canon, constraints }: Settings) {
  const known = withKnowledge(constraints && renumbered(constraints, canon));
  const seen = reorder(covariance, d, canon, new Float64Array(d * d));
  const found = boss(seen, d, n, { seed, start: randomOrder(d, seed), ...known });
  return { W: reorder(found.W, d, placesOf(canon), new Float64Array(d * d)), order: found.order.map((k) => canon[k]!) };
}

function stochastic({ rows }: Data, { n, d, seed, constraints, psiDag: options }: Settings) {
  return psiDag(rowSource(rows!, n, d, { seed }), {
    epochs: 3,
    ...options,
    centre: false,
    ...withKnowledge(constraints),
  });
}

/** The parents of each variable: before it in the order, allowed, and chosen or required. */
function chosenParents(
  order: Uint32Array,
  { d, constraints }: Settings,
  chosen: (i: number, j: number) => boolean,
): number[][] {
  const place = placesOf(order);
  return Array.from({ length: d }, (_, j) =>
    Array.from({ length: d }, (_, i) => i).filter(
      (i) =>
        place[i]! < place[j]! &&
        constraints?.allowed[i * d + j] !== 0 &&
        (chosen(i, j) || constraints?.required[i * d + j] === 1),
    ),
  );
}

/** W of an order, with the edges that the chosen way keeps. */
function edgesOfOrder(order: Uint32Array<ArrayBuffer>, data: Data, settings: Settings): Float64Array<ArrayBuffer> {
  const { sparsify, threshold, n, d, constraints } = settings;
  const { covariance } = data;
  const masks = constraints && { allowed: constraints.allowed, required: constraints.required };
  if (sparsify === 'bic') return bicPrune(covariance, d, order, n, masks);
  if (sparsify === 'lasso') {
    const lasso = adaptiveLasso(covariance, d, order, n, masks);
    return fitParents(
      covariance,
      d,
      chosenParents(order, settings, (i, j) => lasso[i * d + j] !== 0),
    );
  }
  // With too few rows no regression on all predecessors exists: ψDAG's own weights then decide.
  const full =
    n <= d
      ? stochastic(data, settings).W
      : fitParents(
          covariance,
          d,
          chosenParents(order, settings, () => true),
        );
  if (sparsify === 'none') return full;
  const large = chosenParents(order, settings, (i, j) => Math.abs(full[i * d + j]!) > threshold);
  const W = new Float64Array(d * d);
  large.forEach((list, j) => list.forEach((i) => (W[i * d + j] = full[i * d + j]!)));
  return W;
}
