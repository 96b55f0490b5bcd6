/** The command line `dag-sa`: a table in, a graph, its exports and a picture out. */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { parseArrow } from '../arrow.js';
import { bootstrap, type EdgeConfidence } from '../bootstrap.js';
import { moments } from '../covariance.js';
import { parseCsv, type Table } from '../csv.js';
import { r2Sortability, varsortability } from '../diagnostics.js';
import { toDot, toGraphMl, toMermaid, toNodeLink, toSvg } from '../export.js';
import { estimate, fit, type FitOptions, type Method, methods } from '../fit.js';
import { compareGraphs } from '../metrics.js';
import { effectLines, interventionLines } from './effects.js';
import { parseGraph } from './truth.js';

/** Where text goes. */
export interface Io {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

interface Flags {
  readonly out?: string;
  readonly method: Method;
  readonly tiers?: string;
  readonly require: readonly string[];
  readonly forbid: readonly string[];
  readonly environment?: string;
  readonly standardise?: boolean;
  readonly sparsify: NonNullable<FitOptions['sparsify']>;
  readonly threshold: number;
  readonly seed: number;
  readonly epochs: number;
  readonly delimiter?: string;
  readonly truth?: string;
  readonly bootstrap?: number;
  readonly effect: readonly string[];
  readonly do: readonly string[];
}

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number.');
  return value;
};
const collect = (text: string, before: readonly string[]) => [...before, text];

const percent = (value: number) => `${Math.round(100 * value)} %`;
const shares = ({ directed, adjacent }: EdgeConfidence) =>
  `in ${percent(directed.value)} of resamples [${directed.interval.map(percent).join(', ')}], ${percent(adjacent.value)} in either direction`;

async function readTable(path: string, { environment, delimiter }: Flags): Promise<Table> {
  const labels = environment === undefined ? {} : { labels: environment };
  if (!/\.(arrows?|feather|ipc)$/i.test(path)) {
    const separated = delimiter === undefined ? {} : { delimiter };
    return parseCsv(await readFile(path, 'utf8'), { source: path, ...labels, ...separated });
  }
  if (delimiter !== undefined) {
    throw new Error(`dag-sa: '--delimiter' is '${delimiter}'; must be left out for ${path}. Arrow data have none.`);
  }
  return parseArrow(await readFile(path), { source: path, ...labels });
}

