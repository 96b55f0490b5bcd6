import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { runRounds } from '../src/index.js';

describe('runRounds', () => {
  it('runs each round once, in order, and reports after each', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (from, count) => {
        const log: string[] = [];
        runRounds(from, from + count, (r) => log.push(`round ${r}`) > 0, {
          onProgress: (done, planned) => log.push(`${done} of ${planned}`),
        });
        const expected = Array.from({ length: count }, (_, k) => from + k);
        expect(log).toEqual(expected.flatMap((r) => [`round ${r}`, `${r + 1} of ${from + count}`]));
      }),
    );
  });

  it('needs no watcher', () => {
    let sum = 0;
    runRounds(0, 5, (r) => (sum += r) >= 0);
    expect(sum).toBe(10);
  });

  it('ends after the round that says so, which is reported too', () => {
    const seen: number[] = [];
    runRounds(0, 9, (r) => r < 3, { onProgress: (done) => seen.push(done) });
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it('stops between rounds when aborted, with the reason, and resumes where it stopped', () => {
    const stop = new AbortController();
    const own = new Error('enough');
    const done: number[] = [];
    const round = (r: number): boolean => done.push(r) > 0;
    const run = () =>
      runRounds(0, 6, round, { signal: stop.signal, onProgress: (after) => after === 2 && stop.abort(own) });
    expect(run).toThrow(own);
    expect(done).toEqual([0, 1]);
    runRounds(done.length, 6, round);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('runs nothing after an abort that came before, and throws an AbortError where no reason was given', () => {
    const signal = AbortSignal.abort();
    let rounds = 0;
    expect(() => runRounds(0, 3, () => ++rounds > 0, { signal })).toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
    expect(rounds).toBe(0);
    expect(() => runRounds(3, 3, () => true, { signal })).not.toThrow(); // nothing left to stop
  });

  it('P1: a name that is not known', () => {
    expect(() => runRounds(0, 1, () => true, { onProgres: () => undefined } as never)).toThrow(
      new RangeError(
        "runRounds: 'onProgres' is no option; must be one of signal, onProgress. Did you mean 'onProgress'?",
      ),
    );
  });

  it('lets an error of a round through', () => {
    const round = (r: number): boolean => {
      if (r === 1) throw new RangeError('NaN in round 1');
      return true;
    };
    expect(() => runRounds(0, 3, round)).toThrow('NaN in round 1');
  });

  it.each([
    [0, 1.5],
    [NaN, 3],
    [0, Infinity],
    [-1, 3],
    [4, 3],
  ])('refuses rounds from %d to %d', (from, to) => {
    const call = () => runRounds(from, to, () => true);
    expect(call).toThrow(RangeError);
    expect(call).toThrow(
      `runRounds: rounds are from ${from} to ${to}; must be integers with 0 ≤ from ≤ to. Count both from the start of the run.`,
    );
  });
});

it('refuses a round that is no function', () => {
  expect(() => runRounds(0, 3, { signal: undefined } as never)).toThrow(
    new TypeError("runRounds: 'round' is an object; must be a function (round) => boolean."),
  );
});
