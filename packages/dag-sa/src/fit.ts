/** The one call: a table in, a graph out, with what speaks against it. */
import { atLeast, integer, invalid, oneOf } from '@assay-ml/numerics/check';
import { boss } from './boss.js';
import { faulty } from './check.js';
import { dagma } from './baselines/dagma.js';
import { directLingam } from './baselines/direct-lingam.js';
import { eqVarBottomUp, eqVarTopDown } from './baselines/eqvar.js';
import { golem } from './baselines/golem.js';
import { nocurl } from './baselines/nocurl.js';
import { notears } from './baselines/notears.js';
import { r2Order } from './baselines/r2-sort.js';
import { randomOrder } from './baselines/random-order.js';
import { varianceOrder } from './baselines/sortnregress.js';
import { centred, correlation, moments } from './covariance.js';
import { diagnose, type Diagnostics } from './diagnostics.js';
import { factorInOrder, fitParents } from './exact.js';
import { type Edge, edgesOf } from './export.js';
import { placesOf, repair, topologicalOrder } from './graph.js';
import { constraintsOf, type Constraints, type Knowledge } from './knowledge.js';
import { searchOrder } from './order-search.js';
import { projectOrder } from './project.js';
import { psiDag, type PsiDagOptions } from './psi-dag.js';
import { rowSource } from './sources.js';
import { adaptiveLasso, bicPrune } from './sparsify.js';
import { precisionFor } from './strips.js';

/** Methods of {@link fit}. */
export const methods = [
  'psi-dag', 'order-search', 'boss', 'eqvar-td', 'eqvar-bu', 'sortnregress', 'r2-sort', 'random-order', 'direct-lingam',
  'notears', 'golem-ev', 'golem-nv', 'dagma', 'nocurl',
] as const; // prettier-ignore
/** Name of a method. */
export type Method = (typeof methods)[number];

/** Options of {@link fit}. */
export interface FitOptions extends Knowledge {
  /** Default `psi-dag`. `order-search` improves ψDAG's order by insertions; `boss` finds an equivalence class, whatever the units. */
  readonly method?: Method;
  /** Names of the columns, for messages. Default x0, x1, …. */
  readonly names?: readonly string[];
  /** A label for each row: means are removed in each environment by itself. Default one environment. */
  readonly environment?: ArrayLike<number | string>;
  /** Scales each variable to variance 1 first. Default false, as in the paper; the diagnostics say whether it matters. */
  readonly standardise?: boolean;
  /**
   * Which edges of the order stay. Default `bic`, which comes from the data; `threshold` is the paper's way; `lasso`; or `none`.
   * Methods with an L1 term of their own (NOTEARS, GOLEM, DAGMA, NOCURL) always take `threshold`.
   */
  readonly sparsify?: 'bic' | 'threshold' | 'lasso' | 'none';
  /** For `threshold`. Default 0.3, the paper's and that of NOTEARS; with weights down to 0.05 it misses a quarter of them. */
  readonly threshold?: number;
  /** Of the batches that ψDAG draws, and of the orders of `random-order` and `boss`. Default 0. */
  readonly seed?: number;
  /** Of ψDAG. Default: 3 epochs of 1000 + 1000 batches of 64. */
  readonly psiDag?: Omit<PsiDagOptions, 'constraints' | 'covariance' | 'centre'>;
  /** Bytes that may be allocated. Default 3e9. */
  readonly memory?: number;
}

/** What {@link fit} gives. */
export interface Fit {
  /** [d, d], a DAG, in the units of the data (of standardised data with `standardise`). */
  readonly W: Float64Array<ArrayBuffer>;
  /** [d], sources first: an order of W. */
  readonly order: Uint32Array<ArrayBuffer>;
  readonly edges: readonly Edge[];
  readonly names: readonly string[];
  /** Edges taken away to make a soft solution acyclic. */
  readonly removed: number;
  readonly diagnostics: Diagnostics;
}

