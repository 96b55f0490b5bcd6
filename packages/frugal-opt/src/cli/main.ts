/** The command line `frugal-opt`: flags in, library called, exit code out. */
import { readFile } from 'node:fs/promises';
import { integer } from '@assay-ml/numerics/check';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import type { Group, Part } from '../groups.js';
import { PRESET_NAMES, splits } from '../baselines/index.js';
import { LLAMA, type LlamaName, llamaShapes } from '../llama.js';
import { sizeOf, type Parameter } from '../method.js';
import { type Dtype, DTYPES, fit, type MemoryPlan, plan, PLANNED, type PlannedMethod, type PlanOptions } from '../plan.js'; // prettier-ignore
import { type ProjectorName, PROJECTORS } from '../projectors/index.js';
import { byteCount, bytesText, countText, table } from './text.js';
import type { Io } from './io.js';
import { shapesOf } from './shapes.js';
import { trainCommand, type TrainFlags } from './train.js';

interface Flags {
  readonly method?: PlannedMethod;
  readonly rho?: number;
  readonly projector?: ProjectorName;
  readonly rank?: number;
  readonly dtype: Dtype;
  readonly project?: readonly Part[];
  readonly free: readonly string[];
  readonly frozen: readonly string[];
  readonly budget?: number;
  readonly json?: boolean;
}

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number.');
  return value;
};
const collect = (text: string, before: readonly string[]) => [...before, text];
const bytes = (text: string): number => {
  const value = byteCount(text);
  if (value === null) throw new InvalidArgumentError('Must be bytes, as 2GB, 512MiB or 1000000.');
  return value;
};

/** The groups that the flags make; the first that fits takes a tensor. */
const groupsOf = ({ free, frozen }: Flags): readonly Group[] => [
  ...frozen.map((match): Group => ({ match, kind: 'frozen' })),
  ...free.map((match): Group => ({ match, kind: 'free' })),
];

/** Flags that some methods read and others do not, in the order of the table. */
const READ: Readonly<Record<PlannedMethod, readonly ('rho' | 'rank' | 'projector')[]>> = {
  ...{ adamw: [], adamMini: [], muon: [], lion: [], sgdm: [], frugal: ['rho', 'projector'], signSgd: [] },
  ...{ galore: ['rho'], badam: ['rho'], fira: ['rho'], apollo: ['rho', 'rank'], apolloMini: [], lora: ['rank'] },
};

/** The options of a method but rho; the projector has a default. */
function besideRho(method: PlannedMethod, flags: Flags): Omit<PlanOptions, 'rho'> {
  const { projector = 'columns', rank, project } = flags;
  const reads = READ[method];
  return {
    method,
    groups: groupsOf(flags),
    ...(project && splits(method) && { project }),
    ...(reads.includes('projector') && { projector }),
    ...(reads.includes('rank') && rank !== undefined && { rank }),
  };
}

const optionsOf = (method: PlannedMethod, flags: Flags): PlanOptions => ({
  ...besideRho(method, flags),
  ...(READ[method].includes('rho') && { rho: flags.rho ?? 0.25 }),
});

/** @throws Error for a flag that the only method does not read */
function requireRead(method: PlannedMethod, flags: Flags): void {
  const known = [...READ[method], ...(splits(method) ? (['project'] as const) : [])];
  const surplus = (['rho', 'rank', 'projector', 'project'] as const).find((flag) => flags[flag] !== undefined && !known.includes(flag)); // prettier-ignore
  if (surplus) throw new Error(`frugal-opt: '--${surplus}' is ${String(flags[surplus])}; must be left out with '${method}', which does not read it.`); // prettier-ignore
}

/** A method's plan, or why there is none. */
type Compared = { readonly label: string } & (MemoryPlan | { readonly refused: string });

/** Plans of all methods, or of the one that is asked for. FRUGAL's refusal is that of the flags; another's stands in its place. */
function compared(shapes: readonly Parameter[], flags: Flags): Compared[] {
  const { method: only, dtype } = flags;
  const methods = only === undefined ? (Object.keys(READ) as PlannedMethod[]) : [only];
  return methods.map((method) => {
    const { rho, projector, ...rest } = optionsOf(method, flags);
    const label = [method, ...(projector ? [projector] : []), ...(rho === undefined ? [] : [`rho ${rho as number}`])].join(', '); // prettier-ignore
    try {
      return { label, ...plan(shapes, { ...rest, ...(rho !== undefined && { rho }), ...(projector && { projector }) }, dtype) }; // prettier-ignore
    } catch (error) {
      if (!(error instanceof RangeError) || method === (only ?? 'frugal')) throw error;
      return { label, refused: error.message };
    }
  });
}

