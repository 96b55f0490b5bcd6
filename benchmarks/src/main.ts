/** The command line: `node benchmarks/dist/main.js <package> [flags]`. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '@assay-ml/claims';
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { Benchmark, Peer } from './benchmark.js';
import { contest, Contestant, type Opponent, type Outcome } from './contest.js';
import { python, pythonPeer } from './python.js';
import { changed, table, writeResults, writeTable, type Row } from './results.js';
import { suites } from './suites/index.js';
import { Worktree } from './worktree.js';

interface Flags {
  readonly peers?: true;
  readonly compare?: string;
  readonly filter?: string;
  readonly ms: number;
  readonly table?: true;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function milliseconds(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 60_000)) throw new InvalidArgumentError('Must be from 1 to 60000.');
  return value;
}

const program = new Command('bench')
  .description('Times the kernels of a package, checks their results, and divides their times by those of others.')
  .addArgument(new Argument('<package>', 'whose suite to run').choices(Object.keys(suites)))
  .option('--peers', 'run the same work in numpy and others, in turn with ours')
  .option('--compare <ref>', 'run the same suite on the packages as they are at a git ref, in turn with ours')
  .option('--filter <text>', 'only benchmarks whose name contains this')
  .option('--ms <n>', 'length of a block', milliseconds, 200)
  .option('--table', 'put the results into the table of benchmarks/README.md')
  .action(async (name: string, flags: Flags) => {
    process.exitCode = await bench(name, flags);
  });
await program.parseAsync().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
});

/** @returns the exit code: 1 when a result was wrong or something got slower */
async function bench(name: string, { peers, compare, filter = '', ms, table: committed }: Flags): Promise<number> {
  const suite = suites[name]!;
  const chosen = suite.filter((b) => b.name.toLowerCase().includes(filter.toLowerCase()));
  if (chosen.length === 0) {
    throw new Error(
      `--filter: no name holds '${filter}'; must be part of ${suite.map((b) => `'${b.name}'`).join(', ')}.`,
    );
  }
  // First: it throws for a wrong ref, and then no process waits.
  const worktree = compare === undefined ? null : new Worktree(root, compare);
  const ours = new Contestant(process.execPath, [join(root, 'dist', 'contestant.js'), name]);
  const others = peers ? pythonPeers(name) : new Map<Peer['runtime'], Contestant | string>();
  others.set('here', ours);
  const earlier =
    worktree && new Contestant(process.execPath, [join(worktree.benchmarks, 'dist', 'contestant.js'), name]);
  const opponentsOf = (benchmark: Benchmark): Opponent[] => [
    ...(earlier ? [{ name: compare!, contestant: earlier, takesInputs: false }] : []),
    ...(peers ? (benchmark.peers ?? []) : []).map(({ runtime, ...peer }) => ({
      ...peer,
      contestant: others.get(runtime)!,
      takesInputs: runtime !== 'here',
    })),
  ];
  try {
    const rows: Row[] = [];
    for (const benchmark of chosen) {
      const outcome = contest(benchmark, ours, opponentsOf(benchmark), ms).catch(({ message }: Error): Outcome => ({
        name: benchmark.name,
        wrong: message,
      }));
      rows.push({ ...(await outcome), per: benchmark.per });
      process.stderr.write(`${benchmark.name}\n`);
    }
    const versions: Record<string, string> = {};
    for (const one of new Set([ours, ...others.values()])) {
      if (typeof one !== 'string') Object.assign(versions, (await one.ask({ do: 'versions' })).versions);
    }
    console.log(table(rows.map((row) => ({ ...row, package: name }))));
    if (filter === '' && compare === undefined) {
      console.log(`\n${writeResults(root, { package: name, environment: environment(root), versions, rows })}`);
      if (committed) writeTable(root);
    }
    const changes = rows.flatMap(({ name: which, against = [] }) =>
      against.flatMap((a) => (a.name === compare ? [{ which, change: changed(a.ratio) }] : [])),
    );
    for (const { which, change } of changes) if (change) console.log(`${change} than at ${compare}: ${which}`);
    return changes.some(({ change }) => change === 'slower') || rows.some(({ wrong }) => wrong) ? 1 : 0;
  } finally {
    for (const one of [ours, earlier, ...others.values()]) if (one && typeof one !== 'string') one.close();
    worktree?.remove();
  }
}

/** The processes of numpy, or why there are none. */
function pythonPeers(name: string): Map<Peer['runtime'], Contestant | string> {
  const folder = join(root, 'peers');
  try {
    const interpreter = python(folder);
    const script = join(folder, `${name}.py`);
    return new Map([
      ['python', pythonPeer(interpreter, script)],
      ['python-128', pythonPeer(interpreter, script, 'Nehalem')],
    ]);
  } catch (error) {
    const reason = (error as Error).message;
    process.stderr.write(`${reason}\n`);
    return new Map([
      ['python', reason],
      ['python-128', reason],
    ]);
  }
}
