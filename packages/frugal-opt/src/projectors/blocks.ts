/**
 * Blocks: at a refresh some whole tensors, or layers, have state and the others none. How many is a share of their number, not
 * of their weights.
 */
import type { Stream } from '@assay-ml/numerics';
import { integer, invalid } from '@assay-ml/numerics/check';
import type { Rounding } from './projector.js';

/** Which blocks come next: a window from the last tensor down or from the first up, a fresh draw, or pairs (i, n − 1 − i). */
export type BlockOrder = 'descending' | 'ascending' | 'random' | 'mirror';

/** Units of names: `tensor`, one each; `layer`, those whose names hold the same first number. */
export function unitsOf(names: readonly string[], unit: 'tensor' | 'layer'): number[][] {
  if (unit === 'tensor') return names.map((_, i) => [i]);
  const layers = new Map<string, number[]>();
  names.forEach((name, i) => {
    const key = /\d+/.exec(name)?.[0] ?? name;
    layers.set(key, [...(layers.get(key) ?? []), i]);
  });
  return [...layers.values()];
}

/**
 * The units that are active from a refresh on.
 * @param window where the window stood: the number of units that earlier refreshes went through
 */
export function activeUnits(
  order: BlockOrder,
  units: number,
  rho: number,
  window: number,
  draw: Stream,
  round: Rounding,
): { readonly active: readonly number[]; readonly window: number } {
  const count = integer('frugal', 'blocks', round(units * rho), 0);
  if (count === 0 && rho > 0 && units > 0) {
    throw invalid('frugal', 'rho', rho, `at least ${1 / units / 2} for ${units} blocks`, 'It leaves no block active.');
  }
  if (order === 'random')
    return { active: [...draw.choice(units, new Uint32Array(count))].sort((a, b) => a - b), window };
  if (order === 'mirror') {
    if (count % 2 === 1) throw invalid('frugal', 'order', order, `another order where ${count} of ${units} blocks are active`, 'Mirrored blocks come in pairs.'); // prettier-ignore
    const pairs = Math.floor(units / 2);
    const active = Array.from({ length: count / 2 }, (_, k) => (window + k) % pairs).flatMap((i) => [i, units - 1 - i]);
    return { active, window: (window + count / 2) % pairs };
  }
  const places = Array.from({ length: count }, (_, k) => (window + k) % units);
  return {
    active: order === 'ascending' ? places : places.map((place) => units - 1 - place),
    window: units === 0 ? 0 : (window + count) % units,
  };
}
