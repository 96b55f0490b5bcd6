import { readFileSync } from 'node:fs';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  bootstrapInterval,
  logLogSlope,
  mean,
  meanInterval,
  median,
  pairedDifference,
  quantile,
  quantileInterval,
  spearman,
  stream,
  type Estimate,
} from '../src/index.js';
import { studentQuantile } from '../src/statistics-student.js';

interface Case {
  readonly level: number;
  readonly value: number;
  readonly interval: [number, number];
}
interface Fixture {
  readonly student: { degrees: number; level: number; value: number }[];
  readonly mean: (Case & { x: number[] })[];
  readonly paired: (Case & { a: number[]; b: number[] })[];
  readonly quantile: { x: number[]; q: number; level: number; value: number; interval: (number | null)[] }[];
  readonly slope: (Case & { x: number[]; y: number[] })[];
  readonly spearman: { x: number[]; y: number[]; value: number }[];
}
const fixture = JSON.parse(readFileSync(new URL('./fixtures/statistics.json', import.meta.url), 'utf8')) as Fixture;

const SUM = 1e-13; // relative: sums of at most 500 numbers, and scipy's own rounding
const STUDENT = 1e-12; // relative, up to 100 degrees of freedom and level 0.99: see the first test

const near = (value: number, expected: number, tolerance: number, scale = Math.abs(expected)) =>
  expect(Math.abs(value - expected), `${value} is not ${expected}`).toBeLessThanOrEqual(tolerance * scale);

const sameEstimate = ({ value, interval }: Estimate, expected: Case) => {
  const scale = Math.max(...[value, ...expected.interval].map(Math.abs));
  near(value, expected.value, SUM, scale);
  near(interval[0], expected.interval[0], STUDENT, scale);
  near(interval[1], expected.interval[1], STUDENT, scale);
};

describe('as scipy and mpmath', () => {
  test.each(fixture.student)('Student quantile, ν = $degrees, level $level', ({ degrees, level, value }) => {
    // P(|T| ≤ t) is a sum of ν/2 terms up to cos^ν with a rounding a factor; t moves by that over 1 − level, relatively.
    near(studentQuantile(degrees, level), value, ((4 + degrees) * Number.EPSILON) / (1 - level));
  });
  test.each(fixture.mean)('mean, level $level', ({ x, ...expected }) => {
    near(mean(x), expected.value, SUM, Math.max(...x.map(Math.abs)));
    sameEstimate(meanInterval(x, { level: expected.level }), expected);
  });
  test.each(fixture.paired)('paired difference, level $level', ({ a, b, ...expected }) => {
    sameEstimate(pairedDifference(a, b, { level: expected.level }), expected);
  });
  test.each(fixture.slope)('log-log slope, level $level', ({ x, y, ...expected }) => {
    sameEstimate(logLogSlope(x, y, { level: expected.level }), expected);
  });
  test.each(fixture.spearman)('Spearman is $value', ({ x, y, value }) => near(spearman(x, y), value, SUM, 1));
  test.each(fixture.quantile)('quantile $q, level $level', ({ x, q, level, value, interval }) => {
    near(quantile(x, q), value, SUM, 1);
    const found = quantileInterval(x, q, { level });
    expect(found.value).toBe(quantile(x, q));
    // Order statistics: the very numbers of the sample.
    expect(found.interval).toEqual([interval[0] ?? -Infinity, interval[1] ?? Infinity]);
  });
});

