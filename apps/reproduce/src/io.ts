/** What a command may touch: given by `cli.ts` for a process, by a test for itself. */
import { localExecutor, nearest, type Executor, type Reproduction } from '@assay-ml/claims';

/** A stream a command writes to. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The world around a command. */
export interface Io {
  readonly reproductions: readonly Reproduction[];
  /** Verdicts, plans, tables: what another program reads. */
  readonly stdout: Output;
  /** Progress and messages. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results go to `results/` below it. */
  readonly cwd: string;
  /** Folder with `README.md` and `apps/reproduce/evidence/`: the checkout. */
  readonly root: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Where cells run. Default: worker processes of this machine. */
  readonly executor?: (jobs?: number) => Executor;
}

/** A command that cannot be done as asked; exit code 2, message without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Colour is for people at a terminal (https://no-color.org). */
export const colored = (stream: Output, env: Io['env']): boolean =>
  stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** The executor of a run. */
export const executorOf = (io: Io, jobs?: number): Executor =>
  io.executor?.(jobs) ?? localExecutor(jobs === undefined ? {} : { jobs });

/**
 * The reproductions of a project, or the one of a key.
 * @throws UsageError for a name that is neither; it lists the near ones
 */
export function reproductionsNamed(
  { reproductions }: Pick<Io, 'reproductions'>,
  name: string,
): readonly Reproduction[] {
  const found = reproductions.filter(({ key, project }) => key === name || project === name);
  if (found.length > 0) return found;
  const names = [...new Set(reproductions.flatMap(({ key, project }) => [project, key]))];
  const hint = names.length === 0 ? 'No paper is built in' : `Did you mean ${nearest(name, names).join(', ')}?`;
  throw new UsageError(`paper is '${name}'; must be a project or a key that \`assay list\` shows. ${hint}`);
}
