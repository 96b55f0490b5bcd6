import { judge, WASM, type CellContext, type CellRecord, type Json, type Tier } from '@assay-ml/claims';
import { describe, expect, it } from 'vitest';
import { run as grid, type GridConfig } from '../src/cells/grids.js';
import { run as identities } from '../src/cells/identities.js';
import { CHECKPOINTS as ROUNDS, run as multiClient, type MultiClientConfig } from '../src/cells/multi-client.js';
import { hundredDimensional, oneDimensional } from '../src/cells/quartics.js';
import { CHECKPOINTS as EPOCHS, run as shuffling, type ShufflingConfig } from '../src/cells/shuffling.js';
import { run as logisticCell, type LogisticConfig } from '../src/cells/logistic.js';
import { instance } from '../src/cells/logistic-data.js';
import { run as statements } from '../src/cells/statements.js';
import { GRIDS } from '../src/grids.js';
import l0l1 from '../src/index.js';
import { numpyUniform } from '../src/numpy-random.js';
import { ALPHAS, alphaRow, FAR, floorRow, HUNDRED, LINE } from '../src/rows.js';
import { halfUnit, hundredEntries, lineEntries, prediction } from '../src/tables.js';

const context: CellContext = { signal: new AbortController().signal, backend: WASM };

const cellsOf = (tier: Tier) =>
  l0l1.experiments.flatMap((e) => e.cells(tier).map(({ config, seed }) => ({ experiment: e.id, config, seed })));

function record(experiment: string, config: Json, seed: number, values: Record<string, Json>): CellRecord {
  return {
    id: JSON.stringify([experiment, config, seed]),
    experiment,
    config,
    seed,
    status: 'done',
    values,
    seconds: 1,
  };
}

/** f − f* of a made-up run: the printed tables, or what a test puts in their place. */
type Curve = (name: string, config: ShufflingConfig & MultiClientConfig, run: number) => (number | null)[];

const nameOf = (rows: Readonly<Record<string, object>>, config: object): string =>
  Object.entries(rows).find(([, row]) => JSON.stringify(row) === JSON.stringify(omit(config)))?.[0] ?? '';
const omit = (config: object): object => Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'runs'));

/** What the tables print, at all checkpoints; random rows vary a little, each by itself. */
const asPrinted: Curve = (name, config, run) => {
  if ('order' in config) {
    const shake = name === '(L0, L1)-GD' ? 1 : 1 + 0.2 * Math.sin(run + name.length + name.charCodeAt(1));
    const [one, five, ten, twenty, hundred] = ({
      SO: [1.2e9, 5.8e7, 1.5e7, 3.9e6, 1.85e5],
      RR: [1.2e9, 5.8e7, 1.5e7, 3.9e6, 1.85e5],
      NASTYA: [3.0e11, 7.9e9, 7.6e8, 9.4e7, 2.06e6],
      CSO: [8.8e11, 5.0e11, 2.1e11, 1.7e10, 0.86],
      CRR: [8.8e11, 5.0e11, 2.1e11, 1.7e10, 0.36],
      'clipped, with replacement': [8.8e11, 5.0e11, 2.1e11, 1.7e10, 0.4],
      'CLERR, shuffle-once': [4.1e11, 531, 2.5e-5, 5.2e-7, 5.2e-7],
      'CLERR, reshuffled': [4.1e11, 531, 2.5e-5, 1.1e-7, 2.4e-7],
      'CLERR, inner 1e-8': [4.1e11, 128, 7.0e-6, 5.2e-9, 5.2e-9],
      'CLERR, inner 1e-9': [4.1e11, 101, 5.6e-6, 5.2e-11, 5.2e-11],
      'CLERR, theory variant': [9.5e11, 7.5e11, 5.3e11, 1.7e11, 1.5e8],
      '(L0, L1)-GD': [4.1e11, 98, 5.4e-6, 0, 0],
    }[name as never] as number[]) ?? [1, 1, 1, 1, 1];
    return [one, five, ten, twenty, twenty, hundred].map((gap) => gap! * shake);
  }
  return Array.from({ length: ROUNDS.length }, () => 1);
};

