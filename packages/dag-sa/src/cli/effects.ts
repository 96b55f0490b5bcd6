/** What a graph says about causes, for the command line: one value where its directions are known, a range where some are open. */
import { adjustedEffect, adjustmentSet, totalEffect } from '../adjustment.js';
import { classMembers, effectRange } from '../class-effects.js';
import { type Fit } from '../fit.js';
import { intervene } from '../intervene.js';
import { type Constraints } from '../knowledge.js';

/** A graph with the moments that its effects come from. */
export interface Asked {
  readonly graph: Pick<Fit, 'W' | 'open' | 'names'>;
  readonly constraints: Constraints | undefined;
  /** Σ, [d, d], a mean taken off in each environment. */
  readonly covariance: Float64Array;
}

type Range = readonly [number, number];

/** The effect of one column on another. */
export interface Effect {
  readonly from: string;
  readonly to: string;
  /** Over the graphs that fit the data equally well; both ends equal where directions are known. */
  readonly range: Range;
  /** What to adjust for, where directions are known and a set exists. */
  readonly adjustment?: readonly string[];
  /** The effect by regression on that set. */
  readonly adjusted?: number;
}

/** What becomes of a column's mean. */
export interface Moved {
  readonly name: string;
  readonly mean: number;
  readonly range: Range;
}

const digits = (value: number) => value.toPrecision(3);
const told = ([low, high]: Range) =>
  digits(low) === digits(high) ? digits(low) : `from ${digits(low)} to ${digits(high)}`;

/** The total effect of each pair. */
export function effectsOf(
  { graph, constraints, covariance }: Asked,
  pairs: readonly (readonly [number, number])[],
): Effect[] {
  const { W, names, open } = graph;
  const d = names.length;
  return pairs.map(([x, y]) => {
    const [from, to] = [names[x]!, names[y]!];
    if (open > 0) return { from, to, range: effectRange(covariance, d, W, x, y, { constraints }).range };
    const total = totalEffect(W, d, x, y);
    const set = adjustmentSet(W, d, x, y);
    const known = { from, to, range: [total, total] as const };
    if (set === null) return known;
    return { ...known, adjustment: set.map((v) => names[v]!), adjusted: adjustedEffect(covariance, d, x, y, set) };
  });
}

/** A line for each effect. */
export function effectLines(effects: readonly Effect[], open: number): string[] {
  return effects.map(({ from, to, range, adjustment, adjusted }) => {
    if (open > 0) return `effect of ${from} on ${to} over the graphs that fit equally well: ${told(range)}`;
    const means =
      adjustment === undefined
        ? `${to} is a parent of ${from}`
        : `regression adjusted for ${adjustment.join(', ') || 'nothing'} gives ${digits(adjusted!)}`;
    return `effect of ${from} on ${to} if the graph is right: ${digits(range[0])}; ${means}`;
  });
}

/** The means that move when columns are set. */
export function interventionsOf(
  { graph, constraints, covariance }: Asked,
  mean: Float64Array,
  values: readonly (readonly [number, number])[],
): Moved[] {
  if (values.length === 0) return [];
  const { W, names, open } = graph;
  const d = names.length;
  const set = values.map(([v]) => v);
  const graphs = open > 0 ? classMembers(covariance, d, W, set, { constraints }) : [W];
  const means = graphs.map((member) => intervene(mean, 1, d, member, values));
  return names.flatMap((name, v) => {
    const ends = means.map((moved) => moved[v]!);
    const range = [Math.min(...ends), Math.max(...ends)] as const;
    return range.every((end) => end === mean[v]) ? [] : [{ name, mean: mean[v]!, range }];
  });
}

/** A line for each mean, from and to, under one that says what was set. */
export function interventionLines(
  moved: readonly Moved[],
  names: readonly string[],
  open: number,
  values: readonly (readonly [number, number])[],
): string[] {
  if (values.length === 0) return [];
  const set = values.map(([v, value]) => `${names[v]} = ${value}`).join(', ');
  return [
    `means if ${open > 0 ? 'one of the graphs that fit equally well' : 'the graph'} is right and ${set}:`,
    ...moved.map(({ name, mean, range }) => `  ${name}  ${digits(mean)} → ${told(range)}`),
  ];
}
