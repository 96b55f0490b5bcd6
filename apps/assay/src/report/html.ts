/** `report.html`: one file, no script, no request; light and dark by the reader's own setting. */
import type { Table, Verdict } from '@assay-ml/claims';
import { figureHtml } from './figures.js';
import { filters } from './filters.js';
import { folded } from './folded.js';
import { forestHtml } from './forest.js';
import { gauge } from './gauge.js';
import { howToRead } from './how-to-read.js';
import { escape, linked } from './markup.js';
import { counted, duration, shown, typeset } from './numbers.js';
import {
  BADGES,
  KINDS,
  behind,
  bounds,
  engineText,
  errorsText,
  numberText,
  referenceText,
  rerun,
  rerunAlone,
  statisticText,
  totals,
  unexpected,
  type Figures,
  type Results,
} from './results.js';
import { STYLE } from './style.js';
import { triedTables, type TriedStep } from './tried.js';

const badge = (verdict: Verdict['verdict']): string =>
  `<span class="badge ${verdict}"><span aria-hidden="true">${BADGES[verdict].sign}</span>${BADGES[verdict].words}</span>`;

const entry = (name: string, html: string, kind = ''): string =>
  `<div${kind === '' ? '' : ` class="${kind}"`}><dt>${escape(name)}</dt><dd>${html}</dd></div>`;

const anchor = (id: string): string => `claim-${id.replace(/[^A-Za-z0-9.]/g, '_')}`;

/** A line to paste into a shell; on a narrow screen it wraps between words alone. */
const command = (line: string): string =>
  `<code class="command">${line
    .split(' ')
    .map((word) => `<span>${escape(word)}</span>`)
    .join(' ')}</code>`;

/** A log10 ratio as the factor it is, `factor 0.05`; a share as what it counts, `32 of 40`. */
function inWords({ rule, measured, n }: Verdict): string[] {
  if (measured === null) return [];
  if (rule.statistic === 'log-ratio') return [`factor ${typeset(10 ** measured)}`];
  return rule.statistic === 'share' ? [`${Math.round(measured * n)} of ${n}`] : [];
}

function expectation({ expect, reason }: Verdict): string {
  const words = expect === 'report' ? 'reported, not judged against an expectation' : expect;
  return `${words}${reason === undefined ? '' : `: ${linked(reason)}`}`;
}

/** What was measured, and beside it what the source reports; below both, on one scale with the rule. */
function values(verdict: Verdict): string {
  const { measured, interval } = verdict;
  const reference = referenceText(verdict);
  const span = interval === null ? '' : ` <small>[${interval.map((x) => typeset(x)).join(', ')}]</small>`;
  const decides = verdict.parts === undefined ? [] : ['of the part that decides'];
  const words = [statisticText(verdict), ...inWords(verdict), ...decides].join(', ');
  const shown = [
    measured === null
      ? ''
      : entry(
          'Measured',
          `<span class="measured">${typeset(measured)}</span>${span}<small class="tag">${escape(words)}</small>`,
        ),
    reference === null ? '' : entry(reference.name, linked(reference.text)),
  ].join('');
  return shown === '' ? '' : `<dl class="values">${shown}</dl>${gauge(verdict)}`;
}

function blocks(verdict: Verdict): string {
  if (verdict.verdict === 'not-run' || verdict.n === 0) return '';
  const weak = verdict.judgedBy === 'mean' ? '; too few for the interval to decide' : '';
  return entry('Behind it', `${behind(verdict)}${weak}`);
}

