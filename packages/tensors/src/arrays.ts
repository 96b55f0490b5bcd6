/**
 * Steps of optimisers on Float32Arrays, in place, by WebAssembly kernels. Each operation is rounded to float32: the same numbers
 * have the same bits in a plain array and in a tensor's memory (see `withMemory`), there without a copy.
 */
import { scalar } from '@assay-ml/numerics';
import { requireKeys } from '@assay-ml/numerics/check';
import { inStrips, type Operand } from './wasm/strips.js';

/** A rule with the constants of one step; {@link adamRule}, {@link lionRule} and {@link momentumRule} make one. */
export interface UpdateRule {
  /** What assembly/updates.ts calls it. */
  readonly rule: 0 | 1 | 2 | 3;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Moments of a rule: one array, and with Adam the second moments. */
export type Moments = readonly [Float32Array] | readonly [Float32Array, Float32Array];

/**
 * Adam: m += (1 − β₁)(g − m), v += (1 − β₂)(g² − v), u = (η/(1 − β₁ᵗ)) · m/(√v/√(1 − β₂ᵗ) + ε). Written so, the two
 * weights of a moment's terms add up to 1 however β is rounded.
 * @param o its constants; t counts from 1
 * @throws TypeError for arguments of another kind
 */
export function adamRule(o: { rate: number; beta1: number; beta2: number; eps: number; t: number }): UpdateRule {
  requireKeys(
    'adamRule',
    'o',
    o,
    ['rate', 'beta1', 'beta2', 'eps', 't'],
    'Say { rate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, t: 1 }.',
  );
  const root = Math.sqrt(1 - scalar.pow(o.beta2, o.t));
  const step = o.rate / (1 - scalar.pow(o.beta1, o.t));
  return { rule: 0, a: 1 - o.beta1, b: 1 - o.beta2, c: step * root, d: o.eps * root };
}

/** Lion: u = η·sign(m + (1 − β₁)(g − m)), then m += (1 − β₂)(g − m). @throws TypeError for arguments of another kind */
export function lionRule(o: { rate: number; beta1: number; beta2: number }): UpdateRule {
  requireKeys('lionRule', 'o', o, ['rate', 'beta1', 'beta2'], 'Say { rate: 1e-4, beta1: 0.9, beta2: 0.99 }.');
  const { rate, beta1, beta2 } = o;
  return { rule: 1, a: 1 - beta1, b: 1 - beta2, c: rate, d: 0 };
}

/** Momentum: m ← μ·m + (1 − dampening)·g, u = η·m; with Nesterov η(g + μ·m). @throws TypeError for arguments of another kind */
export function momentumRule(o: { rate: number; momentum: number; dampening: number; nesterov: boolean }): UpdateRule {
  requireKeys('momentumRule', 'o', o, ['rate', 'momentum', 'dampening', 'nesterov'], 'Say { rate: 1e-2, momentum: 0.9, dampening: 0, nesterov: false }.'); // prettier-ignore
  return { rule: o.nesterov ? 3 : 2, a: o.momentum, b: 1 - o.dampening, c: o.rate, d: 0 };
}

/** One shape for all, which the loops over them are fast with. */
function operand(
  values: Float32Array | Uint32Array,
  per: number,
  written = true,
  before: Operand['before'] = null,
): Operand {
  return { values, per, written, before };
}

/** x ← keep·x − u. All arrays have one length. */
export function update(rule: UpdateRule, x: Float32Array, moments: Moments, g: Float32Array, keep = 1): void {
  const operands = [operand(x, 1), operand(g, 1, false)];
  for (const m of moments) operands.push(operand(m, 1));
  const { rule: id, a, b, c, d } = rule;
  inStrips(x.length, operands, (kernels, n, at) => {
    kernels.update(id, n, at[0]!, at[1]!, at[2]!, at[3] ?? 0, a, b, c, d, keep);
  });
}

/** x ← keep·x − rate·sign(g); 0 and NaN have the sign 0. */
export function signUpdate(x: Float32Array, g: Float32Array, rate: number, keep = 1): void {
  inStrips(x.length, [operand(x, 1), operand(g, 1, false)], (kernels, n, at) => {
    kernels.signUpdate(n, at[0]!, at[1]!, rate, keep);
  });
}

/** Σ g² in float64. */
export function sumOfSquares(g: Float32Array): number {
  let total = 0;
  inStrips(g.length, [operand(g, 1, false)], (kernels, n, at) => {
    total = kernels.squares(n, at[0]!, total);
  });
  return total;
}

/** Where a matrix has moments, and what becomes of the rest. */
export interface Split {
  readonly shape: readonly [rows: number, columns: number];
  /** Of the columns (rows) with moments, in ascending order. */
  readonly indices: Uint32Array;
  /** Of the rest, which goes by sign(g). */
  readonly rate: number;
  readonly keep: number;
}

/** Columns that are one strip; more, of a single row, are gone through in parts of as many. */
const WIDEST = 8192;

/** Bytes before each chosen column, and then the rate of every column: what the kernel reads. */
interface Table {
  readonly words: Uint32Array;
  readonly rates: Float32Array;
  /** Of the columns that are not chosen. */
  rate: number;
}

/** Those of whole matrices, which stay the same for many steps. */
const tables = new WeakMap<Uint32Array, Table>();

function tableOf(indices: Uint32Array, from: number, to: number, rate: number): Table {
  const [count, columns] = [indices.length, to - from];
  let table = tables.get(indices);
  if (table?.rates.length === columns && table.rate === rate) return table;
  if (table?.rates.length !== columns) {
    const words = new Uint32Array(count + columns);
    for (let k = 0; k < count; k++) words[k] = 4 * (indices[k]! - from);
    table = { words, rates: new Float32Array(words.buffer, 4 * count), rate };
    tables.set(indices, table);
  }
  table.rate = rate;
  table.rates.fill(rate);
  for (let k = 0; k < count; k++) table.rates[indices[k]! - from] = 0;
  return table;
}

/**
 * One pass over a matrix of which some columns have moments: those by the rule, the others x ← keep·x − rate·sign(g).
 * @param moments rows × chosen columns
 * @returns Σ g² over the chosen columns, in float32 within a row
 */
export function updateColumns(
  rule: UpdateRule,
  x: Float32Array,
  moments: Moments,
  g: Float32Array,
  split: Split,
): number {
  const { shape, indices, rate, keep } = split;
  const [rows, columns] = shape;
  const { rule: id, a, b, c, d } = rule;
  let total = 0;
  const part = (from: number, to: number, first: number, last: number) => {
    const all = to - from === columns;
    const of = (values: Float32Array, start: number, end: number) => (all ? values : values.subarray(start, end));
    const [count, width] = [last - first, to - from];
    const { words } = tableOf(all ? indices : indices.subarray(first, last), from, to, rate);
    const operands = [
      operand(words, 0, false),
      operand(of(x, from, to), width),
      operand(of(g, from, to), width, false),
    ];
    for (const m of moments) operands.push(operand(of(m, first, last), count));
    inStrips(rows, operands, (kernels, n, at) => {
      total = kernels.updateColumns(id, n, width, count, at[0]!, at[0]! + 4 * count, at[1]!, at[2]!, at[3]!, at[4] ?? 0, a, b, c, d, keep, total); // prettier-ignore
    });
  };
  if (rows > 1 || columns <= WIDEST) part(0, columns, 0, indices.length);
  else {
    for (let [from, first] = [0, 0]; from < columns; from += WIDEST) {
      const to = Math.min(columns, from + WIDEST);
      let last = first;
      while (last < indices.length && indices[last]! < to) last++;
      part(from, to, first, last);
      first = last;
    }
  }
  return total;
}

/**
 * The same with rows.
 * @param moments those of the chosen rows, one after the other
 * @returns Σ g² over the chosen rows
 */
export function updateRows(rule: UpdateRule, x: Float32Array, moments: Moments, g: Float32Array, split: Split): number {
  const { shape, indices, rate, keep } = split;
  const [rows, columns] = shape;
  const { rule: id, a, b, c, d } = rule;
  const before = (row: number) => (row === 0 ? 0 : columns * lowerBound(indices, row));
  const operands = [operand(flagsOf(indices, rows), 1, false), operand(x, columns), operand(g, columns, false)];
  for (const m of moments) operands.push(operand(m, columns, true, before));
  let total = 0;
  inStrips(rows, operands, (kernels, n, at) => {
    total = kernels.updateRows(id, n, columns, at[0]!, rate, at[1]!, at[2]!, at[3]!, at[4] ?? 0, a, b, c, d, keep, total); // prettier-ignore
  });
  return total;
}

/** Which rows are chosen; they stay the same for many steps. */
const flags = new WeakMap<Uint32Array, Uint32Array>();

function flagsOf(indices: Uint32Array, rows: number): Uint32Array {
  let chosen = flags.get(indices);
  if (chosen?.length !== rows) {
    chosen = new Uint32Array(rows);
    for (const index of indices) chosen[index] = 1;
    flags.set(indices, chosen);
  }
  return chosen;
}

/** How many of ascending numbers lie below a bound. */
function lowerBound(sorted: Uint32Array, bound: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
