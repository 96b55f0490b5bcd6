/** The command line `fts-prune`: flags in, library called, exit code out. */
import { readFile, rm } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type BackendName, useBackend } from '@assay-ml/tensors';

import { compare } from '../compare.js';
import type { Data } from '../data.js';
import type { FilterScore } from '../filters.js';
import { densities, type Density, requireLayout } from '../mask.js';
import { decodeMask, encodeMask } from '../mask-file.js';
import { effectiveMask } from '../paths.js';
import type { Pattern } from '../pattern.js';
import { prune } from '../prune.js';
import { criteria, type Criterion, dataFree } from '../score.js';
import { openModel, refuseExisting, writeWhole } from './files.js';
import { parseNpy } from './npy.js';

/** Where text goes. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** What `-` reads. */
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/** What scoring and selecting share. */
interface Flags {
  readonly data?: string;
  readonly labels?: string;
  readonly scope: 'global' | 'layer' | 'erk';
  readonly minPerLayer: number;
  readonly filters?: FilterScore;
  readonly maskBatch: number | 'all';
  readonly seed: number;
  readonly backend: BackendName;
  readonly json?: boolean;
}

interface PruneFlags extends Flags {
  readonly sparsity?: number;
  readonly pattern?: Pattern;
  readonly flops?: number;
  readonly bytes?: number;
  readonly criterion?: Criterion;
  readonly out: string;
  readonly mask?: string;
}

interface CompareFlags extends Flags {
  readonly sparsities: readonly number[];
  readonly criteria?: readonly Criterion[];
}

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number.');
  return value;
};

