/** What earlier runs and the committed evidence of a key say. */
import { readVerdicts, StoreError, TIERS, type Verdict, type VerdictsFile } from '@assay-ml/claims';
import type { Installed } from '../catalogue.js';
import type { Io } from '../io.js';
import { evidenceFolder, folderOf } from './run.js';

/** The verdicts of one place. */
export interface LastVerdicts {
  /** A tier, for `results/` in the working folder, or `committed`, for the package's evidence. */
  readonly place: string;
  readonly file: Omit<VerdictsFile, 'claims'> & { readonly claims: readonly Verdict[] };
}

/** The verdicts that there are, tiers first; a file that cannot be read is named on stderr and left out. */
export function lastVerdicts(io: Io, { key, folder }: Pick<Installed, 'key' | 'folder'>): LastVerdicts[] {
  const places = [
    ...TIERS.map((tier) => ({ place: tier as string, folder: folderOf(io, key, { tier }) })),
    { place: 'committed', folder: evidenceFolder({ folder }) },
  ];
  return places.flatMap(({ place, folder: where }) => {
    try {
      const file = readVerdicts(where);
      return file === null ? [] : [{ place, file: file as LastVerdicts['file'] }];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      io.stderr.write(`${error.message}\n`);
      return [];
    }
  });
}
