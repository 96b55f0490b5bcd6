/** The command line `assay`: flags in, commands called, exit code out. */
import { readFile } from 'node:fs/promises';
import { StoreError, TIERS, type ExitCode, type Shard, type Tier } from '@assay-ml/claims';
import { nativeCommand, SetUpError, TENSORFLOW, type NativeFlags } from '@assay-ml/tensors/setup';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { doctorCommand } from './commands/doctor.js';
import { initCommand } from './commands/init.js';
import { listCommand } from './commands/list.js';
import { reportCommand } from './commands/report.js';
import { mergeCommand, runCommand, type RunFlags } from './commands/run.js';
import { showCommand } from './commands/show.js';
import { tableCommand } from './commands/table.js';
import type { Io } from './io.js';
import { UsageError } from './usage-error.js';

function atLeastOne(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Must be an integer ≥ 1.');
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 2e6)) throw new InvalidArgumentError('Must be a number > 0, at most 2000000.');
  return value;
}

function patterns(text: string, before: readonly RegExp[] | undefined): readonly RegExp[] {
  let pattern: RegExp;
  try {
    pattern = new RegExp(text, 'gu');
  } catch (error) {
    throw new InvalidArgumentError(`Must be a regular expression: ${(error as Error).message}.`);
  }
  if (''.search(pattern) === 0) throw new InvalidArgumentError('Must not match the empty text.');
  return [...(before ?? []), pattern];
}

function shard(text: string): Shard {
  const [index = 0, count = 0] = (/^\d+\/\d+$/.test(text) ? text : '0/0').split('/').map(Number);
  if (!(index >= 1 && index <= count)) throw new InvalidArgumentError('Must be i/n with 1 ≤ i ≤ n, e.g. 1/4.');
  return { index, count };
}

function names(text: string, before: readonly string[] | undefined): readonly string[] {
  const found = text.split(',').filter((name) => name !== '');
  if (found.length === 0) throw new InvalidArgumentError('Must name a claim, e.g. C3, or a glob, e.g. C?.');
  return [...(before ?? []), ...found];
}

