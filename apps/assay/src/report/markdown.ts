/** `report.md`: the report for reading in a repository. */
import type { Table, Verdict } from '@assay-ml/claims';
import { counted, duration, shown, typeset } from './numbers.js';
import {
  BADGES,
  KINDS,
  behind,
  bounds,
  engineText,
  errorsText,
  measuredText,
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
import { seedText } from './html.js';
import type { Divided } from './parts.js';

/** Text in a table cell: no pipes, no line ends. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** The verdict with its sign, and a word when it was not expected. */
function verdictText(verdict: Verdict): string {
  const { sign, words } = BADGES[verdict.verdict];
  return `${sign} ${words}${unexpected(verdict) ? ' (not as expected)' : ''}`;
}

function printed({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `${title}:`,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map((row) => line(row.map(shown))),
  ].join('\n');
}

/** The parts of a claim in numbers, below their drawing. */
function partsTable(verdict: Divided): string {
  return [
    `| part | ${statisticText(verdict)} | blocks | verdict |`,
    '| --- | --- | --- | --- |',
    ...verdict.parts.map(
      (part) =>
        `| ${cell(part.part)} | ${numberText(part, typeset)} | ${part.n} | ${BADGES[part.verdict].sign} ${BADGES[part.verdict].words} |`,
    ),
  ].join('\n');
}

function section(verdict: Verdict, results: Results, figures: Figures): string {
  const figure = figures.claims.get(verdict.id);
  const parts = figures.parts.get(verdict.id);
  const table = figures.tables.get(verdict.id);
  const reference = referenceText(verdict);
  const alone = rerunAlone(results, verdict.id);
  const measured = measuredText(verdict, typeset);
  const ratio =
    verdict.rule.statistic === 'log-ratio' && verdict.measured !== null
      ? ` (ratio ${typeset(10 ** verdict.measured)})`
      : '';
  const statistic =
    verdict.rule.statistic === 'exact' ? '' : ` (${verdict.rule.statistic} ${bounds(verdict, typeset)})`;
  return [
    `### ${verdict.id}: ${verdictText(verdict)}`,
    `${verdict.statement}`,
    [
      `- Source: ${verdict.source} (${KINDS[verdict.kind]})`,
      ...(measured === '' ? [] : [`- Measured: ${measured}${ratio}, ${behind(verdict)}`]),
      `- Rule: ${verdict.rule.words}${statistic}`,
      ...(reference === null ? [] : [`- ${reference.name}: ${reference.text}`]),
      `- Expected: ${verdict.expect === 'report' ? 'reported only' : verdict.expect}${verdict.reason === undefined ? '' : `: ${verdict.reason}`}`,
      ...(verdict.why === undefined ? [] : [`- Why: ${verdict.why}`]),
      ...(alone === null ? [] : [`- Alone: \`${alone}\``]),
    ].join('\n'),
    ...(parts === undefined
      ? []
      : [
          `![The ${parts.verdict.parts.length} parts of ${verdict.id}](figures/${parts.file})`,
          partsTable(parts.verdict),
        ]),
    ...(figure === undefined ? [] : [`![${figure.figure.title}](figures/${figure.file})`]),
    ...(table === undefined ? [] : [printed(table)]),
  ].join('\n\n');
}

/** Texts of claims and cells are texts: what would open a tag or a comment does not. */
const withoutTags = (text: string): string => text.replace(/<(?=[a-z/!?])/gi, '&lt;');

/** The report as Markdown; figures are linked as `figures/*.svg`. */
export function reportMarkdown(results: Results, figures: Figures): string {
  const { reproduction, verdicts, tier } = results;
  const counts = totals(verdicts).map(({ verdict, count }) => `${count} ${BADGES[verdict].words}`);
  const errors = errorsText(verdicts);
  const rows = verdicts.map(
    (v) =>
      `| ${v.id} | ${cell(v.statement)} | ${verdictText(v)} | ${cell(measuredText(v, typeset))} | ${v.verdict === 'not-run' ? '' : v.n} |`,
  );
  const sections = [
    `# ${reproduction.title}`,
    reproduction.citation,
    `**${counts.join(', ')}** at the ${tier} tier.`,
    ...(errors === null ? [] : [errors]),
    [
      `- Cells: ${counted(results.records.length, 'cell')}, seeds ${seedText(results.seeds)}, ${duration(results.seconds)} of compute`,
      `- Machine: ${results.machine}, backend ${results.backend}${results.engine === undefined ? '' : `, engine ${engineText(results.engine)}`}`,
      `- Result hash: \`${results.resultHash}\``,
      `- Run it: \`${rerun(results)}\``,
      ...Object.entries(results.facts).map(([name, text]) => `- ${name}: ${text}`),
    ].join('\n'),
    '## Verdicts',
    ['| claim | statement | verdict | measured | n |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
    ...verdicts.map((verdict) => section(verdict, results, figures)),
    ...(figures.experiments.length === 0 ? [] : ['## Experiments']),
    ...figures.experiments.map(({ file, figure }) => `![${figure.title}](figures/${file})`),
  ];
  return `${withoutTags(sections.join('\n\n'))}\n`;
}
