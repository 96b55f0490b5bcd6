import * as tf from '@tensorflow/tfjs-core';
import { type CellRecord, judge, type Json, WASM } from '@assay-ml/claims';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { orthogonalArray, run, type TheoryConfig } from '../src/cells/theory.js';
import { theory, theoryExperiment } from '../src/claims/theory.js';

type Values = Record<string, Json>;

const plan = theoryExperiment.cells('quick') as readonly { config: TheoryConfig; seed: number }[];
const records: CellRecord[] = [];
let leaked = 0;

beforeAll(async () => {
  await useBackend('wasm');
  const before = tf.memory().numTensors;
  for (const { config, seed } of plan) {
    const values = await run(config, seed, { backend: WASM });
    const id = `${config.statement}-${seed}`;
    records.push({ id, experiment: 'theory', config, seed, status: 'done', values, seconds: 0 });
  }
  leaked = tf.memory().numTensors - before;
});

const of = (statement: string): CellRecord[] =>
  records.filter(({ config }) => (config as TheoryConfig).statement === statement);
const valuesOf = (statement: string): Values => of(statement)[0]!.values;
const judged = (statement: string, changed = of(statement)) =>
  judge(
    theory.find(({ id }) => id === `fts-prune.${statement}`)!,
    changed,
    'quick',
  );
/** The verdict when the values of the first cell of a statement are others. */
const after = (statement: string, values: Values) => {
  const [first, ...rest] = of(statement);
  return judged(statement, [{ ...first!, values: { ...first!.values, ...values } }, ...rest]);
};

describe('plan', () => {
  it('is one cell a statement at every tier, and five where a slope needs an interval', () => {
    expect(theory.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, k) => `fts-prune.T${k + 1}`));
    for (const tier of ['quick', 'standard', 'full'] as const) expect(theoryExperiment.cells(tier)).toEqual(plan);
    for (const { id } of theory) {
      const seeds = plan.filter(({ config }) => `fts-prune.${config.statement}` === id).map(({ seed }) => seed);
      expect(seeds, id).toEqual(id.endsWith('T2') ? [0, 1, 2, 3, 4] : [0]);
    }
  });

  it('takes the number of seeds and the first seed from outside', () => {
    expect(new Set(theoryExperiment.cells('quick', 2, 1000).map(({ seed }) => seed))).toEqual(new Set([1000, 1001]));
  });

  it('costs a few seconds', () => {
    const seconds = plan.map(({ config }) => theoryExperiment.cost(config).seconds).reduce((a, b) => a + b, 0);
    expect(seconds).toBeLessThan(6);
  });
});

describe('cells', () => {
  it('leak no tensor', () => expect(leaked).toBe(0));

  it('give finite JSON that does not change when they run again', async () => {
    for (const { config, seed, values } of records) {
      expect(JSON.parse(JSON.stringify(values))).toEqual(values);
      if (['T1', 'T8', 'T9'].includes((config as TheoryConfig).statement)) {
        expect(await run(config as TheoryConfig, seed, { backend: WASM })).toEqual(values);
      }
    }
  });

  it('T1 looks at every tensor, those of the loop as well', () => {
    const names = ['dense1.kernel', 'dense1.bias', 'classifier.kernel', 'classifier.bias'];
    expect(Object.keys(valuesOf('T1')['errors'] as Values)).toEqual(names);
  });

  it('T2 ends at an error of a hundredth: 1/√1024 of what one draw has', () => {
    for (const { values } of of('T2')) {
      const errors = (values['errors'] as { draws: number; error: number }[]).map(({ error }) => error);
      expect(errors[0]).toBeGreaterThan(0.2);
      expect(errors.at(-1)).toBeLessThan(0.03);
      expect(errors.at(-1)).toBeGreaterThan(0.003);
    }
  });

  it('T3 draws its batches from an array in which any two columns have all pairs equally often', () => {
    for (const columns of [1, 4, 16, 64]) {
      const rows = orthogonalArray(3, columns);
      expect(rows[0]).toHaveLength(columns);
      for (let a = 0; a < columns; a++) {
        for (let b = 0; b < a; b++) {
          const counts = new Array<number>(9).fill(0);
          for (const row of rows) counts[3 * row[a]! + row[b]!]!++;
          expect(counts).toEqual(counts.map(() => rows.length / 9));
        }
        expect(rows.filter((row) => row[a] === 2)).toHaveLength(rows.length / 3);
      }
    }
    expect(orthogonalArray(3, 1)).toEqual([[0], [1], [2]]);
    expect(Object.keys(valuesOf('T3')['errors'] as Values)).toEqual(['N = 1', 'N = 4', 'N = 16', 'N = 64']);
  });

  it('T5: the other sign is far off', () => expect(valuesOf('T5')['repo']).toBeGreaterThan(0.1));

  it('T6: FTS and FBSS keep much of their masks, not all', () => {
    const { fts, fbss } = valuesOf('T6')['different'] as { fts: number; fbss: number };
    for (const jaccard of [fts, fbss]) expect(Math.abs(jaccard - 0.75)).toBeLessThan(0.2);
    expect(valuesOf('T6')['same']).toEqual({
      gn: 1, snip: 1, grasp: 1, fd: 1, fp: 1, hd: 1, hp: 1, hts: 1, 'snip divided by its sum': 1, 'fp without its ½': 1,
    }); // prettier-ignore
  });

  it('T8 lies within standard errors, not at zero: it was drawn', () => {
    for (const deviation of Object.values(valuesOf('T8')['errors'] as Record<string, number>)) {
      expect(deviation).toBeGreaterThan(0.01);
      expect(deviation).toBeLessThan(4);
    }
  });

  it('T10 ends in a path, one round in empty layers', () => {
    expect(valuesOf('T10')).toEqual({ kept: [1, 1, 1, 1, 1, 1], isPath: true, keptInOneRound: [0, 0, 0, 0, 0, 6] });
  });
});

