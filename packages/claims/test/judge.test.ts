import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectation, judge, type CellRecord, type Claim, type Evidence, type Rule } from '../src/index.js';
import { noise } from './fixtures/toy/noise.mjs';

const claim = (rule: Rule, evidence: Evidence | (() => Evidence), more: Partial<Claim> = {}): Claim => ({
  id: 'x.C1',
  statement: 'It holds.',
  source: 'Table 1',
  kind: 'paper',
  experiments: ['e'],
  tiers: ['quick', 'standard'],
  rule,
  expect: 'supported',
  evidence: typeof evidence === 'function' ? evidence : () => evidence,
  ...more,
});
const pairs = (rows: readonly (readonly [number, number])[], part?: string): Extract<Evidence, { kind: 'paired' }> => ({
  kind: 'paired',
  pairs: rows.map(([a, b], i) => ({ block: String(i), a, b, ...(part === undefined ? {} : { part }) })),
});
const points = (rows: readonly (readonly [number, number])[]): Evidence => ({
  kind: 'points',
  points: rows.map(([x, y], i) => ({ block: String(i), x, y })),
});
const verdictOf = (rule: Rule, evidence: Evidence) => judge(claim(rule, evidence), [], 'quick');
const words = 'in words';
const record = (more: Partial<CellRecord>): CellRecord => ({
  id: '0',
  experiment: 'e',
  config: {},
  seed: 0,
  status: 'done',
  values: {},
  seconds: 0,
  ...more,
});

describe('statistics, by hand', () => {
  it('mean-diff is the mean of a − b', () => {
    const v = verdictOf(
      { statistic: 'mean-diff', min: 2, words },
      pairs([
        [5, 1],
        [4, 2],
        [3, 3],
        [7, 1],
        [9, 4],
      ]),
    );
    expect(v.measured).toBeCloseTo((4 + 2 + 0 + 6 + 5) / 5, 14);
    expect(v.n).toBe(5);
  });

  it('log-ratio is the mean of log10(a / b)', () => {
    const v = verdictOf(
      { statistic: 'log-ratio', max: -1, words },
      pairs([
        [1, 10],
        [1, 1000],
        [2, 200],
      ]),
    );
    expect(v.measured).toBeCloseTo((-1 - 3 - 2) / 3, 14);
    expect(v.verdict).toBe('supported');
  });

  it('quantile-ratio divides the quantiles of the two samples', () => {
    const rows = [1, 2, 3, 4, 5].map((k) => [10 * k, 6 - k] as const);
    const v = verdictOf({ statistic: 'quantile-ratio', quantile: 0.75, min: 5, words }, pairs(rows));
    expect(v.measured).toBeCloseTo(40 / 4, 14);
  });

  it('slope is the exponent of a power law', () => {
    const v = verdictOf(
      { statistic: 'slope', min: -2, max: -1, words },
      points([1, 2, 4, 8, 16, 32].map((x) => [x, 7 * x ** -1.5])),
    );
    expect(v.measured).toBeCloseTo(-1.5, 12);
    expect(v.interval?.[0]).toBeCloseTo(-1.5, 12);
    expect(v.verdict).toBe('supported');
  });

  it('slope of scattered points is ordinary least squares on the logarithms', () => {
    // log10 x = 0, 1, 2 and log10 y = 0, 2, 1: slope Σ dx dy / Σ dx² = ((−1)(−1) + 0 + (1)(0)) / 2 = 1/2
    const v = verdictOf(
      { statistic: 'slope', min: 0, words },
      points([
        [1, 1],
        [10, 100],
        [100, 10],
      ]),
    );
    expect(v.measured).toBeCloseTo(0.5, 12);
  });

  it('weighs blocks by their samples', () => {
    const evidence: Evidence = {
      kind: 'paired',
      pairs: [
        { block: 'p', a: 1, b: 0 },
        { block: 'p', a: 1, b: 0 },
        { block: 'q', a: 4, b: 0 },
      ],
    };
    const v = verdictOf({ statistic: 'mean-diff', min: 0, words }, evidence);
    expect(v.measured).toBeCloseTo(2, 14);
    expect(v.n).toBe(2);
  });

  it('gives equal samples exactly their value and an interval of no width', () => {
    const v = verdictOf({ statistic: 'mean-diff', max: 0.1, words }, pairs(Array.from({ length: 7 }, () => [0.1, 0])));
    expect(v).toMatchObject({ measured: 0.1, interval: [0.1, 0.1], verdict: 'supported' });
  });
});

