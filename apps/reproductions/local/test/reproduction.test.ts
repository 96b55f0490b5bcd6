import { judge, WASM, type CellRecord, type Json } from '@assay-ml/claims';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { run as biasFloor } from '../src/cells/bias-floor.js';
import { run as bounds } from '../src/cells/bounds.js';
import { run as identities } from '../src/cells/identities.js';
import { run as lemmas } from '../src/cells/lemmas.js';
import { run as rounds } from '../src/cells/rounds-to-accuracy.js';
import { predicted } from '../src/cells/scaffold-bias.js';
import { run as stationary } from '../src/cells/stationary.js';
import { run as tight } from '../src/cells/tight.js';
import { run as whoWins, type WhoWinsConfig } from '../src/cells/who-wins.js';
import { centre, DELTAS } from '../src/claims/who-wins.js';
import local from '../src/index.js';

const context = { signal: new AbortController().signal, backend: WASM };
const claim = (id: string) => local.claims.find((c) => c.id === id)!;

let count = 0;
const record = (experiment: string, config: Json, seed: number, values: Record<string, Json>): CellRecord => ({
  id: `cell-${count++}`,
  experiment,
  config,
  seed,
  status: 'done',
  values,
  seconds: 0,
});

/** A number with a spread of 0.1 % over seeds and configurations: blocks that do not differ have no interval. */
const near = (x: number, seed: number, ...config: readonly Json[]): number =>
  x * (1 + 1e-3 * (stream(seed, JSON.stringify(config)).uniform() - 0.5));

/** A record of E1 with given results (MbSGD, LocalSGD, SCAFFOLD). */
const result = (some: Partial<WhoWinsConfig>, seed: number, [minibatchSgd, localSgd, scaffold]: number[]): CellRecord =>
  record('who-wins', { ...centre('quick'), ...some }, seed, {
    gradientNorm2: {
      minibatchSgd: minibatchSgd!,
      localSgd: near(localSgd!, seed, 'local', some),
      scaffold: near(scaffold!, seed, 'scaffold', some),
    },
    edge: { minibatchSgd: null, localSgd: null, scaffold: null },
  });

const seeds = [0, 1, 2, 3, 4];

describe('plan', () => {
  it.each(['quick', 'standard', 'full'] as const)(
    'at %s every claim of the tier has cells in all its experiments',
    (tier) => {
      for (const { id, tiers, experiments } of local.claims) {
        if (!tiers.includes(tier)) continue;
        for (const name of experiments) {
          const experiment = local.experiments.find((e) => e.id === name)!;
          expect(experiment.cells(tier).length, `${id}: ${name}`).toBeGreaterThan(0);
        }
      }
    },
  );

  it('gives C1′ and C2′ twenty instances and every stochastic claim five at quick', () => {
    const cells = local.experiments.find(({ id }) => id === 'who-wins')!.cells('quick');
    const seedsAt = (some: Partial<WhoWinsConfig>): number =>
      new Set(
        cells
          .filter(({ config }) => JSON.stringify(config) === JSON.stringify({ ...centre('quick'), ...some }))
          .map(({ seed }) => seed),
      ).size;
    for (const delta of DELTAS) {
      expect(seedsAt({ delta, rho: 0.05 })).toBe(20);
      expect(seedsAt({ delta })).toBe(5);
    }
  });

  it('takes the number of seeds and the first seed from outside', () => {
    for (const { id, cells } of local.experiments) {
      if (id === 'tight' || cells('quick').length === 0) continue;
      expect(new Set(cells('quick', 2, 1000).map(({ seed }) => seed)), id).toEqual(new Set([1000, 1001]));
    }
  });

  it('stays within 500 CPU hours at full', () => {
    const seconds = local.experiments.flatMap((e) => e.cells('full').map(({ config }) => e.cost(config).seconds));
    expect(seconds.reduce((a, b) => a + b, 0) / 3600).toBeLessThan(500);
  });
});

