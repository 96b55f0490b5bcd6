/**
 * The parts of a claim at a glance: of each its name, the value with its interval beside what the rule allows, and the sign of
 * its verdict. Made from the verdict alone, on the axis of its statistic.
 */
import type { VerdictPart } from '@assay-ml/claims';
import * as Plot from '@observablehq/plot';
import { CHARACTER, cleaned, document, FONT, NARROW, WIDE } from './draw.js';
import { folded } from './folded.js';
import { escape } from './markup.js';
import { counted, typeset } from './numbers.js';
import { worstFirst, type Divided } from './parts.js';
import { reach } from './reach.js';
import { BADGES, bounds, numberText, statisticText, totals } from './results.js';
import { linearTicks, notation } from './scales.js';
import { hex, themed } from './theme.js';

/** Parts that are drawn in the open; of more, the worst. */
const OPEN = 24;

/** The widest that names on the left of a wide drawing get; longer ones take several lines. */
const NAMES = 170;

const nameOf = ({ part }: VerdictPart): string => (part === '' ? 'rest' : part);

const numbersOf = (part: VerdictPart): string => numberText(part, typeset) || 'no value';

/** Width of the longest of some texts, in pixels. */
const widest = (texts: readonly string[]): number => CHARACTER * Math.max(...texts.map((text) => text.length));

