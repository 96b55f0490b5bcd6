/**
 * A verdict at a glance: what the rule allows (shaded), the interval (bar), the measured value (dot) and
 * the source's (diamond), where it is the same statistic, on one scale.
 */
import type { Verdict } from '@assay-ml/claims';
import { escape } from './markup.js';
import { typeset } from './numbers.js';
import { reach } from './reach.js';
import { bounds, measuredText } from './results.js';
import { hex, themed } from './theme.js';

const WIDTH = 340;
const HEIGHT = 46;
const MARGIN = 14;

/** Inline SVG of a judged number, or nothing where the rule has no bounds or nothing was measured. */
export function gauge(verdict: Verdict): string {
  const { rule, measured, interval, reference } = verdict;
  if (rule.statistic === 'exact' || measured === null || !Number.isFinite(measured)) return '';
  const limits = [rule.min, rule.max].filter((v) => v !== undefined);
  if (limits.length === 0) return '';
  const reported = typeof reference === 'object' ? reference.value : null;
  const [low, high] = reach(
    reported === null ? [measured] : [measured, reported],
    limits,
    interval === null ? [] : [interval],
  );
  const at = (value: number): number =>
    Math.round(10 * (MARGIN + ((WIDTH - 2 * MARGIN) * (Math.min(high, Math.max(low, value)) - low)) / (high - low))) /
    10;
  const edge = (value: number | undefined, otherwise: number): number => (value === undefined ? otherwise : at(value));
  const [left, right] = [edge(rule.min, 2), edge(rule.max, WIDTH - 2)];
  const label = `${measuredText(verdict, typeset)}; the rule asks for ${bounds(verdict, typeset)}${reported === null ? '' : `; the source reports ${typeset(reported)}`}`;
  const bar =
    interval === null
      ? ''
      : `<line x1="${at(interval[0])}" x2="${at(interval[1])}" y1="16" y2="16" stroke="${hex('ink')}" stroke-width="5" stroke-opacity=".35" stroke-linecap="round"/>`;
  const source =
    reported === null
      ? ''
      : `<path d="M${at(reported)} 22l5 5l-5 5l-5-5z" fill="${hex('paper')}" stroke="${hex('ink')}" stroke-width="1.5"/>`;
  const ticks = limits.map(
    (v) =>
      `<line x1="${at(v)}" x2="${at(v)}" y1="4" y2="28" stroke="${hex('bound')}" stroke-width="1.5"/>` +
      `<text x="${Math.min(WIDTH - 22, Math.max(22, at(v)))}" y="42" text-anchor="middle" font-size="12" fill="${hex('bound')}">${typeset(v)}</text>`,
  );
  return themed(
    `<svg class="gauge" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(label)}">` +
      `<rect x="${left}" y="4" width="${Math.max(0, right - left)}" height="24" rx="3" fill="${hex('bound')}" fill-opacity=".11"/>` +
      `<line x1="2" x2="${WIDTH - 2}" y1="16" y2="16" stroke="${hex('muted')}" stroke-opacity=".6"/>${ticks.join('')}${bar}${source}` +
      `<circle cx="${at(measured)}" cy="16" r="6" fill="${hex('ink')}" stroke="${hex('paper')}" stroke-width="2"/></svg>`,
  );
}