/** Rows in columns, the first to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)} %`;

const densityTable = (layers: readonly Density[]) =>
  table([
    ['tensor', 'shape', 'kept', 'of', 'density'],
    ...layers.map(({ name, shape, kept, count, density }) => [name, `[${shape.join(', ')}]`, `${kept}`, `${count}`, percent(density)]), // prettier-ignore
  ]);

/** The bytes of a file, or of standard input for `-`. */
async function bytesOf(path: string, { stdin }: Io): Promise<Uint8Array> {
  if (path !== '-' || stdin === undefined) return readFile(path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

interface InspectFlags {
  readonly mask?: string;
  readonly backend: BackendName;
  readonly json?: boolean;
}

async function inspect(path: string, flags: InspectFlags, io: Io): Promise<void> {
  await useBackend(flags.backend);
  const { model, runs } = await openModel(path);
  if (flags.mask !== undefined) {
    const mask = decodeMask(await bytesOf(flags.mask, io));
    requireLayout('inspect', mask, model.parameters);
    const [kept, onPath] = [densities(mask), runs ? densities(await effectiveMask(model, mask)) : null];
    if (flags.json === true) {
      io.stdout.write(`${JSON.stringify({ layers: kept, onPath }, null, 2)}\n`);
      return;
    }
    io.stdout.write(densityTable(kept));
    if (onPath !== null) io.stdout.write(`\non a path from input to output:\n${densityTable(onPath)}`);
    return;
  }
  const values = await Promise.all(model.values().parameters.map((tensor) => tensor.data()));
  const tensors = model.parameters.map(({ name, role, shape }, i) => {
    let zeros = 0;
    for (const weight of values[i]!) if (weight === 0) zeros++;
    return { name, role, shape, count: values[i]!.length, zeros };
  });
  if (flags.json === true) {
    io.stdout.write(`${JSON.stringify({ tensors }, null, 2)}\n`);
    return;
  }
  const rows = tensors.map(({ name, role, shape, count, zeros }) => [name, role, `[${shape.join(', ')}]`, `${count}`, percent(zeros / count)]); // prettier-ignore
  io.stdout.write(table([['tensor', 'role', 'shape', 'weights', 'zero'], ...rows]));
  io.stdout.write('\nPruned by default: tensors with the role kernel.\n');
}

async function pruneCommand(path: string, flags: PruneFlags, io: Io): Promise<void> {
  const { criterion = flags.data === undefined ? 'magnitude' : 'fts' } = flags;
  requirePair(flags);
  if ([flags.sparsity, flags.pattern, flags.flops, flags.bytes].every((amount) => amount === undefined)) {
    throw new Error("fts-prune: '--sparsity' is missing; must be given, or one of --pattern, --flops and --bytes. It says how much stays."); // prettier-ignore
  }
  const possible = flags.data === undefined ? dataFree : criteria;
  if (!possible.includes(criterion)) {
    throw new Error(`fts-prune: '--criterion ${criterion}' needs examples; without --data and --labels there are ${dataFree.join(', ')}.`); // prettier-ignore
  }
  await refuseExisting('--out', flags.out);
  if (flags.mask !== undefined) await refuseExisting('--mask', flags.mask);
  const { why } = await useBackend(flags.backend);
  const { model, runs, save } = await openModel(path);
  if (!runs && criterion !== 'magnitude' && criterion !== 'random') {
    throw new Error(`fts-prune: '--criterion ${criterion}' runs the model, but '${path}' holds weights and no architecture; must be magnitude or random. Use the library, with fromNetwork().`); // prettier-ignore
  }
  if (flags.data === undefined && flags.criterion === undefined) {
    io.stderr.write(`No --data: pruning by magnitude. Without data there are ${dataFree.join(', ')}.\n`);
  }
  const { mask, report } = await prune(model, await examples(flags, model.inputShape, io), {
    ...rules(flags),
    criterion,
  });
  if (flags.mask !== undefined) await writeWhole(flags.mask, encodeMask(mask));
  try {
    await save(flags.out);
  } catch (error) {
    // Both or neither: what is left would stand in the way of a second try.
    if (flags.mask !== undefined) await rm(flags.mask);
    throw error;
  }
  if (flags.json === true) {
    io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return;
  }
  io.stdout.write(densityTable(report.layers));
  io.stdout.write(`\n${criterion} kept ${report.kept} of ${report.count} prunable weights (sparsity ${report.sparsity.toFixed(4)}); computed on ${why}\n`); // prettier-ignore
  for (const warning of report.warnings) io.stderr.write(`Warning: ${warning}\n`);
}

async function compareCommand(path: string, flags: CompareFlags, io: Io): Promise<void> {
  requirePair(flags);
  const { why } = await useBackend(flags.backend);
  const { model, runs } = await openModel(path);
  if (!runs) {
    throw new Error(`fts-prune: compare runs the model, but '${path}' holds weights and no architecture; must be a model.json. Use the library, with fromNetwork().`); // prettier-ignore
  }
  const {
    rows,
    likeness,
    criteria: names,
  } = await compare(model, await examples(flags, model.inputShape, io), rules(flags));
  if (flags.json === true) {
    const withoutBits = (key: string, value: unknown) => (key === 'mask' ? undefined : value);
    io.stdout.write(`${JSON.stringify({ criteria: names, rows, likeness }, withoutBits, 2)}\n`);
    return;
  }
  const cells = rows.map(({ criterion, sparsity, kept, effectiveDensity, emptied, layers }) => [
    criterion, `${sparsity}`, `${kept}`, percent(effectiveDensity), `${emptied.length}`, ...layers.map(({ density }) => percent(density)),
  ]); // prettier-ignore
  io.stdout.write(table([['criterion', 'sparsity', 'kept', 'on a path', 'emptied', ...rows[0]!.layers.map(({ name }) => name)], ...cells])); // prettier-ignore
  for (const { sparsity, jaccard } of likeness) {
    io.stdout.write(`\nJaccard index of masks at ${sparsity}:\n`);
    io.stdout.write(table([['', ...names], ...names.map((name, i) => [name, ...jaccard[i]!.map((value) => value.toFixed(3))])])); // prettier-ignore
  }
  io.stdout.write(`\ncomputed on ${why}\n`);
  for (const { criterion, sparsity, ties } of rows) {
    for (const tie of ties) io.stderr.write(`Warning: ${criterion} at ${sparsity}: ${tie}\n`);
  }
}

/** Flags that are of the command line alone. */
const OWN = ['data', 'labels', 'backend', 'json', 'out', 'mask'] as const;

/** What the library is told of the flags. */
function rules<F extends Flags>(flags: F): Omit<F, (typeof OWN)[number]> {
  const own: readonly string[] = OWN;
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !own.includes(name))) as Omit<F, (typeof OWN)[number]>; // prettier-ignore
}

function requirePair({ data, labels }: Flags): void {
  if (data === '-' && labels === '-') throw new Error("fts-prune: '--labels' is '-', as '--data' is; must be a file. Standard input is one file."); // prettier-ignore
  if ((data === undefined) === (labels === undefined)) return;
  throw new Error("fts-prune: '--data' and '--labels' go together; one of them is missing. Give both, or neither.");
}