interface Drawn {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** @param shown some of the verdict's parts, top to bottom; the axis is that of all of them */
function draw(verdict: Divided, shown: readonly VerdictPart[], width: number): Drawn {
  const wide = width === WIDE;
  const { min, max } = verdict.rule;
  const limits = [min, max].filter((limit) => limit !== undefined);
  const values = verdict.parts.flatMap(({ measured }) => measured ?? []);
  const spans = verdict.parts.flatMap(({ interval }) => (interval === null ? [] : [interval]));
  const domain = reach(values.length === 0 ? limits : values, limits, spans);
  const [low, high] = domain;
  const ticks = linearTicks(domain, 4);
  const rows = shown.map((part, k) => ({ ...part, k }));
  const names = Math.min(NAMES, widest(verdict.parts.map(nameOf)));
  const lines = wide ? Math.ceil(widest(shown.map(nameOf)) / names) : 1;
  const height = 34 + 40 + shown.length * (wide ? 12 + 14 * lines : 40);
  const within = (x: number): number => Math.min(high, Math.max(low, x));
  const bars = rows.flatMap(({ k, interval }) =>
    interval === null ? [] : [{ k, from: interval[0], to: interval[1] }],
  );
  const cut = bars.flatMap(({ k, from, to }) => [
    ...(from < low ? [{ k, at: low, turn: -90 }] : []),
    ...(to > high ? [{ k, at: high, turn: 90 }] : []),
  ]);
  const dots = (kind: VerdictPart['verdict'], options: Plot.DotOptions): Plot.Markish =>
    Plot.dot(
      rows.filter((row) => row.verdict === kind && row.measured !== null),
      { x: 'measured', y: 'k', r: 5, fill: hex(kind), stroke: hex('paper'), ...options },
    );
  const text = {
    y: 'k',
    fill: hex('ink'),
    fontSize: FONT - 1,
    lineWidth: lines > 1 ? (0.85 * names) / (FONT - 1) : Infinity,
  } as const;
  const svg = Plot.plot({
    document: document as never,
    width,
    height,
    marginLeft: wide ? names + 16 : 10,
    marginRight: wide ? 34 + widest(verdict.parts.map(numbersOf)) : 34,
    marginTop: 34,
    marginBottom: 40,
    style: { fontSize: `${FONT}px` },
    x: {
      type: 'linear',
      domain,
      ticks,
      tickFormat: notation(ticks),
      label: statisticText(verdict),
      labelArrow: 'none',
      labelAnchor: 'center',
      labelOffset: 36,
    },
    y: { type: 'point', domain: rows.map(({ k }) => k), axis: null, padding: 0.6 },
    marks: [
      Plot.rect([0], { x1: () => min ?? low, x2: () => max ?? high, fill: hex('bound'), fillOpacity: 0.1 }),
      Plot.ruleY(rows, { y: 'k', stroke: hex('grid') }),
      Plot.ruleX(limits, { stroke: hex('bound'), strokeDasharray: '5 4', strokeWidth: 1.4 }),
      Plot.text(limits, {
        x: (x: number) => x,
        text: (x: number) => typeset(x),
        frameAnchor: 'top',
        dy: -14,
        fill: hex('bound'),
        fontSize: FONT - 1,
      }),
      Plot.ruleY(bars, {
        y: 'k',
        x1: ({ from }: { from: number }) => within(from),
        x2: ({ to }: { to: number }) => within(to),
        stroke: hex('ink'),
        strokeWidth: 2,
      }),
      Plot.dot(cut, { x: 'at', y: 'k', symbol: 'triangle', rotate: 'turn', r: 4, fill: hex('ink') }),
      dots('supported', {}),
      dots('inconclusive', { fill: hex('paper'), stroke: hex('inconclusive'), strokeWidth: 2 }),
      dots('refuted', { symbol: 'diamond', r: 5.5 }),
      wide
        ? Plot.text(rows, { ...text, text: nameOf, frameAnchor: 'left', textAnchor: 'end', dx: -10, lineHeight: 1.1 })
        : Plot.text(rows, {
            ...text,
            text: nameOf,
            frameAnchor: 'left',
            textAnchor: 'start',
            dx: 2,
            dy: -14,
            lineWidth: (0.85 * NARROW) / FONT,
            textOverflow: 'ellipsis',
          }),
      ...(['supported', 'inconclusive', 'refuted'] as const).map((kind) =>
        Plot.text(
          rows.filter((row) => row.verdict === kind),
          {
            y: 'k',
            text: () => BADGES[kind].sign,
            frameAnchor: 'right',
            textAnchor: 'middle',
            dx: 18,
            fill: hex(kind),
            fontWeight: 700,
          },
        ),
      ),
      ...(wide
        ? [
            Plot.text(rows, {
              y: 'k',
              text: numbersOf,
              frameAnchor: 'right',
              textAnchor: 'start',
              dx: 32,
              fill: hex('muted'),
              fontSize: FONT - 1,
            }),
          ]
        : []),
    ],
  });
  return { svg: cleaned(svg.outerHTML), width, height };
}

const counts = (parts: readonly VerdictPart[]): string =>
  totals(parts)
    .map(({ verdict, count }) => `${count} ${BADGES[verdict].words}`)
    .join(', ');

const described = (verdict: Divided): string =>
  `${counted(verdict.parts.length, 'part')} of ${verdict.id}, ${statisticText(verdict)} with intervals; ` +
  `the rule asks for ${bounds(verdict, typeset)}: ${counts(verdict.parts)}`;

const title = (verdict: Divided): string => `The ${verdict.parts.length} parts of ${verdict.id}`;

/** The numbers of a drawing, for who cannot see it. */
function tableOf(verdict: Divided): string {
  const rows = verdict.parts.map(
    (part) =>
      `<tr><th scope="row">${escape(part.part)}</th><td class="number">${escape(numberText(part, typeset))}</td>` +
      `<td class="number">${part.n}</td><td>${BADGES[part.verdict].sign} ${BADGES[part.verdict].words}</td></tr>`,
  );
  const heads = ['part', statisticText(verdict), 'blocks', 'verdict'].map(
    (head, k) => `<th scope="col"${k === 1 || k === 2 ? ' class="number"' : ''}>${escape(head)}</th>`,
  );
  return folded(
    'Parts in numbers',
    counted(verdict.parts.length, 'row'),
    `${title(verdict)} in numbers`,
    `<thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody>`,
  );
}

/** The parts as an element of the report, in the report's colours: at most {@link OPEN} in the open, the worst first if there are more. */
export function forestHtml(verdict: Divided): string {
  const { parts } = verdict;
  const shown = parts.length > OPEN ? worstFirst(verdict) : parts;
  const drawn = (some: readonly VerdictPart[], label: string): string =>
    (
      [
        [WIDE, 'roomy'],
        [NARROW, 'small'],
      ] as const
    )
      .map(
        ([width, kind]) =>
          `<div class="panels ${kind}" role="img" aria-label="${escape(label)}">${draw(verdict, some, width).svg}</div>`,
      )
      .join('');
  const rest = shown.slice(OPEN);
  const more =
    rest.length === 0
      ? ''
      : `<details><summary>${counted(rest.length, 'more part')} <span class="tag">${counts(rest)}</span></summary><div>${drawn(rest, `${counted(rest.length, 'more part')} of ${verdict.id}: ${counts(rest)}`)}</div></details>`;
  const caption = `${title(verdict)}${rest.length === 0 ? '' : ', worst first'}`;
  return themed(
    `<figure class="forest" role="group" aria-label="${escape(title(verdict))}"><figcaption>${escape(caption)}</figcaption>` +
      `${drawn(shown.slice(0, OPEN), described(verdict))}${more}${tableOf(verdict)}</figure>`,
  );
}

/** All parts as an SVG file, with its own white background and title. */
export function forestSvg(verdict: Divided): string {
  const { svg, width, height } = draw(verdict, verdict.parts, WIDE);
  const size = { width: width + 24, height: height + 44 };
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" ` +
    `font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="${FONT}"><title>${escape(described(verdict))}</title>` +
    `<rect width="100%" height="100%" fill="${hex('paper')}"/>` +
    `<text x="16" y="28" font-size="16" font-weight="600" fill="${hex('ink')}">${escape(title(verdict))}</text>` +
    `<g transform="translate(12,36)">${svg}</g></svg>\n`
  );
}
