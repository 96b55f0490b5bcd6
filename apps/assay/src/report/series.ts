/** How a series of data looks: the same in every figure of a report. */
import type { Figure } from '@assay-ml/claims';
import { SERIES } from './theme.js';

/** Series name → index of its colour and symbol, the same in every figure of a report. */
export type SeriesIndex = ReadonlyMap<string, number>;

const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'cross', 'wye', 'star', 'hexagon'] as const;

/** The series of a figure, in order of appearance. */
export const seriesOf = ({ rows }: Figure): string[] => [...new Set(rows.flatMap((row) => row.series ?? []))];

/** Gives each series of a report its colour, in order of appearance. */
export function indexSeries(figures: readonly Figure[]): SeriesIndex {
  return new Map([...new Set(figures.flatMap(seriesOf))].map((name, k) => [name, k]));
}

export const color = (index: number): string => SERIES[index % SERIES.length]!;
/** Later lines have gaps and smaller symbols, so that of two that coincide both are seen. */
export const dash = (index: number): string => ['none', '12 3', '5 4'][index % 3]!;
export const radius = (index: number): number => [5, 4.2, 3.5][index % 3]!;
export const symbol = (index: number): (typeof SYMBOLS)[number] => SYMBOLS[index % SYMBOLS.length]!;

/** Of series in one drawing those with gaps and small symbols last, on top of those that they may coincide with. */
export const order = (names: readonly string[], series: SeriesIndex): string[] =>
  [...names].sort((a, b) => ((series.get(a) ?? 0) % 3) - ((series.get(b) ?? 0) % 3));
