/** What people see in a terminal: verdict tables and progress. */
import { styleText } from 'node:util';
import type { Progress, Verdict } from '@assay-ml/claims';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { Output } from './io.js';
import { duration } from './report/numbers.js';
import { BADGES, bounds, measuredText, unexpected } from './report/results.js';

const COLORS = { supported: 'green', refuted: 'red', inconclusive: 'yellow', 'not-run': 'gray' } as const;

/** A table without frame or colours of its own. */
export function table(
  head: readonly string[],
  widths: readonly number[],
  rows: readonly (readonly string[])[],
): string {
  const drawn = new Table({
    head: [...head],
    colWidths: [...widths],
    wordWrap: true,
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: ' ',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
  });
  drawn.push(...rows.map((row) => [...row]));
  return `${drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}

/** Columns of what is printed. */
const WIDTH = 100;

/** The verdicts as a table of at most 100 columns; below it a line for each claim that was not run. */
export function verdictTable(verdicts: readonly Verdict[], color: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const ran = verdicts.filter(({ verdict }) => verdict !== 'not-run');
  const rows = ran.map((verdict) => {
    const { sign, words } = BADGES[verdict.verdict];
    const off = unexpected(verdict) ? `\n${paint('yellow', `! expected: ${verdict.expect}`)}` : '';
    const rule = verdict.rule.statistic === 'exact' ? '' : `${bounds(verdict)}: `;
    const why = verdict.why === undefined ? '' : `\n> ${verdict.why}`;
    return [
      paint('bold', verdict.id),
      paint(COLORS[verdict.verdict], `${sign} ${words}`),
      measuredText(verdict),
      `${rule}${verdict.rule.words}${off}${why}`,
      String(verdict.n),
    ];
  });
  const id = Math.max(13, ...verdicts.map((verdict) => verdict.id.length + 2));
  const { sign, words } = BADGES['not-run'];
  const others = verdicts
    .filter(({ verdict }) => verdict === 'not-run')
    .map((verdict) => {
      const line = `${verdict.id.padEnd(id)}${sign} ${words}: ${verdict.why ?? ''}`;
      return `${paint('gray', line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line)}\n`;
    });
  const judged = table(
    ['claim', 'verdict', 'measured', 'rule', 'n'].map((name) => paint('dim', name)),
    [id, 16, 24, 50 - id, 5],
    rows,
  );
  return (ran.length === 0 ? '' : judged) + others.join('');
}

/** Time left: what comes before a run has a pace of its own is called an estimate, with what it rests on. */
function left({ secondsLeft, basis }: Progress): string {
  const grounds = { stated: ', an estimate by stated costs', earlier: ', an estimate by earlier runs here', seen: '' };
  return `about ${duration(secondsLeft)} left${grounds[basis]}`;
}

/** Shows how a run goes: a bar on a terminal, a line every few seconds elsewhere. */
export function progressView(stream: Output, what: string): { update(progress: Progress): void; stop(): void } {
  if (stream.isTTY === true) {
    const bar = new SingleBar(
      {
        stream: stream as NodeJS.WriteStream,
        format: `${what} {bar} {value}/{total} cells · {left}`,
        hideCursor: true,
        clearOnComplete: true,
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
    let started = false;
    return {
      update: (progress) => {
        const { done, total } = progress;
        const payload = { left: left(progress) };
        if (started) bar.update(done, payload);
        else bar.start(total, done, payload);
        started = true;
      },
      stop: () => bar.stop(),
    };
  }
  let last = -Infinity;
  return {
    update: (progress) => {
      const { done, total, reused, failed } = progress;
      const now = performance.now();
      if (now - last < INTERVAL_MS && done < total) return;
      last = now;
      const notes = [
        ...(reused > 0 ? [`${reused} from an earlier run`] : []),
        ...(failed > 0 ? [`${failed} crashed`] : []),
        ...(done < total ? [left(progress)] : []),
      ];
      stream.write(`${what}: ${done}/${total} cells${notes.length > 0 ? ` (${notes.join(', ')})` : ''}\n`);
    },
    stop: () => undefined,
  };
}

/** Between two progress lines that no terminal overwrites. */
const INTERVAL_MS = 5000;
