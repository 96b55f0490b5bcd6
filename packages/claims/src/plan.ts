/**
 * From a reproduction and the wishes of the command line to the list of cells that will run.
 */
import { complaint, nearest, oneOf, requireKeys, requireOptions } from '@assay-ml/numerics/check';
import type { EngineReport } from '@assay-ml/numerics/engine';
import canonicalize from 'canonicalize';
import { codeVersion, sha256, type CodeVersion } from './code-version.js';
import { notJson } from './json.js';
import { checkReproduction } from './reproduction.js';
import type { Backend, Cell, Claim, Engine, Experiment, Json, Reproduction, Tier } from './types.js';

/** Every tier, smallest first. */
export const TIERS: readonly Tier[] = ['quick', 'standard', 'full'];

/** A part `index` of `count` equal parts, `1 ≤ index ≤ count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What to plan. */
export interface PlanOptions {
  readonly tier: Tier;
  /** Claims by id (`local.C3`, or `C3`) or glob (`C*`, `local.C?`); all of them by default. */
  readonly only?: readonly string[];
  /** Number of seeds in place of the experiment's own. */
  readonly seeds?: number;
  /** First seed in place of the experiment's own: a pilot on seeds that no verdict uses. */
  readonly firstSeed?: number;
  readonly shard?: Shard;
  /** What computes tensors. Default {@link WASM}. */
  readonly backend?: Backend;
  /** The native library that all cells compute with, as `useEngine` returns it; what it returns of `wasm` is none. Default: none, WebAssembly. */
  readonly engine?: Pick<EngineReport, 'name' | 'version' | 'core' | 'path'>;
}

/** Names of the options that say what to plan. */
export const PLAN_NAMES = { tier: 1, only: 1, seeds: 1, firstSeed: 1, shard: 1, backend: 1, engine: 1 };

/** The backend that is always there; Float64 theory runs on WebAssembly, too. */
export const WASM: Backend = { name: 'wasm', threads: 1 };

/** A cell and what it is expected to cost. */
export interface PlannedCell extends Cell {
  /** URL of the module that exports `run`. */
  readonly module: string;
  readonly backend: Backend;
  readonly engine?: Engine;
  readonly seconds: number;
  readonly megabytes: number;
}

/** The cells of a run, before anything has run. */
export interface Plan {
  readonly key: string;
  readonly tier: Tier;
  /** Ids that were asked for; absent when all are. */
  readonly only?: readonly string[];
  readonly seeds?: number;
  readonly firstSeed?: number;
  readonly shard?: Shard;
  readonly backend: Backend;
  readonly engine?: Engine;
  /** Chosen claims in the reproduction's order, those of other tiers included. */
  readonly claims: readonly Claim[];
  /** Cells of this shard (all without one), in the order of the experiments. */
  readonly cells: readonly PlannedCell[];
  /** Number of cells of all shards together. */
  readonly total: number;
  /** Experiment id → code version, of the experiments that are needed. */
  readonly code: Readonly<Record<string, CodeVersion>>;
  /** Experiment id → how to get its data; these have no cells. */
  readonly missing: Readonly<Record<string, string>>;
  /** Sum of the cells' seconds on one core; divide by the number of jobs. */
  readonly seconds: number;
  /** The largest cell's megabytes; multiply by the number of jobs. */
  readonly megabytes: number;
}

/**
 * Plan a run: which claims, which experiments they need, which cells these have.
 *
 * Without `only` every experiment is planned, those that serve a figure alone too. Cells that an experiment lists twice
 * (two sweeps through one centre) run once.
 * @throws RangeError for an unknown option, tier or claim (it lists near names), a number of seeds, first seed, shard or cost out of
 *   range, an engine of another name
 * @throws TypeError when the options or the reproduction are none (see {@link checkReproduction}), an engine lacks its version or its
 *   core, a configuration is not JSON, or code is not built
 */
export async function plan(reproduction: Reproduction, options: PlanOptions): Promise<Plan> {
  requireOptions<PlanOptions>('plan', options, PLAN_NAMES);
  const { tier, only, seeds, firstSeed, shard, backend = WASM } = options;
  checkValues(options);
  const engine = nativeEngine(options.engine);
  checkReproduction(reproduction);
  const claims = chooseClaims(reproduction, only);
  const needed = new Set(claims.filter((c) => c.tiers.includes(tier)).flatMap((c) => c.experiments));
  const experiments =
    only === undefined ? reproduction.experiments : reproduction.experiments.filter((e) => needed.has(e.id));

  const code: Record<string, CodeVersion> = {};
  const missing: Record<string, string> = {};
  const cells = new Map<string, PlannedCell>();
  for (const experiment of experiments) {
    const listed = experiment.cells(tier, seeds, firstSeed, backend);
    if (listed.length === 0) continue;
    const how = experiment.missing?.() ?? null;
    if (how !== null) {
      missing[experiment.id] = how;
      continue;
    }
    const version = await codeVersion(experiment.module);
    code[experiment.id] = version;
    for (const { config, seed } of listed) {
      const cell = plannedCell(experiment, config, seed, version.hash, backend, engine);
      cells.set(cell.id, cell);
    }
  }
  const all = [...cells.values()];
  const mine = shard === undefined ? all : takeShard(all, shard);
  return {
    key: reproduction.key,
    tier,
    ...(only === undefined ? {} : { only }),
    ...(seeds === undefined ? {} : { seeds }),
    ...(firstSeed === undefined ? {} : { firstSeed }),
    ...(shard === undefined ? {} : { shard }),
    backend,
    ...(engine && { engine }),
    claims,
    cells: mine,
    total: all.length,
    code,
    missing,
    seconds: mine.reduce((sum, c) => sum + c.seconds, 0),
    megabytes: mine.reduce((most, c) => Math.max(most, c.megabytes), 0),
  };
}

