import { initialise, mlp } from '@assay-ml/networks';
import { stream } from '@assay-ml/numerics';
import { leakGuard, useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  compare,
  criteria,
  effectiveMask,
  fromNetwork,
  jaccard,
  type Mask,
  type Model,
  prune,
  type ScoreOptions,
  type SelectOptions,
  totals,
} from '../src/index.js';

const network = mlp({ inputs: 6, hidden: [10, 8, 8], classes: 3 });
let model: Model;
beforeAll(async () => {
  await useBackend('wasm');
  model = fromNetwork(network, initialise(network, { seed: 2 }));
});
const data = {
  x: Float32Array.from(stream(1, 'compare.test').fillNormal(new Float64Array(24 * 6))),
  y: Int32Array.from({ length: 24 }, (_, i) => i % 3),
};

describe('compare', () => {
  it('gives what prune gives for each cell, and changes nothing', async () => {
    const before = await Promise.all(model.values().parameters.map((t) => t.data()));
    const options: ScoreOptions & Pick<SelectOptions, 'scope' | 'minPerLayer'> = { maskBatch: 4, seed: 7, scope: 'global', minPerLayer: 1 }; // prettier-ignore
    const names = ['fts', 'magnitude', 'synflow', 'random'] as const;
    const { rows, likeness } = await leakGuard(() => compare(model, data, { ...options, criteria: names, sparsities: [0.9, 0.5] })); // prettier-ignore
    expect(rows.map(({ criterion, sparsity }) => [criterion, sparsity])).toEqual([0.9, 0.5].flatMap((s) => names.map((name) => [name, s]))); // prettier-ignore
    const masks: Mask[] = [];
    for (const row of rows) {
      const { criterion, sparsity } = row;
      const { mask, report } = await prune(model, data, { ...options, criterion, sparsity, apply: false });
      expect(row.mask).toEqual(mask);
      expect(row).toMatchObject({ kept: report.kept, count: 204, layers: report.layers, value: null });
      expect(row.effectiveDensity).toBe(totals(await effectiveMask(model, mask)).kept / 204);
      masks.push(mask);
    }
    expect(likeness.map(({ sparsity }) => sparsity)).toEqual([0.9, 0.5]);
    likeness.forEach((table, s) => {
      const own = masks.slice(4 * s, 4 * s + 4);
      expect(table.jaccard).toEqual(own.map((a) => own.map((b) => jaccard(a, b))));
    });
    expect(await Promise.all(model.values().parameters.map((t) => t.data()))).toEqual(before);
  });

  it('names emptied layers, and asks for the worth of each mask', async () => {
    const asked: unknown[] = [];
    const { rows } = await compare(model, null, {
      criteria: ['random', 'magnitude'],
      sparsities: [0.995],
      evaluate: (mask, cell) => {
        asked.push(cell);
        return totals(mask).kept + (cell.criterion === 'random' ? 0.25 : 0.5);
      },
    });
    expect(asked).toEqual([{ criterion: 'random', sparsity: 0.995 }, { criterion: 'magnitude', sparsity: 0.995 }]); // prettier-ignore
    expect(rows.map(({ value }) => value)).toEqual([2.25, 2.5]);
    for (const { layers, emptied, effectiveDensity } of rows) {
      expect(emptied).toEqual(layers.filter(({ kept }) => kept === 0).map(({ name }) => name));
      expect(emptied.length).toBeGreaterThan(0);
      expect(effectiveDensity).toBe(0);
    }
  });

  it('takes all criteria that the data allow', async () => {
    const all = await compare(model, data, { sparsities: [0.8], probes: 1 });
    expect(all.criteria).toEqual(criteria);
    expect(all.rows.map(({ kept }) => kept)).toEqual(criteria.map(() => 41));
    expect((await compare(model, null, { sparsities: [0.8] })).criteria).toEqual(['random', 'magnitude', 'synflow']);
  });

  it('scores each criterion once, whatever the number of sparsities', async () => {
    let passes = 0;
    const counted = () => {
      passes++;
      return [data][Symbol.iterator]();
    };
    await compare(model, counted, { criteria: ['snip', 'fts'], sparsities: [0.5, 0.8, 0.9] });
    expect(passes).toBe(2);
  });

  it.each([
    [{ sparsities: [] }, "compare: 'sparsities' is []; must be at least one, none of them twice. As [0.8, 0.9, 0.95]."],
    [{ sparsities: [0.5, 0.5] }, "compare: 'sparsities' is [0.5, 0.5]; must be at least one, none of them twice."],
    [{ sparsities: [0.5], criteria: [] }, "compare: 'criteria' is []; must be at least one, none of them twice. Leave it out for all that the data allow."], // prettier-ignore
    [{ sparsities: [0.5, 1] }, "select: 'sparsity' is 1; must be from 0 to below 1."],
    [
      { sparsities: [0.5, 0.995], minPerLayer: 1 },
      "select: 'minPerLayer' is 1; must be small enough for the 2 weights",
    ],
    [{ sparsities: [0.5], criteria: ['magnitude', 'best' as 'fts'] }, "score: 'criterion' is 'best'; must be"],
  ] as const)('refuses %o before it scores', async (options, message) => {
    const untouched = () => {
      throw new Error('data was read');
    };
    await expect(compare(model, untouched, options)).rejects.toThrow(message);
  });

  it('refuses criteria that need the data that are not there', async () => {
    await expect(compare(model, null, { sparsities: [0.5], criteria: ['fts'] })).rejects.toThrow("score: 'data' is null; must be examples for 'fts'."); // prettier-ignore
  });
});
