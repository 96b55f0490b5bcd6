import { stream, type Stream } from '@assay-ml/numerics';
import { fraction, integer, invalid, requireOptions, shown } from '@assay-ml/numerics/check';
import { checkWeights } from './aggregate.js';

/**
 * Which clients take part in a round: all of them, or a cohort of fixed size drawn without replacement, anew each round;
 * uniformly, or one after another with probabilities in proportion to `weights`, one a client.
 */
export type Participation = 'full' | { readonly cohort: number; readonly weights?: ArrayLike<number> };

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
    requireOptions<{ cohort: number; weights?: ArrayLike<number> }>(where, participation, { cohort: 1, weights: 1 }, 'participation'); // prettier-ignore
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
  const { weights } = participation as { weights?: ArrayLike<number> };
  if (weights === undefined) return (round) => key.at(round).choice(clients, cohort).sort();
  const checked = checkWeights(weights, clients, 'cohorts');
  return (round) => byWeight(key.at(round), checked, cohort).sort();
}

/**
 * The smallest E/w, E exponential: whose clocks ring first is what drawing one after another by weight gives (Efraimidis and
 * Spirakis 2006).
 */
function byWeight(draw: Stream, weights: Float64Array, cohort: Uint32Array): Uint32Array {
  const rings = draw.fillExponential(new Float64Array(weights.length));
  for (let k = 0; k < rings.length; k++) rings[k]! /= weights[k]!;
  const first = Array.from(rings.keys()).sort((a, b) => rings[a]! - rings[b]! || a - b);
  cohort.set(first.slice(0, cohort.length));
  return cohort;
}

/**
 * Those of a round's clients that do not drop out of it, each with the same probability on its own; of seed, round and client alone.
 * @param cohort clients of the round
 * @param dropout probability of dropping out, from 0 to below 1
 * @returns a new array, which may be empty
 * @throws RangeError for another probability
 */
export function survivors(cohort: Uint32Array, dropout: number, seed: number, round: number): Uint32Array {
  fraction('survivors', 'dropout', dropout, 'It is a probability.');
  if (dropout === 0) return cohort.slice();
  const key = stream(seed, 'dropout');
  return cohort.filter((client) => key.at(round, client).uniform() >= dropout);
}

/**
 * Clients that are kept unseen: they take part in no round, and are met in the end.
 * @param count how many of them, fewer than there are clients
 * @returns the unseen and the others, each ascending
 * @throws RangeError for another count
 */
export function heldOut(
  clients: number,
  count: number,
  seed: number,
): { readonly unseen: Uint32Array; readonly seen: Uint32Array } {
  // prettier-ignore
  integer('heldOut', 'clients', clients, 1);
  integer('heldOut', 'count', count, 0);
  if (count >= clients) throw invalid('heldOut', 'count', count, `below the number of clients, ${clients}`, 'Someone must train.'); // prettier-ignore
  const order = stream(seed, 'held out').permutation(new Uint32Array(clients));
  return { unseen: order.slice(0, count).sort(), seen: order.slice(count).sort() };
}