/** What a fit will take, roughly. */
export interface Estimate {
  readonly bytes: number;
  readonly seconds: number;
}

/** Operations a second of our kernels, and what one step of a soft method costs in d³; measured on one core of 2.5 GHz. */
const RATE = 3e9;

/**
 * Time and memory of a fit before it starts; within a factor of three or so on a machine of today.
 * @param n rows; @param d variables
 */
export function estimate(
  n: number,
  d: number,
  { method = 'psi-dag', psiDag: options = {} }: FitOptions = {},
): Estimate {
  const { batches = [1000, 1000], batchSize = 64, epochs = 3 } = options;
  const cube = d ** 3;
  // Products in our kernels take a quarter of the time of other work.
  const steps = epochs * (batches[0] + batches[1]) * d * d * (batchSize + 10);
  const operations = {
    'psi-dag': steps,
    'order-search': steps + 60 * cube,
    boss: 60_000 * cube,
    'eqvar-td': 2 * cube,
    'eqvar-bu': 4 * cube,
    sortnregress: cube,
    'r2-sort': 2 * cube,
    'random-order': cube,
    'direct-lingam': 20 * n * cube,
    notears: 40_000 * cube,
    'golem-ev': 1e5 * 20 * cube,
    'golem-nv': 2e5 * 20 * cube,
    dagma: 1.8e5 * 6 * cube,
    nocurl: 20_000 * cube,
  }[method];
  // Four of them are the optimiser's.
  const single = (options.precision ?? precisionFor(d)) === 'float32';
  const matrices = method === 'psi-dag' || method === 'order-search' ? (single ? 10 : 12) : 14;
  const trees = method === 'boss' ? 500 * cube : 0;
  return {
    bytes: 8 * (matrices * d * d + 2 * n * d) + trees,
    seconds: (operations + 4 * n * d * d + 20 * cube) / RATE,
  };
}

/**
 * Learns a DAG from a table.
 * @param X [n, d], flat, row by row with d behind it; or rows
 * @throws RangeError for an option outside its range, values that are not finite, constant or collinear columns (named),
 *   contradictory knowledge (its cycle), and for what would take more than `memory` bytes, before anything is allocated
 * @example
 * const { edges, diagnostics } = fit(rows, { tiers: [[0, 1], [2]] });
 */
