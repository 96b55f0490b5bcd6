import { describe, expect, it } from 'vitest';
import { useEngine } from '@assay-ml/numerics/engine';
import { checksum } from '../src/benchmark.js';
import { environmentOf } from '../src/processes.js';
import { start } from '../src/runtime.js';
import { suites } from '../src/suites/index.js';

const all = await Promise.all(Object.entries(suites).map(async ([name, suite]) => [name, await suite()] as const));

describe.each(all)('%s', (_name, suite) => {
  // Those of d = 1000 need gigabytes, workers are files of the build; the command itself checks them, and
  // backends that are not everywhere.
  const here = suite.filter(
    ({ name, backend = 'wasm' }) =>
      backend === 'wasm' && !name.endsWith('d = 1000') && !name.startsWith('gemmPool') && !name.endsWith('workers'),
  );
  it.for(here)('$name gives the result written down', async (benchmark, { skip }) => {
    if (benchmark.engine) {
      const reason = await benchmark.skip?.();
      if (reason) skip(reason);
    }
    useEngine(benchmark.engine);
    if (benchmark.backend) await start(benchmark.backend);
    const work = await benchmark.prepare();
    await work.run();
    const { sum, scale } = checksum(await work.result());
    await work.free?.();
    expect(Math.abs(sum - benchmark.checksum) / scale).toBeLessThan(benchmark.precision ?? 1e-9);
    expect(scale).toBeGreaterThan(0);
  });

  it('names each benchmark once', () => {
    expect(new Set(suite.map(({ name }) => name)).size).toBe(suite.length);
  });

  it('tells each backend of a benchmark the same result', () => {
    for (const { name, checksum: sum } of suite) {
      const wasm = suite.find((other) => other.name === name.replace(/, [a-z]+$/, ', wasm'));
      if (wasm) expect(wasm.checksum, name).toBe(sum); // large networks have none
    }
  });
});

it.each([
  ['node', {}],
  ['tensorflow', {}],
  ['tensorflow-one', { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' }],
  ['wasm-blas-256', { OPENBLAS_CORETYPE: 'Haswell' }],
] as const)('a process of %s has in its environment what its libraries read', (runtime, set) => {
  expect(environmentOf(runtime)).toEqual({ ...process.env, ...set });
});

describe('checksum', () => {
  it('is Σ w_i x_i with weights from ½ to 1½', () => {
    expect(checksum([1])).toEqual({ sum: 0.5, scale: 0.5 });
    const second = 2654435761 / 2 ** 32 + 0.5;
    expect(checksum([1, -2])).toEqual({ sum: 0.5 - 2 * second, scale: 0.5 + 2 * second });
  });

  it('notices two entries that changed places, and a NaN', () => {
    expect(checksum([1, 2, 3]).sum).not.toBe(checksum([2, 1, 3]).sum);
    expect(checksum([1, NaN]).sum).toBeNaN();
  });
});
