/**
 * Draws a claim's {@link Figure} with Observable Plot on a server-side document. A facet is a panel of its own, so that the
 * report can set panels beside each other or, on a narrow screen, below each other; an SVG file holds two in a row.
 */
import type { Figure } from '@assay-ml/claims';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escape } from './markup.js';
import { counted, typeset } from './numbers.js';
import { heat, heatText, hex, SERIES, themed } from './theme.js';

type Row = Figure['rows'][number];
type Scale = 'linear' | 'log' | 'point';

/** Series name → index of its colour and symbol, the same in every figure of a report. */
export type SeriesIndex = ReadonlyMap<string, number>;

interface Panel {
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

const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'times', 'plus', 'star', 'wye'] as const;
const FONT = 13;
const CHARACTER = 7;
/** Width of a drawing, and of one panel of several or of a drawing on a telephone. */
const WIDE = 560;
const NARROW = 340;
/** Width of a heat map's cell, enough for `−0.07`. */
const CELL = 44;

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Gives each series of a report its colour, in order of appearance. */
export function indexSeries(figures: readonly Figure[]): SeriesIndex {
  const names = new Set(figures.flatMap((figure) => figure.rows.flatMap((row) => row.series ?? [])));
  return new Map([...names].map((name, k) => [name, k]));
}

const color = (index: number): string => SERIES[index % SERIES.length]!;
/** Later lines have gaps and smaller symbols, so that of two that coincide both are seen. */
const dash = (index: number): string => ['none', '12 3', '5 4'][index % 3]!;
const radius = (index: number): number => [5, 4.2, 3.5][index % 3]!;
const symbol = (index: number): (typeof SYMBOLS)[number] => SYMBOLS[index % SYMBOLS.length]!;
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** Numbers ascending; text in order of appearance. */
function categories(values: readonly (number | string)[]): (number | string)[] {
  const found = distinct(values);
  return found.every((v) => typeof v === 'number') ? found.sort((a, b) => a - b) : found;
}

const label = (value: number | string): string => (typeof value === 'number' ? typeset(value, 4) : value);

/** 1-2-5 ticks inside a short range, whole powers of ten, thinned to at most seven, over a long one. */
function logTicks([low, high]: readonly [number, number]): number[] {
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

/** The kind of scale an axis really has: text needs a point scale, whatever was asked. */
function scaleOf(figure: Figure, axis: 'x' | 'y'): Scale {
  const asked = figure[axis].scale ?? 'linear';
  const forced = figure.mark === 'heat' || (figure.mark === 'bar' && axis === 'x');
  return forced || figure.rows.some((row) => typeof row[axis] === 'string') ? 'point' : asked;
}

function domain(values: readonly number[], scale: Scale, fromZero: boolean): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (scale === 'log') return low === high ? [low / 3, high * 3] : [low / 1.3, high * 1.3];
  const bottom = fromZero ? Math.min(0, low) : low;
  const top = fromZero ? Math.max(0, high) : high;
  const pad = top === bottom ? Math.max(1, Math.abs(top)) / 2 : (top - bottom) * 0.05;
  return [fromZero && bottom === 0 ? 0 : bottom - pad, fromZero && top === 0 ? 0 : top + pad];
}

/** Leaves out what an axis cannot show, and says so. */
function drawable(figure: Figure): { rows: Row[]; notes: string[] } {
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
  const dropped = finite.length - rows.length;
  if (dropped > 0) notes.push(`${counted(dropped, 'point')} at or below zero not drawn: the axis is logarithmic.`);
  return { rows, notes };
}

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

function axis(frame: Frame, which: 'x' | 'y'): Plot.ScaleOptions {
  const scale = frame[which];
  const values = which === 'x' ? frame.xDomain : frame.yDomain;
  const common = { label: frame.figure[which].label, labelArrow: 'none' as const, domain: [...values] };
  if (scale === 'point') {
    const banded = frame.figure.mark === 'heat' || frame.figure.mark === 'bar';
    return { ...common, type: banded ? 'band' : 'point', tickFormat: label, padding: banded ? 0.06 : 0.4 };
  }
  if (scale === 'log') return { ...common, type: 'log', ticks: logTicks(asRange(values)), tickFormat: label };
  return { ...common, type: 'linear', ticks: 6, tickFormat: label };
}

/** Longest tick label of an axis, in characters. */
function longest(frame: Frame, which: 'x' | 'y'): number {
  const values = which === 'x' ? frame.xDomain : frame.yDomain;
  if (frame[which] === 'log') return Math.max(...logTicks(asRange(values)).map((t) => label(t).length), 3);
  if (frame[which] === 'linear') return 6;
  return Math.max(...values.map((v) => label(v).length));
}

