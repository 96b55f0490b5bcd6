/** The losses of a tier's trainings, and pairs of them, by seed. */
import type { CellRecord, Tier } from '@assay-ml/claims';
import { number, type Pair, select } from '@assay-ml/claims/evidence';
import type { MethodConfig } from '../methods.js';
import { lengthOf, mainOf, type MainName } from '../plan.js';

/** Where a tier's trainings are. */
export const TRAININGS = ['train', 'decoder'] as const;

/** The finished trainings of one method at one rate, by seed. */
export function trainings(
  records: readonly CellRecord[],
  tier: Tier,
  method: MethodConfig,
  rate: number,
): CellRecord[] {
  const wanted = Object.entries({ ...method, rate, ...lengthOf(tier) });
  return select(records, tier === 'quick' ? 'train' : 'decoder', (config) => {
    const text = (value: unknown) => JSON.stringify(value);
    return (
      Object.keys(config).length === wanted.length && wanted.every(([key, value]) => text(config[key]) === text(value))
    );
  });
}

/** Test losses by seed; `of` a method by name or its options. */
export function losses(records: readonly CellRecord[], tier: Tier, of: MainName | MethodConfig, rate: number) {
  const method = typeof of === 'string' ? mainOf(tier)[of] : of;
  return new Map(trainings(records, tier, method, rate).map((record) => [record.seed, number(record, 'loss')]));
}

/**
 * A pair of every seed of these trainings: a and b are made of their losses.
 * @throws TypeError when a training of a seed is missing: a condition must not fall away unseen
 */
export function compared<Name extends string>(
  columns: Readonly<Record<Name, ReadonlyMap<number, number>>>,
  make: (losses: Readonly<Record<Name, number>>) => readonly [a: number, b: number],
  part: string,
): Pair[] {
  const named = Object.entries(columns) as [Name, ReadonlyMap<number, number>][];
  const seeds = [...new Set(named.flatMap(([, losses]) => [...losses.keys()]))].sort((a, b) => a - b);
  if (seeds.length === 0) throw new TypeError(`evidence: no finished training for '${part}'.`);
  return seeds.map((seed) => {
    const missing = named.find(([, losses]) => !losses.has(seed));
    if (missing) throw new TypeError(`evidence: '${part}' lacks ${missing[0]} of seed ${seed}.`);
    const [a, b] = make(Object.fromEntries(named.map(([name, losses]) => [name, losses.get(seed)!])) as Record<Name, number>); // prettier-ignore
    return { block: String(seed), a, b, part };
  });
}
