/** The file `verdicts.json`, its schema, the hash of a result and the exit code. */
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { sha256 } from './code-version.js';
import { DATA_MISSING } from './judge.js';
import type { CellRecord, Tier, Verdict } from './types.js';

/** Version of the files in a results folder. */
export const SCHEMA = 1;

const words = z.string().min(1);
const tier = z.enum(['quick', 'standard', 'full']);

const rule = z.discriminatedUnion('statistic', [
  z.strictObject({ statistic: z.literal('exact'), words }),
  z.strictObject({
    statistic: z.enum(['mean-diff', 'log-ratio', 'quantile-ratio', 'slope']),
    min: z.number().optional(),
    max: z.number().optional(),
    quantile: z.number().min(0).max(1).optional(),
    words,
  }),
]);

const verdict = z.strictObject({
  id: words,
  statement: words,
  source: words,
  kind: z.enum(['paper', 'critique', 'beyond']),
  rule,
  expect: z.enum(['supported', 'refuted', 'report']),
  reason: words.optional(),
  reference: words.optional(),
  verdict: z.enum(['supported', 'refuted', 'inconclusive', 'not-run']),
  why: words.optional(),
  measured: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  n: z.int().min(0),
  excluded: z.int().min(1).optional(),
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

/** Schema of `verdicts.json`; as JSON Schema in `@assay-ml/claims/schema/verdicts.schema.json`. */
export const verdictsSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  key: words,
  tier,
  resultHash: z.string().regex(/^[0-9a-f]{64}$/),
  seconds: z.number().min(0),
  machine: machineSchema,
  backend: words,
  seeds: z.array(z.int().min(0)),
  claims: z.array(verdict),
});

/** The content of `verdicts.json`. */
export type VerdictsFile = z.infer<typeof verdictsSchema>;

/** JSON Schema of `verdicts.json`. */
export function verdictsJsonSchema(): object {
  return z.toJSONSchema(verdictsSchema);
}

/** Sha256 of the canonical JSON of all `[cell id, values]` sorted by id: no times, no machine, no order. */
export function resultHash(records: readonly Pick<CellRecord, 'id' | 'values'>[]): string {
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
 */
export function exitCode(
  verdicts: readonly Verdict[],
  tier: Tier,
  failures: readonly string[],
  asked = false,
): 0 | 1 | 2 {
  if (failures.length > 0) return 2;
  if (asked && verdicts.some((v) => v.verdict === 'not-run' && v.why?.startsWith(DATA_MISSING))) return 2;
  const unexpected = verdicts.some(({ verdict, expect }) => {
    if (verdict === 'not-run' || expect === 'report') return false;
    return verdict === 'inconclusive' ? tier !== 'quick' : verdict !== expect;
  });
  return unexpected ? 1 : 0;
}
