import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { products, useEngine } from '@assay-ml/numerics/engine';
import {
  askedFor,
  cellId,
  inProcessExecutor,
  localExecutor,
  merge,
  plan,
  readRun,
  readVerdicts,
  resultsFolder,
  runReproduction,
  type Engine,
  type Evidence,
  type Executor,
  type Reproduction,
} from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BLAS: Engine = { name: 'blas', version: 'OpenBLAS 0.3.34', core: 'SkylakeX' };

/** A reproduction with one cell, of some module. */
const single = (module: string): Reproduction => {
  const [estimate] = toy().experiments;
  const one = { ...estimate!, id: 'one', module, cells: () => [{ config: {}, seed: 0 }] };
  const [claim] = toy().claims;
  const evidence = () => ({ kind: 'exact', checks: [{ name: 'ran', holds: true }], measured: 1 }) as const;
  const rule = { statistic: 'exact', words: 'it ran' } as const;
  return { ...toy(), experiments: [one], claims: [{ ...claim!, experiments: ['one'], rule, evidence }] };
};
const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url).href;

describe('the id of a cell', () => {
  it('has nothing of the engine on WebAssembly, and is the one it always was', () => {
    expect(cellId('one', { d: 3 }, 7, 'c0de')).toBe('5233b41e6a2a97cd');
  });

  it('has name, version and core of a native library, and not where it lies', () => {
    const id = (engine: Engine) => cellId('one', { d: 3 }, 7, 'c0de', undefined, engine);
    expect(id(BLAS)).toBe('fe157b91eddb251b');
    expect(id({ ...BLAS, path: '/somewhere/libopenblas.so.0' })).toBe(id(BLAS));
    const others = [
      { ...BLAS, version: 'OpenBLAS 0.3.33' },
      { ...BLAS, core: 'Haswell' },
    ];
    expect(new Set([BLAS, ...others].map(id)).size).toBe(3);
  });

  it('has it in every experiment of a plan, whether it computes tensors or not', async () => {
    const [estimate, ...rest] = toy().experiments;
    const tensors = { ...toy(), experiments: [{ ...estimate!, tensors: true }, ...rest] };
    for (const reproduction of [toy(), tensors]) {
      const [wasm, blas] = [
        await plan(reproduction, { tier: 'quick' }),
        await plan(reproduction, { tier: 'quick', engine: BLAS }),
      ];
      expect(blas.cells).toHaveLength(wasm.cells.length);
      const before = new Set(wasm.cells.map(({ id }) => id));
      expect(blas.cells.filter(({ id }) => before.has(id))).toEqual([]);
      expect([wasm.engine, wasm.cells[0]!.engine]).toEqual([undefined, undefined]);
      expect([blas.engine, blas.cells[0]!.engine]).toEqual([BLAS, BLAS]);
    }
  });
});

describe('an engine that is none', () => {
  const planned = (engine: unknown) => plan(toy(), { tier: 'quick', engine: engine as Engine });

  it('is WebAssembly where useEngine found that, and leaves ids and files as they are', async () => {
    const engine = useEngine('wasm');
    expect((await planned(engine)).cells).toEqual((await planned(undefined)).cells);
    expect(await planned(engine)).not.toHaveProperty('engine');
    const reproduction = single('data:text/javascript,export const run = () => ({})');
    await runReproduction(reproduction, { tier: 'quick', folder, executor: inProcessExecutor(), engine });
    expect(readRun(folder)).not.toHaveProperty('engine');
    expect(readVerdicts(folder)).not.toHaveProperty('engine');
  });

  it('keeps of a report what an engine has', async () => {
    const report = { ...BLAS, path: '/somewhere/libopenblas.so.0', why: 'asked for', tried: [], threads: 1 };
    expect((await planned(report)).engine).toEqual({ ...BLAS, path: '/somewhere/libopenblas.so.0' });
  });

  it.each<[unknown, Error]>([
    ['blas', new TypeError("plan: 'engine' is 'blas'; must be an object. It may have name, version, core, path, why, tried, threads.")],
    [null, new TypeError("plan: 'engine' is null; must be an object. It may have name, version, core, path, why, tried, threads.")],
    [{ ...BLAS, name: 'mkl' }, new RangeError("plan: 'engine.name' is 'mkl'; must be 'wasm' or 'blas'. Take what useEngine returns.")],
    [{ ...BLAS, file: 'x' }, new RangeError("plan: 'file' is no option; must be one of name, version, core, path, why, tried, threads. Did you mean 'name'?")],
    [{ name: 'blas', core: 'Zen' }, new TypeError("plan: 'engine.version' is undefined; must be a text. Take what useEngine returns.")],
    [{ ...BLAS, version: '' }, new TypeError("plan: 'engine.version' is ''; must be a text. Take what useEngine returns.")],
    [{ ...BLAS, core: 7 }, new TypeError("plan: 'engine.core' is 7; must be a text. Take what useEngine returns.")],
    [{ ...BLAS, path: '' }, new TypeError("plan: 'engine.path' is ''; must be a text. Take what useEngine returns.")],
  ])('is refused: %j', async (engine, error) => {
    await expect(planned(engine)).rejects.toThrow(error);
    const run = { tier: 'quick', folder, executor: inProcessExecutor() } as const;
    await expect(runReproduction(toy(), { ...run, engine: engine as Engine })).rejects.toThrow(error);
  }); // prettier-ignore
});