describe('by hand', () => {
  test.each([0, -1, 1.5, Number.NaN, Infinity])('Student quantile refuses %d degrees of freedom', (degrees) => {
    expect(() => studentQuantile(degrees, 0.95)).toThrow(
      new RangeError(
        `studentQuantile: 'degrees' is ${degrees}; must be an integer of at least 1. A mean of n numbers has n − 1.`,
      ),
    );
  });

  test.each([0, 1, -0.5, Number.NaN])('Student quantile refuses the level %d', (level) => {
    expect(() => studentQuantile(3, level)).toThrow(
      new RangeError(`studentQuantile: 'level' is ${level}; must be between 0 and 1. 95 % is 0.95.`),
    );
  });

  test('Student quantiles with a closed form', () => {
    near(studentQuantile(1, 0.5), 1, SUM); // tan(π/4)
    near(studentQuantile(1, 2 / 3), Math.sqrt(3), SUM); // tan(π/3)
    near(studentQuantile(2, 0.5), Math.sqrt(2 / 3), SUM); // p √(2 / (1 − p²))
    near(studentQuantile(4, 0.6875), 1.1547005383792515, SUM); // θ = 30°: sin θ (1 + cos²θ / 2) = 11/16, t = 2 tan θ
  });
  test('mean, median, quantile', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile([10, 0, 20, 30], q))).toEqual([0, 7.5, 15, 27, 30]);
    expect(quantile([7], 0.3)).toBe(7);
    expect(quantile(Float64Array.of(-1, -10, 2), 0)).toBe(-10);
  });
  test('two numbers: mean ± 12.706 half distances', () => {
    const { value, interval } = meanInterval([-1, 1]);
    expect(value).toBe(0);
    near(interval[1], 12.706204736174698, SUM);
    expect(interval[0]).toBe(-interval[1]);
  });
  test('equal numbers have themselves as mean, and an interval of no width', () => {
    expect(meanInterval([0.1, 0.1, 0.1])).toEqual({ value: 0.1, interval: [0.1, 0.1] });
    expect(meanInterval(Array<number>(11).fill(0.7))).toEqual({ value: 0.7, interval: [0.7, 0.7] });
  });
  test('the sign of a difference is that of a − b', () => {
    expect(pairedDifference([3, 4, 6], [1, 2, 3]).value).toBeCloseTo(7 / 3, 14);
  });
  test('a power law has its power as slope', () => {
    const x = [1, 2, 3, 5, 8];
    const { value, interval } = logLogSlope(
      x,
      x.map((v) => 4 * v ** -1.5),
    );
    near(value, -1.5, SUM);
    near(interval[1] - interval[0], 0, 1e-13, 1);
  });
  test('a median of six numbers lies between the outermost with probability 31/32, of five with 15/16 only', () => {
    expect(quantileInterval([3, 1, 2, 6, 5, 4], 0.5).interval).toEqual([1, 6]);
    expect(quantileInterval([3, 1, 2, 5, 4], 0.5).interval).toEqual([-Infinity, Infinity]);
    expect(quantileInterval([3, 1, 2, 5, 4], 0.5, { level: 0.9375 }).interval).toEqual([1, 5]);
    expect(quantileInterval([3, 1, 2], 0).interval).toEqual([-Infinity, 1]);
    expect(quantileInterval([3, 1, 2], 1).interval).toEqual([3, Infinity]);
  });
  test('a sample of 100,000 does not underflow', () => {
    const x = Float64Array.from({ length: 100_001 }, (_, i) => i);
    // ±1.96 √n/2 around the middle.
    expect(quantileInterval(x, 0.5)).toEqual({ value: 50_000, interval: [49_690, 50_310] });
  });
  test('ranks: a monotone relation is ±1, ties share their rank', () => {
    near(spearman([1, 2, 3, 4], [1, 10, 11, 1000]), 1, SUM);
    near(spearman([1, 2, 3, 4], [5, 4, 3, 0]), -1, SUM);
    near(spearman([1, 2, 2, 3], [1, 3, 2, 4]), 4.5 / Math.sqrt(4.5 * 5), SUM);
  });
});

describe('intervals contain the truth as often as they say', () => {
  const TRIALS = 4000;
  // 4.9 standard deviations of a count of 0.95 · 4000: once in a million.
  const MARGIN = 4.9 * Math.sqrt(0.05 * 0.95 * TRIALS);
  const draw = stream(11, 'coverage');
  const hits = (trial: () => readonly [number, number], truth: number) => {
    let count = 0;
    for (let t = 0; t < TRIALS; t++) {
      const [low, high] = trial();
      if (low <= truth && truth <= high) count++;
    }
    return count;
  };
  test('Student, five normal numbers', () => {
    const x = new Float64Array(5);
    const count = hits(() => meanInterval(draw.fillNormal(x)).interval, 0);
    expect(Math.abs(count - 0.95 * TRIALS)).toBeLessThan(MARGIN);
  });
  test('slope, six points with log-normal errors', () => {
    const x = [1, 2, 4, 8, 16, 32];
    const count = hits(() => {
      const y = x.map((v) => v ** 0.7 * Math.exp(draw.normal()));
      return logLogSlope(x, y).interval;
    }, 0.7);
    expect(Math.abs(count - 0.95 * TRIALS)).toBeLessThan(MARGIN);
  });
  test('quantile 0.9 of 50 Pareto numbers: at least', () => {
    const x = new Float64Array(50);
    const count = hits(() => quantileInterval(draw.fillPareto(x, 0.7), 0.9).interval, 0.2 ** (-1 / 0.7) - 1);
    expect(count).toBeGreaterThan(0.95 * TRIALS - MARGIN);
  });
  test('bootstrap of the mean of 40 exponential numbers: about', () => {
    const x = new Float64Array(40);
    let count = 0;
    for (let t = 0; t < 400; t++) {
      const blocks = Array.from(draw.fillExponential(x));
      const [low, high] = bootstrapInterval(blocks, mean, stream(t, 'resample'), { resamples: 400 })!;
      if (low <= 1 && 1 <= high) count++;
    }
    expect(count).toBeGreaterThan(340); // a percentile interval of skewed numbers falls a little short of 380
    expect(count).toBeLessThan(396);
  });
});

