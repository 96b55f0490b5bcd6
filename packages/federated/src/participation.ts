import { stream, type Stream } from '@assay-ml/numerics';
import { requireOptions, shown } from '@assay-ml/numerics/check';

/**
 * Which clients take part in a round: all of them, or a cohort of fixed size drawn uniformly without replacement, anew
 * each round.
 */
export type Participation = 'full' | { readonly cohort: number };

/**
 * Number of clients in each round.
 * @param participation the rule
 * @param clients number of clients there are
 * @param where function named in errors
 * @throws RangeError when the cohort is not a positive integer or there are fewer clients than it needs
 */
export function cohortSize(participation: Participation, clients: number, where = 'cohortSize'): number {
  if (!Number.isInteger(clients) || clients < 1) {
    throw new RangeError(`${where}: 'clients' is ${clients}; must be a positive integer. Count the clients there are.`);
  }
  if (participation === 'full') return clients;
  if (typeof participation === 'object' && participation !== null) {
    requireOptions<{ cohort: number }>(where, participation, { cohort: 1 }, 'participation');
  }
  const cohort: unknown = (participation as { cohort?: unknown } | null | undefined)?.cohort;
  if (typeof cohort !== 'number') {
    throw new TypeError(`${where}: 'participation' is ${shown(participation)}; must be 'full' or { cohort: number }.`);
  }
  if (!Number.isInteger(cohort) || cohort < 1) {
    throw new RangeError(`${where}: 'cohort' is ${cohort}; must be a positive integer. Use 'full' for all clients.`);
  }
  if (cohort > clients) {
    throw new RangeError(
      `${where}: 'cohort' is ${cohort}; must be at most the number of clients, ${clients}. Add clients or lower the cohort.`,
    );
  }
  return cohort;
}

/**
 * Draws cohorts. The cohort of a round depends on the seed and the round alone, never on what ran before.
 * @param participation the rule
 * @param clients number of clients there are
 * @param seed any safe integer ≥ 0
 * @returns a function that gives the clients of a round in ascending order; it returns the same array each time
 * @throws RangeError as `cohortSize`
 */
export function cohorts(participation: Participation, clients: number, seed: number): (round: number) => Uint32Array {
  const cohort = new Uint32Array(cohortSize(participation, clients, 'cohorts'));
  if (cohort.length === clients) {
    for (let i = 0; i < clients; i++) cohort[i] = i;
    return () => cohort;
  }
  const key: Stream = stream(seed, 'participation');
  return (round) => key.at(round).choice(clients, cohort).sort();
}
