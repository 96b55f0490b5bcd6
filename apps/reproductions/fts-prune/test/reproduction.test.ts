import { judge, WASM, type CellRecord, type Claim, type Json, type Tier } from '@assay-ml/claims';
import * as tf from '@tensorflow/tfjs-core';
import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';
import { run as masks, type MasksConfig } from '../src/cells/masks.js';
import { FLOOR, run as training, type TrainingConfig } from '../src/cells/training.js';
import { MLP } from '../src/experiments.js';
import ftsPrune from '../src/index.js';

const NATIVE = { name: 'tensorflow', threads: 1 };
const TIERS = ['quick', 'standard', 'full'] as const;

const cellsOf = (tier: Tier, seeds?: number) =>
  ftsPrune.experiments.flatMap((e) =>
    e.cells(tier, seeds, undefined, NATIVE).map(({ config, seed }) => ({ experiment: e.id, config, seed })),
  );

describe('plan', () => {
  it('quick: 40 trainings on two seeds, and masks', () => {
    const cells = cellsOf('quick');
    expect(cells.filter(({ experiment }) => experiment === 'mlp')).toHaveLength(40);
    expect(cells.filter(({ experiment }) => experiment === 'mlp-masks')).toHaveLength(4);
    expect(new Set(cells.filter(({ experiment }) => experiment !== 'theory').map(({ seed }) => seed))).toEqual(
      new Set([0, 1]),
    );
  });

  it('standard: five seeds, none of them quick’s', () => {
    const seeds = cellsOf('standard').flatMap(({ experiment, seed }) => (experiment === 'theory' ? [] : [seed]));
    expect(new Set(seeds)).toEqual(new Set([10, 11, 12, 13, 14]));
  });

  it('full: the paper’s 540 runs, as the authors’ code has them', () => {
    const runs = cellsOf('full').filter(({ experiment }) => experiment.startsWith('paper-'));
    expect(runs).toHaveLength(540);
    expect(runs[0]!.config).toMatchObject({ epochs: 160, rate: 0.01, drops: [60, 120], batch: 512, augment: true });
  });

  it('a pilot tries learning rates on dense and random networks, and no other run does', () => {
    const { cells } = ftsPrune.experiments.find(({ id }) => id === 'rates')!;
    expect(cells('quick', 2)).toEqual([]);
    const pilot = cells('standard', 1, 1000).map(({ config }) => config as TrainingConfig);
    expect(pilot).toHaveLength(24);
    expect(new Set(pilot.map(({ rate }) => rate))).toEqual(new Set([0.003, 0.01, 0.03, 0.1, 0.3, 1]));
    expect(new Set(pilot.map(({ method }) => method))).toEqual(new Set(['dense', 'random']));
  });
});

/** A finished cell with made-up values. */
function record(experiment: string, config: Json, seed: number, values: Record<string, Json>): CellRecord {
  const id = JSON.stringify([experiment, config, seed]);
  return { id, experiment, config, seed, status: 'done', values, seconds: 1 };
}

/** What a training reached, by method; FTS is best and random worst unless told otherwise. */
type Accuracy = (config: TrainingConfig, seed: number) => number;
const usual: Accuracy = ({ method, sparsity, warmUp }) =>
  // GraSP recovers (C8).
  method === 'grasp'
    ? 0.1 + 0.3 * sparsity
    : (({ fts: 0.6, 'fts-taylor': 0.6, random: 0.2, fbss: 0.22, magnitude: 0.3, dense: 0.9 } as Record<string, number>)[
        method
      ] ?? 0.5 - 0.1 * sparsity + (warmUp === 'none' ? 0 : 0.1));
const rising: Accuracy = (config, seed) =>
  usual(config, seed) - 0.05 * config.sparsity + (config.warmUp === 'none' ? 0 : 0.1);

/** Records of a whole tier. */
function records(
  tier: Tier,
  accuracy: Accuracy = rising,
  snip = 0.5,
  emptied: (method: string) => number = collapse,
): CellRecord[] {
  return cellsOf(tier, 2)
    .filter(({ experiment }) => experiment !== 'theory')
    .map(({ experiment, config, seed }) => {
      if (experiment.includes('masks')) return maskRecord(experiment, config as MasksConfig, seed, snip, emptied);
      const own = config as TrainingConfig;
      // Each training by itself differs a little: blocks that do not have no interval.
      const off = 1e-6 * stream(seed, JSON.stringify(own)).uniform();
      return record(experiment, own, seed, { accuracy: accuracy(own, seed) - off, chance: 0.1, emptied: 0 });
    });
}
const collapse = (method: string): number => (['fd', 'magnitude'].includes(method) ? 1 : 0);

