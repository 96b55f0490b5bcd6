import { integer, requireKeys } from '@assay-ml/numerics/check';

/**
 * What a run has sent and computed so far. Counts are exact integers (below 2⁵³). A type, not an interface: only then may
 * it be part of a `State`.
 */
export type Ledger = {
  /** Rounds of communication. */
  rounds: number;
  /** Float64 numbers sent by clients to the server. */
  floatsUp: number;
  /** Float64 numbers sent by the server to clients. */
  floatsDown: number;
  /** Stochastic gradients asked of clients. */
  gradientCalls: number;
};

/** A ledger with nothing in it. */
export function emptyLedger(): Ledger {
  return { rounds: 0, floatsUp: 0, floatsDown: 0, gradientCalls: 0 };
}

/**
 * Adds one round to a ledger, in place.
 * @param ledger the ledger
 * @param clients number of clients in the round
 * @param up floats each of them sends
 * @param down floats each of them receives
 * @param gradientCalls gradients all of them computed together
 * @throws TypeError for arguments of another kind; RangeError unless all are integers ≥ 0
 */
export function chargeRound(ledger: Ledger, clients: number, up: number, down: number, gradientCalls: number): void {
  requireKeys(
    'chargeRound',
    'ledger',
    ledger,
    ['rounds', 'floatsUp', 'floatsDown', 'gradientCalls'],
    'emptyLedger() makes a ledger.',
  );
  for (const [name, value] of [['clients', clients], ['up', up], ['down', down], ['gradientCalls', gradientCalls]] as const) {
    integer('chargeRound', name, value, 0, 'Counts are exact.');
  } // prettier-ignore
  ledger.rounds += 1;
  ledger.floatsUp += clients * up;
  ledger.floatsDown += clients * down;
  ledger.gradientCalls += gradientCalls;
}

/**
 * Bytes of a ledger: 8 a float, as nothing is compressed.
 * @throws TypeError for what is no ledger; RangeError for counts that are none
 */
export function bytes(ledger: Ledger): { readonly up: number; readonly down: number; readonly total: number } {
  requireKeys('bytes', 'ledger', ledger, ['floatsUp', 'floatsDown'], 'emptyLedger() makes a ledger.');
  const up = 8 * integer('bytes', 'ledger.floatsUp', ledger.floatsUp, 0, 'emptyLedger() makes a ledger.');
  const down = 8 * integer('bytes', 'ledger.floatsDown', ledger.floatsDown, 0, 'emptyLedger() makes a ledger.');
  return { up, down, total: up + down };
}
