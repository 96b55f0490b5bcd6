/** What a command may touch: given by `cli.ts` for a process, by a test for itself. */
import { resolve } from 'node:path';
import { localExecutor, nearest, type Executor, type LocalOptions } from '@assay-ml/claims';
import { isPath, type Catalogue, type Loaded } from './catalogue.js';
import { keysOf, packageOf, PAPERS } from './papers.js';
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
  /** Asks the person at the terminal for yes or no; absent where there is none. */
  readonly ask?: (question: string) => Promise<boolean>;
  /** Where cells run. Default: worker processes of this machine. */
  readonly executor?: (options?: LocalOptions) => Executor;
}

/** Colour is for people at a terminal (https://no-color.org). */
export const colored = (stream: Output, env: Io['env']): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** The executor of a run. */
export const executorOf = (io: Io, options: LocalOptions): Executor => io.executor?.(options) ?? localExecutor(options);

/** Keys of ours that a name means and that are not installed. */
export function missingKeys(catalogue: Catalogue, name: string): readonly string[] {
  const installed = new Set(catalogue.installed().map(({ key }) => key));
  return keysOf(name).filter((key) => !installed.has(key));
}

/** Fetches what a name means of ours and is not installed: after a yes, or with `yes` without a question. */
export async function installMissing(io: Io, name: string, yes: boolean): Promise<void> {
  const missing = missingKeys(io.catalogue, name);
  if (missing.length === 0) return;
  const packages = missing.map(packageOf).join(' and ');
  const answer = yes || (await io.ask?.(`Install ${packages} from npm into ${io.catalogue.store}? [y/N] `)) === true;
  io.signal.throwIfAborted();
  if (!answer) return; // reproductionsNamed says what is missing
  for (const key of missing) await io.catalogue.install(key);
}

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
  const missing = missingKeys(catalogue, name);
  const installed = catalogue.installed();
  const found = installed.filter((one) => [one.key, one.project, one.name].includes(name));
  if (missing.length > 0) {
    const packages = missing.map(packageOf);
    const why = packages.map((one) => catalogue.whyNot(one)).find((one) => one !== undefined);
    throw new UsageError(
      why ??
        `'${name}' needs ${packages.join(' and ')}, not installed here. Install and run: npx @assay-ml/assay run ${name} --yes`,
    );
  }
  if (found.length > 0) return Promise.all(found.map((one) => catalogue.load(one)));
  const why = catalogue.whyNot(name);
  if (why !== undefined) throw new UsageError(why);
  const names = [...new Set([...installed.flatMap(({ key, project }) => [project, key]), ...Object.keys(PAPERS)])];
  throw new UsageError(
    `paper is '${name}'; must be a project or a key that \`assay list\` shows, an installed package, or a path such as ./mine. ` +
      `Did you mean ${nearest(name, names).join(', ')}?`,
  );
}
