/** Grids of any number of hyper-parameters: every tried point kept, and no winner on an edge without saying so (spec §6). */
import { complaint, requireOptions } from '@assay-ml/numerics/check';
import { checkObject, invalid, nonNegative, oneOf } from './check.js';

/** Where the best lies on an axis: at its smallest or largest value, or inside. A diverged neighbour counts as a bracket. */
export type Edge = 'low' | 'high' | null;

/** Options of `gridSearch`. */
export interface GridSearchOptions {
  /** What to do when the best point is at an edge of the grid. Default 'throw'. */
  readonly onEdge?: 'throw' | 'report';
  /** Called after each point with the points tried and planned. */
  readonly onProgress?: (done: number, planned: number) => void;
}

/** One point of a grid and its score; null when the run diverged. */
export interface GridPoint<Name extends string> {
  readonly point: Readonly<Record<Name, number>>;
  readonly value: number | null;
}

/** What `gridSearch` returns. */
export interface GridSearch<Name extends string> {
  /** The point with the smallest score; of equals the one at fewest edges, then the largest values. */
  readonly best: { readonly point: Readonly<Record<Name, number>>; readonly value: number };
  /** Where it lies on each axis; null, too, for an axis of one value. */
  readonly edges: Readonly<Record<Name, Edge>>;
  /** Every point, the last axis varying fastest, each axis ascending. */
  readonly tried: readonly GridPoint<Name>[];
}

/**
 * Scores every point of a grid and returns the best.
 * @param grid values by parameter, any order, finite and ≥ 0, each once. An axis of one value has no edge
 * @param score what to make small, such as the mean of f over the last quarter of the rounds; null or NaN: diverged
 * @throws RangeError when the best point is at an edge (unless `onEdge: 'report'`), when all diverged, or a grid is wrong
 * @example
 * gridSearch({ c0: [10, 100, 1000], c1: [0, 0.1, 1] }, ({ c0, c1 }) => lossAfter(l0l1Gd(problem, { c0, c1, R, x0 })));
 */
export function gridSearch<Name extends string>(
  grid: Readonly<Record<Name, readonly number[]>>,
  score: (point: Readonly<Record<Name, number>>) => number | null,
  options: GridSearchOptions = {},
): GridSearch<Name> {
  const where = 'gridSearch';
  requireOptions<GridSearchOptions>(where, options, { onEdge: 1, onProgress: 1 });
  const { onEdge = 'throw', onProgress } = options;
  checkObject(where, 'grid', grid);
  if (typeof score !== 'function') throw new TypeError(complaint(where, 'score', score, 'a function of a point', 'It gives the number to make small, or null.')); // prettier-ignore
  oneOf(where, 'onEdge', onEdge, ['throw', 'report']);
  const names = Object.keys(grid) as Name[];
  const axes = names.map((name) => axis(where, name, grid[name]));
  const sizes = axes.map((values) => values.length);
  const planned = sizes.reduce((a, b) => a * b, 1);
  const tried = Array.from({ length: planned }, (_, index): GridPoint<Name> => {
    const at = coordinates(index, sizes);
    const point = Object.fromEntries(names.map((name, k) => [name, axes[k]![at[k]!]!])) as Record<Name, number>;
    const value = score(point);
    onProgress?.(index + 1, planned);
    return { point, value: value === null || !Number.isFinite(value) ? null : value };
  });
  const picked = pickIn(
    tried.map(({ value }) => value),
    sizes,
  );
  if (picked === null) {
    throw invalid(where, 'grid', grid, 'one where some point converges', 'All diverged; try smaller steps.');
  }
  const { point, value } = tried[picked.index]!;
  const edges = Object.fromEntries(names.map((name, k) => [name, sizes[k] === 1 ? null : picked.edges[k]!])) as Record<
    Name,
    Edge
  >;
  const at = names.find((name) => edges[name] !== null);
  if (at !== undefined && onEdge === 'throw') {
    throw invalid(
      where,
      `grid.${at}`,
      grid[at],
      'wide enough to hold the best value inside',
      `The best is its ${edges[at] === 'low' ? 'smallest' : 'largest'}, ${point[at]}; extend it, or pass onEdge: 'report'.`,
    );
  }
  return { best: { point, value: value! }, edges, tried };
}

function axis(where: string, name: string, values: readonly number[]): number[] {
  if (!Array.isArray(values) || values.length === 0)
    throw invalid(where, `grid.${name}`, values, 'an array of at least one number');
  values.forEach((value, k) => nonNegative(where, `grid.${name}[${k}]`, value));
  const sorted = [...new Set<number>(values)].sort((a, b) => a - b);
  if (sorted.length < values.length) throw invalid(where, `grid.${name}`, values, 'without repetitions');
  return sorted;
}

function coordinates(index: number, sizes: readonly number[]): number[] {
  const at = sizes.map(() => 0);
  for (let k = sizes.length - 1; k >= 0; k--) {
    at[k] = index % sizes[k]!;
    index = Math.floor(index / sizes[k]!);
  }
  return at;
}

/** Index of the smallest score (null: none) of a grid, row by row, and its edges; of equals at fewest edges, then the last. */
export function pickIn(
  scores: readonly (number | null)[],
  sizes: readonly number[],
): { readonly index: number; readonly edges: readonly Edge[] } | null {
  const edgesOf = (index: number): Edge[] =>
    coordinates(index, sizes).map((at, k) => (at === 0 ? 'low' : at === sizes[k]! - 1 ? 'high' : null));
  let best: { score: number; index: number; edges: Edge[]; count: number } | null = null;
  scores.forEach((score, index) => {
    if (score === null || (best !== null && score > best.score)) return;
    const edges = edgesOf(index);
    const count = edges.filter((edge) => edge !== null).length;
    if (best === null || score < best.score || count <= best.count) best = { score, index, edges, count };
  });
  return best;
}
