/** What is a reproduction: checked at the border, since it may come from anybody's package. */
import { z } from 'zod';
import type { Reproduction } from './types.js';

/** Version of the shape of a reproduction. */
export const REPRODUCTION_SCHEMA = 1;

/** Whether a text can be a reproduction's key: lower-case words joined by '-', since it names folders. */
export const isKey = (text: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text);

const words = z.string().min(1);
const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');
const tier = z.enum(['quick', 'standard', 'full']);
const expectation = z.enum(['supported', 'refuted', 'report']);

const rule = z
  .looseObject({
    statistic: z.enum(['exact', 'mean-diff', 'log-ratio', 'quantile-ratio', 'slope', 'share']),
    min: z.number().optional(),
    max: z.number().optional(),
    words,
  })
  .refine(({ statistic, min, max }) => statistic === 'exact' || min !== undefined || max !== undefined, {
    message: "must have 'min' or 'max'",
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    message: "'min' must be at most 'max'",
  });

// Loose: a reproduction written for a later version may say more.
const shape = z.looseObject({
  schema: z.literal(REPRODUCTION_SCHEMA),
  key: z.string().refine(isKey, "must be lower-case words joined by '-': it names folders"),
  project: words,
  title: words,
  citation: z.string(),
  experiments: z.array(z.looseObject({ id: words, title: words, module: words, cells: fn, cost: fn })),
  claims: z.array(
    z.looseObject({
      id: words,
      statement: words,
      source: words,
      kind: z.enum(['paper', 'critique', 'beyond']),
      experiments: z.array(words),
      tiers: z.array(tier),
      rule,
      expect: z.union([expectation, z.partialRecord(tier, expectation)]),
      reference: z.union([words, z.looseObject({ value: z.number(), words })]).optional(),
      evidence: fn,
    }),
  ),
  figures: fn.optional(),
});

/**
 * Takes what a module exports for a reproduction.
 * @returns the same object
 * @throws TypeError that lists what is missing or of another kind; when two claims or two experiments share an id; when the
 *   id of a claim does not begin with the key; when a claim reads an experiment that is not there
 */
export function checkReproduction(value: unknown): Reproduction {
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new TypeError(`checkReproduction: ${problems(value, parsed.error)}`);
  const reproduction = value as Reproduction;
  const { key, experiments, claims } = reproduction;
  const known = new Set<string>();
  for (const { id } of experiments) {
    if (known.has(id))
      throw new TypeError(`checkReproduction: two experiments of '${key}' are called '${id}'. Rename one.`);
    known.add(id);
  }
  const ids = new Set<string>();
  for (const { id, experiments: read } of claims) {
    if (ids.has(id)) throw new TypeError(`checkReproduction: two claims of '${key}' are called '${id}'. Rename one.`);
    ids.add(id);
    if (!id.startsWith(`${key}.`)) {
      throw new TypeError(`checkReproduction: claim '${id}' must begin with the key, e.g. '${key}.${id}'. Rename it.`);
    }
    const unknown = read.find((name) => !known.has(name));
    if (unknown !== undefined) {
      throw new TypeError(
        `checkReproduction: claim '${id}' reads experiment '${unknown}'; must be one of ${[...known].join(', ')}.`,
      );
    }
  }
  return reproduction;
}

/** The first problems, each with its place: `claims.0.rule: …`. */
function problems(value: unknown, { issues }: z.ZodError): string {
  const schema = (value as { readonly schema?: unknown } | null | undefined)?.schema;
  if (schema !== undefined && schema !== REPRODUCTION_SCHEMA) {
    return `'schema' is ${JSON.stringify(schema)}; this version of @assay-ml/claims takes ${REPRODUCTION_SCHEMA}. Install the version that the reproduction was made for.`;
  }
  const shown = issues.slice(0, SHOWN).map(({ path, message }) => `${path.join('.') || 'the export'}: ${message}`);
  const more = issues.length > SHOWN ? `; and ${issues.length - SHOWN} more` : '';
  return `${shown.join('; ')}${more}`;
}

const SHOWN = 5;