describe('a run on a native library', () => {
  it('stands in run.json and verdicts.json without its path, and is planned again from there', async () => {
    const engine = { ...BLAS, path: '/somewhere/libopenblas.so.0' };
    // Never run: what is asked for here is what would be written.
    const executor = {
      name: 'none',
      jobs: 1,
      run: async (cells, { onRecord }) =>
        cells.forEach(({ id, experiment, config, seed }) =>
          onRecord({ id, experiment, config, seed, status: 'done', values: {}, seconds: 0 }),
        ),
    } satisfies ReturnType<typeof localExecutor>;
    const reproduction = single('data:text/javascript,export const run = () => ({})');
    await runReproduction(reproduction, { tier: 'quick', folder, executor, engine });
    expect(readRun(folder)!.engine).toEqual(BLAS);
    expect(readVerdicts(folder)!.engine).toEqual(BLAS);
    expect(askedFor(readRun(folder)!).engine).toEqual(BLAS);
    await runReproduction(reproduction, { tier: 'quick', folder, executor });
    expect(readRun(folder)).not.toHaveProperty('engine');
    expect(readVerdicts(folder)).not.toHaveProperty('engine');
    expect(askedFor(readRun(folder)!)).not.toHaveProperty('engine');
  });

  it('does not merge with one on WebAssembly, or on another library', async () => {
    const module = 'data:text/javascript,export const run = () => ({})';
    const executor = inProcessExecutor();
    const engines = [undefined, BLAS, { ...BLAS, core: 'Haswell' }];
    const folders = await Promise.all(
      engines.map(async (engine, k) => {
        const at = resultsFolder(folder, 'toy', 'quick', { index: k + 1, count: 3 });
        const options = { tier: 'quick', folder: at, executor, shard: { index: k + 1, count: 3 } } as const;
        await runReproduction(single(module), { ...options, ...(engine && { engine }) });
        return at;
      }),
    );
    const merged = (...which: number[]) =>
      merge(
        single(module),
        which.map((k) => folders[k]!),
        { out: join(folder, 'out') },
      );
    await expect(merged(0, 1)).rejects.toThrow(
      `merge: 'engine' is the default in '${folders[0]}' but {"name":"blas","version":"OpenBLAS 0.3.34","core":"SkylakeX"} in '${folders[1]}'.`,
    );
    await expect(merged(1, 2)).rejects.toThrow(/'engine' is .*"core":"SkylakeX"\} in .* but .*"core":"Haswell"\} in/);
  });
});

// `nx test` builds numerics first; a worker process does not start from source.
const built = existsSync(new URL('../../numerics/dist/engine.js', import.meta.url));