describe('claims', () => {
  it.each(theory.map(({ id }) => [id.split('.')[1]!]))('%s is supported', (statement) => {
    expect(judged(statement)).toMatchObject({ verdict: 'supported', expect: 'supported', kind: 'beyond' });
  });

  it.each([
    ['T1', 1.1e-6],
    ['T3', 1.1e-5],
    ['T4', 1.1e-7],
    ['T5', 1.1e-7],
    ['T7', 2.1e-6],
    ['T8', 5.1],
    ['T9', 1.1e-6],
  ] as const)('%s is refuted by any one error of %s', (statement, error) => {
    const errors = valuesOf(statement)['errors'] as Record<string, number>;
    for (const name of Object.keys(errors)) {
      const found = after(statement, { errors: { ...errors, [name]: error } });
      expect(found).toMatchObject({ verdict: 'refuted', measured: error });
      expect(found.why).toBe(`fails: ${name}: ${error.toPrecision(2)}`);
    }
  });

  it('T2 is refuted by a limit that is 5 % off, and by another rate', () => {
    const changed = (f: (error: number, draws: number) => number) =>
      judged(
        'T2',
        of('T2').map((r) => ({
          ...r,
          values: {
            errors: (r.values['errors'] as { draws: number; error: number }[]).map(({ draws, error }) => ({
              draws,
              error: f(error, draws),
            })),
          },
        })),
      ).verdict;
    expect(changed((error) => Math.hypot(error, 0.05))).toBe('refuted');
    expect(changed((error, draws) => error * draws ** 0.25)).toBe('refuted');
    expect(changed((error, draws) => error * draws ** -0.25)).toBe('refuted');
    expect(changed((error) => 7 * error)).toBe('supported');
  });

  it('T5 is refuted where both signs agree', () => {
    expect(after('T5', { repo: 5e-8 }).verdict).toBe('refuted');
  });

  it('T6 is refuted by one weight of a mask that should not change, and by FTS or FBSS that do not', () => {
    const { same, different } = valuesOf('T6') as Record<string, Record<string, number>>;
    for (const name of Object.keys(same!)) {
      expect(after('T6', { same: { ...same, [name]: 0.98 } }).verdict, name).toBe('refuted');
    }
    for (const name of ['fts', 'fbss']) {
      expect(after('T6', { different: { ...different, [name]: 1 } }).verdict, name).toBe('refuted');
    }
  });

  it('T7 is refuted by masks that differ', () => {
    for (const name of ['full batch', 'equal gradients']) {
      const same = { ...(valuesOf('T7')['same'] as Values), [name]: 0.99 };
      expect(after('T7', { same }).verdict, name).toBe('refuted');
    }
  });

  it('T10 is refuted by a layer without weights, weights apart, and one round that would do', () => {
    expect(after('T10', { kept: [1, 1, 0, 2, 1, 1] })).toMatchObject({ verdict: 'refuted', measured: 0 });
    expect(after('T10', { isPath: false }).why).toBe('fails: they form a path');
    expect(after('T10', { keptInOneRound: [1, 1, 1, 1, 1, 1] }).verdict).toBe('refuted');
  });

  it('look at the worst of several seeds', () => {
    const [first] = of('T1');
    const errors = { ...(first!.values['errors'] as Values), 'dense1.bias': 1e-3 };
    expect(judged('T1', [{ ...first!, seed: 1, values: { errors } }, first!]).verdict).toBe('refuted');
    expect(judged('T1', [first!, { ...first!, seed: 1, values: { errors } }]).verdict).toBe('refuted');
  });

  it('say so without their cell', () => {
    for (const { id } of theory) {
      const others = records.filter(({ config }) => `fts-prune.${(config as TheoryConfig).statement}` !== id);
      expect(judged(id.split('.')[1]!, others)).toMatchObject({
        verdict: 'inconclusive',
        why: 'no finished cell of its statement',
      });
    }
  });

  it('T2 draws its errors by the number of labels, a line a seed', () => {
    const { figure } = theory.find(({ id }) => id === 'fts-prune.T2')!;
    const rows = figure!(records, 'quick')!.rows;
    expect(rows).toHaveLength(30);
    const { draws, error } = (of('T2')[1]!.values['errors'] as { draws: number; error: number }[])[2]!;
    expect(rows).toContainEqual({ x: draws, y: error, series: 'seed 1' });
    expect(figure!([], 'quick')).toBeNull();
  });
});
