/** What every form of a report is made from. */
import {
  ENOUGH_BLOCKS,
  intervalErrors,
  type CellRecord,
  type Claim,
  type Engine,
  type Figure,
  type Reproduction,
  type Table,
  type Tier,
  type Verdict,
  type VerdictPart,
} from '@assay-ml/claims';
import { isDivided, type Divided } from './parts.js';
import { indexSeries, type SeriesIndex } from './series.js';
import { shellWord } from '../shell-word.js';
import { counted, plain, typeset } from './numbers.js';

/** A judged run: the reproduction, its records and verdicts, and what the run says about itself. */
export interface Results {
  readonly reproduction: Reproduction;
  /** What `assay run` takes for it; absent in a checkout, where Nx runs it. */
  readonly name?: string;
  readonly tier: Tier;
  readonly verdicts: readonly Verdict[];
  readonly records: readonly CellRecord[];
  readonly resultHash: string;
  /** Wall time of the cells, in seconds. */
  readonly seconds: number;
  readonly seeds: readonly number[];
  readonly machine: string;
  readonly backend: string;
  /** The native library that computed; absent: WebAssembly. */
  readonly engine?: Engine;
  /** Commit, versions and the like: name → text, shown at the end of a report. */
  readonly facts: Readonly<Record<string, string>>;
}

/** How a run is called again. */
type Invocation = Pick<Results, 'reproduction' | 'tier' | 'name' | 'engine'>;

/** A figure with the file name it gets. */
interface NamedFigure {
  readonly file: string;
  readonly figure: Figure;
}

/** All figures and tables of a report, drawn or not. */
export interface Figures {
  /** By claim id. */
  readonly claims: ReadonlyMap<string, NamedFigure>;
  /** Verdicts whose parts are drawn, by claim id. */
  readonly parts: ReadonlyMap<string, { readonly file: string; readonly verdict: Divided }>;
  /** By claim id. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly experiments: readonly NamedFigure[];
  readonly series: SeriesIndex;
  /** Figures and tables that could not be made from these records, and why. */
  readonly failures: readonly string[];
}

/** Names an engine with all that a result depends on. */
export const engineText = (engine: Engine | undefined): string =>
  engine === undefined ? 'wasm' : `${engine.name} (${engine.version} with kernels for ${engine.core})`;

/** Words of a verdict, with a sign that does not need colour. */
export const BADGES: Readonly<Record<Verdict['verdict'], { readonly sign: string; readonly words: string }>> = {
  supported: { sign: '✓', words: 'supported' },
  refuted: { sign: '✕', words: 'refuted' },
  inconclusive: { sign: '?', words: 'inconclusive' },
  'not-run': { sign: '–', words: 'not run' },
};

/** Who says so. */
export const KINDS: Readonly<Record<Claim['kind'], string>> = {
  paper: 'the paper’s claim',
  critique: 'critique',
  beyond: 'beyond the paper',
};

/** The verdicts counted, in the order of {@link BADGES}, those that occur. */
export function totals(
  verdicts: readonly Pick<Verdict, 'verdict'>[],
): { verdict: Verdict['verdict']; count: number }[] {
  return (Object.keys(BADGES) as Verdict['verdict'][])
    .map((verdict) => ({ verdict, count: verdicts.filter((v) => v.verdict === verdict).length }))
    .filter(({ count }) => count > 0);
}

/** The verdict was fixed beforehand and came out otherwise. `report` and `not-run` never are. */
export function unexpected({ verdict, expect }: Verdict): boolean {
  return verdict !== 'not-run' && expect !== 'report' && verdict !== expect;
}

/** `0.39 [0.35, 0.44]`, or without the interval where there is none; nothing where nothing was measured. */
export function numberText(
  { measured, interval }: Pick<VerdictPart, 'measured' | 'interval'>,
  show: (x: number) => string = plain,
): string {
  if (measured === null) return '';
  return interval === null ? show(measured) : `${show(measured)} [${show(interval[0])}, ${show(interval[1])}]`;
}

/** The number that a rule looks at and its unit, in words: `mean difference of accuracy`. */
export function statisticText({ rule, unit }: Pick<Verdict, 'rule' | 'unit'>): string {
  switch (rule.statistic) {
    case 'exact':
      return unit ?? '(exact rule)';
    case 'mean-diff':
      return unit === null ? 'mean difference' : `mean difference of ${unit}`;
    case 'log-ratio':
      return 'mean log10 ratio';
    case 'quantile-ratio':
      return `ratio of ${rule.quantile}-quantiles`;
    case 'slope':
      return 'exponent';
    case 'share':
      return 'share';
  }
}

/** What was measured, as every table shows it: number, interval, statistic and unit. */
export function measuredText(verdict: Verdict, show: (x: number) => string = plain): string {
  return verdict.measured === null ? '' : `${numberText(verdict, show)} ${statisticText(verdict)}`;
}

