/** The command line: `node benchmarks/dist/main.js <package> [flags]`. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from '@assay-ml/claims';
import type { BackendName } from '@assay-ml/tensors';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { runtimeOf, type Benchmark, type Peer, type Runtime } from './benchmark.js';
import { contest, type Contestant, type Opponent, type Outcome } from './contest.js';
import type { Reply } from './contestant.js';
import { Processes } from './processes.js';
import { pypiPeer, python, pythonPeer, torchPeer } from './python.js';
import { changed, lines, table, writeResults, writeTable, type Row } from './results.js';
import { suites } from './suites/index.js';
import { Worktree } from './worktree.js';

interface Flags {
  readonly peers?: true;
  readonly compare?: string;
  readonly filter?: string;
  readonly backend?: BackendName;
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
  .option('--peers', 'run the same work in numpy, PyTorch and others, in turn with ours')
  .option('--compare <ref>', 'run the same suite on the packages as they are at a git ref, in turn with ours')
  .option('--filter <text>', 'only benchmarks whose name contains this')
  .addOption(
    new Option(
      '--backend <name>',
      'only on this backend. Default: wasm, and native TensorFlow where it is set up',
    ).choices(['wasm', 'tensorflow', 'cpu', 'webgpu']),
  )
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
async function bench(name: string, flags: Flags): Promise<number> {
  const { peers, compare, filter = '', backend: only, ms, table: committed } = flags;
  const suite = await suites[name]!();
  const named = suite.filter((b) => b.name.toLowerCase().includes(filter.toLowerCase()));
  if (named.length === 0) {
    throw new Error(
      `--filter: no name holds '${filter}'; must be part of ${suite.map((b) => `'${b.name}'`).join(', ')}.`,
    );
  }
  // First: it throws for a wrong ref, and then no process waits.
  const worktree = compare === undefined ? null : new Worktree(root, compare);
  const ours = new Processes(join(root, 'dist'), name);
  const earlier = worktree && new Processes(join(worktree.benchmarks, 'dist'), name);
  const others = new Map<Peer['runtime'], Contestant | string>();
  const peerOf = (runtime: Peer['runtime'], own: Contestant): Contestant | string => {
    if (runtime === 'here') return own;
    if (isOurs(runtime)) return ours.of(runtime);
    if (!others.has(runtime)) others.set(runtime, pythonContestant(name, runtime));
    return others.get(runtime)!;
  };
  const opponentsOf = (benchmark: Benchmark, own: Contestant): Opponent[] => [
    ...(earlier ? [{ name: compare!, contestant: earlier.of(runtimeOf(benchmark)), takesInputs: false }] : []),
    ...(peers ? (benchmark.peers ?? []) : []).map(({ runtime, ...peer }) => ({
      ...peer,
      contestant: peerOf(runtime, own),
      takesInputs: ['python', 'python-128', 'pypi', 'torch', 'torch-one'].includes(runtime),
    })),
  ];
  try {
    const backends = await present(ours, only);
    const chosen = named.filter(({ backend }) => (backend === undefined ? only === undefined : backends.has(backend)));
    const rows: Row[] = [];
    for (const benchmark of chosen) {
      const own = ours.of(runtimeOf(benchmark));
      const outcome = contest(benchmark, own, opponentsOf(benchmark, own), ms).catch(({ message }: Error): Outcome => ({
        name: benchmark.name,
        wrong: message,
      }));
      const row = { ...(await outcome), per: benchmark.per };
      rows.push(backends.get(benchmark.backend!)?.software ? { ...row, name: `${row.name} (software adapter)` } : row);
      process.stderr.write(`${benchmark.name}\n`);
    }
    const versions: Record<string, string> = {};
    for (const one of new Set([...ours.started(), ...others.values()])) {
      if (typeof one !== 'string') Object.assign(versions, await one.ask({ do: 'versions' }).then((r) => r.versions, () => ({}))); // prettier-ignore
    }
    console.log(table(lines(rows.map((row) => ({ ...row, package: name })))));
    if (filter === '' && compare === undefined && only === undefined) {
      console.log(`\n${writeResults(root, { package: name, environment: environment(root), versions, rows })}`);
      if (committed) writeTable(root);
    }
    const changes = rows.flatMap(({ name: which, against = [] }) =>
      against.flatMap((a) => (a.name === compare ? [{ which, change: changed(a.ratio) }] : [])),
    );
    for (const { which, change } of changes) if (change) console.log(`${change} than at ${compare}: ${which}`);
    return changes.some(({ change }) => change === 'slower') || rows.some(({ wrong }) => wrong) ? 1 : 0;
  } finally {
    for (const one of [...ours.started(), ...(earlier?.started() ?? []), ...others.values()]) {
      if (typeof one !== 'string') one.close();
    }
    worktree?.remove();
  }
}

/** Whether a process of ours computes it. */
function isOurs(runtime: Peer['runtime']): runtime is Extract<Peer['runtime'], Runtime> {
  return (
    runtime === 'node' ||
    runtime === 'stock' ||
    runtime === 'wasm' ||
    runtime === 'tensorflow' ||
    runtime === 'tensorflow-one'
  );
}

/**
 * The backends to run on, and what they say of themselves.
 * @throws Error when one that was asked for is not there
 */
async function present(ours: Processes, only: BackendName | undefined): Promise<Map<BackendName, Reply>> {
  const backends = new Map<BackendName, Reply>();
  for (const backend of only ? [only] : (['wasm', 'tensorflow'] as const)) {
    try {
      backends.set(backend, await ours.of(backend).ask({ do: 'versions' }));
    } catch (error) {
      if (only) throw error;
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }
  return backends;
}

/** The process of numpy or PyTorch, or why there is none. */
function pythonContestant(name: string, runtime: Peer['runtime']): Contestant | string {
  const folder = join(root, 'peers');
  const script = join(folder, `${name}.py`);
  try {
    if (runtime === 'torch') return torchPeer(folder, script);
    if (runtime === 'torch-one') return torchPeer(folder, script, 1);
    if (runtime === 'pypi') return pypiPeer(folder, script);
    return pythonPeer(python(folder), script, runtime === 'python-128' ? 'Nehalem' : undefined);
  } catch (error) {
    const reason = (error as Error).message;
    process.stderr.write(`${reason}\n`);
    return reason;
  }
}
