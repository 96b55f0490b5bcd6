/** The one call: a table in, a graph out, with what speaks against it. */
import { atLeast, integer, invalid, oneOf, options as known } from '@assay-ml/numerics/check';
import { cpdag } from './cpdag.js';
import { faulty, square, table } from './check.js';
import { canonicalOrder, tiedEdges } from './ties.js';
import { centred, correlation, moments } from './covariance.js';
import { diagnose, type Diagnostics, RESCALINGS } from './diagnostics.js';
import { factorInOrder } from './exact.js';
import { type Edge, edgesOf } from './export.js';
import { constraintsOf, KNOWLEDGE, type Knowledge } from './knowledge.js';
import {
  type Data,
  fromRows,
  learn,
  type Learnt,
  type Method,
  methods,
  type Settings,
  type Sparsify,
} from './learn.js';
import { PSI_DAG_OPTIONS, type PsiDagOptions } from './psi-dag.js';
import { unreachable } from './reach.js';
import { precisionFor } from './strips.js';

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
   * Soft methods (NOTEARS, GOLEM, DAGMA, NOCURL) always take `threshold`; what is left is fitted anew by least squares.
   */
  readonly sparsify?: Sparsify;
  /** For `threshold`. Default 0.3, the paper's and that of NOTEARS; with weights down to 0.05 it misses a quarter of them. */
  readonly threshold?: number;
  /** Of the batches that ψDAG draws, and of the orders of `random-order` and `boss`. Default 0. */
  readonly seed?: number;
  /** Of ψDAG. Default: 3 epochs of 1000 + 1000 batches of 64. */
  readonly psiDag?: Omit<PsiDagOptions, 'constraints' | 'covariance' | 'centre'>;
  /** Bytes that may be allocated. Default 3e9. */
  readonly memory?: number;
}

/** Its names, for checks. */
export const FIT_OPTIONS = {
  ...KNOWLEDGE, method: 0, names: 0, environment: 0, standardise: 0, sparsify: 0, threshold: 0, seed: 0, psiDag: 0, memory: 0,
} satisfies Record<keyof FitOptions, 0>; // prettier-ignore

/** What {@link fit} gives. */
export interface Fit {
  /** [d, d], a DAG, in the units of the data (of standardised data with `standardise`). Edges whose direction is open have one of the two. */
  readonly W: Float64Array<ArrayBuffer>;
  /** [d], sources first: an order of W. */
  readonly order: Uint32Array<ArrayBuffer>;
  /**
   * [d, d], 1 at (i, j) alone for an edge i → j, at (i, j) and (j, i) for one whose direction the data leave open: by the equivalence
   * class, with what is known, where the method learns no more ({@link classMethods}); by a tie elsewhere.
   */
  readonly pattern: Uint8Array;
  /** Those of W; `directed` is false where the direction is open. */
  readonly edges: readonly Edge[];
  /** Edges whose direction is open. */
  readonly open: number;
  readonly names: readonly string[];
  /** Edges taken away to make a soft solution acyclic. */
  readonly removed: number;
  readonly diagnostics: Diagnostics;
}

/** Methods that learn an equivalence class and no more, or, as `random-order`, not even that: directions come from their start. */
export const classMethods: readonly Method[] = ['boss', 'golem-nv', 'random-order'];

/** Methods whose orders no rescaling changes. */
const UNITLESS: readonly Method[] = ['boss', 'r2-sort', 'random-order', 'direct-lingam'];
const unitless = (method: Method, sparsify: Sparsify) => UNITLESS.includes(method) && sparsify !== 'threshold';

/** What a fit will take, roughly. */
export interface Estimate {
  readonly bytes: number;
  readonly seconds: number;
}

/** Operations a second of our kernels, and what one step of a soft method costs in d³; measured on one core of 2.5 GHz. */
const RATE = 3e9;

/**
 * Time and memory of a fit in all its scalings before it starts; within a factor of three or so on a machine of today.
 * @param n rows; @param d variables
 */
export function estimate(n: number, d: number, options: FitOptions = {}): Estimate {
  known('estimate', options, FIT_OPTIONS);
  integer('estimate', 'n', n, 1, 'Count the rows.');
  integer('estimate', 'd', d, 1, 'Count the columns.');
  const { method = 'psi-dag', sparsify = 'bic', standardise = false, psiDag = {} } = options;
  const { batches = [1000, 1000], batchSize = 64, epochs = 3 } = psiDag;
  const cube = d * d * d;
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
  const fits = unitless(method, sparsify) ? 1 + Number(standardise) : 1 + RESCALINGS.length;
  // Four of them are the optimiser's.
  const single = (psiDag.precision ?? precisionFor(d)) === 'float32';
  const matrices = method === 'psi-dag' || method === 'order-search' ? (single ? 10 : 12) : 14;
  const trees = method === 'boss' ? 500 * cube : 0;
  return {
    bytes: 8 * (matrices * d * d + 2 * n * d) + trees,
    seconds: (fits * (operations + 20 * cube) + 4 * n * d * d) / RATE,
  };
}

