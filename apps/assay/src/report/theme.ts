/**
 * Colours of figures and report. A drawing uses the light hex values, so that an SVG file stands alone; in the report each
 * value becomes a CSS variable, which the dark scheme redefines. Every hex value is used by one name only.
 */

/** name → [light, dark]. Text and marks keep a contrast of at least 4.5 : 1 on their own background. */
export const COLORS = {
  paper: ['#fffffe', '#15181e'],
  ink: ['#1b2330', '#e8eaee'],
  muted: ['#5a6473', '#a2abb8'],
  grid: ['#e3e6ea', '#2c323c'],
  bound: ['#8f1d4f', '#ff9cc2'],
  supported: ['#14694b', '#6fd3a8'],
  refuted: ['#a3282f', '#ff9d9b'],
  inconclusive: ['#7d5a00', '#e8c56b'],
  s1: ['#1f6cb0', '#74b6f4'],
  s2: ['#b9500a', '#f5a25d'],
  s3: ['#157a58', '#5ccb9f'],
  s4: ['#7d4a9e', '#c9a2e6'],
  s5: ['#856407', '#dfc266'],
  s6: ['#ad3564', '#f291b4'],
  s7: ['#0b737d', '#63cfda'],
  s8: ['#4d5a6b', '#a9b4c3'],
  heatLow: ['#1a5fa3', '#7cbcf7'],
  heatZero: ['#f3f1ec', '#272c35'],
  heatHigh: ['#b0470c', '#f7a765'],
  heatInk: ['#1b2331', '#e8eaef'],
  heatInkStrong: ['#fffffd', '#11141a'],
} as const;

type ColorName = keyof typeof COLORS;

/** The light value of a name: what a drawing is made of. */
export const hex = (name: ColorName): string => COLORS[name][0];

/** Colours of data series, in the order they are handed out. */
export const SERIES: readonly string[] = (['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'] as const).map(hex);

/** Steps from zero to either end of a heat map's colours. */
const HEAT_STEPS = 20;

const channels = (color: string): number[] => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));

function mixed(step: number): string {
  const end = channels(hex(step < 0 ? 'heatLow' : 'heatHigh'));
  const zero = channels(hex('heatZero'));
  const share = Math.abs(step) / HEAT_STEPS;
  return `#${zero
    .map((z, i) => Math.round(z + (end[i]! - z) * share))
    .map((v) => v.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** Colour of `value` on a diverging scale that reaches its ends at ±`bound`. */
export function heat(value: number, bound: number): string {
  const step = bound > 0 ? Math.round((HEAT_STEPS * Math.max(-bound, Math.min(bound, value))) / bound) : 0;
  return mixed(step);
}

/** Colour of text on {@link heat} of the same value. */
export function heatText(value: number, bound: number): string {
  return hex(bound > 0 && Math.abs(value) > 0.55 * bound ? 'heatInkStrong' : 'heatInk');
}

const THEMED: ReadonlyMap<string, string> = new Map([
  ...(Object.keys(COLORS) as ColorName[]).map((name) => [hex(name), `var(--${name})`] as const),
  ...Array.from({ length: 2 * HEAT_STEPS + 1 }, (_, i) => i - HEAT_STEPS)
    .filter((step) => Math.abs(step) % HEAT_STEPS !== 0)
    .map((step) => {
      const end = step < 0 ? 'heatLow' : 'heatHigh';
      const share = (100 * Math.abs(step)) / HEAT_STEPS;
      return [mixed(step), `color-mix(in srgb, var(--${end}) ${share}%, var(--heatZero))`] as const;
    }),
]);

/** Replaces the light colours of a drawing by the report's CSS variables. */
export function themed(svg: string): string {
  return svg.replace(/#[0-9a-f]{6}\b/g, (color) => THEMED.get(color) ?? color);
}

/** The CSS variables of one scheme. */
export function variables(scheme: 'light' | 'dark'): string {
  return Object.entries(COLORS)
    .map(([name, pair]) => `--${name}:${pair[scheme === 'light' ? 0 : 1]}`)
    .join(';');
}