/** All records of quick, as in the tables unless told otherwise. */
function lineRecords(
  curve: Curve = asPrinted,
  diverges = (name: string, run: number) => name.includes('× 10') || (name.includes('4.9828') && run % 10 === 0),
): CellRecord[] {
  // prettier-ignore
  return cellsOf('quick')
    .filter(({ experiment }) => experiment === 'line')
    .map(({ experiment, config, seed }) => {
      const own = config as ShufflingConfig & MultiClientConfig;
      const name = nameOf(LINE, own);
      const runs = Array.from({ length: own.runs }, (_, k) => own.runs * seed + k);
      return record(experiment, config, seed, {
        gaps: runs.map((run) => (diverges(name, run) ? EPOCHS.map(() => null) : curve(name, own, run))),
        diverged: runs.map((run) => (diverges(name, run) ? 0 : null)),
      });
    });
}

const verdict = (id: string, records: CellRecord[], tier: Tier = 'quick') =>
  judge(
    l0l1.claims.find((c) => c.id === `l0l1.${id}`)!,
    records,
    tier,
  );

describe('data', () => {
  it('are NumPy’s', () => {
    const [a, b, c] = numpyUniform(0, 3);
    expect([a!.toFixed(8), b!.toFixed(8), c!.toFixed(8)]).toEqual(['0.97627008', '4.30378733', '2.05526752']);
    expect(numpyUniform(1, 1)[0]).toBeCloseTo(-1.6595599, 6);
  });

  it('have the minima of the authors’ code', () => {
    expect(oneDimensional().minimiser[0]).toBeCloseTo(0.04194050056839, 12);
    expect(oneDimensional().infimum).toBeCloseTo(2046.7670866252512, 9);
    const { family } = hundredDimensional();
    expect(Math.abs(family.infimum / 11235236.554068442 - 1)).toBeLessThan(1e-14);
    expect(family.mu).toBeGreaterThan(13_000);
  });
});

describe('plan', () => {
  it('quick: 200 runs of each random row on the line, 20 beyond', () => {
    const cells = cellsOf('quick');
    const runs = (experiment: string, config: object) =>
      cells
        .filter(
          (c) => c.experiment === experiment && JSON.stringify(omit(c.config as object)) === JSON.stringify(config),
        )
        .reduce((sum, c) => sum + (c.config as { runs: number }).runs, 0);
    expect(runs('line', LINE.CSO)).toBe(200);
    expect(runs('line', LINE['(L0, L1)-GD'])).toBe(1);
    expect(runs('hundred', HUNDRED['1, RR-CLI']!)).toBe(20);
    expect(runs('hundred', HUNDRED['1, CELGC τ=10']!)).toBe(1);
    expect(runs('hundred', alphaRow(1e-10))).toBe(1);
  });

  it('no grid has more than 150 points, and each is tuned on one seed', () => {
    for (const tier of ['quick', 'standard', 'full'] as const) {
      for (const make of Object.values(GRIDS)) {
        const { axes } = make(tier);
        expect(Object.values(axes).reduce((product, values) => product * values.length, 1)).toBeLessThanOrEqual(150);
      }
      const grids = cellsOf(tier).filter(({ experiment }) => experiment === 'grids');
      expect(grids).toHaveLength(tier === 'quick' ? 5 : 8);
    }
  });
});

