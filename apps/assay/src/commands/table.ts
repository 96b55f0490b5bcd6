/** `assay table`: the README's table of papers and verdicts, generated from the committed evidence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readVerdicts, type ExitCode, type Reproduction, type Verdict, type VerdictsFile } from '@assay-ml/claims';
import writeFileAtomic from 'write-file-atomic';
import type { Io } from '../io.js';
import { inOrder } from '../papers.js';
import { UsageError } from '../usage-error.js';
import { cell, verdictText } from '../report/markdown.js';
import { typeset } from '../report/numbers.js';
import { BADGES, measuredText, totals } from '../report/results.js';
import { evidenceFolder, inCheckout } from './run.js';

const START = '<!-- verdicts:start -->';
const END = '<!-- verdicts:end -->';

function section({ key, project, title }: Reproduction, file: VerdictsFile): string {
  const claims = file.claims as readonly Verdict[];
  const counts = totals(claims).map(({ verdict, count }) => `${count} ${BADGES[verdict].words}`);
  const report = `apps/reproductions/${key}/evidence/report.md`;
  return [
    `**[${title}](${report})** · \`npx nx run ${project}:reproduce\``,
    `At the ${file.tier} tier, on ${file.machine.cpu}: ${counts.join(', ')}.`,
    [
      '| claim | statement | verdict | measured |',
      '| --- | --- | --- | --- |',
      ...claims.map(
        (v) => `| ${v.id} | ${cell(v.statement)} | ${verdictText(v)} | ${cell(measuredText(v, typeset))} |`,
      ),
    ].join('\n'),
  ].join('\n\n');
}

/**
 * Writes the table between the README's markers, or checks that it stands there.
 * @returns 1 when `check` finds another table
 * @throws UsageError when the README has no markers
 */
export async function tableCommand(io: Io, { check = false }: { check?: boolean }): Promise<ExitCode> {
  const readme = join(io.root, 'README.md');
  const text = readFileSync(readme, 'utf8');
  const [start, end] = [text.indexOf(START), text.indexOf(END)];
  if (start === -1 || end < start) {
    throw new UsageError(
      `README.md has no lines '${START}' and '${END}', in this order. Put them where the table shall stand.`,
    );
  }
  const sections: string[] = [];
  for (const found of inOrder(io.catalogue.installed()).filter((one) => inCheckout(io, one))) {
    const file = readVerdicts(evidenceFolder(found));
    if (file !== null) sections.push(section((await io.catalogue.load(found)).reproduction, file));
  }
  const body = sections.length === 0 ? ['No evidence is committed yet.'] : sections;
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