function printed({ title, columns, rows }: Table): string {
  const kinds = columns.map((_, k) => (rows.some((row) => typeof row[k] === 'number') ? ' class="number"' : ''));
  const heads = columns.map((name, k) => `<th scope="col"${kinds[k]}>${escape(name)}</th>`);
  const lines = rows.map((row) => {
    const cells = row.map((value, k) => {
      const [open, close] = k === 0 ? ['th scope="row"', 'th'] : ['td', 'td'];
      return `<${open}${kinds[k]}>${escape(shown(value))}</${close}>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const body = `<thead><tr>${heads.join('')}</tr></thead><tbody>${lines.join('\n')}</tbody>`;
  return folded(title, counted(rows.length, 'row'), title, body);
}

function card(verdict: Verdict, results: Results, figures: Figures): string {
  const figure = figures.claims.get(verdict.id);
  const parts = figures.parts.get(verdict.id);
  const table = figures.tables.get(verdict.id);
  const drawings = [
    ...(parts === undefined ? [] : [forestHtml(parts.verdict)]),
    ...(figure === undefined ? [] : [figureHtml(figure.figure, figures.series)]),
  ];
  const rule = `${escape(verdict.rule.words)}${verdict.rule.statistic === 'exact' ? '' : ` <span class="tag">(${verdict.rule.statistic} ${escape(bounds(verdict, typeset))})</span>`}`;
  const alone = rerunAlone(results, verdict.id);
  const off = unexpected(verdict)
    ? `<span class="badge off"><span aria-hidden="true">!</span>not as expected</span>`
    : '';
  const id = anchor(verdict.id);
  const classes = `card claim ${classOf(verdict)}${drawings.length === 0 ? ' plain' : ''}`;
  // One that was not run has nothing to show but what it says: it opens from one line.
  const [open, close] =
    verdict.verdict === 'not-run'
      ? [
          `<details class="${classes}" id="${id}"><summary><span class="id">${escape(verdict.id)}</span>${badge('not-run')}<span class="line">${escape(verdict.why ?? '')} · ${escape(verdict.statement)}</span></summary>`,
          '</details>',
        ]
      : [
          `<article class="${classes}" id="${id}" aria-labelledby="${id}-title">
<header><a class="id" href="#${id}">${escape(verdict.id)}</a>${badge(verdict.verdict)}${off}<span class="tag">${KINDS[verdict.kind]}</span></header>`,
          '</article>',
        ];
  return `${open}
<h3 id="${id}-title">${escape(verdict.statement)}</h3>
<p class="source">${linked(verdict.source)}</p>
<div class="body"><div>${values(verdict)}
<dl>${[
    verdict.why === undefined ? '' : entry('Why', linked(verdict.why), 'why'),
    entry('Rule', rule),
    entry('Expected', expectation(verdict)),
    blocks(verdict),
  ].join('')}</dl></div>
${drawings.length === 0 ? '' : `<div class="drawings">${drawings.join('\n')}</div>`}</div>
${table === undefined ? '' : printed(table)}
${alone === null ? '' : `<dl>${entry('Judge this claim alone', command(alone))}</dl>`}
${close}`;
}

/** What the filters of the page go by. */
const classOf = (verdict: Verdict): string => `is-${verdict.verdict}${unexpected(verdict) ? ' is-off' : ''}`;

function overview(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(
    (verdict) =>
      `<tr class="${classOf(verdict)}"><td><a href="#${anchor(verdict.id)}">${escape(verdict.id)}</a></td><td>${escape(verdict.statement)}</td>` +
      `<td>${badge(verdict.verdict)}</td><td class="number">${verdict.measured === null ? '' : `${escape(numberText(verdict, typeset))}<small>${escape(statisticText(verdict))}</small>`}</td></tr>`,
  );
  return `<table class="overview"><thead><tr><th scope="col">Claim</th><th scope="col">Statement</th><th scope="col">Verdict</th><th scope="col" class="number">Measured</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

/** Where what stands on the page, and first what a reader looks for. */
function contents(verdicts: readonly Verdict[], sections: readonly (readonly [id: string, name: string])[]): string {
  const links = (name: string, some: readonly Verdict[]): string[] =>
    some.length === 0
      ? []
      : [
          `<li>${name}: ${some.map(({ id }) => `<a href="#${anchor(id)}">${escape(id.slice(id.indexOf('.') + 1))}</a>`).join(' ')}</li>`,
        ];
  return `<nav class="contents" aria-label="Contents"><ul>${[
    ...sections.map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`),
    ...links(
      'Refuted',
      verdicts.filter(({ verdict }) => verdict === 'refuted'),
    ),
    ...links('Not as expected', verdicts.filter(unexpected)),
  ].join('')}</ul></nav>`;
}

function step(tried: TriedStep | undefined): string {
  if (tried === undefined) return '<td class="number lost">·</td>';
  const lost = tried.diverged === 0 ? '' : tried.diverged === tried.runs ? 'diverged' : ` (${tried.diverged} diverged)`;
  const shown = tried.value === null ? lost : `${typeset(tried.value)}${lost}`;
  const won = tried.won === 0 ? '' : tried.runs === 1 ? ' ★' : ` ★${tried.won}`;
  return `<td class="number${tried.value === null ? ' lost' : ''}${tried.won > 0 ? ' best' : ''}">${shown}${won}</td>`;
}

function triedSection(results: Results): string {
  const tables = triedTables(results.records);
  if (tables.length === 0) return '';
  const groups = results.reproduction.experiments.map(({ id, title }) => {
    const mine = tables.filter((table) => table.experiment === id);
    if (mine.length === 0) return '';
    const inner = mine.map(({ config, seeds, methods }) => {
      const etas = [...new Set([...methods.values()].flatMap((steps) => steps.map(({ eta }) => eta)))].sort(
        (a, b) => b - a,
      );
      const rows = etas.map(
        (eta) =>
          `<tr><th scope="row" class="number">${typeset(eta, 4)}</th>${[...methods.values()].map((steps) => step(steps.find((s) => s.eta === eta))).join('')}</tr>`,
      );
      const heads = [...methods.keys()].map(
        (m) => `<th scope="col" class="number">${escape(m === '' ? 'value' : m)}</th>`,
      );
      const body = `<thead><tr><th scope="col" class="number">step size</th>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody>`;
      return folded(config, counted(seeds, 'run'), `Step sizes tried: ${config}`, body);
    });
    return `<details><summary><b>${escape(title)}</b> <span class="tag">${counted(mine.length, 'configuration')}</span></summary><div>${inner.join('\n')}</div></details>`;
  });
  return `<section aria-labelledby="tried"><h2 id="tried">Every step size tried</h2><p>Each method got the same grid. Shown is the median over runs; ★ marks where a run was best, with the number of runs it won; a diverged run counts as tried.</p>${groups.join('\n')}</section>`;
}

/**
 * The report as one HTML page.
 * @param results the judged run
 * @param figures its figures and tables, from {@link figuresOf}
 */
export function reportHtml(results: Results, figures: Figures): string {
  const { reproduction, verdicts, tier, records } = results;
  const odd = verdicts.filter(unexpected).length;
  const counts = totals(verdicts).map(
    ({ verdict, count }) =>
      `<li class="${verdict}"><span aria-hidden="true">${BADGES[verdict].sign}</span><b>${count}</b>${BADGES[verdict].words}</li>`,
  );
  const failed = records.filter((record) => record.status === 'failed').length;
  const facts = [
    entry('Tier', escape(tier)),
    entry('Cells', `${counted(records.length, 'cell')}${failed === 0 ? '' : `, ${failed} crashed`}`),
    entry('Seeds', escape(seedText(results.seeds))),
    entry('Compute time', duration(results.seconds)),
    entry('Machine', escape(results.machine)),
    entry('Backend', escape(results.backend)),
    ...(results.engine === undefined ? [] : [entry('Engine', escape(engineText(results.engine)))]),
    entry('Result hash', `<code>${escape(results.resultHash)}</code>`, 'full'),
    entry('Run it yourself', command(rerun(results)), 'full'),
  ];
  const experiments =
    figures.experiments.length === 0
      ? ''
      : `<section aria-labelledby="experiments"><h2 id="experiments">Experiments</h2><div class="wide">${figures.experiments
          .map(({ figure }) => `<div class="card">${figureHtml(figure, figures.series)}</div>`)
          .join('\n')}</div></section>`;
  const missing =
    figures.failures.length === 0
      ? ''
      : `<p class="note">Figures and tables that these cells cannot make: ${escape(figures.failures.join('; '))}.</p>`;
  const tried = triedSection(results);
  const errors = errorsText(verdicts);
  const about = Object.entries(results.facts).map(([name, text]) => entry(name, escape(text)));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${escape(reproduction.title)} · verdicts</title>
<style>${STYLE}</style>
</head>
<body>
<header class="top">
<p class="eyebrow">Assay · ${escape(reproduction.key)} · ${escape(tier)} tier</p>
<h1>${escape(reproduction.title)}</h1>
<p class="citation">${linked(reproduction.citation)}</p>
<ul class="totals" aria-label="Verdicts">${counts.join('')}${odd === 0 ? '' : `<li class="badge off"><span aria-hidden="true">!</span><b>${odd}</b>not as expected</li>`}</ul>
${errors === null ? '' : `<p class="errors">${escape(errors)}</p>`}
<dl class="facts">${facts.join('')}</dl>
${contents(verdicts, [
  ['claims', 'Claims'],
  ['verdicts', 'Verdicts'],
  ...(experiments === '' ? [] : [['experiments', 'Experiments'] as const]),
  ...(tried === '' ? [] : [['tried', 'Every step size tried'] as const]),
  ['about', 'About this run'],
])}
${howToRead(tier)}
</header>
<main>
<section aria-labelledby="claims"><h2 id="claims">Claims</h2>
${filters(verdicts)}
${overview(verdicts)}
</section>
<section aria-labelledby="verdicts"><h2 id="verdicts">Verdicts</h2>
<div class="claims">${verdicts.map((verdict) => card(verdict, results, figures)).join('\n')}</div>
${missing}</section>
${experiments}
${tried}
<section aria-labelledby="about"><h2 id="about">About this run</h2><dl class="facts">${about.join('')}</dl></section>
</main>
<footer>Brackets hold intervals; the shaded part of a scale is what the rule allows. The numbers behind every figure are in <code>claims.csv</code> and <code>cells.csv</code> beside this file.</footer>
</body>
</html>
`;
}

/** Seeds as `0-4`, or listed when they have gaps. */
export function seedText(seeds: readonly number[]): string {
  const sorted = [...new Set(seeds)].sort((a, b) => a - b);
  if (sorted.length === 0) return 'none';
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  if (last - first + 1 !== sorted.length) return sorted.join(', ');
  return first === last ? String(first) : `${first}-${last}`;
}
