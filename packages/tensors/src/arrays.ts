/**
 * Steps of optimisers on Float32Arrays, in place, by WebAssembly kernels. Each operation is rounded to float32: the same numbers
 * have the same bits in a plain array and in a tensor's memory (see `withMemory`), there without a copy.
 */
import { scalar } from '@assay-ml/numerics';
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
 * @param t counts from 1
 */
export function adamRule(o: { rate: number; beta1: number; beta2: number; eps: number; t: number }): UpdateRule {
  const root = Math.sqrt(1 - scalar.pow(o.beta2, o.t));
  const step = o.rate / (1 - scalar.pow(o.beta1, o.t));
  return { rule: 0, a: 1 - o.beta1, b: 1 - o.beta2, c: step * root, d: o.eps * root };
}

/** Lion: u = η·sign(m + (1 − β₁)(g − m)), then m += (1 − β₂)(g − m). */
export function lionRule({ rate, beta1, beta2 }: { rate: number; beta1: number; beta2: number }): UpdateRule {
  return { rule: 1, a: 1 - beta1, b: 1 - beta2, c: rate, d: 0 };
}

/** Momentum: m ← μ·m + (1 − dampening)·g, u = η·m; with Nesterov η(g + μ·m). */
export function momentumRule(o: { rate: number; momentum: number; dampening: number; nesterov: boolean }): UpdateRule {
  return { rule: o.nesterov ? 3 : 2, a: o.momentum, b: 1 - o.dampening, c: o.rate, d: 0 };
}

const constants = ({ a, b, c, d }: UpdateRule) => [a, b, c, d] as const;

const written = (values: Float32Array, per = 1): Operand => ({ values, per, written: true });

/** x ← keep·x − u. All arrays have one length. */
export function update(rule: UpdateRule, x: Float32Array, moments: Moments, g: Float32Array, keep = 1): void {
  inStrips(x.length, [written(x), { values: g, per: 1 }, ...moments.map((m) => written(m))], (kernels, n, [at, from, m, v = 0]) =>
    kernels.update(rule.rule, n, at!, from!, m!, v, ...constants(rule), keep)); // prettier-ignore
}

/** x ← keep·x − rate·sign(g); 0 and NaN have the sign 0. */
export function signUpdate(x: Float32Array, g: Float32Array, rate: number, keep = 1): void {
  inStrips(x.length, [written(x), { values: g, per: 1 }], (kernels, n, [at, from]) =>
    kernels.signUpdate(n, at!, from!, rate, keep),
  );
}

/** Σ g² in float64. */
export function sumOfSquares(g: Float32Array): number {
  let total = 0;
  inStrips(g.length, [{ values: g, per: 1 }], (kernels, n, [at]) => {
    total = kernels.squares(n, at!, total);
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
  let total = 0;
  const part = (from: number, to: number, first: number, last: number) => {
    const whole = to - from === columns;
    const rates = new Float32Array(to - from).fill(rate);
    for (let k = first; k < last; k++) rates[indices[k]! - from] = 0;
    const bytes = indices.subarray(first, last).map((index) => 4 * (index - from));
    const count = last - first;
    const of = (values: Float32Array, start: number, end: number) => (whole ? values : values.subarray(start, end));
    const operands: Operand[] = [
      { values: bytes, per: 0 },
      { values: rates, per: 0 },
      written(of(x, from, to), to - from),
      { values: of(g, from, to), per: to - from },
      ...moments.map((m) => written(of(m, first, last), count)),
    ];
    inStrips(rows, operands, (kernels, n, [places, at, weights, gradient, m, v = 0]) => {
      total = kernels.updateColumns(rule.rule, n, to - from, count, places!, at!, weights!, gradient!, m!, v, ...constants(rule), keep, total); // prettier-ignore
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
  const chosen = new Uint32Array(rows);
  for (const index of indices) chosen[index] = 1;
  const before = (row: number) => columns * lowerBound(indices, row);
  const operands: Operand[] = [
    { values: chosen, per: 1 },
    written(x, columns),
    { values: g, per: columns },
    ...moments.map((m) => ({ ...written(m, columns), before })),
  ];
  let total = 0;
  inStrips(rows, operands, (kernels, n, [flags, weights, gradient, m, v = 0]) => {
    total = kernels.updateRows(rule.rule, n, columns, flags!, rate, weights!, gradient!, m!, v, ...constants(rule), keep, total); // prettier-ignore
  });
  return total;
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
