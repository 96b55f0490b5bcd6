/** What a command may touch: given by `cli.ts` for a process, by a test for itself. */
import { resolve } from 'node:path';
import { localExecutor, nearest, type Executor } from '@assay-ml/claims';
import { isPath, type Catalogue, type Loaded } from './catalogue.js';
import { PAPERS } from './papers.js';
import { UsageError } from './usage-error.js';

/** A stream a command writes to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The world around a command. */
export interface Io {
  /** Where reproductions come from. */
  readonly catalogue: Catalogue;
  /** Verdicts, plans, tables: what another program reads. */
  readonly stdout: Output;
  /** Progress and messages. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results go to `results/` below it. */
  readonly cwd: string;
  /** The checkout, with `README.md` and `apps/reproductions/`; where the command line was installed instead, a folder without them. */
  readonly root: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Where cells run. Default: worker processes of this machine. */
  readonly executor?: (jobs?: number) => Executor;
}

/** Colour is for people at a terminal (https://no-color.org). */
export const colored = (stream: Output, env: Io['env']): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** The executor of a run. */
export const executorOf = (io: Io, jobs?: number): Executor =>
  io.executor?.(jobs) ?? localExecutor(jobs === undefined ? {} : { jobs });

/**
 * The reproductions that a name means: those of a project, the one of a key or of an installed package, or the one at a
 * path. No other is imported.
 * @throws UsageError for a name that is none of these; it lists the near ones and what can be installed
 */
export async function reproductionsNamed(
  { catalogue, cwd }: Pick<Io, 'catalogue' | 'cwd'>,
  name: string,
): Promise<readonly Loaded[]> {
  if (isPath(name)) return [{ ...(await catalogue.loadPath(resolve(cwd, name))), name }];
  const installed = catalogue.installed();
  const found = installed.filter((one) => [one.key, one.project, one.name].includes(name));
  for (const { key, name: first } of found) {
    const other = found.find((one) => one.key === key && one.name !== first);
    if (other !== undefined) {
      throw new UsageError(`key '${key}' is that of two installed packages: ${first} and ${other.name}. Remove one.`);
    }
  }
  if (found.length > 0) return Promise.all(found.map((one) => catalogue.load(one)));
  const names = [...new Set([...installed.flatMap(({ key, project }) => [project, key]), ...Object.keys(PAPERS)])];
  throw new UsageError(
    `paper is '${name}'; must be a project or a key that \`assay list\` shows, an installed package, or a path such as ./mine. ` +
      `Did you mean ${nearest(name, names).join(', ')}?`,
  );
}