export function fit(X: readonly (readonly number[])[], options?: FitOptions): Fit;
export function fit(X: Float64Array, d: number, options?: FitOptions): Fit;
export function fit(
  X: Float64Array | readonly (readonly number[])[],
  second?: number | FitOptions,
  third?: FitOptions,
): Fit {
  const flat = X instanceof Float64Array;
  const options = (flat ? third : (second as FitOptions | undefined)) ?? {};
  const d = flat ? (second as number) : (X[0]?.length ?? 0);
  integer('fit', 'd', d, 2, 'Give at least two variables.');
  const n = flat ? X.length / d : X.length;
  integer('fit', 'n', n, 2, `Give whole rows of ${d} numbers.`);
  const {
    method = 'psi-dag',
    sparsify = 'bic',
    threshold = 0.3,
    seed = 0,
    memory = 3e9,
    standardise = false,
  } = options;
  const names = options.names ?? Array.from({ length: d }, (_, v) => `x${v}`);
  oneOf('fit', 'method', method, methods);
  oneOf('fit', 'sparsify', sparsify, ['bic', 'threshold', 'lasso', 'none']);
  atLeast('fit', 'threshold', threshold, 0, 'Leave it out for 0.3.');
  if (names.length !== d) throw faulty('fit', 'names', `${names.length} names`, `d = ${d} names`, 'Name each column.');
  if (options.environment !== undefined && options.environment.length !== n) {
    throw faulty('fit', 'environment', `${options.environment.length} labels`, `n = ${n} labels`, 'Label each row.');
  }
  const { bytes } = estimate(n, d, options);
  if (bytes > memory) {
    throw invalid('fit', 'd', d, `small enough for 'memory' = ${memory} bytes; about ${bytes.toPrecision(2)} are needed`, 'Raise memory, or feed PsiDag batch by batch.'); // prettier-ignore
  }
  const table = flat ? X : flatten(X, d);
  const bad = table.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw invalid('fit', `row ${Math.floor(bad / d)}, ${names[bad % d]}`, table[bad], 'finite', 'Leave such rows or columns out; missing values are not filled in.'); // prettier-ignore
  }
  const rows = centred(table, n, d, options.environment).X;
  const { covariance } = moments(rows, n, d, { centre: false });
  for (let j = 0; j < d; j++) {
    let largest = 0;
    for (let r = 0; r < n; r++) largest = Math.max(largest, Math.abs(table[r * d + j]!));
    // What rounding leaves of a constant column is not variance.
    if (!(covariance[j * (d + 1)]! > (1e-12 * largest) ** 2)) {
      throw faulty('fit', `column ${names[j]}`, 'constant', 'varying', 'Leave it out.');
    }
  }
  if (n <= d && method !== 'psi-dag' && method !== 'sortnregress' && method !== 'random-order') {
    throw invalid('fit', 'n', n, `above d = ${d} for '${method}', which factors the covariance`, "Add rows, leave variables out, or use 'psi-dag' with sparsify: 'threshold'."); // prettier-ignore
  }
  if (n <= d && (sparsify === 'bic' || sparsify === 'lasso' || sparsify === 'none')) {
    throw invalid('fit', 'sparsify', sparsify, `'threshold' for n = ${n} ≤ d = ${d}, where the covariance has no inverse`, 'Add rows, or leave variables out.'); // prettier-ignore
  }
  // For its error alone, which names collinear columns.
  const given = Uint32Array.from({ length: d }, (_, v) => v);
  if (n > d) factorInOrder('fit', covariance, d, given, names);
  const constrained = [options.tiers, options.required, options.forbidden].some((list) => (list?.length ?? 0) > 0);
  const constraints = constrained ? constraintsOf(options, d, names) : undefined;
  const settings = { method, sparsify, threshold, seed, n, d, names, constraints, psiDag: options.psiDag ?? {} };
  const scale = Float64Array.from({ length: d }, (_, j) => Math.sqrt(covariance[j * (d + 1)]!));
  const unitRows = rows.map((value, at) => value / scale[at % d]!);
  const unit = learn(unitRows, correlation(covariance, d), settings);
  const raw = learn(rows, covariance, settings);
  const chosen = standardise ? unit : raw;
  return {
    W: chosen.W,
    order: chosen.order,
    edges: edgesOf(chosen.W, d),
    names,
    removed: chosen.removed,
    diagnostics: diagnose(covariance, d, raw.order, raw.W, unit.W),
  };
}

function flatten(X: readonly (readonly number[])[], d: number): Float64Array {
  const table = new Float64Array(X.length * d);
  X.forEach((row, r) => {
    if (row.length !== d) {
      throw faulty(
        'fit',
        `row ${r}`,
        `of length ${row.length}`,
        `of length ${d}, as row 0`,
        'Give every row all variables.',
      );
    }
    table.set(row, r * d);
  });
  return table;
}

interface Settings {
  readonly method: Method;
  readonly sparsify: NonNullable<FitOptions['sparsify']>;
  readonly threshold: number;
  readonly seed: number;
  readonly n: number;
  readonly d: number;
  readonly names: readonly string[];
  readonly constraints: Constraints | undefined;
  readonly psiDag: PsiDagOptions;
}

interface Learnt {
  readonly W: Float64Array<ArrayBuffer>;
  readonly order: Uint32Array<ArrayBuffer>;
  readonly removed: number;
}