/** What has passed the checks. */
interface Prepared {
  readonly data: Data;
  readonly settings: Settings;
  readonly names: readonly string[];
  readonly standardise: boolean;
}

/**
 * Learns a DAG from a table. Which column or row comes first does not matter, but for the batches of rows that ψDAG draws.
 * @param X [n, d], flat, row by row with d behind it; or rows
 * @throws RangeError for an option outside its range or unknown, values that are no finite numbers (with row and column), columns that
 *   are constant, collinear or of a size that cannot be squared (named), contradictory knowledge (its cycle), and for what would take
 *   more than `memory` bytes, before anything is allocated
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
  if (!flat && !Array.isArray(X)) {
    throw invalid('fit', 'X', X, 'a Float64Array, row by row, or an array of rows', 'Copy the numbers into one.');
  }
  const d = flat ? (second as number) : (X[0]?.length ?? 0);
  return explained(prepared('fit', X, d, options));
}

/**
 * Learns a DAG from a covariance matrix, by any method that needs no more: all but `psi-dag`, `order-search` and `direct-lingam`.
 * @param covariance Σ, [d, d], flat
 * @param d variables
 * @param n rows behind it
 * @param options those of {@link fit}; `method` has to be given
 * @throws RangeError as {@link fit}, for a matrix that is not symmetric, and for methods and options that need the rows
 * @example
 * fitCovariance(covariance, d, 500, { method: 'boss' });
 */
export function fitCovariance(covariance: Float64Array, d: number, n: number, options: FitOptions = {}): Fit {
  const { names, method } = checked('fitCovariance', n, d, options);
  square('fitCovariance', 'covariance', covariance, d);
  if (fromRows.includes(method) || n <= d) {
    throw invalid('fitCovariance', 'method', method, `one that needs no rows, for n = ${n} above d = ${d}`, "Take 'boss' or 'eqvar-td', or fit() with the rows."); // prettier-ignore
  }
  if (options.environment !== undefined) {
    throw faulty(
      'fitCovariance',
      'environment',
      'given',
      'left out',
      'A covariance has no rows: take the means off first.',
    );
  }
  for (let at = 0; at < d * d; at++) {
    const [i, j] = [Math.floor(at / d), at % d];
    const apart = Math.abs(covariance[at]! - covariance[j * d + i]!);
    if (apart <= 1e-9 * Math.sqrt(Math.abs(covariance[i * (d + 1)]! * covariance[j * (d + 1)]!))) continue;
    throw invalid('fitCovariance', `covariance[${names[i]}, ${names[j]}]`, covariance[at], `that of ${names[j]} and ${names[i]}, ${covariance[j * d + i]}`, 'Pass a symmetric matrix.'); // prettier-ignore
  }
  const deviations = Array.from({ length: d }, (_, j) => Math.sqrt(Math.max(0, covariance[j * (d + 1)]!)));
  refuseColumns('fitCovariance', names, deviations, deviations, deviations);
  const own = Float64Array.from(covariance);
  return explained(ready('fitCovariance', { rows: null, covariance: own }, n, d, options, connections(own, d)));
}

/** The edges of a table's graph alone, without the fits of rescaled ones. */
export function graphOf(X: Float64Array, d: number, options: FitOptions): readonly Edge[] {
  const { data, settings, standardise } = prepared('fit', X, d, options);
  const scaled = standardise ? rescaled(data, settings, deviationsOf(data, d)) : data;
  return withPattern(learn(scaled, settings), scaled, settings).edges;
}

/** How strongly each variable is correlated with the others, by which columns can be told apart. */
function connections(covariance: Float64Array, d: number): number[] {
  const R = correlation(covariance, d);
  return Array.from({ length: d }, (_, j) => R.reduce((sum, r, at) => (at % d === j ? sum + Math.abs(r) : sum), 0));
}

