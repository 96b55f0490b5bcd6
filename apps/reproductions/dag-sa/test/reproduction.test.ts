import { judge, type CellRecord, type Json } from '@assay-ml/claims';
import { isDag } from '@assay-ml/dag-sa';
import { describe, expect, it } from 'vitest';
import { run as noise } from '../src/cells/noise.js';
import { run as orders } from '../src/cells/orders.js';
import { run as race } from '../src/cells/race.js';
import { run as sachsCell } from '../src/cells/sachs.js';
import { run as scaling, WORK } from '../src/cells/scaling.js';
import { run as soft } from '../src/cells/soft.js';
import { run as synthetic, type SyntheticConfig } from '../src/cells/synthetic.js';
import dagSa from '../src/index.js';
import { consensus, PROTEINS, sachs, sachsMissing } from '../src/sachs.js';

const claim = (id: string) => dagSa.claims.find((c) => c.id === `dag-sa.${id}`)!;

let count = 0;
const record = (
  experiment: string,
  config: Json,
  seed: number,
  values: Record<string, Json>,
  seconds = 1,
): CellRecord => ({
  id: `cell-${count++}`,
  experiment,
  config,
  seed,
  status: 'done',
  values,
  seconds,
});

const CONFIG: SyntheticConfig = {
  kind: 'ER', d: 10, degree: 2, noise: 'gaussian', epochs: 2, steps: 50, random: 5, all: true,
}; // prettier-ignore
const verdict = (id: string, records: readonly CellRecord[]) => judge(claim(id), records, 'quick').verdict;

describe('plan', () => {
  it.each(['quick', 'standard', 'full'] as const)(
    'at %s every claim of the tier has cells in all its experiments',
    (tier) => {
      for (const { id, tiers, experiments } of dagSa.claims) {
        if (!tiers.includes(tier)) continue;
        for (const name of experiments) {
          expect(dagSa.experiments.find((e) => e.id === name)!.cells(tier).length, `${id}: ${name}`).toBeGreaterThan(0);
        }
      }
    },
  );
});

describe('cells', () => {
  it('synthetic: gaps are positive, orders ranked as theory says, all matrices acyclic, the same twice', () => {
    const values = synthetic(CONFIG, 1);
    expect(values['acyclic']).toBe(true);
    expect(values['optimum']).toBe(5);
    expect(values['eqvar'] as number).toBeLessThan(1e-9);
    expect(Math.min(...(values['random'] as number[]))).toBeGreaterThanOrEqual(-1e-9);
    expect(values['search'] as number).toBeLessThanOrEqual((values['oracle'] as { ols: number }).ols + 1e-9);
    const fixed = values['fixed'] as { train: { ols: number; stage3: number } };
    expect(fixed.train.ols).toBeLessThanOrEqual(fixed.train.stage3);
    expect(synthetic(CONFIG, 1)).toEqual(values);
    expect(synthetic({ ...CONFIG, all: false }, 1)).not.toHaveProperty('once');
  });
  it('orders: the true one is exact by least squares and far ahead by steps', () => {
    const values = orders({ d: 10, degree: 4, exact: 10, sgd: 3, steps: 300 }, 0) as Record<'exact' | 'sgd', { true: number; random: number[] }>; // prettier-ignore
    expect(Math.abs(values.exact.true)).toBeLessThan(1e-9);
    expect(values.exact.random).toHaveLength(10);
    expect(values.sgd.true).toBeLessThan(Math.min(...values.sgd.random));
  });
  it('noise: not centring costs', () => {
    const values = noise({ d: 10, degree: 4, epochs: 1, steps: 300 }, 0) as {
      exponential: { raw: number; centred: number };
    };
    expect(values.exponential.raw).toBeGreaterThan(values.exponential.centred);
  });
  it('scaling, soft and race run at any size', () => {
    for (const work of WORK) expect(Number.isFinite(scaling({ work, d: 20, repeats: 2 }, 0)['check'])).toBe(true);
    expect(soft({ method: 'nocurl', d: 6, degree: 2 }, 0)['acyclic']).toBe(true);
    expect(race({ method: 'eqvar-td', d: 10, degree: 2 }, 0)).toMatchObject({ reached: true, capped: false });
    expect(race({ method: 'psi-dag', d: 10, degree: 2 }, 0)).toMatchObject({ capped: false });
  });
});