describe('cells give the spec’s measured numbers', () => {
  it('E1 at δ = 0 to three digits: nothing there is random', () => {
    const { gradientNorm2, edge } = whoWins({ ...centre('quick'), delta: 0 }, 0, context) as Record<
      string,
      Record<string, number>
    >;
    expect(gradientNorm2!['minibatchSgd']).toBeCloseTo(8.97e-4, 6);
    expect(gradientNorm2!['localSgd']! / 3.62e-6).toBeCloseTo(1, 2);
    expect(gradientNorm2!['scaffold']! / 3.62e-6).toBeCloseTo(1, 2);
    expect(edge).toEqual({ minibatchSgd: null, localSgd: null, scaffold: null });
  });

  it('E1 at δ = 0.3 in kind: another instance of the same family', () => {
    const { gradientNorm2 } = whoWins({ ...centre('quick'), delta: 0.3 }, 0, context) as Record<
      string,
      Record<string, number>
    >;
    expect(gradientNorm2!['minibatchSgd']).toBeCloseTo(8.97e-4, 6);
    expect(Math.abs(Math.log2(gradientNorm2!['localSgd']! / 1.04e-2))).toBeLessThan(1);
    expect(Math.abs(Math.log2(gradientNorm2!['scaffold']! / 9.9e-5))).toBeLessThan(1);
  });

  it('T14: 184 rounds for minibatch SGD and for SCAFFOLD with K = 1, 92 with K = 2', () => {
    const of = (K: number) =>
      rounds({ delta: 0.01, K, methods: ['minibatchSgd', 'scaffold'] }, 0, context) as Record<
        string,
        { rounds: number; bytes: number; gradientCalls: number }
      >;
    const one = of(1);
    expect(one['minibatchSgd']).toMatchObject({ rounds: 184, bytes: 184 * 10 * 20 * 8 * 2, gradientCalls: 1840 });
    expect(one['scaffold']).toMatchObject({ rounds: 184, bytes: 184 * 10 * 20 * 8 * 4, gradientCalls: 1840 });
    expect(of(2)['scaffold']!.rounds).toBe(92);
  });

  it('T12: the bias floor at δ = 0.05, K = 10, η = 0.1', () => {
    const { gradientNorm } = biasFloor({ delta: 0.05, eta: 0.1, K: 10, zeta: 1 }, 0, context);
    expect(Math.abs(Math.log2((gradientNorm as number) / 0.0129))).toBeLessThan(0.5);
  });

  it('T13: n times the stationary gradient is 0.0103', () => {
    const { gradientNorm2 } = stationary({ n: 4, burnIn: 500, rounds: 1000 }, 0, context);
    expect((4 * (gradientNorm2 as number)) / 0.0103).toBeGreaterThan(0.85);
    expect((4 * (gradientNorm2 as number)) / 0.0103).toBeLessThan(1.15);
  });

  it('the formula of SCAFFOLD’s bias by hand', () => {
    // −1/4·0.1/2 − (1/12)·(2·9/3)·0.01
    expect(predicted({ N: 2, H: 3, gamma: 0.1, burnIn: 0, rounds: 1 })).toBeCloseTo(-0.0125 - (28 / 36) * 0.01, 15);
  });
});