async function examples({ data, labels }: Flags, inputShape: readonly (number | null)[], io: Io): Promise<Data | null> {
  if (data === undefined || labels === undefined) return null;
  const [x, y] = [parseNpy(await bytesOf(data, io), data), parseNpy(await bytesOf(labels, io), labels)];
  const [count, ...shape] = x.shape;
  if (y.shape.length !== 1 || y.shape[0] !== count) {
    throw new RangeError(`fts-prune: '${labels}' is of shape [${y.shape.join(', ')}]; must be [${count}], a class number for each example of '${data}'. Save integers from 0.`); // prettier-ignore
  }
  if (shape.length !== inputShape.length || shape.some((side, i) => (inputShape[i] ?? side) !== side)) {
    throw new RangeError(`fts-prune: '${data}' is of shape [${x.shape.join(', ')}]; must be [n, ${inputShape.map((side) => side ?? 'any').join(', ')}] for this model. Reshape it.`); // prettier-ignore
  }
  return { x: x.values, y: y.values };
}

/** Adds the flags of scoring and selecting. */
function shared(command: Command): Command {
  return command
    .option('--data <x.npy>', `examples, - from standard input; without them there are only ${dataFree.join(', ')}`)
    .option('--labels <y.npy>', 'class numbers, one an example')
    .addOption(
      new Option('--scope <scope>', 'where weights compete').choices(['global', 'layer', 'erk']).default('global'),
    )
    .option('--min-per-layer <n>', 'weights (or filters) that each tensor keeps at least', number, 0)
    .addOption(
      new Option('--filters <score>', 'whole filters, by the sum or mean of their scores').choices(['sum', 'mean']),
    )
    .option(
      '--mask-batch <n>',
      'examples behind one gradient, or all',
      (text) => (text === 'all' ? text : number(text)),
      1,
    ) // prettier-ignore
    .option('--seed <n>', 'of random scores and probes', number, 0)
    .option('--json', 'the report as JSON');
}

function program(io: Io, version: string): Command {
  const backend = () =>
    new Option('--backend <name>', 'what computes')
      .choices(['auto', 'tensorflow', 'webgpu', 'wasm', 'cpu'])
      .default('auto');
  const root = new Command('fts-prune')
    .description(
      'Prunes models before training. Models: a folder with a model.json of tfjs-layers, or weights as .safetensors.',
    ) // prettier-ignore
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  root
    .command('inspect')
    .description('lists the tensors of a model, or the densities of a mask for it')
    .argument('<model>')
    .option('--mask <file>', 'mask written by prune; - reads standard input')
    .option('--json', 'the same as JSON')
    .addOption(backend())
    .action((path: string, flags: InspectFlags) => inspect(path, flags, io));
  const prunes = shared(
    root
      .command('prune')
      .description('writes a pruned copy of a model, and its mask')
      .argument('<model>')
      .requiredOption('--out <path>', 'where the pruned model goes, in the format it came in')
      .option('--sparsity <s>', 'fraction of the prunable weights (or filters) to remove, from 0 to below 1', number)
      .option('--pattern <n:m>', 'in place of --sparsity: the n best of each m inputs of an output')
      .option('--flops <n>', 'in place of --sparsity: FLOPs of one example in the prunable tensors', number)
      .option('--bytes <n>', 'in place of --sparsity: bytes of bitmask and kept weights', number)
      .addOption(new Option('--criterion <name>', 'default: fts, or magnitude without data').choices(criteria))
      .option('--mask <file>', 'where the mask goes'),
  );
  prunes.addOption(backend()).action((path: string, flags: PruneFlags) => pruneCommand(path, flags, io));
  const compares = shared(
    root
      .command('compare')
      .description('compares what criteria keep; changes nothing')
      .argument('<model>')
      .requiredOption('--sparsities <s,…>', 'separated by commas', (text) => text.split(',').map(number))
      .option('--criteria <name,…>', 'separated by commas; default: all that the data allow', (text) =>
        text.split(','),
      ),
  );
  compares.addOption(backend()).action((path: string, flags: CompareFlags) => compareCommand(path, flags, io));
  return root;
}

/** What is wrong; a file that cannot be opened is named as an option is. */
function message(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `fts-prune: '${path}' is not there (ENOENT); must be a file, or a path in a folder that exists. Check the path.`; // prettier-ignore
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'EACCES') return `fts-prune: '${path}' cannot be opened (${code}); must be a file. Check the path.`; // prettier-ignore
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs the command line.
 * @returns exit code: 0, or 2 for wrong flags, files or values
 */
export async function main(args: readonly string[], io: Io): Promise<0 | 2> {
  try {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    await program(io, version).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${message(error)}\n`);
    return 2;
  }
}