/** The specification's sizes side by side: GiB of states in float32. */
function sizes(io: Io, { dtype, json }: Flags): void {
  const rows = (Object.keys(LLAMA) as LlamaName[]).map((name) => {
    const shapes = llamaShapes(name);
    const linear = shapes.filter(({ role }) => role === 'kernel').reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const other = shapes.reduce((sum, { shape }) => sum + sizeOf(shape), 0) - linear;
    const of = (options: PlanOptions) => {
      const { state, projector } = plan(shapes, options, dtype);
      return state + projector;
    };
    return {
      name, linear, other,
      adamw: of({ method: 'adamw' }),
      'frugal .25': of({ projector: 'columns', rho: 0.25 }),
      'frugal 0': of({ method: 'signSgd' }),
      'galore .25': of({ method: 'galore', rho: 0.25 }),
    }; // prettier-ignore
  });
  if (json === true) return void io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  const columns = Object.keys(rows[0]!) as (keyof (typeof rows)[number])[];
  const cell = (column: string, value: string | number) =>
    typeof value === 'string' ? value : column === 'linear' || column === 'other' ? countText(value) : (value / 2 ** 30).toFixed(value < 10 * 2 ** 30 ? 3 : 2); // prettier-ignore
  io.stdout.write(table([columns, ...rows.map((row) => columns.map((column) => cell(column, row[column])))]));
  io.stdout.write(
    `\nGiB of states and stored directions, ${dtype}; linear and other: weights, which are not counted.\n`,
  );
}

async function planCommand(model: string | undefined, flags: Flags, io: Io): Promise<void> {
  if (model === undefined) {
    const surplus = (['method', 'rho', 'rank', 'budget', 'projector', 'project', 'free', 'frozen'] as const).find((flag) => String(flags[flag] ?? '') !== ''); // prettier-ignore
    if (surplus) throw new Error(`frugal-opt: '--${surplus}' is ${String(flags[surplus])}; must be left out without a model. Name one, as llama-130M.`); // prettier-ignore
    return sizes(io, flags);
  }
  if (flags.rank !== undefined) integer('frugal-opt', '--rank', flags.rank, 1, 'It is that of lora and apollo.');
  if (flags.method !== undefined) requireRead(flags.method, flags);
  const shapes = await shapesOf(model);
  if (flags.budget !== undefined) return budgeted(model, shapes, flags.budget, flags, io);
  const plans = compared(shapes, flags);
  if (flags.json === true) return void io.stdout.write(`${JSON.stringify(plans, null, 2)}\n`);
  io.stdout.write(heading(model, shapes, flags.dtype));
  io.stdout.write(planTable(plans));
}

function budgeted(model: string, shapes: readonly Parameter[], budget: number, flags: Flags, io: Io): void {
  const { dtype, rho: given, method = 'frugal' } = flags;
  if (given !== undefined) throw new Error(`frugal-opt: '--rho' is ${given}; must be left out with --budget, which finds it.`); // prettier-ignore
  if (!READ[method].includes('rho')) throw new Error(`frugal-opt: '--budget' is ${budget}; must be left out with '${method}', which has no rho to find.`); // prettier-ignore
  const found = fit(shapes, { ...besideRho(method, flags), budget }, dtype);
  if (flags.json === true) return void io.stdout.write(`${JSON.stringify({ budget, ...found }, null, 2)}\n`);
  io.stdout.write(heading(model, shapes, dtype));
  io.stdout.write(planTable([{ label: `${method}, rho ${found.rho}`, ...found.plan }]));
  io.stdout.write(`\nThe largest rho within ${bytesText(budget)}, in steps of 1/64. Activations come on top.\n`);
}

const heading = (model: string, shapes: readonly Parameter[], dtype: Dtype) =>
  `${model}: ${countText(shapes.reduce((sum, { shape }) => sum + sizeOf(shape), 0))} weights in ${shapes.length} tensors, ${dtype}\n\n`;

const planTable = (plans: readonly Compared[]) => {
  const rows = plans.map((one) => 'refused' in one ? [one.label, '–', '–', '–', '–', '–'] : [one.label, ...[one.weights, one.gradients, one.state, one.projector, one.total].map(bytesText)]); // prettier-ignore
  const refused = plans.flatMap((one) => ('refused' in one ? [`${one.label}: ${one.refused}\n`] : []));
  const all = table([['method', 'weights', 'gradients', 'state', 'directions', 'total'], ...rows]);
  return refused.length === 0 ? all : `${all}\n${refused.join('')}`;
};

