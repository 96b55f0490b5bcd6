import { judge, type CellRecord, type Json, type Tier } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { run as identities } from '../src/cells/identities.js';
import { run as lowerBounds } from '../src/cells/lower-bounds.js';
import { run as runs, ticks, type RunsConfig } from '../src/cells/runs.js';
import { HORIZONS } from '../src/claims/beyond.js';
import { DIMENSIONS, RATES } from '../src/claims/further.js';
import { LONG, SHORT } from '../src/claims/levels.js';
import { GAMMAS, K, PLACES, USUAL } from '../src/claims/quadratic.js';
import { FACTS, halfUnit, prediction } from '../src/claims/reference.js';
import { SLOPES, SMALL } from '../src/claims/slopes.js';
import { errors, QUADRATIC } from '../src/evidence.js';
import clipAdagrad from '../src/index.js';
import { LEVELS, sets } from '../src/methods.js';
import { pack, unpack } from '../src/pack.js';
import { problems } from '../src/problems.js';

const claim = (id: string) => clipAdagrad.claims.find((c) => c.id === `clip-adagrad.${id}`)!;
const verdict = (id: string, records: CellRecord[], tier: Tier = 'quick') => judge(claim(id), records, tier).verdict;
let count = 0;
const record = (config: Partial<RunsConfig>, seed: number, values: Record<string, Json>): CellRecord => ({
  id: `cell-${count++}`,
  experiment: 'runs',
  config: { ...QUADRATIC, ...config } as unknown as Json,
  seed,
  status: 'done',
  values,
  seconds: 0,
});

/** A number with a spread of 0.1 % over batches and methods: blocks that do not differ have no interval. */
const near = (x: number, seed: number, ...what: readonly (string | number)[]): number =>
  x * (1 + 1e-3 * (stream(seed, 'near', ...what).uniform() - 0.5));

/** A batch whose methods have errors spread around these sizes. */
const batch = (config: Partial<RunsConfig>, seed: number, sizes: Record<string, number>, spread = 1): CellRecord =>
  record(config, seed, {
    final: Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, pack(Array.from({ length: 100 }, (_, k) => near(size, seed, name, JSON.stringify(config)) * (1 + (near(spread, seed, name, 'spread') * k) / 100)))]), // prettier-ignore
    ),
  });
const seeds = [0, 1, 2, 3, 4];
const main = (of: (gamma: number) => Record<string, number>) =>
  GAMMAS.flatMap((gamma) =>
    seeds.map((seed) => batch({ set: 'eight', gamma, steps: K, curves: true }, seed, of(gamma))),
  );

describe('plan', () => {
  it.each(['quick', 'standard', 'full'] as const)(
    'at %s every claim of the tier has cells in all its experiments',
    (tier) => {
      for (const { tiers, experiments } of clipAdagrad.claims) {
        if (!tiers.includes(tier)) continue;
        for (const name of experiments) {
          expect(clipAdagrad.experiments.find((e) => e.id === name)!.cells(tier).length).toBeGreaterThan(0);
        }
      }
    },
  );

  it.each(['quick', 'standard', 'full'] as const)('at %s no cell is planned twice', (tier) => {
    for (const { cells } of clipAdagrad.experiments) {
      const all = cells(tier).map((cell) => JSON.stringify(cell));
      expect(new Set(all).size).toBe(all.length);
    }
  });

  it('runs C8 on 20,000 runs in every tier', () => {
    for (const tier of ['quick', 'standard', 'full'] as const) {
      const cells = clipAdagrad.experiments.find(({ id }) => id === 'runs')!.cells(tier);
      const wanted = JSON.stringify({ ...QUADRATIC, ...SLOPES });
      expect(cells.filter(({ config }) => JSON.stringify(config) === wanted)).toHaveLength(20);
    }
  });

  it('takes the number of seeds and the first seed from outside', () => {
    const { cells } = clipAdagrad.experiments.find(({ id }) => id === 'runs')!;
    expect(new Set(cells('quick', 2, 1000).map(({ seed }) => seed))).toEqual(new Set([1000, 1001]));
  });
});