describe('bootstrap', () => {
  const blocks = Array.from({ length: 8 }, (_, i) => i ** 2);

  test('equal a textbook bootstrap on the same draws', () => {
    const draw = stream(3, 'bootstrap');
    const means = Array.from({ length: 2000 }, () => {
      const picked = Array.from({ length: 8 }, () => blocks[draw.integer(8)]!);
      return picked.reduce((sum, value) => sum + value) / 8;
    });
    means.sort((a, b) => a - b);
    const at = (position: number) =>
      means[Math.floor(position)]! + (position % 1) * (means[Math.ceil(position)]! - means[Math.floor(position)]!);
    const [low, high] = bootstrapInterval(blocks, mean, stream(3, 'bootstrap'))!;
    near(low, at(0.025 * 1999), SUM);
    near(high, at(0.975 * 1999), SUM);
  });
  test('its width for a mean is that of the normal law with the variance of the sample', () => {
    const x = Array.from(stream(5, 'wide').fillNormal(new Float64Array(300)));
    const centre = mean(x);
    const deviation = Math.sqrt(mean(x.map((v) => (v - centre) ** 2)) / 300);
    for (const [level, half] of [
      [0.95, 1.96],
      [0.5, 0.6745],
    ] as const) {
      const [low, high] = bootstrapInterval(x, mean, stream(0, 'b'), { level, resamples: 4000 })!;
      // 4000 resamples leave 2 % of noise in the width.
      expect(Math.abs((high - low) / (2 * half * deviation) - 1)).toBeLessThan(0.1);
    }
  });
  test('the key decides, not what was drawn before', () => {
    const key = stream(1, 'k');
    const first = bootstrapInterval(blocks, mean, key.at(2));
    expect(bootstrapInterval(blocks, mean, key.at(2))).toEqual(first);
    expect(bootstrapInterval(blocks, mean, key.at(3))).not.toEqual(first);
  });
  test('keeps the blocks as they are and draws whole ones', () => {
    const pairs = [
      [1, 2],
      [3, 4],
      [5, 6],
    ] as const;
    const frozen = Object.freeze(pairs.slice());
    bootstrapInterval(
      frozen,
      (resample) => {
        for (const block of resample) expect(pairs).toContain(block);
        return resample.length;
      },
      stream(1, 'blocks'),
      { resamples: 50 },
    );
    expect(frozen).toEqual(pairs);
  });
  test('up to 5 % of the resamples may have no finite statistic', () => {
    let calls = 0;
    const failing = (every: number) => () => (calls++ % every === 0 ? Number.NaN : 1);
    expect(bootstrapInterval(blocks, failing(20), stream(1, 'nan'))).toEqual([1, 1]);
    calls = 0;
    expect(bootstrapInterval(blocks, failing(19), stream(1, 'nan'))).toBeNull();
  });
});