describe('claims', () => {
  const values = (some: Record<string, Json>): Record<string, Json> => ({
    optimum: 5,
    oracle: { fitted: [0.4, 0.3], ols: 0.1 },
    auto: { fitted: [0.4, 0.3], ols: 0.1 },
    once: { fitted: [0.3] },
    random: [1, 1],
    eqvar: 0,
    fixed: { train: { ols: 1, stage3: 1.1 }, gap: { ols: 0.1, stage3: 0.2 } },
    acyclic: true,
    ...some,
  });
  const records = (some: Record<string, Json> = {}) =>
    [0, 1, 2].map((seed) => record('synthetic', CONFIG, seed, values(some)));

  it('C2, C3, C7 and C8 follow the numbers', () => {
    expect(verdict('C2-ER', records())).toBe('supported');
    expect(verdict('C2-ER', records({ oracle: { fitted: [0.4], ols: 0.5 } }))).toBe('refuted');
    expect(verdict('C3', records())).toBe('supported');
    expect(verdict('C3', records({ oracle: { fitted: [0.6, 0.51], ols: 0.1 } }))).toBe('refuted');
    expect(verdict('C7', records())).toBe('supported');
    expect(verdict('C7', records({ fixed: { train: { ols: 1.2, stage3: 1.1 } } }))).toBe('refuted');
    expect(verdict('C8', records())).toBe('refuted');
    expect(verdict('C8', records({ eqvar: 0.2 }))).toBe('supported');
  });
  it('C11 compares with every end of a baseline on the same graph and seed', () => {
    const ends = (gap: number) => ({ 'golem-ev': { gap, refitted: 1 }, 'golem-nv': { gap: 1, refitted: 1 } });
    const soft = (gap: number) => [0, 1, 2].map((seed) => record('soft', { method: 'golem', d: 10, degree: 2 }, seed, { ends: ends(gap) })); // prettier-ignore
    expect(judge(claim('C11'), [...records(), ...soft(1)], 'standard').verdict).toBe('supported');
    expect(judge(claim('C11'), [...records(), ...soft(0.1)], 'standard').why).toContain('golem-ev');
    expect(judge(claim("C11'"), [...records(), ...soft(0.1)], 'standard').verdict).toBe('supported');
  });
  it('C6 needs every cell to be acyclic', () => {
    expect(verdict('C6', records())).toBe('supported');
    expect(verdict('C6', [...records(), record('synthetic', CONFIG, 3, values({ acyclic: false }))])).toBe('refuted');
  });
  it('C4 reads the cells’ wall times', () => {
    const cells = (power: number) =>
      ['projection', 'step'].flatMap((work) =>
        [200, 400, 800].flatMap((d) =>
          [0, 1].map((seed) => record('scaling', { work, d, repeats: 2 }, seed, {}, 2 * d ** power)),
        ),
      );
    expect(verdict('C4', cells(2))).toBe('supported');
    expect(verdict('C4', cells(3))).toBe('refuted');
  });
  it('C5: whoever does not reach the gap has lost', () => {
    const cells = (reached: boolean) =>
      [0, 1, 2].flatMap((seed) => [
        record('race', { method: 'psi-dag', d: 100, degree: 2 }, seed, { reached, capped: false }, 1),
        record('race', { method: 'notears', d: 100, degree: 2 }, seed, { reached: false, capped: true }, 60),
      ]);
    expect(judge(claim('C5-notears'), cells(true), 'standard').verdict).toBe('supported');
    expect(judge(claim('C5-notears'), cells(false), 'standard').verdict).toBe('refuted');
  });
});

describe('figures', () => {
  const cells = (): CellRecord[] => {
    const baseline = { method: 'nocurl', d: 10, degree: 4 } as const;
    const config: SyntheticConfig = { ...CONFIG, degree: 4 };
    const racers = ([{ method: 'psi-dag', gradients: 100 }, { method: 'eqvar-td' }] as const).map((some) => ({ d: 10, degree: 2, ...some })); // prettier-ignore
    return [
      record('synthetic', config, 0, synthetic(config, 0)),
      record('soft', baseline, 0, soft(baseline, 0)),
      ...racers.map((racer) => record('race', racer, 0, race(racer, 0))),
    ];
  };

  it('of ends, of seconds and of matrices come from the cells; there are none without', () => {
    const drawn = dagSa.figures!(cells(), 'standard');
    expect(drawn.map(({ mark }) => mark)).toEqual(['dot', 'dot', 'dot', 'heat']);
    const matrices = drawn.at(-1)!.rows;
    expect(matrices).toHaveLength(4 * 100);
    // In a true order what is right lies above the diagonal.
    const below = matrices.filter(({ facet, x, y }) => facet === 'the true graph' && x <= y);
    expect(below.every(({ value }) => value === 0)).toBe(true);
    expect(dagSa.figures!([], 'standard')).toEqual([]);
  });
  it('of learnt edges: 1 where a consensus graph has them, −1 where none has', () => {
    const config = { method: 'psi-dag', scale: 'log', rows: 'observational' };
    const [figure] = dagSa.figures!([record('sachs', config, 0, { edges: ['raf>mek', 'mek>raf'] })], 'standard');
    const learnt = figure!.rows.filter(({ facet, value }) => facet === 'ψDAG, log' && value !== 0);
    expect(learnt.map(({ y, x, value }) => [y, x, value])).toEqual([['raf', 'mek', 1], ['mek', 'raf', -1]]); // prettier-ignore
  });
  it('of times says the fitted exponent', () => {
    const sizes = [200, 400, 800].map((d) => record('scaling', { work: 'step', d, repeats: 2 }, 0, {}, 2 * d ** 2));
    expect(claim('C4').figure!(sizes, 'standard')!.rows[0]!.series).toBe('step: d^2.00 [2.00, 2.00]');
  });
});

describe('Sachs', () => {
  const names = PROTEINS;
  it('both versions of the consensus graph have the edges that they are named after; that of 17 is a DAG', () => {
    for (const version of [17, 20] as const) {
      expect(consensus(version, names).reduce((sum, edge) => sum + edge, 0)).toBe(version);
    }
    expect(isDag(consensus(17, names), 11)).toBe(true);
  });
  it.skipIf(sachsMissing() !== null)('is read, and a cell runs on it (needs ASSAY_DATA)', () => {
    expect(sachs()).toMatchObject({ n: 7466, names });
    const values = sachsCell({ method: 'eqvar-td', scale: 'log', rows: 'observational' }, 0);
    expect(values['acyclic']).toBe(true);
    expect((values['changePoints'] as number[]).every((off) => Math.abs(off) <= 50)).toBe(true);
  });
});
