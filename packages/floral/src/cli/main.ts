/** The command line `floral`: flags in, library called, exit code out. */
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Json, loadState, saveState, type State } from '@assay-ml/federated';
import { fileSystem, useBackend } from '@assay-ml/tensors';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { ClientData } from '../model.js';
import { type Layout, stats } from '../layout.js';
import { floral, type LayersModel } from '../layers.js';
import { merge } from '../merge.js';
import { floralMethod } from '../methods/floral.js';
import { route } from '../route.js';
import { softmax } from '../router.js';
import { train } from '../train.js';
import { parseNpy } from './npy.js';

/** Where text goes. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** What `simulate` writes: what is shared, the routers, and the shapes of the model that they belong to. */
type Saved = {
  readonly kind: 'floral';
  readonly layout: State;
  readonly clusters: number;
  readonly rank: number;
  readonly shared: { readonly base: Float64Array; readonly adaptors: Float64Array };
  readonly clients: { readonly [name: string]: Float64Array };
};

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number.');
  return value;
};

const whole = (text: string): number => {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Must be a positive integer.');
  return value;
};

/** Columns, the first to the left and the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  '); // prettier-ignore
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

async function open(
  path: string,
  clusters: number,
  rank: number,
): Promise<{ readonly model: LayersModel; save(to: string): Promise<void> }> {
  // prettier-ignore
  await useBackend('auto');
  const file = path.endsWith('.json') ? path : join(path, 'model.json');
  await readJson(file);
  const stock = await loadLayersModel(fileSystem(file));
  return { model: floral(stock, { clusters, rank }), save: async (to) => void (await stock.save(fileSystem(to))) };
}

/** @throws Error unless the path is new, in a folder that is there: before the work, not after it */
async function refuseExisting(path: string): Promise<void> {
  const there = (of: string) => stat(of).catch(() => null);
  if (await there(path)) throw new Error(`floral: '--out' is '${path}', which exists; must be a new path. Nothing is overwritten.`); // prettier-ignore
  const folder = dirname(path);
  if (!(await there(folder))?.isDirectory()) throw new Error(`floral: '--out' is '${path}'; must be in a folder that exists, and '${folder}' is none. Make it.`); // prettier-ignore
}

/** @throws Error for a folder, which Node does not name */
async function bytesOf(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EISDIR' ? new Error(`floral: '${file}' is a folder; must be a file. Check the path.`) : error;
  });
}

/** @throws Error that names a file of another text */
async function readJson(file: string): Promise<unknown> {
  const text = new TextDecoder().decode(await bytesOf(file));
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`floral: '${file}' is not JSON; must be whole. Write it again.`);
  }
}

/** Names and shapes of what adaptors are laid beside. */
const shapesOf = ({ base }: Layout) => base.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);

async function inspect(path: string, { clusters, rank }: { clusters: number; rank: number }, io: Io): Promise<void> {
  const { model } = await open(path, clusters, rank);
  const { layout } = model;
  const rows = layout.base.map((block) => {
    const adaptor = layout.adaptors.find(({ target }) => target === block);
    const size = adaptor === undefined ? 0 : adaptor.kind === 'factors' ? adaptor.v.length + adaptor.u.length : adaptor.part.length; // prettier-ignore
    const kind = adaptor === undefined ? '' : adaptor.kind === 'factors' ? `rank ${adaptor.rank}` : 'whole';
    return [block.name, `[${block.shape.join(', ')}]`, `${block.size}`, kind, `${size}`];
  });
  const { base, adaptor, percent, bytesUp } = stats(layout);
  io.stdout.write(table([['variable', 'shape', 'numbers', 'adaptor', 'numbers of it'], ...rows]));
  io.stdout.write(`\n${base} numbers, ${clusters} adaptors of ${adaptor}: ${percent.toFixed(1)} % more, ${bytesUp} bytes up a round and client\n`); // prettier-ignore
}

async function clientsOf(folder: string): Promise<ReadonlyMap<string, ClientData>> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOTDIR' ? new Error(`floral: '${folder}' is a file; must be a folder of clients.`) : error;
  });
  const names = files.flatMap((file) => /^(.+)\.x\.npy$/.exec(file)?.[1] ?? []).sort();
  if (names.length === 0) throw new Error(`floral: '${folder}' has no client; must hold a pair <name>.x.npy and <name>.y.npy for each.`); // prettier-ignore
  return new Map(await Promise.all(names.map(async (name) => [name, await examples(join(folder, `${name}.x.npy`), join(folder, `${name}.y.npy`))] as const))); // prettier-ignore
}