describe('rules that hold still', () => {
  const rule = { statistic: 'mean-diff', min: 0, words } as const;
  const around = (centre: number, spread: number, n = 8) =>
    pairs(Array.from({ length: n }, (_, i) => [centre + spread * (i - (n - 1) / 2), 0]));

  it('is supported when the interval lies inside the rule, refuted when it lies outside', () => {
    expect(verdictOf(rule, around(1, 0.1)).verdict).toBe('supported');
    expect(verdictOf(rule, around(-1, 0.1)).verdict).toBe('refuted');
  });

  it('is inconclusive when the interval reaches across the bound, and says which side is open', () => {
    const above = verdictOf(rule, around(0.1, 0.5));
    expect(above).toMatchObject({ verdict: 'inconclusive', why: 'the interval does not exclude the opposite' });
    expect(above.interval![0]).toBeLessThan(0);
    expect(above.interval![1]).toBeGreaterThan(0);
    const below = verdictOf(rule, around(-0.1, 0.5));
    expect(below).toMatchObject({ verdict: 'inconclusive', why: 'the interval does not exclude that the rule holds' });
  });

  it('is inconclusive when the interval reaches across one of two bounds', () => {
    const between = { ...rule, min: -1, max: 1 };
    expect(verdictOf(between, around(0, 0.1)).verdict).toBe('supported');
    expect(verdictOf(between, around(0.9, 0.2)).verdict).toBe('inconclusive');
    expect(verdictOf(between, around(3, 0.1)).verdict).toBe('refuted');
  });

  it.each([1, 2, 4])('applies the rule to the mean of n = %i blocks, and shows the interval', (n) => {
    const v = verdictOf(rule, around(0.1, 0.5, n));
    expect(v.verdict).toBe('supported');
    expect(v.why).toBe(`n = ${n}: judged by the mean, the interval is shown, not used`);
    expect(v.interval === null).toBe(n === 1);
    expect(verdictOf(rule, around(-0.1, 0.5, n)).verdict).toBe('refuted');
  });

  it('has an interval close to the normal one for a large sample', () => {
    // 400 values of variance 1/12: the standard error of their mean is 0.01443
    const rows = Array.from({ length: 400 }, (_, i) => [noise(1, i), 0] as const);
    const v = verdictOf({ statistic: 'mean-diff', min: 0, words }, pairs(rows));
    const width = v.interval![1] - v.interval![0];
    expect(width).toBeGreaterThan(2 * 1.96 * 0.01443 * 0.9);
    expect(width).toBeLessThan(2 * 1.96 * 0.01443 * 1.1);
  });

  it('depends on no order', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const rows = Array.from({ length: 9 }, (_, i) => [noise(seed, i), noise(seed, -i - 1)] as const);
        const evidence = pairs(rows);
        const shuffled = {
          ...evidence,
          pairs: [...evidence.pairs].sort(
            (p, q) => noise(p.block.charCodeAt(0), seed) - noise(q.block.charCodeAt(0), seed),
          ),
        };
        expect(verdictOf({ statistic: 'log-ratio', max: 0, words }, shuffled)).toEqual(
          verdictOf({ statistic: 'log-ratio', max: 0, words }, evidence),
        );
      }),
      { numRuns: 10, seed: 1 },
    );
    const ids = ['b', 'c', 'a'];
    const seen: string[] = [];
    const watching = claim(
      { statistic: 'exact', words },
      { kind: 'none', why: 'watching' },
      {
        evidence: (records) => {
          seen.push(...records.map((r) => r.id));
          return { kind: 'none', why: 'watching' };
        },
      },
    );
    judge(watching, [...ids.map((id) => record({ id })), record({ id: 'z', experiment: 'other' })], 'quick');
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('rarely supports a planted false claim, and mostly a planted true one', () => {
    // Normal samples, sd 1, 10 blocks: means half a standard deviation (1.6 standard errors) below and above the bound.
    const normal = (run: number, i: number) =>
      Math.sqrt(-2 * Math.log(1 - noise(run, 2 * i))) * Math.cos(2 * Math.PI * noise(run, 2 * i + 1));
    const rate = (mean: number, verdict: string) => {
      let hits = 0;
      for (let run = 0; run < 150; run++) {
        const rows = Array.from({ length: 10 }, (_, i) => [mean + normal(run, i), 0] as const);
        if (verdictOf(rule, pairs(rows)).verdict === verdict) hits++;
      }
      return hits / 150;
    };
    expect(rate(-0.5, 'supported')).toBeLessThanOrEqual(0.01);
    // At the bound itself: 2.5 % in theory, more for a bootstrap over ten blocks (four standard errors above 4 % allowed).
    expect(rate(0, 'supported')).toBeLessThanOrEqual(0.1);
    expect(rate(1.5, 'supported')).toBeGreaterThanOrEqual(0.97);
  });
});

