/** The command line `dag-sa`: a table in, a graph, its exports and a picture out. */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';

import { parseArrow } from '../arrow.js';
import { bootstrap, type EdgeConfidence } from '../bootstrap.js';
import { centred, moments } from '../covariance.js';
import { parseCsv, type Table } from '../csv.js';
import { r2Sortability, varsortability } from '../diagnostics.js';
import { toDot, toGraphMl, toMermaid, toNodeLink, toSvg } from '../export.js';
import { estimate, fit, fitCovariance, type FitOptions } from '../fit.js';
import { constraintsOf } from '../knowledge.js';
import { type Method, methods, type Sparsify } from '../learn.js';
import { compareGraphs } from '../metrics.js';
import { type Asked, effectLines, effectsOf, interventionLines, interventionsOf } from './effects.js';
import { parts, unquoted } from './quoted.js';
import { parseGraph } from './truth.js';

/** Where text comes from and goes. */
export interface Io {
  readonly stdin?: AsyncIterable<Uint8Array | string>;
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
  readonly sparsify: Sparsify;
  readonly threshold: number;
  readonly seed: number;
  readonly epochs: number;
  readonly delimiter?: string;
  readonly header: boolean;
  readonly covariance?: number;
  readonly json?: boolean;
  readonly overwrite?: boolean;
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
const interval = ({ value, interval }: EdgeConfidence['directed']) =>
  `in ${percent(value)} of resamples [${interval.map(percent).join(', ')}]`;
const shares = ({ directed, adjacent }: EdgeConfidence) =>
  `${interval(directed)}, ${percent(adjacent.value)} in either direction`;

/** The bytes of a file, or of standard input for `-`. */
async function bytesOf(path: string, option: string, io: Io): Promise<Buffer> {
  if (path === '-') {
    if (io.stdin === undefined)
      throw new Error(`dag-sa: '${option}' is '-'; must be a file here. There is no standard input.`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  }
  return readFile(path).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`dag-sa: '${option}' is '${path}', which cannot be read (${code}); must be a file. Check the path.`, { cause }); // prettier-ignore
  });
}

async function readTable(path: string, { environment, delimiter, header }: Flags, io: Io): Promise<Table> {
  const labels = environment === undefined ? {} : { labels: environment };
  const bytes = await bytesOf(path, 'file', io);
  if (!/\.(arrows?|feather|ipc)$/i.test(path)) {
    const separated = delimiter === undefined ? {} : { delimiter };
    const table = parseCsv(bytes.toString('utf8'), { source: path, header, ...labels, ...separated });
    if (delimiter === undefined) io.stderr.write(`fields taken to be separated by '${table.delimiter}'\n`);
    return table;
  }
  if (delimiter !== undefined || !header) {
    const [option, value] = delimiter === undefined ? ['--no-header', 'given'] : ['--delimiter', `'${delimiter}'`];
    throw new Error(`dag-sa: '${option}' is ${value}; must be left out for ${path}. Arrow data have names and no delimiter.`); // prettier-ignore
  }
  return parseArrow(bytes, { source: path, ...labels });
}