/** What the source reports: how it is called beside the measured value, and the words for it. */
export function referenceText({ reference, rule, unit }: Verdict): { name: string; text: string } | null {
  if (reference === undefined) return null;
  if (typeof reference === 'string') return { name: 'Source reports, in its own terms', text: reference };
  const { value, words } = reference;
  return { name: 'Source reports', text: `${typeset(value)} ${statisticText({ rule, unit })} (${words})` };
}

/** How far a report's verdicts are to be trusted, said once; `null` where no number was judged by its blocks. */
export function errorsText(verdicts: readonly Verdict[]): string | null {
  const { judged, expected } = intervalErrors(verdicts);
  const byMean = verdicts.filter(({ judgedBy }) => judgedBy === 'mean').length;
  const sentences = [
    ...(judged === 0
      ? []
      : [
          `${counted(judged, 'claim')} judged by an interval of level 95 %: were each at its bound, and blocks normal, about ${plain(expected, 2)} of these verdicts would be false; more where blocks are skewed, fewer the further claims lie from their bounds.`,
        ]),
    ...(byMean === 0
      ? []
      : [
          `${counted(byMean, 'claim')} judged by the mean of fewer than ${ENOUGH_BLOCKS} blocks, which has no known rate of false verdicts.`,
        ]),
  ];
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** What stands behind a number: `n = 5 blocks` of (seed, configuration), or the checks of an exact rule. */
export const behind = ({ n, rule }: Verdict): string =>
  `n = ${counted(n, rule.statistic === 'exact' ? 'check' : 'block')}`;

/** What a rule allows, in symbols: `≤ −1.3`, `in [0.9, 1.1]`, `every check`. */
export function bounds({ rule }: Pick<Verdict, 'rule'>, show: (x: number) => string = plain): string {
  if (rule.statistic === 'exact') return 'every check';
  if (rule.min !== undefined && rule.max !== undefined) return `in [${show(rule.min)}, ${show(rule.max)}]`;
  return rule.min !== undefined ? `≥ ${show(rule.min)}` : `≤ ${show(rule.max!)}`;
}

/** The command that judges all claims at a tier, or with an option fewer. */
export function rerun({ reproduction, tier, name, engine }: Invocation, option?: string): string {
  const options = [
    ...(engine === undefined ? [] : [`--engine ${engine.name}`]),
    ...(option === undefined ? [] : [option]),
  ];
  const words =
    name === undefined
      ? [
          `npx nx run ${reproduction.project}:reproduce${tier === 'quick' ? '' : `:${tier}`}`,
          ...(options.length === 0 ? [] : ['--']),
        ]
      : [`npx @assay-ml/assay run ${shellWord(name)}`, ...(tier === 'quick' ? [] : [`--tier ${tier}`])];
  return [...words, ...options].join(' ');
}

/** The command that judges one claim, at this tier or the first that runs it; `null` when none does yet. */
export function rerunAlone(invocation: Invocation, id: string): string | null {
  const { reproduction, tier } = invocation;
  const tiers = reproduction.claims.find((claim) => claim.id === id)?.tiers ?? [];
  const runs = tiers.includes(tier) ? tier : tiers[0];
  return runs === undefined ? null : rerun({ ...invocation, tier: runs }, `--only ${shellWord(id)}`);
}

const GREEK: Readonly<Record<string, string>> = {
  γ: 'gamma',
  δ: 'delta',
  ζ: 'zeta',
  η: 'eta',
  λ: 'lambda',
  ρ: 'rho',
  σ: 'sigma',
};

const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/′|'/g, '-prime')
    .replace(/\p{Script=Greek}/gu, (letter) => GREEK[letter] ?? '')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);

/** Makes the figures and tables of a run. One that its records cannot make is named in `failures`; the report stands without it. */
export function figuresOf({ reproduction, records, tier, verdicts }: Results): Figures {
  const failures: string[] = [];
  const attempt = <T>(what: string, make: () => T): T | null => {
    try {
      return make();
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  const done = records.filter((record) => record.status === 'done');
  const claims = new Map<string, NamedFigure>();
  const tables = new Map<string, Table>();
  for (const claim of reproduction.claims) {
    const mine = done.filter((record) => claim.experiments.includes(record.experiment));
    if (mine.length === 0) continue;
    const own = attempt(claim.id, () => ({ figure: claim.figure?.(mine, tier), table: claim.table?.(mine, tier) }));
    if (own?.figure) claims.set(claim.id, { file: `${slug(claim.id)}.svg`, figure: own.figure });
    if (own?.table) tables.set(claim.id, own.table);
  }
  const parts = new Map(
    verdicts.filter(isDivided).map((verdict) => [verdict.id, { file: `${slug(verdict.id)}-parts.svg`, verdict }]),
  );
  const made = done.length === 0 ? [] : (attempt('experiments', () => reproduction.figures?.(done, tier)) ?? []);
  const experiments = made.map((figure, k) => ({ file: `experiment-${k + 1}-${slug(figure.title)}.svg`, figure }));
  const all = [...[...claims.values()].map(({ figure }) => figure), ...made];
  return { claims, parts, tables, experiments, series: indexSeries(all), failures };
}