describe('laws', () => {
  const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const sample = fc.array(finite, { minLength: 2, maxLength: 40 });
  const level = fc.double({ min: 0.01, max: 0.999, noNaN: true });

  test('an interval contains its value and grows with the level; samples are left alone and their order does not count', () => {
    fc.assert(
      fc.property(sample, level, level, (x, one, other) => {
        const frozen = Object.freeze(x.slice());
        const narrow = meanInterval(frozen, { level: Math.min(one, other) });
        const wide = meanInterval(frozen, { level: Math.max(one, other) });
        // Student's quantiles are rounded: of levels that are neighbours the larger one's can come out smaller in the last digits.
        const rounding = 1e-12 * (wide.interval[1] - wide.interval[0]);
        expect(narrow.interval[0]).toBeGreaterThanOrEqual(wide.interval[0] - rounding);
        expect(narrow.interval[1]).toBeLessThanOrEqual(wide.interval[1] + rounding);
        expect(narrow.interval[0]).toBeLessThanOrEqual(narrow.value);
        expect(narrow.interval[1]).toBeGreaterThanOrEqual(narrow.value);
        const sorted = [...x].sort((a, b) => a - b);
        near(mean(sorted), mean(x), SUM, 1e6);
        expect(median(x)).toBe(median(sorted));
        expect(median(frozen)).toBe(quantile(frozen, 0.5));
      }),
      { numRuns: 200 },
    );
  });
  test('a quantile rises with q; its interval turns around with the sample', () => {
    fc.assert(
      fc.property(sample, fc.integer({ min: 0, max: 64 }), level, (x, k, wanted) => {
        const q = k / 64;
        const { interval } = quantileInterval(x, q, { level: wanted });
        expect(quantile(x, q)).toBeLessThanOrEqual(quantile(x, Math.min(1, q + 0.1)));
        const mirrored = quantileInterval(
          x.map((v) => 0 - v),
          1 - q,
          { level: wanted },
        );
        expect(mirrored.interval).toEqual([0 - interval[1], 0 - interval[0]]);
      }),
      { numRuns: 200 },
    );
  });
  test('ranks: any rising transform leaves the correlation, a falling one turns it, and it stays in [−1, 1]', () => {
    const distinctEnough = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(distinctEnough, (pairs) => {
        const [x, y] = [pairs.map((p) => p[0]), pairs.map((p) => p[1])];
        fc.pre(new Set(x).size > 1 && new Set(y).size > 1);
        const rho = spearman(x, y);
        expect(Math.abs(rho)).toBeLessThanOrEqual(1);
        expect(spearman(y, x)).toBeCloseTo(rho, 14);
        expect(spearman(x.map(Math.exp), y)).toBe(rho);
        expect(
          spearman(
            x.map((v) => -v),
            y,
          ),
        ).toBeCloseTo(-rho, 14);
        expect(spearman(x, x)).toBeCloseTo(1, 14);
      }),
      { numRuns: 200 },
    );
  });
  test('a slope does not change with the units', () => {
    const positive = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive), { minLength: 3, maxLength: 20 }), positive, (points, unit) => {
        const [x, y] = [points.map((p) => p[0]), points.map((p) => p[1])];
        fc.pre(Math.max(...x) > 2 * Math.min(...x)); // else the slope is as uncertain as the rounding of log x
        const plain = logLogSlope(x, y);
        const scaled = logLogSlope(
          x.map((v) => v * unit),
          y.map((v) => v / unit),
        );
        near(scaled.value, plain.value, 1e-11, 1 + Math.abs(plain.value));
        near(scaled.interval[1], plain.interval[1], 1e-9, 1 + Math.abs(plain.interval[1]));
      }),
      { numRuns: 200 },
    );
  });
});

