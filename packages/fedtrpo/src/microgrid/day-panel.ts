/** A picture of some hours of a building: its net with and without the battery above, state of charge and action below, as SVG. */
import { integer, invalid, options as checkOptions, requireKeys } from '@assay-ml/numerics/check';
import type { Trajectory } from '../controllers/simulate.js';

/** What to draw. */
export interface DayPanelOptions {
  /** Default 0. */
  readonly building?: number;
  /** Default 0. */
  readonly episode?: number;
  /** First hour of the episode to draw. Default 0. */
  readonly from?: number;
  /** Hours to draw. Default 24, or as many as there are. */
  readonly hours?: number;
  /** Another run of the same hours, to stand beside this one: the optimum, for instance. */
  readonly beside?: Trajectory;
}

const [WIDTH, HEIGHT, LEFT, GAP] = [640, 150, 56, 34];

/**
 * Two panels of a run.
 * @returns the text of an SVG file
 * @throws TypeError for arguments of another kind; RangeError for hours, a building or an episode that the run has not
 */
export function dayPanel(run: Trajectory, options: DayPanelOptions = {}): string {
  checkOptions('dayPanel', options, { building: 1, episode: 1, from: 1, hours: 1, beside: 1 });
  requireKeys('dayPanel', 'run', run, ['episodes', 'hours', 'buildings', 'cost'], 'simulate() makes one.');
  const { building = 0, episode = 0, from = 0, beside } = options;
  const hours = options.hours ?? Math.min(24, run.hours - from);
  const inside = (name: string, value: number, below: number) => {
    if (integer('dayPanel', name, value, 0) >= below) throw invalid('dayPanel', name, value, `below ${below}`);
  };
  inside('building', building, run.buildings);
  inside('episode', episode, run.episodes);
  inside('from', from, run.hours);
  integer('dayPanel', 'hours', hours, 1);
  if (from + hours > run.hours) throw invalid('dayPanel', 'hours', hours, `at most ${run.hours - from}`);
  if (beside && (beside.hours !== run.hours || beside.buildings !== run.buildings)) {
    throw invalid('dayPanel', 'beside.hours', beside.hours, `a run of the same ${run.hours} hours and ${run.buildings} buildings`); // prettier-ignore
  }
  const of = ({ hours: all, buildings }: Trajectory, values: Float64Array) =>
    Array.from({ length: hours }, (_, h) => values[(episode * all + from + h) * buildings + building]!);
  const above: Line[] = [
    { name: 'net', values: of(run, run.net), color: '#2563eb' },
    { name: 'without battery', values: of(run, run.netWithout), color: '#9ca3af', dash: '5 4' },
  ];
  const below: Line[] = [
    { name: 'state of charge', values: of(run, run.soc), color: '#059669' },
    { name: 'action', values: of(run, run.action), color: '#d97706' },
  ];
  if (beside) {
    above.push({ name: `net, ${beside.controller}`, values: of(beside, beside.net), color: '#7c3aed', dash: '2 3' });
    below.push({ name: `state of charge, ${beside.controller}`, values: of(beside, beside.soc), color: '#7c3aed', dash: '2 3' }); // prettier-ignore
  }
  const height = 2 * (HEIGHT + GAP) + 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(run.controller)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    panel('kWh', above, from, GAP),
    panel('', below, from, HEIGHT + 2 * GAP - 10),
    '</svg>\n',
  ].join('\n');
}

interface Line {
  readonly name: string;
  readonly values: readonly number[];
  readonly color: string;
  readonly dash?: string;
}

/** Lines over one axis, with zero, the ends of the values and the hours. */
function panel(unit: string, lines: readonly Line[], from: number, top: number): string {
  const all = lines.flatMap(({ values }) => values);
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const count = lines[0]!.values.length;
  const x = (h: number) => LEFT + ((WIDTH - LEFT - 12) * h) / Math.max(count - 1, 1);
  const inner = HEIGHT - GAP;
  const y = (value: number) => top + inner * (1 - (value - low) / (high - low || 1));
  const text = (at: number, line: number, anchor: string, words: string, color = '#374151') =>
    `<text x="${at.toFixed(1)}" y="${line.toFixed(1)}" text-anchor="${anchor}" fill="${color}">${escaped(words)}</text>`;
  const every = Math.max(1, Math.ceil(count / 8));
  let legend = LEFT;
  return [
    `<line x1="${LEFT}" x2="${WIDTH - 12}" y1="${y(0).toFixed(1)}" y2="${y(0).toFixed(1)}" stroke="#d1d5db"/>`,
    ...[...new Set([low, 0, high])].map((value) => text(LEFT - 6, y(value) + 4, 'end', `${Number(value.toPrecision(3))} ${unit}`.trim())), // prettier-ignore
    ...Array.from({ length: Math.ceil(count / every) }, (_, k) => text(x(k * every), top + inner + 18, 'middle', `${from + k * every}`)), // prettier-ignore
    ...lines.map(({ values, color, dash }) => {
      const points = values.map((value, h) => `${x(h).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
      return `<polyline fill="none" stroke="${color}" stroke-width="1.8"${dash ? ` stroke-dasharray="${dash}"` : ''} points="${points}"/>`;
    }),
    ...lines.map(({ name, color }) => {
      const label = text(legend, top - 8, 'start', name, color);
      legend += 7 * name.length + 18;
      return label;
    }),
  ].join('\n');
}

const escaped = (words: string): string => words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
