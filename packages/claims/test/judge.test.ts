import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectation,
  intervalErrors,
  judge,
  type CellRecord,
  type Claim,
  type Evidence,
  type Rule,
  type Tier,
} from '../src/index.js';
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
const verdictOf = (rule: Rule, evidence: Evidence, tier: Tier = 'quick') => judge(claim(rule, evidence), [], tier);
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
    const law = (block: string, exponent: number) =>
      [1, 2, 4, 8, 16, 32].map((x) => ({ block, x, y: 7 * x ** exponent }));
    const v = verdictOf(
      { statistic: 'slope', min: -2, max: -1, words },
      { kind: 'points', points: [...law('p', -1.6), ...law('q', -1.5), ...law('r', -1.4)] },
    );
    expect(v.measured).toBeCloseTo(-1.5, 12);
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

  it('gives equal samples exactly their value', () => {
    const v = verdictOf({ statistic: 'mean-diff', max: 0.1, words }, pairs(Array.from({ length: 7 }, () => [0.1, 0])));
    expect(v.measured).toBe(0.1);
  });

  it('share is the part of the trials that hold', () => {
    const trials = Array.from({ length: 40 }, (_, i) => ({ block: String(i), holds: i % 5 !== 0 }));
    const v = verdictOf({ statistic: 'share', min: 0.6, words }, { kind: 'share', trials }, 'standard');
    expect(v).toMatchObject({ measured: 0.8, n: 40, blocks: 40, unit: 'share', verdict: 'supported' });
    expect(v.interval![0]).toBeCloseTo(0.6435, 4); // scipy.stats.binomtest(32, 40).proportion_ci()
    expect(v.interval![1]).toBeCloseTo(0.9095, 4);
    expect(verdictOf({ statistic: 'share', min: 0.65, words }, { kind: 'share', trials }, 'standard').verdict).toBe(
      'inconclusive',
    );
    expect(verdictOf({ statistic: 'share', min: 0.95, words }, { kind: 'share', trials }, 'standard').verdict).toBe(
      'refuted',
    );
  });

  it('share has an interval where every trial, and even a single one, comes out alike', () => {
    const of = (n: number) =>
      verdictOf(
        { statistic: 'share', min: 0.8, words },
        { kind: 'share', trials: Array.from({ length: n }, (_, i) => ({ block: String(i), holds: true })) },
        'standard',
      );
    expect(of(17)).toMatchObject({ verdict: 'supported', judgedBy: 'interval', measured: 1 });
    expect(of(17).interval).toEqual([expect.closeTo(0.025 ** (1 / 17), 12), 1]);
    expect(of(16).verdict).toBe('inconclusive'); // 0.025^(1/16) < 0.8
    expect(of(1)).toMatchObject({
      verdict: 'inconclusive',
      interval: [expect.closeTo(0.025, 12), 1],
      judgedBy: 'interval',
    });
  });

  it.each([
    [{ statistic: 'mean-diff', min: 0, unit: 'accuracy', words }, 'accuracy'],
    [{ statistic: 'mean-diff', min: 0, words }, null],
    [{ statistic: 'log-ratio', min: 0, words }, 'log10 of a ratio'],
    [{ statistic: 'quantile-ratio', quantile: 0.5, min: 0, words }, 'ratio'],
    [{ statistic: 'slope', min: 0, words }, 'exponent'],
    [{ statistic: 'share', min: 0, words }, 'share'],
  ] as [Rule, string | null][])('says what %o is measured in', (rule, unit) => {
    expect(verdictOf(rule, { kind: 'none', why: 'no' })).toMatchObject({
      unit,
      level: 0.95,
      judgedBy: null,
      blocks: 0,
    });
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

  it.each([1, 2, 4])('applies the rule to the mean of n = %i blocks at quick, and shows the interval', (n) => {
    const v = verdictOf(rule, around(0.1, 0.5, n));
    expect(v).toMatchObject({ verdict: 'supported', judgedBy: 'mean', n, blocks: n });
    const shown = n === 1 ? 'it has no interval' : 'the interval is shown, not used';
    expect(v.why).toBe(`n = ${n}: judged by the mean, ${shown}`);
    expect(v.interval === null).toBe(n === 1);
    expect(verdictOf(rule, around(-0.1, 0.5, n)).verdict).toBe('refuted');
  });

  it.each(['standard', 'full'] as const)('needs the interval at %s, however few the blocks', (tier) => {
    const of = (centre: number, n: number) =>
      judge(claim(rule, around(centre, 0.1, n), { tiers: ['standard', 'full'] }), [], tier);
    expect(of(0.1, 2)).toMatchObject({ verdict: 'inconclusive', judgedBy: 'interval', n: 2 });
    expect(of(0.1, 2).why).toBe('the interval does not exclude the opposite');
    expect(of(1, 2)).toMatchObject({ verdict: 'supported', judgedBy: 'interval' }); // half-width 12.7 · 0.05
    expect(of(-1, 2)).toMatchObject({ verdict: 'refuted', judgedBy: 'interval' });
    expect(of(1, 1)).toMatchObject({
      verdict: 'inconclusive',
      why: 'one block has no interval: it takes two drawn independently',
      measured: 1,
      interval: null,
      judgedBy: null,
      blocks: 1,
    });
  });

  it('uses the interval at quick from five blocks on', () => {
    expect(verdictOf(rule, around(0.1, 0.5, 4))).toMatchObject({ verdict: 'supported', judgedBy: 'mean' });
    expect(verdictOf(rule, around(0.1, 0.5, 5))).toMatchObject({ verdict: 'inconclusive', judgedBy: 'interval' });
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
    // At the bound itself: 2.5 % in theory, and four standard errors.
    expect(rate(0, 'supported')).toBeLessThanOrEqual(0.076);
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

  it('shows every part as if it stood alone, in the order in which the evidence names them', () => {
    const rows = { good: part('good', -1), open: part('open', -0.01, 1), bad: part('bad', 1) };
    const parts = of(rows.open, rows.good, rows.bad).parts!;
    expect(parts.map(({ part, verdict }) => [part, verdict])).toEqual([
      ['open', 'inconclusive'],
      ['good', 'supported'],
      ['bad', 'refuted'],
    ]);
    for (const shown of parts) {
      const { verdict, measured, interval, n } = of(rows[shown.part as keyof typeof rows]);
      expect(shown).toEqual({ part: shown.part, verdict, measured, interval, n });
    }
  });

  it('shows no parts where there is one', () => {
    expect(of(part('only', -1))).not.toHaveProperty('parts');
    expect(of(part('only', -1)).why).toBeUndefined();
  });

  it('judges a share by its parts', () => {
    const trials = (name: string, holding: number) =>
      Array.from({ length: 20 }, (_, i) => ({ block: String(i), holds: i < holding, part: name }));
    const v = verdictOf(
      { statistic: 'share', min: 0.5, words },
      { kind: 'share', trials: [...trials('most', 19), ...trials('half', 11)] },
      'standard',
    );
    expect(v).toMatchObject({ verdict: 'inconclusive', measured: 0.55, n: 20 });
    expect(v.parts).toMatchObject([
      { part: 'most', verdict: 'supported', measured: 0.95, n: 20 },
      { part: 'half', verdict: 'inconclusive', measured: 0.55, n: 20 },
    ]);
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
    expect(verdictOf(rule, good)).toMatchObject({ judgedBy: 'checks', level: null, blocks: null, unit: null });
    expect(verdictOf(rule, { ...good, unit: 'ulp' }).unit).toBe('ulp');
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
  const share = { statistic: 'share', min: 0.5, words } as const;

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

  it('is inconclusive when a block takes all slope with it', () => {
    const v = verdictOf(
      { statistic: 'slope', max: 1, words },
      points([
        [3, 1],
        [3, 2],
        [3, 3],
        [3, 2],
        [2, 9],
      ]),
    );
    expect(v).toMatchObject({
      verdict: 'inconclusive',
      interval: null,
      why: 'too few different blocks for an interval',
      judgedBy: null,
    });
  });

  it.each([
    ['mean-diff', pairs([0.1, 0.2, 0.3, 0.7, 1.1, 1e3].map((b) => [b + 0.1, b]))],
    ['log-ratio', pairs([0.1, 0.3, 7, 1e-9, 1e9, 5].map((b) => [3 * b, b]))],
    ['quantile-ratio', pairs([1, 1, 1, 1, 1, 1].map((b) => [b / 3, b]))],
    ['quantile-ratio', pairs([1, 2, 3, 4, 5, 6].map((b) => [0, b]))],
    [
      'slope',
      {
        kind: 'points',
        points: [0.1, 0.2, 0.3, 0.7, 1.1, 1e3].flatMap((c, i) =>
          [1, 2, 4, 7].map((x) => ({ block: String(i), x, y: (c * x) / 3 })),
        ),
      },
    ],
  ] as ['mean-diff', Evidence][])('takes rounding for no spread: %s', (statistic, evidence) => {
    const v = verdictOf({ statistic, quantile: 0.5, min: 0, words }, evidence, 'standard');
    expect(v).toMatchObject({
      verdict: 'inconclusive',
      interval: null,
      judgedBy: null,
      why: "the blocks do not differ, so there is no interval: judge a deterministic result by 'exact'",
    });
    expect(v.measured).not.toBeNull();
  });

  it('takes a spread far above rounding for spread, whatever the unit', () => {
    const rows = [1, 2, 3, 4, 5].map((k) => [1e-20 * (1 + k / 1e9), 0] as const);
    expect(verdictOf({ statistic: 'mean-diff', min: 0, words }, pairs(rows), 'standard').verdict).toBe('supported');
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
      'an infinite sample, with its part',
      logRatio,
      pairs([[1, Infinity]], 'p'),
      "judge: claim 'x.C1' has the sample (1, Infinity) in block '0' of part 'p'; must be finite numbers.",
    ],
    [
      'two trials of a block',
      share,
      {
        kind: 'share',
        trials: [
          { block: 'b', holds: true },
          { block: 'b', holds: true, part: 'p' },
          { block: 'b', holds: false, part: 'p' },
        ],
      },
      "judge: claim 'x.C1' has two trials in block 'b' of part 'p'; must have one a block. Name independent draws apart.",
    ],
    [
      'a trial that is no truth value',
      share,
      { kind: 'share', trials: [{ block: 'b', holds: NaN as unknown as boolean }] },
      "judge: claim 'x.C1' has the trial NaN in block 'b'; must be true or false.",
    ],
    [
      'a bound that no share has',
      { statistic: 'share', min: 0.5, max: 32, words },
      { kind: 'share', trials: [{ block: 'b', holds: true }] },
      "judge: the 'max' of claim 'x.C1' is 32; a share's must be in [0, 1].",
    ],
    [
      'pairs for a share',
      share,
      pairs([[1, 2]]),
      "judge: claim 'x.C1' has evidence 'paired'; its rule 'share' needs 'share'.",
    ],
    [
      'trials for pairs',
      logRatio,
      { kind: 'share', trials: [] },
      "judge: claim 'x.C1' has evidence 'share'; its rule 'log-ratio' needs 'paired'.",
    ],
    [
      'checks for a mean',
      { statistic: 'mean-diff', min: 0, words },
      { kind: 'exact', checks: [], measured: null },
      "judge: claim 'x.C1' has evidence 'exact'; its rule 'mean-diff' needs 'paired'.",
    ],
    [
      'a unit that the statistic has already',
      { statistic: 'log-ratio', max: 0, unit: 'dB', words },
      pairs([[1, 2]]),
      `judge: the rule of claim 'x.C1' has the 'unit' "dB"; 'log-ratio' has its own, 'mean-diff' alone takes one. Leave it out.`,
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

describe('how many verdicts to expect wrong', () => {
  const samples = (n: number, part?: string) =>
    pairs(
      Array.from({ length: n }, (_, i) => [i, 0] as const),
      part,
    ).pairs;
  const of = (rule: Rule, evidence: Evidence) => verdictOf(rule, evidence);
  const one = { statistic: 'mean-diff', min: 0, words } as const;

  it('is 2.5 % of a supported claim, and 2.5 % for each part of a refuted one', () => {
    const parts = [...samples(6, 'p'), ...samples(6, 'q'), ...samples(6, 'r')];
    const verdicts = [
      of(one, { kind: 'paired', pairs: parts }),
      of({ ...one, min: 9 }, { kind: 'paired', pairs: samples(6) }),
      of({ ...one, min: 9 }, { kind: 'paired', pairs: parts }),
      of({ ...one, min: 2.6 }, { kind: 'paired', pairs: parts }),
    ];
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['supported', 'refuted', 'refuted', 'inconclusive']);
    expect(intervalErrors(verdicts)).toEqual({ judged: 4, expected: expect.closeTo(0.025 * (1 + 1 + 3), 12) });
  });

  it('counts no claim that its mean, its checks or nothing decided', () => {
    const verdicts = [
      of(one, { kind: 'paired', pairs: samples(4) }),
      of({ statistic: 'exact', words }, { kind: 'exact', checks: [{ name: 'p', holds: true }], measured: 1 }),
      of(one, { kind: 'none', why: 'no' }),
    ];
    expect(verdicts.map((v) => v.judgedBy)).toEqual(['mean', 'checks', null]);
    expect(intervalErrors(verdicts)).toEqual({ judged: 0, expected: 0 });
  });
});

describe('parts with few blocks beside parts with many, at quick', () => {
  const rule = { statistic: 'mean-diff', min: 0, words } as const;
  const part = (name: string, n: number, first = 1) =>
    pairs(
      Array.from({ length: n }, (_, i) => [first + i, 0] as const),
      name,
    ).pairs;
  const quick = (...samples: ReturnType<typeof part>[]) => verdictOf(rule, { kind: 'paired', pairs: samples.flat() });

  it('rest on the weakest: a mean', () => {
    const verdict = quick(part('few', 2, 9), part('many', 6));
    expect(verdict).toMatchObject({ verdict: 'supported', judgedBy: 'mean' });
    expect(verdict.why).toContain('1 of 2 parts judged by the mean of fewer than 5 blocks');
    expect(intervalErrors([verdict]).judged).toBe(0);
  });

  it('are refuted by what refutes them', () => {
    const verdict = quick(part('few', 2), part('many', 6, -9));
    expect(verdict).toMatchObject({ verdict: 'refuted', judgedBy: 'interval', n: 6 });
    expect(quick(part('many', 6), part('more', 7)).judgedBy).toBe('interval');
  });
});

it.each([
  [Number.NaN, 1],
  [2, 1],
])('a rule that allows %d to %d is refused', (min, max) => {
  const rule = { statistic: 'mean-diff', min, max, words } as const;
  expect(() => verdictOf(rule, pairs([[1, 0]]))).toThrow(
    new RangeError(
      `judge: the rule of claim 'x.C1' allows ${min} to ${max}; must be numbers, the first at most the second.`,
    ),
  );
});
