/** `assay list`: papers, their claims, and what the last run of each tier and the committed evidence say. */
import { readVerdicts, StoreError, TIERS, type ExitCode, type VerdictsFile } from '@assay-ml/claims';
import type { Io } from '../io.js';
import { inOrder } from '../papers.js';
import { BADGES } from '../report/results.js';
import { table } from '../terminal.js';
import { evidenceFolder, folderOf } from './run.js';

/** Prints the list, a column for each place that has verdicts; a results folder that cannot be read is named on stderr and left out. */
export async function listCommand(io: Io): Promise<ExitCode> {
  for (const found of inOrder(io.catalogue.installed())) {
    const { reproduction, folder } = await io.catalogue.load(found);
    const { key, project, title, claims } = reproduction;
    const places = [
      ...TIERS.map((tier) => ({ name: tier as string, folder: folderOf(io, key, { tier }) })),
      { name: 'committed', folder: evidenceFolder({ folder }) },
    ];
    const known = places.flatMap(({ name, folder }) => {
      const file = read(io, folder);
      return file === null ? [] : [{ name, file }];
    });
    const rows = claims.map(({ id, statement }) => [
      id,
      ...known.map(({ file }) => {
        const found = file.claims.find((claim) => claim.id === id);
        return found === undefined ? '' : `${BADGES[found.verdict].sign} ${BADGES[found.verdict].words}`;
      }),
      statement,
    ]);
    const names = known.map(({ name }) => name);
    io.stdout.write(`${title}\nproject ${project}, key ${key}: npx nx run ${project}:reproduce\n\n`);
    io.stdout.write(
      `${table(['claim', ...names, 'statement'], [13, ...names.map(() => 15), 87 - 15 * names.length], rows)}\n`,
    );
  }
  return 0;
}

function read(io: Io, folder: string): VerdictsFile | null {
  try {
    return readVerdicts(folder);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return null;
  }
}