describe('cells', () => {
  it('shuffling: the first epochs of the table', () => {
    const { gaps, diverged } = shuffling({ ...LINE['CLERR, inner 1e-9'], runs: 2 }, 0, context) as Record<string, number[][]>; // prettier-ignore
    expect(diverged).toEqual([null, null]);
    for (const curve of gaps!) {
      expect(curve[0]! / 4.1e11).toBeCloseTo(1, 1);
      expect(curve[1]! / 101).toBeCloseTo(1, 1);
    }
    expect(shuffling({ ...LINE['SO, step × 10'], runs: 1 }, 0, context)['diverged']).toEqual([0]);
  });

  it('multi-client: D9’s floor, targets and divergence', () => {
    const one = multiClient({ ...floorRow(1e-8), rounds: 30, runs: 1 }, 0, context);
    expect(one['floor']).toBeCloseTo(7.46e-5, 7);
    expect((one['gaps'] as number[][])[0]![3]! / 7.46e-5).toBeCloseTo(1, 2);
    const [toOne, toHundredth] = (one['reached'] as number[][])[0]!;
    expect(toOne).toBe(7);
    expect(toHundredth!).toBeLessThanOrEqual(10);
    expect(multiClient({ ...FAR['c0 = 1e4, c1 = 0'], runs: 1 }, 0, context)['diverged']).toEqual([1]);
  });

  it('grids: edges, ranks and the best three again', () => {
    const config: GridConfig = { problem: 'line', fixed: { order: 'shuffle-once', batch: 32 }, axes: { eta: [1e-9, 1e-8, 1e-7, 1e-6] }, again: 2 }; // prettier-ignore
    const found = grid(config, 0, context) as unknown as {
      best: { eta: number };
      edges: { eta: string | null };
      tried: { value: number | null }[];
      finalists: { point: { eta: number }; values: number[] }[];
    };
    expect(found.best).toEqual({ eta: 1e-7 });
    expect(found.edges).toEqual({ eta: null });
    expect(found.tried.map(({ value }) => value === null)).toEqual([false, false, false, true]);
    expect(found.finalists.map(({ point }) => point.eta)).toEqual([1e-7, 1e-8, 1e-9]);
    expect(found.finalists[0]!.values).toHaveLength(2);
    const clerr = GRIDS.CLERR();
    const small = grid({ ...clerr, axes: { lr: [1e-3], level: [1e5], eta: [1e-9, 1e-7] }, again: 0 }, 0, context);
    expect(small['best']).toEqual({ lr: 1e-3, level: 1e5, eta: 1e-9 });
  });

  it('statements are near their bounds and never above, identities exact', () => {
    const { ratios } = statements({ points: 200, trajectories: 3 }, 3) as { ratios: Record<string, number> };
    expect(Object.keys(ratios).sort()).toEqual([
      'D1',
      'D2',
      'D3',
      'D4, drift',
      'D4, gradient',
      'D5',
      'D6',
      'D7',
      'D7, far',
    ]);
    for (const ratio of Object.values(ratios)) expect(ratio).toBeLessThanOrEqual(1);
    expect(ratios['D1']).toBeGreaterThan(0.9);
    const { errors } = identities({}, 1) as { errors: Record<string, number> };
    expect(Object.keys(errors)).toHaveLength(8);
    for (const error of Object.values(errors)) expect(error).toBeLessThan(1e-13);
  });
});