function maskRecord(
  experiment: string,
  config: MasksConfig,
  seed: number,
  snip: number,
  emptied: (method: string) => number,
): CellRecord {
  const { methods, sparsities, maskBatches, warmUp } = config;
  const like = (a: string, b: string): number =>
    a === b ? 1 : [a, b].includes('snip') && [a, b].includes('fts') ? snip : 0.3;
  return record(experiment, config, seed, {
    layers: ['a', 'b'],
    bySparsity: sparsities.map((sparsity) => ({
      sparsity,
      densities: Object.fromEntries(methods.map((m) => [m, [0.1, 0.2]])),
      emptied: Object.fromEntries(methods.map((m) => [m, warmUp === 'none' ? emptied(m) : 0])),
      jaccard: Object.fromEntries(
        methods.map((a, i) => [a, Object.fromEntries(methods.slice(i).map((b) => [b, like(a, b)]))]),
      ),
      maskBatches: maskBatches.flatMap((size) =>
        [true, false].map((factor) => ({ size, factor, jaccard: factor ? 0.9 + 1e-6 * seed : 0.8 })),
      ),
    })),
    scatter: [
      [1, 2],
      [0, 1],
    ],
  });
}

const claim = (id: string): Claim => ftsPrune.claims.find((c) => c.id === `fts-prune.${id}`)!;
const verdict = (id: string, tier: Tier, all: CellRecord[]) => judge(claim(id), all, tier);

