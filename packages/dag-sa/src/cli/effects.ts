/** What a graph says about causes, in lines for the command line. */
import { adjustedEffect, adjustmentSet, totalEffect } from '../adjustment.js';
import { centred, moments } from '../covariance.js';
import { type Table } from '../csv.js';
import { intervene } from '../intervene.js';

/** A line for each pair: the total effect in W, and what a regression with a minimal adjustment gives. */
export function effectLines(
  W: Float64Array,
  { names, n, d, X, labels }: Table,
  pairs: readonly (readonly [number, number])[],
): string[] {
  if (pairs.length === 0) return [];
  const { covariance } = moments(centred(X, n, d, labels ?? undefined).X, n, d, { centre: false });
  return pairs.map(([x, y]) => {
    const set = adjustmentSet(W, d, x, y);
    const means =
      set === null
        ? `${names[y]} is a parent of ${names[x]}`
        : `regression adjusted for ${set.map((v) => names[v]).join(', ') || 'nothing'} gives ${adjustedEffect(covariance, d, x, y, set).toPrecision(3)}`;
    return `effect of ${names[x]} on ${names[y]} if the graph is right: ${totalEffect(W, d, x, y).toPrecision(3)}; ${means}`;
  });
}

/** The means that move when columns are set, from and to. */
export function interventionLines(
  W: Float64Array,
  { names, n, d, X }: Table,
  values: readonly (readonly [number, number])[],
): string[] {
  if (values.length === 0) return [];
  const { mean } = moments(X, n, d);
  const moved = intervene(mean, 1, d, W, values);
  const set = values.map(([v, value]) => `${names[v]} = ${value}`).join(', ');
  return [
    `means if the graph is right and ${set}:`,
    ...names.flatMap((name, v) =>
      moved[v] === mean[v] ? [] : [`  ${name}  ${mean[v]!.toPrecision(3)} → ${moved[v]!.toPrecision(3)}`],
    ),
  ];
}