function program(io: Io, version: string, finish: (code: ExitCode) => void): Command {
  const assay = new Command('assay')
    .description('Runs the reproductions of papers and judges their claims.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const tier = (): Option => new Option('--tier <tier>', 'how large').choices(TIERS).default('quick');
  assay
    .command('run')
    .description('run a paper’s cells, judge its claims, write the report')
    .argument('<paper>', 'project (theory-sim), key (local), installed package, or path (./mine)')
    .addOption(tier())
    .option('--only <ids>', 'claims by id or glob, separated by commas; may be repeated', names)
    .option('--seeds <n>', 'number of seeds in place of the tier’s own', atLeastOne)
    .option('--jobs <n>', 'worker processes (default: the cores of this machine)', atLeastOne)
    .option('--cell-timeout <s>', 'seconds a cell may take; one that takes longer has failed', positive)
    .option('--cell-memory <MB>', 'megabytes a worker process may take; a cell that takes more has failed', positive)
    .option('--redact <regexp>', 'what to take out of the messages of failed cells; may be repeated', patterns)
    .addOption(
      new Option('--backend <name>', 'what computes')
        .choices(['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'])
        .default('auto'),
    )
    .addOption(
      new Option('--engine <name>', 'what computes large products and factorisations: WebAssembly, or a native BLAS')
        .choices(['wasm', 'blas', 'auto'])
        .default('wasm'),
    )
    .option('--fresh', 'throw away the cells of earlier runs')
    .option('--shard <i/n>', 'run one of n equal parts; `assay merge` joins them', shard)
    .option('--out <dir>', 'results folder (default: results/<key>/<tier>)')
    .option('--plan', 'print cells, estimated time and memory, and run nothing')
    .option('--pilot', 'seeds from 1000, results apart: for fixing expectations beforehand')
    .option('--evidence', 'after a whole standard run, write the files that are committed')
    .option('-y, --yes', 'install a missing reproduction from npm without asking')
    .addHelpText('after', EXIT_CODES)
    .action(async (paper: string, flags: RunFlags) => finish(await runCommand(io, paper, flags)));
  assay
    .command('report')
    .description('draw the report of the last run again')
    .argument('<paper>', 'project, key, installed package, or path')
    .addOption(tier())
    .option('--out <dir>', 'results folder (default: results/<key>/<tier>)')
    .action(async (paper: string, flags: Parameters<typeof reportCommand>[2]) =>
      finish(await reportCommand(io, paper, flags)),
    );
  assay
    .command('merge')
    .description('join the results folders of shards and judge them')
    .argument('<dirs...>', 'results folders of shards')
    .option('--out <dir>', 'where to (default: results/<key>/<tier>)')
    .option('--paper <name>', 'the reproduction, where it is not an installed one (./mine)')
    .action(async (dirs: string[], flags: { out?: string; paper?: string }) =>
      finish(await mergeCommand(io, dirs, flags)),
    );
  assay
    .command('show')
    .description('show a paper’s claims, a claim with its cells, or run one cell again with its trace')
    .argument('<what>', 'key (local), claim (local.C3), or id of a cell or its beginning')
    .option('--paper <name>', 'of which reproduction, where it is not an installed one (./mine)')
    .addOption(new Option('--tier <tier>', 'whose cells of a claim').choices(TIERS).default('quick'))
    .action(async (what: string, flags: { tier: Tier; paper?: string }) => finish(await showCommand(io, what, flags)));
  assay
    .command('list')
    .description('reproductions: what is installed with its last verdicts, and what can be')
    .option('--json', 'as one JSON value')
    .action(async (flags: { json?: boolean }) => finish(await listCommand(io, flags)));
  assay
    .command('init')
    .description('write a reproduction of your own into a new folder')
    .argument('<folder>', 'does not exist, or is empty')
    .option('--key <key>', 'its key (default: the folder’s name in kebab-case)')
    .action(async (folder: string, flags: { key?: string }) => finish(await initCommand(io, folder, flags)));
  assay
    .command('table')
    .description('write the README’s table of verdicts from the committed evidence')
    .option('--check', 'write nothing; exit 1 when it differs')
    .action(async (flags: { check?: boolean }) => finish(await tableCommand(io, flags)));
  assay
    .command('doctor')
    .description('what this machine can do')
    .action(async () => finish(await doctorCommand(io)));
  assay
    .command('native')
    .description('set native TensorFlow up, from the Python package index and a C++ compiler; or a BLAS, without one')
    .option('--blas', 'the library of the engine blas; TensorFlow only where an option of it is given too')
    .option('--cuda', 'the build for NVIDIA GPUs, with CUDA’s libraries (Linux x64; several GB)')
    .option('--tensorflow <version>', `version of TensorFlow (default: ${TENSORFLOW})`)
    .option('--remove', 'delete all that was set up')
    .action(async (flags: NativeFlags) => finish(await nativeCommand(io, flags)));
  return assay;
}

const EXIT_CODES = `
Exit code: 0 every verdict is as expected; 1 one contradicts its expectation; 2 the run could not be done; 130 stopped by
Ctrl-C, 143 by SIGTERM, 129 by SIGHUP (the same line goes on where it stopped). The last line of stdout is the hash of the
results.`;

/**
 * Runs the command line.
 * @param argv arguments without `node` and the script; Nx's separator `--` may stand before options
 * @param io where it reads and writes
 * @returns exit code
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 0;
  try {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    await program(io, version, (finished) => (code = finished)).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
    if (io.signal.aborted && error === io.signal.reason) return 130;
    io.stderr.write(`assay: ${message(error)}\n`);
    return 2;
  }
}

/** A named error speaks for itself; anything else is a defect of ours and shows where. */
function message(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named =
    error instanceof UsageError ||
    error instanceof SetUpError ||
    error instanceof StoreError ||
    error instanceof RangeError ||
    'syscall' in error ||
    /^[a-z]\w*: /.test(error.message);
  return named ? error.message : (error.stack ?? error.message);
}