/** Columns by name in what was asked for. */
function asked(flags: Flags, { names, labels }: Table) {
  const variable = (text: string): number => {
    const name = unquoted(text);
    const v = names.indexOf(name);
    if (v < 0) throw new Error(`dag-sa: '${name}' is no column; must be one of ${names.join(', ')}.`);
    return v;
  };
  const edge =
    (option: string) =>
    (text: string): readonly [number, number] => {
      const [from, to, ...more] = parts(text, '->');
      if (from === undefined || to === undefined || more.length > 0) {
        throw new Error(`dag-sa: '--${option}' is '${text}'; must be from->to. Name two columns, in double quotes where a name has ->.`); // prettier-ignore
      }
      return [variable(from), variable(to)];
    };
  const clash = [
    ['standardise', flags.standardise === true && flags.effect.length + flags.do.length > 0, 'off with --effect and --do, which are in the units of the data'],
    ['do', flags.do.length > 0 && flags.covariance !== undefined, 'left out with --covariance, which has no means'],
    ['bootstrap', flags.bootstrap !== undefined && flags.covariance !== undefined, 'left out with --covariance, which has no rows'],
    ['overwrite', flags.overwrite === true && flags.json === true && flags.out === undefined, 'left out with --json without --out, which writes no files'],
  ] as const; // prettier-ignore
  for (const [option, is, allowed] of clash) {
    if (is) throw new Error(`dag-sa: '--${option}' is ${option === 'do' || option === 'bootstrap' ? 'given' : 'on'}; must be ${allowed}. Leave it out.`); // prettier-ignore
  }
  const effects = flags.effect.map(edge('effect'));
  const values = flags.do.map((text): readonly [number, number] => {
    const [name = '', value = '', ...more] = parts(text, '=');
    if (value === '' || more.length > 0 || !Number.isFinite(Number(value))) {
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
      : { tiers: parts(flags.tiers, '|').map((tier) => parts(tier, ',').map(variable)) }),
  };
  return { effects, values, options };
}

/** All files or none: they are written beside, and the folder gets its name at the end. */
async function write(out: string, files: Readonly<Record<string, string>>, exists: boolean): Promise<void> {
  const partial = `${out}.${process.pid}.tmp`;
  try {
    await mkdir(partial, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(partial, name), text);
    if (!exists) return await rename(partial, out);
    for (const name of Object.keys(files)) await rename(join(partial, name), join(out, name));
    await rm(partial, { recursive: true });
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function fitCommand(path: string, flags: Flags, io: Io): Promise<void> {
  const source = path === '-' ? 'stdin' : path;
  const table = await readTable(path, flags, io);
  const { names, d, X } = table;
  const n = flags.covariance ?? table.n;
  const { effects: pairs, values, options } = asked(flags, table);
  const truth =
    flags.truth === undefined
      ? null
      : parseGraph((await bytesOf(flags.truth, '--truth', io)).toString('utf8'), names, flags.truth);
  const { bytes, seconds } = estimate(n, d, options);
  const fits = 1 + (flags.bootstrap ?? 0);
  io.stderr.write(
    `${n} rows, ${d} variables, ${flags.method}: about ${(fits * seconds).toPrecision(1)} s and ${Math.max(1, Math.round(bytes / 1e6))} MB, in all scalings\n`,
  );
  // With --json alone nothing is written.
  const out = flags.out ?? (flags.json === true ? null : `${basename(source, extname(source))}-graph`);
  const exists = out !== null && (await stat(out).then(() => true, () => false)); // prettier-ignore
  if (exists && flags.overwrite !== true) {
    throw new Error(`dag-sa: '--out' is '${out}', which exists; must be a new folder. Nothing is overwritten. Add --overwrite to replace exports in it.`); // prettier-ignore
  }
  if (flags.covariance !== undefined && table.n !== d) {
    throw new Error(`dag-sa: '${source}' has ${table.n} rows and ${d} columns; must be square with --covariance. Give a row for each column.`); // prettier-ignore
  }
  const graph = flags.covariance === undefined ? fit(X, d, options) : fitCovariance(X, d, n, options);
  const { W, order, edges, removed, open, pattern, diagnostics } = graph;
  const confidence = flags.bootstrap === undefined ? null : bootstrap(X, d, { ...options, resamples: flags.bootstrap });
  const { tiers = [], required = [], forbidden = [] } = options;
  const covariance =
    flags.covariance === undefined
      ? moments(centred(X, n, d, table.labels ?? undefined).X, n, d, { centre: false }).covariance
      : X;
  const about: Asked = { graph, constraints: constraintsOf({ tiers, required, forbidden }, d, names), covariance };
  const effects = effectsOf(about, pairs);
  const moved = interventionsOf(about, moments(X, table.n, d).mean, values);
  const named = <T extends { readonly from: number; readonly to: number }>({ from, to, ...rest }: T) => ({
    from: names[from],
    to: names[to],
    ...rest,
  });
  const json = {
    method: flags.method,
    names,
    order: [...order].map((v) => names[v]),
    open,
    edges: edges.map(named),
    diagnostics,
    ...(confidence === null
      ? {}
      : {
          bootstrap: {
            resamples: flags.bootstrap,
            failed: confidence.failed,
            edges: confidence.edges.map(named),
          },
        }),
    ...(effects.length === 0 ? {} : { effects }),
    ...(values.length === 0 ? {} : { means: moved }),
  };
  const text = `${JSON.stringify(json, null, 2)}\n`;
  const files: Record<string, string> = {
    'graph.dot': toDot(W, names, pattern),
    'graph.mmd': toMermaid(W, names, pattern),
    'graph.graphml': toGraphMl(W, names, pattern),
    'graph.node-link.json': toNodeLink(W, names, pattern),
    'graph.svg': toSvg(W, names, `${basename(source)}, ${flags.method}`, pattern),
    'graph.json': text,
  };
  if (out !== null) await write(out, files, exists);
  if (flags.json === true) {
    io.stdout.write(text);
    return;
  }
  const widest = Math.max(
    1,
    ...edges.map(({ from, to, directed }) => names[directed ? from : Math.min(from, to)]!.length),
  );
  for (const { from, to, weight, directed } of edges) {
    const found = confidence?.edges.find((other) => other.from === from && other.to === to);
    const back = confidence?.edges.find((other) => other.from === to && other.to === from);
    const often =
      found === undefined && (directed || back === undefined)
        ? 'in no resample'
        : directed
          ? shares(found!)
          : `${interval((found ?? back!).adjacent)} in either direction`;
    // Which of the two W happens to have says nothing.
    const [first, second] = directed ? [from, to] : [Math.min(from, to), Math.max(from, to)];
    const joined = `${names[first]!.padEnd(widest)} ${directed ? '→' : '—'} ${names[second]!}`;
    const line = directed ? `${joined}  ${weight.toPrecision(3)}` : joined;
    io.stdout.write(`${line}${confidence === null ? '' : `  ${often}`}\n`);
  }
  io.stdout.write(`\n${edges.length} edges; order: ${[...order].map((v) => names[v]).join(', ')}\n`);
  if (removed > 0) io.stdout.write(`${removed} edges were removed to break cycles\n`);
  const [first] = confidence?.failed ?? [];
  if (first !== undefined) {
    io.stdout.write(
      `${confidence!.failed.length} of ${flags.bootstrap} resamples could not be fitted and are left out; the first: ${first.message}\n`,
    );
  }
  io.stdout.write(
    `variances differ by a factor of ${diagnostics.varianceRatio.toPrecision(3)}; rank correlation of order and variance ${diagnostics.varianceRank.toFixed(2)}; up to ${(100 * diagnostics.scaleSensitivity).toFixed(0)} % of edges change when rescaled (${(100 * diagnostics.rescalings[0]!).toFixed(0)} % when standardised)\n`,
  );
  if (truth !== null) {
    const { shd, actual, missing, reversed, extra } = compareGraphs(W, truth, d);
    io.stdout.write(
      `against ${flags.truth} with ${actual} edges: SHD ${shd} (${missing} missing, ${reversed} reversed, ${extra} extra); it is varsortable to ${varsortability(covariance, truth, d).toFixed(2)} and R²-sortable to ${r2Sortability(covariance, truth, d).toFixed(2)}\n`,
    );
  }
  for (const line of effectLines(effects, open)) io.stdout.write(`${line}\n`);
  for (const line of interventionLines(moved, names, open, values)) io.stdout.write(`${line}\n`);
  for (const warning of diagnostics.warnings) io.stdout.write(`Warning: ${warning}\n`);
  if (out !== null) io.stdout.write(`Written: ${Object.keys(files).map((name) => join(out, name)).join(', ')}\n`); // prettier-ignore
}

function program(io: Io, version: string): Command {
  const root = new Command('dag-sa')
    .description('Learns a directed acyclic graph from a table.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  root
    .command('fit')
    .description(
      'prints the graph of a table with its diagnostics; writes DOT, Mermaid, GraphML, JSON, NetworkX’s JSON and a picture',
    )
    .argument('<file>', 'CSV with a header line, or - for standard input; or Arrow: .arrow, .arrows, .feather, .ipc')
    .option('--out <folder>', 'new folder for the exports; default <file>-graph')
    .option('--overwrite', 'take a folder that exists, and replace exports of an earlier run in it')
    .option('--json', 'print graph.json instead of lines; without --out, write no files')
    .addOption(new Option('--method <name>', 'what learns').choices(methods).default('psi-dag'))
    .option(
      '--tiers <a,b|c>',
      'columns in tiers: those of a later tier never cause those of an earlier one; names with , | -> = in double quotes',
    )
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
    .option('--delimiter <text>', 'between fields; default what the first line shows')
    .option('--no-header', 'the first line holds numbers: columns are x0, x1, …')
    .option('--covariance <n>', 'the file is a covariance matrix of so many rows', number)
    .option('--truth <file>', 'a known graph to compare with, a line from->to for each edge')
    .option('--bootstrap <n>', 'fits so many resampled tables too, and says how often each edge came back', number)
    .option(
      '--effect <from->to>',
      'says the total effect and what to adjust for, or its range where directions are open; may be repeated',
      collect,
      [],
    )
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
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }; // prettier-ignore
    await program(io, version).parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}
