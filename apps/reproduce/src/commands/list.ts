/** `assay list`: papers, their claims, and what the last run of each tier and the committed evidence say. */
import { readVerdicts, StoreError, TIERS, type ExitCode, type VerdictsFile } from '@assay-ml/claims';
import type { Io } from '../io.js';
import { BADGES } from '../report/results.js';
import { table } from '../terminal.js';
import { evidenceFolder, folderOf } from './run.js';

/** Prints the list; a results folder that cannot be read is named on stderr and left out. */
export function listCommand(io: Io): ExitCode {
  for (const { key, project, title, claims } of io.reproductions) {
    const sources = [...TIERS.map((tier) => folderOf(io, key, { tier })), evidenceFolder(io, key)].map((folder) =>
      read(io, folder),
    );
    const rows = claims.map(({ id, statement }) => [
      id,
      ...sources.map((file) => {
        const found = file?.claims.find((claim) => claim.id === id);
        return found === undefined ? '' : `${BADGES[found.verdict].sign} ${BADGES[found.verdict].words}`;
      }),
      statement,
    ]);
    io.stdout.write(`${title}\nproject ${project}, key ${key}: npx nx run ${project}:reproduce\n\n`);
    io.stdout.write(`${table(['claim', ...TIERS, 'committed', 'statement'], [13, 15, 15, 15, 15, 27], rows)}\n`);
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