describe('claims', () => {
  const own = ftsPrune.claims.filter(({ id }) => !/\.T\d+$/.test(id));

  it.each(
    TIERS.flatMap((tier) => own.filter(({ tiers }) => tiers.includes(tier)).map((c) => [c.id, tier, c] as const)),
  )('%s at %s is judged from the cells of the plan, and not without them', (_, tier, { evidence, experiments }) => {
    const all = records(tier).filter((r) => experiments.includes(r.experiment));
    expect(evidence(all, tier).kind).not.toBe('none');
    expect(() => evidence([], tier)).toThrow(/evidence: /);
  });

  it.each<[string, Tier, Accuracy]>([
    ['C1', 'quick', (c, s) => (c.method === 'random' ? 0.58 : rising(c, s))],
    ['C2', 'quick', (c, s) => (c.method === 'magnitude' ? 0.7 : rising(c, s))],
    ['C2floor', 'standard', (c, s) => (c.method === 'magnitude' ? 0.7 : rising(c, s))],
    ['C3', 'quick', (c, s) => (c.method === 'snip' ? 0.9 : rising(c, s))],
    ['C4', 'standard', (c, s) => (c.method === 'gn' ? 0.7 : rising(c, s))],
    ['C5', 'quick', (c, s) => (c.method === 'fbss' ? 0.35 : rising(c, s))],
    ['C7', 'quick', (c, s) => (c.method === 'fp' && c.warmUp === 'epoch' ? 0.1 : rising(c, s))],
    ['C8', 'standard', (c, s) => (c.method === 'grasp' && c.sparsity === 0.99 ? 0.15 : rising(c, s))],
    ['C8sign', 'standard', (c, s) => (c.method === 'grasp-original' ? 0.1 : rising(c, s))],
    ['C9', 'standard', (c, s) => (c.method === 'hts' && c.warmUp === 'bn-stats' ? 0.15 : rising(c, s))],
    ['C11', 'quick', (c, s) => (c.method === 'fts' ? 0.3 + 0.3 * c.sparsity : rising(c, s))],
    ['C12', 'standard', (c, s) => (c.variant === 'shuffled' ? 0.3 : rising(c, s))],
    ['FP', 'quick', (c, s) => (c.method === 'fp' ? 0.7 : rising(c, s))],
    ['SynFlow', 'quick', (c, s) => (c.method === 'synflow' ? 0.7 : rising(c, s))],
  ])('%s is supported by the usual accuracies and refuted by others', (id, tier, other) => {
    expect(verdict(id, tier, records(tier)).verdict).toBe('supported');
    expect(verdict(id, tier, records(tier, other)).verdict).toBe('refuted');
  });

  it('C5 has two halves: FBSS far above random, and FBSS near FTS', () => {
    const near: Accuracy = (c, s) => (c.method === 'fbss' ? 0.57 : c.method === 'random' ? 0.5 : rising(c, s));
    expect(verdict('C5', 'quick', records('quick', near))).toMatchObject({ verdict: 'refuted' });
  });

  it('C3 compares nothing where FTS and SNIP have one mask', () => {
    expect(verdict('C3', 'quick', records('quick', rising, 0.995))).toMatchObject({
      verdict: 'inconclusive',
      why: "'MLP at 0.9': same mask: the Jaccard index is at least 0.99 at each seed",
    });
    expect(verdict('C3', 'quick', records('quick', rising, 0.99)).verdict).toBe('inconclusive');
    expect(verdict('C3', 'quick', records('quick', rising, 0.9899)).verdict).toBe('supported');
  });

  it('a likeness of other methods, of other warm-ups or of shuffled masks keeps nothing out', () => {
    for (const id of ['C1', 'C4', 'C9', 'C12']) {
      expect(verdict(id, 'standard', records('standard', rising, 1))).toMatchObject({ verdict: 'supported', n: 2 });
    }
  });

  it('settings where every method is near chance are left out, and counted', () => {
    const hopeless: Accuracy = (c, seed) => (c.sparsity === 0.98 || seed === 1 ? 0.11 : rising(c, seed));
    expect(verdict('C1', 'quick', records('quick', hopeless))).toMatchObject({
      verdict: 'inconclusive',
      why: "'MLP at 0.98, after an epoch': every method is within 0.02 of chance at each seed",
    });
    const once: Accuracy = (c, seed) => (seed === 1 ? 0.11 : rising(c, seed));
    expect(verdict('C1', 'quick', records('quick', once))).toMatchObject({ verdict: 'supported', excluded: 2 });
    // Near is within 0.02 of a chance of 0.1.
    for (const [y, excluded] of [
      [0.12, 2],
      [0.1201, undefined],
    ] as const) {
      // prettier-ignore
      const low: Accuracy = (c, seed) => (seed === 1 ? y : rising(c, seed));
      expect(verdict('C5', 'quick', records('quick', low)).excluded).toBe(excluded);
    }
  });

  it('C6 and C7masks count emptied layers', () => {
    expect(verdict('C6', 'quick', records('quick')).verdict).toBe('supported');
    expect(
      verdict(
        'C6',
        'quick',
        records('quick', rising, 0.5, (m) => (m === 'fd' ? 1 : 0)),
      ).verdict,
    ).toBe('refuted');
    expect(verdict('C7masks', 'quick', records('quick')).verdict).toBe('supported');
    const still = records('standard').map((r) =>
      r.experiment === 'vgg' ? { ...r, values: { ...r.values, emptied: 1 } } : r,
    );
    expect(verdict('C7masks', 'standard', still).verdict).toBe('refuted');
    const once = still.map((r) => (r.seed === 11 ? { ...r, values: { ...r.values, emptied: 0 } } : r));
    expect(verdict('C7masks', 'standard', once).verdict).toBe('refuted');
  });

  it('C10 and C3masks read likeness', () => {
    // Nets, images and sparsities of a seed are one block.
    expect(verdict('C10', 'standard', records('standard'))).toMatchObject({ verdict: 'supported', n: 2, unit: 'Jaccard index' }); // prettier-ignore
    expect(verdict('C10', 'standard', records('standard')).measured).toBeCloseTo(0.1 + 10.5e-6, 12);
    expect(verdict('C3masks', 'quick', records('quick', rising, 0.95))).toMatchObject({ verdict: 'supported', measured: 0.95 }); // prettier-ignore
    expect(verdict('C3masks', 'quick', records('quick', rising, 0.8)).verdict).toBe('refuted');
  });

  it('figures have a row for each method and no row for nothing', () => {
    for (const { figure, tiers } of own) {
      for (const tier of tiers) if (figure) expect(figure(records(tier), tier)!.rows.length).toBeGreaterThan(2);
      if (figure) expect(figure([], tiers[0]!)).toBeNull();
    }
    expect(claim('C1').figure!(records('standard'), 'standard')!.rows.map(({ x }) => x)).toContain('fts, shuffled');
    const table = ftsPrune.figures!(records('full'), 'full')[0]!.rows;
    expect(table).toContainEqual({ x: 0.99, y: 0.8485, series: 'fts', facet: 'ResNet18, CIFAR-10: paper, Table 1' });
    expect(new Set(table.map(({ facet }) => facet)).size).toBe(5);
    const [density, scatter] = ftsPrune.figures!(records('quick'), 'quick');
    expect(density!.rows).toContainEqual({ x: 'b', y: 0.2, series: 'fts' });
    expect(scatter!.rows).toEqual([{ x: 1, y: 2 }]); // a score of 0 has no place on a logarithmic axis
  });
});

