/**
 * Draws the panels of a {@link Figure} with Observable Plot on a server-side document, in the light colours. A facet is a
 * panel of its own.
 */
import type { Figure } from '@assay-ml/claims';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { typeset } from './numbers.js';
import { radarSvg } from './radar.js';
import {
  categories,
  distinct,
  domain,
  drawable,
  linearTicks,
  logTicks,
  notation,
  scaleOf,
  type Row,
  type Scale,
} from './scales.js';
import { color, dash, order, radius, seriesOf, symbol, type SeriesIndex } from './series.js';
import { heat, heatText, hex } from './theme.js';

export interface Panel {
  readonly title: string | null;
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

interface Drawing {
  readonly panels: readonly Panel[];
  /** What was left out and why, in sentences. */
  readonly notes: readonly string[];
}

/** Size of text in a drawing, and the width that a character of it takes. */
export const FONT = 13;
export const CHARACTER = 7;
/** Width of a drawing, and of one panel of several or of a drawing on a telephone. */
export const WIDE = 560;
export const NARROW = 340;
/** Width of a heat map's cell, enough for `−0.07`. */
const CELL = 44;

/** Where Plot draws: any document will do. */
export const { document } = parseHTML('<!doctype html><html><body></body></html>');

interface Frame {
  readonly figure: Figure;
  readonly x: Scale;
  readonly y: Scale;
  readonly xDomain: readonly (number | string)[];
  readonly yDomain: readonly (number | string)[];
  readonly width: number;
  readonly series: SeriesIndex;
}

const asRange = (values: readonly (number | string)[]): [number, number] => [Number(values[0]), Number(values.at(-1))];

/** Where an axis has its ticks: every category, whole powers on a long logarithmic axis, whole numbers where all values are. */
function ticksOf(frame: Frame, which: 'x' | 'y'): readonly (number | string)[] {
  const values = which === 'x' ? frame.xDomain : frame.yDomain;
  if (frame[which] === 'point') return values;
  if (frame[which] === 'log') return logTicks(asRange(values));
  const whole = frame.figure.rows.every((row) => Number.isInteger(row[which]));
  return linearTicks(asRange(values), 6).filter((tick) => !whole || Number.isInteger(tick));
}

function axis(frame: Frame, which: 'x' | 'y'): Plot.ScaleOptions {
  const scale = frame[which];
  const ticks = ticksOf(frame, which);
  const common = {
    label: frame.figure[which].label,
    labelArrow: 'none' as const,
    domain: [...(which === 'x' ? frame.xDomain : frame.yDomain)],
    tickFormat: notation(ticks),
  };
  if (scale !== 'point') return { ...common, type: scale, ticks: ticks as number[] };
  const banded = frame.figure.mark === 'heat' || frame.figure.mark === 'bar';
  return { ...common, type: banded ? 'band' : 'point', padding: banded ? 0.06 : 0.4 };
}

/** Longest tick label of an axis, in characters. */
function longest(frame: Frame, which: 'x' | 'y'): number {
  const ticks = ticksOf(frame, which);
  return Math.max(...ticks.map((tick) => notation(ticks)(tick).length), 3);
}

/** Reference lines with their names on them: inside the frame, whichever end of the axis is near. */
function ruleMarks(frame: Frame): Plot.Markish[] {
  return (frame.figure.rules ?? []).flatMap(({ axis: which, at, label: name }) => {
    if (frame[which] === 'log' && !(at > 0)) return [];
    const line = { stroke: hex('bound'), strokeDasharray: '5 4', strokeWidth: 1.4 };
    const text = { text: [name ?? ''], fill: hex('bound'), stroke: hex('paper'), strokeWidth: 4, fontSize: FONT - 1 };
    if (which === 'y') {
      const beside = { frameAnchor: 'right', textAnchor: 'end', dx: -4, dy: -9 } as const;
      return [Plot.ruleY([at], line), Plot.text([at], { ...text, ...beside, y: [at] })];
    }
    const scaled = (x: number): number => (frame.x === 'log' ? Math.log(x) : x);
    const [low, high] = asRange(frame.xDomain).map(scaled) as [number, number];
    const late = scaled(at) > (low + high) / 2;
    const beside = { frameAnchor: 'top', textAnchor: late ? 'end' : 'start', dx: late ? -5 : 5, dy: 9 } as const;
    return [Plot.ruleX([at], line), Plot.text([at], { ...text, ...beside, x: [at] })];
  });
}

/** Whether the dots of the `k`-th series are rings: around those of the series before, they leave them to be seen. */
export const isOpen = ({ mark }: Figure, k: number): boolean => mark === 'dot' && k % 2 === 1;

/** Series of dots that share a category stand beside each other there. */
function dataMarks(frame: Frame, rows: readonly Row[]): Plot.Markish[] {
  const { figure, series } = frame;
  const names = order(distinct(rows.map((row) => row.series ?? '')), series);
  const [floor] = asRange(frame.yDomain);
  const shown = (bound: number | undefined): number | undefined =>
    bound === undefined || !Number.isFinite(bound) ? undefined : frame.y === 'log' ? Math.max(bound, floor) : bound;
  const all = seriesOf(figure);
  return names.flatMap((name): Plot.Markish[] => {
    const k = all.indexOf(name);
    const aside = figure.mark === 'dot' && k >= 0 ? (k - (all.length - 1) / 2) * Math.min(9, 60 / all.length) : 0;
    const open = isOpen(figure, k);
    const beside = frame.x === 'point' ? { dx: aside } : frame.y === 'point' ? { dy: aside } : {};
    const index = series.get(name) ?? 0;
    const paint = color(index);
    const mine = rows
      .filter((row) => (row.series ?? '') === name)
      .map((row) => ({ ...row, low: shown(row.low), high: shown(row.high) }));
    const spread = mine.filter((row) => row.low !== undefined && row.high !== undefined);
    const bars = Plot.ruleX(spread, { x: 'x', y1: 'low', y2: 'high', stroke: paint, strokeWidth: 1.6, ...beside });
    const dots = Plot.dot(mine, {
      x: 'x',
      y: 'y',
      symbol: symbol(index),
      r: radius(index) + (open ? 2.5 : 0),
      fill: paint,
      stroke: figure.mark === 'dot' ? paint : hex('paper'),
      strokeWidth: open ? 1.6 : 1,
      fillOpacity: open ? 0 : figure.mark === 'dot' ? 0.6 : 1,
      ...beside,
    });
    if (figure.mark === 'dot') return [bars, dots];
    const along = frame.x === 'point' ? mine : mine.sort((a, b) => Number(a.x) - Number(b.x));
    return [
      ...(spread.length === mine.length
        ? [Plot.areaY(along, { x: 'x', y1: 'low', y2: 'high', fill: paint, fillOpacity: 0.14 })]
        : [bars]),
      Plot.line(along, { x: 'x', y: 'y', stroke: paint, strokeWidth: 2, strokeDasharray: dash(index) }),
      dots,
    ];
  });
}

/** Bars side by side: one group for each x, one bar for each series. */
function barMarks(frame: Frame, rows: readonly Row[]): Plot.Markish[] {
  const names = distinct(rows.map((row) => row.series ?? ''));
  const base = frame.y === 'log' ? asRange(frame.yDomain)[0] : 0;
  const data = rows.map((row) => ({ ...row, series: row.series ?? '', base }));
  const paint = (row: { series: string }): string => color(frame.series.get(row.series) ?? 0);
  return [
    Plot.barY(data, { fx: 'x', x: 'series', y1: 'base', y2: 'y', fill: paint, insetLeft: 1, insetRight: 1 }),
    Plot.ruleX(
      data.filter((row) => row.low !== undefined && row.high !== undefined),
      { fx: 'x', x: 'series', y1: 'low', y2: 'high', stroke: hex('ink'), strokeWidth: 1.4 },
    ),
    ...(names.length === 0 ? [] : [Plot.ruleY([base], { stroke: hex('muted') })]),
  ];
}

/** Two digits, but none finer than what the map's colours tell apart: `−0.07` beside `−2.4`. */
function cellText(value: number, bound: number): string {
  const step = 10 ** (Math.floor(Math.log10(bound || 1)) - 2);
  return typeset(Math.round(value / step) * step, 2);
}

function heatMarks(rows: readonly Row[], bound: number): Plot.Markish[] {
  return [
    Plot.cell(rows, { x: 'x', y: 'y', fill: (row: Row) => heat(row.value!, bound), rx: 3 }),
    Plot.text(rows, {
      x: 'x',
      y: 'y',
      text: (row: Row) => cellText(row.value!, bound),
      fill: (row: Row) => heatText(row.value!, bound),
      fontSize: FONT - 1.5,
      fontVariant: 'tabular-nums',
    }),
  ];
}

/** Plot's SVG without its style sheet, ids and needless decimals. */
export function cleaned(svg: string): string {
  return svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/^<svg([^>]*?) fill="currentColor"/, `<svg$1 fill="${hex('ink')}"`)
    .replaceAll('currentColor', hex('muted'))
    .replace(/ aria-(?:label|hidden)="[^"]*"/g, '')
    .replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{2,}/g, (n) => String(Number(Number(n).toFixed(1)))));
}

