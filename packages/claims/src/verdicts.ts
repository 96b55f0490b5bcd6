/** The file `verdicts.json`, its schema, the hash of a result and the exit code. */
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { requireList } from '@assay-ml/numerics/check';
import { sha256 } from './code-version.js';
import { LEVEL } from './intervals.js';
import { DATA_MISSING } from './judge.js';
import { unitOf } from './statistics.js';
import type { CellRecord, Rule, Tier, Verdict } from './types.js';
import { ENOUGH_BLOCKS } from './weigh.js';

/** Version of `verdicts.json`. */
export const VERDICTS_SCHEMA = 2;

const words = z.string().min(1);
const tier = z.enum(['quick', 'standard', 'full']);
const number = z.number().nullable();
const interval = z.tuple([z.number(), z.number()]).nullable();
const count = z.int().min(0);

const exactRule = z.strictObject({ statistic: z.literal('exact'), words });
const rule1 = z.strictObject({
  statistic: z.enum(['mean-diff', 'log-ratio', 'quantile-ratio', 'slope']),
  min: z.number().optional(),
  max: z.number().optional(),
  quantile: z.number().min(0).max(1).optional(),
  words,
});

const verdict1 = z.strictObject({
  id: words,
  statement: words,
  source: words,
  kind: z.enum(['paper', 'critique', 'beyond']),
  rule: z.discriminatedUnion('statistic', [exactRule, rule1]),
  expect: z.enum(['supported', 'refuted', 'report']),
  reason: words.optional(),
  reference: words.optional(),
  verdict: z.enum(['supported', 'refuted', 'inconclusive', 'not-run']),
  why: words.optional(),
  measured: number,
  interval,
  n: count,
  excluded: z.int().min(1).optional(),
});

const verdict = z.strictObject({
  ...verdict1.shape,
  rule: z.discriminatedUnion('statistic', [
    exactRule,
    z.strictObject({
      ...rule1.shape,
      statistic: z.enum([...rule1.shape.statistic.options, 'share']),
      unit: words.optional(),
    }),
  ]),
  reference: z.union([words, z.strictObject({ value: z.number(), words })]).optional(),
  unit: words.nullable(),
  level: z.number().gt(0).lt(1).nullable(),
  judgedBy: z.enum(['interval', 'mean', 'checks']).nullable(),
  blocks: count.nullable(),
  parts: z
    .array(
      z.strictObject({
        part: z.string(),
        verdict: z.enum(['supported', 'refuted', 'inconclusive']),
        measured: number,
        interval,
        n: count,
      }),
    )
    .min(2)
    .optional(),
});

/** The machine of a run; no host name. */
export const machineSchema = z.strictObject({
  os: words,
  arch: words,
  cpu: words,
  cores: z.int().min(1),
  memoryGB: z.number(),
  node: words,
});

/** The native library of a run; absent: WebAssembly. */
export const engineSchema = z.strictObject({ name: z.literal('blas'), version: words, core: words });

/** Schema of `verdicts.json`; as JSON Schema in `@assay-ml/claims/schema/verdicts.schema.json`. */
export const verdictsSchema = z.strictObject({
  schema: z.literal(VERDICTS_SCHEMA),
  key: words,
  tier,
  resultHash: z.string().regex(/^[0-9a-f]{64}$/),
  seconds: z.number().min(0),
  machine: machineSchema,
  backend: words,
  engine: engineSchema.optional(),
  seeds: z.array(z.int().min(0)),
  claims: z.array(verdict),
});

/** The content of `verdicts.json`. */
export type VerdictsFile = z.infer<typeof verdictsSchema>;

/** Schema 1 of `verdicts.json`, read as what schema 2 says of the same verdicts. */
export const verdicts1Schema = z
  .strictObject({ ...verdictsSchema.shape, schema: z.literal(1), claims: z.array(verdict1) })
  .transform((file): VerdictsFile => ({ ...file, schema: VERDICTS_SCHEMA, claims: file.claims.map(upgrade) }));

/** Fewer than five blocks were judged by the mean then, at every tier; parts were not written, nor an exact claim's unit. */
function upgrade(old: z.infer<typeof verdict1>): VerdictsFile['claims'][number] {
  const exact = old.rule.statistic === 'exact';
  const decided = exact
    ? old.n === 0
      ? null
      : 'checks'
    : old.n < ENOUGH_BLOCKS
      ? 'mean'
      : old.interval === null
        ? null
        : 'interval';
  return {
    ...old,
    unit: unitOf(old.rule as Rule),
    level: exact ? null : LEVEL,
    judgedBy: old.measured === null && !exact ? null : decided,
    blocks: exact ? null : old.n,
  };
}

/** JSON Schema of `verdicts.json`. */
export function verdictsJsonSchema(): object {
  return z.toJSONSchema(verdictsSchema);
}

/** Sha256 of the canonical JSON of all `[cell id, values]` sorted by id: no times, no machine, no order. @throws TypeError for arguments of another kind */
export function resultHash(records: readonly Pick<CellRecord, 'id' | 'values'>[]): string {
  requireList('resultHash', 'records', records, '[...readRecords(folder).values()] are those of a folder.');
  const pairs = records.map((r) => [r.id, r.values] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sha256(canonicalize(pairs)!);
}

/** Exit codes of a run; 130 is a run stopped by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 130;

/**
 * What a run's verdicts mean for the exit code.
 *
 * 2: something could not be done (`failures`, or data missing for a claim that was asked for by id); else 1: a verdict
 * contradicts its expectation, or is inconclusive against one at `standard` and `full`; else 0. `not-run` and
 * expectations `report` do not count.
 * @param verdicts the judged claims
 * @param tier an inconclusive verdict is forgiven at quick alone
 * @param failures crashed cells and claims that could not be judged, in words
 * @param asked whether the claims were chosen by `--only`
 * @throws TypeError for arguments of another kind
 */
export function exitCode(
  verdicts: readonly Verdict[],
  tier: Tier,
  failures: readonly string[],
  asked = false,
): 0 | 1 | 2 {
  requireList('exitCode', 'verdicts', verdicts, 'Give the judged claims.');
  requireList('exitCode', 'failures', failures, 'Give none as [].');
  if (failures.length > 0) return 2;
  if (asked && verdicts.some((v) => v.verdict === 'not-run' && v.why?.startsWith(DATA_MISSING))) return 2;
  const unexpected = verdicts.some(({ verdict, expect }) => {
    if (verdict === 'not-run' || expect === 'report') return false;
    return verdict === 'inconclusive' ? tier !== 'quick' : verdict !== expect;
  });
  return unexpected ? 1 : 0;
}