describe.skipIf(!built).each([localExecutor({ jobs: 1 }), inProcessExecutor()])(
  'cells of a native library: $name',
  (executor) => {
    it('fail with the reason where it is not there', async () => {
      const engine = { ...BLAS, path: '/nowhere/libopenblas.so.0' };
      const { failures, exitCode } = await runReproduction(single(fixture('product.mjs')), {
        ...{ tier: 'quick', folder, executor, engine },
      });
      expect(failures).toHaveLength(1);
      expect(failures[0]).toMatch(/failed: Error: useEngine: 'blas' is not there \(.*(\/nowhere\/libopenblas|koffi)/);
      expect(exitCode).toBe(2);
    });

    const here = found();
    it.skipIf(here === null)('compute with it, and with no other than was planned', async () => {
      const product = async (engine?: Engine) => {
        const { records, failures } = await runReproduction(single(fixture('product.mjs')), {
          ...{ tier: 'quick', folder, executor, fresh: true },
          ...(engine && { engine }),
        });
        expect(failures).toEqual([]);
        return records[0]!.values['product'] as number[];
      };
      const wasm = await product();
      const blas = await product(here!);
      expect(blas).not.toEqual(wasm);
      expect(Math.max(...blas.map((x, k) => Math.abs(x - wasm[k]!)))).toBeLessThan(1e-12);
      const { name, version, core } = here!;
      expect(await product({ name, version, core })).toEqual(blas);
      expect(await product()).toEqual(wasm); // and what comes after computes without it
      const other = await runReproduction(single(fixture('product.mjs')), {
        ...{ tier: 'quick', folder, executor, engine: { ...here!, core: 'Vax' } },
      });
      expect(other.failures[0]).toContain(
        `runCell: the engine here is ${here!.version} with kernels for ${here!.core}; must be ${here!.version} for Vax, with which the cell was planned. Name that library in ASSAY_BLAS.`,
      );
    });
  },
);

describe.skipIf(!built)('what computes around a cell', () => {
  const here = found();
  /** Runs cells of a module, one a seed, in this order; their records, by seed. */
  const run = async (module: string, seeds: number[], executor: Executor, engine?: Engine) => {
    const one = single(module);
    const experiment = { ...one.experiments[0]!, cells: () => seeds.map((seed) => ({ config: {}, seed })) };
    const { records } = await runReproduction(
      { ...one, experiments: [experiment] },
      { ...{ tier: 'quick', folder, executor, fresh: true }, ...(engine && { engine }) },
    );
    return [...records].sort((x, y) => x.seed - y.seed);
  };
  const compute = async (name: string, seeds: number[], executor: Executor, engine?: Engine) =>
    (await run(fixture(name), seeds, executor, engine)).map(({ values, error }) => values['product'] ?? error);

  it.skipIf(here === null)('is put back after it, and is none of its business', async () => {
    const executor = inProcessExecutor();
    const [wasm] = await compute('product.mjs', [0], executor);
    expect(products()).toBeNull();
    try {
      useEngine('blas');
      const library = products();
      expect(await compute('product.mjs', [0], executor)).toEqual([wasm]);
      expect(products()).toBe(library);
      expect(await compute('product.mjs', [0], executor, here!)).not.toEqual([wasm]);
      expect(products()).toBe(library);
      const [record] = await run('data:text/javascript,export function run() { throw 1 }', [0], executor);
      expect([record!.status, products() === library]).toEqual(['failed', true]);
    } finally {
      useEngine();
    }
  });

  it.skipIf(here === null)('judges nothing: that is done in WebAssembly, and then put back', async () => {
    const one = single('data:text/javascript,export const run = () => ({})');
    let judgedOn: unknown;
    const evidence = (): Evidence => {
      judgedOn = products();
      return { kind: 'none', why: 'never' };
    };
    const reproduction = { ...one, claims: [{ ...one.claims[0]!, evidence }] };
    try {
      useEngine('blas');
      const library = products();
      await runReproduction(reproduction, { tier: 'quick', folder, executor: inProcessExecutor() });
      expect([judgedOn, products() === library]).toEqual([null, true]);
    } finally {
      useEngine();
    }
  });

  it.skipIf(here === null)('puts back a library that only a path leads to', async () => {
    const { path } = here!;
    try {
      useEngine('blas', { path: path! });
      const library = products();
      vi.stubEnv('ASSAY_BLAS', '/nowhere/blas.so');
      expect((await run(fixture('product.mjs'), [0], inProcessExecutor()))[0]!.status).toBe('done');
      expect(products()).toBe(library);
      expect((await run(fixture('product.mjs'), [0], inProcessExecutor(), here!))[0]!.status).toBe('done');
      expect(products()).toBe(library);
    } finally {
      vi.unstubAllEnvs();
      useEngine();
    }
  });

  it.skipIf(here === null).each([localExecutor({ jobs: 1 }), inProcessExecutor()])(
    'is what was planned for each cell, whatever the one before has chosen: $name',
    async (executor) => {
      const [wasm] = await compute('product.mjs', [0], executor);
      const [first, second] = await compute('chooses.mjs', [1, 2], executor);
      expect(first).not.toEqual(wasm);
      expect(second).toEqual(wasm);
      expect(products()).toBeNull();
    },
  );
});

/** The library of this machine, if there is one. */
function found(): Engine | null {
  const { name, version, core, path } = useEngine('auto');
  useEngine();
  return name === 'wasm' ? null : { name, version: version!, core: core!, path: path! };
}