describe('tables', () => {
  it('take an exact entry within half a printed unit and 2 %', () => {
    expect([halfUnit('1.85e5'), halfUnit('531'), halfUnit('0.86'), halfUnit('9e2')]).toEqual([500, 0.5, 0.005, 50]);
    const off = (factor: number) => lineEntries(lineRecords((name, config, run) => asPrinted(name, config, run).map((gap) => (name === '(L0, L1)-GD' ? gap! * factor : gap)))); // prettier-ignore
    const outside = (factor: number) =>
      off(factor)
        .filter(({ inside }) => !inside)
        .map(({ row, at }) => `${row} ${at}`);
    expect(outside(1)).toEqual([]);
    expect(outside(1.02)).toEqual([]);
    expect(outside(1.05)).toEqual(['(L0, L1)-GD 1', '(L0, L1)-GD 5', '(L0, L1)-GD 10']);
  });

  it('hold a random entry to the prediction interval of its mean', () => {
    const values = Array.from({ length: 200 }, (_, k) => Math.exp(Math.sin(k * k)));
    const { centre, low, high } = prediction(values, 10);
    expect(low).toBeLessThan(centre);
    expect(high).toBeGreaterThan(centre);
    expect(() => prediction(values.slice(0, 50), 10)).toThrow('5 groups of 10 runs');
    const far = lineEntries(lineRecords((name, config, run) => asPrinted(name, config, run).map((gap) => (name === 'CSO' ? 3 * gap! : gap)))); // prettier-ignore
    expect(far.filter(({ inside }) => !inside).map(({ row }) => row)).toEqual(Array(5).fill('CSO'));
    expect(verdict('M1', lineRecords()).verdict).toBe('supported');
    const wrong = verdict(
      'M1',
      lineRecords((name, config, run) => asPrinted(name, config, run).map((gap) => 3 * gap!)),
    );
    expect(wrong.verdict).toBe('refuted');
    expect(wrong.why).toContain('SO at 1: 1.2e9 against');
  });

  it('stand beside ours in the report', () => {
    const { rows } = l0l1.claims.find(({ id }) => id === 'l0l1.M1')!.table!(lineRecords(), 'quick')!;
    expect(rows).toHaveLength(55);
    expect(rows[0]).toEqual([
      'SO, epochs: 1',
      1.2e9,
      expect.closeTo(1.2e9, -8),
      [expect.closeTo(1.1e9, -7), expect.closeTo(1.31e9, -7)],
      'yes',
    ]);
    expect(rows.at(-1)).toEqual(['(L0, L1)-GD, epochs: 100', 0, 0, 'none: exact', 'yes']);
  });

  it('ask for every row', () => {
    expect(() => lineEntries([])).toThrow('evidence: no finished run of line');
    expect(() => hundredEntries([])).toThrow('evidence: no finished run of hundred');
  });
});

