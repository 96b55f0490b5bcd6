import fc from 'fast-check';
import { expect, it } from 'vitest';

import { bytes, chargeRound, emptyLedger } from '../src/index.js';

it('a new ledger is empty and one of its own', () => {
  const ledger = emptyLedger();
  expect(ledger).toEqual({ rounds: 0, floatsUp: 0, floatsDown: 0, gradientCalls: 0 });
  chargeRound(ledger, 1, 1, 1, 1);
  expect(emptyLedger().rounds).toBe(0);
});

it('counts a round of 3 clients that send 20 floats, receive 10, and ask for 15 gradients together', () => {
  const ledger = emptyLedger();
  chargeRound(ledger, 3, 20, 10, 15);
  expect(ledger).toEqual({ rounds: 1, floatsUp: 60, floatsDown: 30, gradientCalls: 15 });
  expect(bytes(ledger)).toEqual({ up: 480, down: 240, total: 720 });
});

it('adds rounds up exactly', () => {
  const count = fc.nat(1e6);
  fc.assert(
    fc.property(fc.array(fc.tuple(count, count, count, count), { maxLength: 20 }), (rounds) => {
      const ledger = emptyLedger();
      for (const round of rounds) chargeRound(ledger, ...round);
      const sum = (of: (round: (typeof rounds)[number]) => number) => rounds.reduce((s, round) => s + of(round), 0);
      expect(ledger).toEqual({
        rounds: rounds.length,
        floatsUp: sum(([clients, up]) => clients * up),
        floatsDown: sum(([clients, , down]) => clients * down),
        gradientCalls: sum(([, , , calls]) => calls),
      });
      const { up, down, total } = bytes(ledger);
      expect([up / 8, down / 8, total]).toEqual([ledger.floatsUp, ledger.floatsDown, up + down]);
    }),
  );
});

it('refuses what is no ledger, and counts that are none', () => {
  expect(() => bytes({} as never)).toThrow(
    new TypeError(
      "bytes: 'ledger' is an object; must be an object with floatsUp, floatsDown. emptyLedger() makes a ledger.",
    ),
  );
  expect(() => bytes({ ...emptyLedger(), floatsUp: '3' as never })).toThrow(
    new RangeError("bytes: 'ledger.floatsUp' is '3'; must be an integer of at least 0. emptyLedger() makes a ledger."),
  );
  const ledger = emptyLedger();
  expect(() => chargeRound(ledger, 2, NaN, 1, 1)).toThrow(
    "chargeRound: 'up' is NaN; must be an integer of at least 0.",
  );
  expect(() => chargeRound(ledger, 2, 1, 1, '3' as never)).toThrow("chargeRound: 'gradientCalls' is '3'");
  expect(ledger).toEqual(emptyLedger());
});
