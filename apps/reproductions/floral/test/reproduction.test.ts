import { locate, partitionIid } from '@assay-ml/datasets';
import { type ClientData, type LayoutOptions, mlp, train } from '@assay-ml/floral';
import { floralNetwork } from '@assay-ml/floral/networks';
import { mlp as network } from '@assay-ml/networks';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { judge, type CellRecord, type Json, type Tier } from '@assay-ml/claims';
import { type Stream, stream } from '@assay-ml/numerics';
import { beforeAll, describe, expect, it } from 'vitest';
import { run as classes } from '../src/cells/classes.js';
import { run as exact } from '../src/cells/exact.js';
import { run as lemmas } from '../src/cells/lemmas.js';
import { run as linear } from '../src/cells/linear.js';
import { own, parts } from '../src/data/pictures.js';
import { run as pictures, trainedOn } from '../src/cells/pictures.js';
import { run as quadratics } from '../src/cells/quadratics.js';
import { run as variance } from '../src/cells/variance.js';
import { CLASSES, classFederation, DIMENSION, linearFederation, reluFederation } from '../src/data/federation.js';
import { mean } from '../src/evaluate.js';
import reproduction from '../src/index.js';
import { type MethodName, trainingOf } from '../src/methods.js';
import {
  cifar,
  CIFAR_NAMES,
  classRuns,
  linearRuns,
  mnistRuns,
  reluRuns,
  TABLE_COLUMNS,
  tableRuns,
} from '../src/plan.js';
import { LEMMAS, VARIANCE } from '../src/theory.js';

const TIERS = ['quick', 'standard', 'full'] as const;
const context = { signal: new AbortController().signal, backend: { name: 'wasm', threads: 1 } };
const claim = (id: string) => reproduction.claims.find((c) => c.id === `floral.${id}`)!;
let count = 0;
const record = (experiment: string, config: Json, seed: number, values: Record<string, Json>): CellRecord => ({
  ...{ id: `cell-${count++}`, experiment, config, seed, status: 'done', values, seconds: 0 },
});

describe('plan', () => {
  it.each(TIERS)(
    'at %s every claim of the tier has cells in all its experiments, and none is planned twice',
    (tier) => {
      for (const { tiers, experiments } of reproduction.claims) {
        if (!tiers.includes(tier)) continue;
        for (const name of experiments) {
          const all = reproduction.experiments
            .find((e) => e.id === name)!
            .cells(tier)
            .map((cell) => JSON.stringify(cell));
          expect(all.length).toBeGreaterThan(0);
          expect(new Set(all).size).toBe(all.length);
        }
      }
    },
  );
  it('runs six methods on four tasks at quick and routing by loss on one, and every baseline at standard', () => {
    const methods = (tier: Tier) => new Set(classRuns(tier).map(({ method }) => method));
    expect(classRuns('quick').filter(({ rounds }) => rounds > 120)).toHaveLength(25);
    expect([...methods('standard')].sort()).toEqual(
      ['Alternating halves', 'Ditto', 'Ensemble', 'Ensemble, losses', 'Ensemble, π*', 'FLoRAL', 'FLoRAL, losses', 'FLoRAL, π*', 'FedAvg', 'FedEM', 'FedProx', 'IFCA', 'Local', 'Local Adaptor', 'Private head'], // prettier-ignore
    );
    expect(reluRuns('standard').map(({ method }) => method)).toContain('FLoRAL');
  });
  it('sweeps router rates and noise to the end, clusters and ranks, at standard', () => {
    const swept = classRuns('standard').filter(({ task, samples, rounds, method }) => task === 'shift' && samples === 40 && rounds === 600 && method === 'FLoRAL'); // prettier-ignore
    expect(new Set(swept.map(({ routerRate = 0.3 }) => routerRate))).toEqual(new Set([0.1, 0.3, 1, 3]));
    expect(new Set(swept.map(({ noise = 1 }) => noise))).toEqual(new Set([0, 1]));
    const linears = linearRuns('standard').filter(({ method, samples }) => method === 'FLoRAL' && samples === 7);
    expect([new Set(linears.map(({ C = 2 }) => C)), new Set(linears.map(({ rank = 1 }) => rank))]).toEqual([new Set([1, 2, 4]), new Set([1, 2, 3])]); // prettier-ignore
  });
  it('runs the eight rows and ten columns of Table 1 at full, each once', () => {
    const all = (['mnist', 'cifar-10', 'cifar-100'] as const).flatMap(tableRuns);
    expect(all).toHaveLength(8 * 10);
    expect(new Set(all.map((config) => JSON.stringify(config))).size).toBe(80);
    expect(TABLE_COLUMNS['MNIST-R 5 %']).toEqual({ data: 'mnist', size: 'paper', task: 'rotation', samples: 10, rounds: 1500, routerRate: 0.3 }); // prettier-ignore
  });
  it('has five blocks of every picture natively, and one on wasm', () => {
    const { cells } = reproduction.experiments.find(({ id }) => id === 'mnist')!;
    const seeds = (name: string) => new Set(cells('standard', undefined, undefined, { name, threads: 1 }).map(({ seed }) => seed)).size; // prettier-ignore
    expect([seeds('tensorflow'), seeds('wasm')]).toEqual([5, 1]);
  });
});