async function examples(x: string, y: string): Promise<ClientData> {
  const [inputs, labels] = await Promise.all([x, y].map(async (file) => parseNpy(await bytesOf(file), file)));
  const [[N], [of]] = [inputs!.shape, labels!.shape];
  if (N !== of || labels!.shape.length !== 1) throw new Error(`floral: '${x}' and '${y}' are of shapes [${inputs!.shape.join(', ')}] and [${labels!.shape.join(', ')}]; must be [N, …] and [N], an example and a class each.`); // prettier-ignore
  return { x: inputs!.values, y: labels!.values };
}

interface SimulateFlags {
  readonly clusters: number;
  readonly rank: number;
  readonly data: string;
  readonly tests?: string;
  readonly rounds: number;
  readonly rate: number;
  readonly routerRate: number;
  readonly batch: number;
  readonly seed: number;
  readonly routing: 'gradient' | 'losses';
  readonly out: string;
}

async function simulate(path: string, flags: SimulateFlags, io: Io): Promise<void> {
  const { clusters, rank, data, tests, rounds, rate, routerRate, batch, seed, routing, out } = flags;
  await refuseExisting(out);
  const { model } = await open(path, clusters, rank);
  const clients = await clientsOf(data);
  const names = [...clients.keys()];
  const held = tests === undefined ? null : await clientsOf(tests);
  const lacking = held === null ? undefined : names.find((name) => !held.has(name));
  if (lacking !== undefined)
    throw new Error(`floral: '${tests}' has no test of client '${lacking}'; must have one for each.`);
  const { run, store } = train(
    { model, loss: 'cross-entropy' },
    { clients: [...clients.values()], ...(held === null ? {} : { tests: names.map((name) => held.get(name)!) }) },
    { method: floralMethod(clusters, routing), rounds, seed, training: { rate, routerRate, batch }, warn: (text) => io.stderr.write(`Warning: ${text}\n`) }, // prettier-ignore
  );
  const thetas = names.map((name, k) => [name, store.get(k)?.theta ?? new Float64Array(clusters)] as const);
  const saved: Saved = { kind: 'floral', layout: shapesOf(model.layout), clusters, rank, shared: run.shared, clients: Object.fromEntries(thetas) }; // prettier-ignore
  await writeFile(`${out}.new`, JSON.stringify(saveState(saved)), { flush: true });
  await rename(`${out}.new`, out);
  const rows = thetas.map(([name, theta]) => [
    name,
    ...[...softmax(theta, new Float64Array(clusters))].map((p) => p.toFixed(3)),
  ]);
  io.stdout.write(table([['client', ...Array.from({ length: clusters }, (_, c) => `cluster ${c}`)], ...rows]));
  const last = run.reports.at(-1);
  if (last?.accuracy) io.stdout.write(`\naccuracy ${last.accuracy.mean.toFixed(3)}, worst client ${names[last.accuracy.worstClient]} with ${last.accuracy.worst.toFixed(3)}\n`); // prettier-ignore
}

/** What `simulate` wrote, with the model that it belongs to. */
async function openSaved(path: string, file: string) {
  const other = (cause?: unknown) => new Error(`floral: '${file}' is no file of simulate; must be what '--out' of it named.`, { cause }); // prettier-ignore
  const json = (await readJson(file)) as Json;
  let saved: Saved;
  try {
    saved = loadState(json) as unknown as Saved;
  } catch (cause) {
    throw other(cause);
  }
  const arrays = [saved?.shared?.base, saved?.shared?.adaptors, ...Object.values(saved?.clients ?? { none: null })];
  const whole = arrays.every((array) => array instanceof Float64Array && array.every(Number.isFinite));
  if (saved?.kind !== 'floral' || !Array.isArray(saved.layout) || !whole) throw other();
  const opened = await open(path, saved.clusters, saved.rank);
  const { layout } = opened.model;
  const [own, of] = [shapesOf(layout), saved.layout];
  if (own.join() !== of.join()) throw new Error(`floral: '${file}' is of another model; must be of one with ${own.join(', ')}, and has ${of.join(', ')}.`); // prettier-ignore
  const { base, adaptors } = saved.shared;
  if (
    base.length !== layout.baseSize ||
    adaptors.length !== layout.adaptorSize ||
    !Object.values(saved.clients).every(({ length }) => length === saved.clusters)
  ) {
    throw new Error(`floral: '${file}' says ${saved.clusters} clusters of rank ${saved.rank}, and its numbers are of others; must be what simulate wrote.`); // prettier-ignore
  }
  return { ...opened, saved };
}

