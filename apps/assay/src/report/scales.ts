/** What the axes of a {@link Figure} show, and what they cannot. */
import type { Figure } from '@assay-ml/claims';
import { counted, plain, powered, typeset } from './numbers.js';

export type Row = Figure['rows'][number];
export type Scale = 'linear' | 'log' | 'point';

/** Each value once, in order of appearance. */
export const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Numbers ascending; text in order of appearance. */
export function categories(values: readonly (number | string)[]): (number | string)[] {
  const found = distinct(values);
  return found.every((v) => typeof v === 'number') ? found.sort((a, b) => a - b) : found;
}

/** Ticks of one axis in one notation: powers of ten on all as soon as one needs it. */
export function notation(ticks: readonly (number | string)[]): (tick: number | string) => string {
  const powers = ticks.some((tick) => typeof tick === 'number' && plain(tick, 4).includes('e'));
  return (tick) => (typeof tick === 'string' ? tick : powers ? powered(tick, 4) : typeset(tick, 4));
}

/** 1-2-5 ticks inside a short range, whole powers of ten, thinned to at most seven, over a long one. */
export function logTicks([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const step = Math.max(1, Math.ceil((last - first) / 6));
  const factors = high / low <= 100 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = first; power <= last; power += step) {
    for (const factor of factors) ticks.push(factor * Number(`1e${power}`));
  }
  return ticks.filter((t) => t >= low * (1 - 1e-9) && t <= high * (1 + 1e-9));
}

/** About `count` multiples of 1, 2 or 5 times a power of ten inside a range. */
export function linearTicks([low, high]: readonly [number, number], count: number): number[] {
  const rough = (high - low) / count;
  const power = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * 10 ** power >= rough * 0.75)!;
  // Tenths are not exact in binary, their inverses are: 3 / 10, not 3 * 0.1.
  const at = (k: number): number => (power < 0 ? (k * factor) / 10 ** -power : k * factor * 10 ** power);
  const first = Math.ceil(low / at(1));
  return Array.from({ length: Math.max(0, Math.floor(high / at(1)) - first + 1) }, (_, k) => at(first + k));
}

/** The kind of scale an axis really has: text needs a point scale, whatever was asked. */
export function scaleOf(figure: Figure, axis: 'x' | 'y'): Scale {
  const asked = figure[axis].scale ?? 'linear';
  const forced = figure.mark === 'heat' || (axis === 'x' && (figure.mark === 'bar' || figure.mark === 'radar'));
  return forced || figure.rows.some((row) => typeof row[axis] === 'string') ? 'point' : asked;
}

/** Ends of an axis: the values and a little room. */
export function domain(values: readonly number[], scale: Scale, fromZero: boolean): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (scale === 'log') return low === high ? [low / 3, high * 3] : [low / 1.3, high * 1.3];
  const bottom = fromZero ? Math.min(0, low) : low;
  const top = fromZero ? Math.max(0, high) : high;
  const pad = top === bottom ? Math.max(1, Math.abs(top)) / 2 : (top - bottom) * 0.05;
  return [fromZero && bottom === 0 ? 0 : bottom - pad, fromZero && top === 0 ? 0 : top + pad];
}

/** Leaves out what an axis cannot show, and says so. */
export function drawable(figure: Figure): { rows: Row[]; notes: string[] } {
  const notes: string[] = [];
  const finite = figure.rows.filter((row) =>
    [row.x, row.y, ...(figure.mark === 'heat' ? [row.value ?? Number.NaN] : [])].every(
      (v) => typeof v === 'string' || Number.isFinite(v),
    ),
  );
  const lost = figure.rows.length - finite.length;
  if (lost > 0) notes.push(`${counted(lost, 'point')} without a finite value not drawn.`);
  const rows = finite.filter((row) =>
    (['x', 'y'] as const).every((axis) => scaleOf(figure, axis) !== 'log' || Number(row[axis]) > 0),
  );
  const shown = figure.mark === 'radar' ? rows.filter(({ y }) => Number(y) >= 0) : rows;
  if (shown.length < rows.length) notes.push(`${counted(rows.length - shown.length, 'point')} below zero not drawn: a radar begins at 0.`); // prettier-ignore
  const dropped = finite.length - rows.length;
  if (dropped > 0) notes.push(`${counted(dropped, 'point')} at or below zero not drawn: the axis is logarithmic.`);
  return { rows: shown, notes };
}