describe('parts', () => {
  const rule = { statistic: 'mean-diff', max: 0, words } as const;
  const part = (name: string, centre: number, spread = 0.01) =>
    pairs(
      Array.from({ length: 6 }, (_, i) => [centre + spread * (i - 2.5), 0]),
      name,
    ).pairs;
  const of = (...parts: ReturnType<typeof part>[]) => verdictOf(rule, { kind: 'paired', pairs: parts.flat() });

  it('supports a claim when every part holds, and shows the narrowest', () => {
    const v = of(part('far', -2), part('near', -1));
    expect(v.verdict).toBe('supported');
    expect(v.measured).toBeCloseTo(-1, 12);
    expect(v.why).toBe("holds in all 2 parts, most narrowly in 'near'");
  });

  it('lets one inconclusive part decide over supported ones, and a refuted one over all', () => {
    const open = of(part('good', -1), part('open', -0.01, 1));
    expect(open.verdict).toBe('inconclusive');
    expect(open.why).toBe(
      "inconclusive in 1 of 2 parts, decided by 'open'; the interval does not exclude the opposite",
    );
    const refuted = of(part('good', -1), part('open', -0.01, 1), part('bad', 1), part('worse', 2));
    expect(refuted).toMatchObject({ verdict: 'refuted', n: 6, why: "refuted in 2 of 4 parts, decided by 'worse'" });
    expect(refuted.measured).toBeCloseTo(2, 12);
  });

  it('counts what was left out', () => {
    const v = verdictOf(rule, { kind: 'paired', pairs: part('', -1), excluded: 3 });
    expect(v).toMatchObject({ verdict: 'supported', excluded: 3, why: '3 left out' });
  });
});

describe('exact rules', () => {
  const rule = { statistic: 'exact', words } as const;
  const check = (name: string, holds: boolean) => ({ name, holds });

  it('needs every check and names those that fail', () => {
    const good = { kind: 'exact', checks: [check('p', true), check('q', true)], measured: 1e-15 } as const;
    expect(verdictOf(rule, good)).toMatchObject({ verdict: 'supported', measured: 1e-15, interval: null, n: 2 });
    const bad = { ...good, checks: [check('q', false), check('p', false), check('r', true)] };
    expect(verdictOf(rule, bad)).toMatchObject({ verdict: 'refuted', why: 'fails: p, q', n: 3 });
  });

  it('is inconclusive without checks', () => {
    expect(verdictOf(rule, { kind: 'exact', checks: [], measured: null })).toMatchObject({
      verdict: 'inconclusive',
      why: 'no checks',
    });
  });
});