/** Options that can be judged without the data, and their defaults. */
function checked(where: string, n: number, d: number, options: FitOptions) {
  known(where, options, FIT_OPTIONS);
  integer(where, 'd', d, 2, 'Give at least two variables.');
  integer(where, 'n', n, 2, `Give whole rows of ${d} numbers.`);
  const {
    method = 'psi-dag',
    sparsify = 'bic',
    threshold = 0.3,
    seed = 0,
    memory = 3e9,
    standardise = false,
  } = options;
  const names = options.names ?? Array.from({ length: d }, (_, v) => `x${v}`);
  oneOf(where, 'method', method, methods);
  oneOf(where, 'sparsify', sparsify, ['bic', 'threshold', 'lasso', 'none']);
  atLeast(where, 'threshold', threshold, 0, 'Leave it out for 0.3.');
  integer(where, 'seed', seed, 0, 'Leave it out for 0.');
  if (typeof standardise !== 'boolean') throw invalid(where, 'standardise', standardise, 'true or false', 'Leave it out for false.'); // prettier-ignore
  known(`${where}, psiDag`, options.psiDag, PSI_DAG_OPTIONS);
  if (names.length !== d) throw faulty(where, 'names', `${names.length} names`, `d = ${d} names`, 'Name each column.');
  if (new Set(names).size < d) {
    const twice = names.find((name, i) => names.indexOf(name) < i);
    throw invalid(where, 'names', twice, 'there once', 'Name each column by itself.');
  }
  if (options.environment !== undefined && options.environment.length !== n) {
    throw faulty(where, 'environment', `${options.environment.length} labels`, `n = ${n} labels`, 'Label each row.');
  }
  Array.from(options.environment ?? []).forEach((label, row) => {
    if (typeof label === 'string' || Number.isFinite(label)) return;
    throw invalid(where, `environment[${row}]`, label, 'a text or a finite number', 'Label each row.');
  });
  const { bytes } = estimate(n, d, options);
  if (bytes > memory) {
    throw invalid(where, 'd', d, `small enough for 'memory' = ${memory} bytes; about ${bytes.toPrecision(2)} are needed`, 'Raise memory, or feed PsiDag batch by batch.'); // prettier-ignore
  }
  return { method, sparsify, threshold, seed, standardise, names };
}

/** A table with its options, ready to learn from. @throws RangeError as {@link fit} */
export function prepared(
  where: string,
  X: Float64Array | readonly (readonly number[])[],
  d: number,
  options: FitOptions,
): Prepared {
  const n = X instanceof Float64Array ? X.length / d : X.length;
  const { names, method } = checked(where, n, d, options);
  const values = table(where, X, d, names);
  const rows = centred(values, n, d, options.environment).X;
  const extent = (column: Float64Array, j: number) => {
    let largest = 0;
    for (let at = j; at < column.length; at += d) largest = Math.max(largest, Math.abs(column[at]!));
    return largest;
  };
  const columns = Array.from({ length: d }, (_, j) => j);
  const { covariance } = moments(rows, n, d, { centre: false });
  refuseColumns(
    where,
    names,
    columns.map((j) => extent(values, j)),
    columns.map((j) => extent(rows, j)),
    columns.map((j) => Math.sqrt(covariance[j * (d + 1)]!)),
  );
  const sizes = deviationsOf({ rows, covariance }, d);
  const spread = columns.map((j) => {
    let sum = 0;
    for (let at = j; at < rows.length; at += d) sum += Math.abs(rows[at]!);
    return sum / n / sizes[j]!;
  });
  const needed = n <= d || fromRows.includes(method);
  return ready(where, { rows: needed ? rows : null, covariance }, n, d, options, spread);
}

/** Sizes whose squares, and the squares of these, are numbers of full precision. */
const SIZES = [1e-75, 1e75] as const;

/** @throws RangeError naming all columns of a kind that nothing can be learnt from. */
function refuseColumns(
  where: string,
  names: readonly string[],
  largest: readonly number[],
  fromMean: readonly number[],
  deviation: readonly number[],
): void {
  const refuse = (bad: (j: number) => boolean, fault: string, allowed: string, todo: (them: string) => string) => {
    const found = names.filter((_, j) => bad(j));
    if (found.length === 0) return;
    const [what, are, them] = found.length === 1 ? ['column', 'is', 'it'] : ['columns', 'are', 'them'];
    throw new RangeError(`${where}: '${what} ${found.join(', ')}' ${are} ${fault}; must be ${allowed}. ${todo(them)}`);
  };
  refuse(
    (j) => largest[j]! > SIZES[1],
    'too large to square',
    `below ${SIZES[1]}`,
    (them) => `Scale ${them}.`,
  );
  // What rounding leaves of a constant column is not variance.
  const constant = (j: number) => !(fromMean[j]! > 1e-12 * largest[j]!) || !(deviation[j]! > 1e-12 * largest[j]! || deviation[j]! < SIZES[0]); // prettier-ignore
  refuse(constant, 'constant', 'varying', (them) => `Leave ${them} out.`);
  refuse((j) => fromMean[j]! < SIZES[0], 'too small to square', `of a size above ${SIZES[0]}`, (them) => `Scale ${them}.`); // prettier-ignore
}