async function fitCommand(path: string, flags: Flags, io: Io): Promise<void> {
  const out = flags.out ?? `${basename(path, extname(path))}-graph`;
  const exists = await stat(out).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new Error(`dag-sa: '--out' is '${out}', which exists; must be a new folder. Nothing is overwritten.`);
  }
  const table = await readTable(path, flags);
  const { names, n, d, X, labels } = table;
  const variable = (name: string): number => {
    const v = names.indexOf(name.trim());
    if (v < 0) throw new Error(`dag-sa: '${name.trim()}' is no column; must be one of ${names.join(', ')}.`);
    return v;
  };
  const edge =
    (option: string) =>
    (text: string): readonly [number, number] => {
      const [from, to, ...more] = text.split('->');
      if (from === undefined || to === undefined || more.length > 0) {
        throw new Error(`dag-sa: '--${option}' is '${text}'; must be from->to. Name two columns.`);
      }
      return [variable(from), variable(to)];
    };
  if (flags.standardise === true && flags.effect.length + flags.do.length > 0) {
    throw new Error(`dag-sa: '--standardise' is on; must be off with --effect and --do, which are in the units of the data. Leave it out.`); // prettier-ignore
  }
  const effects = flags.effect.map(edge('effect'));
  const settings = flags.do.map((text): readonly [number, number] => {
    const [name = '', value = '', ...more] = text.split('=');
    if (value.trim() === '' || more.length > 0 || Number.isNaN(Number(value))) {
      throw new Error(`dag-sa: '--do' is '${text}'; must be column=number. Name a column and its value.`);
    }
    return [variable(name), Number(value)];
  });
  const options: FitOptions = {
    method: flags.method,
    names,
    sparsify: flags.sparsify,
    threshold: flags.threshold,
    seed: flags.seed,
    psiDag: { epochs: flags.epochs },
    standardise: flags.standardise ?? false,
    required: flags.require.map(edge('require')),
    forbidden: flags.forbid.map(edge('forbid')),
    ...(labels === null ? {} : { environment: labels }),
    ...(flags.tiers === undefined
      ? {}
      : { tiers: flags.tiers.split('|').map((tier) => tier.split(',').map(variable)) }),
  };
  const { bytes, seconds } = estimate(n, d, options);
  const fits = 1 + (flags.bootstrap ?? 0);
  io.stderr.write(
    `${n} rows, ${d} variables, ${flags.method}: about ${(2 * fits * seconds).toPrecision(1)} s and ${Math.max(1, Math.round(bytes / 1e6))} MB, raw and standardised\n`,
  );
  const truth = flags.truth === undefined ? null : parseGraph(await readFile(flags.truth, 'utf8'), names, flags.truth);
  const { W, order, edges, removed, diagnostics } = fit(X, d, options);
  const confidence = flags.bootstrap === undefined ? null : bootstrap(X, d, { ...options, resamples: flags.bootstrap });
  const sure = confidence?.edges.map(({ from, to, ...shares }) => ({ from: names[from], to: names[to], ...shares }));
  const told = [...effectLines(W, table, effects), ...interventionLines(W, table, settings)];
  const files: Record<string, string> = {
    'graph.dot': toDot(W, names),
    'graph.mmd': toMermaid(W, names),
    'graph.graphml': toGraphMl(W, names),
    'graph.node-link.json': toNodeLink(W, names),
    'graph.svg': toSvg(W, names, `${basename(path)}, ${flags.method}`),
    'graph.json': `${JSON.stringify({ method: flags.method, names, order: [...order].map((v) => names[v]), edges: edges.map(({ from, to, weight }) => ({ from: names[from], to: names[to], weight })), diagnostics, ...(sure === undefined ? {} : { bootstrap: { resamples: flags.bootstrap, edges: sure } }) }, null, 2)}\n`, // prettier-ignore
  };
  // All files or none: they are written beside, and the folder gets its name at the end.
  const partial = `${out}.${process.pid}.tmp`;
  try {
    await mkdir(partial, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(partial, name), text);
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  const widest = Math.max(...edges.map(({ from }) => names[from]!.length), 1);
  for (const { from, to, weight } of edges) {
    const found = confidence?.edges.find((other) => other.from === from && other.to === to);
    const often = confidence === null ? '' : `  ${found === undefined ? 'in no resample' : shares(found)}`;
    io.stdout.write(`${names[from]!.padEnd(widest)} → ${names[to]!}  ${weight.toPrecision(3)}${often}\n`);
  }
  io.stdout.write(`\n${edges.length} edges; order: ${[...order].map((v) => names[v]).join(', ')}\n`);
  if (removed > 0) io.stdout.write(`${removed} edges were removed to break cycles\n`);
  io.stdout.write(
    `variances differ by a factor of ${diagnostics.varianceRatio.toPrecision(3)}; rank correlation of order and variance ${diagnostics.varianceRank.toFixed(2)}; ${(100 * diagnostics.scaleSensitivity).toFixed(0)} % of edges change when standardised\n`,
  );
  if (truth !== null) {
    const { shd, actual, missing, reversed, extra } = compareGraphs(W, truth, d);
    const { covariance } = moments(X, n, d);
    io.stdout.write(
      `against ${flags.truth} with ${actual} edges: SHD ${shd} (${missing} missing, ${reversed} reversed, ${extra} extra); it is varsortable to ${varsortability(covariance, truth, d).toFixed(2)} and R²-sortable to ${r2Sortability(covariance, truth, d).toFixed(2)}\n`,
    );
  }
  for (const line of told) io.stdout.write(`${line}\n`);
  for (const warning of diagnostics.warnings) io.stdout.write(`Warning: ${warning}\n`);
  io.stdout.write(`Written: ${Object.keys(files).map((name) => join(out, name)).join(', ')}\n`); // prettier-ignore
}

function program(io: Io): Command {
  const root = new Command('dag-sa')
    .description('Learns a directed acyclic graph from a table.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  root
    .command('fit')
    .description(
      'prints the graph of a table with its diagnostics; writes DOT, Mermaid, GraphML, JSON, NetworkX’s JSON and a picture',
    )
    .argument('<file>', 'CSV with a header line, comma, semicolon or tab; or Arrow: .arrow, .arrows, .feather, .ipc')
    .option('--out <folder>', 'new folder for the exports; default <file>-graph')
    .addOption(new Option('--method <name>', 'what learns').choices(methods).default('psi-dag'))
    .option('--tiers <a,b|c>', 'columns in tiers: those of a later tier never cause those of an earlier one')
    .option('--require <from->to>', 'an edge that must be; may be repeated', collect, [])
    .option('--forbid <from->to>', 'an edge that must not be; may be repeated', collect, [])
    .option('--environment <column>', 'a column of labels: means are removed in each environment by itself')
    .option('--standardise', 'give the graph of standardised variables')
    .addOption(
      new Option('--sparsify <way>', 'which edges stay').choices(['bic', 'threshold', 'lasso', 'none']).default('bic'),
    )
    .option('--threshold <w>', 'for --sparsify threshold and methods with an L1 term', number, 0.3)
    .option('--epochs <n>', 'of ψDAG', number, 3)
    .option('--seed <n>', 'of ψDAG’s batches', number, 0)
    .option('--delimiter <text>', 'between fields')
    .option('--truth <file>', 'a known graph to compare with, a line from->to for each edge')
    .option('--bootstrap <n>', 'fits so many resampled tables too, and says how often each edge came back', number)
    .option('--effect <from->to>', 'says the total effect and what to adjust for; may be repeated', collect, [])
    .option('--do <column=value>', 'says the means if a column were set; repeated, all are set', collect, [])
    .action((path: string, flags: Flags) => fitCommand(path, flags, io));
  return root;
}

/**
 * Runs the command line.
 * @param argv arguments after the program's name
 * @returns the exit code: 0 done, 2 refused or failed
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    await program(io).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}