describe('data', () => {
  it('of E1 are linear in each group: ten and more points of one determine the others', () => {
    const { clients, tests, truth } = linearFederation(3, 4, 2, 7);
    expect(truth).toEqual([0, 1, 0, 1]);
    expect(clients[0]!.x).toHaveLength(70);
    // y(x₁) + y(x₂) − y(x₃) − y(x₄) = 0 where x₁ + x₂ = x₃ + x₄ is unlikely to be drawn: affine maps agree on both parts of a group.
    const [a, b] = [tests![0]!, tests![2]!];
    const fit = (x: Float64Array, y: ArrayLike<number>) => solveAffine(x, y);
    const map = fit(a.x, a.y);
    for (let i = 0; i < 5; i++) {
      const value = map[10]! + map.slice(0, 10).reduce((sum, w, j) => sum + w * b.x[10 * i + j]!, 0);
      expect(value).toBeCloseTo((b.y as Float64Array)[3 * i]!, 8);
    }
    const other = fit(tests![1]!.x, tests![1]!.y);
    expect(Math.max(...map.map((w, j) => Math.abs(w - other[j]!)))).toBeGreaterThan(0.01);
  });
  it('of the perceptron are another function a group', () => {
    const { clients } = reluFederation(3, 4, 2, 5);
    expect(clients[0]!.y).toHaveLength(5);
    expect(Math.max(...Array.from(clients[0]!.y, Math.abs))).toBeGreaterThan(0);
  });
  it('of E2 shift labels, or turn pairs of inputs, once more a group', () => {
    const shift = classFederation('shift', 4, 4, 4, 30);
    const turned = classFederation('rotation', 4, 4, 4, 30);
    for (const k of [0, 1, 2, 3]) {
      const [a, b] = [shift.clients[k]!, turned.clients[k]!];
      expect(Array.from(a.y)).toEqual(Array.from(b.y, (y) => (y + k) % CLASSES));
      let [x, y] = [a.x[0]!, a.x[1]!];
      for (let turn = 0; turn < k; turn++) [x, y] = [-y, x];
      expect([b.x[0], b.x[1]]).toEqual([x, y]);
      expect(a.x).toHaveLength(30 * DIMENSION);
    }
  });
  it('of pictures are turned, or their labels shifted, once more a group', () => {
    const x = Float32Array.from({ length: 2 * 196 }, (_, i) => i);
    const all = { x, y: Uint8Array.of(9, 3), shape: [14, 14, 1], count: 2, classes: 10 };
    const shifted = own(all, Uint32Array.of(1), 2, 'shift');
    expect([shifted.x[0], Array.from(shifted.y)]).toEqual([196, [5]]);
    const turned = own(all, Uint32Array.of(0, 1), 1, 'rotation');
    // What was at the end of the first row comes to its beginning.
    expect([turned.x[0], turned.x[196], Array.from(turned.y)]).toEqual([13, 209, [9, 3]]);
    expect(Array.from(own(all, Uint32Array.of(0), 3, 'labels').y)).toEqual([9]);
  });
  it('of groups of labels have those labels alone, each picture once', () => {
    const y = Uint8Array.from({ length: 60 }, (_, i) => i % 6);
    const lists = parts({ y, count: 60 }, { clients: 4, groups: 2 }, 10, 'labels', (group) =>
      stream(7, 'parts', group),
    );
    lists.forEach((rows, k) => expect(Array.from(rows, (row) => y[row]! % 2)).toEqual(new Array(10).fill(k % 2)));
    expect(new Set(lists.flatMap((rows) => Array.from(rows))).size).toBe(40);
  });
  it('are of the seed: more examples begin with fewer of E1', () => {
    const few = linearFederation(9, 2, 2, 6).clients[0]!.x;
    expect(linearFederation(9, 2, 2, 7).clients[0]!.x.slice(0, 60)).toEqual(few);
    expect(linearFederation(10, 2, 2, 6).clients[0]!.x).not.toEqual(few);
  });
});

