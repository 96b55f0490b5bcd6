import { type EngineReport, products, useEngine } from '@assay-ml/numerics/engine';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';

import {
  AUTHORS,
  constraintsOf,
  linearSem,
  PsiDag,
  type PsiDagOptions,
  simulateDag,
  type StageEnd,
} from '../src/index.js';
import { layout } from '../src/strips.js';

/** The library of this machine, if it has one. */
const engine: EngineReport = useEngine('auto');
useEngine();
const here = engine.name === 'blas';

/** Matrices at the ends of all stages, on one engine. */
function stages(name: 'wasm' | 'blas', d: number, batchSize: number, options: PsiDagOptions): StageEnd[] {
  useEngine(name);
  const found: StageEnd[] = [];
  const model = new PsiDag(d, {
    ...options,
    epochs: 2,
    batches: [4, 4],
    batchSize,
    radius: 3,
    onStage: (stage) => found.push({ ...stage, W: stage.W.slice() }),
  });
  const sem = linearSem(simulateDag({ d, degree: 3, seed: 4 }), d, { noise: 'exponential', centred: false }).source(1);
  const rows = new Float64Array(batchSize * d);
  while (!model.done) {
    sem.next(rows);
    model.partialFit(rows);
  }
  model.free();
  return found;
}

/** Largest difference over the largest entry. */
function distance(x: Float64Array, y: Float64Array): number {
  const size = y.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return x.reduce((most, value, at) => Math.max(most, Math.abs(value - y[at]!)), 0) / size;
}

afterEach(() => void useEngine());

describe(`ψDAG's panels${here ? '' : ' (no native library is here; npx assay native --blas fetches one)'}`, () => {
  const known = { tiers: [[1, 2], [3, 4]], required: [[0, 5]], forbidden: [[6, 7]] } as const; // prettier-ignore
  const cases = [32, 100, 129, 300].flatMap((d) =>
    [
      { name: 'all of ours', options: {} },
      { name: 'everything of the authors', options: AUTHORS },
      { name: 'the mean of the stage', options: { averaging: 'stage' } },
      { name: 'no mean', options: { averaging: 'none' } },
      { name: 'knowledge', options: { constraints: constraintsOf(known, d) } },
      { name: 'knowledge and stale entries', options: { ...AUTHORS, constraints: constraintsOf(known, d) } },
    ].flatMap(({ name, options }) => [
      { name, d, options: { ...options, precision: 'float64' } as PsiDagOptions, within: 1e-12 },
      { name, d, options: { ...options, precision: 'float32' } as PsiDagOptions, within: 1e-5 },
    ]),
  );

  it.skipIf(!here).each(cases)(
    'give what strips in WebAssembly give, $name, $options.precision, d = $d',
    ({ d, options, within }) => {
      const expected = stages('wasm', d, 33, options);
      const found = stages('blas', d, 33, options);
      expect(found.length).toBe(4);
      found.forEach(({ W, order }, at) => {
        expect(order).toEqual(expected[at]!.order);
        expect(distance(W, expected[at]!.W)).toBeLessThanOrEqual(within);
      });
      // Other sums round otherwise: were they the same, the library would not have been asked.
      expect(distance(found[0]!.W, expected[0]!.W)).toBeGreaterThan(0);
    },
  );

  it.skipIf(!here)('leave small products to WebAssembly, bit for bit', () => {
    expect(stages('blas', 10, 64, {})).toEqual(stages('wasm', 10, 64, {}));
  });

  it.skipIf(!here)('read no rows of W below the last column of a panel in stage 3', () => {
    useEngine('blas');
    const library = products()!;
    const gemm = vi.spyOn(library, 'gemm');
    const d = 300; // three panels of 104 columns
    const model = new PsiDag(d, { epochs: 1, batches: [1, 1], batchSize: 32, radius: 3 });
    const sem = linearSem(simulateDag({ d, degree: 3, seed: 4 }), d).source(1);
    const rows = new Float64Array(32 * d);
    const terms: number[][] = [];
    while (!model.done) {
      gemm.mockClear();
      sem.next(rows);
      model.partialFit(rows);
      // Those that do not transpose X are XW.
      terms.push(gemm.mock.calls.filter((call) => call[0] === 32 && !call[5]).map((call) => call[2]));
    }
    gemm.mockRestore();
    model.free();
    expect(terms[0]).toEqual([300, 300, 300]);
    expect(terms.at(-1)).toEqual([105, 210, 300]);
  });

  it.skipIf(!here)('hold to the library they began with, over growing memory, too', () => {
    useEngine('blas');
    const d = 100;
    const sem = linearSem(simulateDag({ d, degree: 3, seed: 4 }), d);
    const source = sem.source(1);
    const other = sem.source(1);
    const options = { epochs: 1, batches: [3, 3], radius: 3 } as const;
    const [model, undisturbed] = [new PsiDag(d, options), new PsiDag(d, options)];
    const rows = new Float64Array(64 * d);
    const held: PsiDag[] = [];
    while (!model.done) {
      useEngine();
      held.push(new PsiDag(600, { precision: 'float64' }));
      held.at(-1)!.partialFit(new Float64Array(64 * 600).map((_, at) => Math.sin(at)));
      source.next(rows);
      model.partialFit(rows);
      useEngine('blas');
      other.next(rows);
      undisturbed.partialFit(rows);
    }
    expect(model.result().W).toEqual(undisturbed.result().W);
    for (const one of [model, undisturbed, ...held]) one.free();
  });

  afterAll(() => {
    expect(products()).toBeNull();
  });
});

it.each([
  [100, 104, 1],
  [128, 128, 1],
  [129, 72, 2],
  [1000, 128, 8],
])('D10: %i variables lie in panels of equal widths, %i columns', (d, columns, strips) => {
  expect(layout(d, 'float64', true)).toMatchObject({ columns, strips });
  expect(layout(d, 'float32', true)).toMatchObject({ columns, strips });
});