describe('bad input', () => {
  const draw = stream(1, 'bad');
  const cases: readonly [() => unknown, string][] = [
    [() => mean([]), "mean: 'x' is of length 0; must be of at least 1. Give more samples."],
    [() => median([]), "median: 'x' is of length 0; must be of at least 1."],
    [() => quantile([], 0.5), "quantile: 'x' is of length 0; must be of at least 1."],
    [() => quantileInterval([], 0.5), "quantileInterval: 'x' is of length 0; must be of at least 1."],
    [() => meanInterval([1]), "meanInterval: 'x' is of length 1; must be of at least 2."],
    [() => pairedDifference([1], [2]), "pairedDifference: 'a' is of length 1; must be of at least 2."],
    [() => logLogSlope([1, 2], [3, 4]), "logLogSlope: 'x' is of length 2; must be of at least 3."],
    [() => spearman([1], [2]), "spearman: 'x' is of length 1; must be of at least 2."],
    [() => bootstrapInterval([1], () => 1, draw), "bootstrapInterval: 'blocks' is of length 1; must be of at least 2."],
    [
      () => mean([1, Number.NaN]),
      "mean: 'x[1]' is NaN; must be a finite number. Leave it out, and count what is left out.",
    ],
    [() => median([Number.POSITIVE_INFINITY]), "median: 'x[0]' is Infinity; must be a finite number."],
    [() => quantile([0, -Infinity], 0.5), "quantile: 'x[1]' is -Infinity; must be a finite number."],
    [() => quantileInterval([Number.NaN], 0.5), "quantileInterval: 'x[0]' is NaN; must be a finite number."],
    [() => meanInterval([1, 2, Number.NaN]), "meanInterval: 'x[2]' is NaN; must be a finite number."],
    [() => pairedDifference([1, 2], [3, Number.NaN]), "pairedDifference: 'b[1]' is NaN; must be a finite number."],
    [() => spearman([1, 2], [Number.NaN, 1]), "spearman: 'y[0]' is NaN; must be a finite number."],
    [() => pairedDifference([1, 2], [3]), "pairedDifference: 'b' is of length 1; must be of a's length 2. Give pairs."],
    [() => logLogSlope([1, 2, 3], [3]), "logLogSlope: 'y' is of length 1; must be of x's length 3. Give pairs."],
    [() => spearman([1, 2], [3]), "spearman: 'y' is of length 1; must be of x's length 2. Give pairs."],
    [() => quantile([1], 1.5), "quantile: 'q' is 1.5; must be from 0 to 1. The median is 0.5."],
    [() => quantileInterval([1], Number.NaN), "quantileInterval: 'q' is NaN; must be from 0 to 1."],
    [() => meanInterval([1, 2], { level: '0.9' as never }), "meanInterval: 'level' is '0.9'; must be between 0 and 1."],
    [() => meanInterval([1, 2], { level: 95 }), "meanInterval: 'level' is 95; must be between 0 and 1. 95 % is 0.95."],
    [() => quantileInterval([1], 0.5, { level: 1 }), "quantileInterval: 'level' is 1; must be between 0 and 1."],
    [() => pairedDifference([1, 2], [1, 2], { level: 0 }), "pairedDifference: 'level' is 0; must be between 0 and 1."],
    [
      () => logLogSlope([1, 2, 3], [1, 2, 3], { level: Number.NaN }),
      "logLogSlope: 'level' is NaN; must be between 0 and 1.",
    ],
    [
      () => bootstrapInterval([1, 2], () => 1, draw, { level: 1.5 }),
      "bootstrapInterval: 'level' is 1.5; must be between 0 and 1.",
    ],
    [
      () => bootstrapInterval([1, 2], () => 1, draw, { resamples: 0.5 }),
      "bootstrapInterval: 'resamples' is 0.5; must be an integer of at least 1. Some 2000 give stable ends.",
    ],
    [
      () => logLogSlope([1, 0, 3], [1, 2, 3]),
      "logLogSlope: 'x[1]' is 0; must be above 0. Other numbers have no logarithm: leave the point out.",
    ],
    [() => logLogSlope([1, 2, 3], [1, 2, -3]), "logLogSlope: 'y[2]' is -3; must be above 0."],
    [
      () => logLogSlope([2, 2, 2], [1, 2, 3]),
      "logLogSlope: 'x' has one value throughout; must have two. It varies with nothing.",
    ],
    [() => spearman([2, 2], [1, 2]), "spearman: 'x' has one value throughout; must have two."],
    [() => spearman([1, 2], [1, 1]), "spearman: 'y' has one value throughout; must have two."],
    [() => mean([1e308, -1e308]), "mean: 'x' overflows; must be of numbers whose squares are finite. Scale them."],
    [() => meanInterval([1e200, -1e200]), "meanInterval: 'x' overflows; must be of numbers whose squares are finite."],
    [() => pairedDifference([1e308, 0], [-1e308, 0]), "pairedDifference: 'a - b' overflows;"],
  ];
  test.each(cases.map(([call, message]) => ({ call, message })))('$message', ({ call, message }) => {
    expect(call).toThrow(RangeError);
    expect(call).toThrow(message);
  });
});

describe('O13: an interval scales with its sample', () => {
  test.each([1e-170, 2 ** -1000, 1e-300, 1e-3, 1, 1e100])('by %d', (scale) => {
    const x = [1, 2, 4, 8];
    const unit = meanInterval(x).interval;
    const scaled = meanInterval(x.map((v) => v * scale)).interval;
    [0, 1].forEach((end) => expect(scaled[end]! / scale).toBeCloseTo(unit[end]!, 10));
    const pairs = pairedDifference(
      x.map((v) => v * scale),
      x.map(() => 0),
    ).interval;
    expect(pairs).toEqual(scaled);
  });
});
