/**
 * A claim's {@link Figure} with its title, legend and notes, for the report and as a file. The report sets panels beside each
 * other or, on a narrow screen, below each other; an SVG file holds two in a row.
 */
import type { Figure } from '@assay-ml/claims';
import * as Plot from '@observablehq/plot';
import { CHARACTER, cleaned, document, draw, FONT, isOpen, NARROW, WIDE, type Panel } from './draw.js';
import { escape } from './markup.js';
import { typeset } from './numbers.js';
import { color, dash, seriesOf, symbol, type SeriesIndex } from './series.js';
import { heat, hex, themed } from './theme.js';

/** The sample of a series in a legend: its line, where it has one, and its symbol. */
function swatch(figure: Figure, name: string, series: SeriesIndex): string {
  const index = series.get(name) ?? 0;
  const open = isOpen(figure, seriesOf(figure).indexOf(name));
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
        stroke: color(index),
        fillOpacity: open ? 0 : 1,
      }),
    ],
  });
  return cleaned(svg.outerHTML);
}

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
        ? `<ul class="legend">${names.map((name) => `<li>${swatch(figure, name, series)}<span>${escape(name)}</span></li>`).join('')}</ul>`
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
        `<g transform="translate(${left},${top})">${swatch(figure, name, series)}</g>`,
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
