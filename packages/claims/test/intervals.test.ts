import { logLogSlope, meanInterval, pairedDifference, quantile, stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, type Evidence, type Rule } from '../src/index.js';
import { clopperPearson } from '../src/intervals.js';

type Pairs = Extract<Evidence, { kind: 'paired' }>['pairs'];

const words = 'in words';
const intervalOf = (rule: Rule, evidence: Evidence) =>
  judge(
    {
      id: 'x.C1',
      statement: 'It holds.',
      source: 'Table 1',
      kind: 'paper',
      experiments: [],
      tiers: ['standard'],
      rule,
      expect: 'report',
      evidence: () => evidence,
    },
    [],
    'standard',
  ).interval!;
const paired = (rows: readonly (readonly [number, number])[]): Pairs =>
  rows.map(([a, b], i) => ({ block: String(i), a, b }));
const meanDiff = { statistic: 'mean-diff', min: 0, words } as const;
const logRatio = { statistic: 'log-ratio', min: 0, words } as const;
const median = { statistic: 'quantile-ratio', quantile: 0.5, min: 1, words } as const;
const slope = { statistic: 'slope', min: 0, words } as const;

/** Ends equal to 11 digits of the larger. */
function near(actual: readonly [number, number], expected: readonly [number, number]): void {
  const size = Math.max(Math.abs(expected[0]), Math.abs(expected[1]));
  for (const [i, end] of actual.entries()) expect(Math.abs(end - expected[i]!) / size).toBeLessThan(1e-11);
}

const positive = fc.double({ min: 0.1, max: 10, noNaN: true });
/** Samples with enough spread that rounding does not matter. */
const rows = (size: { minLength: number; maxLength: number }) =>
  fc
    .array(fc.tuple(positive, positive), size)
    .filter((all) => Math.max(...all.map(([a, b]) => a - b)) - Math.min(...all.map(([a, b]) => a - b)) > 0.01);
const few = { minLength: 2, maxLength: 30 };