/** Reference lines with their names on them. */
function ruleMarks(frame: Frame): Plot.Markish[] {
  return (frame.figure.rules ?? []).flatMap(({ axis: which, at, label: name }) => {
    if (frame[which] === 'log' && !(at > 0)) return [];
    const line = { stroke: hex('bound'), strokeDasharray: '5 4', strokeWidth: 1.4 };
    const text = { text: [name ?? ''], fill: hex('bound'), stroke: hex('paper'), strokeWidth: 4, fontSize: FONT - 1 };
    return which === 'y'
      ? [
          Plot.ruleY([at], line),
          Plot.text([at], {
            ...text,
            y: [at],
            frameAnchor: 'right' as const,
            textAnchor: 'end' as const,
            dx: -4,
            dy: -9,
          }),
        ]
      : [
          Plot.ruleX([at], line),
          Plot.text([at], {
            ...text,
            x: [at],
            frameAnchor: 'top' as const,
            textAnchor: 'start' as const,
            dx: 5,
            dy: 9,
          }),
        ];
  });
}

function dataMarks(frame: Frame, rows: readonly Row[]): Plot.Markish[] {
  const { figure, series } = frame;
  const names = distinct(rows.map((row) => row.series ?? ''));
  const [floor] = asRange(frame.yDomain);
  const shown = (bound: number | undefined): number | undefined =>
    bound === undefined || !Number.isFinite(bound) ? undefined : frame.y === 'log' ? Math.max(bound, floor) : bound;
  return names.flatMap((name): Plot.Markish[] => {
    const index = series.get(name) ?? 0;
    const paint = color(index);
    const mine = rows
      .filter((row) => (row.series ?? '') === name)
      .map((row) => ({ ...row, low: shown(row.low), high: shown(row.high) }));
    const spread = mine.filter((row) => row.low !== undefined && row.high !== undefined);
    const bars = Plot.ruleX(spread, { x: 'x', y1: 'low', y2: 'high', stroke: paint, strokeWidth: 1.6 });
    const dots = Plot.dot(mine, {
      x: 'x',
      y: 'y',
      symbol: symbol(index),
      r: radius(index),
      fill: paint,
      stroke: hex('paper'),
      strokeWidth: 1,
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
function cleaned(svg: string): string {
  return svg
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/^<svg([^>]*?) fill="currentColor"/, `<svg$1 fill="${hex('ink')}"`)
    .replaceAll('currentColor', hex('muted'))
    .replace(/ aria-(?:label|hidden)="[^"]*"/g, '')
    .replace(/<[^>]*>/g, (tag) => tag.replace(/-?\d+\.\d{2,}/g, (n) => String(Number(Number(n).toFixed(1)))));
}

function panel(frame: Frame, rows: readonly Row[], title: string | null, bound: number): Panel {
  const { figure, width } = frame;
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
  const x = axis(frame, 'x');
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
    y: { ...axis(frame, 'y'), labelAnchor: 'top', ...(frame.y === 'point' ? { reverse: true } : {}) },
    marks: [
      ...(figure.mark === 'heat'
        ? heatMarks(rows, bound)
        : [
            Plot.gridY({
              stroke: hex('grid'),
              strokeOpacity: 1,
              ...(frame.y === 'log' ? { ticks: logTicks(asRange(frame.yDomain)) } : {}),
            }),
            ...(bars ? barMarks(frame, rows) : dataMarks(frame, rows)),
          ]),
      ...ruleMarks(frame),
    ],
  });
  return { title, svg: cleaned(svg.outerHTML), width, height: height + (tilted ? marginBottom - 48 : 0) };
}

function draw(figure: Figure, series: SeriesIndex, width: number): Drawing {
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
          figure.mark === 'bar',
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

/** The sample of a series in a legend: its line, where it has one, and its symbol. */
function swatch(figure: Figure, index: number): string {
  const ends = [{ at: 0 }, { at: 1 }];
  const svg = Plot.plot({
    document: document as never,
    width: 26,
    height: 14,
    margin: 0,
    x: { axis: null, type: 'linear', domain: [0, 1] },
    y: { axis: null, type: 'linear', domain: [0, 1] },
    marks: [
      ...(figure.mark === 'line'
        ? [
            Plot.line(ends, {
              x: 'at',
              y: () => 0.5,
              stroke: color(index),
              strokeWidth: 2,
              strokeDasharray: dash(index),
            }),
          ]
        : []),
      Plot.dot([0.5], {
        x: [0.5],
        y: [0.5],
        r: 4.5,
        symbol: figure.mark === 'bar' ? 'square' : symbol(index),
        fill: color(index),
      }),
    ],
  });
  return cleaned(svg.outerHTML);
}

const seriesOf = (figure: Figure): string[] => distinct(figure.rows.flatMap((row) => row.series ?? []));

/** Colour bar of a heat map: the two ends and zero. */
function colorBar(figure: Figure): string {
  const bound = Math.max(0, ...figure.rows.map((row) => Math.abs(row.value ?? 0)).filter(Number.isFinite));
  const steps = 41;
  const width = 205;
  const blocks = Array.from({ length: steps }, (_, i) => {
    const value = bound * ((2 * i) / (steps - 1) - 1);
    return `<rect x="${(i * width) / steps}" y="0" width="${width / steps + 0.4}" height="10" fill="${heat(value, bound)}"/>`;
  });
  const text = (x: number, anchor: string, value: number): string =>
    `<text x="${x}" y="24" text-anchor="${anchor}" fill="${hex('muted')}">${typeset(value, 2)}</text>`;
  return (
    `<svg viewBox="0 0 ${width} 28" width="${width}" height="28" font-size="12" font-family="system-ui, sans-serif">` +
    `${blocks.join('')}${text(0, 'start', -bound)}${text(width / 2, 'middle', 0)}${text(width, 'end', bound)}</svg>`
  );
}

const described = (figure: Figure): string => {
  const names = seriesOf(figure);
  const axes = `${figure.y.label} against ${figure.x.label}`;
  return `${figure.title}: ${figure.color ? `${figure.color.label}, ` : ''}${axes}${names.length > 0 ? ` for ${names.join(', ')}` : ''}`;
};

/** A figure as an HTML element of the report, in the report's colours, drawn for a wide and for a narrow screen. */
export function figureHtml(figure: Figure, series: SeriesIndex): string {
  const { panels, notes } = draw(figure, series, WIDE);
  const small = panels.length > 1 ? [] : draw(figure, series, NARROW).panels;
  const names = seriesOf(figure);
  const legend =
    figure.mark === 'heat'
      ? `<div class="legend"><span>${escape(figure.color?.label ?? 'value')}</span>${colorBar(figure)}</div>`
      : names.length > 0
        ? `<ul class="legend">${names.map((name) => `<li>${swatch(figure, series.get(name) ?? 0)}<span>${escape(name)}</span></li>`).join('')}</ul>`
        : '';
  const drawn = (shown: readonly Panel[], kind: string): string =>
    shown.length === 0
      ? ''
      : `<div class="panels ${kind}" role="img" aria-label="${escape(described(figure))}">${shown
          .map(({ title, svg }) => `<div>${title === null ? '' : `<h4>${escape(title)}</h4>`}${svg}</div>`)
          .join('')}</div>`;
  const note = notes.length > 0 ? `<p class="note">${escape(notes.join(' '))}</p>` : '';
  return themed(
    `<figure role="group" aria-label="${escape(figure.title)}"><figcaption>${escape(figure.title)}</figcaption>${legend}` +
      `${panels.length > 1 ? drawn(panels, 'many') : drawn(panels, 'roomy') + drawn(small, 'small')}${note}</figure>`,
  );
}

/** A figure as an SVG file: its own white background, legend, title and panels. */
export function figureSvg(figure: Figure, series: SeriesIndex): string {
  const { panels, notes } = draw(figure, series, WIDE);
  const names = seriesOf(figure);
  const columns = Math.min(2, Math.max(1, panels.length));
  const width = Math.max(WIDE, columns * (panels[0]?.width ?? WIDE)) + 24;
  const parts: string[] = [
    `<text x="16" y="28" font-size="16" font-weight="600" fill="${hex('ink')}">${escape(figure.title)}</text>`,
  ];
  let top = 42;
  if (figure.mark === 'heat' && panels.length > 0) {
    parts.push(
      `<text x="16" y="${top + 10}" fill="${hex('muted')}">${escape(figure.color?.label ?? 'value')}</text>`,
      `<g transform="translate(16,${top + 20})">${colorBar(figure)}</g>`,
    );
    top += 56;
  } else if (names.length > 0) {
    let left = 16;
    for (const name of names) {
      const needed = 32 + 1.15 * CHARACTER * name.length + 18;
      if (left > 16 && left + needed > width) {
        left = 16;
        top += 20;
      }
      parts.push(
        `<g transform="translate(${left},${top})">${swatch(figure, series.get(name) ?? 0)}</g>`,
        `<text x="${left + 32}" y="${top + 11}" fill="${hex('ink')}">${escape(name)}</text>`,
      );
      left += needed;
    }
    top += 22;
  }
  panels.forEach(({ svg, title, width: w, height }, k) => {
    const x = 12 + (k % columns) * w;
    if (title !== null) {
      parts.push(`<text x="${x + 12}" y="${top + 16}" font-weight="600" fill="${hex('ink')}">${escape(title)}</text>`);
    }
    parts.push(`<g transform="translate(${x},${top + (title === null ? 0 : 20)})">${svg}</g>`);
    if (k % columns === columns - 1 || k === panels.length - 1) top += height + (title === null ? 0 : 26);
  });
  if (notes.length > 0) {
    parts.push(`<text x="16" y="${top + 14}" font-size="12" fill="${hex('muted')}">${escape(notes.join(' '))}</text>`);
    top += 22;
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top + 10}" width="${width}" height="${top + 10}" role="img" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="${FONT}"><title>${escape(described(figure))}</title>` +
    `<rect width="100%" height="100%" fill="${hex('paper')}"/>${parts.join('')}</svg>\n`
  );
}
