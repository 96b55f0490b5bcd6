import type { Reproduction, Verdict, VerdictPart } from '@assay-ml/claims';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { forestHtml, forestSvg } from '../src/report/forest.js';
import { isDivided, worstFirst, type Divided } from '../src/report/parts.js';
import { reach } from '../src/report/reach.js';
import { COLORS } from '../src/report/theme.js';
import { toy, verdictOf, world } from './toy.js';

const part = (name: string, measured: number | null, more: Partial<VerdictPart> = {}): VerdictPart => ({
  part: name,
  verdict: 'supported',
  measured,
  interval: null,
  n: 4,
  ...more,
});

const claim = (parts: readonly VerdictPart[], rule: Partial<Verdict['rule']> = {}): Divided =>
  verdictOf({ parts, rule: { statistic: 'log-ratio', max: 0, words: 'w', ...rule } as Verdict['rule'] }) as Divided;

/** Where things stand in a drawing: dots by colour, lines, and texts by place. */
function read(svg: string) {
  const page = parseHTML(svg).document;
  type Drawn = { getAttribute(name: string): string | null };
  const number = (element: Drawn, name: string) => Number(element.getAttribute(name));
  const moved = (element: Drawn) =>
    (/translate\(([-\d.]+),([-\d.]+)\)/.exec(element.getAttribute('transform') ?? '') ?? [0, 0, 0])
      .slice(1)
      .map(Number);
  const texts = [...page.querySelectorAll('text')].map((element) => ({
    text: element.textContent!,
    x: moved(element)[0]!,
    y: moved(element)[1]!,
  }));
  const circles = [...page.querySelectorAll('circle')].map((dot) => [number(dot, 'cx'), number(dot, 'cy')] as const);
  const diamonds = [...page.querySelectorAll(`g[fill="${COLORS.refuted[0]}"] path`)];
  const dots = [...circles, ...diamonds.map((mark) => moved(mark) as [number, number])];
  const lines = [...page.querySelectorAll('line')].map((line) =>
    ['x1', 'x2', 'y1', 'y2'].map((name) => number(line, name)),
  );
  return { page, texts, dots, lines };
}

/** x of a value, from two ticks of the axis. */
function axis({ texts }: ReturnType<typeof read>): (value: number) => number {
  const lowest = Math.max(...texts.filter(({ text }) => /^−?\d/.test(text)).map(({ y }) => y));
  const ticks = texts
    .filter(({ text, y }) => y === lowest && /^−?[\d.]+$/.test(text))
    .map(({ text, x }) => [Number(text.replace('−', '-')), x] as const);
  const [a, b] = [ticks[0]!, ticks.at(-1)!];
  expect(b[0]).toBeGreaterThan(a[0]);
  return (value) => a[1] + ((value - a[0]) * (b[1] - a[1])) / (b[0] - a[0]);
}