function ready(
  where: string,
  data: Data,
  n: number,
  d: number,
  options: FitOptions,
  canon: readonly number[],
): Prepared {
  const { method, sparsify, threshold, seed, standardise, names } = checked(where, n, d, options);
  if (n <= d && method !== 'psi-dag' && method !== 'sortnregress' && method !== 'random-order') {
    throw invalid(where, 'n', n, `above d = ${d} for '${method}', which factors the covariance`, "Add rows, leave variables out, or use 'psi-dag' with sparsify: 'threshold'."); // prettier-ignore
  }
  if (n <= d && sparsify !== 'threshold') {
    throw invalid(where, 'sparsify', sparsify, `'threshold' for n = ${n} ≤ d = ${d}, where the covariance has no inverse`, 'Add rows, or leave variables out.'); // prettier-ignore
  }
  // For its error alone, which names collinear columns.
  const given = Uint32Array.from({ length: d }, (_, v) => v);
  if (n > d) factorInOrder(where, data.covariance, d, given, names);
  const { tiers = [], required = [], forbidden = [] } = options;
  const constrained = [tiers, required, forbidden].some((list) => list.length > 0);
  const constraints = constrained ? constraintsOf({ tiers, required, forbidden }, d, names) : undefined;
  const settings = {
    method, sparsify, threshold, seed, n, d, constraints, psiDag: options.psiDag ?? {}, canon: canonicalOrder(canon, names),
  }; // prettier-ignore
  return { data, settings, names, standardise };
}

const deviationsOf = ({ covariance }: Data, d: number) =>
  Float64Array.from({ length: d }, (_, j) => Math.sqrt(covariance[j * (d + 1)]!));

/** The data with each variable over its size. */
function rescaled({ rows, covariance }: Data, { d }: Settings, size: Float64Array): Data {
  return {
    rows: rows?.map((value, at) => value / size[at % d]!) ?? null,
    covariance: Float64Array.from(covariance, (value, at) => value / (size[Math.floor(at / d)]! * size[at % d]!)),
  };
}

/** A graph with its directions that are none. */
function withPattern({ W, order, removed }: Learnt, { covariance }: Data, settings: Settings) {
  const { method, n, d, constraints } = settings;
  const pattern = classMethods.includes(method)
    ? cpdag(W, d, { constraints })
    : Uint8Array.from(W, (w) => Number(w !== 0));
  const tied = n > d && !classMethods.includes(method) ? tiedEdges(W, covariance, settings) : [];
  for (const [i, j] of tied) pattern[j * d + i] = 1;
  const edges = edgesOf(W, d, pattern);
  return { W, order, removed, pattern, edges, open: edges.filter(({ directed }) => !directed).length };
}

/** The graph, and what speaks against it. */
function explained({ data, settings, names, standardise }: Prepared): Fit {
  const { method, sparsify, d } = settings;
  const { covariance } = data;
  const sizes = deviationsOf(data, d);
  const raw = learn(data, settings);
  const scalings = unitless(method, sparsify) ? (standardise ? RESCALINGS.slice(0, 1) : []) : RESCALINGS;
  const inScale = (factor: (typeof RESCALINGS)[number]): Data => {
    const size = sizes.slice();
    settings.canon.forEach((j, k) => (size[j]! /= factor(k, d)));
    return rescaled(data, settings, size);
  };
  const others = scalings.map((factor) => learn(inScale(factor), settings));
  const [learnt, seen] = standardise ? [others[0]!, inScale(RESCALINGS[0]!)] : [raw, data];
  const found = withPattern(learnt, seen, settings);
  const [standardised = raw.W, ...rest] = others.map(({ W }) => W);
  const diagnostics = diagnose(covariance, d, raw.order, raw.W, standardised, ...rest);
  const warnings = [...diagnostics.warnings];
  if (found.open > 0) {
    const why = classMethods.includes(method)
      ? `${method} learns an equivalence class`
      : 'both are equally good, and a tie decides';
    warnings.push(`${found.open} of ${found.edges.length} edges have no direction that the data decide: ${why}.`);
  }
  warnings.push(...unreachable(seen.covariance, d, method, names));
  return { ...found, names, diagnostics: { ...diagnostics, warnings } };
}