describe('cells', () => {
  const context = { signal: new AbortController().signal, backend: WASM };
  const tiny: TrainingConfig = {
    ...MLP,
    train: 320,
    scoring: 100,
    epochs: 2,
    method: 'fts',
    sparsity: 0.9,
    warmUp: 'none',
    variant: 'as published',
  };

  it('a training keeps exactly its weights, learns, leaks nothing, and is the same again', async () => {
    const first = await training(tiny, 3, context);
    const before = tf.memory().numTensors;
    const again = await training(tiny, 3, context);
    expect(tf.memory().numTensors).toBe(before);
    expect(again).toEqual(first);
    // 147,456 prunable weights, of which 132,710 go.
    expect(first).toMatchObject({ kept: 14_746, data: 'gauss-proto', chance: 0.1 });
    const losses = first['losses'] as number[];
    expect(losses[1]).toBeLessThan(losses[0]!);
  });

  it('variants: a shuffled mask keeps the densities, a floor keeps some of each layer', async () => {
    const own = await training(tiny, 3, context);
    const shuffled = await training({ ...tiny, variant: 'shuffled' }, 3, context);
    expect(shuffled['densities']).toEqual(own['densities']);
    expect(shuffled['losses']).not.toEqual(own['losses']);
    const emptied = await training({ ...tiny, method: 'magnitude', sparsity: 0.99 }, 3, context);
    const floored = await training({ ...tiny, method: 'magnitude', sparsity: 0.99, variant: 'floor' }, 3, context);
    expect(emptied['emptied']).toBe(2);
    expect(floored).toMatchObject({ emptied: 0, kept: emptied['kept'] });
    expect(Math.min(...(floored['densities'] as number[]))).toBeCloseTo(FLOOR / 65_536, 8);
  });

  it('a warm-up epoch is the first of the epochs, not one more', async () => {
    const { losses } = await training({ ...tiny, warmUp: 'epoch' }, 3, context);
    const dense = await training({ ...tiny, method: 'dense', sparsity: 0 }, 3, context);
    expect(losses).toHaveLength(2);
    expect((losses as number[])[0]).toBe((dense['losses'] as number[])[0]);
    expect((losses as number[])[1]).not.toBe((dense['losses'] as number[])[1]);
  });

  it('a first epoch is trained once a seed and setting, and what comes after it leaves it as it was', async () => {
    const warm = { ...tiny, warmUp: 'epoch' } as const;
    const first = await training({ ...warm, rate: 0.05 }, 3, context);
    const before = tf.memory().numTensors;
    const snip = await training({ ...warm, method: 'snip' }, 3, context); // trains the epoch again, at its rate
    const again = await training({ ...warm, method: 'fts' }, 3, context);
    expect(await training({ ...warm, method: 'snip' }, 3, context)).toEqual(snip);
    expect(tf.memory().numTensors).toBe(before);
    expect((again['losses'] as number[])[0]).toBe((snip['losses'] as number[])[0]);
    expect((first['losses'] as number[])[0]).not.toBe((snip['losses'] as number[])[0]);
    expect(await training({ ...warm, rate: 0.05 }, 3, context)).toEqual(first);
  });

  it('a mask cell has the masks that trainings have', async () => {
    const { network, data, rate, batch } = MLP;
    const config: MasksConfig = {
      ...{ network, data, rate, batch, train: 320, scoring: 100 },
      warmUp: 'none',
      methods: ['random', 'magnitude', 'gn', 'snip', 'grasp', 'grasp-original', 'fd', 'fp', 'fts', 'fts-taylor', 'fbss', 'synflow', 'hd', 'hp', 'hts'], // prettier-ignore
      sparsities: [0.9],
      maskBatches: [1, 16],
    };
    const values = await masks(config, 3, context);
    const [row] = values['bySparsity'] as unknown as [
      {
        densities: Record<string, number[]>;
        jaccard: Record<string, Record<string, number>>;
        maskBatches: { jaccard: number }[];
      },
    ];
    for (const method of config.methods) {
      const own = await training({ ...tiny, epochs: 1, method }, 3, context);
      expect(row.densities[method], method).toEqual(own['densities']);
    }
    expect(row.jaccard['fts']!['fts']).toBe(1);
    expect(row.jaccard['snip']!['fts']).toBeGreaterThan(0.5);
    expect(row.jaccard['random']!['fts']).toBeLessThan(0.2);
    // With N = 1 the factor is 1; masks of 16 differ from it.
    expect(row.maskBatches).toMatchObject([
      { size: 1, jaccard: 1 },
      { size: 1, jaccard: 1 },
      { size: 16 },
      { size: 16 },
    ]);
    expect(row.maskBatches[2]!.jaccard).toBeLessThan(1);
  });
});
