/** `--engine`: which native library cells compute with, and where that stands afterwards. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords, readRun, readVerdicts } from '@assay-ml/claims';
import { useEngine } from '@assay-ml/numerics/engine';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { rerun, rerunAlone } from '../src/report/results.js';
import { toy, world } from './toy.js';

afterEach(() => vi.unstubAllEnvs());

/** The library of this machine, as cells are planned with it; `null` where there is none. */
const here = (() => {
  const { name, version, core } = useEngine('auto');
  useEngine();
  return name === 'wasm' ? null : { name, version: version!, core: core! };
})();

describe('assay run --engine blas', () => {
  it('exits 2 with what useEngine says where there is no library, and runs nothing', async () => {
    vi.stubEnv('ASSAY_BLAS', '/nowhere/libblas.so');
    const { assay, folder } = world();
    const { code, out, err } = await assay('run toy --engine blas');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      /^assay: --engine is 'blas': useEngine: 'blas' is not there \((\/nowhere\/libblas\.so: .+|the package koffi is not installed: npm install koffi)\)\. Set it up with `npx @assay-ml\/tensors native --blas`, name a library in ASSAY_BLAS, or take 'auto'\.\n$/,
    );
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });

  it('is wasm, to the hash, with auto where there is no library', async () => {
    vi.stubEnv('ASSAY_BLAS', '/nowhere/libblas.so');
    const { assay, folder } = world();
    const auto = await assay('run toy --engine auto');
    expect(auto.code).toBe(0);
    const run = readRun(join(folder, 'results', 'toy', 'quick'))!;
    expect(run).not.toHaveProperty('engine');
    expect((await assay('run toy --engine wasm')).lastLine).toBe(auto.lastLine);
    expect((await assay('run toy')).lastLine).toBe(auto.lastLine);
  });

  it('is refused for evidence, which has the same bits everywhere', async () => {
    const { code, err } = await world().assay('run toy --tier standard --evidence --engine blas');
    expect(code).toBe(2);
    expect(err).toContain('--evidence goes with a whole standard run, not with --engine blas.');
  });

  it.skipIf(here === null)(
    'makes other cells, judged alike, and names library and core wherever they are shown',
    async () => {
      const { assay, folder } = world();
      const results = join(folder, 'results', 'toy', 'quick');
      const read = (file: string) => readFileSync(join(results, file), 'utf8');
      const wasm = await assay('run toy');
      const before = new Set(readRecords(results).keys());
      const verdicts = readVerdicts(results)!.claims;
      expect(read('report.md')).not.toContain('engine');
      expect(read('report.html')).not.toContain('<dt>Engine</dt>');

      const words = `blas (${here!.version} with kernels for ${here!.core})`;
      const blas = await assay('run toy --engine blas');
      expect(blas.code).toBe(wasm.code);
      expect(blas.lastLine).not.toBe(wasm.lastLine);
      expect(blas.err).toContain(
        `results/toy/quick holds a run on engine wasm; this one is on ${words}, and takes only cells computed with it.\n`,
      );
      const after = [...readRecords(results).keys()];
      expect(after.filter((id) => !before.has(id))).toHaveLength(before.size);
      expect(readRun(results)).toMatchObject({ engine: here, reused: 0 });
      expect(readVerdicts(results)!.engine).toEqual(here);
      // The exact claim names its cells.
      const unnamed = (claims: typeof verdicts) => claims.map(({ id, verdict, measured }) => [id, verdict, measured]);
      expect(unnamed(readVerdicts(results)!.claims)).toEqual(unnamed(verdicts));
      expect(read('report.md')).toContain(`backend wasm, engine ${words}\n`);
      expect(read('report.md')).toContain('- Run it: `npx nx run toys:reproduce -- --engine blas`');
      expect(read('report.html')).toContain(`<dt>Engine</dt><dd>${words}</dd>`);

      // What reads the folder takes its own engine.
      expect((await assay('report toy')).lastLine).toBe(blas.lastLine);
      expect((await assay('show toy.C1')).out).toContain('6 cells at quick, 6 finished');
      const cell = after.find((id) => !before.has(id))!;
      expect((await assay(`show ${cell}`)).err).toBe('equal to the stored values, bit for bit\n');

      const again = await assay('run toy --engine blas');
      expect(again.lastLine).toBe(blas.lastLine);
      expect(again.err).not.toContain('holds a run on');
      expect(readRun(results)!.reused).toBe(before.size);
      const back = await assay('run toy');
      expect(back.lastLine).toBe(wasm.lastLine);
      expect(back.err).toContain(`holds a run on engine ${words}; this one is on wasm, and takes only`);
      expect((await assay('run toy --engine blas --fresh')).err).not.toContain('holds a run on');
    },
  );
});

it('is part of the command that runs it again', () => {
  const run = { reproduction: toy, tier: 'standard', engine: { name: 'blas', version: 'v', core: 'c' } } as const;
  expect(rerun(run)).toBe('npx nx run toys:reproduce:standard -- --engine blas');
  expect(rerunAlone(run, 'toy.C1')).toBe('npx nx run toys:reproduce:standard -- --engine blas --only toy.C1');
  expect(rerun({ ...run, name: 'toy' })).toBe('npx @assay-ml/assay run toy --tier standard --engine blas');
  expect(rerunAlone({ ...run, name: 'toy' }, 'toy.C1')).toBe(
    'npx @assay-ml/assay run toy --tier standard --engine blas --only toy.C1',
  );
});
