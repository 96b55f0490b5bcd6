/** Radars: the categories of x around a circle, y outwards from 0 at its centre, each series a closed line. */
import type { Figure } from '@assay-ml/claims';
import * as Plot from '@observablehq/plot';
import { notation, linearTicks, type Row } from './scales.js';
import { color, dash, order, radius, type SeriesIndex, symbol } from './series.js';
import { hex } from './theme.js';

/** Half the sides of the plane that it is drawn in, in its radius: room for names. */
const ROOM = { across: 2.1, along: 1.35 };
/** Width of a line of a name, in its size. */
const LINE = 7;

/** What a radar is drawn from. */
export interface Radar {
  readonly rules: NonNullable<Figure['rules']>;
  /** Names around the circle, clockwise from the top. */
  readonly categories: readonly (number | string)[];
  /** Largest value: the circle's radius. */
  readonly most: number;
  readonly series: SeriesIndex;
  readonly fontSize: number;
}

/** Marks in the plane of a circle of radius 1, and the plane's domains. */
function radarMarks({ rules, categories, most, series, fontSize }: Radar, rows: readonly Row[]): Plot.Markish[] {
  const place = (turn: number, value: number) => ({ x: (value / most) * Math.sin(2 * Math.PI * turn), y: (value / most) * Math.cos(2 * Math.PI * turn) }); // prettier-ignore
  const turn = (x: number | string): number => categories.indexOf(x) / categories.length;
  const ring = (value: number) => [...categories, categories[0]!].map((x) => place(turn(x), value));
  const ticks = linearTicks([0, most], 4).filter((tick) => tick > 0);
  const format = notation(ticks);
  const line = (points: readonly { x: number; y: number }[], stroke: string, more: object = {}) => Plot.line(points, { x: 'x', y: 'y', stroke, ...more }); // prettier-ignore
  const text = (at: { x: number; y: number }, what: string, more: object = {}) => Plot.text([at], { x: 'x', y: 'y', text: [what], fontSize, fill: hex('muted'), ...more }); // prettier-ignore
  const names = order([...new Set(rows.map((row) => row.series ?? ''))], series);
  return [
    ...ticks.map((tick) => line(ring(tick), hex('grid'))),
    ...categories.map((name) => line([place(0, 0), place(turn(name), most)], hex('grid'))),
    ...rules.filter(({ axis }) => axis === 'y').map(({ at }) => line(ring(at), hex('bound'), { strokeDasharray: '5 4', strokeWidth: 1.4 })), // prettier-ignore
    ...names.flatMap((name): Plot.Markish[] => {
      const index = series.get(name) ?? 0;
      const points = categories.flatMap((x) => rows.filter((row) => row.x === x && (row.series ?? '') === name).map((row) => place(turn(x), Number(row.y)))); // prettier-ignore
      return [
        line([...points, ...points.slice(0, 1)], color(index), { strokeWidth: 2, strokeDasharray: dash(index) }),
        Plot.dot(points, { x: 'x', y: 'y', symbol: symbol(index), r: radius(index), fill: color(index), stroke: hex('paper') }), // prettier-ignore
      ];
    }),
    ...ticks.map((tick) => text(place(0, tick), format(tick), { dx: 4, dy: -2, textAnchor: 'start', stroke: hex('paper'), strokeWidth: 3 })), // prettier-ignore
    ...categories.map((name) => {
      const at = place(turn(name), 1.08 * most);
      const side = Math.abs(at.x) < 0.2 ? 'middle' : at.x > 0 ? 'start' : 'end';
      return text(at, String(name), { lineWidth: LINE, textAnchor: side, lineAnchor: at.y > 0.5 ? 'bottom' : at.y < -0.5 ? 'top' : 'middle', fill: hex('ink') }); // prettier-ignore
    }),
    ...rules.filter(({ axis }) => axis === 'y').map(({ at, label = '' }) => text(place(0.5 / categories.length, at), label, { fill: hex('bound'), stroke: hex('paper'), strokeWidth: 4 })), // prettier-ignore
  ];
}

/** The SVG of a radar, and its height. */
export function radarSvg(
  radar: Radar,
  rows: readonly Row[],
  width: number,
  document: Plot.PlotOptions['document'],
): { readonly svg: string; readonly height: number } {
  const height = Math.round((width * ROOM.along) / ROOM.across);
  const plotted = Plot.plot({
    document,
    width,
    height,
    margin: 0,
    style: { fontSize: `${radar.fontSize}px` },
    x: { axis: null, type: 'linear', domain: [-ROOM.across, ROOM.across] },
    y: { axis: null, type: 'linear', domain: [-ROOM.along, ROOM.along] },
    marks: radarMarks(radar, rows),
  });
  return { svg: plotted.outerHTML, height };
}
