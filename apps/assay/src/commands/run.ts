/** `assay run` and `assay merge`: from a paper's name to verdicts, report and exit code. */
import { join, relative, resolve, sep } from 'node:path';
import {
  chooseClaims,
  merge,
  nearest,
  paceOf,
  plan,
  readRecords,
  readRun,
  readVerdicts,
  resultsFolder,
  runReproduction,
  TIERS,
  type Backend,
  type CellRecord,
  type Engine,
  type ExitCode,
  type Plan,
  type Reproduction,
  type RunResult,
  type Shard,
  type Tier,
} from '@assay-ml/claims';
import { useEngine, type EngineName } from '@assay-ml/numerics/engine';
import type { BackendName } from '@assay-ml/tensors';
import { colored, executorOf, installMissing, reproductionsNamed, type Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { counted, duration } from '../report/numbers.js';
import { BADGES, engineText, errorsText, totals, unexpected, type Results } from '../report/results.js';
import { isInside, type Loaded } from '../catalogue.js';
import { resultsOf, writeEvidence, writeReport } from '../report/write.js';
import { progressView, table, verdictTable } from '../terminal.js';

/** Seeds of a pilot: no verdict ever uses them. */
const PILOT_SEED = 1000;

/** Options of `assay run`, checked by the command line. */
export interface RunFlags {
  readonly tier: Tier;
  readonly only?: readonly string[];
  readonly seeds?: number;
  readonly jobs?: number;
  readonly cellTimeout?: number;
  readonly cellMemory?: number;
  readonly redact?: readonly RegExp[];
  readonly backend?: BackendName | 'auto';
  readonly engine?: EngineName | 'auto';
  readonly fresh?: boolean;
  readonly shard?: Shard;
  readonly out?: string;
  readonly plan?: boolean;
  readonly pilot?: boolean;
  readonly evidence?: boolean;
  readonly yes?: boolean;
}

/** Where results of a key stand below the working folder; a pilot's and a named folder's apart. */
export function folderOf(
  io: Pick<Io, 'cwd'>,
  key: string,
  { tier, shard, out, pilot }: Partial<RunFlags> & { tier: Tier },
): string {
  if (out !== undefined) return resolve(io.cwd, out);
  return resultsFolder(join(io.cwd, 'results', ...(pilot === true ? ['pilot'] : [])), key, tier, shard);
}

/** The folder of a reproduction's committed evidence: it comes with its package. */
export const evidenceFolder = ({ folder }: Pick<Loaded, 'folder'>): string => join(folder, 'evidence');

/** Whether it belongs to this checkout, where Nx runs it. */
export const inCheckout = (io: Pick<Io, 'root'>, { folder }: Pick<Loaded, 'folder'>): boolean =>
  isInside(folder, join(io.root, 'apps'));

/**
 * Which claims of which reproductions: a project may have several keys, and an id then means the keys that have it.
 * @throws UsageError for an id that no key has; it lists the near ones
 */
function chosen(
  loaded: readonly Loaded[],
  only: readonly string[] | undefined,
): [Loaded, readonly string[] | undefined][] {
  const reproductions = loaded.map(({ reproduction }) => reproduction);
  if (only === undefined || loaded.length === 1) return loaded.map((one) => [one, only]);
  const hits = (reproduction: Reproduction, name: string): boolean => {
    try {
      return chooseClaims(reproduction, [name]).length > 0;
    } catch {
      return false;
    }
  };
  const unknown = only.find((name) => !reproductions.some((r) => hits(r, name)));
  if (unknown !== undefined) {
    const ids = reproductions.flatMap(({ key, claims }) =>
      claims.map(({ id }) => (unknown.includes('.') ? id : id.replace(`${key}.`, ''))),
    );
    throw new UsageError(
      `--only is '${unknown}'; must be a claim of ${reproductions.map(({ key }) => key).join(' or ')}, or a glob over them. ` +
        `Did you mean ${nearest(unknown, [...new Set(ids)]).join(', ')}?`,
    );
  }
  return loaded.flatMap((one) => {
    const mine = only.filter((name) => hits(one.reproduction, name));
    return mine.length === 0 ? [] : [[one, mine] as [Loaded, readonly string[]]];
  });
}

/** The worst of several exit codes: stopped, not done, contradicted, fine. */
const worst = (codes: readonly ExitCode[]): ExitCode =>
  ([130, 2, 1, 0] as const).find((code) => codes.includes(code)) ?? 0;

/** Runs, plans or pilots a paper. */
export async function runCommand(io: Io, paper: string, flags: RunFlags): Promise<ExitCode> {
  await installMissing(io, paper, flags.yes === true);
  const work = chosen(await reproductionsNamed(io, paper), flags.only);
  if (flags.out !== undefined && work.length > 1) {
    throw new UsageError(
      `--out names one folder, but '${paper}' has ${work.length} keys. Name one: ${work.map(([{ reproduction }]) => reproduction.key).join(', ')}.`,
    );
  }
  if (flags.evidence === true) checkEvidence(flags, work);
  const engine = engineOf(flags.engine);
  const codes: ExitCode[] = [];
  for (const [loaded, only] of work) {
    const { reproduction } = loaded;
    const options = {
      tier: flags.tier,
      ...(only === undefined ? {} : { only }),
      ...(flags.seeds === undefined ? {} : { seeds: flags.seeds }),
      ...(flags.pilot === true ? { firstSeed: PILOT_SEED } : {}),
      ...(flags.shard === undefined ? {} : { shard: flags.shard }),
      ...(await backendOf(reproduction, flags.backend)),
      ...(engine && { engine }),
    };
    const folder = folderOf(io, reproduction.key, flags);
    const { jobs, cellTimeout, cellMemory, redact = [] } = flags;
    const executor = executorOf(io, {
      ...(jobs === undefined ? {} : { jobs }),
      ...(cellTimeout === undefined ? {} : { cellTimeout }),
      ...(cellMemory === undefined ? {} : { cellMemory }),
    });
    const pace = paceOf(reproduction.experiments, earlier(io, reproduction.key));
    if (flags.plan === true) {
      showPlan(io, reproduction, await plan(reproduction, options), executor.jobs, pace);
      continue;
    }
    if (flags.fresh !== true) sayOtherEngine(io, folder, engine);
    const view = progressView(io.stderr, `${reproduction.key} ${flags.tier}`);
    let result: RunResult;
    try {
      result = await runReproduction(reproduction, {
        ...options,
        folder,
        executor,
        pace,
        redact: (message) => redact.reduce((text, pattern) => text.replace(pattern, '[redacted]'), message),
        fresh: flags.fresh === true,
        signal: io.signal,
        onProgress: view.update,
      });
    } finally {
      view.stop();
    }
    codes.push(conclude(io, loaded, result, flags.evidence));
    if (result.aborted) break;
  }
  return worst(codes);
}

/** Cells that runs of a key, of whatever tier, left in this working folder. */
const earlier = (io: Io, key: string): CellRecord[] =>
  TIERS.flatMap((tier) => [...readRecords(folderOf(io, key, { tier })).values()]);

/** What computes tensors, where anything does: chosen once, here, so that all workers take the same. */
async function backendOf(
  { experiments, key }: Reproduction,
  asked: RunFlags['backend'] = 'auto',
): Promise<{ readonly backend?: Backend }> {
  if (!experiments.some(({ tensors }) => tensors)) {
    if (asked === 'auto' || asked === 'wasm') return {};
    throw new UsageError(
      `--backend is '${asked}'; must be auto or wasm for '${key}', which computes no tensors. Leave it out.`,
    );
  }
  const { useBackend } = await import('@assay-ml/tensors'); // heavy, and most commands compute nothing
  try {
    const { name, version } = await useBackend(asked);
    return { backend: { name, threads: 1, ...(version === undefined ? {} : { version }) } };
  } catch (error) {
    throw new UsageError(`--backend is '${asked}': ${(error as Error).message}`);
  }
}

/**
 * The native library that cells compute with, where one is asked for: chosen once, here, so that all workers take the same.
 * @throws UsageError where it is asked for and not there
 */
function engineOf(asked: RunFlags['engine'] = 'wasm'): Engine | undefined {
  try {
    const { name, version, core, path } = useEngine(asked);
    return name === 'wasm' ? undefined : { name, version: version!, core: core!, path: path! };
  } catch (error) {
    throw new UsageError(`--engine is '${asked}': ${(error as Error).message}`);
  } finally {
    useEngine(); // verdicts are judged here, on every machine alike
  }
}

/** Says that cells of an earlier run stay unused: another engine makes other cells. */
function sayOtherEngine(io: Io, folder: string, engine: Engine | undefined): void {
  const run = readRun(folder);
  if (run === null) return;
  const [before, now] = [engineText(run.engine), engineText(engine)];
  if (before === now) return;
  io.stderr.write(
    `${shown(io, folder)} holds a run on engine ${before}; this one is on ${now}, and takes only cells computed with it.\n`,
  );
}

/**
 * Joins shards and judges them.
 * @param options `paper`: where the reproduction is found; default the installed one of their key
 */
export async function mergeCommand(
  io: Io,
  folders: readonly string[],
  { out, paper }: { readonly out?: string; readonly paper?: string } = {},
): Promise<ExitCode> {
  const sources = folders.map((folder) => resolve(io.cwd, folder));
  const run = readRun(sources[0]!);
  if (run === null) throw new UsageError(`'${folders[0]}' has no run.json; must be the results folder of a shard.`);
  const named = await reproductionsNamed(io, paper ?? run.key);
  const loaded = named.find(({ reproduction }) => reproduction.key === run.key);
  if (loaded === undefined) throw new UsageError(`'${folders[0]}' holds '${run.key}', and --paper names '${paper}'.`);
  const target = folderOf(io, run.key, { tier: run.tier, ...(out === undefined ? {} : { out }) });
  return conclude(io, loaded, await merge(loaded.reproduction, sources, { out: target }));
}

/**
 * Says what came of a run: verdict table and hash on stdout, all else on stderr; writes the report. The hash comes after
 * everything else: on a terminal, where both streams meet, it is the last line too.
 */
function conclude(io: Io, loaded: Loaded, result: RunResult, evidence = false): ExitCode {
  const { folder, verdicts, plan: planned, failures, setAside } = result;
  const say = (line: string): unknown => io.stderr.write(`${line}\n`);
  if (setAside !== null)
    say(
      `${counted(setAside.lines, 'broken line')} of cells.jsonl set aside in ${shown(io, setAside.file)}; the cells ran again.`,
    );
  for (const failure of failures.slice(0, SHOWN_FAILURES))
    say(`failed: ${failure.split('\n').slice(0, 3).join('\n  ')}`);
  if (failures.length > SHOWN_FAILURES) say(`… and ${failures.length - SHOWN_FAILURES} more.`);
  if (result.aborted) {
    say(
      `stopped after ${result.records.length} of ${planned.cells.length} cells. They are kept in ${shown(io, folder)}: run the same line again to go on.`,
    );
    return 130;
  }
  if (planned.shard === undefined) {
    io.stdout.write(verdictTable(verdicts, colored(io.stdout, io.env)));
    const odd = verdicts.filter(unexpected).length;
    const words = totals(verdicts).map(({ verdict, count }) => `${count} ${BADGES[verdict].words}`);
    say(`${words.join(', ')}${odd === 0 ? '' : `; ${odd} not as expected`}. ${duration(result.seconds)}.`);
    const errors = errorsText(verdicts);
    if (errors !== null) say(errors);
    for (const how of Object.values(planned.missing)) say(`data missing: ${how}`);
    say(`report: ${shown(io, writeReport(folder, resultsIn(io, loaded, result)))}`);
    if (evidence && result.exitCode !== 2) saveEvidence(io, loaded, result);
  } else {
    const { index, count } = planned.shard;
    say(
      `shard ${index} of ${count} done: ${counted(result.records.length, 'cell')} in ${shown(io, folder)}. Join all with \`assay merge\`.`,
    );
  }
  io.stdout.write(`${result.resultHash}\n`);
  return result.exitCode;
}

const SHOWN_FAILURES = 5;

const shown = (io: Io, path: string): string => relative(io.cwd, path) || '.';

function resultsIn(io: Io, loaded: Loaded, { folder, records }: RunResult): Results {
  return resultsOf(loaded, inCheckout(io, loaded), readVerdicts(folder)!, readRun(folder)!, records);
}

function checkEvidence(
  { tier, only, seeds, shard, pilot, engine = 'wasm', plan: planOnly }: RunFlags,
  work: readonly (readonly [Loaded, unknown])[],
): void {
  const partial = [
    ...(tier === 'standard' ? [] : [`--tier ${tier}`]),
    ...(only === undefined ? [] : ['--only']),
    ...(seeds === undefined ? [] : ['--seeds']),
    ...(shard === undefined ? [] : ['--shard']),
    ...(pilot === true ? ['--pilot'] : []),
    ...(engine === 'wasm' ? [] : [`--engine ${engine}`]),
    ...(planOnly === true ? ['--plan'] : []),
  ];
  if (partial.length > 0) {
    throw new UsageError(
      `--evidence goes with a whole standard run, not with ${partial.join(', ')}. Leave it out, or run with --tier standard alone.`,
    );
  }
  const installed = work.find(([{ folder }]) => folder.split(sep).includes('node_modules'));
  if (installed !== undefined) {
    throw new UsageError(
      `--evidence writes into the package, and '${installed[0].name}' is an installed one. Run it in its own folder.`,
    );
  }
}

function saveEvidence(io: Io, loaded: Loaded, result: RunResult): void {
  const folder = evidenceFolder(loaded);
  const results = resultsIn(io, loaded, result);
  writeEvidence(folder, results, readVerdicts(result.folder)!);
  const next = inCheckout(io, loaded)
    ? "Update the README's table with `npx @assay-ml/assay table`, and commit both."
    : 'Commit it.';
  io.stderr.write(`evidence: ${shown(io, folder)}. ${next}\n`);
  if (readRun(result.folder)?.dirty === true)
    io.stderr.write('note: the checkout has uncommitted changes, and the evidence says so.\n');
}

/** `--plan`: what would run, and what it would take, by what earlier runs here took where there were any. */
function showPlan(
  io: Io,
  { key, experiments, title }: Reproduction,
  planned: Plan,
  jobs: number,
  pace: Readonly<Record<string, number>>,
): void {
  const costs = new Map<string, { cells: number; seconds: number; megabytes: number }>();
  for (const { experiment, seconds, megabytes } of planned.cells) {
    const cost = costs.get(experiment) ?? { cells: 0, seconds: 0, megabytes: 0 };
    cost.cells++;
    cost.seconds += seconds * (pace[experiment] ?? 1);
    cost.megabytes = Math.max(cost.megabytes, megabytes);
    costs.set(experiment, cost);
  }
  const known = Object.keys(pace).some((id) => costs.has(id));
  const all = [...costs.values()].reduce((sum, { seconds }) => sum + seconds, 0);
  const rows = experiments.flatMap(({ id, title: about }) => {
    const how = planned.missing[id];
    if (how !== undefined) return [[id, '0', '', '', `data missing: ${how}`]];
    const cost = costs.get(id);
    if (cost === undefined) return [];
    return [[id, String(cost.cells), duration(cost.seconds), `${Math.ceil(cost.megabytes)} MB`, about]];
  });
  const hours = all / 3600;
  io.stdout.write(
    `${title} (${key}), tier ${planned.tier}: ${counted(planned.claims.length, 'claim')}, ${counted(planned.cells.length, 'cell')}` +
      `${planned.shard === undefined ? '' : ` of ${planned.total}`}\n\n` +
      table(['experiment', 'cells', 'one core', 'memory', 'what it does'], [22, 8, 14, 10, 44], rows) +
      `\nestimated time: ${duration(all / jobs)} with ${counted(jobs, 'job')}${known ? ', by earlier runs here' : ''}${hours >= 1 ? ` (${hours.toFixed(1)} CPU hours)` : ''}\n` +
      `estimated memory: ${Math.ceil(planned.megabytes * jobs)} MB with ${counted(jobs, 'job')}\nnothing was run\n`,
  );
}