/** One method on one table. */
function learn(rows: Float64Array, covariance: Float64Array, settings: Settings): Learnt {
  const { method, threshold, d, constraints } = settings;
  const soft = softSolution(method, covariance, d, constraints?.allowed);
  if (soft !== null) {
    const { W, removed } = repair(soft, d, threshold);
    if (constraints === undefined) return { W, order: topologicalOrder(W, d)!, removed };
    // What may not be stayed out, but tiers hold for indirect effects too, and required edges may be missing: the order is brought to
    // both, and edges are fitted anew.
    const order = projectOrder(W, d, constraints.precedence);
    const parents = chosenParents(order, settings, (i, j) => W[i * d + j] !== 0);
    return { W: fitParents(covariance, d, parents), order, removed };
  }
  if (method === 'boss' && settings.sparsify === 'bic' && constraints === undefined) {
    // Its parents are those of the best BIC already.
    return { ...bestOrder(covariance, settings), removed: 0 };
  }
  const found = orderOf(rows, covariance, settings);
  const order = constraints === undefined ? found : conform(found, d, constraints);
  return { W: edgesOfOrder(order, rows, covariance, settings), order, removed: 0 };
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

function softSolution(method: Method, covariance: Float64Array, d: number, allowed?: Uint8Array): Float64Array | null {
  const known = allowed === undefined ? {} : { allowed };
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

function orderOf(rows: Float64Array, covariance: Float64Array, settings: Settings): Uint32Array<ArrayBuffer> {
  const { method, n, d, seed } = settings;
  switch (method) {
    case 'eqvar-td':
      return eqVarTopDown(covariance, d);
    case 'eqvar-bu':
      return eqVarBottomUp(covariance, d);
    case 'sortnregress':
      return varianceOrder(covariance, d);
    case 'r2-sort':
      return r2Order(covariance, d);
    case 'random-order':
      return randomOrder(d, seed);
    case 'direct-lingam':
      return directLingam(rows, n, d);
    case 'boss':
      return bestOrder(covariance, settings).order;
    case 'order-search':
      return searchOrder(covariance, d, stochastic(rows, settings).order).order;
    default:
      return stochastic(rows, settings).order;
  }
}

/** From a random order: directions that the class leaves open differ from seed to seed, as a bootstrap should see them. */
function bestOrder(covariance: Float64Array, { n, d, seed }: Settings) {
  return boss(covariance, d, n, { seed, start: randomOrder(d, seed) });
}

function stochastic(rows: Float64Array, { n, d, seed, constraints, psiDag: options }: Settings) {
  return psiDag(rowSource(rows, n, d, { seed }), {
    epochs: 3,
    ...options,
    centre: false,
    ...(constraints === undefined ? {} : { constraints }),
  });
}

/** The order nearest to one that knows nothing of constraints: variables come as early as they did and as is allowed. */
function conform(order: Uint32Array, d: number, { precedence }: Constraints): Uint32Array<ArrayBuffer> {
  const left = precedence.predecessors.slice();
  const right = precedence.successors.slice();
  const rest = [...order];
  const out = new Uint32Array(d);
  for (let k = 0; k < d; k++) {
    const at = rest.findIndex((v) => left[v] === 0);
    out[k] = rest[at]!;
    rest.splice(at, 1);
    precedence.release(out[k]!, left, right);
  }
  return out;
}

/** W of an order, with the edges that the chosen way keeps. */
function edgesOfOrder(
  order: Uint32Array<ArrayBuffer>,
  rows: Float64Array,
  covariance: Float64Array,
  settings: Settings,
): Float64Array<ArrayBuffer> {
  const { sparsify, threshold, n, d, constraints } = settings;
  if (sparsify === 'bic') return bicPrune(covariance, d, order, n, constraints);
  if (sparsify === 'lasso') {
    const lasso = adaptiveLasso(covariance, d, order, n);
    return fitParents(
      covariance,
      d,
      chosenParents(order, settings, (i, j) => lasso[i * d + j] !== 0),
    );
  }
  // With too few rows no regression on all predecessors exists: ψDAG's own weights then decide.
  const full =
    n <= d
      ? stochastic(rows, settings).W
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