/** Coefficients of the first output of an affine map of R¹⁰ through its first eleven points. */
function solveAffine(x: Float64Array, y: ArrayLike<number>): number[] {
  const rows = Array.from({ length: 11 }, (_, i) => [...x.subarray(10 * i, 10 * i + 10), 1, y[3 * i]!]);
  for (let p = 0; p < 11; p++) {
    const best = rows.slice(p).reduce((b, row, i) => (Math.abs(row[p]!) > Math.abs(rows[b]![p]!) ? p + i : b), p);
    [rows[p], rows[best]] = [rows[best]!, rows[p]!];
    for (let i = 0; i < 11; i++) {
      if (i === p) continue;
      const factor = rows[i]![p]! / rows[p]![p]!;
      rows[i] = rows[i]!.map((v, j) => v - factor * rows[p]![j]!);
    }
  }
  return rows.map((row, p) => row[11]! / row[p]!);
}

describe('cells', () => {
  it('of E1 sort two groups, with the same numbers again', () => {
    const config = { problem: 'linear', samples: 7, rounds: 100, method: 'FLoRAL' } as const;
    const values = linear(config, 5, context);
    expect(values['error']).toBeLessThan(0.5);
    expect((values['purity'] as number[][]).at(-1)).toEqual([100, 1]);
    expect(linear(config, 5, context)).toEqual(values);
    const routers = values['routers'] as unknown as [number, number[][]][];
    expect(routers.map(([round]) => round)).toEqual([20, 40, 60, 80, 100]);
    // Each group ends with an adaptor of its own, and not where it began.
    const first = routers.at(-1)![1].map((pi) => pi[0]! > 0.5);
    expect(first).toEqual(first.map((_, k) => first[k % 2]));
    expect(first[0]).not.toBe(first[1]);
    expect(routers[0]![1][0]![0]).not.toBe(routers.at(-1)![1][0]![0]);
  });
  it('of E1 have the bits of one run that never stops to look at routers', () => {
    const federation = linearFederation(5, 10, 2, 7);
    const { problem, options } = trainingOf({ method: 'FLoRAL' }, { model: (o) => mlp([10, 3], o), loss: 'squared', groups: 2, rate: 0.1, routerRate: 0.1, batch: 4, rank: 1, rounds: 100 }, 5); // prettier-ignore
    const { run } = train(problem, federation, options);
    expect(linear({ problem: 'linear', samples: 7, rounds: 100, method: 'FLoRAL' }, 5, context)['error']).toBe(run.reports.at(-1)!.loss.mean); // prettier-ignore
  });
  it('of E2 say what is judged of them', () => {
    const values = classes({ task: 'shift', samples: 40, rounds: 20, method: 'FedAvg' }, 5, context);
    expect(Object.keys(values['tuned'] as object)).toEqual(['1', '10', '30']);
    expect((values['tuned'] as Record<string, number>)['30']).toBeGreaterThan((values['accuracy'] as number) + 20);
    const best = classes({ task: 'shift', samples: 40, rounds: 40, method: 'FLoRAL, π*' }, 5, context);
    expect(best).toMatchObject({ purity: 1, sorted: 20, idle: 0 });
    expect(best['accuracy']).toBeGreaterThan(60);
    // Each client's own number has the report's mean and least.
    for (const { clients, accuracy, worst, tuned } of [best, values] as {
      clients: number[];
      accuracy: number;
      worst: number;
      tuned: Record<string, number>;
    }[]) {
      // prettier-ignore
      expect(clients).toHaveLength(20);
      expect(mean(clients)).toBeCloseTo(tuned['30'] ?? accuracy, 10);
      if (tuned['30'] === undefined) expect(Math.min(...clients)).toBeCloseTo(worst, 10);
    }
  });
  describe('of pictures', () => {
    const shape = [8, 8, 1];
    /** 8 × 8 pictures with a bright row that is their class, in noise. */
    const rows = (key: Stream, count: number) => {
      const y = Uint8Array.from({ length: count }, (_, i) => i % 4);
      const x = Float32Array.from(key.fillUniform(new Float64Array(count * 64)), (u, at) => 0.3 * u + (Math.floor((at % 64) / 16) === y[Math.floor(at / 64)] ? 0.7 : 0)); // prettier-ignore
      return { x, y, shape, count, classes: 4 };
    };
    const all = [rows(stream(5, 'train'), 80), rows(stream(5, 'test'), 160)] as const;
    const [clients, tests] = all.map((part) => partitionIid(part.count, { clients: 4, stream: stream(5, 'split') }).map((of, k) => own(part, of, k % 2, 'shift'))) as [ClientData[], ClientData[]]; // prettier-ignore
    const federation = { clients, tests, truth: [0, 1, 0, 1] };
    const common = { model: (o: LayoutOptions) => floralNetwork(network({ inputs: 64, hidden: [16], classes: 4 }), o), loss: 'cross-entropy', groups: 2, rate: 0.3, routerRate: 0.3, batch: 10, rank: 0.2, cohort: 2 } as const; // prettier-ignore
    const of = (method: MethodName) => trainedOn(federation, common, 40, { method }, 5, context.signal);
    beforeAll(() => useBackend('wasm'));
    it('say what is judged of them: right routers tell two labelings of one picture apart, one base does not', () => {
      const tensors = tf.memory().numTensors;
      const [base, sorted] = [of('FedAvg'), of('FLoRAL, π*')];
      expect(sorted).toMatchObject({ purity: 1, idle: 0, tuned: {} });
      expect(sorted['accuracy']).toBeGreaterThan(90);
      expect(base['accuracy']).toBeLessThan(75);
      expect((base['tuned'] as Record<string, number>)['30']).toBeGreaterThan(90);
      expect((base['curve'] as number[][]).map(([round]) => round)).toEqual([8, 16, 24, 32, 40]);
      expect((base['curve'] as number[][]).at(-1)![1]).toBe(base['accuracy']);
      expect(tf.memory().numTensors).toBe(tensors);
    });
    it('give the same numbers again', () => expect(of('FLoRAL')).toEqual(of('FLoRAL')));
    it.skipIf(locate('mnist') === null)('learn from MNIST, where it is at hand', async () => {
      const config = {
        data: 'mnist',
        size: 'small',
        task: 'shift',
        samples: 10,
        rounds: 20,
        method: 'FLoRAL, π*',
      } as const;
      expect((await pictures(config, 5, context))['accuracy']).toBeGreaterThan(20);
    });
  });
  it('of quadratics contract as one client would where routers are right', () => {
    const { values, violated } = quadratics({ wrong: 'noisy', beta: 0.5, H: 1, T: 400 }, 1);
    expect(violated).toBe(0);
    expect((values as number[])[0]).toBeLessThan(0.05);
  });
  it('of the variance fall with K/C', () => {
    const of = (K: number, C: number) =>
      (variance({ K, C, horizons: [50], runs: 400 }, 1) as { adaptor: number[] }).adaptor[0]!;
    expect(of(16, 1) / of(16, 4)).toBeCloseTo(1 / 4, 1);
  });
});