function panel(frame: Frame, rows: readonly Row[], title: string | null, bound: number): Panel {
  const { figure, width, series } = frame;
  if (figure.mark === 'radar') {
    const radar = { rules: figure.rules ?? [], categories: frame.xDomain, most: asRange(frame.yDomain)[1], series, fontSize: FONT - 1 }; // prettier-ignore
    const { svg, height } = radarSvg(radar, rows, width, document as never);
    return { title, svg: cleaned(svg), width, height };
  }
  const cellCount = frame.yDomain.length;
  const height =
    figure.mark === 'heat'
      ? 76 + 34 * cellCount
      : frame.y === 'point'
        ? 90 + 30 * cellCount
        : width === WIDE
          ? 330
          : 280;
  const marginLeft = 20 + CHARACTER * longest(frame, 'y');
  const room = (width - marginLeft - 24) / Math.max(1, frame.x === 'point' ? frame.xDomain.length : 6);
  const tilted = frame.x === 'point' && longest(frame, 'x') * CHARACTER + 6 > room;
  const [x, y] = [axis(frame, 'x'), axis(frame, 'y')];
  const tilt = tilted ? { tickRotate: -32 } : {};
  const marginBottom = tilted ? 48 + Math.min(90, 4 * longest(frame, 'x')) : 48;
  const bars = figure.mark === 'bar';
  const svg = Plot.plot({
    document: document as never,
    width,
    height: height + (tilted ? marginBottom - 48 : 0),
    marginLeft,
    marginRight: 24,
    marginTop: 34,
    marginBottom,
    style: { fontSize: `${FONT}px` },
    x: bars
      ? { axis: null, type: 'band', padding: 0, domain: distinct(rows.map((row) => row.series ?? '')) }
      : { ...x, ...tilt, labelAnchor: 'center', labelOffset: marginBottom - 6 },
    ...(bars ? { fx: { ...x, ...tilt, padding: 0.2, axis: 'bottom' as const } } : {}),
    y: {
      ...y,
      labelAnchor: 'top',
      ...(frame.y === 'point' ? { reverse: true } : {}),
      ...(bars ? { axis: null } : {}),
    },
    marks: [
      // Each x of a bar chart is a facet to Plot, which would set an axis beside every empty one.
      ...(bars
        ? [
            Plot.axisY({
              ticks: y.ticks!,
              tickFormat: y.tickFormat!,
              label: y.label!,
              labelAnchor: 'top',
              labelArrow: 'none',
              facetAnchor: 'left',
            }),
          ]
        : []),
      ...(figure.mark === 'heat'
        ? heatMarks(rows, bound)
        : [
            Plot.gridY({
              stroke: hex('grid'),
              strokeOpacity: 1,
              ...(frame.y === 'point' ? {} : { ticks: ticksOf(frame, 'y') as number[] }),
            }),
            ...(bars ? barMarks(frame, rows) : dataMarks(frame, rows)),
          ]),
      ...ruleMarks(frame),
    ],
  });
  return { title, svg: cleaned(svg.outerHTML), width, height: height + (tilted ? marginBottom - 48 : 0) };
}