describe('claims', () => {
  it('have unique ids C1-C10 and critiques', () => {
    const ids = l0l1.claims.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (let k = 1; k <= 10; k++) expect(ids).toContain(`l0l1.C${k}`);
    expect(l0l1.claims.filter(({ kind }) => kind === 'critique').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['l0l1.C9', 'l0l1.E1', 'l0l1.E2', 'l0l1.X1', 'l0l1.X4']),
    );
  });

  it('C1, C2, X1 and X3 follow the table, and notice what breaks them', () => {
    const good = lineRecords();
    for (const id of ['C1', 'C2', 'X1', 'X2', 'X3']) expect(verdict(id, good).verdict).toBe('supported');
    const change = (which: string, factor: number) =>
      lineRecords((name, config, run) =>
        asPrinted(name, config, run).map((gap) => (name === which ? factor * gap! : gap)),
      );
    expect(verdict('C1', change('CLERR, shuffle-once', 1e4))).toMatchObject({ verdict: 'refuted' });
    expect(verdict('C1', change('SO', 1e-2)).why).toContain('SO > 1e4');
    expect(verdict('C1', change('CSO', 100)).why).toContain('median of CSO');
    expect(verdict('C2', change('CLERR, inner 1e-8', 10)).verdict).toBe('refuted');
    expect(verdict('X1', change('(L0, L1)-GD', 100)).verdict).toBe('refuted');
    expect(verdict('X2', change('CLERR, theory variant', 1e-2)).verdict).toBe('refuted');
    expect(
      verdict(
        'X3',
        lineRecords(asPrinted, () => false),
      ).verdict,
    ).toBe('refuted');
  });

  it('C10 compares seed by seed', () => {
    const lower = verdict('C10', lineRecords());
    expect(lower.verdict).toBe('supported');
    expect(lower.measured).toBeCloseTo(Math.log10(0.36 / 0.86), 2);
    expect(lower.n).toBe(200);
    expect(lower.expect).toBe('report');
  });

  it('C7 and C9 read the sweeps over α', () => {
    const sweep = (power: number, rounds: (alpha: number) => number | null): CellRecord[] =>
      cellsOf('quick')
        .filter(({ experiment }) => experiment === 'hundred')
        .map(({ experiment, config, seed }) => {
          const { alpha = 1 } = config as MultiClientConfig;
          return record(experiment, config, seed, {
            gaps: [ROUNDS.map(() => alpha ** power)],
            diverged: [null],
            reached: [[rounds(alpha), null]],
            floor: null,
          });
        });
    expect(
      verdict(
        'C7',
        sweep(2, () => null),
      ),
    ).toMatchObject({ verdict: 'supported', measured: expect.closeTo(2, 9) as number });
    expect(
      verdict(
        'C7',
        sweep(1, () => null),
      ).verdict,
    ).toBe('refuted');
    expect(
      verdict(
        'C9',
        sweep(2, (alpha) => (alpha === 1e-6 ? 6 : 7)),
      ),
    ).toMatchObject({ verdict: 'supported', measured: 6 });
    const same = verdict(
      'C9',
      sweep(2, (alpha) => (alpha > 1e-6 ? null : 7)),
    );
    expect(same.verdict).toBe('refuted');
    expect(same.why).toContain('1e-10: 7, 1e-9: 7');
    expect(ALPHAS[0]).toBe(1e-10);
  });

  it('X5 finds the baselines’ floors where Clip-LocalGDJ has them at the same local step size', () => {
    const floors = (celgc: number): CellRecord[] =>
      cellsOf('quick')
        .filter(({ experiment }) => experiment === 'hundred')
        .map(({ experiment, config, seed }) => {
          const { method, tau, alpha, c0 = 1 } = config as MultiClientConfig;
          const step = alpha ?? 1 / c0;
          const gap = tau === 1 ? 1e-20 : step ** 2 * (method === 'CELGC' ? celgc : 1);
          return record(experiment, config, seed, { gaps: [ROUNDS.map(() => gap)], diverged: [null], floor: null });
        });
    expect(verdict('X5', floors(1))).toMatchObject({ verdict: 'supported' });
    expect(verdict('X5', floors(1.1)).why).toContain('CELGC from 1: 10.00 %');
  });

  it('C6 and C8 show what fails', () => {
    const bad = record('statements', {}, 0, { ratios: { D1: 0.5, D3: 1.1 } });
    expect(verdict('C6', [bad])).toMatchObject({ verdict: 'refuted', measured: 1.1, why: 'fails: D3: 1.10' });
    expect(verdict('C6', [])).toMatchObject({ verdict: 'inconclusive' });
    expect(verdict('C8', [record('identities-l0l1', {}, 0, { errors: { 'RR-CLI': 1e-3 } })]).verdict).toBe('refuted');
  });

  it('E6 ranks local step sizes by rounds', () => {
    const grids = (rounds: readonly (number | null)[]) => [
      record('grids', GRIDS['Clip-LocalGDJ']('quick'), 0, {
        tried: rounds.map((r, k) => ({ point: { alpha: k < 2 ? 1e-10 : 1e-6 }, value: 1, rounds: r })),
      }),
    ];
    expect(verdict('E6', grids([9, 7, null, 6]))).toMatchObject({ verdict: 'supported', measured: 6 });
    expect(verdict('E6', grids([9, 7, 7, null])).why).toContain('1e-10: 7, 0.000001: 7');
    expect(verdict('E6', grids([9, 7, null, null]))).toMatchObject({ verdict: 'refuted', measured: null });
  });

  it('E1 reads the edge of its own tier’s grid', () => {
    const values = (edge: string | null) => ({
      best: { alpha: 1e-10 },
      value: 1,
      edges: { alpha: edge },
      tried: [1, 2],
    });
    const at = (edge: string | null) => [record('grids', GRIDS['Clip-LocalGDJ']('quick'), 0, values(edge))];
    expect(verdict('E1', at('low'))).toMatchObject({ verdict: 'supported', measured: 1e-10 });
    expect(verdict('E1', at(null)).verdict).toBe('refuted');
    expect(() => verdict('E1', at('low'), 'standard')).toThrow("no finished grid 'Clip-LocalGDJ'");
  });
});