describe('exact claims hold on their cells, and not where a number is another', () => {
  const cells = {
    exact: [record('exact', { clusters: 4 }, 7, exact({ clusters: 4 }, 7))],
    lemmas: LEMMAS.map((config) => record('lemmas', config as Json, 7, lemmas(config, 7))),
  };
  it.each(['C8', 'C10', 'T8', 'T9', 'T10', 'T11'])('%s', (id) => {
    const [one] = cells.exact;
    expect(judge(claim(id), cells.exact, 'quick').verdict).toBe('supported');
    const wrong: Record<string, Json> = { C8: { mnist: {}, cifar: {}, over: 2 }, C10: { base: 0, worked: 0.1, oneHot: 0, sent: ['theta'] }, T8: { gradient: 0, formula: 0, least: 0, order: 1 }, T9: { most: 1e-3 }, T10: { moved: 0, scaled: 0.1 }, T11: { frozen: 1e-17, merged: 0 } }; // prettier-ignore
    const key = { C8: 'sizes', C10: 'aggregation' }[id] ?? id;
    expect(judge(claim(id), [{ ...one!, values: { ...one!.values, [key]: wrong[id]! } }], 'quick').verdict).toBe(
      'refuted',
    );
  });
  it('T4 and T7 are supported, T6 is refuted', () => {
    expect(['T4', 'T7', 'T6'].map((id) => judge(claim(id), cells.lemmas, 'quick').verdict)).toEqual(['supported', 'supported', 'refuted']); // prettier-ignore
  });
});