describe('cells', () => {
  it('keep the error of every run, and nothing of the method in the noise', () => {
    const config: RunsConfig = { ...QUADRATIC, set: 'eight', gamma: 1, steps: 50, runs: 20, curves: true };
    const values = runs(config, 3);
    const other = runs({ ...config, set: 'places' }, 3);
    const of = (name: string, from: Record<string, Json>) => (from['final'] as Record<string, string>)[name]!;
    expect(unpack(of('AdaGrad', values))).toHaveLength(20);
    expect(of('AdaGrad', values)).toBe(of('AdaGrad', other));
    const curve = (values['curves'] as Record<string, number[][]>)['AdaGrad']!;
    expect(curve.map(([t]) => t)).toEqual(ticks(50));
    const sorted = [...unpack(of('AdaGrad', values))].sort((a, b) => a - b);
    expect(curve.at(-1)![2]).toBeCloseTo((sorted[9]! + sorted[10]!) / 2, 3);
  });

  it('have the sets that claims ask for, the eight with η = γ² where R is in the name', () => {
    const eight = sets.eight(1 / 2) as Record<string, { eta: number; delay: boolean; clip: unknown }>;
    expect(Object.keys(eight)).toHaveLength(8);
    for (const [name, { eta, delay, clip }] of Object.entries(eight)) {
      expect([eta, delay, clip !== null]).toEqual([
        name.includes('RAda') ? 1 / 4 : 1,
        name.endsWith('D'),
        name.startsWith('Clip'),
      ]);
    }
  });

  it('tell how many steps the lower-bound instances need', () => {
    const { first, last } = lowerBounds({ deltas: [1e-1, 1e-2], epsilons: [] }) as Record<
      string,
      Record<string, number>[]
    >;
    expect(first!.map((row) => [row['AdaGrad'], row['M-AdaGrad'], row['Clip-AdaGrad'], row['Clip-M-AdaGrad']])).toEqual([[46, 55, 14, 23], [144, 153, 14, 23]]); // prettier-ignore
    expect(last!.map((row) => [row['AdaGradD'], row['Clip-AdaGradD']])).toEqual([[58, 19], [187, 19]]); // prettier-ignore
  });

  it('find no violation of the identities', () => {
    for (const value of Object.values(identities({ d: 3, steps: 40 }, 1))) expect(value).toBeLessThanOrEqual(1e-12);
  });

  it.each(['quadratic', 'rosenbrock', 'logistic'] as const)('the gradient of %s is that of its errors', (name) => {
    const [d, n] = [4, 2];
    const { gradient, errors: of } = problems[name](d, n, 1);
    const x = Float64Array.from({ length: d * n }, (_, k) => 0.3 + 0.1 * k);
    const g = new Float64Array(d * n);
    if (gradient) gradient(x, g);
    else x.forEach((value, k) => (g[k] = 2 * value)); // the error is ‖x‖², f half of it
    for (let k = 0; k < x.length; k++) {
      const moved = (by: number) => of(x.map((value, i) => (i === k ? value + by : value)))[k % n]!;
      expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(g[k]!, 6);
    }
  });

  it('packs numbers as float32', () => {
    expect([...unpack(pack([1, 0.1, 3e38]))]).toEqual([1, Math.fround(0.1), Math.fround(3e38)]);
  });
});

