/** The laws behind rates of detection: areas under ROC curves, the normal law, order statistics. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { auroc, aurocInterval, betaCdf, betaQuantile, clopperPearson, delong, kolmogorovSmirnov, normalCdf, normalQuantile, stream } from '../src/index.js'; // prettier-ignore

/** The definition, pair by pair. */
const wins = (p: number, q: number) => (p > q ? 1 : p === q ? 0.5 : 0);
const meanOf = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;
const slowAuroc = (p: readonly number[], q: readonly number[]) => meanOf(p.flatMap((a) => q.map((b) => wins(a, b))));

/** DeLong's equations as they are printed. */
function slowDelong(p: readonly (readonly number[])[], q: readonly (readonly number[])[]): number[] {
  const v10 = p.map((scores, r) => scores.map((x) => meanOf(q[r]!.map((y) => wins(x, y)))));
  const v01 = q.map((scores, r) => scores.map((y) => meanOf(p[r]!.map((x) => wins(x, y)))));
  const s = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + (value - meanOf(a)) * (b[i]! - meanOf(b)), 0) / (a.length - 1);
  return p.flatMap((_, r) => p.map((_, t) => s(v10[r]!, v10[t]!) / p[0]!.length + s(v01[r]!, v01[t]!) / q[0]!.length));
}

const scores = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 2, maxLength: 25 });

describe('auroc', () => {
  it('is the share of pairs in order, with ties by half', () => {
    expect(auroc([3, 2, 2], [1, 2])).toBe((1 + 1 + 1 + 0.5 + 1 + 0.5) / 6);
    expect(auroc([1, 2], [3, 4, 5])).toBe(0);
    expect(auroc([0], [-0])).toBe(0.5);
  });
  it('is that of the definition, for any ties', () => {
    fc.assert(fc.property(scores, scores, (p, q) => Math.abs(auroc(p, q) - slowAuroc(p, q)) < 1e-12));
  });
  it('swaps to the complement, and does not see a monotone map (T1)', () => {
    fc.assert(
      fc.property(scores, scores, (p, q) => {
        const cubes = (x: readonly number[]) => x.map((value) => value ** 3 + 1);
        expect(auroc(q, p)).toBeCloseTo(1 - auroc(p, q), 12);
        expect(auroc(cubes(p), cubes(q))).toBe(auroc(p, q));
      }),
    );
  });
});

describe('delong', () => {
  it('has the covariance of an exact small case', () => {
    // Placements (1, ½) and (¾, 1, ½) with their complements: V10 = (1, ½), V01 = (½, 1).
    const { values, covariance } = delong([[3, 1]], [[1, 0.5]]);
    expect([...values]).toEqual([(1 + 1 + 0.5 + 1) / 4]);
    // V10 = (1, ¾), V01 = (¾, 1): each of variance 1/32.
    expect([...covariance]).toEqual([1 / 32 / 2 + 1 / 32 / 2]);
  });
  it('is that of the printed equations, for two detectors with ties', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), { minLength: 2, maxLength: 15 }); // prettier-ignore
    fc.assert(
      fc.property(rows, rows, (positive, negative) => {
        const split = (list: readonly (readonly [number, number])[]) => [0, 1].map((d) => list.map((pair) => pair[d]!));
        const [p, q] = [split(positive), split(negative)];
        const { values, covariance } = delong(p, q);
        slowDelong(p, q).forEach((value, i) => expect(covariance[i]).toBeCloseTo(value, 12));
        expect(values[1]).toBeCloseTo(slowAuroc(p[1]!, q[1]!), 12);
      }),
    );
  });
  it('of a detector and itself has no variance of the difference', () => {
    const draw = stream(3, 'delong');
    const p = [...draw.fillNormal(new Float64Array(40))].map((x) => x + 1);
    const q = [...draw.fillNormal(new Float64Array(30))];
    const [a, b, c, d] = delong([p, p], [q, q]).covariance;
    expect(a! + d! - b! - c!).toBe(0);
  });
  it('refuses what it cannot compare', () => {
    expect(() => auroc([], [1])).toThrow("auroc: 'positive' is of length 0; must be of at least 1.");
    expect(() => auroc([1], [1, NaN])).toThrow("auroc: 'negative[1]' is NaN; must be a finite number.");
    expect(() => delong([], [])).toThrow('delong: 0 lists of positive and 0 of negative scores came');
    expect(() => delong([[1, 2], [1]], [[1, 2], [1, 2]])).toThrow('delong: detector 1 has 1 and 2 scores; must have as many as the first, 2 and 2'); // prettier-ignore
  });
});

describe('aurocInterval', () => {
  it('stays inside, and holds its level in the scale of the logit', () => {
    const [low, high] = aurocInterval(0.95, 0.0004)!;
    // logit ± 1.96 · 0.02/(0.95 · 0.05)
    const half = (1.959963984540054 * 0.02) / (0.95 * 0.05);
    expect(low).toBeCloseTo(1 / (1 + Math.exp(-Math.log(19) + half)), 14);
    expect(high).toBeCloseTo(1 / (1 + Math.exp(-Math.log(19) - half)), 14);
    expect(aurocInterval(1, 0)).toBeNull();
  });
  it('covers, at an area of 0.95 and 50 of each', () => {
    // Φ(Δ/√2) = .95.
    const delta = normalQuantile(0.95) * Math.SQRT2;
    let covered = 0;
    for (let run = 0; run < 400; run++) {
      const draw = stream(11, 'coverage').at(run);
      const p = draw.fillNormal(new Float64Array(50)).map((x) => x + delta);
      const q = draw.fillNormal(new Float64Array(50));
      const { values, covariance } = delong([p], [q]);
      const ends = aurocInterval(values[0]!, covariance[0]!);
      if (ends && ends[0] <= 0.95 && 0.95 <= ends[1]) covered++;
    }
    expect(covered / 400).toBeGreaterThan(0.92); // .943 expected, with a standard error of .012
    expect(covered / 400).toBeLessThan(0.985);
  });
  it.each([
    [() => aurocInterval(1.1, 0), "'value' is 1.1; must be from 0 to 1"],
    [() => aurocInterval(0.5, -1), "'variance' is -1; must be finite and ≥ 0"],
    [() => aurocInterval(0.5, 1, { level: 1 }), "'level' is 1; must be between 0 and 1"],
  ])('refuses %s', (call, message) => expect(call).toThrow(`aurocInterval: ${message}`));
});