describe('verdicts follow the numbers', () => {
  const seeds = [0, 1, 2, 3, 4];
  // Each run has its own chance: where none varies, there is no interval.
  const spread = (x: number, seed: number, name: string) => x * (1 + 0.01 * stream(seed, name).uniform());
  it.each([
    ['C1', {}, { FLoRAL: 0.9 }],
    ['C2', {}, { purity: 0.5 }],
    ['C3', {}, { 'FLoRAL, π*': 0.05 }],
    ['C7-over', {}, { 4: 0.2 }],
    ['C7-one', {}, { 1: 3 }],
  ])('%s', (id, holds, fails) => {
    const made = (changed: Record<string, number>) =>
      linearRuns('standard').flatMap((config) =>
        seeds.map((seed) => {
          const { method, C } = config;
          const good: Record<string, number> = { FedAvg: 2, 'Local Adaptor': 1, FLoRAL: 1e-3, 'FLoRAL, π*': 9e-4, Ensemble: 1e-3, 'Ensemble, π*': 1e-8, 4: 2e-3, 1: 2 }; // prettier-ignore
          const of = { ...good, ...changed };
          return record('linear', config as Json, seed, { error: spread(of[C ?? method]!, seed, `${C ?? method}`), purity: [[100, (changed['purity'] ?? 1) - 1e-3 * seed]] }); // prettier-ignore
        }),
      );
    expect(judge(claim(id), made(holds), 'standard').verdict).toBe('supported');
    expect(judge(claim(id), made(fails as never), 'standard').verdict).toBe('refuted');
  });
  it.each([
    ['C4', 'supported', {}],
    ['C4', 'refuted', { FedAvg: 45 }],
    ['C5', 'supported', {}],
    ['C5', 'refuted', { 'Local Adaptor': 85 }],
    ['C6', 'supported', {}],
    ['C6', 'refuted', { 'Ensemble, π*': 70 }],
    ['C12', 'supported', {}],
    ['C12', 'refuted', { 'Local Adaptor': 92 }],
    ['C13', 'refuted', {}],
    ['C13', 'supported', { Ensemble: 40, 'Ensemble, π*': 40 }],
    ['C16', 'supported', {}],
    ['C16', 'refuted', { 'FLoRAL, losses': 30 }],
    ['C17', 'supported', { rate: 95 }],
    ['C17', 'refuted', { rate: 30 }],
    ['C18', 'supported', { plain: 30 }],
    ['C18', 'refuted', { plain: 95 }],
    ['C20', 'supported', {}],
    ['C20', 'refuted', { IFCA: 95 }],
  ])('%s is %s with %j', (id, verdict, changed) => {
    const good: Record<string, number> = { FedAvg: 25, 'Local Adaptor': 60, FLoRAL: 80, 'FLoRAL, π*': 90, Ensemble: 85, 'Ensemble, π*': 95, 'FLoRAL, losses': 88 }; // prettier-ignore
    const records = classRuns('standard').flatMap((config) =>
      seeds.map((seed) => {
        const { method, routerRate, preconditioned } = config;
        const of: Record<string, number> = { ...good, ...changed };
        const x =
          (routerRate === 3 ? of['rate'] : preconditioned === false ? of['plain'] : undefined) ?? of[method] ?? 50;
        const y = spread(x, seed, JSON.stringify(config));
        return record('classes', config as Json, seed, { accuracy: y, curve: [[120, y]], tuned: { 30: 90 } });
      }),
    );
    expect(judge(claim(id), records, 'standard').verdict).toBe(verdict);
  });
  it.each([
    ['C4-mnist', 'supported', {}],
    ['C4-mnist', 'refuted', { FedAvg: 45 }],
    ['C12-mnist', 'supported', {}],
    ['C12-mnist', 'refuted', { 'Local Adaptor': 92 }],
    ['C15-mnist', 'supported', {}],
    ['C15-mnist', 'refuted', { tuned: 70 }],
    ['C16-mnist', 'supported', {}],
    ['C16-mnist', 'refuted', { 'FLoRAL, losses': 30 }],
    ['C12-cifar', 'supported', {}],
    ['C12-cifar', 'refuted', { FLoRAL: 40 }],
  ])('%s is %s with %j', (id, verdict, changed) => {
    const of: Record<string, number> = { FedAvg: 25, 'Local Adaptor': 60, FLoRAL: 80, 'FLoRAL, π*': 90, Ensemble: 85, 'Ensemble, π*': 95, 'FLoRAL, losses': 88, tuned: 90, ...changed }; // prettier-ignore
    const records = [...mnistRuns(), ...CIFAR_NAMES.map(cifar)].flatMap((config) =>
      seeds.map((seed) => {
        const y = (name: string) => spread(of[name]!, seed, JSON.stringify(config));
        return record(config.data, config as Json, seed, { accuracy: y(config.method), tuned: { 30: y('tuned') } });
      }),
    );
    expect(judge(claim(id), records, 'standard').verdict).toBe(verdict);
  });
  it('seeds of CIFAR-10 that have learned nothing are left out and counted', () => {
    const records = CIFAR_NAMES.map(cifar).flatMap((config) =>
      [...seeds, 5, 6].map((seed) => {
        const good = spread(config.method === 'Local Adaptor' ? 18 : 25, seed, config.method);
        return record('cifar-10', config as Json, seed, { accuracy: seed < 5 ? good : 10 });
      }),
    );
    expect(judge(claim('C12-cifar'), records, 'standard')).toMatchObject({ verdict: 'supported', n: 5, excluded: 2 });
    const none = records.map((r) => ({ ...r, values: { accuracy: 10 } }));
    expect(judge(claim('C12-cifar'), none, 'standard').verdict).toBe('inconclusive');
  });
  it('Table 1 stands beside the paper’s, where learned routers on shifted labels may be 10 points off, others 2', () => {
    const records = tableRuns('mnist').map((config) => {
      const paper = { FedAvg: { rotation: 91.5, shift: 25.8 }, FLoRAL: { rotation: 91.8, shift: 93.1 } };
      const of = paper[config.method as 'FedAvg'];
      return config.samples === 200 && config.rank === undefined && of
        ? [record('mnist', config as Json, 0, { accuracy: of[config.task as 'shift'] + 1 })]
        : [];
    });
    const { parts: found } = judge(claim('table-1'), records.flat(), 'full');
    const off = found!.map(({ part, measured }) => [part, Math.round(measured!)]);
    expect(off).toEqual([['FedAvg, MNIST-R', -1], ['FedAvg, MNIST-LS', -1], ['FLoRAL 10 %, MNIST-R', -1], ['FLoRAL 10 %, MNIST-LS', -9]]); // prettier-ignore
    const { rows } = claim('table-1').table!(records.flat(), 'full')!;
    expect(rows[0]!.slice(0, 4)).toEqual(['FedAvg', '92.5 (91.5)', '26.8 (25.8)', '– (78.2)']);
  });
  it('C19 counts a bit', () => {
    const runs = (last: number) =>
      linearRuns('quick').map((config) => record('linear', config as Json, 0, { error: config.clamp === 0 ? last : 1, worst: 1, curve: [[1, 2]], purity: [], routers: [] })); // prettier-ignore
    expect(judge(claim('C19'), runs(1), 'quick').verdict).toBe('supported');
    expect(judge(claim('C19'), runs(1 + 2 ** -52), 'quick').verdict).toBe('refuted');
  });
  it('T1, T3 and T5 read ratios and shares, and the slope is judged by its distance', () => {
    const of = (wrong: string, H: number, bound: number, slope: number) =>
      [0.25, 0.5, 0.75].map(
        (beta) =>
        record('quadratics', { wrong, beta, H, T: 50_000 }, 0, { horizons: [400, 6400], values: [1, 16 ** -(beta + slope)], bound: [bound, bound], violated: bound < 1 ? 0.5 : 0, drift: 1 / bound }), // prettier-ignore
      );
    const verdict = (id: string, records: CellRecord[]) => judge(claim(id), records, 'quick').verdict;
    expect([verdict('T1', of('biased', 1, 0.5, 0)), verdict('T1', of('biased', 1, 2, 0))]).toEqual([
      'refuted',
      'supported',
    ]);
    expect([verdict('T3', of('biased', 1, 0.5, 0)), verdict('T3-noisy', of('noisy', 1, 2, 0))]).toEqual([
      'refuted',
      'supported',
    ]);
    expect([verdict('T1-rate', of('biased', 1, 2, 0)), verdict('T1-rate', of('biased', 1, 2, 1))]).toEqual([
      'supported',
      'refuted',
    ]);
    expect([verdict('T5', of('biased', 5, 2, 0)), verdict('T5', of('biased', 5, 0.5, 0))]).toEqual([
      'supported',
      'refuted',
    ]);
  });
  it('T1-sigma and T7-floor read the variances', () => {
    const made = (power: number, floor: number) =>
      VARIANCE.flatMap((config) =>
        seeds.map((seed) => {
          const { K, C, horizons } = config;
          const values = (n: number) => horizons.map((T) => (T / 400) ** (power + 0.001 * seed) / n ** floor);
          return record('variance', config as unknown as Json, seed, { adaptor: values(K / C), base: values(K) });
        }),
      );
    expect(judge(claim('T1-sigma'), made(-1, 1), 'standard').verdict).toBe('supported');
    expect(judge(claim('T1-sigma'), made(-0.5, 1), 'standard').verdict).toBe('refuted');
    expect(judge(claim('T7-floor'), made(-1, 1), 'standard').verdict).toBe('supported');
    expect(judge(claim('T7-floor'), made(-1, 0), 'standard').verdict).toBe('refuted');
  });
});
