/** The solver of linear programs: HiGHS in WebAssembly, of the npm package `highs`, loaded on first use. */

/** A linear program in HiGHS's terms: min cᵀx, lower ≤ Ax ≤ upper, bounds on x. */
export interface ModelData {
  readonly numCols: number;
  readonly numRows: number;
  readonly colCost: Float64Array;
  readonly colLower: Float64Array;
  readonly colUpper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly matrix: {
    readonly format: 'csr';
    readonly numRows: number;
    readonly numCols: number;
    readonly starts: Int32Array;
    readonly indices: Int32Array;
    readonly values: Float64Array;
  };
}

/** What is used of a model of HiGHS. */
export interface Model {
  readonly options: { set(options: Readonly<Record<string, unknown>>): unknown };
  run(): unknown;
  getModelStatus(): number;
  getObjectiveValue(): number;
  getSolution(): { readonly colValue: Float64Array; readonly rowDual: Float64Array };
  changeColsCost(selection: Range, costs: Float64Array): unknown;
  changeRowsBounds(selection: Range, lower: Float64Array, upper: Float64Array): unknown;
  dispose(): void;
}

interface Range {
  readonly kind: 'range';
  readonly from: number;
  readonly to: number;
}

/** What is used of HiGHS. */
export interface Solver {
  createModel(data: ModelData): Model;
}

let loading: Promise<Solver> | null = null;

/** @throws Error where `highs` is not installed */
export function loadSolver(where: string): Promise<Solver> {
  // Its types are those of its CommonJS build; an import gets the other.
  return (loading ??= (import('highs') as Promise<{ default: unknown }>)
    .then(({ default: load }) => (load as () => Promise<Solver>)())
    .catch((error: unknown) => {
      loading = null;
      throw new Error(`${where}: the solver 'highs' cannot be loaded; must be installed. npm i highs`, {
        cause: error,
      });
    }));
}

/** Status codes of HiGHS. */
const OPTIMAL = 7;
const STATUS: Readonly<Record<number, string>> = {
  8: 'infeasible',
  9: 'infeasible or unbounded',
  10: 'unbounded',
  13: 'stopped at the time limit',
  14: 'stopped at the iteration limit',
};

/** Solves. @throws RangeError unless an optimum was found, with `todo` */
export function solve(where: string, model: Model, todo: string): void {
  model.run();
  const status = model.getModelStatus();
  if (status === OPTIMAL) return;
  throw new RangeError(`${where}: the linear program is ${STATUS[status] ?? `unsolved (status ${status})`}; must have an optimum. ${todo}`); // prettier-ignore
}

/** A matrix row by row. */
export interface Rows {
  readonly starts: number[];
  readonly indices: number[];
  readonly values: number[];
  readonly lower: number[];
  readonly upper: number[];
}

/** No rows yet. */
export const noRows = (): Rows => ({ starts: [0], indices: [], values: [], lower: [], upper: [] });

/** Adds lower ≤ Σ values·x[indices] ≤ upper. */
export function addRow(
  rows: Rows,
  entries: readonly (readonly [index: number, value: number])[],
  lower: number,
  upper: number,
): void {
  for (const [index, value] of entries) {
    rows.indices.push(index);
    rows.values.push(value);
  }
  rows.starts.push(rows.indices.length);
  rows.lower.push(lower);
  rows.upper.push(upper);
}

/** HiGHS's form of columns and rows. */
export function modelData(
  colCost: Float64Array,
  colLower: Float64Array,
  colUpper: Float64Array,
  rows: Rows,
): ModelData {
  const numCols = colCost.length;
  const numRows = rows.lower.length;
  return {
    numCols,
    numRows,
    colCost,
    colLower,
    colUpper,
    rowLower: Float64Array.from(rows.lower),
    rowUpper: Float64Array.from(rows.upper),
    matrix: {
      format: 'csr',
      numRows,
      numCols,
      starts: Int32Array.from(rows.starts),
      indices: Int32Array.from(rows.indices),
      values: Float64Array.from(rows.values),
    },
  };
}
