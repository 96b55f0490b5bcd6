/** `assay table`: the README's table of papers and how their claims were judged, generated from the committed evidence. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readVerdicts, type ExitCode, type Reproduction, type Verdict, type VerdictsFile } from '@assay-ml/claims';
import writeFileAtomic from 'write-file-atomic';
import type { Io } from '../io.js';
import { inOrder } from '../papers.js';
import { UsageError } from '../usage-error.js';
import { cell } from '../report/markdown.js';
import { BADGES, totals } from '../report/results.js';
import { evidenceFolder, inCheckout } from './run.js';

const START = '<!-- verdicts:start -->';
const END = '<!-- verdicts:end -->';

/** One row: the paper with its report, what was judged, and the package that its method comes in. */
function row(root: string, { key, project, title }: Reproduction, { claims, tier }: VerdictsFile): string {
  const counts = totals(claims as readonly Verdict[]).map(({ verdict, count }) => `${count} ${BADGES[verdict].words}`);
  const folder = `packages/${project}`;
  const manifest = join(root, folder, 'package.json');
  const { description = '' } = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly description?: string })
    : {};
  const cells = [
    `[${title}](apps/reproductions/${key}/evidence/report.md)`,
    `${counts.join(', ')}${tier === 'standard' ? '' : ` (${tier})`}`,
    `[\`${project}\`](${folder}): ${description}`,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

/**
 * Writes the table between the README's markers, or checks that it stands there.
 * @returns 1 when `check` finds another table
 * @throws UsageError when the README has no markers
 */
export async function tableCommand(io: Io, { check = false }: { check?: boolean }): Promise<ExitCode> {
  const readme = join(io.root, 'README.md');
  if (!existsSync(readme) || !existsSync(join(io.root, 'apps'))) {
    throw new UsageError(
      'table is for a checkout of Assay, whose README it writes. There is none around this command line.',
    );
  }
  const text = readFileSync(readme, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start === -1 || end < start) {
    throw new UsageError(
      `README.md has no lines '${START}' and '${END}', in this order. Put them where the table shall stand.`,
    );
  }
  const rows: string[] = [];
  for (const found of inOrder(io.catalogue.installed()).filter((one) => inCheckout(io, one))) {
    const file = readVerdicts(evidenceFolder(found));
    if (file !== null) rows.push(row(io.root, (await io.catalogue.load(found)).reproduction, file));
  }
  const table = ['| paper | verdicts | for your own work |', '| --- | --- | --- |', ...rows].join('\n');
  const body = [rows.length === 0 ? 'No evidence is committed yet.' : table];
  const generated = [START, '<!-- prettier-ignore-start -->', ...body, '<!-- prettier-ignore-end -->', ''].join('\n\n');
  const wanted = text.slice(0, start) + generated.trimEnd() + '\n\n' + text.slice(end);
  if (wanted === text) {
    io.stderr.write('README.md: the verdict table is up to date\n');
    return 0;
  }
  if (check) {
    io.stderr.write('README.md: the verdict table differs from the committed evidence. Write it with `assay table`.\n');
    return 1;
  }
  writeFileAtomic.sync(readme, wanted);
  io.stderr.write('README.md: verdict table written\n');
  return 0;
}
