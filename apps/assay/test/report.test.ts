import type { CellRecord, Figure, Table, Verdict } from '@assay-ml/claims';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { cellsCsv, claimsCsv } from '../src/report/csv.js';
import { figureHtml, figureSvg } from '../src/report/figures.js';
import { gauge } from '../src/report/gauge.js';
import { reportHtml, seedText } from '../src/report/html.js';
import { reportMarkdown } from '../src/report/markdown.js';
import { linked } from '../src/report/markup.js';
import { duration, plain, powered, typeset } from '../src/report/numbers.js';
import {
  behind,
  errorsText,
  figuresOf,
  measuredText,
  referenceText,
  rerun,
  rerunAlone,
  unexpected,
} from '../src/report/results.js';
import { linearTicks, notation } from '../src/report/scales.js';
import { indexSeries } from '../src/report/series.js';
import { COLORS, heat, themed, variables } from '../src/report/theme.js';
import { triedTables } from '../src/report/tried.js';
import { shellWord } from '../src/shell-word.js';
import { toy, verdictOf, world } from './toy.js';

const dom = (html: string) => parseHTML(html).document;
const draw = (figure: Figure): string => figureSvg(figure, indexSeries([figure]));
const base: Figure = {
  title: 'A <figure> & its title',
  mark: 'line',
  x: { label: 'round' },
  y: { label: 'norm', scale: 'log' },
  rows: [1, 2, 3].map((x) => ({ x, y: 10 ** -x, low: 10 ** -x / 2, high: 10 ** -x * 2, series: 'a "quoted" one' })),
};

const bare = {
  tier: 'quick',
  verdicts: [],
  records: [],
  resultHash: '',
  seconds: 0,
  seeds: [],
  machine: '',
  backend: '',
  facts: {},
} as const;