describe('the parts of a claim', () => {
  const parts = [
    part('δ = 0', -2, { interval: [-2.5, -1.5] }),
    part('δ = 0.1', -1, { interval: [-1.25, 0.5], verdict: 'inconclusive' }),
    part('δ = 1 & more', 1, { interval: [0.5, 1.25], verdict: 'refuted' }),
  ];
  const drawn = read(forestSvg(claim(parts)));

  it('are all drawn, top to bottom, each with its name, numbers and sign', () => {
    const rows = ['δ = 0', 'δ = 0.1', 'δ = 1 & more'].map((name) => drawn.texts.find(({ text }) => text === name)!);
    expect(rows.map(({ y }) => y)).toEqual([...rows.map(({ y }) => y)].sort((a, b) => a - b));
    expect(drawn.dots).toHaveLength(3);
    ['✓', '?', '✕'].forEach((sign, k) => {
      expect(drawn.texts.find(({ text }) => text === sign)!.y).toBe(rows[k]!.y);
    });
    expect(drawn.texts.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['−2 [−2.5, −1.5]', '−1 [−1.25, 0.5]', '1 [0.5, 1.25]', 'mean log10 ratio']),
    );
  });

  it('stand where their numbers say on the axis of the statistic, with intervals and the line of the rule', () => {
    const x = axis(drawn);
    const byRow = [...drawn.dots].sort((a, b) => a[1] - b[1]);
    byRow.forEach(([at], k) => expect(at).toBeCloseTo(x(parts[k]!.measured!), 0));
    const bars = drawn.lines.filter(([x1, x2, y1, y2]) => y1 === y2 && x2! > x1!);
    for (const { interval } of parts) {
      const found = bars.filter(
        ([x1, x2]) => Math.abs(x1! - x(interval![0])) < 1 && Math.abs(x2! - x(interval![1])) < 1,
      );
      expect(found, String(interval)).toHaveLength(1);
    }
    const rule = drawn.page.querySelector(`g[stroke="${COLORS.bound[0]}"] line`)!;
    expect(Number(rule.getAttribute('x1'))).toBeCloseTo(x(0), 0);
  });

  it('shade what the rule allows, between its two bounds too', () => {
    const both = read(forestSvg(claim(parts, { min: -1.5, max: 0.5 })));
    const x = axis(both);
    const shade = both.page.querySelector(`g[fill="${COLORS.bound[0]}"] rect`)!;
    const [left, width] = ['x', 'width'].map((name) => Number(shade.getAttribute(name))) as [number, number];
    expect(left).toBeCloseTo(x(-1.5), 0);
    expect(left + width).toBeCloseTo(x(0.5), 0);
  });

  it('cut intervals that would squash the rest, and say so by an arrow', () => {
    const wide = read(forestSvg(claim([part('a', -1, { interval: [-900, 900] }), part('b', 1)])));
    expect(wide.page.querySelectorAll('path[transform*=rotate]')).toHaveLength(2);
    const x = axis(wide);
    expect(x(1) - x(-1)).toBeGreaterThan(60);
    expect(Math.max(...wide.lines.map(([, x2]) => x2!))).toBeLessThan(600);
  });

  it('name a part without a value, and draw no dot for it', () => {
    const svg = forestSvg(claim([part('a', null, { verdict: 'inconclusive' }), part('b', 1)]));
    expect(read(svg).dots).toHaveLength(1);
    expect(svg).toContain('>no value<');
    expect(forestSvg(claim([part('a', null), part('b', null)]))).not.toMatch(/NaN|Infinity/);
  });

  it('have an accessible name and the numbers as a table, in the colours of either scheme', () => {
    const html = forestHtml(claim(parts));
    const page = parseHTML(html).document;
    const name =
      '3 parts of toy.C1, mean log10 ratio with intervals; the rule asks for ≤ 0: 1 supported, 1 refuted, 1 inconclusive';
    expect([...page.querySelectorAll('[role=img]')].map((image) => image.getAttribute('aria-label'))).toEqual([
      name,
      name,
    ]);
    expect(parseHTML(forestSvg(claim(parts))).document.querySelector('title')!.textContent).toBe(name);
    const cells = [...page.querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(cells).toEqual([
      ['δ = 0', '−2 [−2.5, −1.5]', '4', '✓ supported'],
      ['δ = 0.1', '−1 [−1.25, 0.5]', '4', '? inconclusive'],
      ['δ = 1 & more', '1 [0.5, 1.25]', '4', '✕ refuted'],
    ]);
    expect(html.match(/#[0-9a-f]{6}/gi)).toBeNull();
    expect(forestSvg(claim(parts))).not.toMatch(/var\(--|class=/);
  });

  it('fold above 24, the worst in the open; the file has all of them', () => {
    const many = Array.from({ length: 30 }, (_, k) =>
      part(`p${k}`, k === 29 ? 2 : -k, k === 29 ? { verdict: 'refuted' } : {}),
    );
    const page = parseHTML(forestHtml(claim(many))).document;
    const open = [...page.querySelectorAll('figure > .roomy text')].map((text) => text.textContent!);
    const names = open.filter((text) => /^p\d+$/.test(text));
    expect(names).toEqual(['p29', ...Array.from({ length: 23 }, (_, k) => `p${k}`)]);
    const folded = page.querySelector('figure > details')!;
    expect(folded.querySelector('summary')!.textContent).toBe('6 more parts 6 supported');
    const rest = [...folded.querySelectorAll('.roomy text')].map((text) => text.textContent!);
    expect(rest.filter((text) => /^p\d+$/.test(text))).toEqual(Array.from({ length: 6 }, (_, k) => `p${k + 23}`));
    expect(page.querySelector('figcaption')!.textContent).toBe('The 30 parts of toy.C1, worst first');
    const file = read(forestSvg(claim(many))).texts.filter(({ text }) => /^p\d+$/.test(text));
    expect(file.map(({ text }) => text)).toEqual(many.map(({ part: name }) => name));
    expect(parseHTML(forestHtml(claim(many.slice(0, 24)))).document.querySelectorAll('details')).toHaveLength(1); // the table
  });

  it('are sorted from refuted to supported, the furthest from holding first', () => {
    const order = [
      part('narrow', -0.1),
      part('lost', null, { verdict: 'inconclusive' }),
      part('far', 3, { verdict: 'refuted' }),
      part('open', -0.2, { verdict: 'inconclusive' }),
      part('near', 0.1, { verdict: 'refuted' }),
      part('safe', -5),
    ];
    expect(worstFirst(claim(order)).map(({ part: name }) => name)).toEqual([
      'far',
      'near',
      'lost',
      'open',
      'narrow',
      'safe',
    ]);
    expect(worstFirst(claim([part('a', 4), part('b', 1.1)], { min: 1, max: 5 })).map(({ part: name }) => name)).toEqual(
      ['b', 'a'],
    );
  });

  it('are none where a claim has one part or checks', () => {
    expect(isDivided(claim(parts))).toBe(true);
    expect(isDivided(verdictOf({}))).toBe(false);
    expect(isDivided(verdictOf({ rule: { statistic: 'exact', words: 'w' } }))).toBe(false);
  });
});

describe('an axis', () => {
  it.each([
    [[1, 3], [2], [[0.5, 1.5]], [0.5, 3]],
    [[1, 3], [], [[-90, 90]], [-1, 5]], // an interval widens it by the spread of the rest, no more
    [[2], [2], [[1, 4]], [1, 4]],
    [[0], [0], [], [0, 0]],
  ] as const)('of %j and %j with %j shows %j and some room', (measured, limits, intervals, [low, high]) => {
    const [from, to] = reach(measured, limits, intervals);
    const room = 0.05 * (high - low || 1);
    expect([from, to]).toEqual([expect.closeTo(low - room, 12), expect.closeTo(high + room, 12)]);
  });
});

describe('a report', () => {
  const divided: Reproduction = {
    ...toy,
    claims: toy.claims.slice(0, 1).map((one) => ({
      ...one,
      evidence: (records, tier) => {
        const evidence = one.evidence(records, tier);
        if (evidence.kind !== 'paired') throw new Error('toy.C1 has pairs');
        return {
          ...evidence,
          pairs: evidence.pairs.map((pair) => ({ ...pair, part: `δ = ${pair.block.split('/')[0]}` })),
        };
      },
    })),
  };

  it('shows the parts of a claim without its doing, on the page, in report.md and as a file', async () => {
    const { assay, folder } = world(divided);
    await assay('run toy');
    const results = join(folder, 'results', 'toy', 'quick');
    const page = parseHTML(readFileSync(join(results, 'report.html'), 'utf8')).document;
    const card = page.querySelector('.claim')!;
    expect([...card.querySelectorAll('figure > figcaption')].map((caption) => caption.textContent)).toEqual([
      'The 2 parts of toy.C1',
      'Fast & slow over δ',
    ]);
    expect(card.querySelector('.values')!.textContent).toContain('of the part that decides');
    const text = readFileSync(join(results, 'report.md'), 'utf8');
    expect(text).toContain(
      '![The 2 parts of toy.C1](figures/toy.C1-parts.svg)\n\n| part | mean log10 ratio | blocks | verdict |',
    );
    expect(text).toMatch(/^\| δ = 0\.1 \| −0\.9\d+ \[.*\] \| 2 \| ✓ supported \|$/m);
    expect(readFileSync(join(results, 'figures', 'toy.C1-parts.svg'), 'utf8')).toMatch(/^<svg xmlns=.*δ = 0\.1/s);
    await assay('run toy --fresh', { reproductions: [{ ...toy, claims: toy.claims.slice(0, 1) }] });
    expect(existsSync(join(results, 'figures', 'toy.C1-parts.svg'))).toBe(false); // no parts any more
  });
});