async function inspect(model: string, flags: Flags, io: Io): Promise<void> {
  const { tensors } = plan(await shapesOf(model), optionsOf('frugal', flags), flags.dtype);
  if (flags.json === true) return void io.stdout.write(`${JSON.stringify(tensors, null, 2)}\n`);
  io.stdout.write(
    table([
      ['tensor', 'shape', 'is', 'state', 'because'],
      ...tensors.map(({ name, shape, kind, why, state, projector }) => [name, `[${shape.join(', ')}]`, kind, bytesText(state + projector), why]),
    ]),
  ); // prettier-ignore
  io.stdout.write(
    '\nprojectable: split between a part with state and one without; regular: all of it has state; free: none has.\n',
  );
}

function shared(command: Command, rho: string): Command {
  return command
    .option('--rho <share>', rho, number)
    .addOption(new Option('--projector <name>', 'of frugal; default columns').choices(PROJECTORS))
    .addOption(new Option('--dtype <type>', 'of weights, gradients and states').choices(DTYPES).default('float32'))
    .option(
      '--project <part,…>',
      'parts that are split: linear, embedding, norm, output, bias; default linear',
      (text: string) => text.split(','),
    )
    .option(
      '--free <pattern>',
      'tensors without state, by a regular expression on their names; may be repeated',
      collect,
      [],
    ) // prettier-ignore
    .option('--frozen <pattern>', 'tensors that are not trained; may be repeated', collect, [])
    .option('--json', 'the same as JSON, in bytes');
}

function program(io: Io, version: string): Command {
  const root = new Command('frugal-opt')
    .description(
      `Says what a training takes of memory. Models: llama-${Object.keys(LLAMA).join(', llama-')}; a .safetensors file, of which only the header is read; or a folder or model.json of tfjs-layers.`,
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  shared(
    root
      .command('plan')
      .description('bytes of weights, gradients and states by method; without a model, of the paper’s sizes')
      .argument('[model]'),
    'part of the projectable weights that has state; default 0.25',
  )
    .addOption(new Option('--method <name>', 'only this one').choices(PLANNED))
    .option('--rank <n>', 'of lora and apollo', number)
    .option('--budget <bytes>', 'the largest rho that stays within it, as 2GB or 512MiB', bytes)
    .action((model: string | undefined, flags: Flags) => planCommand(model, flags, io));
  shared(
    root
      .command('inspect')
      .description('which tensors are split, which keep their whole state, and why')
      .argument('<model>'),
    'part of the projectable weights that has state; default 0.25',
  ).action((model: string, flags: Flags) => inspect(model, flags, io));
  root
    .command('train')
    .description(
      'trains a small decoder on the characters of a text, and ends with a sample; the same line goes on where it was stopped',
    )
    .argument('<text>', 'a file in UTF-8')
    .requiredOption('--out <file>', 'where the model goes, .safetensors; beside it the state on the way, as .training')
    .addOption(new Option('--method <name>', 'what trains it').choices(['frugal', ...PRESET_NAMES]).default('frugal'))
    .addOption(new Option('--projector <name>', 'of frugal; default rows, the inputs of a kernel').choices(PROJECTORS))
    .option('--rho <share>', 'part of the projectable weights that has state; default 0.25', number)
    .option('--rate <η>', 'peak of the rate, after a tenth of the steps; falls to a tenth', number, 3e-3)
    .option('--steps <n>', 'steps', number, 2000)
    .option('--period <T>', 'steps between refreshes', number, 200)
    .option('--batch <n>', 'windows of a step', number, 32)
    .option('--context <n>', 'characters of a window', number, 64)
    .option('--width <n>', 'of a position', number, 64)
    .option('--hidden <n>', 'width of the feed-forward part', number, 172)
    .option('--layers <n>', 'layers', number, 2)
    .option('--heads <n>', 'heads', number, 4)
    .option('--seed <n>', 'of weights, windows, subspaces and the sample', number, 0)
    .option('--sample <n>', 'characters to write in the end', number, 400)
    .option('--overwrite', 'replaces the model that is there')
    .addOption(
      new Option('--backend <name>', 'what computes').choices(['auto', 'tensorflow', 'wasm', 'cpu']).default('auto'),
    )
    .action((text: string, flags: TrainFlags) => trainCommand(text, flags, io));
  return root;
}

/** What is wrong; a file that cannot be opened is named as an option is. */
function message(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR' || code === 'EACCES') {
    return `frugal-opt: '${path}' cannot be opened (${code}); must be a file, or llama- with a size. Check the path.`;
  }
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