describe('real data', () => {
  it('penguins: three islands of their own sizes, solved and tuned by a method', async () => {
    const f = await instance('penguins', 0);
    expect([f.n, f.d]).toEqual([3, 5]);
    expect([0, 1, 2].map((m) => f.count(m)).reduce((a, b) => a + b)).toBe(333);
    expect(f.infimum).toBeGreaterThan(0);
    expect(f.infimum).toBeLessThan(Math.log(2));
    const config: LogisticConfig = { data: 'penguins', method: 'CRR', rounds: 8, again: 2 };
    const found = await logisticCell(config, 0, context);
    expect(found['points']).toBe(25);
    expect(found['values']).toHaveLength(2);
    for (const value of found['values'] as number[]) expect(value).toBeLessThan(f.gap(new Float64Array(5)));
  });

  it('R1 and R2 pair seeds, data set by data set, a tuning a block, and leave out what diverged', () => {
    const records = (['shirts', 'penguins'] as const).flatMap((data) =>
      (['CLERR', 'CRR'] as const).flatMap((method) =>
        [0, 3, 6].map((seed) =>
          record(data, { data, method, rounds: 50, again: 2 }, seed, {
            values: method === 'CLERR' ? [1, seed === 6 ? null : 1] : [2 + seed / 10, 3],
          }),
        ),
      ),
    );
    expect(verdict('R1', records, 'standard')).toMatchObject({ verdict: 'supported', n: 3, excluded: 2 });
    const ratios = [2, 3, 2.3, 3, 2.6].map(Math.log10);
    expect(verdict('R1', records, 'standard').measured).toBeCloseTo(-ratios.reduce((a, b) => a + b) / 5, 12);
    expect(() => verdict('R2', records, 'standard')).toThrow('no finished cell of shirts with Clip-LocalGDJ');
    expect(() => verdict('R1', records.slice(1), 'standard')).toThrow("'shirts' must be tuned on the same seeds on both sides."); // prettier-ignore
  });

  it('R3 is decided by the strongest rival over tunings, R4 by the exact smoothness', () => {
    const accuracy = { SO: 0.4, CSO: 0.5, NASTYA: 0.3, CLERR: 0.45 };
    const networks = (seeds: readonly number[]) =>
      Object.entries(accuracy).flatMap(([method, mean]) =>
        seeds.map((seed) =>
          record('cifar', { method }, seed, { reports: [{ accuracy: mean + (method === 'CLERR' ? seed / 1000 : 0) }] }),
        ),
      );
    expect(verdict('R3', networks([0, 2, 4]), 'standard')).toMatchObject({ verdict: 'refuted', n: 3, unit: 'accuracy', measured: expect.closeTo(-0.048, 9) as number }); // prettier-ignore
    expect(verdict('R3', networks([0]), 'standard').why).toContain('one block has no interval');
    const estimated = (smooth: number) =>
      ['shirts', 'penguins'].map((data) =>
        record(data, { data, method: 'CLERR' }, 0, { estimate: { L0: 0.5, L1: 0.1, smooth }, smoothness: 1 }),
      );
    const second = record('shirts', { data: 'shirts', method: 'CLERR' }, 3, { estimate: { L0: 0.5, L1: 0.1, smooth: 1.2 }, smoothness: 1 }); // prettier-ignore
    expect(verdict('R4', [...estimated(0.9), second], 'standard').why).toContain('fails: shirts, seed 3: 1.20 of 1.00');
    expect(verdict('R4', estimated(0.9), 'standard')).toMatchObject({ verdict: 'supported', measured: 0.9 });
    expect(verdict('R4', estimated(1.1), 'standard').verdict).toBe('refuted');
  });
});
