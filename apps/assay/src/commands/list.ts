/** `assay list`: which reproductions are installed, with their last verdicts, and which can be. Imports none. */
import { existsSync, realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import type { ExitCode, Verdict } from '@assay-ml/claims';
import type { Installed } from '../catalogue.js';
import { missingKeys, type Io } from '../io.js';
import { inOrder, packageOf, PAPERS } from '../papers.js';
import { BADGES, unexpected } from '../report/results.js';
import { table } from '../terminal.js';
import { lastVerdicts } from './last-verdicts.js';
import { inCheckout } from './run.js';

/** Version of what `--json` prints. */
const LIST_SCHEMA = 1;

/** How a reproduction came to be here. */
type Kind = 'checkout' | 'cache' | 'node_modules' | 'folder';

/** What `assay list --json` prints: one JSON value. Names may be added to it under the same `schema`. */
interface List {
  readonly schema: typeof LIST_SCHEMA;
  /** Ours first, in the order of the papers. */
  readonly installed: readonly {
    readonly key: string;
    readonly project: string;
    /** npm's name. */
    readonly package: string;
    readonly version: string;
    /** Absolute path, links followed. */
    readonly folder: string;
    /**
     * Of this repository; installed when it was asked for; installed by the user; or a folder that is worked in, linked or the
     * working folder itself.
     */
    readonly kind: Kind;
    readonly verdicts: readonly {
      /** A tier: the run in `results/` of the working folder; `committed`: the evidence in the package. */
      readonly place: string;
      readonly tier: string;
      readonly resultHash: string;
      /** How many claims have each verdict. */
      readonly counts: Readonly<Record<Verdict['verdict'], number>>;
      /** How many are not as expected. */
      readonly unexpected: number;
    }[];
  }[];
  /** Of our papers, those that are not installed. */
  readonly available: readonly { readonly key: string; readonly project: string; readonly package: string }[];
}

/** Prints what is installed and what can be. */
export async function listCommand(io: Io, { json = false }: { json?: boolean } = {}): Promise<ExitCode> {
  const list = listOf(io);
  io.stdout.write(json ? `${JSON.stringify(list, null, 2)}\n` : text(io, list));
  return 0;
}

function listOf(io: Io): List {
  return {
    schema: LIST_SCHEMA,
    installed: inOrder(io.catalogue.installed()).map((found) => ({
      key: found.key,
      project: found.project,
      package: found.name,
      version: found.version,
      folder: found.folder,
      kind: kindOf(io, found),
      verdicts: lastVerdicts(io, found).map(({ place, file: { tier, resultHash, claims } }) => ({
        place,
        tier,
        resultHash,
        counts: Object.fromEntries(
          Object.keys(BADGES).map((verdict) => [verdict, claims.filter((claim) => claim.verdict === verdict).length]),
        ) as Record<Verdict['verdict'], number>,
        unexpected: claims.filter(unexpected).length,
      })),
    })),
    available: Object.keys(PAPERS).flatMap((project) =>
      missingKeys(io.catalogue, project).map((key) => ({ key, project, package: packageOf(key) })),
    ),
  };
}

function kindOf(io: Io, found: Installed): Kind {
  const { store } = io.catalogue;
  if (inCheckout(io, found)) return 'checkout';
  if (existsSync(store) && found.folder.startsWith(realpathSync(store) + sep)) return 'cache';
  return found.folder.split(sep).includes('node_modules') ? 'node_modules' : 'folder';
}

function text(io: Io, { installed, available }: List): string {
  const rows = installed.map(({ key, project, package: name, version, folder, kind, verdicts }) => [
    key === project ? key : `${key}\nof ${project}`,
    `${name}\n${version}, ${kind === 'folder' ? relative(io.cwd, folder) || '.' : kind}`,
    verdicts.map(({ place, counts, unexpected: odd }) => summary(place, counts, odd)).join('\n'),
  ]);
  const here =
    installed.length === 0
      ? 'No reproduction is installed here.\n'
      : table(['key', 'package', 'last verdicts'], [14, 36, 50], rows);
  const more = available.map(
    ({ key, project }) => `  npx @assay-ml/assay run ${key}${key === project ? '' : ` (of ${project})`}\n`,
  );
  return here + (more.length === 0 ? '' : `\nCan be installed:\n${more.join('')}`);
}

function summary(place: string, counts: List['installed'][number]['verdicts'][number]['counts'], odd: number): string {
  const words = (Object.keys(counts) as Verdict['verdict'][])
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${BADGES[verdict].words}`);
  return `${place}: ${words.join(', ')}${odd === 0 ? '' : `; ${odd} not as expected`}`;
}