describe('intervals, against the textbook', () => {
  it('is Student’s for five numbers, by hand', () => {
    // 1 … 5: mean 3, s = √2.5, t(4) = 2.776445: 3 ± 2.776445 · √(2.5/5)
    const [low, high] = intervalOf(meanDiff, { kind: 'paired', pairs: paired([1, 2, 3, 4, 5].map((a) => [a, 0])) });
    expect(low).toBeCloseTo(3 - 2.7764451051977987 * Math.sqrt(0.5), 12);
    expect(high).toBeCloseTo(3 + 2.7764451051977987 * Math.sqrt(0.5), 12);
  });

  it('is Student’s of paired differences, one sample a block', () => {
    fc.assert(
      fc.property(rows(few), (all) => {
        const a = all.map(([x]) => x);
        const b = all.map(([, y]) => y);
        near(intervalOf(meanDiff, { kind: 'paired', pairs: paired(all) }), pairedDifference(a, b).interval);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('is Student’s of block means, where blocks hold equally many samples', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive, positive), few), (blocks) => {
        const pairs = blocks.flatMap((block, i) => block.map((a) => ({ block: String(i), a: 10 ** a, b: 1 })));
        const means = blocks.map((block) => (block[0] + block[1] + block[2]) / 3);
        fc.pre(Math.max(...means) - Math.min(...means) > 0.01);
        near(intervalOf(logRatio, { kind: 'paired', pairs }), meanInterval(means).interval);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  it('is Student’s of the blocks’ own slopes, where all have the same x', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive, positive), few), (blocks) => {
        const x = [1, 3, 10];
        const points = blocks.flatMap((y, i) => x.map((at, k) => ({ block: String(i), x: at, y: y[k]! })));
        const slopes = blocks.map((y) => logLogSlope(x, y).value);
        fc.pre(Math.max(...slopes) - Math.min(...slopes) > 0.01);
        near(intervalOf(slope, { kind: 'points', points }), meanInterval(slopes).interval);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('takes one degree more from a slope whose blocks are points', () => {
    // log x = 0, 1, 2 and log y = 0, 2, 1: slopes without each are −1, 1/2, 2, their mean 1/2, error √(2/3 · 4.5), t(1)
    const points = [
      [1, 1],
      [10, 100],
      [100, 10],
    ].map(([x, y], i) => ({ block: String(i), x: x!, y: y! }));
    const [low, high] = intervalOf(slope, { kind: 'points', points });
    expect(low).toBeCloseTo(0.5 - 12.706204736174705 * Math.sqrt(3), 9);
    expect(high).toBeCloseTo(0.5 + 12.706204736174705 * Math.sqrt(3), 9);
  });

  it('is the block bootstrap’s error with Student’s t for a ratio of quantiles', () => {
    const rows = Array.from({ length: 9 }, (_, i) => [2 + Math.sin(i), 3 + Math.cos(3 * i)] as const);
    const pairs = [...paired(rows), ...paired(rows.map(([a, b]) => [b, a * b]))];
    const draw = stream(0, 'bootstrap', 'x.C1/');
    const blocks = rows.map(([a, b]) => [[a, b] as const, [b, a * b] as const]);
    const ratio = (of: typeof blocks) =>
      quantile(of.flat().map(([a]) => a), 0.75) / quantile(of.flat().map(([, b]) => b), 0.75); // prettier-ignore
    const logs = Array.from({ length: 400 }, () => Math.log(ratio(blocks.map(() => blocks[draw.integer(9)]!))));
    const mean = logs.reduce((sum, x) => sum + x) / 400;
    const error = Math.sqrt((9 / 8) * (logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 400));
    const [low, high] = intervalOf({ ...median, quantile: 0.75 }, { kind: 'paired', pairs });
    const centre = Math.log(ratio(blocks));
    expect(Math.log(low)).toBeCloseTo(centre - 2.306004135204166 * error, 10);
    expect(Math.log(high)).toBeCloseTo(centre + 2.306004135204166 * error, 10);
  });
});

describe('laws of intervals', () => {
  it('knows no samples, only blocks: each sample written twice changes nothing', () => {
    fc.assert(
      fc.property(rows({ minLength: 3, maxLength: 8 }), (all) => {
        const pairs = paired(all);
        const points = pairs.flatMap(({ block, a, b }) => [
          { block, x: 1, y: a },
          { block, x: 10, y: b },
        ]);
        for (const rule of [meanDiff, logRatio]) {
          near(
            intervalOf(rule, { kind: 'paired', pairs: [...pairs, ...pairs] }),
            intervalOf(rule, { kind: 'paired', pairs }),
          );
        }
        near(
          intervalOf(slope, { kind: 'points', points: [...points, ...points] }),
          intervalOf(slope, { kind: 'points', points }),
        );
      }),
      { seed: 4, numRuns: 30 },
    );
  });

  it('holds the statistic, as far from it on both sides (of a ratio: as many times)', () => {
    fc.assert(
      fc.property(rows({ minLength: 4, maxLength: 12 }), (all) => {
        const evidence = { kind: 'paired', pairs: paired(all) } as const;
        const mean = all.reduce((sum, [a, b]) => sum + a - b, 0) / all.length;
        const [low, high] = intervalOf(meanDiff, evidence);
        expect(mean - low).toBeCloseTo(high - mean, 9);
        const ratio = quantile(all.map(([a]) => a), 0.5) / quantile(all.map(([, b]) => b), 0.5); // prettier-ignore
        const ends = intervalOf(median, evidence);
        fc.pre(ends !== null && ends[1] < 1e6);
        expect(Math.log(ratio / ends[0])).toBeCloseTo(Math.log(ends[1] / ratio), 9);
      }),
      { seed: 5, numRuns: 30 },
    );
  });

  it('turns with its samples: a and b exchanged, or measured in another unit', () => {
    fc.assert(
      fc.property(rows({ minLength: 4, maxLength: 12 }), positive, (all, unit) => {
        const of = (rule: Rule, pairs: Pairs) => intervalOf(rule, { kind: 'paired', pairs });
        const exchanged = paired(all.map(([a, b]) => [b, a]));
        const [low, high] = of(meanDiff, paired(all));
        near(of(meanDiff, exchanged), [-high, -low]);
        near(of(meanDiff, paired(all.map(([a, b]) => [unit * a, unit * b]))), [unit * low, unit * high]);
        const ends = of(median, paired(all));
        fc.pre(ends !== null && ends[1] < 1e6);
        near(of(median, paired(all.map(([a, b]) => [unit * a, b]))), [unit * ends[0], unit * ends[1]]);
      }),
      { seed: 6, numRuns: 30 },
    );
  });

  it('has a ratio of quantiles of samples that have no logarithm', () => {
    const rows = [-1, 0, 1, 2, 3, 4].map((a, i) => [a, 1 + i / 10] as const);
    const [low, high] = intervalOf(median, { kind: 'paired', pairs: paired(rows) });
    expect(low).toBeLessThan(0);
    expect((low + high) / 2).toBeCloseTo(1.5 / 1.25, 12);
  });

  it('is none that numbers cannot hold', () => {
    const pairs = paired([
      [1e-300, 1],
      [1e300, 1],
      [1, 1e300],
    ]);
    expect(intervalOf(median, { kind: 'paired', pairs })).toBeNull();
  });

  it('has a width where squares would overflow or vanish', () => {
    for (const unit of [1e200, 1e-200]) {
      const [low, high] = intervalOf(meanDiff, { kind: 'paired', pairs: paired([1, 2, 3].map((a) => [a * unit, 0])) });
      expect(low / unit).toBeCloseTo(2 - 4.302652729749464 / Math.sqrt(3), 10);
      expect(high / unit).toBeCloseTo(2 + 4.302652729749464 / Math.sqrt(3), 10);
    }
  });
});

describe('Clopper and Pearson', () => {
  /** P(X ≤ k) of a binomial law, from logarithms of factorials. */
  const atMost = (k: number, n: number, p: number) => {
    const logFactorial = (m: number) => Array.from({ length: m }, (_, i) => Math.log(i + 1)).reduce((s, x) => s + x, 0);
    let sum = 0;
    for (let i = 0; i <= k; i++) {
      const ways = logFactorial(n) - logFactorial(i) - logFactorial(n - i);
      sum += Math.exp(ways + i * Math.log(p) + (n - i) * Math.log(1 - p));
    }
    return sum;
  };

  it('leaves 2.5 % beyond each end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (n, seed) => {
        const holds = seed % (n + 1);
        const [low, high] = clopperPearson(holds, n);
        if (holds === 0) expect(low).toBe(0);
        else expect(1 - atMost(holds - 1, n, low)).toBeCloseTo(0.025, 9);
        if (holds === n) expect(high).toBe(1);
        else expect(atMost(holds, n, high)).toBeCloseTo(0.025, 9);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('holds at ten thousand trials', () => {
    const [low, high] = clopperPearson(5000, 10000);
    expect(low).toBeCloseTo(0.5 - 0.98 / 100 - 0.5 / 10000, 4); // the normal one, half a trial wider
    expect(low + high).toBeCloseTo(1, 12);
  });
});