describe('claims', () => {
  const verdict = (id: string, records: CellRecord[]) => judge(claim(id), records, 'quick').verdict;

  it('C3eq is SCAFFOLD’s at δ = 0 on quadratics, on every instance', () => {
    const records = (last: number) => seeds.map((seed) => result({ delta: 0 }, seed, [1, 1, seed === 4 ? last : 0.01]));
    expect(verdict('local.C3eq', records(0.049))).toBe('supported');
    expect(verdict('local.C3eq', records(0.051))).toBe('refuted');
  });

  it('C1 looks at each ζ alone, on every instance, and at none in vain', () => {
    const records = (bad: number) =>
      [0, 1, 10].flatMap((zeta) =>
        seeds.map((seed) => result({ delta: 0, zeta }, seed, [1, zeta === bad ? 0.1 : 0.01, 1])),
      );
    expect(verdict('local.C1', records(-1))).toBe('supported');
    for (const zeta of [0, 1, 10]) expect(verdict('local.C1', records(zeta))).toBe('refuted');
    const same = [0, 1, 10].flatMap((zeta) => seeds.map((seed) => result({ delta: 0, zeta }, seed, [1, 0.049, 1])));
    const one = result({ delta: 0 }, 4, [1, 0.06, 1]);
    const worst = judge(claim('local.C1'), [...same.filter((r) => r.seed < 4), one, ...same.filter((r) => r.seed === 4 && JSON.stringify(r.config) !== JSON.stringify(one.config))], 'standard'); // prettier-ignore
    expect(worst.why).toMatch(/^fails: ζ = 1, seed 4: 0\.060*\d*$/);
    expect(() => verdict('local.C1', records(-1).slice(5))).toThrow("evidence: no finished cell for 'ζ = 0'.");
  });

  it('C2 needs the order in δ, the wins and the losses', () => {
    const rows = [0.01, 0.02, 0.03, 0.5, 5, 50];
    const records = (results: readonly number[]) =>
      DELTAS.flatMap((delta, k) => seeds.map((seed) => result({ delta }, seed, [1, results[k]!, 1])));
    expect(verdict('local.C2', records(rows))).toBe('supported');
    expect(verdict('local.C2', records([0.01, 0.03, 0.02, 0.5, 5, 50]))).toBe('refuted');
    expect(verdict('local.C2', records([0.01, 0.02, 1.5, 2, 5, 50]))).toBe('refuted');
    expect(verdict('local.C2', records([0.01, 0.02, 0.03, 0.5, 0.9, 50]))).toBe('refuted');
  });

  it('C3 and C4 read SCAFFOLD where they say', () => {
    const c3 = (worst: number) =>
      [0, 0.05].flatMap((rho) =>
        [0, 0.01, 0.03, 0.1].flatMap((delta) =>
          seeds.map((seed) => result({ delta, rho }, seed, [1, 9, rho === 0.05 && delta === 0.1 ? worst : 0.01])),
        ),
      );
    expect(verdict('local.C3', c3(0.049))).toBe('supported');
    expect(verdict('local.C3', c3(0.051))).toBe('refuted');
    const c4 = (scaffold: number) => seeds.map((seed) => result({ delta: 1 }, seed, [1, 9, scaffold]));
    expect(verdict('local.C4', c4(1.1))).toBe('supported');
    expect(verdict('local.C4', c4(0.9))).toBe('refuted');
  });

  it('C5 bounds SCAFFOLD from above and LocalSGD from below', () => {
    const records = (scaffold: number, localSgd: number) =>
      seeds.flatMap((seed) => [
        result({ zeta: 0 }, seed, [1, 1, 1]),
        result({ zeta: 3 }, seed, [1, 1, scaffold]),
        result({ zeta: 10 }, seed, [1, localSgd, 1]),
      ]);
    expect(verdict('local.C5', records(4.9, 4.1))).toBe('supported');
    expect(verdict('local.C5', records(5.1, 4.1))).toBe('refuted');
    expect(verdict('local.C5', records(4.9, 3.9))).toBe('refuted');
  });

  it('C6 wants halving within 20 % plus a round both ways, then saturation', () => {
    const records = (table: Readonly<Record<number, readonly number[]>>) =>
      Object.entries(table).flatMap(([delta, row]) =>
        row.flatMap((n, k) =>
          seeds.map((seed) =>
            record('rounds-to-accuracy', { delta: Number(delta), K: 2 ** k, methods: [] }, seed, {
              minibatchSgd: { rounds: 184 },
              scaffold: { rounds: near(n, seed, delta, k), reached: true },
            }),
          ),
        ),
      );
    const spec = { 0.01: [184, 92, 46, 23, 14, 14], 0.1: [184, 116, 57, 25, 27, 27], 0.5: [184, 99, 59, 56, 163, 163] };
    expect(verdict('local.C6', records(spec))).toBe('supported');
    expect(judge(claim('local.C6'), records(spec), 'standard')).toMatchObject({ n: 5, unit: 'rounds' });
    expect(verdict('local.C6', records({ ...spec, 0.01: [184, 92, 57, 28, 14, 14] }))).toBe('refuted');
    expect(verdict('local.C6', records({ ...spec, 0.01: [184, 92, 46, 16, 14, 14] }))).toBe('refuted');
    // The first doubling, where no seed differs, is a claim of its own.
    const first = (two: number) => verdict('local.C6two', records({ ...spec, 0.01: [184, two, 46, 23, 14, 14] }));
    expect([72, 73, 92, 111, 112].map(first)).toEqual(['refuted', 'supported', 'supported', 'supported', 'refuted']);
    const one = records(spec).map((r) => ({ ...r, values: { ...r.values, scaffold: { rounds: 92, reached: true } } }));
    const slow = [...records(spec).filter(({ seed }) => seed > 0), ...one.filter(({ seed }) => seed === 0)];
    expect(judge(claim('local.C6two'), slow, 'quick').why).toBe('fails: seed 0: 92 to 92');
    expect(verdict('local.C6', records({ ...spec, 0.01: [184, 92, 46, 23, 14, 10] }))).toBe('refuted');
    expect(verdict('local.C6', records({ ...spec, 0.5: [184, 99, 59, 56, 40, 40] }))).toBe('refuted');
  });

  it('C7 fails on a ratio above 1 and on a pin that is off by a factor 2', () => {
    const records = () => [
      record('bounds', {}, 0, bounds({ R: 5, runs: 2 }, 0, context)),
      record('lemmas', {}, 0, lemmas({ points: 20 }, 0)),
      record('tight', {}, 0, tight()),
    ];
    expect(verdict('local.C7', records())).toBe('supported');
    const [first, second, third] = records();
    const violated = { ...first!, values: { ratios: { ...(first!.values['ratios'] as object), T6: 1.01 } } };
    expect(verdict('local.C7', [violated, second!, third!])).toBe('refuted');
    for (const [name, pin] of Object.entries(third!.values)) {
      const { measured, closedForm } = pin as { measured: number; closedForm: number };
      const halved = { ...third!, values: { ...third!.values, [name]: { measured: measured / 2, closedForm } } };
      expect(verdict('local.C7', [first!, second!, halved]), name).toBe('refuted');
    }
  });

  it('C8 takes slopes within a tenth of 1, and n·E within a tenth of itself', () => {
    const floors = (slope: number) =>
      seeds.flatMap((seed) =>
        [0.01, 0.02, 0.04, 0.08].map((delta) =>
          record('bias-floor', { delta, eta: 0.1, K: 10, zeta: 1 }, seed, {
            gradientNorm: near(0.3 * delta ** slope, seed, delta),
          }),
        ),
      );
    expect(verdict('local.C8', floors(1.05))).toBe('supported');
    expect(verdict('local.C8', floors(1.15))).toBe('refuted');
    expect(verdict('local.C8', floors(0.85))).toBe('refuted');
    const noise = (last: number) =>
      seeds.flatMap((seed) =>
        [2, 4, 8, 16, 32].map((n) =>
          record('stationary', { n, burnIn: 500, rounds: 2000 }, seed, {
            gradientNorm2: near((n === 32 ? last : 1) / n, seed, n),
          }),
        ),
      );
    expect(verdict('local.C8n', noise(1.09))).toBe('supported');
    expect(verdict('local.C8n', noise(1.11))).toBe('refuted');
    expect(verdict('local.C8n', noise(0.9))).toBe('refuted');
  });

  it('C9 holds on the methods as they are, and fails on an error of 2e-12', () => {
    const values = identities({}, 3);
    expect(Object.keys(values['errors'] as object)).toHaveLength(7);
    expect(verdict('local.C9', [record('identities', {}, 3, values)])).toBe('supported');
    const off = { errors: { ...(values['errors'] as object), T10: 2e-12 } };
    expect(verdict('local.C9', [record('identities', {}, 3, off)])).toBe('refuted');
  });

  it('S1 compares sizes of the error, S2 error and formula with their signs', () => {
    const at = (N: number, H: number, gamma: number, error: number, predicted: number) =>
      seeds.map((seed) =>
        record('scaffold-bias', { N, H, gamma }, seed, { error: near(error, seed, N, H, gamma), predicted }),
      );
    const s1 = (error: number) => [...at(2, 10, 0.05, -1, -1), ...at(32, 10, 0.05, error, -1)];
    expect(judge(claim('local.S1'), s1(-0.6), 'standard').verdict).toBe('supported');
    expect(judge(claim('local.S1'), s1(-0.4), 'standard').verdict).toBe('refuted');
    const s2 = (error: number) => [
      ...at(8, 10, 0.00625, -1, -1),
      ...at(2, 10, 0.00625, -1, -1),
      ...at(8, 4, 0.0125, error, -1),
      ...at(8, 1, 0.05, -1, -1),
      ...at(2, 10, 0.05, -9, -1),
    ];
    expect(judge(claim('local.S2'), s2(-1.09), 'standard').verdict).toBe('supported');
    expect(judge(claim('local.S2'), s2(-1.11), 'standard').verdict).toBe('refuted');
    expect(judge(claim('local.S2'), s2(-0.89), 'standard').verdict).toBe('refuted');
    expect(judge(claim('local.S2'), s2(1), 'standard').verdict).toBe('refuted');
  });

  it('C5′ compares growths', () => {
    const records = (scaffold: number) =>
      seeds.flatMap((seed) => [result({ zeta: 0 }, seed, [1, 2, 3]), result({ zeta: 10 }, seed, [1, 8, scaffold])]);
    expect(verdict("local.C5'", records(11))).toBe('supported');
    expect(verdict("local.C5'", records(13))).toBe('refuted');
  });

  it('refuse a best step size on the edge, and an accuracy that was not reached', () => {
    const [first, ...rest] = seeds.map((seed) => result({ delta: 1 }, seed, [1, 9, 2]));
    const values = { ...first!.values, edge: { minibatchSgd: null, localSgd: null, scaffold: 'high' } };
    expect(() => verdict('local.C4', [{ ...first!, values }, ...rest])).toThrow(
      `evidence: in cell ${first!.id} scaffold is best at the grid's high edge. Extend the grid.`,
    );
    const late = record('rounds-to-accuracy', { delta: 0.01, K: 1, methods: [] }, 0, {
      scaffold: { rounds: 600, reached: false },
    });
    expect(() => verdict('local.C6two', [late, { ...late, config: { delta: 0.01, K: 2, methods: [] } }])).toThrow(
      `evidence: in cell ${late.id} SCAFFOLD did not reach the accuracy. Raise the cap.`,
    );
  });

  /** Any values that a claim can read. */
  const stand: Record<string, Record<string, Json>> = {
    'who-wins': {
      gradientNorm2: { minibatchSgd: 1, localSgd: 1, scaffold: 1 },
      edge: { minibatchSgd: null, localSgd: null, scaffold: null },
    },
    'rounds-to-accuracy': { minibatchSgd: { rounds: 9 }, scaffold: { rounds: 9, reached: true } },
    bounds: { ratios: { T5: 1, T6: 1, T7: 1, T8: 1 } },
    lemmas: { ratios: { T1: 1, T2: 1, T3: 1 } },
    tight: Object.fromEntries(
      ['T1', 'T2', 'T3', 'T5', 'T6', 'T7', 'T8'].map((name) => [name, { measured: 1, closedForm: 1 }]),
    ),
    'bias-floor': { gradientNorm: 1 },
    stationary: { gradientNorm2: 1 },
    identities: { errors: { T9: 0 } },
    'scaffold-bias': { error: -1, predicted: -1 },
  };
  const PARTS: Record<string, number> = {
    'local.C2': 9,
    "local.C2'": 10,
    'local.C2avg': 9,
    'local.C3': 7,
    'local.C5': 2,
    'local.C6': 7,
    'local.C8n': 20,
    'local.S2': 4,
  };

  it.each(
    local.claims.filter(({ id }) => !id.startsWith('local.F') && id !== 'local.S3').map((c) => [c.id, c] as const),
  )(
    '%s has all its parts from the cells of the plan, and does without none of them',
    (id, { experiments, evidence }) => {
      const planned = local.experiments
        .filter((e) => experiments.includes(e.id))
        .map((e) => e.cells('standard', 2).map(({ config, seed }) => record(e.id, config, seed, stand[e.id]!)));
      // Sweeps share their centre: each cell once, as in a run.
      const all = [
        ...new Map(planned.flat().map((r) => [JSON.stringify([r.experiment, r.config, r.seed]), r])).values(),
      ];
      const found = evidence(all, 'standard');
      if (found.kind === 'paired') {
        const parts = new Set(found.pairs.map(({ part }) => part));
        expect(parts.size).toBe(PARTS[id] ?? 1);
        // Without one of the configurations it reads, a claim has no evidence rather than less.
        const configs = [...new Set(all.map((r) => JSON.stringify(r.config)))];
        const size = found.pairs.length;
        for (const config of configs) {
          const fewer = all.filter((r) => JSON.stringify(r.config) !== config);
          let left = 0;
          try {
            const evidenceLeft = evidence(fewer, 'standard');
            left = evidenceLeft.kind === 'paired' ? evidenceLeft.pairs.length : 0;
          } catch {
            continue;
          }
          expect(left, config).toBe(size);
        }
      } else expect(['exact', 'points']).toContain(found.kind);
    },
  );
});