/**
 * The first 16 hex digits of the sha256 of what defines a cell; `backend` where it computes tensors, `engine` where that is a
 * native library, wherever its file lies.
 */
export function cellId(
  experiment: string,
  config: Json,
  seed: number,
  code: string,
  backend?: Backend,
  engine?: Engine,
): string {
  const computedBy = { ...(backend && { backend }), ...(engine && { engine: identity(engine) }) };
  return sha256(canonicalize({ code, config, experiment, seed, ...computedBy })!).slice(0, 16);
}

/** What of an engine a result depends on. */
export const identity = ({ name, version, core }: Engine): Required<Omit<Engine, 'path'>> => ({ name, version, core });

function plannedCell(
  experiment: Experiment,
  config: Json,
  seed: number,
  code: string,
  backend: Backend,
  engine: Engine | undefined,
): PlannedCell {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`plan: a seed of experiment '${experiment.id}' is ${seed}; must be a safe integer ≥ 0.`);
  }
  const problem = notJson(config, 'config');
  if (problem !== null) throw new TypeError(`plan: experiment '${experiment.id}': ${problem}`);
  const { seconds, megabytes } = experiment.cost(config);
  if (!(seconds >= 0 && seconds < Infinity && megabytes >= 0 && megabytes < Infinity)) {
    throw new RangeError(
      `plan: a cell of experiment '${experiment.id}' costs ${seconds} s and ${megabytes} MB; must be finite numbers ≥ 0.`,
    );
  }
  const id = cellId(experiment.id, config, seed, code, experiment.tensors ? backend : undefined, engine);
  const { module } = experiment;
  const computedBy = { backend, ...(engine && { engine }) };
  return { id, experiment: experiment.id, config, seed, module, ...computedBy, seconds, megabytes };
}

/** Largest cells first, dealt like cards: shards cost about the same, and every host deals alike. */
function takeShard(cells: readonly PlannedCell[], { index, count }: Shard): PlannedCell[] {
  const dealt = [...cells].sort((a, b) => b.seconds - a.seconds || (a.id < b.id ? -1 : 1));
  const mine = new Set(dealt.filter((_, i) => i % count === index - 1));
  return cells.filter((c) => mine.has(c));
}

/**
 * The claims that ids and globs name, in the reproduction's order; all without any.
 * @throws TypeError for arguments of another kind; RangeError for a name that matches none; it lists the near ones
 */
export function chooseClaims(reproduction: Reproduction, only?: readonly string[]): readonly Claim[] {
  requireKeys(
    'chooseClaims',
    'reproduction',
    reproduction,
    ['key', 'claims'],
    'A reproduction is what a package exports.',
  );
  if (only === undefined) return reproduction.claims;
  const { key, claims } = reproduction;
  const short = (id: string) => (id.startsWith(`${key}.`) ? id.slice(key.length + 1) : id);
  const chosen = new Set<Claim>();
  for (const name of only) {
    const pattern = globPattern(name);
    const found = claims.filter((c) => pattern.test(c.id) || pattern.test(short(c.id)));
    if (found.length === 0) {
      const near = nearest(
        name,
        claims.map((c) => (name.startsWith(`${key}.`) ? c.id : short(c.id))),
      );
      throw new RangeError(
        `plan: 'only' is '${name}'; must be a claim of '${key}' or a glob over them. Did you mean ${near.join(', ')}?`,
      );
    }
    for (const claim of found) chosen.add(claim);
  }
  return claims.filter((c) => chosen.has(c));
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\*+/g, '.*').replaceAll('?', '.')}$`, 'i');
}

function checkValues({ tier, seeds, firstSeed, shard }: PlanOptions): void {
  oneOf('plan', 'tier', tier, TIERS);
  if (seeds !== undefined && !(Number.isSafeInteger(seeds) && seeds >= 1)) {
    throw new RangeError(`plan: 'seeds' is ${seeds}; must be an integer ≥ 1.`);
  }
  if (firstSeed !== undefined && !(Number.isSafeInteger(firstSeed) && firstSeed >= 0)) {
    throw new RangeError(`plan: 'firstSeed' is ${firstSeed}; must be an integer ≥ 0.`);
  }
  if (shard !== undefined) {
    requireOptions<Shard>('plan', shard, { index: 1, count: 1 }, 'shard');
    const { index, count } = shard;
    if (!(Number.isSafeInteger(index) && Number.isSafeInteger(count) && index >= 1 && index <= count)) {
      throw new RangeError(`plan: 'shard' is ${index}/${count}; must be i/n with integers 1 ≤ i ≤ n.`);
    }
  }
}

/** What was asked for where it is a native library: wasm enters no id. */
function nativeEngine(engine: PlanOptions['engine']): Engine | undefined {
  if (engine === undefined) return undefined;
  const names = { name: 1, version: 1, core: 1, path: 1, why: 1, tried: 1, threads: 1 };
  requireOptions<EngineReport>('plan', engine as EngineReport, names, 'engine');
  const { name, version, core, path } = engine;
  oneOf('plan', 'engine.name', name, ['wasm', 'blas'], 'Take what useEngine returns.');
  if (name === 'wasm') return undefined;
  const text = (option: string, value: string | undefined): string => {
    if (typeof value === 'string' && value !== '') return value;
    throw new TypeError(complaint('plan', `engine.${option}`, value, 'a text', 'Take what useEngine returns.'));
  };
  const native = { name, version: text('version', version), core: text('core', core) };
  return path === undefined ? native : { ...native, path: text('path', path) };
}