describe('claims', () => {
  const good = { AdaGrad: 1, AdaGradD: 100, 'Clip-AdaGrad': 0.1, 'Clip-AdaGradD': 0.1 };

  it('C1a looks at each step size alone', () => {
    expect(
      verdict(
        'C1a',
        main(() => good),
      ),
    ).toBe('supported');
    for (const bad of GAMMAS) {
      expect(
        verdict(
          'C1a',
          main((gamma) => (gamma === bad ? { ...good, 'Clip-AdaGrad': 0.3 } : good)),
        ),
      ).toBe('refuted');
    }
  });

  it('C1b needs the gain to grow towards the tail', () => {
    const records = (spread: number) =>
      GAMMAS.flatMap((gamma) =>
        seeds.map((seed) => {
          const where = { set: 'eight', gamma, steps: K, curves: true } as const;
          const plain = batch(where, seed, { AdaGrad: 1 }, spread).values['final'] as object;
          const clipped = batch(where, seed, { 'Clip-AdaGrad': 0.1 }, 1).values['final'] as object;
          return record(where, seed, { final: { ...plain, ...clipped } as Json });
        }),
      );
    expect(verdict('C1b', records(5))).toBe('supported');
    expect(verdict('C1b', records(0.2))).toBe('refuted');
  });

  it('C2 asks for a factor of 50, C3 for one within 2 %', () => {
    expect(
      verdict(
        'C2',
        main(() => good),
      ),
    ).toBe('supported');
    expect(
      verdict(
        'C2',
        main(() => ({ ...good, AdaGradD: 49 })),
      ),
    ).toBe('refuted');
    expect(
      verdict(
        'C3',
        main(() => ({ ...good, 'Clip-AdaGradD': 0.1019 })),
      ),
    ).toBe('supported');
    expect(
      verdict(
        'C3',
        main(() => ({ ...good, 'Clip-AdaGradD': 0.1021 })),
      ),
    ).toBe('refuted');
    expect(
      verdict(
        'C3',
        main(() => ({ ...good, 'Clip-AdaGradD': 0.0979 })),
      ),
    ).toBe('refuted');
  });

  it('C5 asks both places alone', () => {
    const records = (direction: number, accumulator: number) =>
      seeds.map((seed) => batch({ set: 'places', ...PLACES }, seed, { 'Clip-AdaGrad': 1, 'direction only': direction, 'accumulator only': accumulator })); // prettier-ignore
    expect(verdict('C5', records(20, 20))).toBe('supported');
    expect(verdict('C5', records(5, 20))).toBe('refuted');
    expect(verdict('C5', records(20, 5))).toBe('refuted');
  });

  it('C6 and its critique want a U with its best level inside [0.25, 1], each at its horizon', () => {
    const at = (where: typeof SHORT | typeof LONG, best: number, dent?: number) =>
      seeds.map((seed) => batch({ set: 'levels', ...where }, seed, Object.fromEntries(LEVELS.map((level) => [String(level), level === dent ? 2 : 1 + Math.abs(Math.log(level / best))])))); // prettier-ignore
    expect(verdict('C6', at(SHORT, 0.5, 20))).toBe('refuted');
    expect(verdict('C6', at(SHORT, 0.5))).toBe('supported');
    expect(verdict('C6', at(SHORT, 0.1))).toBe('refuted');
    expect(verdict('C6', at(SHORT, 2))).toBe('refuted');
    expect(verdict('C6-prime', at(LONG, 0.5))).toBe('supported');
    expect(verdict('C6-prime', at(LONG, 0.05))).toBe('refuted');
  });

  it('C8 reads slopes in 1/δ over blocks of 4,000 runs', () => {
    /** Errors whose (1 − δ)-quantile is δ^−p. */
    const power = (p: number) => pack(Array.from({ length: 1000 }, (_, k) => ((k + 0.5) / 1000) ** -p));
    const records = (plain: number, delayed: number, clipped: number) =>
      Array.from({ length: 20 }, (_, seed) => {
        const powers = { AdaGrad: plain, AdaGradD: delayed, 'Clip-AdaGrad': clipped, 'Clip-AdaGradD': clipped };
        const final = Object.entries(powers).map(([name, p]) => [name, power(near(p, seed, name))]);
        return record(SLOPES, seed, { final: Object.fromEntries(final) as Json });
      });
    expect(judge(claim('C8b'), records(0.5, 2, 0.2), 'standard').n).toBe(5);
    expect(['C8a', 'C8b', 'C8c'].map((id) => verdict(id, records(0.5, 2, 0.2)))).toEqual(Array(3).fill('supported'));
    expect(['C8a', 'C8b', 'C8c'].map((id) => verdict(id, records(0.3, 0.8, 0.4)))).toEqual(Array(3).fill('refuted'));
  });

  it('C8-small looks at γ = 1/16 alone', () => {
    const power = (p: number) => pack(Array.from({ length: 1000 }, (_, k) => ((k + 0.5) / 1000) ** -p));
    const records = (delayed: number, clipped: number) =>
      Array.from({ length: 20 }, (_, seed) => record(SMALL, seed, { final: { AdaGradD: power(near(delayed, seed)), 'Clip-AdaGrad': power(clipped) } })); // prettier-ignore
    expect(verdict('C8-small', records(1, 0.2), 'standard')).toBe('supported');
    expect(verdict('C8-small', records(0.1, 0.2), 'standard')).toBe('refuted');
  });

  it('C13 wants each tail index’s own rate, under both noises', () => {
    const records = (exponent: (alpha: number, skewed: boolean) => number) =>
      RATES.flatMap((where) => seeds.map((seed) => batch(where, seed, { growing: where.steps ** -exponent(where.alpha, where.skewed) }))); // prettier-ignore
    const enough = (alpha: number) => (alpha - 1) / alpha + 0.01;
    expect(verdict('C13', records(enough), 'standard')).toBe('supported');
    for (const bad of RATES.filter(({ steps }) => steps === 1000)) {
      const slow = (alpha: number, skewed: boolean) => (alpha === bad.alpha && skewed === bad.skewed ? 0.02 : 0);
      expect(verdict('C13', records((alpha, skewed) => enough(alpha) - slow(alpha, skewed)), 'standard')).toBe('refuted'); // prettier-ignore
    }
    expect(() => verdict('C13', records(enough).slice(5), 'standard')).toThrow(
      "no finished batch for 'α = 1.2, symmetric, K = 1000'",
    );
  });

  it('C14 and C15 look at each problem alone', () => {
    const records = (bad?: (typeof DIMENSIONS)[number]) =>
      DIMENSIONS.flatMap((where) => seeds.map((seed) => batch(where, seed, { AdaGrad: 2, 'Clip-AdaGrad': where === bad ? 3 : 1 }))); // prettier-ignore
    expect(['C14', 'C15'].map((id) => verdict(id, records(), 'standard'))).toEqual(['supported', 'supported']);
    for (const bad of DIMENSIONS) {
      expect(verdict(bad.problem === 'rosenbrock' ? 'C15' : 'C14', records(bad), 'standard')).toBe('refuted');
    }
  });

  it('C10 needs the constant level to stay and the growing one to come closer', () => {
    const records = (constant: number, growing: number) =>
      seeds.flatMap((seed) =>
        HORIZONS.map(
          (steps, k) =>
          record({ set: 'growth', gamma: 1, skewed: true, curves: true, steps }, seed, { centre: { constant: near(k ? constant : -1, seed, 'constant', k), growing: near(k ? growing : -1, seed, 'growing', k) } }), // prettier-ignore
        ),
      );
    expect(verdict('C10', records(-0.9, -0.4))).toBe('supported');
    expect(verdict('C10', records(-0.7, -0.4))).toBe('refuted');
    expect(verdict('C10', records(-0.9, -0.6))).toBe('refuted');
  });

  it('C4 and C9 judge their cells', () => {
    const cell = (experiment: string, config: Json, values: Record<string, Json>) => ({ ...record({}, 0, values), experiment, config }); // prettier-ignore
    const config = { deltas: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5], epsilons: [1e-1, 1e-2, 1e-3, 1e-4] };
    const tables = lowerBounds(config);
    expect(verdict('C4', [cell('lower-bounds', config, tables)])).toBe('supported');
    const changed = structuredClone(tables) as Record<string, Record<string, number>[]>;
    changed['first']![2]!['Clip-AdaGrad'] = 15;
    expect(claim('C4').reference).toContain('noise first, by δ, bound: 13.7, 43.1, 135.9, 429.4, 1357.7;');
    expect(verdict('C4', [cell('lower-bounds', config, changed as Record<string, Json>)])).toBe('refuted');
    const all = { I1: 0, I2: -1, I3: 1e-16, I4: 0, I5: 0, I6: 0 };
    expect(verdict('C9', [cell('identities', {}, all)])).toBe('supported');
    for (const name of Object.keys(all)) expect(verdict('C9', [cell('identities', {}, { ...all, [name]: 1e-11 })])).toBe('refuted'); // prettier-ignore
  });

  it('C12 tunes on one batch and judges the next, and no batch does both', () => {
    /** Of each method one step size is best where it is tuned; what is judged there is `clipped` times worse than Clip-SGD. */
    const records = (clipped: number, batches = 5) =>
      Array.from({ length: batches }, (_, seed) => {
        const sizes = Object.keys(sets.grid()).map((name) => {
          const best = name.endsWith(` ${seed < 2 ? 1 / 4 : 1 / 8}`);
          return [name, seed % 2 === 0 ? (best ? 1 : 50) : best ? (name.includes('SGD') ? 1 : clipped) : 1e6];
        });
        return batch({ set: 'grid', gamma: 1, steps: 2000 }, seed, Object.fromEntries(sizes) as Record<string, number>);
      });
    expect(judge(claim('C12'), records(5), 'quick')).toMatchObject({ verdict: 'supported', n: 2 }); // the fifth has no partner
    expect(judge(claim('C12'), records(5, 20), 'standard')).toMatchObject({ verdict: 'supported', n: 10 });
    expect(judge(claim('C12'), records(5, 20), 'standard').measured).toBeCloseTo(Math.log10(5), 3);
    expect(verdict('C12', records(11))).toBe('refuted');
    expect(verdict('C12', records(1 / 11))).toBe('refuted');
  });

  it('T1 predicts one more batch: mean ± t·s·√(1 + 1/n)', () => {
    const { low, high } = prediction([0, 1, 2, 3, 4]);
    expect((low + high) / 2).toBeCloseTo(2, 12);
    expect((high - low) / 2).toBeCloseTo(4.604 * Math.sqrt(2.5) * Math.sqrt(1.2), 3);
    expect([1.46, 0.157, 0.5, 2.4e2].map(halfUnit)).toEqual([0.005, 0.0005, 0.005, 5]);
  });

  it('T2 lets two of its 36 quantiles lie outside, and names them', () => {
    const sets = { places: PLACES, twins: PLACES, usual: USUAL, levels: SHORT } as const;
    /** Batches with the reference's quantiles but for the methods named. */
    const records = (...wrong: string[]) =>
      Object.entries(sets).flatMap(([set, where]) =>
        seeds.map((seed) => {
          const methods = FACTS.filter((row) => row.where.set === set).map(({ method, quantiles, printed }) => {
            const value = (q: number) => {
              const k = quantiles.findIndex((own) => q <= own);
              return printed[k < 0 ? printed.length - 1 : k]! * (1 + seed / 100);
            };
            return [method, pack(Array.from({ length: 1000 }, (_, r) => (wrong.includes(method) ? 9 : 1) * value((r - 2) / 1000)))]; // prettier-ignore
          });
          return record({ set: set as RunsConfig['set'], ...where }, seed, { final: Object.fromEntries(methods) });
        }),
      );
    expect(verdict('T2', records())).toBe('supported');
    expect(verdict('T2', records('20'))).toBe('supported');
    const wrong = records('20', 'M-AdaGrad');
    const { why } = judge(claim('T2'), wrong, 'quick');
    expect(why).toMatch(/^fails: 4 of 36 outside \(M-AdaGrad, γ = 1\/16, 50 %: 0\.27 against .*L = 20, γ = 1\/16/);
    const rows = claim('T2').table!(wrong, 'quick')!.rows;
    expect(rows.filter((row) => row[4] === 'no').map(([setting, reference]) => [setting, reference])).toEqual([
      ['M-AdaGrad, γ = 1/16, 50 %', 0.27],
      ['M-AdaGrad, γ = 1/16, 90 %', 0.74],
      ['M-AdaGrad, γ = 1/16, 99 %', 1.9],
      ['L = 20, γ = 1/16, 50 %', 0.18],
    ]);
  });

  it('complain about a batch that lacks a method, rather than leave it out', () => {
    expect(() => errors(batch({}, 0, { AdaGrad: 1 }), 'Adam')).toThrow(/has no method 'Adam'/);
    expect(() => claim('C2').evidence([], 'quick')).toThrow("evidence: no finished cell for 'γ = 1'.");
  });
});
