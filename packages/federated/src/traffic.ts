/** A ledger by group: what was sent of the base, of adaptors, of weights, each in its own dtype. */
import { integer, oneOf, requireKeys } from '@assay-ml/numerics/check';

/** Bytes of a number. */
const BYTES = { float64: 8, float32: 4, float16: 2, int8: 1 } as const;

/** What numbers are sent as. */
export type Dtype = keyof typeof BYTES;

const DTYPES = Object.keys(BYTES) as Dtype[];

/** Bytes and numbers by group; a type, so that it may be part of a `State`. */
export type Traffic = { [group: string]: { dtype: Dtype; numbersUp: number; numbersDown: number } };

/** Groups of a traffic, each with its dtype and nothing sent. @throws TypeError for arguments of another kind */
export function emptyTraffic(groups: Readonly<Record<string, Dtype>>): Traffic {
  requireKeys('emptyTraffic', 'groups', groups, [], "Say { base: 'float32' }.");
  return Object.fromEntries(
    Object.entries(groups).map(([group, dtype]) => [
      group,
      { dtype: oneOf('emptyTraffic', group, dtype, DTYPES), numbersUp: 0, numbersDown: 0 },
    ]),
  );
}

/**
 * Adds what `clients` clients sent and received of one group, in place.
 * @param up numbers each of them sends
 * @param down numbers each of them receives
 * @throws TypeError for arguments of another kind; RangeError for a group that is none, or counts that are no integers ≥ 0
 */
export function chargeTraffic(traffic: Traffic, group: string, clients: number, up: number, down: number): void {
  requireKeys('chargeTraffic', 'traffic', traffic, [], 'emptyTraffic() makes one.');
  oneOf('chargeTraffic', 'group', group, Object.keys(traffic), 'emptyTraffic names them.');
  for (const [name, value] of [['clients', clients], ['up', up], ['down', down]] as const) integer('chargeTraffic', name, value, 0, 'Counts are exact.'); // prettier-ignore
  traffic[group]!.numbersUp += clients * up;
  traffic[group]!.numbersDown += clients * down;
}

/** Bytes of each group. @throws TypeError for arguments of another kind */
export function trafficBytes(
  traffic: Traffic,
): Readonly<Record<string, { readonly up: number; readonly down: number }>> {
  requireKeys('trafficBytes', 'traffic', traffic, [], 'emptyTraffic() makes one.');
  return Object.fromEntries(
    Object.entries(traffic).map(([group, { dtype, numbersUp, numbersDown }]) => {
      const bytes = BYTES[oneOf('trafficBytes', group, dtype, DTYPES, 'emptyTraffic() makes one.')];
      return [group, { up: bytes * numbersUp, down: bytes * numbersDown }];
    }),
  );
}
