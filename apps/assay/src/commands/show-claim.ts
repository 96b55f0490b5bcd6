/** `assay show <key>` and `assay show <claim>`: what is claimed, what came of it, and the cells behind it. */
import {
  expectation,
  nearest,
  plan,
  readRecords,
  TIERS,
  type Claim,
  type ExitCode,
  type Json,
  type Reproduction,
  type Tier,
  type Verdict,
} from '@assay-ml/claims';
import type { Loaded } from '../catalogue.js';
import type { Io } from '../io.js';
import { bounds, BADGES, KINDS, measuredText } from '../report/results.js';
import { counted } from '../report/numbers.js';
import { table } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { lastVerdicts } from './last-verdicts.js';
import { folderOf } from './run.js';
import { computedBy } from './show-cell.js';

const badge = ({ verdict }: Pick<Verdict, 'verdict'>): string => `${BADGES[verdict].sign} ${BADGES[verdict].words}`;

/** Prints the claims of a reproduction, a column for each place that has verdicts. */
export function showClaims(io: Io, { reproduction, folder }: Loaded): ExitCode {
  const { key, title, citation, claims } = reproduction;
  const known = lastVerdicts(io, { key, folder });
  const rows = claims.map(({ id, statement }) => [
    id,
    ...known.map(({ file }) =>
      file.claims
        .filter((claim) => claim.id === id)
        .map(badge)
        .join(''),
    ),
    statement,
  ]);
  const places = known.map(({ place }) => place);
  const widths = [Math.max(13, ...claims.map(({ id }) => id.length + 2)), ...places.map(() => 15)];
  const left = 100 - widths.reduce((sum, width) => sum + width, 0);
  io.stdout.write(`${title}\n${citation}\n\n${table(['claim', ...places, 'statement'], [...widths, left], rows)}`);
  return 0;
}

/**
 * Prints one claim, its last verdicts and its cells at a tier.
 * @param id as in the reproduction, e.g. `local.C3`
 * @throws UsageError when the reproduction has no such claim; it lists the near ones
 */
export async function showClaim(io: Io, { reproduction, folder }: Loaded, id: string, tier: Tier): Promise<ExitCode> {
  const { key, claims } = reproduction;
  const claim = claims.find((one) => one.id === id);
  if (claim === undefined) {
    const near = nearest(id, claims.map((one) => one.id)); // prettier-ignore
    throw new UsageError(`claim is '${id}'; must be one of '${key}'. Did you mean ${near.join(', ')}?`);
  }
  const verdicts = lastVerdicts(io, { key, folder }).flatMap(({ place, file }) =>
    file.claims
      .filter((one) => one.id === id)
      .map((one) => [place, [badge(one), measuredText(one), one.why ?? ''].filter((text) => text !== '').join(' · ')]),
  );
  const { rule, reason, reference } = claim;
  const rows = [
    ['statement', claim.statement],
    ['source', claim.source],
    ['kind', KINDS[claim.kind]],
    ['rule', `${rule.statistic === 'exact' ? 'exact' : `${rule.statistic} ${bounds({ rule })}`}: ${rule.words}`],
    ['expected', expected(claim)],
    ...(reason === undefined ? [] : [['reason', reason]]),
    ...(reference === undefined ? [] : [['reference', typeof reference === 'string' ? reference : reference.words]]),
    ...(verdicts.length === 0 ? [['verdict', 'none yet']] : verdicts),
  ];
  io.stdout.write(`${table([id, ''], [13, 87], rows)}\n${await cellsOf(io, reproduction, claim, tier)}`);
  return 0;
}

/** What is expected of it at each tier that runs it: `supported`, or `quick: report, standard: refuted`. */
function expected(claim: Claim): string {
  const all = claim.tiers.map((tier) => [tier, expectation(claim, tier)] as const);
  if (all.length === 0) return 'nothing: no tier runs it yet';
  return all.map(([tier, what]) => `${what} at ${tier}`).join(', ');
}

async function cellsOf(io: Io, reproduction: Reproduction, claim: Claim, tier: Tier): Promise<string> {
  if (!claim.tiers.includes(tier)) {
    const where = TIERS.filter((one) => claim.tiers.includes(one)).join(' and ');
    return `No cells at ${tier}${where === '' ? '' : `; it runs at ${where} (--tier)`}.\n`;
  }
  const folder = folderOf(io, reproduction.key, { tier });
  const { cells, missing } = await plan(reproduction, { tier, only: [claim.id], ...computedBy(folder) });
  const records = readRecords(folder);
  const shared = new Map(
    claim.experiments.map((name) => [name, sharedFactors(cells.filter((c) => c.experiment === name))]),
  );
  const rows = cells.map(({ id, experiment, seed, config }) => [
    id,
    experiment,
    String(seed),
    { done: 'finished', failed: 'failed', none: '' }[records.get(id)?.status ?? 'none'],
    words(config, shared.get(experiment)!),
  ]);
  const absent = Object.entries(missing).map(([experiment, how]) => `${experiment}: data missing: ${how}\n`);
  const finished = cells.filter(({ id }) => records.get(id)?.status === 'done').length;
  return (
    `${counted(cells.length, 'cell')} at ${tier}, ${finished} finished; \`assay show <cell>\` runs one again:\n` +
    table(['cell', 'experiment', 'seed', '', 'what differs'], [18, 20, 6, 10, 46], rows) +
    [...shared]
      .filter(([, factors]) => Object.keys(factors).length > 0)
      .map(([name, factors]) => `all of ${name}: ${words(factors, {})}\n`)
      .join('') +
    absent.join('')
  );
}

type Factors = Readonly<Record<string, Json>>;

/** What all configurations of an experiment have in common, so that a row can show what does not. */
function sharedFactors(cells: readonly { readonly config: Json }[]): Factors {
  const [first, ...others] = cells.map(({ config }) => config as Factors);
  if (first === undefined || others.length === 0) return {};
  const text = (value: Json | undefined) => JSON.stringify(value);
  return Object.fromEntries(
    Object.entries(first).filter(([key, value]) => others.every((other) => text(other[key]) === text(value))),
  );
}

/** `delta = 0.1, K = 10`, without what is said elsewhere. */
const words = (config: Json, elsewhere: Factors): string =>
  Object.entries(config as Factors)
    .filter(([key]) => !(key in elsewhere))
    .map(([key, value]) => `${key} = ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