async function routeCommand(path: string, { run, x, y }: { run: string; x: string; y: string }, io: Io): Promise<void> {
  const { model, saved } = await openSaved(path, run);
  const pi = route({ model, loss: 'cross-entropy' }, floralMethod(saved.clusters), saved.shared, await examples(x, y));
  io.stdout.write(`${[...pi].map((p) => p.toFixed(6)).join(',')}\n`);
}

async function mergeCommand(
  path: string,
  { run, pi, client, out }: { run: string; pi?: readonly number[]; client?: string; out: string },
  io: Io,
): Promise<void> {
  // prettier-ignore
  if ((pi === undefined) === (client === undefined)) throw new Error("floral: '--pi' and '--client' are two ways to say one thing; must be one of them."); // prettier-ignore
  await refuseExisting(out);
  const { model, save, saved } = await openSaved(path, run);
  const theta = client !== undefined && Object.hasOwn(saved.clients, client) ? saved.clients[client] : undefined;
  if (client !== undefined && theta === undefined) throw new Error(`floral: '--client' is '${client}'; must be one of ${Object.keys(saved.clients).join(', ')}.`); // prettier-ignore
  const weights = theta === undefined ? Float64Array.from(pi!) : softmax(theta, new Float64Array(saved.clusters));
  // Rounded on a terminal they no longer sum to 1 to every digit.
  const sum = weights.reduce((a, b) => a + b, 0);
  model.write(
    merge(model.layout, { ...saved.shared, pi: Math.abs(sum - 1) < 1e-3 ? weights.map((p) => p / sum) : weights }),
  );
  await save(out);
  io.stdout.write(`one model in ${out}, of ${[...weights].map((p) => p.toFixed(3)).join(', ')}\n`);
}

function program(io: Io, version: string): Command {
  const root = new Command('floral')
    .description(
      'Personal models from a shared base and a mixture of adaptors. Models: folders with a model.json of tfjs-layers.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  const sized = (command: Command) =>
    command
      .option('--clusters <C>', 'adaptors', number, 4)
      .option(
        '--rank <r>',
        'below 1 a budget, the numbers of an adaptor over those of its kernel; else the rank',
        number,
        0.1,
      );
  sized(root.command('inspect').description('lists variables and what adaptors would add').argument('<model>'))
    .action((path: string, flags: { clusters: number; rank: number }) => inspect(path, flags, io)); // prettier-ignore
  sized(root.command('simulate').description('trains clients’ data on this machine: pairs <name>.x.npy, <name>.y.npy of a folder').argument('<model>'))
    .requiredOption('--data <folder>', 'training examples of each client')
    .requiredOption('--out <run.json>', 'what is shared, and routers')
    .option('--tests <folder>', 'test examples, by the same names')
    .option('--rounds <n>', 'rounds', whole, 100)
    .option('--rate <η>', 'of base and adaptors', number, 0.1)
    .option('--router-rate <η>', 'of routers', number, 1)
    .option('--batch <n>', 'examples of a step', number, 32)
    .option('--seed <n>', 'of orders, noise and adaptors', number, 0)
    .option('--routing <how>', 'gradient or losses', 'gradient')
    .action((path: string, flags: SimulateFlags) => simulate(path, flags, io)); // prettier-ignore
  root
    .command('route')
    .description('prints the mixture that fits a client’s few examples')
    .argument('<model>')
    .requiredOption('--run <run.json>', 'of simulate')
    .requiredOption('--x <x.npy>', 'examples')
    .requiredOption('--y <y.npy>', 'their classes')
    .action((path: string, flags: { run: string; x: string; y: string }) => routeCommand(path, flags, io));
  root
    .command('merge')
    .description('writes one plain model for one mixture')
    .argument('<model>')
    .requiredOption('--run <run.json>', 'of simulate')
    .requiredOption('--out <folder>', 'where the model goes')
    .option('--pi <p,…>', 'weights, as route prints them', (text) => text.split(',').map(number))
    .option('--client <name>', 'those of a client that took part')
    .action((path: string, flags: { run: string; pi?: number[]; client?: string; out: string }) =>
      mergeCommand(path, flags, io),
    );
  return root;
}

/** What is wrong; a file that cannot be opened is named as an option is. */
function message(error: unknown): string {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `floral: '${path}' is not there (ENOENT); must be a file, or a path in a folder that exists. Check the path.`; // prettier-ignore
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