const fixture = JSON.parse(readFileSync(new URL('./fixtures/laws.json', import.meta.url), 'utf8')) as {
  normal: { x: number; p: number }[];
  beta: { a: number; b: number; x: number; p: number }[];
};

describe('as mpmath', () => {
  test.each(fixture.normal)('Φ($x)', ({ x, p }) => {
    expect(Math.abs(normalCdf(x) / p - 1)).toBeLessThan(2e-14);
    if (x < 0) expect(Math.abs(normalQuantile(p) / x - 1)).toBeLessThan(1e-13);
  });
  test.each(fixture.beta)('Beta($a, $b) below $x', ({ a, b, x, p }) => {
    expect(Math.abs(betaCdf(x, a, b) / p - 1)).toBeLessThan(1e-11);
    expect(Math.abs(betaQuantile(p, a, b) / x - 1)).toBeLessThan(1e-11);
  });
  it('the ends', () => {
    expect([normalCdf(-Infinity), normalCdf(0), normalCdf(Infinity)]).toEqual([0, 0.5, 1]);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 15);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect([betaCdf(0, 2, 3), betaCdf(1, 2, 3)]).toEqual([0, 1]);
    expect(() => normalCdf(NaN)).toThrow("normalCdf: 'x' is NaN");
    expect(() => normalQuantile(1)).toThrow("normalQuantile: 'p' is 1; must be between 0 and 1");
    expect(() => betaCdf(2, 1, 1)).toThrow("betaCdf: 'x' is 2; must be from 0 to 1");
    expect(() => betaQuantile(0.5, 0, 1)).toThrow("betaQuantile: 'a' is 0; must be an integer of at least 1");
  });
});

describe('clopperPearson', () => {
  it('of none among n is 1 − (α/2)^(1/n) above, and the same mirrored', () => {
    const [low, high] = clopperPearson(0, 20);
    expect(low).toBe(0);
    expect(high).toBeCloseTo(1 - 0.025 ** (1 / 20), 14);
    expect(clopperPearson(20, 20)[0]).toBeCloseTo(1 - high, 14);
    const [a, b] = [clopperPearson(7, 30, 0.9), clopperPearson(23, 30, 0.9)];
    expect(a[0]).toBeCloseTo(1 - b[1], 13);
  });
  it('refuses more successes than trials', () => {
    expect(() => clopperPearson(3, 2)).toThrow("clopperPearson: 's' is 3; must be at most n = 2");
    expect(() => clopperPearson(1, 2, 0)).toThrow("clopperPearson: 'level' is 0; must be between 0 and 1");
  });
});

describe('kolmogorovSmirnov', () => {
  it('is the largest distance of the distribution functions, with ties', () => {
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        const share = (x: readonly number[], at: number) => x.filter((value) => value <= at).length / x.length;
        const slow = Math.max(...[...a, ...b].map((at) => Math.abs(share(a, at) - share(b, at))));
        expect(kolmogorovSmirnov(a, b).statistic).toBeCloseTo(slow, 12);
      }),
    );
  });
  it('has the p of Kolmogorov’s law: 1.358 leaves 5 %', () => {
    // 10⁴ + 10⁴: √(n/2) = 70.71; D = 1.358/70.83.
    const a = Float64Array.from({ length: 10_000 }, (_, i) => i);
    const b = a.map((value) => value + 191.7);
    const { statistic, p } = kolmogorovSmirnov(a, b);
    expect(statistic).toBeCloseTo(0.0192, 12);
    expect(p).toBeCloseTo(2 * (Math.exp(-2 * ((70.7107 + 0.12 + 0.0016) * 0.0192) ** 2) - Math.exp(-8 * (70.832 * 0.0192) ** 2)), 5); // prettier-ignore
    expect(kolmogorovSmirnov(a, a)).toEqual({ statistic: 0, p: 1 });
  });
  it('rejects as often as it says where there is nothing', () => {
    let rejected = 0;
    for (let run = 0; run < 1000; run++) {
      const of = (name: string) => stream(4, 'ks', name).at(run).fillNormal(new Float64Array(50));
      if (kolmogorovSmirnov(of('a'), of('b')).p < 0.1) rejected++;
    }
    expect(rejected / 1000).toBeGreaterThan(0.06);
    expect(rejected / 1000).toBeLessThan(0.13);
    expect(() => kolmogorovSmirnov([], [1])).toThrow("kolmogorovSmirnov: 'a' is of length 0; must be of at least 1.");
    expect(() => kolmogorovSmirnov([1], [NaN])).toThrow("kolmogorovSmirnov: 'b[0]' is NaN; must be a finite number.");
  });
});