describe('report.html', () => {
  it('shows every claim, figure and tried step size, and fetches nothing', async () => {
    const { assay, folder } = world();
    const { lastLine } = await assay('run toy');
    const html = readFileSync(join(folder, 'results', 'toy', 'quick', 'report.html'), 'utf8');
    const page = dom(html);
    const cards = [...page.querySelectorAll('.claim')];
    expect(cards.map((card) => card.querySelector('.id')!.textContent)).toEqual(toy.claims.map(({ id }) => id));
    cards.forEach((card, k) => {
      const { id, statement, source, rule, reference } = toy.claims[k]!;
      const text = card.textContent!;
      for (const part of [statement, source, rule.words, reference as string]) expect(text).toContain(part);
      const tier = id === 'toy.C4' ? ':full' : ''; // what runs at another tier says which
      expect(card.querySelector('.command')!.textContent).toBe(`npx nx run toys:reproduce${tier} -- --only ${id}`);
    });
    expect(cards.map((card) => card.querySelectorAll('figure svg').length > 0)).toEqual([true, true, true, true]);
    expect(cards[1]!.textContent).toContain('refuted: δ is too large');
    expect(cards[3]!.textContent).toContain('runs at tier full');
    expect([...page.querySelectorAll('.totals li')].map((item) => item.textContent)).toEqual([
      '✓2supported',
      '✕1refuted',
      '–1not run',
    ]);
    expect(page.querySelector('#experiments')!.parentElement!.textContent).toContain('All of it');
    const tried = page.querySelector('#tried')!.parentElement!;
    expect(tried.querySelectorAll('tbody tr').length).toBe(3 * 3); // three δ, three step sizes
    expect(tried.textContent).toMatch(/2diverged/);
    expect(page.body.textContent).toContain(lastLine!);
    // Nothing is fetched: links to sources are the only addresses, and the page forbids the rest.
    expect(page.querySelectorAll('script, link, img, iframe, object, embed, [src], [onclick], use, image').length).toBe(
      0,
    );
    expect(html.match(/url\(|@import|https?:\/\/(?!example\.org)/g)).toBeNull();
    expect([...page.querySelectorAll('[href]')].every((a) => a.tagName === 'A')).toBe(true);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toContain(folder);
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });

  it('links to anchors that exist, once each', async () => {
    const { assay, folder } = world();
    await assay('run toy');
    const page = dom(readFileSync(join(folder, 'results', 'toy', 'quick', 'report.html'), 'utf8'));
    const ids = [...page.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const a of page.querySelectorAll('a[href^="#"]')) expect(ids).toContain(a.getAttribute('href')!.slice(1));
    for (const e of page.querySelectorAll('[aria-labelledby]'))
      expect(ids).toContain(e.getAttribute('aria-labelledby'));
  });

  it('opens no tag in Markdown for a text of a claim', async () => {
    const [first] = toy.claims;
    const statement = '<script>alert(1)</script> is a < b <!-- not a comment';
    const { assay, folder } = world({ ...toy, claims: [{ ...first!, statement }] });
    await assay('run toy');
    const text = readFileSync(join(folder, 'results', 'toy', 'quick', 'report.md'), 'utf8');
    expect(text).toContain('&lt;script>alert(1)&lt;/script> is a < b &lt;!-- not a comment');
    expect(text).not.toMatch(/<[a-z/!]/i);
  });

  it('gives equal results equal bytes, in every file', async () => {
    const [first, second] = [world(), world()];
    await first.assay('run toy');
    await second.assay('run toy');
    const read = ({ folder }: typeof first, file: string) =>
      readFileSync(join(folder, 'results', 'toy', 'quick', file), 'utf8');
    const timeless = (text: string) => text.replace(/\d+ s\b|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
    for (const file of ['report.html', 'report.md', 'claims.csv', 'cells.csv']) {
      expect(timeless(read(first, file))).toBe(timeless(read(second, file)));
    }
    for (const file of readdirSync(join(first.folder, 'results', 'toy', 'quick', 'figures'))) {
      expect(read(first, `figures/${file}`)).toBe(read(second, `figures/${file}`));
    }
  });
});

describe('lines to paste into a shell', () => {
  it.each([
    ['./mine', './mine'],
    ['./Résumé_2', './Résumé_2'],
    ['./my paper', '"./my paper"'],
    ["toy.C1'", `"toy.C1'"`],
    ["it's $HOME", `'it'\\''s $HOME'`],
    ['`id`', "'`id`'"],
  ])('quote %s', (word, quoted) => expect(shellWord(word)).toBe(quoted));
});

describe('what a reader of the page can do without a script', () => {
  const verdicts = [
    verdictOf({ id: 'toy.C1' }),
    verdictOf({ id: "toy.C1'", verdict: 'refuted', expect: 'refuted' }),
    verdictOf({ id: 'toy.C2', verdict: 'refuted' }),
    verdictOf({ id: 'toy.C3', verdict: 'not-run', why: 'runs at tier full', measured: null, interval: null }),
  ];
  const pageOf = (some: readonly Verdict[]) => {
    const results = { ...bare, reproduction: toy, verdicts: some };
    const html = reportHtml(results, figuresOf(results));
    return { html, page: dom(html) };
  };
  const { page } = pageOf(verdicts);
  const labels = (name: string) =>
    [...page.querySelectorAll(`input[name=${name}]`)].map((input) => input.parentElement!.textContent);

  it('show claims of one kind, or list some first: one radio button each, and a rule for each but the first', () => {
    expect(labels('show')).toEqual(['all (4)', 'supported (1)', 'refuted (2)', 'not run (1)', 'not as expected (1)']);
    expect(labels('first')).toEqual(['as in the paper', 'refuted', 'not as expected']);
    expect([...page.querySelectorAll('input[checked]')].map(({ id }) => id)).toEqual(['show-all', 'first-paper']);
    const style = page.querySelector('main style')!.textContent!;
    expect(style).toContain(
      'body:has(#show-is-refuted:checked) :is(.overview tbody tr,.claim):not(.is-refuted){display:none}',
    );
    expect(style).toContain('body:has(#first-is-off:checked) :is(.overview tbody tr,.claim).is-off{order:-1}');
    expect(style.match(/:has/g)).toHaveLength(4 + 2);
    for (const [, id] of style.matchAll(/#([\w-]+)/g)) expect(page.querySelector(`input#${id}`), id).not.toBeNull();
    const kinds = (selector: string) => [...page.querySelectorAll(selector)].map(({ classList }) => [...classList]);
    expect(kinds('.overview tbody tr')).toEqual([
      ['is-supported'],
      ['is-refuted'],
      ['is-refuted', 'is-off'],
      ['is-not-run'],
    ]);
    expect(kinds('.claim').map((names) => names.filter((name) => name.startsWith('is-')))).toEqual(
      kinds('.overview tbody tr'),
    );
    expect(pageOf(verdicts.slice(0, 1)).page.querySelector('.filters')).toBeNull();
  });

  it('jump to a section, to what was refuted and to what was not expected', () => {
    const items = [...page.querySelectorAll('nav.contents li')].map((item) => item.textContent);
    expect(items).toEqual(['Claims', 'Verdicts', 'About this run', "Refuted: C1' C2", 'Not as expected: C2']);
    for (const link of page.querySelectorAll('nav.contents a')) {
      expect(page.getElementById(link.getAttribute('href')!.slice(1)), link.outerHTML).not.toBeNull();
    }
  });

  it('open a claim that was not run from one line', () => {
    const [folded, ...others] = [...page.querySelectorAll('details.claim')];
    expect(others).toEqual([]);
    expect(folded!.querySelector('summary')!.textContent).toBe('toy.C3–not runruns at tier full · S');
    expect(folded!.querySelector('h3')!.textContent).toBe('S');
  });

  it('look the words of the page up', () => {
    const how = page.querySelector('details.how')!;
    expect(how.querySelector('summary')!.textContent).toBe('How to read this');
    const terms = [...how.querySelectorAll('dt')].map((term) => term.textContent!.toLowerCase()).join(' ');
    for (const word of ['block', 'part', 'critique', 'beyond', 'tier', 'n', 'interval', 'level']) {
      expect(terms).toMatch(new RegExp(`\\b${word}\\b`));
    }
    expect(how.textContent).toMatch(/inconclusive: they disagree/i);
    expect(how.textContent).toContain('seeds × configurations');
    expect(how.textContent).toContain('This one is quick: a minute on two cores.');
  });

  it('learn once how many verdicts may be false', () => {
    const text =
      '3 claims judged by an interval of level 95 %: were each at its bound, and blocks normal, about 0.075 of these verdicts would be false';
    const some = verdicts.map((v) => (v.verdict === 'not-run' ? { ...v, judgedBy: null } : v));
    expect(pageOf(some).html.split(text)).toHaveLength(2);
    const results = { ...bare, reproduction: toy, verdicts: some };
    expect(reportMarkdown(results, figuresOf(results)).split(text)).toHaveLength(2);
    expect(errorsText(verdicts.slice(0, 1))).toMatch(/^1 claim judged by an interval .* about 0\.025 of/);
    expect(errorsText([verdictOf({ judgedBy: 'checks' })])).toBeNull();
    expect(errorsText([verdictOf({ judgedBy: 'mean' })])).toBe(
      '1 claim judged by the mean of fewer than 5 blocks, which has no known rate of false verdicts.',
    );
  });

  it('see when too few blocks let the number decide alone', () => {
    const words = 'n = 3 blocks; too few for the interval to decide';
    expect(pageOf([verdictOf({ n: 3, judgedBy: 'mean' })]).page.body.textContent).toContain(words);
    expect(pageOf([verdictOf({ n: 3 })]).page.body.textContent).not.toContain('too few');
  });

  it('see what was measured with its statistic, in the table and on the card', () => {
    expect(page.querySelector('.overview td.number')!.textContent).toBe('1 [0.95, 1.1]exponent');
    expect(page.querySelector('.claim .values')!.textContent).toBe('Measured1 [0.95, 1.1]exponent');
  });
});

describe('what was measured', () => {
  it.each<[Verdict['rule'], string | null, string]>([
    [{ statistic: 'mean-diff', min: 0, unit: 'accuracy', words: 'w' }, 'accuracy', 'mean difference of accuracy'],
    [{ statistic: 'mean-diff', min: 0, words: 'w' }, null, 'mean difference'],
    [{ statistic: 'log-ratio', min: 0, words: 'w' }, 'log10 of a ratio', 'mean log10 ratio'],
    [{ statistic: 'quantile-ratio', quantile: 0.9, min: 0, words: 'w' }, 'ratio', 'ratio of 0.9-quantiles'],
    [{ statistic: 'slope', min: 0, words: 'w' }, 'exponent', 'exponent'],
    [{ statistic: 'share', min: 0, words: 'w' }, 'share', 'share'],
    [{ statistic: 'exact', words: 'w' }, 'layers', 'layers'],
    [{ statistic: 'exact', words: 'w' }, null, '(exact rule)'],
  ])('by %j carries its statistic and unit', (rule, unit, words) => {
    expect(measuredText(verdictOf({ rule, unit, measured: -1, interval: [-2, 0.5] }), typeset)).toBe(
      `−1 [−2, 0.5] ${words}`,
    );
    expect(measuredText(verdictOf({ rule, unit, measured: -1, interval: null }))).toBe(`-1 ${words}`);
    expect(measuredText(verdictOf({ rule, unit, measured: null }))).toBe('');
  });

  it('of a share says how many of how many', () => {
    const share = verdictOf({
      rule: { statistic: 'share', min: 0.5, words: 'w' },
      unit: 'share',
      measured: 0.8,
      n: 40,
    });
    const results = { ...bare, reproduction: toy, verdicts: [share] };
    expect(reportHtml(results, figuresOf(results))).toContain('share, 32 of 40');
  });

  it('stands beside what the source reports in the same statistic, or in its own terms', () => {
    expect(referenceText(verdictOf({}))).toBeNull();
    expect(referenceText(verdictOf({ reference: 'about 2' }))).toEqual({
      name: 'Source reports, in its own terms',
      text: 'about 2',
    });
    expect(referenceText(verdictOf({ reference: { value: 1.25, words: 'Table 1' } }))).toEqual({
      name: 'Source reports',
      text: '1.25 exponent (Table 1)',
    });
  });
});

describe('report.md', () => {
  it('names every claim, its rule and its figure, which is there', async () => {
    const { assay, folder } = world();
    await assay('run toy');
    const results = join(folder, 'results', 'toy', 'quick');
    const text = readFileSync(join(results, 'report.md'), 'utf8');
    for (const { id, rule } of toy.claims) {
      expect(text).toContain(`### ${id}: `);
      expect(text).toContain(rule.words);
    }
    const images = [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map((match) => match[1]!);
    expect(images).toEqual([...toy.claims.map(({ id }) => `figures/${id}.svg`), 'figures/experiment-1-All-of-it.svg']);
    for (const file of images) expect(readFileSync(join(results, file), 'utf8')).toMatch(/^<svg xmlns=/);
  });
});

describe('figures', () => {
  it('stand alone as SVG on white, with title, legend and symbols', () => {
    const svg = draw(base);
    expect(svg).toContain(`<rect width="100%" height="100%" fill="${COLORS.paper[0]}"/>`);
    expect(svg).not.toContain('var(--');
    expect(svg).toContain('A &lt;figure&gt; &amp; its title');
    expect(svg).toContain('a &quot;quoted&quot; one');
    expect(svg).not.toMatch(/NaN|undefined|class=|<style/);
  });

  it('follow the scheme inside the report: every colour is a variable', () => {
    const html = figureHtml(base, indexSeries([base]));
    expect(html.match(/#[0-9a-f]{6}/gi)).toBeNull();
    for (const [, name] of html.matchAll(/var\(--(\w+)\)/g)) expect(Object.keys(COLORS)).toContain(name);
  });

  it('leave out what a logarithmic axis cannot show, and say so', () => {
    const rows = [...base.rows, { x: 4, y: 0 }, { x: 5, y: -1 }, { x: 6, y: Number.NaN }];
    const svg = draw({ ...base, rows, rules: [{ axis: 'y', at: 0, label: 'nil' }] });
    expect(svg).toContain('2 points at or below zero not drawn: the axis is logarithmic.');
    expect(svg).toContain('1 point without a finite value not drawn.');
    expect(svg).not.toContain('nil');
    expect(draw({ ...base, rows: [{ x: 1, y: 0 }] })).toContain('Nothing to draw.');
  });

  it('put a point where its numbers say', () => {
    const svg = draw({
      ...base,
      mark: 'dot',
      y: { label: 'y' },
      rows: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
        { x: 2, y: 2 },
      ],
    });
    const points = [...dom(svg).querySelectorAll('circle')].map((dot) =>
      ['cx', 'cy'].map((at) => Number(dot.getAttribute(at))),
    );
    expect(points.length).toBe(3);
    const [p, q, r] = points as [number[], number[], number[]];
    expect(q[0]! - p[0]!).toBeCloseTo(r[0]! - q[0]!, 0);
    expect(p[1]! - q[1]!).toBeCloseTo(q[1]! - r[1]!, 0);
    expect(r[0]!).toBeGreaterThan(q[0]!);
    expect(r[1]!).toBeLessThan(q[1]!); // larger is higher
  });

  it('draw a map that diverges around zero, with its numbers in the cells', () => {
    const svg = draw({
      title: 'map',
      mark: 'heat',
      x: { label: 'ζ' },
      y: { label: 'δ' },
      color: { label: 'log ratio' },
      rows: [-2, 0, 2].map((value, k) => ({ x: k, y: 'one', value })),
    });
    expect(svg).toContain(`fill="${COLORS.heatLow[0]}"`);
    expect(svg).toContain(`fill="${COLORS.heatZero[0]}"`);
    expect(svg).toContain(`fill="${COLORS.heatHigh[0]}"`);
    expect(svg).toMatch(/>−2<\/text>/);
    expect(svg).toContain('log ratio');
  });

  it('give a map’s cells room for their numbers, which are no finer than its colours', () => {
    const values = [-2.4, -0.0671, 0.0496, 1.234, 0.004, -0.19, 0.9, 0, 2];
    const svg = draw({
      title: 'map',
      mark: 'heat',
      x: { label: 'ζ' },
      y: { label: 'δ' },
      color: { label: 'log ratio' },
      rows: ['one', 'other'].flatMap((facet) => values.map((value, x) => ({ x, y: 0, value, facet }))),
    });
    const first = [...svg.matchAll(/<svg [\s\S]*?<\/svg>/g)][1]![0];
    const shown = [...first.matchAll(/fill="#[0-9a-f]{6}"[^>]*>([−\d.]+)<\/text>/g)].map((match) => match[1]);
    expect(shown).toEqual(expect.arrayContaining(['−2.4', '−0.07', '0.05', '1.2', '−0.19', '0.9', '2']));
    expect(shown).not.toContain('0.004');
    const cells = [...first.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...cells)).toBeGreaterThan(36); // five characters of 11.5 pixels
  });

  it('draw a radar: categories clockwise from the top, values outwards from 0, a series a closed line', () => {
    const svg = draw({
      title: 'radar',
      mark: 'radar',
      x: { label: 'indicator' },
      y: { label: 'ratio' },
      rows: [2, 1, 2, 1, -1].map((y, k) => ({ x: ['north', 'east', 'south', 'west'][k % 4]!, y, series: 'policy' })),
      rules: [{ axis: 'y', at: 1, label: 'bound' }],
    });
    const points = [...dom(svg).querySelectorAll('circle')].slice(-4).map((dot) => ['cx', 'cy'].map((at) => Number(dot.getAttribute(at)))); // prettier-ignore
    const [north, east, south, west] = points as [number[], number[], number[], number[]];
    const [middle, outer] = [(north[1]! + south[1]!) / 2, (south[1]! - north[1]!) / 2];
    expect(north[0]).toBe(south[0]);
    expect([east[1], west[1]]).toEqual([middle, middle]);
    expect((east[0]! - north[0]!) / outer).toBeCloseTo(0.5, 2);
    expect(north[0]! - west[0]!).toBeCloseTo(east[0]! - north[0]!, 1);
    expect(svg).toMatch(/>bound</);
    expect(svg).toMatch(/>south</);
    expect(svg).toContain('1 point below zero not drawn: a radar begins at 0.');
  });

  it('draw bars from zero, side by side, and facets as panels of one scale', () => {
    const bars = draw({
      ...base,
      mark: 'bar',
      y: { label: 'y' },
      rows: ['b', 'a'].map((series, k) => ({ x: 'one', y: k + 1, series })),
    });
    const rects = [...bars.matchAll(/<rect[^>]*fill="(#\w+)"[^>]*>/g)]
      .map((match) => match[0])
      .filter((r) => /fill="#(1f6cb0|b9500a)"/.test(r));
    expect(rects.length).toBe(2);
    const [low, high] = rects.map((r) => Number(/height="([\d.]+)"/.exec(r)![1]));
    expect(high! / low!).toBeCloseTo(2, 1);
    const facets = draw({
      ...base,
      rows: ['p', 'q', 'r', 's'].flatMap((facet) => base.rows.map((row) => ({ ...row, facet }))),
    });
    expect(facets.match(/<svg/g)!.length).toBe(1 + 1 + 4); // file, legend, panels
    for (const name of 'pqrs') expect(facets).toContain(`>${name}</text>`);
  });

  it('have file names of plain letters', () => {
    const claims = [{ ...toy.claims[0]!, id: "toy.C1'" }];
    const named = { ...toy, claims, figures: () => [{ ...base, title: 'Who wins over (δ, ζ)?' }] };
    const { claims: found, experiments } = figuresOf({ ...bare, reproduction: named, records: [made] });
    expect([...found.values(), ...experiments].map(({ file }) => file)).toEqual([
      'toy.C1-prime.svg',
      'experiment-1-Who-wins-over-delta-zeta.svg',
    ]);
  });

  it('survive a figure that its records cannot make', () => {
    const claims = [
      {
        ...toy.claims[0]!,
        figure: () => {
          throw new Error('no cells at δ = 7');
        },
      },
    ];
    const figures = figuresOf({ ...bare, reproduction: { ...toy, claims, figures: () => [] }, records: [made] });
    expect([figures.claims.size, figures.failures]).toEqual([0, ['toy.C1: no cells at δ = 7']]);
  });
});

const made: CellRecord = {
  id: 'a',
  experiment: 'toy',
  config: { delta: 1 },
  seed: 0,
  status: 'done',
  values: { final: { slow: 1, fast: 2 } },
  seconds: 1,
};

describe('tables', () => {
  const table: Table = {
    title: 'Ours & <theirs>',
    columns: ['setting', 'a | b', 'inside'],
    rows: [
      ['L = 2 | <b>', 1.2345e-5, 'yes'],
      ['L = 3', 'D9: 2', 'no'],
    ],
  };
  const claim = { ...toy.claims[0]!, table: () => table };
  const verdict = verdictOf({ id: claim.id });
  const results = { ...bare, reproduction: { ...toy, claims: [claim] }, verdicts: [verdict], records: [made] };

  it('stand under their claim in report.html, named, with heads for rows and columns', () => {
    const html = reportHtml(results, figuresOf(results));
    const details = dom(html).querySelector('article.card details')!;
    expect(details.querySelector('summary')!.textContent).toBe('Ours & <theirs> 2 rows');
    expect(details.querySelector('[role=region]')!.getAttribute('aria-label')).toBe('Ours & <theirs>');
    const texts = (selector: string) => [...details.querySelectorAll(selector)].map((element) => element.textContent);
    expect(texts('th[scope=col]')).toEqual(table.columns);
    expect(texts('th[scope=row]')).toEqual(['L = 2 | <b>', 'L = 3']);
    expect(texts('td')).toEqual(['1.23×10⁻⁵', 'yes', 'D9: 2', 'no']);
    expect(texts('.number')).toEqual(['a | b', '1.23×10⁻⁵', 'D9: 2']);
    expect(details.querySelector('b')).toBeNull();
  });

  it('are tables in report.md, whatever their cells hold', () => {
    expect(reportMarkdown(results, figuresOf(results))).toContain(
      [
        'Ours & &lt;theirs>:',
        '',
        '| setting | a \\| b | inside |',
        '| --- | --- | --- |',
        '| L = 2 \\| &lt;b> | 1.23×10⁻⁵ | yes |',
        '| L = 3 | D9: 2 | no |',
      ].join('\n'),
    );
  });
});

describe('colours', () => {
  const luminance = (hex: string): number =>
    [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k]!, 0);
  const contrast = (a: string, b: string): number => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  it.each([0, 1] as const)('are readable in scheme %i', (scheme) => {
    for (const name of ['ink', 'muted', 'bound', 's1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'] as const) {
      expect(contrast(COLORS[name][scheme], COLORS.paper[scheme]), name).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(COLORS.heatInk[scheme], COLORS.heatZero[scheme])).toBeGreaterThanOrEqual(4.5);
    for (const end of ['heatLow', 'heatHigh'] as const) {
      expect(contrast(COLORS.heatInkStrong[scheme], COLORS[end][scheme]), end).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('have a name each, so that the dark scheme finds them', () => {
    const light = Object.values(COLORS).map(([value]) => value);
    expect(new Set(light).size).toBe(light.length);
    for (let step = -20; step <= 20; step++) expect(themed(heat(step, 20))).toMatch(/^(var|color-mix)\(/);
    expect(variables('dark')).toContain(`--ink:${COLORS.ink[1]}`);
    expect(heat(-9, 1)).toBe(COLORS.heatLow[0]);
    expect(heat(5, 0)).toBe(COLORS.heatZero[0]);
  });
});

describe('axes', () => {
  const ticks = (values: readonly number[]) => values.map(notation(values));

  it.each([
    [[1e-4, 0.001, 0.01, 0.1, 1, 10], '10⁻⁴ 10⁻³ 10⁻² 10⁻¹ 1 10¹'], // one that needs a power gives all one
    [[0.01, 0.1, 1, 10, 1000], '0.01 0.1 1 10 1000'],
    [[-2e-4, 0, 2e-4, 0.001, 0.0012], '−2×10⁻⁴ 0 2×10⁻⁴ 10⁻³ 1.2×10⁻³'],
    [[0, 5e5, 1e6], '0 5×10⁵ 10⁶'],
    [[0.25, 0.5], '0.25 0.5'],
  ])('have ticks in one notation: %j', (values, words) => expect(ticks(values).join(' ')).toBe(words));

  it('keep text as it is beside numbers', () => expect(['a', 1e-5].map(notation(['a', 1e-5]))).toEqual(['a', '10⁻⁵']));

  it.each([
    [[0, 1], 6, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [[-0.31, 0.29], 4, [-0.2, 0, 0.2]],
    [[3, 1000], 4, [200, 400, 600, 800, 1000]],
    [[1e-5, 4e-5], 3, [1e-5, 2e-5, 3e-5, 4e-5]],
    [[0.5, 3.5], 6, [0.5, 1, 1.5, 2, 2.5, 3, 3.5]],
  ] as const)('have round ticks inside %j', (range, count, wanted) =>
    expect(linearTicks(range, count)).toEqual(wanted),
  );

  it('count in whole numbers what is counted so', () => {
    const texts = (rows: Figure['rows']) =>
      [...dom(draw({ ...base, y: { label: 'y' }, rows })).querySelectorAll('text')].map((text) => text.textContent);
    const epochs = [1, 2, 3].map((x) => ({ x, y: x / 2 }));
    expect(texts(epochs)).not.toContain('1.5');
    expect(texts([...epochs, { x: 1.5, y: 1 }])).toContain('2.5');
  });

  it.each([
    ['linear', 0, 'start'],
    ['linear', 3, 'end'],
    ['log', 2, 'start'],
    ['log', 50, 'end'],
  ] as const)('keep the name of a line inside the frame: %s axis, at %s', (scale, at, anchor) => {
    const rows = [1, 10, 100].map((x) => ({ x: scale === 'log' ? x : Math.log10(x), y: 1 }));
    const svg = draw({ ...base, x: { label: 'x', scale }, rows, rules: [{ axis: 'x', at, label: 'limit' }] });
    const name = [...dom(svg).querySelectorAll('text')].find((text) => text.textContent === 'limit')!;
    expect(name.closest('g')!.getAttribute('text-anchor')).toBe(anchor);
  });

  it('stand once beside a bar chart, whichever of its bars are missing', () => {
    const rows = [
      ...['a', 'b', 'c'].map((x) => ({ x, y: 1, facet: 'p' })),
      ...['a', 'c'].map((x) => ({ x, y: 1, facet: 'q' })),
    ];
    const panels = dom(draw({ ...base, mark: 'bar', y: { label: 'y' }, rows })).querySelectorAll('svg svg');
    const zeros = [...panels].map(
      (panel) => [...panel.querySelectorAll('text')].filter((t) => t.textContent === '0').length,
    );
    expect(zeros).toEqual([1, 1]);
  });
});

describe('marks that would hide each other', () => {
  const rows = ['p', 'q', 'r', 's'].flatMap((series) => ['a', 'b'].map((x) => ({ x, y: 1, series })));
  it('stand beside each other at a category, on either axis', () => {
    const panels = [
      draw({ ...base, mark: 'dot', y: { label: 'y' }, rows }),
      draw({ ...base, mark: 'dot', y: { label: 'y' }, rows: rows.map(({ x, y, series }) => ({ x: y, y: x, series })) }),
    ];
    expect(panels[0]).toMatch(/translate\(-13.5,0\)[^]*translate\(13.5,0\)/);
    expect(panels[1]).toMatch(/translate\(0,-13.5\)[^]*translate\(0,13.5\)/);
    expect(draw({ ...base, rows })).not.toContain('13.5,0'); // lines stay where they are
  });

  it('are rings around those of the series before, in the legend too', () => {
    const both = ['p', 'q'].flatMap((series) => [1, 2].map((x) => ({ x, y: 1, series })));
    const svg = draw({ ...base, mark: 'dot', y: { label: 'y' }, rows: both });
    const [, ring] = ['#1f6cb0', '#b9500a'].map((paint) =>
      [...dom(svg).querySelectorAll(`g[fill="${paint}"]`)].map((group) => group.getAttribute('fill-opacity')),
    );
    expect(ring).toEqual(['0', '0']); // legend and panel
    expect(svg).toMatch(/fill-opacity="0\.6"[^>]*fill="#1f6cb0"|fill="#1f6cb0"[^>]*fill-opacity="0\.6"/);
  });

  it('lie on top with smaller symbols and gaps where lines coincide', () => {
    const same = ['p', 'q', 'r', 's'].flatMap((series) => [1, 2].map((x) => ({ x, y: x, series })));
    const panel = [...dom(draw({ ...base, y: { label: 'y' }, rows: same })).querySelectorAll('svg svg')].at(-1)!;
    const dashes = [...panel.querySelectorAll('g[stroke-width="2"]')].map((line) =>
      line.getAttribute('stroke-dasharray'),
    );
    expect(dashes).toEqual([null, null, '12 3', '5 4']);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [5, '5'],
    [-1, '−1'],
    [0.2, '2×10⁻¹'],
    [1000, '10³'],
    [-0.001, '−10⁻³'],
    [0.9999, '1'],
    [Infinity, '∞'],
  ])('%s in powers of ten', (x, words) => expect(powered(x)).toBe(words));

  it.each([
    [0, '0', '0'],
    [0.0123456, '0.0123', '0.0123'],
    [-1.2345e-5, '-1.23e-5', '−1.23×10⁻⁵'],
    [1e-12, '1e-12', '10⁻¹²'],
    [123456789, '1.23e8', '1.23×10⁸'],
    [2000, '2000', '2000'],
    [0.9999, '1', '1'],
    [-Infinity, '-inf', '−∞'],
  ])('%s', (x, ascii, nice) => expect([plain(x), typeset(x)]).toEqual([ascii, nice]));

  it('times and seeds', () => {
    expect([0, 59.6, 61, 3600, 7384].map(duration)).toEqual(['0 s', '1 min', '1 min 1 s', '1 h 00 min', '2 h 03 min']);
    expect([[], [3], [2, 0, 1], [1, 3]].map(seedText)).toEqual(['none', '3', '0-2', '1, 3']);
  });
});

describe('words', () => {
  const of = (id: string, tier: 'quick' | 'standard' | 'full') => rerunAlone({ reproduction: toy, tier }, id);

  it('say how to judge again, at a tier that does, in words a shell reads as one', () => {
    expect(rerun({ reproduction: toy, tier: 'quick' })).toBe('npx nx run toys:reproduce');
    expect(of('toy.C1', 'standard')).toBe('npx nx run toys:reproduce:standard -- --only toy.C1');
    expect(of('toy.C1', 'full')).toBe('npx nx run toys:reproduce -- --only toy.C1');
    const quoted = { ...toy, claims: [{ ...toy.claims[0]!, id: "toy.C1'" }] };
    expect(rerunAlone({ reproduction: quoted, tier: 'quick' }, "toy.C1'")).toBe(
      `npx nx run toys:reproduce -- --only "toy.C1'"`,
    );
    const never = { ...toy, claims: [{ ...toy.claims[0]!, tiers: [] }] };
    expect(rerunAlone({ reproduction: never, tier: 'quick' }, 'toy.C1')).toBeNull();
  });

  it('count what stands behind a number', () => {
    const verdict = (n: number, statistic: 'exact' | 'slope') => ({ n, rule: { statistic, words: 'w' } }) as Verdict;
    expect([verdict(1, 'slope'), verdict(5, 'slope'), verdict(14, 'exact')].map(behind)).toEqual([
      'n = 1 block',
      'n = 5 blocks',
      'n = 14 checks',
    ]);
  });
});

describe('gauge', () => {
  const verdict = (
    rule: Partial<Verdict['rule']>,
    measured: number | null,
    interval: Verdict['interval'] = null,
  ): Verdict =>
    ({
      id: 'x',
      rule: { statistic: 'slope', words: 'w', ...rule },
      measured,
      interval,
      unit: null,
      expect: 'supported',
      verdict: 'supported',
      n: 9,
    }) as Verdict;
  const numbers = (svg: string, name: string) => Number(new RegExp(` ${name}="([\\d.]+)"`).exec(svg)![1]);

  it('sets the value beside what the rule allows', () => {
    const inside = gauge(verdict({ min: 0.9, max: 1.1 }, 1, [0.95, 1.05]));
    const [, x, width] = /<rect x="([\d.]+)" y="4" width="([\d.]+)"/.exec(inside)!.map(Number) as [
      number,
      number,
      number,
    ];
    expect(numbers(inside, 'cx')).toBeCloseTo(x + width / 2, 0);
    const outside = gauge(verdict({ max: 1.1 }, 2));
    const right = Number(/<rect x="2" y="4" width="([\d.]+)"/.exec(outside)![1]) + 2;
    expect(numbers(outside, 'cx')).toBeGreaterThan(right);
    expect(gauge(verdict({ statistic: 'exact' }, 1))).toBe('');
    expect(gauge(verdict({ max: 1 }, null))).toBe('');
  });

  it('sets what the source reports beside it, where that is the same statistic', () => {
    const own = { ...verdict({ min: 0, max: 4 }, 1), reference: { value: 3, words: 'Table 1' } };
    const [diamond, dot] = [/<path d="M([\d.]+) /, /cx="([\d.]+)"/].map((place) => Number(place.exec(gauge(own))![1]));
    const at = (value: number) => 14 + (312 * (value + 0.2)) / 4.4;
    expect([dot, diamond]).toEqual([expect.closeTo(at(1), 0), expect.closeTo(at(3), 0)]);
    expect(gauge(own)).toContain('the source reports 3');
    expect(gauge({ ...own, reference: 'about 3' })).not.toContain('<path');
  });

  it('stays readable beside an interval of few blocks', () => {
    const svg = gauge(verdict({ max: 0 }, -1, [-100, 98]));
    expect(numbers(svg, 'cx')).toBeCloseTo(14 + (312 * 1.15) / 3.3, 0); // from −2 to 1 with room, not to 98
  });

  it('an expectation of `report`, and a claim not run, are never unexpected', () => {
    expect(unexpected({ ...verdict({}, 1), verdict: 'refuted' })).toBe(true);
    expect(unexpected({ ...verdict({}, 1), verdict: 'refuted', expect: 'report' })).toBe(false);
    expect(unexpected({ ...verdict({}, 1), verdict: 'not-run' })).toBe(false);
  });
});

describe('text from elsewhere', () => {
  it('stays text', () => {
    expect(linked('<script>alert(1)</script> see https://a.b/c?d=1&e=2.')).toBe(
      '&lt;script&gt;alert(1)&lt;/script&gt; see <a href="https://a.b/c?d=1&amp;e=2">https://a.b/c?d=1&amp;e=2</a>.',
    );
    expect(linked('javascript:alert(1)')).not.toContain('href');
  });
});

const record = (id: string, values: CellRecord['values'], config: CellRecord['config'] = { K: 2 }): CellRecord => ({
  id,
  experiment: 'e',
  config,
  seed: 1,
  status: 'done',
  values,
  seconds: 3,
});

describe('CSV', () => {
  it('flattens values, quotes what needs it, sorts by id and leaves times out', () => {
    const rows = [record('b', { x: { y: 1 }, list: [1, 2] }), record('a', { word: 'say "hi", all', none: null })];
    expect(cellsCsv(rows)).toBe(
      'id,experiment,seed,status,config.K,values.list,values.none,values.word,values.x.y\n' +
        'a,e,1,done,2,,,"say ""hi"", all",\n' +
        'b,e,1,done,2,"[1,2]",,,1\n',
    );
  });

  it('puts nothing into a field that a spreadsheet would compute', () => {
    const rows = [record('a', { a: '=1+1', b: '+x', c: '@sum', d: '-2', e: -2, f: '\tx' })];
    expect(cellsCsv(rows).split('\n')[1]).toBe("a,e,1,done,2,'=1+1,'+x,'@sum,'-2,-2,'\tx");
  });

  it('has one line a claim', () => {
    const reference = { value: 1.5, words: 'one and a half' };
    const lines = claimsCsv([verdictOf({}), verdictOf({ reference }), verdictOf({ reference: 'about, 2' })]).split(
      '\n',
    );
    expect(lines).toEqual([
      'id,kind,verdict,expect,measured,low,high,n,statistic,unit,level,judgedBy,min,max,rule,reference,referenceValue,why,statement,source',
      'toy.C1,paper,supported,supported,1,0.95,1.1,5,slope,exponent,0.95,interval,0.9,,at least,,,,S,T',
      'toy.C1,paper,supported,supported,1,0.95,1.1,5,slope,exponent,0.95,interval,0.9,,at least,one and a half,1.5,,S,T',
      'toy.C1,paper,supported,supported,1,0.95,1.1,5,slope,exponent,0.95,interval,0.9,,at least,"about, 2",,,S,T',
      '',
    ]);
  });
});

describe('tried step sizes', () => {
  it('are found under any name, by method or alone, and summarised over seeds', () => {
    const run = (value: number) => ({
      tried: {
        sgd: [
          { eta: 1, value },
          { eta: 2, value: null },
          { eta: 0.5, value: 7 },
        ],
      },
    });
    const tables = triedTables([
      record('a', run(1)),
      record('b', run(3)),
      record('c', { m: { tried: [{ eta: 1, value: 9, diverged: true }] } }, { K: 3 }),
    ]);
    expect(tables.map(({ config, seeds }) => [config, seeds])).toEqual([
      ['K = 2', 2],
      ['K = 3', 1],
    ]);
    expect(tables[0]!.methods.get('sgd')).toEqual([
      { eta: 2, runs: 2, diverged: 2, value: null, won: 0 },
      { eta: 1, runs: 2, diverged: 0, value: 2, won: 2 },
      { eta: 0.5, runs: 2, diverged: 0, value: 7, won: 0 },
    ]);
    expect(tables[1]!.methods.get('m')).toEqual([{ eta: 1, runs: 1, diverged: 1, value: null, won: 0 }]);
    expect(triedTables([record('d', { tried: [1, 2] }), record('e', {})])).toEqual([]);
  });

  it('come in the order of their configurations, numbers by size', () => {
    const values = { tried: [{ eta: 1, value: 1 }] };
    const configs = [
      { on: 'b', delta: 0.1 },
      { on: 'a', delta: 3 },
      { on: 'b', delta: 0.03 },
      { on: 'a', delta: 10 },
    ];
    const tables = triedTables(configs.map((config, k) => record(String(k), values, config)));
    expect(tables.map(({ config }) => config)).toEqual([
      'on = a, delta = 3',
      'on = a, delta = 10',
      'on = b, delta = 0.03',
      'on = b, delta = 0.1',
    ]);
  });
});