describe('what cannot be judged', () => {
  const logRatio = { statistic: 'log-ratio', max: 0, words } as const;

  it('has no logarithm at zero, ties included', () => {
    const v = verdictOf(
      logRatio,
      pairs([
        [1, 2],
        [0, 0],
        [0, 3],
        [1, 1],
        [1, 1],
      ]),
    );
    expect(v).toMatchObject({ verdict: 'inconclusive', measured: null, interval: null, n: 5 });
    expect(v.why).toBe('the logarithm is undefined: 2 of 5 samples have a zero (1 have two)');
  });

  it('has no ratio to a quantile of zero, and no slope at a single x', () => {
    const quantile = { statistic: 'quantile-ratio', quantile: 0.5, max: 1, words } as const;
    expect(
      verdictOf(
        quantile,
        pairs([
          [1, 0],
          [2, 0],
        ]),
      ).why,
    ).toBe('the ratio is undefined: the quantile of the second samples is 0');
    const slope = { statistic: 'slope', max: 1, words } as const;
    expect(
      verdictOf(
        slope,
        points([
          [2, 1],
          [2, 3],
        ]),
      ).why,
    ).toBe('a slope needs two different x');
  });

  it('is inconclusive when most resamples have no slope', () => {
    const v = verdictOf(
      { statistic: 'slope', max: 1, words },
      points([
        [1, 1],
        [1, 2],
        [1, 3],
        [1, 2],
        [2, 9],
      ]),
    );
    expect(v).toMatchObject({
      verdict: 'inconclusive',
      interval: null,
      why: 'too few different blocks for an interval',
    });
  });

  it('says why when the evidence does, or has no samples', () => {
    expect(verdictOf(logRatio, { kind: 'none', why: 'all near chance' })).toMatchObject({
      verdict: 'inconclusive',
      why: 'all near chance',
    });
    expect(verdictOf(logRatio, pairs([]))).toMatchObject({ verdict: 'inconclusive', why: 'no samples', n: 0 });
  });

  it('is not run at another tier, and says which runs it', () => {
    expect(judge(claim(logRatio, pairs([[1, 1]])), [], 'full')).toMatchObject({
      verdict: 'not-run',
      why: 'runs at tier quick and standard',
      measured: null,
    });
  });

  it('is not run without its data, and says how to get it', () => {
    const v = judge(claim(logRatio, pairs([[1, 1]])), [], 'quick', { missing: { e: 'Install it.', other: 'No.' } });
    expect(v).toMatchObject({ verdict: 'not-run', why: 'data missing: Install it.' });
  });

  it('is inconclusive when one of its cells failed, and names it', () => {
    const failed = record({ id: 'b', status: 'failed', error: 'TypeError: no\n  at somewhere' });
    const v = judge(claim(logRatio, pairs([[1, 2]])), [record({ id: 'a' }), failed], 'quick');
    expect(v).toMatchObject({ verdict: 'inconclusive', why: '1 of 2 cells failed, first b: TypeError: no' });
  });

  it.each([
    [
      'a negative sample',
      logRatio,
      pairs([[-1, 2]]),
      "judge: claim 'x.C1' has the sample (-1, 2); 'log-ratio' needs samples ≥ 0.",
    ],
    [
      'a sample that is no number',
      logRatio,
      pairs([[NaN, 2]]),
      "judge: claim 'x.C1' has the sample (NaN, 2) in block '0'; must be finite numbers.",
    ],
    [
      'evidence of another kind',
      logRatio,
      points([[1, 2]]),
      "judge: claim 'x.C1' has evidence 'points'; its rule 'log-ratio' needs 'paired'.",
    ],
    [
      'pairs for an exact rule',
      { statistic: 'exact', words },
      pairs([[1, 2]]),
      "judge: claim 'x.C1' has evidence 'paired'; its rule 'exact' needs 'exact'.",
    ],
    [
      'pairs for a slope',
      { statistic: 'slope', max: 1, words },
      pairs([[1, 2]]),
      "judge: claim 'x.C1' has evidence 'paired'; its rule 'slope' needs 'points'.",
    ],
    [
      'a rule without bounds',
      { statistic: 'slope', words },
      points([[1, 2]]),
      "judge: the rule of claim 'x.C1' has neither 'min' nor 'max'; must have one of them.",
    ],
    [
      'a quantile out of range',
      { statistic: 'quantile-ratio', max: 1, quantile: 2, words },
      pairs([[1, 2]]),
      "judge: the 'quantile' of claim 'x.C1' is 2; must be in [0, 1].",
    ],
    [
      'an exact measurement that is no number',
      { statistic: 'exact', words },
      { kind: 'exact', checks: [], measured: Infinity },
      "judge: claim 'x.C1' measured Infinity; must be a finite number or null.",
    ],
  ] as [string, Rule, Evidence, string][])('refuses %s by name', (_, rule, evidence, message) => {
    expect(() => verdictOf(rule, evidence)).toThrow(message);
  });
});

it('expects by tier, and only reports where nothing is said', () => {
  const rule = { statistic: 'exact', words } as const;
  const tiered = claim(rule, { kind: 'none', why: '' }, { expect: { standard: 'refuted' } });
  expect(expectation(tiered, 'standard')).toBe('refuted');
  expect(expectation(tiered, 'quick')).toBe('report');
  expect(expectation(claim(rule, { kind: 'none', why: '' }), 'full')).toBe('supported');
});