/** The panels of a figure, each `width` wide unless there are several. */
export function draw(figure: Figure, series: SeriesIndex, width: number): Drawing {
  const { rows, notes } = drawable(figure);
  if (rows.length === 0) return { panels: [], notes: [...notes, 'Nothing to draw.'] };
  const facets = distinct(rows.map((row) => row.facet ?? null));
  const [x, y] = [scaleOf(figure, 'x'), scaleOf(figure, 'y')];
  const reach = (which: 'x' | 'y'): number[] => [
    ...rows.map((row) => Number(row[which])),
    ...(which === 'y' ? rows.flatMap((row) => [row.low ?? row.y, row.high ?? row.y]).map(Number) : []),
    ...(figure.rules ?? []).filter((rule) => rule.axis === which).map((rule) => rule.at),
  ];
  const extent = (which: 'x' | 'y', scale: Scale): readonly (number | string)[] =>
    scale === 'point'
      ? categories(rows.map((row) => row[which]))
      : domain(
          reach(which).filter((v) => Number.isFinite(v) && (scale !== 'log' || v > 0)),
          scale,
          figure.mark === 'bar' || figure.mark === 'radar',
        );
  const xDomain = extent('x', x);
  const frame: Frame = {
    figure,
    x,
    y,
    xDomain,
    yDomain: extent('y', y),
    width: Math.max(facets.length > 1 ? NARROW : width, figure.mark === 'heat' ? 80 + CELL * xDomain.length : 0),
    series,
  };
  const bound = Math.max(0, ...rows.map((row) => Math.abs(row.value ?? 0)));
  return {
    panels: facets.map((facet) =>
      panel(
        frame,
        rows.filter((row) => (row.facet ?? null) === facet),
        facet,
        bound,
      ),
    ),
    notes,
  };
}
